/**
 * What a bot may ask of Discord over the gateway, checked before it is sent: Discord answers mistakes by closing the
 * connection, or not at all (§4.1, §17).
 *
 * @module
 */
import type { GatewayPresence } from "../discord.ts";
import { type GatewayCommand, GatewayOpcode } from "./payload.ts";
import { shown } from "./shown.ts";

/** What a bot's own state in a voice channel is to be, as on the wire. */
export interface VoiceStateCommand {
  /** The channel to be in, or `null` to leave. */
  channel_id: string | null;
  /** Whether the bot can't be heard. `false` by default. */
  self_mute?: boolean;
  /** Whether the bot does not hear. `false` by default. */
  self_deaf?: boolean;
}

/** What can be asked of a guild's channels: what is not on a channel object (CI-1). */
export type ChannelInfoField = "status" | "voice_start_time";

const STATUSES: readonly unknown[] = ["online", "dnd", "idle", "invisible", "offline"];
const CHANNEL_INFO_FIELDS: readonly unknown[] = ["status", "voice_start_time"] satisfies ChannelInfoField[];
/** An id has 20 digits at most, and is quoted and followed by a comma: so many fit in 4096 bytes (SB-1, TX-6). */
const GUILDS_PER_REQUEST = 170;

/** The id as on the wire; throws a `TypeError` for what is no id. `name` says whose it is. */
export function snowflake(id: unknown, name: string): string {
  if ((typeof id === "string" && /^\d{1,20}$/.test(id)) || (typeof id === "bigint" && id >= 0n)) {
    return String(id);
  }
  throw new TypeError(`${name} must be an id, a string of digits or a bigint: got ${shown(id)}`);
}

/** Throws a `TypeError` unless `presence` is one that Discord understands: all four keys are needed. */
export function checkPresence(presence: GatewayPresence): void {
  if (typeof presence !== "object" || presence === null) {
    throw new TypeError(`A presence must be { since, activities, status, afk }: got ${shown(presence)}`);
  }
  const { since, activities, status, afk } = presence;
  if (since !== null && !(typeof since === "number" && Number.isFinite(since))) {
    throw new TypeError(`The since of a presence must be Unix milliseconds or null: got ${shown(since)}`);
  }
  if (!Array.isArray(activities) || !activities.every(isActivity)) {
    throw new TypeError("The activities of a presence must be an array of { name, type }: use [] for none");
  }
  if (!STATUSES.includes(status)) {
    throw new TypeError(
      `The status of a presence must be one of ${STATUSES.join(", ")}: got ${shown(status)}`,
    );
  }
  if (typeof afk !== "boolean") {
    throw new TypeError(`The afk of a presence must be true or false: got ${shown(afk)}`);
  }
}

/** Changes the bot's presence. */
export function presenceCommand(presence: GatewayPresence): GatewayCommand {
  checkPresence(presence);
  return { op: GatewayOpcode.PresenceUpdate, d: presence };
}

/** Joins, moves in or leaves a voice channel (VS-1). */
export function voiceStateCommand(guildId: string | bigint, state: VoiceStateCommand): GatewayCommand {
  const guild_id = snowflake(guildId, "guildId");
  if (typeof state !== "object" || state === null) {
    throw new TypeError(`A voice state must be { channel_id, self_mute, self_deaf }: got ${shown(state)}`);
  }
  const { self_mute = false, self_deaf = false } = state;
  const channel_id = state.channel_id === null ? null : snowflake(state.channel_id, "channel_id");
  if (typeof self_mute !== "boolean" || typeof self_deaf !== "boolean") {
    throw new TypeError("self_mute and self_deaf must be true or false");
  }
  return { op: GatewayOpcode.VoiceStateUpdate, d: { guild_id, channel_id, self_mute, self_deaf } };
}

/** Throws a `TypeError` unless these are ids of guilds. */
export function checkGuildIds(guildIds: readonly (string | bigint)[]): void {
  if (!Array.isArray(guildIds)) {
    throw new TypeError(`guildIds must be an array of ids: got ${shown(guildIds)}`);
  }
}

/** Asks for the soundboard sounds of guilds, in as many payloads as it takes (SB-1). */
export function soundboardCommands(guildIds: readonly (string | bigint)[]): GatewayCommand[] {
  checkGuildIds(guildIds);
  const ids = guildIds.map((id) => snowflake(id, "A guild id"));
  const commands: GatewayCommand[] = [];
  for (let start = 0; start < ids.length; start += GUILDS_PER_REQUEST) {
    const guild_ids = ids.slice(start, start + GUILDS_PER_REQUEST);
    commands.push({ op: GatewayOpcode.RequestSoundboardSounds, d: { guild_ids } });
  }
  return commands;
}

/** Asks for what is not on the channel objects of a guild (CI-1). */
export function channelInfoCommand(
  guildId: string | bigint,
  fields: readonly ChannelInfoField[],
): GatewayCommand {
  const guild_id = snowflake(guildId, "guildId");
  if (!Array.isArray(fields) || fields.length === 0) {
    throw new TypeError(`fields must be an array of at least one of ${CHANNEL_INFO_FIELDS.join(", ")}`);
  }
  const unknown = fields.find((field) => !CHANNEL_INFO_FIELDS.includes(field));
  if (unknown !== undefined) {
    throw new TypeError(
      `fields may hold ${CHANNEL_INFO_FIELDS.join(", ")}: got ${shown(unknown)}; for others there is send()`,
    );
  }
  return { op: GatewayOpcode.RequestChannelInfo, d: { guild_id, fields: [...new Set(fields)] } };
}

function isActivity(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("name" in value) || !("type" in value)) return false;
  return typeof value.name === "string" && typeof value.type === "number";
}
