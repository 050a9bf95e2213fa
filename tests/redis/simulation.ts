// A fleet in virtual time: gateway processes and workers over one Redis and one Discord, all of which misbehave. One seed, one
// history; rules are watched all the time.
import { type Clock, sleep } from "../../clock.ts";
import { BotAuthentication, HTTPClient, Intents } from "../../mod.ts";
import { EventSource, GatewayNode, type Lease } from "../../redis/mod.ts";
import { Simulator, VirtualClock } from "../../testing/mod.ts";
import { seededRandom } from "../gateway/seeded_random.ts";
import { Line } from "./model/network.ts";
import { RedisModel } from "./model/redis_model.ts";

const SHARDS = 4;
const NODES = 3;
const WORKERS = 2;
const TTL_MS = 2_000;
const LIFE_MS = 40_000;
const STEP_MS = 100;
const QUIET_MS = 120_000;

/** What a history came to. */
export interface HistoryReport {
  readonly sent: number;
  readonly handled: number;
  readonly doubled: number;
  readonly identifies: number;
  readonly wrongs: readonly string[];
  /** What happened, in order. */
  readonly story: readonly string[];
}

/** The clock of a process that can be stopped: time goes on, and nothing is done about it. */
class ProcessClock implements Clock {
  readonly #clock: Clock;
  #late: (() => void)[] | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wallNow(): number {
    return this.#clock.wallNow();
  }

  setTimeout(callback: () => void, delayMs: number): Disposable {
    let isOver = false;
    const run = (): void => {
      if (!isOver) callback();
    };
    const timer = this.#clock.setTimeout(
      () => this.#late === undefined ? run() : this.#late.push(run),
      delayMs,
    );
    return {
      [Symbol.dispose]: () => {
        isOver = true;
        timer[Symbol.dispose]();
      },
    };
  }

  pause(): void {
    this.#late ??= [];
  }

  goOn(): void {
    const late = this.#late ?? [];
    this.#late = undefined;
    for (const run of late) run();
  }
}

/** A process: its clock and its line, and what runs in it. */
interface Process<Part> {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly line: Line;
  readonly part: Part;
  isDead: boolean;
}

