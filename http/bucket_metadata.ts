import type { RateLimitHeaders } from "./rate_limit_headers.ts";

/**
 * How a limit gives its turns back (A6.4): all at one moment, or one by one. `"unknown"` is treated as `"fixed"`, which
 * is right for both and only wastes time on the other.
 */
export type WindowKind = "unknown" | "fixed" | "sliding";

/** Discord rounds its seconds to thousandths: an interval read from them may be this much too long. */
const ROUNDING_MS = 2.5;
/** How often a window must have moved early before it counts as sliding: once can be chance. */
const SLIDING_EVIDENCE = 2;
/** After a refusal that a sliding window should have made impossible, that theory rests this long (B5.6). */
const DISTRUST_MS = 60_000;

/** What is known of one limit, wherever it applies: shared by all buckets of one id (B2). */
export class BucketMetadata {
  #limit: number | undefined;
  #kind: WindowKind = "unknown";
  #windowMs = 0;
  #tokenMs: number | undefined;
  #evidence = 0;
  #distrustedUntil = -Infinity;
  #unlimitedUntil = -Infinity;

  /** Starts with nothing known, or with the size of the window. */
  constructor(limit?: number) {
    this.#limit = limit;
  }

  /** How many requests a window holds; `undefined` while unknown. */
  get limit(): number | undefined {
    return this.#limit;
  }

  /** How turns come back, as far as the answers have shown. */
  get kind(): WindowKind {
    return this.#kind;
  }

  /** The longest wait for a whole window that was seen, in milliseconds. */
  get windowMs(): number {
    return this.#windowMs;
  }

  /** Whether requests go freely at `now`, since an answer showed no limit (B4.3). */
  isUnlimited(now: number): boolean {
    return now < this.#unlimitedUntil;
  }

  /** Milliseconds in which one turn comes back, where turns come back one by one (B5.5). A lower bound. */
  tokenMs(now: number): number | undefined {
    return this.#kind === "sliding" && now >= this.#distrustedUntil ? this.#tokenMs : undefined;
  }

  /** Notes that there is no limit until `until`. */
  setUnlimited(until: number): void {
    this.#unlimitedUntil = until;
  }

  /** Notes that a request was refused: there is a limit after all, and it may not slide. */
  refuse(now: number, isOurs: boolean): void {
    this.#unlimitedUntil = -Infinity;
    if (isOurs && this.#kind === "sliding") this.#distrustedUntil = now + DISTRUST_MS;
  }

  /** Learns the size of the window, and how fast it turns. */
  learn({ limit, remaining, resetAfterMs }: RateLimitHeaders): void {
    if (limit !== this.#limit) {
      this.#limit = limit;
      this.#tokenMs = undefined;
      this.#windowMs = 0;
      this.#setKind("unknown");
    }
    this.#unlimitedUntil = -Infinity;
    this.#windowMs = Math.max(this.#windowMs, resetAfterMs);
    if (remaining === limit) return;
    // A sliding window is full again after one interval for each turn taken: divided, that is never too much.
    const intervalMs = (resetAfterMs - ROUNDING_MS) / (limit - remaining);
    if (intervalMs > (this.#tokenMs ?? 0)) this.#tokenMs = intervalMs;
    const model = this.#tokenMs;
    if (model !== undefined && Math.floor(limit - resetAfterMs / model) > remaining) this.#setKind("fixed");
  }

  /** Notes that a window moved on before it was over, which only a sliding one does (B5.6). */
  sawSliding(): void {
    this.#evidence += 1;
    if (this.#evidence >= SLIDING_EVIDENCE) this.#kind = "sliding";
  }

  /** Notes that two requests were counted in a window that stayed where it was. */
  sawFixed(): void {
    this.#setKind("fixed");
  }

  #setKind(kind: WindowKind): void {
    this.#kind = kind;
    this.#evidence = 0;
  }
}
