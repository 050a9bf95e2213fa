import { type Clock, systemClock } from "../clock.ts";
import { RedisTimeoutError } from "./errors.ts";
import type { RedisScript } from "./redis_script.ts";

/**
 * Sends one command to Redis, and gives what it answers: all that is asked of a client.
 *
 * - npm's `redis`: `(command) => client.sendCommand([...command])`
 * - `ioredis`, `iovalkey`: `([name, ...rest]) => client.call(String(name), ...rest)`
 *
 * Commands must be carried out in the order of the calls. A client that keeps commands while it is not connected may carry
 * them out late: all that is sent from here can bear that.
 */
export type RedisSend = (command: readonly (string | Uint8Array)[]) => Promise<unknown>;

/** What all parts that talk to Redis are given. */
export interface RedisOptions {
  /** Sends a command. */
  readonly send: RedisSend;
  /** What all keys begin with: one for each bot. `nextcore` by default. */
  readonly prefix?: string | undefined;
  /** Milliseconds after which a command counts as failed. 3000 by default. */
  readonly timeoutMs?: number | undefined;
  /** The source of time. */
  readonly clock?: Clock | undefined;
}

const TIMEOUT_MS = 3_000;
const PREFIX = "nextcore";

/** The way to Redis: commands that end in time, and scripts. */
export class RedisLink {
  /** The source of time. */
  readonly clock: Clock;
  /** What keys begin with. */
  readonly prefix: string;
  readonly #send: RedisSend;
  readonly #timeoutMs: number;

  /** Throws a `TypeError` or a `RangeError` on options that can't be right. */
  constructor({ send, prefix = PREFIX, timeoutMs = TIMEOUT_MS, clock = systemClock }: RedisOptions) {
    if (typeof send !== "function") {
      throw new TypeError("send must be a function that sends a command, such as client.sendCommand");
    }
    if (typeof prefix !== "string" || !/^[\w.:-]{1,64}$/.test(prefix)) {
      throw new TypeError("prefix must be 1 to 64 letters, digits or characters of _.:-");
    }
    checkMs("timeoutMs", timeoutMs);
    this.#send = send;
    this.prefix = prefix;
    this.#timeoutMs = timeoutMs;
    this.clock = clock;
  }

  /** Sends a command. Rejects with what the client says, and with a `RedisTimeoutError`. */
  command(
    command: readonly (string | number | Uint8Array)[],
    timeoutMs: number = this.#timeoutMs,
  ): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = this.clock.setTimeout(
      () => reject(new RedisTimeoutError(String(command[0]), timeoutMs)),
      timeoutMs,
    );
    const settle = (act: (value: unknown) => void) => (value: unknown): void => {
      timer[Symbol.dispose]();
      act(value);
    };
    const fail = settle(reject);
    try {
      const words = command.map((word) => typeof word === "number" ? String(word) : word);
      const reply: unknown = this.#send(words);
      if (!isThenable(reply)) {
        throw new TypeError(`send must give a promise of the answer: got ${typeof reply}`);
      }
      // Some clients give what Redis refuses as a value.
      reply.then(settle((value) => value instanceof Error ? reject(value) : resolve(value)), fail);
    } catch (error) {
      fail(error);
    }
    return promise;
  }

  /** Runs a script, which is handed over the first time that Redis does not know it. */
  async run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly (string | number)[],
    timeoutMs?: number,
  ): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    const digest = await script.digest();
    try {
      return await this.command(["EVALSHA", digest, ...rest], timeoutMs);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return await this.command(["EVAL", script.source, ...rest], timeoutMs);
    }
  }

  /** A key of the whole fleet: all of them are in one slot of a cluster. */
  fleetKey(name: string): string {
    return `{${this.prefix}}:${name}`;
  }

  /** A key of one shard: all keys of a shard are in one slot, those of other shards in others. */
  shardKey(shardId: number, name: string): string {
    return `{${this.prefix}:${shardId}}:${name}`;
  }
}

/** Throws a `RangeError` unless `value` is a number of milliseconds above 0. */
export function checkMs(name: string, value: number): void {
  if (!(value > 0 && value < 2 ** 31)) {
    throw new RangeError(`${name} must be a number of milliseconds above 0: got ${String(value)}`);
  }
}

/** Throws a `RangeError` unless `value` is a positive integer. */
export function checkCount(name: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value > 0)) {
    throw new RangeError(`${name} must be a positive integer: got ${String(value)}`);
  }
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function isUnknownScript(error: unknown): boolean {
  return messageOf(error).includes("NOSCRIPT");
}