/** The world of one seed. */
class FleetWorld {
  readonly clock = new VirtualClock();
  readonly redis = new RedisModel(this.clock);
  readonly discord = Simulator.inMemory({
    token: "a.b.c",
    shards: SHARDS,
    maxConcurrency: 2,
    clock: this.clock,
  });
  readonly http = new HTTPClient({
    baseUrl: this.discord.baseUrl,
    fetch: this.discord.fetch,
    clock: this.clock,
  });
  readonly random: () => number;
  readonly nodes: Process<GatewayNode>[] = [];
  readonly workers: Process<EventSource>[] = [];
  readonly wrongs: string[] = [];
  readonly story: string[] = [];
  readonly sent = new Array<number>(SHARDS).fill(0);
  readonly handled = new Map<string, number>();
  /** What a replica has, that is a little behind; and whether it has taken over, so that events may be lost. */
  replica = this.redis.snapshot();
  hasFailedOver = false;
  readonly #fences = new Map<number, number>();
  readonly #leases: Lease[] = [];
  readonly #identifies: { readonly key: number; readonly at: number }[] = [];
  #count = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  get identifies(): number {
    return this.#identifies.length;
  }

  tell(text: string): void {
    this.story.push(`${this.clock.now()} ${text}`);
  }

  addNode(): void {
    const name = `node${this.#count++}`;
    const clock = new ProcessClock(this.clock);
    const line = new Line(this.redis, 1 + Math.floor(this.random() * 4));
    const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;
    const node = new GatewayNode(new BotAuthentication("a.b.c"), intents, this.http, {
      send: line.send,
      clock,
      name,
      ttlMs: TTL_MS,
      handoverMs: 1_500,
      timeoutMs: 700,
      commandPollMs: false,
      compression: "none",
      createWebSocket: this.discord.createWebSocket,
      random: this.random,
    });
    node.dispatcher.listen("error", () => {});
    node.dispatcher.listen("sent", ({ op }, { shard }) => {
      if (op === 2) this.#identified(shard.id);
    });
    this.nodes.push({ name, clock, line, part: node, isDead: false });
    this.tell(`${name} starts`);
    void node.start().then(() => {
      node.fleet?.dispatcher.listen("granted", (lease) => this.#granted(name, lease));
    }).catch((error) => {
      this.tell(`${name} could not start: ${error}`);
      this.clock.setTimeout(() => this.addNode(), 1_000);
    });
  }

  addWorker(): void {
    const name = `worker${this.#count++}`;
    const clock = new ProcessClock(this.clock);
    const line = new Line(this.redis, 2);
    const source = new EventSource({
      send: line.send,
      clock,
      name,
      pollMs: 60,
      reclaimMs: 1_500,
      timeoutMs: 1_000,
      random: this.random,
      drainTimeoutMs: 500,
    });
    const worker: Process<EventSource> = { name, clock, line, part: source, isDead: false };
    source.sourceDispatcher.listen("error", () => {});
    source.sourceDispatcher.listen("poison", ({ reason }) => this.wrongs.push(`set aside: ${reason}`));
    source.listen("MESSAGE_CREATE", async ({ content }, { shard }) => {
      await sleep(clock, 20 + this.random() * 200);
      if (worker.isDead) return;
      const key = `${shard.id}/${content}`;
      this.handled.set(key, (this.handled.get(key) ?? 0) + 1);
    });
    this.workers.push(worker);
    void source.start().catch(() => {});
  }

  say(): void {
    const shardId = Math.floor(this.random() * SHARDS);
    const content = String(this.sent[shardId] = (this.sent[shardId] ?? 0) + 1);
    this.discord.dispatch("MESSAGE_CREATE", { guild_id: String(BigInt(shardId) << 22n), content });
  }

  /** Nobody else may hold it, by anybody's clock; and its fence is larger than any before. */
  #granted(name: string, lease: Lease): void {
    const { shardId, fence } = lease;
    this.tell(`${name} has shard ${shardId} with fence ${fence}`);
    if (this.#leases.some((other) => other.shardId === shardId && other.isHeld)) {
      this.wrongs.push(`shard ${shardId} has two owners at ${this.clock.now()}`);
    }
    if (fence <= (this.#fences.get(shardId) ?? 0)) {
      this.wrongs.push(`the fence of shard ${shardId} did not grow`);
    }
    this.#fences.set(shardId, fence);
    this.#leases.push(lease);
  }

  #identified(shardId: number): void {
    const [key, at] = [shardId % 2, this.clock.now()];
    this.tell(`shard ${shardId} identifies`);
    const before = this.#identifies.findLast((other) => other.key === key);
    if (before !== undefined && at - before.at < 5_000) {
      this.wrongs.push(`two shards of key ${key} identified ${at - before.at} ms apart`);
    }
    this.#identifies.push({ key, at });
  }

  /** Each event is in its stream once, in order. */
  checkStreams(): void {
    for (let shardId = 0; shardId < SHARDS; shardId += 1) {
      const entries = this.redis.execute(["XRANGE", `{nextcore:${shardId}}:events`, "-", "+"]);
      let last = 0;
      for (const entry of Array.isArray(entries) ? entries : []) {
        const found = /"MESSAGE_CREATE".*\\"content\\":\\"(\d+)\\"/.exec(JSON.stringify(entry));
        if (found === null) continue;
        const index = Number(found[1]);
        if (index <= last) this.wrongs.push(`shard ${shardId}: event ${index} got through after ${last}`);
        last = index;
      }
    }
  }

  get unhandled(): string[] {
    return this.sent.flatMap((count, shardId) =>
      Array.from({ length: count }, (_, index) => `${shardId}/${index + 1}`).filter((key) =>
        !this.handled.has(key)
      )
    );
  }
}

