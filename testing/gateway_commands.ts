/**
 * What a session may ask for: presence, voice, members, sounds, channel information (§4.1, §16, §17).
 *
 * @module
 */

import type { GatewaySession } from "./gateway_session.ts";
import type { SimulatedGuild } from "./guild.ts";
import { GUILD_MEMBERS, GUILD_PRESENCES } from "./intents.ts";
import { isSnowflake } from "./stage.ts";
import { isWireObject, type WireMember, type WireObject } from "./wire.ts";
import type { World } from "./world.ts";

/** Why a command ends its connection, or `undefined`. */
export type CommandFault = string | undefined;

const ALL_MEMBERS_EVERY_MS = 30_000;
const MEMBERS_PER_CHUNK = 1000;
const MAX_FOUND = 100;
const MAX_NONCE_BYTES = 32;
const STATUSES = ["online", "dnd", "idle", "invisible", "offline"];

/** Carries out commands. */
export class GatewayCommands {
  readonly #world: World;
  /** When a bot last asked for all members of a guild. */
  readonly #askedAt: Map<string, number> = new Map();

  constructor(world: World) {
    this.#world = world;
  }

  /** Carries out one command; gives what is wrong with it (close code 4001). */
  run(session: GatewaySession, opcode: number, data: WireObject): CommandFault {
    if (opcode === 3) return this.#updatePresence(session, data);
    if (opcode === 4) return this.#updateVoiceState(session, data);
    if (opcode === 8) return this.#requestMembers(session, data);
    if (opcode === 31) return this.#requestSounds(session, data);
    return this.#requestChannelInfo(session, data);
  }

  #updatePresence({ bot }: GatewaySession, data: WireObject): CommandFault {
    const { since, activities, status, afk } = data;
    const isRight = (since === null || typeof since === "number") && Array.isArray(activities) &&
      typeof status === "string" && STATUSES.includes(status) && typeof afk === "boolean";
    if (!isRight) return "A presence has since, activities, status and afk.";
    for (const guild of this.#world.guilds.values()) {
      const payload = { user: { id: bot.id }, guild_id: guild.id, status, activities, client_status: {} };
      this.#world.publish({ name: "PRESENCE_UPDATE", guildId: guild.id, payload });
    }
  }

  #updateVoiceState({ bot, id }: GatewaySession, data: WireObject): CommandFault {
    const { guild_id, channel_id, self_mute = false, self_deaf = false } = data;
    if (!isSnowflake(guild_id) || (channel_id !== null && !isSnowflake(channel_id))) {
      return "A voice state has a guild_id, and a channel_id or null.";
    }
    const guild = this.#world.guilds.get(guild_id);
    if (guild === undefined || (channel_id !== null && guild.channel(channel_id) === undefined)) return;
    const state = { guild_id, channel_id, user_id: bot.id, session_id: id, self_mute, self_deaf };
    const payload = { ...state, member: guild.member(bot.id), deaf: false, mute: false, suppress: false };
    this.#world.publish({ name: "VOICE_STATE_UPDATE", guildId: guild_id, payload });
    if (channel_id === null) return;
    this.#world.publish({
      name: "VOICE_SERVER_UPDATE",
      guildId: guild_id,
      botId: bot.id,
      payload: { guild_id, token: "simulated", endpoint: "voice.invalid:443" },
    });
  }

  #requestMembers(session: GatewaySession, data: WireObject): CommandFault {
    const { guild_id, query, limit, user_ids } = data;
    if (!isSnowflake(guild_id)) return "A request for members has one guild_id.";
    const hasIds = user_ids !== undefined && user_ids !== null;
    if ((typeof query === "string") === hasIds) return "A request for members has either query or user_ids.";
    if (!hasIds && typeof limit !== "number") return "A request for members by query has a limit.";
    const guild = this.#guildOf(session, guild_id);
    if (guild === undefined) return;
    const nonce = nonceOf(data.nonce);
    if (hasIds) return this.#sendFound(session, guild, [user_ids].flat(), data.presences, nonce);
    const isAll = query === "" && limit === 0;
    if (isAll) {
      if ((session.intents & GUILD_MEMBERS) === 0) return "All members need the intent GUILD_MEMBERS.";
      if (this.#isLimited(session, guild_id, nonce)) return;
    }
    const found = guild.members.filter(({ user }) => user?.username.startsWith(String(query)));
    const most = isAll ? Infinity : Math.min(Number(limit) || MAX_FOUND, MAX_FOUND);
    sendChunks(session, guild_id, found.slice(0, most), data.presences, nonce, {});
  }

  #sendFound(
    session: GatewaySession,
    guild: SimulatedGuild,
    ids: readonly unknown[],
    presences: unknown,
    nonce: WireObject,
  ): CommandFault {
    if (ids.length > MAX_FOUND) return "A request for members names at most 100.";
    const members = ids.map((id) => guild.member(String(id))).filter((member) => member !== undefined);
    const missing = ids.filter((id) => guild.member(String(id)) === undefined);
    const not_found = missing.length === 0 ? {} : { not_found: missing };
    sendChunks(session, guild.id, members, presences, nonce, not_found);
  }

  /** All members of a guild: once in 30 s for a bot (MR-4). */
  #isLimited(session: GatewaySession, guildId: string, nonce: WireObject): boolean {
    const key = `${session.bot.id}/${guildId}`;
    const now = this.#world.clock.now();
    const waitMs = (this.#askedAt.get(key) ?? -Infinity) + ALL_MEMBERS_EVERY_MS - now;
    if (waitMs <= 0) {
      this.#askedAt.set(key, now);
      return false;
    }
    const meta = { guild_id: guildId, ...nonce };
    session.dispatch("RATE_LIMITED", { opcode: 8, retry_after: waitMs / 1000, meta });
    return true;
  }

  #requestSounds(session: GatewaySession, { guild_ids }: WireObject): CommandFault {
    if (!Array.isArray(guild_ids)) return "A request for sounds has guild_ids.";
    for (const id of guild_ids) {
      if (this.#guildOf(session, id) === undefined) continue;
      session.dispatch("SOUNDBOARD_SOUNDS", { guild_id: id, soundboard_sounds: [] });
    }
  }

  #requestChannelInfo(session: GatewaySession, { guild_id, fields }: WireObject): CommandFault {
    if (!isSnowflake(guild_id) || !Array.isArray(fields)) return "Channel info has a guild_id and fields.";
    const guild = this.#guildOf(session, guild_id);
    if (guild === undefined) return;
    const voice = guild.channels.filter(({ type }) => type === 2);
    const channels = voice.map(({ id }) => ({
      id,
      ...(fields.includes("status") ? { status: null } : {}),
      ...(fields.includes("voice_start_time") ? { voice_start_time: null } : {}),
    }));
    session.dispatch("CHANNEL_INFO", { guild_id, channels });
  }

  /** A guild, if it is on this session's shard: other guilds get no answer. */
  #guildOf(session: GatewaySession, id: unknown): SimulatedGuild | undefined {
    return isSnowflake(id) && session.isFor(id) ? this.#world.guilds.get(id) : undefined;
  }
}

