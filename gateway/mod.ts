/**
 * The gateway: shards that stay connected, and the events that they bring.
 *
 * {@linkcode ShardManager} runs all shards of a bot; {@linkcode Shard} is one of them by itself. Both have three
 * dispatchers: for Discord's events ({@linkcode GatewayEvents}), for raw payloads by {@linkcode GatewayOpcode}, and for
 * the library's own events ({@linkcode ShardEvents}). What stops them for good is a {@linkcode DisconnectError}.
 *
 * Parts that can be replaced: {@linkcode SessionStore}, {@linkcode IdentifyQueue}, {@linkcode Logger},
 * {@linkcode InflaterFactory}, and the options `createWebSocket`, `clock` and `random`.
 *
 * @example One shard, without a manager
 * ```ts
 * import { Intents, Shard } from "@nextsnake/nextcore/gateway";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * // In a real bot, leave the simulator out, and the options it gives.
 * await using discord = Simulator.inMemory({ token: "a.b.c" });
 * const { gatewayUrl, createWebSocket } = discord;
 *
 * await using shard = new Shard({
 *   shardId: 0,
 *   shardCount: 1,
 *   token: "a.b.c",
 *   intents: Intents.Guilds,
 *   gatewayUrl,
 *   createWebSocket,
 * });
 * const guild = shard.waitFor("GUILD_CREATE");
 * await shard.connect();
 * console.log((await guild).id === discord.guild.id); // true
 * ```
 *
 * @module
 */
export type * from "../discord.ts";
export { CHANNEL_OBFUSCATED } from "./channel_flags.ts";
export type { WaitOptions } from "./abortable.ts";
export type { GuildMembersStream } from "./chunk_stream.ts";
export { type ChannelInfoField, checkPresence, type VoiceStateCommand } from "./commands.ts";
export type { GuildTurns } from "./guild_turns.ts";
export type { GuildMembersQuery } from "./members_query.ts";
export type { ShardState } from "./shard_state.ts";
export type { ShardStatus } from "./shard_status.ts";
export { CLOSE_CONNECTION, CLOSE_SESSION, GatewayCloseCode } from "./close_codes.ts";
export { canInflate } from "./compression.ts";
export { Decompressor } from "./decompressor.ts";
export { DispatcherOwner } from "./dispatcher_owner.ts";
export * from "./errors.ts";
export type { Alarm, Alarms } from "./alarms.ts";
export type { EventNames } from "./event_names.ts";
export type { GatewayEvents } from "./events.ts";
export { DEFAULT_GATEWAY_URL, type ResumeUrlPolicy } from "./gateway_url.ts";
export type { Inflater, InflaterFactory, TransportCompression } from "./inflater.ts";
export type { IdentifyBudget } from "./identify_budget.ts";
export { IdentifyLine } from "./identify_line.ts";
export { type IdentifyLimits, type IdentifyQueue, LocalIdentifyQueue } from "./identify_queue.ts";
export { Intents } from "./intents.ts";
export { type GatewayCommand, GatewayOpcode, type GatewayPayload } from "./payload.ts";
export type { ResumePoint } from "./session.ts";
export { MemorySessionStore, type SessionStore, type StoredSession } from "./session_store.ts";
export { fingerprintOf } from "./session_keeper.ts";
export { Shard } from "./shard.ts";
export type {
  GatewayDispatchers,
  GatewayRawEvents,
  ShardClientDisconnect,
  ShardContext,
  ShardDisconnect,
  ShardEvents,
  ShardPlace,
  ShardRelay,
  ShardStateChange,
} from "./shard_events.ts";
export { ShardManager } from "./shard_manager.ts";
export type { ShardManagerOptions } from "./shard_manager_options.ts";
export {
  checkShardOptions,
  type CloseOptions,
  type ShardConnectionOptions,
  type ShardOptions,
} from "./shard_options.ts";
export type { Logger } from "./shard_log.ts";