/** Something that goes wrong; ends by itself. */
function misfortune(world: FleetWorld): void {
  const { random, redis } = world;
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
  const node = pick(world.nodes.filter(({ isDead }) => !isDead));
  const worker = pick(world.workers.filter(({ isDead }) => !isDead));
  // Often about as long as it takes others to take over.
  const forMs = random() < 0.5 ? 300 + random() * 5_000 : TTL_MS + random() * 500;
  const later = (act: () => void): void => void world.clock.setTimeout(act, forMs);
  switch (Math.floor(random() * 9)) {
    case 0:
      world.tell(`${node?.name} is split off for ${Math.round(forMs)} ms`);
      node?.line.split();
      return later(() => node?.isDead || node?.line.heal());
    case 1:
      world.tell(`${node?.name} stands still for ${Math.round(forMs)} ms`);
      node?.line.split();
      node?.clock.pause();
      return later(() => {
        if (node === undefined || node.isDead) return;
        world.tell(`${node.name} wakes`);
        if (random() < 0.5) node.line.heal();
        node.clock.goOn();
        node.line.heal();
      });
    case 2:
      if (node === undefined) return;
      world.tell(`${node.name} dies`);
      node.isDead = true;
      node.line.split();
      node.clock.pause();
      return later(() => world.addNode());
    case 3:
      if (worker === undefined) return;
      world.tell(`${worker.name} dies`);
      worker.isDead = true;
      worker.line.split();
      worker.clock.pause();
      return later(() => world.addWorker());
    case 4:
      world.tell("Redis is started anew, with all it had");
      return redis.restart({ isKept: true });
    case 5:
      world.tell(`Redis is full for ${Math.round(forMs)} ms`);
      redis.isFull = true;
      return later(() => redis.isFull = false);
    case 6:
      world.tell("a replica takes over, which was behind");
      world.hasFailedOver = true;
      return redis.restore(world.replica);
    case 7:
      world.tell("Redis is started anew, empty, and a process starts");
      world.hasFailedOver = true;
      redis.restart();
      return world.addNode();
    default:
      world.tell(`${node?.name} leaves`);
      if (node === undefined) return;
      node.isDead = true;
      void node.part.close();
      return later(() => world.addNode());
  }
}

/** Lives through the history of a seed. */
export async function liveThrough(seed: number): Promise<HistoryReport> {
  const world = new FleetWorld(seed);
  for (let index = 0; index < NODES; index += 1) world.addNode();
  for (let index = 0; index < WORKERS; index += 1) world.addWorker();
  await world.clock.advance(20_000);
  world.replica = world.redis.snapshot();
  while (world.clock.now() < 20_000 + LIFE_MS) {
    for (let count = world.random() * 3; count > 1; count -= 1) world.say();
    if (world.random() < 0.04) misfortune(world);
    await world.clock.advance(STEP_MS);
    if (world.random() < 0.3) world.replica = world.redis.snapshot();
  }
  world.tell("all goes well from here on");
  const endsAt = world.clock.now() + (world.hasFailedOver ? QUIET_MS / 4 : QUIET_MS);
  while (world.unhandled.length > 0 && world.clock.now() < endsAt) await world.clock.advance(1_000);
  world.checkStreams();
  const { unhandled } = world;
  // What was written last, and lost with the old Redis, is lost where no new owner has asked Discord for it again.
  if (unhandled.length > 0 && !world.hasFailedOver) {
    world.wrongs.push(`not handled: ${unhandled.slice(0, 10).join(", ")} (${unhandled.length})`);
  }
  await putAway(world);
  const counts = [...world.handled.values()];
  return {
    sent: world.sent.reduce((sum, count) => sum + count),
    handled: counts.length,
    doubled: counts.reduce((sum, count) => sum + count - 1, 0),
    identifies: world.identifies,
    wrongs: world.wrongs,
    story: world.story,
  };
}

async function putAway(world: FleetWorld): Promise<void> {
  for (const { clock, line } of [...world.nodes, ...world.workers]) {
    line.heal();
    clock.goOn();
  }
  const all = [...world.nodes, ...world.workers].map(({ part }) => part.close());
  await world.clock.runUntil(Promise.all(all));
  await world.clock.runUntil(world.http.close());
  await world.discord[Symbol.asyncDispose]();
}

if (import.meta.main) {
  const [count = 200, from = 1] = Deno.args.map(Number);
  let bad = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const { wrongs, story, ...figures } = await liveThrough(seed);
    if (wrongs.length > 0 || count === 1) console.log(`seed ${seed}`, story.join("\n"), wrongs, figures);
    bad += wrongs.length > 0 ? 1 : 0;
  }
  console.log(`${count} histories, ${bad} with something wrong`);
  Deno.exit(bad === 0 ? 0 : 1);
}
