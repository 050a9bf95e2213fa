import type { GatewayBot } from "../discord.ts";
import { isGatewayUrl } from "./gateway_url.ts";

/** The version of the gateway that this library speaks. */
const API_VERSION = 10;

/** What a gateway message is about (https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-opcodes). */
export const GatewayOpcode = {
  /** Received: an event. */
  Dispatch: 0,
  /** Sent to stay connected; received when Discord wants one at once. */
  Heartbeat: 1,
  /** Sent: start a new session. */
  Identify: 2,
  /** Sent: change the bot's presence. */
  PresenceUpdate: 3,
  /** Sent: join, move or leave a voice channel. */
  VoiceStateUpdate: 4,
  /** Sent: continue a session. */
  Resume: 6,
  /** Received: reconnect and resume. */
  Reconnect: 7,
  /** Sent: ask for members of a guild. */
  RequestGuildMembers: 8,
  /** Received: the session is not valid; `d` says whether it may be resumed. */
  InvalidSession: 9,
  /** Received first: how often to send heartbeats. */
  Hello: 10,
  /** Received: a heartbeat has arrived. */
  HeartbeatAck: 11,
  /** Sent: ask for the soundboard sounds of guilds. */
  RequestSoundboardSounds: 31,
  /** Sent: ask for the voice status and start time of a guild's channels. */
  RequestChannelInfo: 43,
} as const;

/** One opcode: a value of {@linkcode GatewayOpcode}. */
export type GatewayOpcode = typeof GatewayOpcode[keyof typeof GatewayOpcode];

/** A message from Discord, as it is on the wire (ENV-1). */
export interface GatewayPayload {
  /** What the message is about: a {@linkcode GatewayOpcode}, or one that this library does not know. */
  op: number;
  /** The data; its shape depends on `op` and `t` and is not checked. */
  d: unknown;
  /** The sequence number of a dispatch, else `null`. */
  s: number | null;
  /** The name of a dispatch, else `null`. */
  t: string | null;
}

/** A message to Discord, as it is on the wire. */
export interface GatewayCommand {
  /** What the message is about. */
  op: number;
  /** The data. */
  d: unknown;
}

/**
 * Parses one message and checks the envelope: nothing from the network is trusted to have a shape.
 *
 * Throws a `SyntaxError` on invalid JSON and a `TypeError` on a wrong envelope.
 */
export function parsePayload(text: string): GatewayPayload {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new TypeError("A gateway message must be a JSON object");
  const { op, d = null, s = null, t = null } = value;
  if (typeof op !== "number" || !Number.isSafeInteger(op)) {
    throw new TypeError("A gateway message must have an integer op");
  }
  if (s !== null && (typeof s !== "number" || !Number.isSafeInteger(s) || s < 0)) {
    throw new TypeError("The s of a gateway message must be a sequence number or null");
  }
  if (t !== null && typeof t !== "string") {
    throw new TypeError("The t of a gateway message must be a string or null");
  }
  if (op === GatewayOpcode.Dispatch && t === null) throw new TypeError("A dispatch must have a name in t");
  return { op, d, s, t };
}

/** The heartbeat interval of a HELLO in milliseconds, or `undefined` when it holds none that makes sense. */
export function helloInterval(d: unknown): number | undefined {
  const interval = isRecord(d) ? d.heartbeat_interval : undefined;
  const isSensible = typeof interval === "number" && interval >= 1 && interval < 2 ** 31;
  return isSensible ? interval : undefined;
}

/** What the session must know of a READY. */
export interface ReadyFacts {
  /** The session's id. */
  sessionId: string;
  /** Where to resume, or `undefined` when READY names no place. */
  resumeGatewayUrl: string | undefined;
}

/** What the session must know of a READY, or `undefined` when it holds no session. */
export function readyFacts(d: unknown): ReadyFacts | undefined {
  if (!isRecord(d) || typeof d.session_id !== "string" || d.session_id === "") return undefined;
  const url = d.resume_gateway_url;
  return { sessionId: d.session_id, resumeGatewayUrl: typeof url === "string" ? url : undefined };
}

/** Says what of a READY is not as IDENTIFY asked for (ID-12); what is missing is not wrong. */
export function readyMismatch(d: unknown, shardId: number, shardCount: number): Error | undefined {
  if (!isRecord(d)) return undefined;
  const { v = API_VERSION, shard = [shardId, shardCount] } = d;
  if (v !== API_VERSION) {
    return new Error(`READY is of version ${String(v)} of the gateway, not ${API_VERSION}`);
  }
  const asked = JSON.stringify([shardId, shardCount]);
  const named = JSON.stringify(shard);
  return named === asked ? undefined : new Error(`READY is for shard ${named}, IDENTIFY asked for ${asked}`);
}

/** A copy of `command` that can be shown: the token of IDENTIFY and RESUME is left out (TX-10). */
export function redacted(command: GatewayCommand): GatewayCommand {
  if (!isRecord(command.d) || !("token" in command.d)) return command;
  return { op: command.op, d: { ...command.d, token: "[redacted]" } };
}

/**
 * The answer of `GET /gateway/bot`, checked.
 *
 * Throws a `TypeError` when it is something else: a proxy's page, say.
 */
export function parseGatewayBot(value: unknown): GatewayBot {
  const limit = isRecord(value) ? value.session_start_limit : undefined;
  if (
    !isRecord(value) || !isRecord(limit) || typeof value.url !== "string" || !isGatewayUrl(value.url) ||
    !isCount(value.shards, 1) ||
    !isCount(limit.max_concurrency, 1) || !isCount(limit.total, 0) || !isCount(limit.remaining, 0) ||
    !isCount(limit.reset_after, 0)
  ) {
    throw new TypeError(
      "GET /gateway/bot did not answer as Discord does: check baseUrl, and any proxy in between",
    );
  }
  const { total, remaining, reset_after, max_concurrency } = limit;
  return {
    url: value.url,
    shards: value.shards,
    session_start_limit: { total, remaining, reset_after, max_concurrency },
  };
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
