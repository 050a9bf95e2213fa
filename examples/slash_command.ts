// Answers the slash command /ping, which register_command.ts has registered:
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net examples/slash_command.ts
import { BotAuthentication, HTTPClient, Route, ShardManager } from "@nextsnake/nextcore";
import { openStage } from "./stage.ts";

await using stage = await openStage("slash_command.ts");
await using http = new HTTPClient(stage.httpOptions);
await using manager = new ShardManager(new BotAuthentication(stage.token), 0, http); // interactions need no intent

const interactions = manager.events("INTERACTION_CREATE");
await manager.connect();
stage.play(async (channel) => {
  await manager.ready();
  const interaction = channel.useCommand("ping");
  console.log("user: /ping");
  const { data } = await interaction.answer();
  console.log(`bot:  ${data.content}`);
  await manager.close();
});

for await (const { id, token, data } of interactions) {
  if (data?.name !== "ping") continue;
  const route = new Route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", {
    interaction_id: id,
    interaction_token: token,
  });
  // Type 4: answer with a message. Nothing is authorised here: the path has the interaction's own token.
  await http.request(route, { json: { type: 4, data: { content: "pong" } } });
}
