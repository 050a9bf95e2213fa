/**
 * What bot authors test against: a Discord of one's own, and time that a test moves by hand.
 *
 * {@linkcode Simulator} has users who write, channels, rate limits and faults: `Simulator.start()` with real sockets on
 * loopback, `Simulator.inMemory()` with none; both are the same Discord. {@linkcode VirtualClock} lets a day pass at once.
 *
 * {@linkcode SessionRecorder} keeps what a real bot has received, without anybody's secrets, and
 * {@linkcode SessionReplay} gives it to a bot under test.
 *
 * Who makes a part of the library anew (a queue, a store, a limiter, a socket, a clock, a source of chance) tries it with
 * the functions that end in `Conformance`: each gives cases for any test runner, and {@linkcode checkConformance} runs them
 * without one.
 *
 * @example A bot's test
 * ```ts
 * import { BotAuthentication, HTTPClient, Route } from "@nextsnake/nextcore";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * await using discord = Simulator.inMemory({ token: "a.b.c" });
 * const { baseUrl, fetch, channel } = discord;
 * await using http = new HTTPClient({ baseUrl, fetch });
 *
 * const template = "/channels/{channel_id}/messages";
 * const route = new Route("POST", template, { channel_id: channel.id });
 * const authentication = new BotAuthentication("a.b.c");
 * discord.faults.serverError({ status: 503 }); // The next request fails.
 * await http.request(route, { authentication, json: { content: "hi" } });
 *
 * console.log((await channel.nextMessage()).content); // "hi": it was sent again
 * console.log(discord.failedRequests.length); // 1
 * ```
 *
 * @module
 */

export type { Clock } from "../clock.ts";
export type { IdentifyLimits, IdentifyQueue, SessionStore, StoredSession } from "../gateway/mod.ts";
export type { ChannelPlace, MessageDraft, SayOptions, SimulatedChannel } from "./channel.ts";
export type {
  ConnectionFilter,
  DelayOptions,
  DropOptions,
  EdgeBlockOptions,
  HtmlOptions,
  InvalidSessionOptions,
  LagOptions,
  LoseRequestOptions,
  RateLimitOptions,
  RefuseOptions,
  RequestFilter,
  RespondOptions,
  ServerErrorOptions,
  SimulatorFaults,
  SplitFramesOptions,
  WithholdReadyOptions,
} from "./faults.ts";
export { clockConformance, type ClockConformanceOptions } from "./conformance/clock_conformance.ts";
export { checkConformance, type ConformanceCase } from "./conformance/conformance_case.ts";
export {
  globalRateLimiterConformance,
  type GlobalRateLimiterConformanceOptions,
} from "./conformance/global_rate_limiter_conformance.ts";
export {
  identifyQueueConformance,
  type IdentifyQueueConformanceOptions,
} from "./conformance/identify_queue_conformance.ts";
export { randomConformance, type RandomConformanceOptions } from "./conformance/random_conformance.ts";
export {
  reservationStoreConformance,
  type ReservationStoreConformanceOptions,
} from "./conformance/reservation_store_conformance.ts";
export {
  sessionStoreConformance,
  type SessionStoreConformanceOptions,
} from "./conformance/session_store_conformance.ts";
export {
  webSocketConformance,
  type WebSocketConformanceOptions,
} from "./conformance/web_socket_conformance.ts";
export { type CryptoWatch, watchCrypto } from "./crypto_watch.ts";
export type { FrameData } from "./frame_encoder.ts";
export type { SimulatedConnection } from "./gateway_connection.ts";
export type { RefusedPlace } from "./gateway_faults.ts";
export type { SimulatedSession } from "./gateway_session.ts";
export type { ChannelOptions, GuildOptions, SimulatedGuild } from "./guild.ts";
export type {
  InteractionAnswer,
  InteractOptions,
  SimulatedInteraction,
  UseCommandOptions,
} from "./interaction.ts";
export { type Endpoint, signedRequest, type SignedRequestOptions } from "./interactions_endpoint.ts";
export type { WaitOptions } from "./mailbox.ts";
export type { RateLimitRule } from "./rate_limits.ts";
export type { SimulatedRequest } from "./rest.ts";
export type { RateLimitScope } from "./rest_faults.ts";
export type { EventViewer } from "./stage.ts";
export { SessionRecorder, type SessionRecorderOptions } from "./session_recorder.ts";
export { SessionReplay, type SessionReplayOptions } from "./session_replay.ts";
export { Simulator } from "./simulator.ts";
export type { InMemoryOptions, LoopbackOptions, SimulatorOptions } from "./simulator.ts";
export type { BotOptions, SimulatedBot, SimulatedCommand, SimulatedUser, UserOptions } from "./user.ts";
export { settle, VirtualClock } from "./virtual_clock.ts";
export type { RunUntilOptions, VirtualClockOptions } from "./virtual_clock.ts";
export type {
  WireAttachment,
  WireChannel,
  WireMember,
  WireMessage,
  WireObject,
  WirePayload,
  WireUser,
} from "./wire.ts";
