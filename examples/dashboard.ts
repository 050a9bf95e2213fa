// Shows what a bot does, on a terminal: its shards, their latencies, events, and the limits of requests. Ctrl+C ends it.
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net=discord.com,*.discord.gg examples/dashboard.ts
//
// Without TOKEN it watches a bot on a simulated Discord on this machine; try --shards=2000. Elsewhere than on a terminal
// it writes lines.
import {
  BotAuthentication,
  HTTPClient,
  Intents,
  Route,
  ShardManager,
  sleep,
  systemClock,
} from "@nextsnake/nextcore";
import { type DashboardState, readyCount, renderFrame, renderLine } from "./dashboard/frame.ts";
import { Recorder } from "./dashboard/recorder.ts";
import { Screen } from "./dashboard/screen.ts";
import { openStage } from "./stage.ts";
import { untilStopped } from "./until_stopped.ts";

const shards = Number(Deno.args.find((arg) => arg.startsWith("--shards="))?.slice(9) ?? 16);
if (!Number.isSafeInteger(shards) || shards < 1) {
  console.error("How many shards? Give a number from 1 on: --shards=16");
  Deno.exit(1);
}
await using stage = await openStage("dashboard.ts", {
  simulator: { shards, maxConcurrency: 64, sessionStartTotal: 1e6 },
});
const authentication = new BotAuthentication(stage.token);
await using http = new HTTPClient(stage.httpOptions);
await using manager = new ShardManager(authentication, Intents.Guilds | Intents.GuildMessages, http);
using recorder = new Recorder(manager, http, performance.now());
using stop = untilStopped();
stop.signal.addEventListener("abort", () => manager.close());

const isTerminal = Deno.stdout.isTerminal();
using screen = isTerminal ? new Screen(Deno.stdout) : undefined;
let state: DashboardState = recorder.read(performance.now());
const show = (): void => screen?.draw(renderFrame(state, Deno.consoleSize()));
if (isTerminal && Deno.build.os !== "windows") Deno.addSignalListener("SIGWINCH", show);

let isOver = false;
manager.closed.catch(() => {}).then(() => isOver = true);
const connected = manager.connect({ signal: stop.signal });
connected.catch(() => isOver = true);

stage.play(async (channel) => {
  // Somebody writes, and a bot answers more often than it may.
  manager.listen("MESSAGE_CREATE", async ({ author, channel_id }) => {
    if (author.bot === true) return;
    const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id });
    await http.request(route, { authentication, json: { content: "pong" } }).catch(() => {});
  });
  await manager.ready().catch(() => {});
  for (let second = 0; second < (isTerminal ? 600 : 2) && !stop.signal.aborted; second += 1) {
    channel.say("ping");
    channel.say("ping again");
    await sleep(systemClock, 1000, { signal: stop.signal }).catch(() => {});
  }
  await manager.close();
});

for (let second = 0; !isOver; second += 1) {
  const before = readyCount(state);
  state = recorder.read(performance.now());
  show();
  if (!isTerminal && (readyCount(state) !== before || second % 10 === 0)) console.log(renderLine(state));
  await sleep(systemClock, 1000, { signal: stop.signal }).catch(() => {});
  if (stop.signal.aborted) break;
}
screen?.[Symbol.dispose](); // before anything else is written
if (!stop.signal.aborted) await connected;
await manager.closed; // throws what the bot has failed with
