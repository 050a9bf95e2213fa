// Many shards that lose nothing when the bot is started again: sessions are kept in a folder, and resumed.
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net=discord.com,*.discord.gg \
//     --allow-read=.sessions --allow-write=.sessions sharded_bot.ts
//
// Stop it by Ctrl+C or SIGTERM, start it again within a minute or two, and the events of the time between come.
// Without TOKEN it does so once by itself, on a simulated Discord on this machine.
import { BotAuthentication, HTTPClient, Intents, ShardManager } from "@nextsnake/nextcore";
import { FileSessionStore } from "@nextsnake/nextcore/sessions";
import type { SimulatedChannel } from "@nextsnake/nextcore/testing";
import { openStage } from "./stage.ts";
import { untilStopped } from "./until_stopped.ts";

const folder = new URL("./.sessions/", import.meta.url);
await using stage = await openStage("sharded_bot.ts", {
  simulator: { shards: 4, maxConcurrency: 4 },
  permissions: [{ name: "read", path: folder }, { name: "write", path: folder }],
});
using stop = untilStopped();
const authentication = new BotAuthentication(stage.token);
await using http = new HTTPClient(stage.httpOptions);

if (stage.discord === undefined) {
  const manager = createManager();
  try {
    await manager.connect({ signal: stop.signal });
    await Promise.race([manager.closed, stop.stopped]); // throws what the bot has failed with
  } catch (error) {
    if (error !== stop.signal.reason) throw error;
  }
  await manager.close({ resumable: true }); // waits for handlers, then keeps the sessions
} else {
  await rehearse(stage.discord.channel);
}

function createManager(): ShardManager {
  const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;
  const manager = new ShardManager(authentication, intents, http, { sessions: new FileSessionStore(folder) });
  manager.dispatcher.listen("ready", (_, { shard }) => console.log(`shard ${shard.id} begins`));
  manager.dispatcher.listen("resumed", (_, { shard }) => console.log(`shard ${shard.id} goes on`));
  manager.dispatcher.listen(
    "sessionLost",
    (_, { shard }) => console.log(`shard ${shard.id} has missed events`),
  );
  manager.listen("MESSAGE_CREATE", ({ author, content }) => console.log(`${author.username}: ${content}`));
  return manager;
}

/** Two lives of a bot, with a message in each and one between them. */
async function rehearse(channel: SimulatedChannel): Promise<void> {
  const first = createManager();
  await first.connect();
  await first.ready();
  channel.say("one");
  await first.waitFor("MESSAGE_CREATE");
  await first.close({ resumable: true });
  console.log("stopped");
  channel.say("two");

  const second = createManager();
  const missed = second.waitFor("MESSAGE_CREATE");
  await second.connect();
  await missed;
  await second.ready();
  await second.close();
}
