import { type Clock, systemClock } from "../clock.ts";
import {
  type GlobalAcquireOptions,
  type GlobalPermit,
  type GlobalRateLimiter,
  LimitedGlobalRateLimiter,
} from "../http/mod.ts";
import { PAUSE_GLOBAL, TAKE_GLOBAL } from "./limit_scripts.ts";
import { checkCount, RedisLink, type RedisOptions } from "./redis_link.ts";
import { integerIn, listIn } from "./reply.ts";
import { limitsKey } from "./redis_reservations.ts";

/** Options of {@linkcode RedisGlobalRateLimiter}. */
export interface RedisGlobalRateLimiterOptions extends RedisOptions {
  /** Whose limit it is: as for `RedisReservations`. */
  readonly owner?: string | undefined;
  /** How many requests may go in a second, over all processes. 50 by default. */
  readonly limit?: number | undefined;
  /** How many of them this process takes ahead, for 200 milliseconds; the next requests need no command then. 5 by default; 0: none. */
  readonly ahead?: number | undefined;
  /** How many a second this process lets go by itself while Redis does not answer. A tenth of `limit` by default. */
  readonly aloneLimit?: number | undefined;
  /** Told what went wrong. */
  readonly failed?: ((error: unknown) => void) | undefined;
}

interface Waiter {
  readonly rank: number;
  readonly sequence: number;
  readonly grant: (permit: GlobalPermit) => void;
  readonly fail: (reason: unknown) => void;
  readonly signal: AbortSignal | undefined;
}

const LIMIT = 50;
/** A turn is good for so long after it was asked for: the window is that much longer. */
const GOOD_MS = 200;
const WINDOW_MS = 1_000 + GOOD_MS + 50;
const AHEAD = 5;

/**
 * The global limit of an owner over several processes (A7), counted in Redis: all who wait share one command.
 *
 * While Redis does not answer, a small limit of its own is kept.
 */
export class RedisGlobalRateLimiter implements GlobalRateLimiter {
  readonly #link: RedisLink;
  readonly #start: string;
  readonly #limit: number;
  readonly #ahead: number;
  readonly #failed: (error: unknown) => void;
  readonly #alone: LimitedGlobalRateLimiter;
  readonly #clock: Clock;
  readonly #waiting: Waiter[] = [];
  /** Turns that are there: until when each is good. Those given out before a refusal come back to a list that is gone. */
  #spares: number[] = [];
  #opensAt = -Infinity;
  #isAsking = false;
  #timer: Disposable | undefined;
  #sequence = 0;
  #closing: { readonly reason: unknown } | undefined;

  /** Throws a `TypeError` or a `RangeError` on options that can't be right. */
  constructor(options: RedisGlobalRateLimiterOptions) {
    const { owner = "bot", limit = LIMIT, ahead = AHEAD, clock = systemClock, failed = () => {} } = options;
    const { aloneLimit = Math.max(1, Math.floor(limit / 10)) } = options;
    checkCount("limit", limit);
    checkCount("aloneLimit", aloneLimit);
    if (!(Number.isSafeInteger(ahead) && ahead >= 0)) {
      throw new RangeError(`ahead must be an integer from 0 on: got ${String(ahead)}`);
    }
    this.#link = new RedisLink(options);
    this.#start = limitsKey(this.#link, owner);
    this.#limit = limit;
    this.#ahead = ahead;
    this.#clock = clock;
    this.#failed = failed;
    this.#alone = new LimitedGlobalRateLimiter(aloneLimit, { clock });
  }

