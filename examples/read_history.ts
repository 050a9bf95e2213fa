// Reads all messages of a channel, the oldest first: page by page, each asked for when the one before has been used up.
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net=discord.com examples/read_history.ts CHANNEL_ID [LIMIT]
//
// Without TOKEN it reads 250 messages of a simulated Discord on this machine.
import {
  BotAuthentication,
  ForbiddenError,
  HTTPClient,
  NotFoundError,
  paginate,
  Route,
} from "@nextsnake/nextcore";
import { openStage } from "./stage.ts";

await using stage = await openStage("read_history.ts", { hosts: ["discord.com"] });
const authentication = new BotAuthentication(stage.token);
await using http = new HTTPClient(stage.httpOptions);
for (let number = 1; number <= 250; number += 1) stage.discord?.channel.say(`message ${number}`);

const [channelId = stage.discord?.channel.id, limit = "1000"] = Deno.args;
if (channelId === undefined) {
  console.error("Which channel? Give its id: deno run -P examples/read_history.ts CHANNEL_ID");
  Deno.exit(1);
}

const route = new Route("GET", "/channels/{channel_id}/messages", { channel_id: channelId });
let count = 0;
try {
  // "after" walks towards what is newer, "before" towards what is older.
  for await (
    const message of paginate(http, route, { authentication, query: { after: "0" }, limit: Number(limit) })
  ) {
    console.log(`${message.author.username}: ${message.content}`);
    count += 1;
  }
  console.log(`${count} messages`);
} catch (error) {
  if (!(error instanceof NotFoundError || error instanceof ForbiddenError)) throw error;
  console.error(`There is no channel ${channelId}, or the bot may not read it.`);
  Deno.exit(1);
}
