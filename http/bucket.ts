import type { RateLimitHeaders } from "./rate_limit_headers.ts";

/** Added to each wait that the server names: timers may be early, and its seconds are rounded (B9.2). */
export const WAIT_MARGIN_MS = 2;
/** Two windows that end this close to each other are the same one (B5.3). */
const SAME_WINDOW_MS = 5;
/** Most buckets have none: they share this list, which is never changed. */
const NO_GHOSTS: readonly number[] = [];

/** A turn taken in a {@linkcode Bucket}: to be sent and answered, or given back. */
export interface BucketTurn {
  /** When the request was sent; `undefined` while it has not been. */
  sentAt: number | undefined;
  /** Whether it has ended: it ends once, in whichever bucket it is counted by then. */
  isOver: boolean;
}

/** What a caller knows of a limit before any answer has told it (B4.5). */
export interface LimitHint {
  /** How many requests a window holds. */
  readonly limit: number;
  /** Milliseconds of a window. */
  readonly windowMs: number;
}

/**
 * The turns of one limit for one resource, counted (B5). Pure arithmetic: whoever calls says what time it is.
 *
 * A turn is reserved while {@linkcode available} is above 0. It ends with the answer ({@linkcode settle}), without one
 * ({@linkcode lose}), or unsent ({@linkcode giveBack}).
 */
export class Bucket {
  /** What is known of the limit wherever it applies. */
  readonly metadata: BucketMetadata;
  #inFlight = 0;
  /** When requests ended without an answer: they may have been counted, now or later (B5.7). */
  #ghosts: readonly number[] = NO_GHOSTS;
  #remaining = 0;
  #fullAt = -Infinity;
  /** The server's end of the newest window seen. Only ever compared with the server's other words. */
  #window: number | undefined;
  #closedUntil = -Infinity;
  /** Set by a refusal: one request at a time until one sent later than this has been answered (B5.8). */
  #probeSince: number | undefined;

  /** Starts full: a resource not seen yet has all turns of its limit (B4.6). */
  constructor(metadata: BucketMetadata = new BucketMetadata()) {
    this.metadata = metadata;
  }

