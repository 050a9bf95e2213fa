import { privilegedIntents } from "./intents.ts";

/** Where and why a connection ended. */
export interface DisconnectErrorOptions extends ErrorOptions {
  /** The close code; `0` when there was none. */
  code?: number;
  /** What Discord said about it. */
  reason?: string;
  /** The shard that it happened to. */
  shardId?: number | undefined;
}

/**
 * A shard has stopped for good: reconnecting would not help.
 *
 * The subclasses say what to mend; `code` is Discord's close code, or the HTTP status where there was no connection yet.
 */
export class DisconnectError extends Error {
  /** The name of the class. */
  override readonly name: string = "DisconnectError";
  /** The close code; `0` when there was none. */
  readonly code: number;
  /** What Discord said about it; may be empty. */
  readonly reason: string;
  /** The shard that it happened to, where there was one. */
  readonly shardId: number | undefined;

  /** Makes an error; the message should say what to do. */
  constructor(message: string, { code = 0, reason = "", shardId, cause }: DisconnectErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.reason = reason;
    this.shardId = shardId;
  }
}

/** Discord does not accept the token (4004, or 401 from `GET /gateway/bot`). */
export class InvalidTokenError extends DisconnectError {
  /** The name of the class. */
  override readonly name: string = "InvalidTokenError";

  /** Makes an error with the code and reason that Discord gave. */
  constructor(options: DisconnectErrorOptions = {}) {
    super(
      "Discord does not accept this token: copy it again from the developer portal, it may have been reset",
      options,
    );
  }
}

/** Discord does not understand the intents (4013). */
export class InvalidIntentsError extends DisconnectError {
  /** The name of the class. */
  override readonly name: string = "InvalidIntentsError";

  /** Makes an error with the code and reason that Discord gave. */
  constructor(options: DisconnectErrorOptions = {}) {
    super("Discord does not know all of these intents: combine values of Intents only", options);
  }
}

/** Privileged intents were asked for that the application does not have (4014). */
export class DisallowedIntentsError extends DisconnectError {
  /** The name of the class. */
  override readonly name: string = "DisallowedIntentsError";
  /** The privileged intents that were asked for, by name (IN-3). */
  readonly privileged: readonly string[];

  /** Makes an error that names the privileged ones among `intents`. */
  constructor(intents: number, options: DisconnectErrorOptions = {}) {
    const privileged = privilegedIntents(intents);
    super(
      `This application may not use all of its privileged intents (asked for: ${
        privileged.join(", ") || "none"
      }): ` +
        "switch them on in the developer portal, or do not ask for them",
      options,
    );
    this.privileged = privileged;
  }
}

/** Discord no longer speaks this version of the gateway (4012). */
export class InvalidApiVersionError extends DisconnectError {
  /** The name of the class. */
  override readonly name: string = "InvalidApiVersionError";

  /** Makes an error with the code and reason that Discord gave. */
  constructor(options: DisconnectErrorOptions = {}) {
    super("Discord no longer speaks this version of its gateway: update the library", options);
  }
}

/** The number of shards is wrong for this bot (4010), or too small (4011). */
export class InvalidShardCountError extends DisconnectError {
  /** The name of the class. */
  override readonly name: string = "InvalidShardCountError";

  /** Makes an error with the code and reason that Discord gave. */
  constructor(options: DisconnectErrorOptions = {}) {
    super(
      "The shard count does not fit this bot: leave shardCount out to take what Discord recommends",
      options,
    );
  }
}

/** Discord closed several connections in a row with a code that this library does not know. */
export class UnhandledCloseCodeError extends DisconnectError {
  /** The name of the class. */
  override readonly name: string = "UnhandledCloseCodeError";

  /** Makes an error with the code and reason that Discord gave. */
  constructor(options: DisconnectErrorOptions = {}) {
    super(`Discord keeps closing the connection with the unknown code ${options.code ?? 0}`, options);
  }
}

