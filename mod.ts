/**
 * A low-level Discord library: a gateway that stays connected, an HTTP client that knows the rate limits, and events as
 * async iterators. It has no dependencies.
 *
 * Start with {@linkcode ShardManager} for events and {@linkcode HTTPClient} for requests; {@linkcode Intents},
 * {@linkcode Route} and {@linkcode BotAuthentication} are what they are given. Both tell what happens by a
 * {@linkcode Dispatcher}. Guides are in the folder `docs/` of the repository.
 *
 * Entry points of their own, so that who does not need them does not load them:
 *
 * | entry            | holds                                                                                             |
 * | ---------------- | ------------------------------------------------------------------------------------------------- |
 * | `./gateway`      | {@link [gateway].ShardManager}: the gateway alone                                                 |
 * | `./http`         | {@link [http].HTTPClient}: requests alone                                                         |
 * | `./interactions` | {@link [interactions].InteractionServer}, {@link [interactions].InteractionListener}: slash commands over HTTP and the gateway |
 * | `./metrics`      | {@link [metrics].metricsHandler}: Prometheus and health                                           |
 * | `./otel`         | {@link [otel].Telemetry}: OpenTelemetry                                                           |
 * | `./redis`        | {@link [redis].GatewayNode}, {@link [redis].EventSource}: one bot on several machines             |
 * | `./sessions`     | {@link [sessions].FileSessionStore}: restart without loss                                         |
 * | `./testing`      | {@link [testing].Simulator}, {@link [testing].VirtualClock}: a Discord to test against            |
 *
 * @example Answer pings
 * ```ts
 * import {
 *   BotAuthentication,
 *   HTTPClient,
 *   Intents,
 *   Route,
 *   ShardManager,
 * } from "@nextsnake/nextcore";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * // In a real bot, leave the simulator out, and the options it gives.
 * await using discord = Simulator.inMemory({ token: "a.b.c" });
 * const { baseUrl, fetch, createWebSocket } = discord;
 *
 * const authentication = new BotAuthentication("a.b.c");
 * const intents = Intents.GuildMessages | Intents.MessageContent;
 * await using http = new HTTPClient({ baseUrl, fetch });
 * await using manager = new ShardManager(authentication, intents, http, {
 *   createWebSocket,
 * });
 *
 * // Listening from here on, before anything connects.
 * const messages = manager.events("MESSAGE_CREATE");
 * await manager.connect();
 * await manager.ready();
 * discord.channel.say("ping");
 *
 * for await (const { content, channel_id } of messages) {
 *   if (content !== "ping") continue;
 *   const template = "/channels/{channel_id}/messages";
 *   const route = new Route("POST", template, { channel_id });
 *   await http.request(route, { authentication, json: { content: "pong" } });
 *   break;
 * }
 * ```
 *
 * @module
 */
export * from "./clock.ts";
export * from "./dispatcher.ts";
export * from "./gateway/mod.ts";
export * from "./http/mod.ts";