function sendChunks(
  session: GatewaySession,
  guild_id: string,
  members: readonly WireMember[],
  presences: unknown,
  nonce: WireObject,
  not_found: WireObject,
): void {
  const chunk_count = Math.max(1, Math.ceil(members.length / MEMBERS_PER_CHUNK));
  const extra = presences === true && (session.intents & GUILD_PRESENCES) !== 0 ? { presences: [] } : {};
  for (let chunk_index = 0; chunk_index < chunk_count; chunk_index++) {
    const start = chunk_index * MEMBERS_PER_CHUNK;
    session.dispatch("GUILD_MEMBERS_CHUNK", {
      guild_id,
      members: members.slice(start, start + MEMBERS_PER_CHUNK),
      chunk_index,
      chunk_count,
      ...not_found,
      ...extra,
      ...nonce,
    });
  }
}

/** A nonce that is too long is dropped without a word. */
function nonceOf(nonce: unknown): WireObject {
  const isUsable = typeof nonce === "string" && new TextEncoder().encode(nonce).length <= MAX_NONCE_BYTES;
  return isUsable ? { nonce } : {};
}

/** Whether an IDENTIFY's `shard` is a pair of sensible numbers. */
export function shardPair(value: unknown): readonly [id: number, count: number] | undefined {
  if (value === undefined || value === null) return [0, 1];
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [id, count]: unknown[] = value;
  if (!Number.isInteger(id) || !Number.isInteger(count)) return undefined;
  return Number(id) >= 0 && Number(id) < Number(count) ? [Number(id), Number(count)] : undefined;
}

/** Whether `value` could be the presence of an IDENTIFY. */
export function isPresence(value: unknown): boolean {
  return value === undefined || value === null || isWireObject(value);
}
