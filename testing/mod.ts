/**
 * What bot authors test against: a Discord of one's own, and time that a test moves by hand.
 *
 * `Simulator.start()` has real sockets on loopback, `Simulator.inMemory()` none; both are the same Discord.
 *
 * @module
 */

export { SimulatedChannel } from "./channel.ts";
export type { SayOptions } from "./channel.ts";
export { SimulatorFaults } from "./faults.ts";
export type {
  ConnectionFilter,
  DelayOptions,
  DropOptions,
  EdgeBlockOptions,
  HtmlOptions,
  InvalidSessionOptions,
  LoseRequestOptions,
  RateLimitOptions,
  RefuseOptions,
  RequestFilter,
  ServerErrorOptions,
  SplitFramesOptions,
  WithholdReadyOptions,
} from "./faults.ts";
export type { SimulatedConnection } from "./gateway_connection.ts";
export type { SimulatedSession } from "./gateway_session.ts";
export { SimulatedGuild } from "./guild.ts";
export type { ChannelOptions, GuildOptions } from "./guild.ts";
export { SimulatedInteraction } from "./interaction.ts";
export type { InteractionAnswer, UseCommandOptions } from "./interaction.ts";
export type { WaitOptions } from "./mailbox.ts";
export type { RateLimitRule } from "./rate_limits.ts";
export type { SimulatedRequest } from "./rest.ts";
export { Simulator } from "./simulator.ts";
export type { InMemoryOptions, LoopbackOptions, SimulatorOptions } from "./simulator.ts";
export { SimulatedBot, SimulatedUser } from "./user.ts";
export type { BotOptions, UserOptions } from "./user.ts";
export { settle, VirtualClock } from "./virtual_clock.ts";
export type { RunUntilOptions, VirtualClockOptions } from "./virtual_clock.ts";
export type {
  WireAttachment,
  WireChannel,
  WireMember,
  WireMessage,
  WireObject,
  WirePayload,
  WireUser,
} from "./wire.ts";
