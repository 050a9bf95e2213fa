// A whole bot, to see what it asks the runtime for. Its arguments are where Discord is.
import { BotAuthentication, HTTPClient, Intents, Route, ShardManager } from "@nextsnake/nextcore";

const [baseUrl = "https://discord.com/api/v10"] = Deno.args;
const authentication = new BotAuthentication(Deno.env.get("TOKEN") ?? "");
const http = new HTTPClient({ baseUrl });
const manager = new ShardManager(authentication, Intents.GuildMessages | Intents.MessageContent, http);
const messages = manager.events("MESSAGE_CREATE");
await manager.connect();
await manager.ready();

for await (const { content, channel_id } of messages) {
  if (content === "stop") break;
  if (content !== "ping") continue;
  const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id });
  await http.request(route, {
    authentication,
    json: { content: "pong" },
    files: [{ name: "pong.txt", data: "pong" }],
    reason: "because",
  });
}
await manager.close();
await http.close();
