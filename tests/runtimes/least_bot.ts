// A bot with no more than it needs: two hosts and one variable. It answers one message.
import { BotAuthentication, HTTPClient, Intents, Route, ShardManager } from "@nextsnake/nextcore";

const authentication = new BotAuthentication(Deno.env.get("TOKEN") ?? "");
const http = new HTTPClient({ baseUrl: Deno.args[0] ?? "" });
const manager = new ShardManager(authentication, Intents.GuildMessages | Intents.MessageContent, http);

const messages = manager.events("MESSAGE_CREATE");
await manager.connect();
for await (const { channel_id } of messages) {
  const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id });
  await http.request(route, { authentication, json: { content: "pong" } });
  break;
}
await manager.close();
await http.close();