/** A new session would be needed, but `reconnect: false` forbids to start one (CC-2). */
export class ReconnectCheckFailedError extends DisconnectError {
  /** The name of the class. */
  override readonly name: string = "ReconnectCheckFailedError";

  /** Makes an error with the code and reason of the connection that was lost. */
  constructor(options: DisconnectErrorOptions = {}) {
    super("The session cannot be resumed, and reconnect: false forbids to start a new one", options);
  }
}

/**
 * Somebody else has taken up this shard's session, from the same `SessionStore`: another process runs the shard now.
 *
 * The session goes on there. See `SessionStore` for what is guaranteed.
 */
export class SessionTakenError extends DisconnectError {
  /** The name of the class. */
  override readonly name: string = "SessionTakenError";

  /** Makes an error for a shard. */
  constructor(options: DisconnectErrorOptions = {}) {
    super(
      "Another process has taken this shard's session over from the store: this one has stopped, run each shard once",
      options,
    );
  }
}

/** Data of a {@linkcode GatewayRateLimitedError}. */
export interface GatewayRateLimitedErrorOptions {
  /** The opcode of what was refused. */
  opcode: number;
  /** Milliseconds until it may be tried again. */
  retryAfterMs: number;
  /** The guild that it was about. */
  guildId: string;
}

/** Discord refused a request over the gateway, since there were too many of its kind (MR-4). The shard goes on. */
export class GatewayRateLimitedError extends Error {
  /** The name of the class. */
  override readonly name: string = "GatewayRateLimitedError";
  /** The opcode of what was refused. */
  readonly opcode: number;
  /** Milliseconds until it may be tried again. */
  readonly retryAfterMs: number;
  /** The guild that it was about. */
  readonly guildId: string;

  /** Makes an error from what Discord said. */
  constructor({ opcode, retryAfterMs, guildId }: GatewayRateLimitedErrorOptions) {
    super(
      `Discord refuses opcode ${opcode} for guild ${guildId} for another ${retryAfterMs} ms: ask again then, or set retry`,
    );
    this.opcode = opcode;
    this.retryAfterMs = retryAfterMs;
    this.guildId = guildId;
  }
}

/** The session ended before its answer was complete, and a new one does not know of the request (MR-7): ask again. */
export class SessionLostError extends Error {
  /** The name of the class. */
  override readonly name: string = "SessionLostError";
  /** The shard whose session it was. */
  readonly shardId: number;

  /** Makes an error for a shard. */
  constructor(shardId: number) {
    super(`The session of shard ${shardId} ended before the answer was complete: ask again`);
    this.shardId = shardId;
  }
}

/** Data of an {@linkcode IdentifyBudgetError}. */
export interface IdentifyBudgetErrorOptions {
  /** Sessions that were to be started. */
  needed: number;
  /** Sessions a day. */
  total: number;
  /** Sessions left until the reset. */
  remaining: number;
  /** Milliseconds until the reset. */
  resetAfterMs: number;
}

/**
 * More sessions were to be started than Discord grants until the reset (ID-7): nothing was started.
 *
 * Beyond the grant, Discord ends all sessions of the bot and resets its token.
 */
export class IdentifyBudgetError extends RangeError {
  /** The name of the class. */
  override readonly name: string = "IdentifyBudgetError";
  /** Sessions that were to be started. */
  readonly needed: number;
  /** Sessions a day. */
  readonly total: number;
  /** Sessions left until the reset. */
  readonly remaining: number;
  /** Milliseconds until the reset. */
  readonly resetAfterMs: number;

  /** Makes an error that says when there are more. */
  constructor({ needed, total, remaining, resetAfterMs }: IdentifyBudgetErrorOptions) {
    super(
      `${needed} sessions are needed and Discord grants only ${remaining} of ${total} until the reset in ` +
        `${Math.ceil(resetAfterMs / 60_000)} minutes: start fewer shards, or wait`,
    );
    this.needed = needed;
    this.total = total;
    this.remaining = remaining;
    this.resetAfterMs = resetAfterMs;
  }
}
