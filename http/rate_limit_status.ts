import type { WindowKind } from "./bucket.ts";
import type { RateLimitScope } from "./errors.ts";

/** One bucket as it is now. */
export interface BucketStatus {
  /** Discord's id of the limit; `undefined` while it is not known. */
  readonly bucket: string | undefined;
  /** The top-level resource, such as `channels/613425648685547541`; `""` for none. Holds no token. */
  readonly majorKey: string;
  /** How many requests a window holds; `undefined` while unknown. */
  readonly limit: number | undefined;
  /** How turns come back, as far as the answers have shown. */
  readonly kind: WindowKind;
  /** How many could be sent now; `Infinity` where no limit was shown. */
  readonly available: number;
  /** How many are under way. */
  readonly inFlight: number;
  /** How many wait. */
  readonly waiting: number;
  /** Milliseconds until a turn is free; `undefined` where only an answer can tell. */
  readonly opensAfterMs: number | undefined;
}

/** A refusal that holds requests of one route on one resource, apart from their bucket. */
export interface HoldStatus {
  /** Method, template and variant. */
  readonly route: string;
  /** The top-level resource. */
  readonly majorKey: string;
  /** Whose limit it is. */
  readonly scope: RateLimitScope;
  /** Only requests that set one of these fields are held; all where there are none. */
  readonly keys: readonly string[];
  /** Milliseconds until it ends. */
  readonly endsAfterMs: number;
}

/** The limits of one owner as they are now. */
export interface RateLimitStatus {
  /** Milliseconds until the global limit would let a request through; 0 for at once. */
  readonly globalWaitMs: number;
  /** The buckets that have something to tell. */
  readonly buckets: readonly BucketStatus[];
  /** What is held apart from the buckets. */
  readonly holds: readonly HoldStatus[];
}

/** What a client is doing now: plain data, without secrets. */
export interface HTTPStatus {
  /** Requests that have been asked for and are not settled. */
  readonly pending: number;
  /** Requests that were answered by 401, 403 or 429 in the last ten minutes. */
  readonly invalidRequests: number;
  /** The limits of each owner, by rate limit key; `null` is what is sent without credentials. */
  readonly limits: ReadonlyMap<string | null, RateLimitStatus>;
}
