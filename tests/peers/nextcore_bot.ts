import { BotAuthentication, HTTPClient, Intents, Route, ShardManager } from "@nextsnake/nextcore";

const [baseUrl = "", token = ""] = Deno.args;
const authentication = new BotAuthentication(token);
const http = new HTTPClient({ baseUrl });
const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;
const manager = new ShardManager(authentication, intents, http);
manager.dispatcher.listen("ready", () => console.log("ready"));
manager.dispatcher.listen("resumed", () => console.log("resumed"));
manager.dispatcher.listen("error", ({ error }) => console.log(`error ${error}`));
const messages = manager.events("MESSAGE_CREATE");
await manager.connect();
for await (const { author, channel_id, content = "" } of messages) {
  if (author.bot) continue;
  console.log(`message ${content}`);
  if (!content.startsWith("ping")) continue;
  const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id });
  await http.request(route, { authentication, json: { content: `pong to ${content}` } });
}
