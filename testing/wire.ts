/**
 * The payloads that the simulator makes: what is really in them, and no more. Types only.
 *
 * @module
 */

/** A JSON object of unknown shape, as it came from or goes to a client. */
export interface WireObject {
  /** Any field. */
  [field: string]: unknown;
}

/** A user, as Discord sends it. */
export interface WireUser {
  /** Snowflake. */
  id: string;
  /** Unique name. */
  username: string;
  /** Shown name. */
  global_name: string | null;
  /** `"0"` for a person. */
  discriminator: string;
  /** Hash of the picture. */
  avatar: string | null;
  /** Whether a bot. */
  bot: boolean;
  /** Bit set; nothing in here. */
  public_flags: number;
}

/** A member of a guild, as Discord sends it. */
export interface WireMember {
  /** Left out in messages. */
  user?: WireUser;
  /** Name in the guild. */
  nick: string | null;
  /** Role ids. */
  roles: string[];
  /** ISO 8601. */
  joined_at: string;
  /** Always false. */
  deaf: boolean;
  /** Always false. */
  mute: boolean;
  /** Bit set; nothing in here. */
  flags: number;
}

/** A channel, as Discord sends it. */
export interface WireChannel {
  /** Snowflake. */
  id: string;
  /** 0 text, 1 direct message, 2 voice. */
  type: number;
  /** Absent for direct messages. */
  guild_id?: string;
  /** Absent for direct messages. */
  name?: string;
  /** Absent for direct messages. */
  position?: number;
  /** Only for direct messages. */
  recipients?: WireUser[];
  /** The newest message. */
  last_message_id: string | null;
  /** Further fields. */
  [field: string]: unknown;
}

/** A file on a message, as Discord sends it. */
export interface WireAttachment {
  /** Snowflake. */
  id: string;
  /** As uploaded. */
  filename: string;
  /** Bytes. */
  size: number;
  /** Where it would be. */
  url: string;
  /** Where it would be. */
  proxy_url: string;
  /** MIME type. */
  content_type: string;
  /** Alternative text. */
  description?: string;
}

/** A message, as Discord sends it. */
export interface WireMessage {
  /** Snowflake. */
  id: string;
  /** Where it was written. */
  channel_id: string;
  /** Only in gateway events, and only in guilds. */
  guild_id?: string;
  /** Only in gateway events, and only in guilds. */
  member?: WireMember;
  /** Who wrote it. */
  author: WireUser;
  /** The text. */
  content: string;
  /** ISO 8601. */
  timestamp: string;
  /** ISO 8601, once edited. */
  edited_timestamp: string | null;
  /** Always false. */
  tts: boolean;
  /** Always false. */
  mention_everyone: boolean;
  /** Users named in the text. */
  mentions: WireUser[];
  /** Always empty. */
  mention_roles: string[];
  /** Files. */
  attachments: WireAttachment[];
  /** As posted. */
  embeds: unknown[];
  /** As posted. */
  components: unknown[];
  /** Always false. */
  pinned: boolean;
  /** 0 for an ordinary one, 19 for a reply, 20 for the answer to a slash command. */
  type: number;
  /** Bit set, as posted. */
  flags: number;
  /** As posted. */
  nonce?: string | number;
  /** As posted. */
  message_reference?: WireObject;
  /** Of an interaction's answer. */
  interaction_metadata?: WireObject;
  /** Of an interaction's answer or a webhook's message. */
  webhook_id?: string;
  /** Of an interaction's answer. */
  application_id?: string;
}

/** A whole gateway payload. */
export interface WirePayload {
  /** Opcode. */
  op: number;
  /** Data. */
  d: unknown;
  /** Sequence number, of opcode 0 only. */
  s: number | null;
  /** Event name, of opcode 0 only. */
  t: string | null;
}

/** Whether `value` is a JSON object (not an array, not `null`). */
export function isWireObject(value: unknown): value is WireObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
