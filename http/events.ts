import type { DispatcherEvents } from "../dispatcher.ts";
import type { RateLimitScope } from "./errors.ts";

/** An answer came. */
export interface RequestResponse {
  /** The method. */
  readonly method: string;
  /** The path with names in braces. */
  readonly route: string;
  /** The HTTP status. */
  readonly status: number;
  /** The headers of the answer. */
  readonly headers: Headers;
  /** Which attempt it was, counted from 1. */
  readonly attempt: number;
  /** Milliseconds from when this attempt was due until it was sent; those below for limits are part of it. */
  readonly queuedMs: number;
  /** Milliseconds that it waited for the limit of its route, or for those before it. */
  readonly bucketMs: number;
  /** Milliseconds that it waited for the global limit. */
  readonly globalMs: number;
  /** Milliseconds from sending to the headers of the answer. */
  readonly headersMs: number;
  /** Milliseconds from the call of `request` to the headers of this answer, with all attempts before. */
  readonly totalMs: number;
}

/** A request met a rate limit. */
export interface RateLimited {
  /** The method. */
  readonly method: string;
  /** The path with names in braces. */
  readonly route: string;
  /** Whose limit it is. */
  readonly scope: RateLimitScope;
  /** Milliseconds until it may go; an estimate where it was foreseen. */
  readonly retryAfterMs: number;
  /** The top-level resource, such as `channels/613425648685547541`; `""` for none. Holds no token. */
  readonly majorKey: string;
  /** Whether the library kept it back; else Discord refused it. */
  readonly isForeseen: boolean;
}

/** Requests were answered by 401, 403 or 429. */
export interface InvalidRequests {
  /** How many in the last ten minutes. */
  readonly count: number;
  /** How many it takes to be blocked. */
  readonly limit: number;
}

/** The edge in front of Discord has blocked this address. */
export interface EdgeBlocked {
  /** The method. */
  readonly method: string;
  /** The path with names in braces. */
  readonly route: string;
  /** Whether nothing at all is sent any more, or only this route is blocked. */
  readonly isEverything: boolean;
  /** How long, in milliseconds. */
  readonly retryAfterMs: number;
}

/** The events of `HTTPClient.dispatcher`. None holds a token. */
export interface HTTPEvents extends DispatcherEvents {
  /** An answer came, whatever its status. */
  requestResponse: RequestResponse;
  /** A request met a rate limit. */
  rateLimited: RateLimited;
  /** A request was answered by 401, 403 or 429; too many of them lead to a block. */
  invalidRequests: InvalidRequests;
  /** The edge in front of Discord has blocked this address. */
  edgeBlocked: EdgeBlocked;
}
