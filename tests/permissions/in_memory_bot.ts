// A whole bot without sockets, to see that it asks the runtime for nothing.
import { BotAuthentication, HTTPClient, Intents, Route, ShardManager } from "@nextsnake/nextcore";
import { Simulator } from "@nextsnake/nextcore/testing";

await using discord = Simulator.inMemory({ token: "a.b.c" });
const { baseUrl, fetch, createWebSocket, channel } = discord;
const authentication = new BotAuthentication(discord.token);
await using http = new HTTPClient({ baseUrl, fetch });
await using manager = new ShardManager(authentication, Intents.GuildMessages, http, { createWebSocket });
await manager.connect();
await manager.ready();
const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: channel.id });
await http.request(route, { authentication, json: { content: "hi" } });
