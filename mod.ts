/**
 * A low-level Discord library: a gateway that stays connected, an HTTP client that knows the rate limits, and events as
 * async iterators. It has no dependencies.
 *
 * Start with {@linkcode ShardManager} for events and {@linkcode HTTPClient} for requests.
 *
 * @example
 * ```ts
 * import { BotAuthentication, HTTPClient, Intents, Route, ShardManager } from "@nextsnake/nextcore";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * await using discord = Simulator.inMemory({ token: "a.b.c" }); // In a real bot, leave it out, and the options it gives.
 * const authentication = new BotAuthentication("a.b.c");
 * await using http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
 * await using manager = new ShardManager(authentication, Intents.GuildMessages | Intents.MessageContent, http, {
 *   createWebSocket: discord.createWebSocket,
 * });
 *
 * const messages = manager.events("MESSAGE_CREATE"); // Listening from here on, before anything connects.
 * await manager.connect();
 * await manager.ready();
 * discord.channel.say("ping");
 *
 * for await (const message of messages) {
 *   if (message.content !== "ping") continue;
 *   const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: message.channel_id });
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
