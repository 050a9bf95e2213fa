// A bot in five processes over Redis, and a Discord of its own to live in. One gateway process and one worker are killed
// while you watch; in the end, nothing was lost.
//
//   deno run -A examples/cluster/cluster.ts
import { Simulator } from "@nextsnake/nextcore/testing";
import { Processes } from "./processes.ts";

const SHARDS = 6;
const EVENTS_PER_SECOND = 50;
const TTL_MS = 3_000;

const redis = await Processes.startRedis();
if (redis === undefined) {
  console.log("redis-server is not installed here: apt-get install redis-server, or brew install redis");
  Deno.exit(0);
}
await using discord = await Simulator.start({ token: "a.b.c", shards: SHARDS, maxConcurrency: SHARDS });
const processes = new Processes(redis, { baseUrl: discord.baseUrl, ttlMs: TTL_MS });
for (const name of ["gateway1", "gateway2", "gateway3"]) processes.start("gateway", name);
for (const name of ["worker1", "worker2"]) processes.start("worker", name);
console.log(
  `a Discord, a Redis on port ${redis.port}, three gateway processes, two workers, ${SHARDS} shards`,
);

await processes.until(async () => (await processes.owners()).size === SHARDS, "all shards have an owner");
await processes.until(() => Promise.resolve(discord.sessions.length === SHARDS), "all shards have a session");
await processes.show();

let said = 0;
const talk = setInterval(() => {
  const shardId = BigInt(said % SHARDS);
  discord.dispatch("MESSAGE_CREATE", { guild_id: String(shardId << 22n), content: String(said++) });
}, 1_000 / EVENTS_PER_SECOND);

await pause(3_000);
const owners = await processes.owners();
processes.kill("gateway2");
console.log("gateway2 is killed (kill -9): its lease runs out, then the others resume its sessions");
await processes.until(async () => {
  const now = await processes.owners();
  return [...owners].every(([shard, owner]) => !owner.startsWith("gateway2") || now.get(shard) !== owner);
}, "its shards have new owners");
await processes.show();

processes.kill("worker1");
console.log("worker1 is killed: what it had not acknowledged goes to worker2");
processes.start("gateway", "gateway4");
console.log("gateway4 joins: it is handed its share");
await processes.until(async () => (await processes.shares()).length === 3, "three share the shards again");
await pause(2_000);
await processes.show();

clearInterval(talk);
await processes.until(async () => await processes.handled() === said, "the last event is handled");
console.log(`${said} events were sent, ${await processes.handled()} were handled: nothing was lost`);
console.log(`${discord.sessions.length} sessions, as at first: nobody had to identify again`);
await processes.end();

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
