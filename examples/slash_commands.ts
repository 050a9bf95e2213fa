// Slash commands over the gateway: registers them when they have changed, and answers them.
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net=discord.com,*.discord.gg examples/slash_commands.ts
//
// Without TOKEN it plays against a simulated Discord on this machine, and needs --allow-net=127.0.0.1 instead.
// The bot needs no permission in a guild, and no intent. slash_commands_http.ts is the same bot over HTTP.
import { BotAuthentication, HTTPClient, Route, ShardManager } from "@nextsnake/nextcore";
import { InteractionListener, syncCommands } from "@nextsnake/nextcore/interactions";
import { commands, onInteraction } from "./commands.ts";
import { openStage } from "./stage.ts";

await using stage = await openStage("slash_commands.ts");
const authentication = new BotAuthentication(stage.token);
await using http = new HTTPClient(stage.httpOptions);
await using manager = new ShardManager(authentication, 0, http);

const answer = await http.request(new Route("GET", "/applications/@me"), { authentication });
const application = await answer.json();
const options = { authentication, applicationId: application.id, application, commands };
const { created, updated, deleted } = await syncCommands(http, options);
console.log(`commands: ${created.length} created, ${updated.length} updated, ${deleted.length} deleted`);

await using _listener = new InteractionListener(manager, { http, onInteraction });
await manager.connect();
stage.play(async (channel) => {
  await manager.ready();
  const used = channel.useCommand("ping");
  console.log("user: /ping");
  const { data, message } = await used.answer();
  console.log(`bot:  ${data.content}`);
  if (message === undefined) throw new Error("The bot has posted nothing");
  const pressed = channel.interact({ type: 3, data: { component_type: 2, custom_id: "nice" }, message });
  console.log("user: presses the button");
  console.log(`bot:  ${(await pressed.answer()).data.content}`);
  await manager.close();
});

await manager.closed;
