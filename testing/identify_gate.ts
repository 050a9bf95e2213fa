/**
 * What Discord lets a bot start: one session a window and key, and so many a day (ID-2, ID-6).
 *
 * @module
 */

/** The limits of one bot. */
export interface IdentifyLimits {
  /** Sessions a day. */
  readonly total: number;
  /** Keys: `shard_id % maxConcurrency`. */
  readonly maxConcurrency: number;
}

const WINDOW_MS = 5000;
const DAY_MS = 86_400_000;

/** Counts one bot's IDENTIFYs. */
export class IdentifyGate {
  readonly #limits: IdentifyLimits;
  readonly #lastAt: Map<number, number> = new Map();
  #used = 0;
  #dayEndsAt = 0;

  constructor(limits: IdentifyLimits) {
    this.#limits = limits;
  }

  /** Counts an IDENTIFY; a refused one costs too. */
  pass(shardId: number, now: number): "passed" | "tooSoon" | "exhausted" {
    if (this.remaining(now) === 0) return "exhausted";
    if (this.#used === 0) this.#dayEndsAt = now + DAY_MS;
    this.#used++;
    const key = shardId % this.#limits.maxConcurrency;
    const lastAt = this.#lastAt.get(key) ?? -Infinity;
    if (now - lastAt < WINDOW_MS) return "tooSoon";
    this.#lastAt.set(key, now);
    return "passed";
  }

  /** IDENTIFYs left today. */
  remaining(now: number): number {
    if (this.#used > 0 && now >= this.#dayEndsAt) this.#used = 0;
    return Math.max(0, this.#limits.total - this.#used);
  }

  /** Milliseconds until the day is over; 0 while nothing has been used. */
  resetAfterMs(now: number): number {
    return this.remaining(now) === this.#limits.total ? 0 : Math.ceil(this.#dayEndsAt - now);
  }
}
