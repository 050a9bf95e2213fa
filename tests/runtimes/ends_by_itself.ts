// A bot that connects, asks, answers and closes. Nothing may be left that keeps its process alive; nobody ends it.
import { BotAuthentication, HTTPClient, Intents, Route, ShardManager } from "@nextsnake/nextcore";
import process from "node:process";
import { RemoteDiscord } from "./remote_discord.ts";

const discord = await RemoteDiscord.start(process.env.SIMULATOR ?? "");
const { token, baseUrl, channelId } = discord.place;
const authentication = new BotAuthentication(token);
const http = new HTTPClient({ baseUrl });
const manager = new ShardManager(authentication, Intents.GuildMessages | Intents.MessageContent, http);

const messages = manager.events("MESSAGE_CREATE");
await manager.connect();
await manager.ready();
await discord.ask("say", { content: "ping" });
for await (const { content } of messages) {
  if (content === "ping") break;
}
const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: channelId });
const answer = await http.request(route, { authentication, json: { content: "pong" } });
await answer.body?.cancel();
// Timers that would fire much later: nobody may be left to wait for them.
const late = manager.waitFor("MESSAGE_DELETE", undefined, { timeoutMs: 600_000 }).catch(() => {});
await manager.close();
await late;
await http.close();
console.log("closed");
