/**
 * A fleet of real processes on real sockets: a Redis, a Discord, gateway processes and workers, of which one is killed every
 * few seconds, and replaced. In the end every event must have been handled.
 *
 *     deno task fleet --minutes 5 --gateways 3 --workers 2 --shards 16 --events 1000 --ttl-ms 5000 --kill-every-ms 12000
 *
 * @module
 */
import { sleep, systemClock } from "../../clock.ts";
import { Child } from "./fleet/child.ts";
import type { DiscordPlan } from "./fleet/discord_process.ts";
import type { ProcessPlan } from "./fleet/gateway_process.ts";
import type { WorkerReport } from "./fleet/worker_process.ts";
import { RedisServer } from "./redis_server.ts";
import type { RespClient } from "./resp_client.ts";

const TOKEN = "a.b.c";
const DRAIN_MS = 60_000;

interface FleetPlan extends DiscordPlan {
  readonly minutes: number;
  readonly gateways: number;
  readonly workers: number;
  readonly ttlMs: number;
  readonly killEveryMs: number;
}

/** What is counted. */
class Figures {
  handled = 0;
  doubled = 0;
  readonly kills = { gateway: 0, worker: 0, stopped: 0 };
  readonly takeOversMs: number[] = [];
  readonly latenciesMs: number[] = [];
  readonly shrunkFences: string[] = [];

  async follow(worker: Child): Promise<void> {
    try {
      for (;;) {
        const { handled, doubled, latenciesMs } = await worker.read<WorkerReport>();
        this.handled += handled;
        this.doubled += doubled;
        this.latenciesMs.push(...latenciesMs.filter((_, index) => index % 10 === 0));
      }
    } catch {
      // It was killed.
    }
  }
}

/** What Redis says of who owns what. */
class Leases {
  readonly #client: RespClient;
  readonly #figures: Figures;
  readonly #shards: number;
  readonly #fences = new Map<number, number>();

  constructor(client: RespClient, figures: Figures, shards: number) {
    this.#client = client;
    this.#figures = figures;
    this.#shards = shards;
  }

  /** The last entry of each stream: fences only grow. */
  async fences(): Promise<ReadonlyMap<number, number>> {
    for (let shardId = 0; shardId < this.#shards; shardId += 1) {
      const reply = await this.#client.send([
        "XREVRANGE",
        `{nextcore:${shardId}}:events`,
        "+",
        "-",
        "COUNT",
        "1",
      ]);
      const fence = Number(JSON.stringify(reply).match(/"(\d+)-\d+"/)?.[1] ?? 0);
      const before = this.#fences.get(shardId) ?? 0;
      if (fence < before) this.#figures.shrunkFences.push(`${shardId}: ${before} to ${fence}`);
      this.#fences.set(shardId, fence);
    }
    return new Map(this.#fences);
  }

  /** The shards of a member whose name begins so. */
  async of(name: string): Promise<number[]> {
    const reply = await this.#client.send(["HGETALL", "{nextcore}:leases"]);
    const flat = Array.isArray(reply) ? reply.map(String) : [];
    return flat.flatMap((word, index) => word.startsWith(`${name}-`) ? [Number(flat[index - 1])] : []);
  }
}

if (import.meta.main) Deno.exit(await run(planOf(Deno.args)));

async function run(plan: FleetPlan): Promise<number> {
  await using redis = await RedisServer.start();
  const client = redis.client();
  const figures = new Figures();
  const leases = new Leases(client, figures, plan.shards);
  const discord = new Child("discord_process.ts", plan);
  const { baseUrl } = await discord.read<{ baseUrl: string }>();
  const base = { token: TOKEN, baseUrl, redisPort: redis.port, ttlMs: plan.ttlMs };
  let count = 0;
  const startGateway = (): [string, Child] => {
    const name = `gateway${count++}`;
    const child = new Child("gateway_process.ts", { ...base, name } satisfies ProcessPlan);
    return [name, child];
  };
  const startWorker = (): Child => {
    const child = new Child("worker_process.ts", { ...base, name: `worker${count++}` } satisfies ProcessPlan);
    void figures.follow(child);
    return child;
  };
  const gateways = Array.from({ length: plan.gateways }, startGateway);
  const workers = Array.from({ length: plan.workers }, startWorker);
  await ready(client, plan.shards);
  console.log(
    `${plan.shards} shards are ready; ${plan.eventsPerSecond} events a second for ${plan.minutes} minutes`,
  );
  await discord.proceed();
  const endsAt = performance.now() + plan.minutes * 60_000;
  while (performance.now() + plan.killEveryMs < endsAt) {
    await sleep(systemClock, plan.killEveryMs * (0.5 + Math.random() / 2));
    const chance = Math.random();
    if (chance < 0.2) {
      // Stopped for longer than its lease, it wakes, and finds its shards taken.
      const [, gateway] = gateways[Math.floor(Math.random() * gateways.length)] ?? [];
      gateway?.signal("SIGSTOP");
      await sleep(systemClock, plan.ttlMs + 2_000);
      gateway?.signal("SIGCONT");
      figures.kills.stopped += 1;
    } else if (chance < 0.7) {
      const at = Math.floor(Math.random() * gateways.length);
      const [name, gateway] = gateways[at] ?? [];
      if (name !== undefined && gateway !== undefined) await takeOver(name, gateway, leases, figures);
      gateways[at] = startGateway();
    } else {
      const at = Math.floor(Math.random() * workers.length);
      await workers[at]?.kill();
      figures.kills.worker += 1;
      workers[at] = startWorker();
    }
    console.log(
      `killed ${JSON.stringify(figures.kills)}, ${figures.handled} handled, ${figures.doubled} twice`,
    );
  }
  await discord.proceed();
  const { sent } = await discord.read<{ sent: number[] }>();
  const unhandled = await drain(client, sent);
  show(figures, sent, unhandled, plan);
  await Promise.all([
    ...gateways.map(([, gateway]) => gateway.kill()),
    ...workers.map((worker) => worker.kill()),
  ]);
  await discord.kill();
  const isGood = unhandled === 0 && figures.shrunkFences.length === 0 &&
    Math.max(0, ...figures.takeOversMs) <= plan.ttlMs + 1_000;
  console.log(isGood ? "All is as it should be" : "SOMETHING IS WRONG");
  return isGood ? 0 : 1;
}

