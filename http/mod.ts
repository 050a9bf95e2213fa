/**
 * Discord's HTTP API: requests that wait for their rate limits, and errors that say what to do.
 *
 * {@linkcode HTTPClient} sends a {@linkcode Route}; limits are learned from the answers.
 *
 * @module
 */
export { type Authentication, BearerAuthentication, BotAuthentication } from "./authentication.ts";
export { Bucket, type BucketTurn } from "./bucket.ts";
export { BucketMetadata, type WindowKind } from "./bucket_metadata.ts";
export { HTTPClient, type HTTPClientOptions } from "./client.ts";
export * from "./errors.ts";
export type { EdgeBlocked, HTTPEvents, InvalidRequests, RateLimited, RequestResponse } from "./events.ts";
export {
  type GlobalAcquireOptions,
  type GlobalPermit,
  type GlobalRateLimiter,
  LimitedGlobalRateLimiter,
  type LimitedGlobalRateLimiterOptions,
  UnlimitedGlobalRateLimiter,
} from "./global_rate_limiter.ts";
export type { Turn } from "./lane.ts";
export type { RequestOptions } from "./prepared_request.ts";
export type { RateLimitHeaders } from "./rate_limit_headers.ts";
export {
  type BucketPermit,
  type BucketWaiter,
  type LimitedAnswer,
  RateLimitStorage,
  type RateLimitStorageOptions,
  type Refusal,
  type WaitEstimate,
} from "./rate_limit_storage.ts";
export type { HTTPFile, RequestBody } from "./request_body.ts";
export type { Query, QueryValue } from "./request_url.ts";
export {
  type HTTPMethod,
  type PathParameterName,
  type PathParameters,
  type PathValue,
  Route,
  type RouteArguments,
  type RouteOptions,
} from "./route.ts";
