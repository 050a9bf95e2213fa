import { type Clock, systemClock } from "../clock.ts";
import type { BucketPermit, BucketWaiter, WaitEstimate } from "./bucket_permit.ts";
import { Gates } from "./gates.ts";
import { type GlobalRateLimiter, LimitedGlobalRateLimiter } from "./global_rate_limiter.ts";
import type { Turn } from "./lane.ts";
import { checkClock, checkedCount, checkFunctions, checkObject } from "./option_checks.ts";
import type { RateLimitStatus } from "./rate_limit_status.ts";

/** Options of {@linkcode RateLimitStorage}. */
export interface RateLimitStorageOptions {
  /** The limit on everything; {@linkcode LimitedGlobalRateLimiter} with Discord's 50 a second by default. */
  readonly globalRateLimiter?: GlobalRateLimiter | undefined;
  /** The clock. */
  readonly clock?: Clock | undefined;
  /** How many buckets are remembered; beyond it, those unused for longest are forgotten. 10,000 by default. */
  readonly maxBuckets?: number | undefined;
}

/** The limits of one owner: what has been learned of them, and who waits for them. */
export class RateLimitStorage {
  /** The limit on everything. */
  readonly globalRateLimiter: GlobalRateLimiter;
  readonly #gates: Gates;

  /** Makes a storage that knows nothing yet. A `TypeError` or `RangeError` says which option is wrong. */
  constructor(options: RateLimitStorageOptions = {}) {
    checkObject("The options of a RateLimitStorage", options, "{ maxBuckets: 1000 }");
    const { clock = systemClock, maxBuckets = 10_000, globalRateLimiter = new LimitedGlobalRateLimiter() } =
      options;
    checkClock(clock);
    checkFunctions("globalRateLimiter", globalRateLimiter, ["waitMs", "acquire", "update", "close"]);
    this.#gates = new Gates(clock, checkedCount("maxBuckets", maxBuckets, 1));
    this.globalRateLimiter = globalRateLimiter;
    this.globalRateLimiter.attach?.(clock);
  }

  /** How many buckets are remembered, after forgetting those that have nothing to tell. */
  get size(): number {
    this.#gates.forget();
    return this.#gates.size;
  }

  /** Whether forgetting it would change nothing but the ids of the limits. */
  get isIdle(): boolean {
    if (this.size > 0 || this.#gates.lineCount > 0) return false;
    return this.globalRateLimiter.isIdle?.() ?? this.globalRateLimiter.waitMs() === 0;
  }

  /** A turn where one is free and nobody is before; `undefined` where there is a line to {@linkcode enter}. */
  tryEnter(turn: Turn): BucketPermit | undefined {
    return this.#gates.tryEnter(turn);
  }

  /** Joins the line. The turn is there at once where one is free. */
  enter(turn: Turn): BucketWaiter {
    return this.#gates.enter(turn);
  }

  /** How long a request would wait. */
  estimate(turn: Turn): WaitEstimate {
    return this.#gates.estimate(turn);
  }

  /** What is remembered, for people and for metrics. Walks over all of it. */
  status(): RateLimitStatus {
    this.#gates.forget();
    return { globalWaitMs: this.globalRateLimiter.waitMs(), ...this.#gates.status() };
  }

  /** Rejects all who wait, and those to come, with `reason`. */
  close(reason: unknown): void {
    this.globalRateLimiter.close(reason);
    this.#gates.close(reason);
  }
}
