/**
 * Discord's rate limits as they are counted on its side (http-protocol A5–A8).
 *
 * @module
 */

import type { Clock } from "../clock.ts";

/** How one bucket is counted. */
export interface RateLimitRule {
  /** Requests in a window. */
  readonly limit: number;
  /** How long the window is. */
  readonly windowMs: number;
  /** `"sliding"`: tokens come back one by one; `"fixed"`: all at once at the end of the window (A6.4). */
  readonly kind: "fixed" | "sliding";
  /** Routes that name the same bucket share it. By default each route has its own. */
  readonly bucket?: string | undefined;
}

/** What a request did to its bucket. */
export interface BucketReading {
  /** Whether the request may pass. */
  readonly isAllowed: boolean;
  /** Requests in a window. */
  readonly limit: number;
  /** Requests left. */
  readonly remaining: number;
  /** Milliseconds until the bucket is full again. */
  readonly resetAfterMs: number;
  /** For a refused request: until one would pass. */
  readonly retryAfterMs: number;
}

/** A bucket: one rule, for one bot, route and top-level resource. */
class CountedBucket {
  readonly #rule: RateLimitRule;
  /** When the window ends (fixed) or the bucket is full (sliding). */
  #fullAt = -Infinity;
  #used = 0;

  constructor(rule: RateLimitRule) {
    this.#rule = rule;
  }

  get fullAt(): number {
    return this.#fullAt;
  }

  spend(now: number): BucketReading {
    return this.#rule.kind === "fixed" ? this.#spendFixed(now) : this.#spendSliding(now);
  }

  #spendFixed(now: number): BucketReading {
    const { limit, windowMs } = this.#rule;
    if (now >= this.#fullAt) {
      this.#fullAt = now + windowMs;
      this.#used = 0;
    }
    const isAllowed = this.#used < limit;
    if (isAllowed) this.#used++;
    const resetAfterMs = this.#fullAt - now;
    return { isAllowed, limit, remaining: limit - this.#used, resetAfterMs, retryAfterMs: resetAfterMs };
  }

  #spendSliding(now: number): BucketReading {
    const { limit, windowMs } = this.#rule;
    const tokenMs = windowMs / limit;
    const fullAt = Math.max(this.#fullAt, now) + tokenMs;
    // Sums of fractions of a millisecond must not cost a token.
    const isAllowed = fullAt - now <= windowMs + 1e-6;
    if (isAllowed) this.#fullAt = fullAt;
    const resetAfterMs = this.#fullAt - now;
    const remaining = Math.max(0, Math.floor((windowMs - resetAfterMs) / tokenMs + 1e-6));
    return { isAllowed, limit, remaining, resetAfterMs, retryAfterMs: fullAt - now - windowMs };
  }
}

/** Buckets in memory; full ones are forgotten beyond this. */
const MAX_BUCKETS = 10_000;

/** All buckets and the global limit. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #globalLimit: number;
  readonly #buckets: Map<string, CountedBucket> = new Map();
  readonly #globals: Map<string, { second: number; count: number }> = new Map();

  constructor(clock: Clock, globalLimit: number) {
    this.#clock = clock;
    this.#globalLimit = globalLimit;
  }

  /** Counts a request towards the fixed second it arrives in (A7.3); gives the wait when that is full. */
  spendGlobal(who: string): number | undefined {
    const now = this.#clock.now();
    const second = Math.floor(now / 1000);
    const known = this.#globals.get(who);
    const count = known?.second === second ? known.count + 1 : 1;
    this.#globals.set(who, { second, count });
    return count > this.#globalLimit ? (second + 1) * 1000 - now : undefined;
  }

  /** Counts a request towards its bucket. */
  spend(who: string, bucketId: string, major: string, rule: RateLimitRule): BucketReading {
    const key = `${who}|${bucketId}|${major}`;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      this.#forgetFull();
      bucket = new CountedBucket(rule);
      this.#buckets.set(key, bucket);
    }
    return bucket.spend(this.#clock.now());
  }

  /** Starts counting anew, as after a change of the rules. */
  reset(): void {
    this.#buckets.clear();
  }

  #forgetFull(): void {
    if (this.#buckets.size < MAX_BUCKETS) return;
    const now = this.#clock.now();
    for (const [key, bucket] of this.#buckets) {
      if (bucket.fullAt <= now) this.#buckets.delete(key);
    }
  }
}

/** The headers that tell a client about its bucket (A5). */
export function bucketHeaders(
  bucketId: string,
  { limit, remaining, resetAfterMs }: BucketReading,
  wallNow: number,
): Record<string, string> {
  return {
    "x-ratelimit-bucket": bucketId,
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": ((wallNow + resetAfterMs) / 1000).toFixed(3),
    "x-ratelimit-reset-after": (Math.ceil(resetAfterMs) / 1000).toFixed(3),
  };
}

/** An opaque id for the bucket of `name`, as stable as `name`. */
export function bucketIdOf(name: string): string {
  let one = 0x811c9dc5;
  let other = 0x01000193;
  for (const character of name) {
    one = Math.imul(one ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    other = Math.imul(other + (character.codePointAt(0) ?? 0), 0x85ebca6b) >>> 0;
  }
  return [one, other, one ^ other, Math.imul(one, 3) >>> 0]
    .map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
}