  /** How many turns are taken and not over. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many more may be sent at `now`. May be negative; only above 0 is a turn free (B5.1). */
  available(now: number): number {
    if (now < this.#closedUntil) return 0;
    if (this.metadata.isUnlimited(now)) return Infinity;
    // Nothing known, or refused lately: one after the other (B4.1, B5.8).
    if (this.metadata.limit === undefined || this.#probeSince !== undefined) return 1 - this.#inFlight;
    const free = this.#tokens(now) - this.#inFlight - this.#ghosts.length;
    // Ghosts alone must not close a bucket that should be full: one request finds out (B5.7).
    if (free <= 0 && this.#inFlight === 0 && now >= this.#fullAt) return 1;
    return free;
  }

  /** Whether a turn taken earlier is still good: not refused meanwhile, nor used up by others. */
  holds(now: number): boolean {
    return this.available(now) + 1 > 0 && now >= this.#closedUntil;
  }

  /**
   * When a turn will be free if nothing is answered until then; `Infinity` where only an answer, or the end of one that
   * runs, can free one.
   */
  opensAt(now: number): number {
    if (now < this.#closedUntil) return this.#closedUntil;
    if (this.available(now) > 0) return now;
    const { limit } = this.metadata;
    if (limit === undefined || this.#probeSince !== undefined) return Infinity;
    const needed = this.#inFlight + this.#ghosts.length + 1;
    const tokenMs = this.metadata.tokenMs(now);
    if (needed > limit) return this.inFlight === 0 ? this.#fullAt : Infinity;
    return tokenMs === undefined ? this.#fullAt : this.#fullAt - (limit - needed) * tokenMs;
  }

  /**
   * Milliseconds after which one more request would probably be sent behind `ahead` others; 0 for at once. An estimate,
   * and `undefined` where only an answer can tell.
   */
  waitMs(now: number, ahead: number): number | undefined {
    const free = this.available(now) - ahead;
    if (free > 0) return 0;
    const { limit, windowMs } = this.metadata;
    if (now < this.#closedUntil) return this.#closedUntil - now;
    if (limit === undefined || this.#probeSince !== undefined) return undefined;
    const windows = Math.floor(-free / limit);
    return Math.max(0, this.#fullAt - now) + windows * windowMs || undefined;
  }

  /** Takes a turn. Only to be called while {@linkcode available} is above 0. */
  reserve(now: number): BucketTurn {
    const isProbe = this.#ghosts.length > 0 && this.metadata.limit !== undefined &&
      this.#probeSince === undefined && this.#tokens(now) - this.#inFlight - this.#ghosts.length <= 0;
    if (isProbe) this.#ghosts = this.#ghosts.slice(1);
    this.#inFlight += 1;
    return { sentAt: undefined, isOver: false };
  }

  /** Ends a turn that was not sent. */
  giveBack(turn: BucketTurn): void {
    this.#end(turn);
  }

  /** Ends a turn that was sent and got no answer, or one that says nothing of the limit. */
  lose(turn: BucketTurn, now: number): void {
    this.#end(turn);
    if (turn.sentAt === undefined || this.metadata.limit === undefined || this.metadata.isUnlimited(now)) {
      return;
    }
    this.#ghosts = [...this.#ghosts, now];
  }

  /** Takes over what is counted in `other`: it was this bucket under another name (B4.2). */
  adopt(other: Bucket, now: number): void {
    this.#inFlight += other.#inFlight;
    other.#inFlight = 0;
    if (now < other.#fullAt) {
      const isFull = now >= this.#fullAt;
      this.#remaining = isFull ? other.#remaining : Math.min(this.#remaining, other.#remaining);
      this.#fullAt = Math.max(this.#fullAt, other.#fullAt);
    }
    if (other.#ghosts.length > 0) this.#ghosts = [...this.#ghosts, ...other.#ghosts];
    this.#closedUntil = Math.max(this.#closedUntil, other.#closedUntil);
    const since = Math.max(this.#probeSince ?? -Infinity, other.#probeSince ?? -Infinity);
    if (since > -Infinity) this.#probeSince = since;
  }

  /** Ends a turn that was counted by nobody but here: its limit is only hinted at, and its answer shows none (B4.5). */
  count(turn: BucketTurn, now: number): void {
    this.#end(turn);
    const { limit = 1, windowMs } = this.metadata;
    if (now >= this.#fullAt) {
      this.#fullAt = now + windowMs + WAIT_MARGIN_MS;
      this.#remaining = limit;
    }
    this.#remaining -= 1;
    this.#answer(turn.sentAt ?? now);
  }

  /** Ends a turn with what its answer said. */
  settle(turn: BucketTurn, headers: RateLimitHeaders, now: number): void {
    this.#end(turn);
    const sentAt = turn.sentAt ?? now;
    this.metadata.learn(headers);
    this.#order(headers, now, sentAt);
    this.#answer(sentAt);
  }

  /** Closes it for `retryAfterMs`: the limit is used up, whatever was counted. Then one request finds out (B5.8). */
  refuse(retryAfterMs: number, now: number): void {
    this.#remaining = 0;
    this.#closedUntil = Math.max(this.#closedUntil, now + retryAfterMs + WAIT_MARGIN_MS);
    this.#fullAt = Math.max(this.#fullAt, this.#closedUntil);
    this.#probeSince = this.#closedUntil;
    this.metadata.refuse(now, true);
  }

  /** Whether forgetting it would change nothing (B10.1). */
  isFresh(now: number): boolean {
    if (this.#inFlight > 0 || now < this.#fullAt) return false;
    const doubtfulSince = Math.max(this.#ghosts.at(-1) ?? -Infinity, this.#probeSince ?? -Infinity);
    return now >= doubtfulSince + this.metadata.windowMs;
  }

  #end(turn: BucketTurn): void {
    if (turn.isOver) return;
    turn.isOver = true;
    this.#inFlight -= 1;
  }

  /** What was in doubt before `sentAt` is in the answer to a request sent then (B5.7, B5.8). */
  #answer(sentAt: number): void {
    if (this.#ghosts.length > 0) this.#ghosts = this.#ghosts.filter((endedAt) => endedAt > sentAt);
    if (this.#probeSince !== undefined && sentAt >= this.#probeSince) this.#probeSince = undefined;
  }

  #tokens(now: number): number {
    const limit = this.metadata.limit ?? 1;
    if (now >= this.#fullAt) return limit;
    const tokenMs = this.metadata.tokenMs(now);
    if (tokenMs === undefined) return this.#remaining;
    return Math.max(this.#remaining, Math.floor(limit - (this.#fullAt - now) / tokenMs));
  }

  /** Takes the numbers of an answer, unless a newer one has come before it (B5.3). */
  #order({ remaining, resetAfterMs, resetAt }: RateLimitHeaders, now: number, sentAt: number): void {
    const end = resetAt ?? now + resetAfterMs;
    const tolerance = resetAt === undefined ? Math.max(SAME_WINDOW_MS, now - sentAt) : SAME_WINDOW_MS;
    const last = this.#window;
    if (last !== undefined && end < last - tolerance) return;
    if (last === undefined || end > last + tolerance) {
      // The server's time of this answer is before the end of the window it has left: so that one slides.
      if (last !== undefined && resetAt !== undefined && resetAt - resetAfterMs < last - tolerance) {
        this.metadata.sawSliding();
      }
      this.#remaining = remaining;
    } else {
      if (remaining !== this.#remaining && resetAt !== undefined) this.metadata.sawFixed();
      this.#remaining = Math.min(this.#remaining, remaining);
    }
    this.#window = Math.max(last ?? -Infinity, end);
    // All answers of a window that stands name one moment, each late by its way here: the earliest is the nearest.
    const isSameMoment = resetAt !== undefined && last !== undefined && Math.abs(end - last) <= ROUNDING_MS &&
      this.metadata.kind === "fixed";
    const fullAt = now + resetAfterMs + WAIT_MARGIN_MS;
    this.#fullAt = isSameMoment ? Math.min(this.#fullAt, fullAt) : Math.max(this.#fullAt, fullAt);
  }
}

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
  #isHint = false;
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

  /** Whether all that is known is what the caller said (B4.5). */
  get isHint(): boolean {
    return this.#isHint;
  }

  /** Takes the caller's word for a limit, until an answer tells of it. */
  hint({ limit, windowMs }: LimitHint): void {
    if (this.#limit !== undefined && !this.#isHint) return;
    this.#isHint = true;
    this.#unlimitedUntil = -Infinity;
    this.#limit = limit;
    this.#windowMs = windowMs;
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
    if (limit !== this.#limit || this.#isHint) {
      this.#limit = limit;
      this.#isHint = false;
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
