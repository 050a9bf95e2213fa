// Slash commands over HTTP: a server that Discord posts them to. No connection is held, and nothing runs while nobody asks.
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net=discord.com,127.0.0.1 examples/slash_commands_http.ts
//
// It listens on 127.0.0.1:8000: put something with a certificate in front, and set its address as the "Interactions
// Endpoint URL" of the application. Without TOKEN it plays against a simulated Discord on this machine.
// The bot needs no permission in a guild. slash_commands.ts is the same bot over the gateway.
import { BotAuthentication, HTTPClient, Route } from "@nextsnake/nextcore";
import { InteractionServer, syncCommands } from "@nextsnake/nextcore/interactions";
import { commands, onInteraction } from "./commands.ts";
import { openStage } from "./stage.ts";
import { untilStopped } from "./until_stopped.ts";

await using stage = await openStage("slash_commands_http.ts", { hosts: ["discord.com"] });
const authentication = new BotAuthentication(stage.token);
await using http = new HTTPClient(stage.httpOptions);

// The portal shows the public key as well; asking for it needs no variable more.
const answer = await http.request(new Route("GET", "/applications/@me"), { authentication });
const application = await answer.json();
const options = { authentication, applicationId: application.id, application, commands };
const { created, updated, deleted } = await syncCommands(http, options);
console.log(`commands: ${created.length} created, ${updated.length} updated, ${deleted.length} deleted`);

await using interactions = new InteractionServer({
  publicKey: application.verify_key,
  http,
  onInteraction,
});
using stop = untilStopped(); // then no more are taken, and those that run are answered
const server = Deno.serve({
  signal: stop.signal,
  hostname: "127.0.0.1",
  port: stage.discord === undefined ? 8000 : 0,
  onListen: ({ hostname, port }) => console.log(`listening on http://${hostname}:${port}`),
}, interactions.fetch);

stage.play(async (channel) => {
  await stage.discord?.setInteractionsEndpoint(`http://127.0.0.1:${server.addr.port}`);
  const used = channel.useCommand("ping");
  console.log("user: /ping");
  const { data, message } = await used.answer();
  console.log(`bot:  ${data.content}`);
  if (message === undefined) throw new Error("The bot has posted nothing");
  const pressed = channel.interact({ type: 3, data: { component_type: 2, custom_id: "nice" }, message });
  console.log("user: presses the button");
  console.log(`bot:  ${(await pressed.answer()).data.content}`);
  stop.stop();
});

await server.finished;