/** Kills a gateway process, and follows its shards until each has an event of its next owner. */
async function takeOver(name: string, gateway: Child, leases: Leases, figures: Figures): Promise<void> {
  const shards = await leases.of(name);
  const before = await leases.fences();
  await gateway.kill();
  const killedAt = performance.now();
  figures.kills.gateway += 1;
  for (let rest = shards; rest.length > 0 && performance.now() - killedAt < DRAIN_MS;) {
    await sleep(systemClock, 50);
    const now = await leases.fences();
    const done = rest.filter((id) => (now.get(id) ?? 0) > (before.get(id) ?? 0));
    for (const _ of done) figures.takeOversMs.push(performance.now() - killedAt);
    rest = rest.filter((id) => !done.includes(id));
  }
}

/** Waits until each shard has a session. */
async function ready(client: RespClient, shards: number): Promise<void> {
  for (let shardId = 0; shardId < shards;) {
    if (await client.send(["HEXISTS", `{nextcore:${shardId}}:session`, "json"]) === 1) shardId += 1;
    else await sleep(systemClock, 100);
  }
}

/** Waits for the last events; gives how many have not been handled. */
async function drain(client: RespClient, sent: readonly number[]): Promise<number> {
  for (let waitedMs = 0;; waitedMs += 500) {
    const counts = await Promise.all(sent.map((_, id) => client.send(["BITCOUNT", `handled:${id}`])));
    const unhandled = sent.reduce((sum, count, id) => sum + count - Number(counts[id]), 0);
    if (unhandled === 0 || waitedMs >= DRAIN_MS) return unhandled;
    await sleep(systemClock, 500);
  }
}

function show(figures: Figures, sent: readonly number[], unhandled: number, { ttlMs }: FleetPlan): void {
  const total = sent.reduce((sum, count) => sum + count, 0);
  const { takeOversMs, latenciesMs, kills, doubled, shrunkFences } = figures;
  console.log(`${total} events sent, ${unhandled} not handled, ${doubled} handled twice`);
  console.log(
    `${kills.gateway} gateway processes and ${kills.worker} workers killed, ${kills.stopped} stopped past their lease`,
  );
  console.log(
    `take-over of a shard, kill to its first event: ${spread(takeOversMs)}; a lease lasts ${ttlMs} ms`,
  );
  console.log(`from the Discord to the end of the handler: ${spread(latenciesMs)}`);
  console.log(`fences that shrank: ${shrunkFences.length} ${shrunkFences.join(", ")}`);
}

function spread(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (part: number): string => (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(0);
  return `median ${at(0.5)} ms, 99 % ${at(0.99)} ms, most ${at(1)} ms (${values.length})`;
}

function planOf(args: readonly string[]): FleetPlan {
  const read = (name: string, otherwise: number): number => {
    const at = args.indexOf(name);
    const value = at === -1 ? otherwise : Number(args[at + 1]);
    if (value > 0) return value;
    throw new RangeError(`${name} must be a positive number`);
  };
  return {
    token: TOKEN,
    minutes: read("--minutes", 5),
    gateways: read("--gateways", 3),
    workers: read("--workers", 2),
    shards: read("--shards", 16),
    eventsPerSecond: read("--events", 1_000),
    ttlMs: read("--ttl-ms", 5_000),
    killEveryMs: read("--kill-every-ms", 12_000),
  };
}