  /** Milliseconds until a request would be let through, as far as this process knows. */
  waitMs(): number {
    const rounds = Math.floor(this.#waiting.length / this.#limit);
    return Math.max(0, this.#opensAt - this.#clock.now()) + rounds * 1_000;
  }

  /** A turn: at once where one was taken ahead, else when Redis gives it. */
  acquire(
    { priority = 0, sequence, signal }: GlobalAcquireOptions = {},
  ): GlobalPermit | Promise<GlobalPermit> {
    if (this.#closing !== undefined) return Promise.reject(this.#closing.reason);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const spare = this.#waiting.length === 0 ? this.#takeSpare() : undefined;
    if (spare !== undefined) return spare;
    const { promise, resolve, reject } = Promise.withResolvers<GlobalPermit>();
    const onAbort = (): void => {
      const at = this.#waiting.indexOf(waiter);
      if (at !== -1) this.#waiting.splice(at, 1);
      reject(signal?.reason);
    };
    const settle = <Value>(act: (value: Value) => void) => (value: Value): void => {
      signal?.removeEventListener("abort", onAbort);
      act(value);
    };
    const waiter: Waiter = {
      rank: priority,
      sequence: sequence ?? this.#sequence++,
      grant: settle(resolve),
      fail: settle(reject),
      signal,
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const behind = this.#waiting.findIndex(({ rank, sequence }) =>
      rank > waiter.rank || (rank === waiter.rank && sequence > waiter.sequence)
    );
    this.#waiting.splice(behind === -1 ? this.#waiting.length : behind, 0, waiter);
    void this.#ask();
    return promise;
  }

  /** Discord refused by the global limit: no process goes for `retryAfterMs` milliseconds. */
  update(retryAfterMs: number): void {
    this.#spares = [];
    this.#opensAt = Math.max(this.#opensAt, this.#clock.now() + retryAfterMs);
    this.#alone.update(retryAfterMs);
    this.#link.run(PAUSE_GLOBAL, [this.#start], [retryAfterMs]).catch(this.#failed);
  }

  /** Rejects all who wait, and those to come, with `reason`. */
  close(reason: unknown): void {
    this.#closing ??= { reason };
    this.#timer?.[Symbol.dispose]();
    this.#alone.close(reason);
    for (const waiter of this.#waiting.splice(0)) waiter.fail(reason);
  }

  async #ask(): Promise<void> {
    if (this.#isAsking || this.#waiting.length === 0 || this.#closing !== undefined) return;
    this.#isAsking = true;
    await undefined; // All who ask in one turn share the command.
    const askedAt = this.#clock.now();
    const spares = this.#spares;
    let waitMs = Math.ceil(this.#opensAt - askedAt);
    if (waitMs <= 0) {
      try {
        const args = [this.#limit, WINDOW_MS, this.#waiting.length + this.#ahead];
        const [count, wait] = listIn(await this.#link.run(TAKE_GLOBAL, [this.#start], args));
        for (let left = integerIn(count); left > 0; left -= 1) spares.push(askedAt + GOOD_MS);
        waitMs = integerIn(wait);
        // Of a refusal that came meanwhile it says nothing.
        if (spares === this.#spares) this.#opensAt = waitMs > 0 ? this.#clock.now() + waitMs : -Infinity;
      } catch (error) {
        this.#failed(error);
        await this.#goAlone();
      }
    }
    this.#isAsking = false;
    while (this.#waiting.length > 0) {
      const spare = this.#takeSpare();
      if (spare === undefined) break;
      this.#waiting.shift()?.grant(spare);
    }
    if (this.#waiting.length > 0) this.#askAfter(Math.max(1, waitMs));
  }

  #askAfter(delayMs: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.setTimeout(() => void this.#ask(), delayMs);
  }

  /** Lets the next go by our own small limit. */
  async #goAlone(): Promise<void> {
    try {
      const permit = await this.#alone.acquire();
      const next = this.#waiting.shift();
      if (next === undefined) permit.release();
      else next.grant(permit);
    } catch {
      // It was closed.
    }
  }

  /** A turn was counted when it was taken; one that is not used runs out by itself. */
  #takeSpare(): GlobalPermit | undefined {
    const now = this.#clock.now();
    const spares = this.#spares;
    let goodUntil = spares.shift();
    while (goodUntil !== undefined && goodUntil < now) goodUntil = spares.shift();
    return goodUntil === undefined ? undefined : this.#permit(goodUntil, spares);
  }

  #permit(goodUntil: number, spares: number[]): GlobalPermit {
    let isSent = false;
    return {
      send: () => {
        isSent = true;
      },
      release: () => {
        if (!isSent) spares.push(goodUntil);
        isSent = true;
        if (this.#waiting.length > 0) void this.#ask();
      },
    };
  }
}
