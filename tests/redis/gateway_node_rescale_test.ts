// A fleet with another number of shards takes over, as the guide says.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { BotAuthentication, HTTPClient, Intents } from "../../mod.ts";
import { EventSource, type EventSourceOptions, GatewayNode, RedisIdentifyQueue } from "../../redis/mod.ts";
import { Simulator, VirtualClock } from "../../testing/mod.ts";
import { Line } from "./model/network.ts";
import { RedisModel } from "./model/redis_model.ts";

/** A Discord in which somebody always says something, in eight guilds, and what it takes to run fleets. */
class World {
  readonly clock = new VirtualClock();
  readonly redis = new RedisModel(this.clock);
  readonly discord = Simulator.inMemory({ token: "a.b.c", shards: 2, maxConcurrency: 2, clock: this.clock });
  readonly http = new HTTPClient({
    baseUrl: this.discord.baseUrl,
    fetch: this.discord.fetch,
    clock: this.clock,
  });
  /** How often each message was handled. */
  readonly handled: number[] = [];
  readonly identifiedAt: number[] = [];
  #said = 0;
  #talk: Disposable | undefined;

  get said(): number {
    return this.#said;
  }

  talk(): void {
    const guild_id = String(BigInt(this.#said % 8) << 22n);
    this.discord.dispatch("MESSAGE_CREATE", { guild_id, content: String(this.#said++) });
    this.#talk = this.clock.setTimeout(() => this.talk(), 20);
  }

  shutUp(): void {
    this.#talk?.[Symbol.dispose]();
  }

  async node(shardCount: number, prefix: string, identifyQueue?: RedisIdentifyQueue): Promise<GatewayNode> {
    const intents = Intents.GuildMessages | Intents.MessageContent;
    const node = new GatewayNode(new BotAuthentication("a.b.c"), intents, this.http, {
      send: new Line(this.redis).send,
      clock: this.clock,
      prefix,
      shardCount,
      identifyQueue,
      ttlMs: 2_000,
      compression: "none",
      commandPollMs: false,
      createWebSocket: this.discord.createWebSocket,
    });
    node.dispatcher.listen("sent", ({ op }) => op === 2 && this.identifiedAt.push(this.clock.now()));
    await this.clock.runUntil(node.start());
    return node;
  }

  source(options: Partial<EventSourceOptions>): EventSource {
    const source = new EventSource({ send: new Line(this.redis).send, clock: this.clock, ...options });
    source.listen("MESSAGE_CREATE", ({ content }) => {
      const index = Number(content);
      this.handled[index] = (this.handled[index] ?? 0) + 1;
    });
    return source;
  }
}

Deno.test("GatewayNodes with another number of shards take over from a fleet, and no event is lost", async () => {
  const world = new World();
  const { clock } = world;
  const [oldNode, oldSource] = [await world.node(2, "nextcore"), world.source({})];
  await clock.runUntil(oldSource.start());
  await clock.advance(20_000);
  world.talk();
  await clock.advance(5_000);

  const prefix = "nextcore-4";
  const queue = new RedisIdentifyQueue({ send: new Line(world.redis).send, clock, isInFleet: true });
  const newNode = await world.node(4, prefix, queue);
  const newSource = world.source({ prefix, from: "now" });
  const isWhole = async (): Promise<boolean> => (await newSource.lag()).every(({ length }) => length > 0);
  while (!await clock.runUntil(isWhole())) await clock.advance(500);
  await clock.advance(3_000); // Nobody hurries.
  const from = world.said;
  await clock.runUntil(newSource.start());
  await clock.runUntil(oldNode.close());
  const to = world.said;
  const isDrained = async (): Promise<boolean> =>
    (await oldSource.lag()).every(({ waiting, pending }) => waiting === 0 && pending === 0);
  while (!await clock.runUntil(isDrained())) await clock.advance(100);
  await clock.runUntil(oldSource.close());
  await clock.advance(5_000);
  world.shutUp();
  await clock.advance(2_000);

  const counts = Array.from({ length: world.said }, (_, index) => world.handled[index] ?? 0);
  assertEquals(counts.filter((count) => count === 0), []);
  const doubles = counts.flatMap((count, index) => count > 1 ? [index] : []);
  assert(doubles.every((index) => index >= from - 3 && index <= to), `twice: ${doubles}, ${from} to ${to}`);
  assert(world.said > 500 && doubles.length < 30, `${doubles.length} of ${world.said} came twice`);
  // Two at a time, whichever fleet they are of.
  const gaps = world.identifiedAt.map((at, index) => (world.identifiedAt[index + 2] ?? Infinity) - at);
  assert(gaps.every((ms) => ms >= 5_000), String(world.identifiedAt));
  assertEquals(world.identifiedAt.length, 6);

  await clock.runUntil(Promise.all([newSource.close(), newNode.close(), world.http.close()]));
  queue.close();
  await world.discord[Symbol.asyncDispose]();
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("GatewayNode streams are read from the oldest event or from now: EventSource refuses to begin elsewhere", () => {
  const options = { send: () => Promise.resolve(), from: "there" as "now" };
  assertThrows(() => new EventSource(options), TypeError, 'from must be "oldest", "now" or left out');
});
