/**
 * Discord's HTTP API: routes, credentials, rate limits and a client that keeps to them.
 *
 * {@linkcode HTTPClient} sends a {@linkcode Route} with {@linkcode RequestOptions}; {@linkcode paginate} walks lists that
 * come in pages. {@linkcode Operations} holds the types of all of Discord's operations. What is no success is thrown as an
 * {@linkcode HTTPRequestStatusError} or one of its kin, what may not wait as a {@linkcode RateLimitedError}.
 *
 * Parts that can be replaced: {@linkcode GlobalRateLimiter}, {@linkcode ReservationStore}, and the options `fetch`, `clock`
 * and `random`.
 *
 * @example
 * ```ts
 * import { BotAuthentication, HTTPClient, Route } from "@nextsnake/nextcore/http";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * // In a real bot, leave the simulator out, and the options it gives.
 * await using discord = Simulator.inMemory({ token: "a.b.c" });
 * const { baseUrl, fetch, channel } = discord;
 *
 * await using http = new HTTPClient({ baseUrl, fetch });
 * const authentication = new BotAuthentication("a.b.c");
 * const parameters = { channel_id: channel.id };
 * const route = new Route("GET", "/channels/{channel_id}", parameters);
 * const response = await http.request(route, { authentication });
 * console.log((await response.json()).name); // "general"
 * ```
 *
 * @module
 */

export type * from "../discord.ts";
export {
  type Authentication,
  BasicAuthentication,
  BearerAuthentication,
  BotAuthentication,
} from "./authentication.ts";
export { Bucket, BucketMetadata, type BucketTurn, type LimitHint, type WindowKind } from "./bucket.ts";
export { HTTPClient } from "./client.ts";
export type { HTTPClientOptions } from "./client_options.ts";
export * from "./errors.ts";
export type * from "./events.ts";
export * from "./global_rate_limiter.ts";
export type { Turn } from "./lane.ts";
export type * from "./operations.ts";
export type * from "./operations/applications.ts";
export type * from "./operations/channels.ts";
export type * from "./operations/commands.ts";
export type * from "./operations/guild_events.ts";
export type * from "./operations/guild_settings.ts";
export type * from "./operations/guilds.ts";
export type * from "./operations/lobbies.ts";
export type * from "./operations/members.ts";
export type * from "./operations/message_bodies.ts";
export type * from "./operations/messages.ts";
export type * from "./operations/threads.ts";
export type * from "./operations/users.ts";
export type * from "./operations/webhooks.ts";
export type { PageItems } from "./page_rules.ts";
export {
  type PageAnswer,
  type PagedTemplate,
  type PageSource,
  paginate,
  type PaginateOptions,
  paginatePages,
} from "./pagination.ts";
export type { PlainRequestOptions, RequestOptions } from "./request_options.ts";
export {
  parseRateLimitHeaders,
  type RateLimitHeaders,
  type RateLimitHeadersOptions,
} from "./rate_limit_headers.ts";
export type * from "./bucket_permit.ts";
export type * from "./rate_limit_status.ts";
export {
  RateLimitReservations,
  type RateLimitReservationsOptions,
  type Reservation,
  type ReservationRequest,
  type ReservationStore,
} from "./reservations.ts";
export * from "./rate_limit_storage.ts";
export type { HTTPFile } from "./multipart.ts";
export type { RequestBody } from "./request_body.ts";
export type { Query, QueryValue } from "./request_head.ts";
export {
  type HTTPMethod,
  type PathParameterName,
  type PathParameters,
  type PathValue,
  Route,
  type RouteArguments,
  type RouteOptions,
} from "./route.ts";
export type * from "./typed_request.ts";
