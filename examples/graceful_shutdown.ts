// Stops without breaking anything off, when it is asked to by Ctrl+C (SIGINT) or by whoever runs it (SIGTERM):
// no new events, then the handlers finish, then the requests, then it ends.
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net=discord.com,*.discord.gg \
//     examples/graceful_shutdown.ts
//
// Without TOKEN it plays against a simulated Discord on this machine.
import {
  BotAuthentication,
  HTTPClient,
  Intents,
  Route,
  ShardManager,
  sleep,
  systemClock,
} from "@nextsnake/nextcore";
import { openStage } from "./stage.ts";
import { untilStopped } from "./until_stopped.ts";

/** Whoever runs the bot kills it after a while: give up before. */
const PATIENCE_MS = 8000;

await using stage = await openStage("graceful_shutdown.ts");
using stop = untilStopped();
const authentication = new BotAuthentication(stage.token);
await using http = new HTTPClient(stage.httpOptions); // closed last: handlers need it
await using manager = new ShardManager(authentication, Intents.GuildMessages | Intents.MessageContent, http);

manager.listen("MESSAGE_CREATE", async ({ content, channel_id }) => {
  if (content !== "!work") return;
  console.log("working");
  await sleep(systemClock, 300);
  const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id });
  await http.request(route, { authentication, json: { content: "done" } });
  console.log("done");
});

stage.play(async (channel) => {
  await manager.ready();
  channel.say("!work");
  console.log("user: !work");
  await manager.waitFor("MESSAGE_CREATE");
  stop.stop(); // while the handler works
  console.log(`bot:  ${(await channel.nextMessage()).content}`);
});

try {
  await manager.connect({ signal: stop.signal });
  await Promise.race([manager.closed, stop.stopped]); // throws what the bot has failed with
} catch (error) {
  if (error !== stop.signal.reason) throw error;
}
console.log("stopping");
await manager.close();
const waiting = new AbortController();
await Promise.race([
  manager.eventDispatcher.drained(), // the handlers of all events that came
  sleep(systemClock, PATIENCE_MS, waiting).then(() => console.error("A handler would not end"), () => {}),
]);
waiting.abort();
console.log("stopped");
