import type { RateLimitScope } from "./errors.ts";
import type { RateLimitHeaders } from "./rate_limit_headers.ts";

/** What an answer showed of the limits. */
export interface LimitedAnswer {
  /** What its headers say. */
  readonly headers: RateLimitHeaders | undefined;
  /** Whether the request was carried out. */
  readonly isSuccess: boolean;
  /** Why it was refused, where it was refused for its rate (A8). */
  readonly refusal?: Refusal | undefined;
}

/** A refusal for the rate: whose limit, and whether the bucket that the headers describe is used up. */
export interface Refusal {
  /** Whose limit it is. */
  readonly scope: RateLimitScope;
  /** Milliseconds to wait. */
  readonly retryAfterMs: number;
  /** Whether the headers show turns left: then it was another limit, on some kind of request (A8, "sublimit"). */
  readonly isSublimit: boolean;
}

/** A turn of a bucket: to be sent and settled, or given back. */
export interface BucketPermit {
  /** Whether it may still be used: nothing refused it while it waited for something else. */
  isGood(): boolean;
  /** The request is being sent. */
  send(): void;
  /** The answer came. */
  settle(answer: LimitedAnswer): void;
  /** It is over without an answer. Unsent it is given back; sent, it may have been counted (B5.7). */
  release(): void;
  /** It was not sent, whatever was said before. */
  giveBack(): void;
  /** It is over with all repetitions, or has joined the line again: those that must not overtake it may go. */
  leave(): void;
}

/** Someone in line. */
export interface BucketWaiter {
  /** The turn, once there is one; often at once. */
  readonly permit: BucketPermit | undefined;
  /** Waits for the turn; leaves the line when the signal aborts. */
  wait(signal: AbortSignal | undefined): Promise<BucketPermit>;
  /** Leaves the line. */
  leave(): void;
}

/** How long a request would wait, as far as is known. */
export interface WaitEstimate {
  /** Milliseconds; 0 for not at all. */
  readonly waitMs: number;
  /** Whose limit it is. */
  readonly scope: RateLimitScope;
  /** Whether only the answer to another request can tell. */
  readonly isGuess: boolean;
}
