// Shows the name of a channel:
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net=discord.com examples/get_channel.ts CHANNEL_ID
//
// Without TOKEN it shows one of a simulated Discord on this machine.
import { BotAuthentication, HTTPClient, NotFoundError, Route } from "@nextsnake/nextcore";
import { openStage } from "./stage.ts";

await using stage = await openStage("get_channel.ts", { hosts: ["discord.com"] });
const authentication = new BotAuthentication(stage.token);
await using http = new HTTPClient(stage.httpOptions);
const channelId = Deno.args[0] ?? stage.discord?.channel.id;
if (channelId === undefined) {
  console.error("Which channel? Give its id: deno run -P examples/get_channel.ts CHANNEL_ID");
  Deno.exit(1);
}

try {
  const route = new Route("GET", "/channels/{channel_id}", { channel_id: channelId });
  const response = await http.request(route, { authentication });
  console.log((await response.json()).name);
} catch (error) {
  if (!(error instanceof NotFoundError)) throw error;
  console.error(`There is no channel ${channelId}, or the bot can't see it.`);
}
