// Answers "ping" with "pong".
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net=discord.com,*.discord.gg examples/ping_pong.ts
//
// Without TOKEN it plays one ping and pong against a simulated Discord on this machine.
import { BotAuthentication, HTTPClient, Intents, Route, ShardManager } from "@nextsnake/nextcore";
import { openStage } from "./stage.ts";

await using stage = await openStage("ping_pong.ts");
const authentication = new BotAuthentication(stage.token);
await using http = new HTTPClient(stage.httpOptions);
await using manager = new ShardManager(authentication, Intents.GuildMessages | Intents.MessageContent, http);

const messages = manager.events("MESSAGE_CREATE"); // listening from here on, before anything connects
await manager.connect();
stage.play(async (channel) => {
  await manager.ready();
  const startedAt = performance.now();
  channel.say("ping");
  console.log("user: ping");
  const reply = await channel.nextMessage();
  console.log(`bot:  ${reply.content}  (round trip ${(performance.now() - startedAt).toFixed(1)} ms)`);
  await manager.close();
});

for await (const message of messages) {
  if (message.content !== "ping") continue;
  const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: message.channel_id });
  await http.request(route, { authentication, json: { content: "pong" } });
}
