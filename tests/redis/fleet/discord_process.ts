/**
 * The Discord of a fleet, in a process of its own: says where it is, sends events when it is told to, and says in the end how
 * many each shard had. An event carries its number on the shard and when it was sent.
 *
 * @module
 */
import { Simulator } from "../../../testing/mod.ts";
import { linesOf } from "./child.ts";

const TICK_MS = 10;
/** About as long as real events are. */
const PADDING = "All work and no play makes a dull test. ".repeat(15);

/** What is asked of it. */
export interface DiscordPlan {
  readonly token: string;
  readonly shards: number;
  readonly eventsPerSecond: number;
}

if (import.meta.main) {
  const { token, shards, eventsPerSecond }: DiscordPlan = JSON.parse(Deno.args[0] ?? "");
  await using discord = await Simulator.start({
    token,
    shards,
    maxConcurrency: shards,
    historyLimit: 20_000,
  });
  console.log(JSON.stringify({ baseUrl: discord.baseUrl }));
  const lines = linesOf(Deno.stdin.readable);
  await lines.next();
  const sent = new Array<number>(shards).fill(0);
  const startedAt = performance.now();
  let count = 0;
  const timer = setInterval(() => {
    for (const due = (performance.now() - startedAt) / 1_000 * eventsPerSecond; count < due; count += 1) {
      const shardId = count % shards;
      const index = sent[shardId] = (sent[shardId] ?? 0) + 1;
      const guild_id = String(BigInt(shardId) << 22n);
      discord.dispatch("MESSAGE_CREATE", { guild_id, content: `${index} ${Date.now()}`, padding: PADDING });
    }
  }, TICK_MS);
  await lines.next();
  clearInterval(timer);
  console.log(JSON.stringify({ sent, sessions: discord.sessions.length }));
  await lines.next();
}
