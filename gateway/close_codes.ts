import {
  DisallowedIntentsError,
  type DisconnectError,
  type DisconnectErrorOptions,
  InvalidApiVersionError,
  InvalidIntentsError,
  InvalidShardCountError,
  InvalidTokenError,
} from "./errors.ts";

/** Why Discord closed a connection (https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-close-event-codes). */
export const GatewayCloseCode = {
  /** Something went wrong at Discord. */
  UnknownError: 4000,
  /** An opcode, or a payload for it, that Discord does not know was sent. */
  UnknownOpcode: 4001,
  /** What was sent could not be read, or was longer than 4096 bytes. */
  DecodeError: 4002,
  /** Something was sent before IDENTIFY, or the session has been invalidated. */
  NotAuthenticated: 4003,
  /** The token is wrong. */
  AuthenticationFailed: 4004,
  /** IDENTIFY was sent twice. */
  AlreadyAuthenticated: 4005,
  /** The session is no longer valid (undocumented). */
  SessionNoLongerValid: 4006,
  /** RESUME named a sequence number that the session never had. */
  InvalidSequence: 4007,
  /** Too much was sent. */
  RateLimited: 4008,
  /** The session has timed out. */
  SessionTimedOut: 4009,
  /** The shard was not valid. */
  InvalidShard: 4010,
  /** The bot is in too many guilds for so few shards. */
  ShardingRequired: 4011,
  /** The version of the gateway is not valid. */
  InvalidApiVersion: 4012,
  /** The intents are not valid. */
  InvalidIntents: 4013,
  /** Intents were asked for that the application does not have. */
  DisallowedIntents: 4014,
} as const;

/** One close code: a value of {@linkcode GatewayCloseCode}. */
export type GatewayCloseCode = typeof GatewayCloseCode[keyof typeof GatewayCloseCode];

/** The code to end a session with: the bot goes offline. Discord documents 1000 and 1001. */
export const CLOSE_SESSION = 1000;
/** The code to leave a connection with and keep its session: any of 3000–4999 will do, this one is not Discord's. */
export const CLOSE_CONNECTION = 4900;

/**
 * What to do after a close code:
 * - `resume` the session;
 * - `resumeOnce`: one attempt, then a new session;
 * - `identify`: the session is dead, start a new one;
 * - `stop` for good;
 * - `unknown`: resume, but not for ever.
 */
export type CloseVerdict = "resume" | "resumeOnce" | "identify" | "stop" | "unknown";

/** The table of close codes (§8 of the protocol); what is not here is judged by its range. */
const VERDICTS: Readonly<Record<number, CloseVerdict>> = {
  1000: "resumeOnce",
  1001: "resumeOnce",
  4000: "resume",
  4001: "resume",
  4002: "resume",
  4003: "identify",
  4004: "stop",
  4005: "resume",
  4006: "identify",
  4007: "identify",
  4008: "resume",
  4009: "identify",
  4010: "stop",
  4011: "stop",
  4012: "stop",
  4013: "stop",
  4014: "stop",
};

/** How long to stay away after a code, in milliseconds, where there is a rule about it. */
const PAUSES: Readonly<Record<number, number>> = { 4008: 5_000 };

/** What to do after a connection was closed with `code`; `0`, 1005 and 1006 mean that there was no code (WS-4). */
export function closeVerdict(code: number): CloseVerdict {
  return VERDICTS[code] ?? (code >= 4000 ? "unknown" : "resume");
}

/** The shortest pause after a connection was closed with `code`, in milliseconds. */
export function closePauseMs(code: number): number {
  return PAUSES[code] ?? 0;
}

/** The error for a code whose verdict is `stop`. */
export function fatalError(intents: number, options: DisconnectErrorOptions): DisconnectError {
  switch (options.code) {
    case 4010:
    case 4011:
      return new InvalidShardCountError(options);
    case 4012:
      return new InvalidApiVersionError(options);
    case 4013:
      return new InvalidIntentsError(options);
    case 4014:
      return new DisallowedIntentsError(intents, options);
    default:
      return new InvalidTokenError(options);
  }
}
