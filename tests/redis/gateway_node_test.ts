import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BotAuthentication, HTTPClient, Intents } from "../../mod.ts";
import { EventSource, GatewayNode, type GatewayNodeOptions } from "../../redis/mod.ts";
import { Simulator } from "../../testing/mod.ts";
import { type RedisServer, redisTest } from "./redis_server.ts";
import { until } from "./until.ts";

const INTENTS = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;
const TTL_MS = 1_000;

/** A Discord, and what it takes to make gateway processes and workers in this one. */
class Cluster implements AsyncDisposable {
  readonly discord: Simulator;
  readonly server: RedisServer;
  readonly http: HTTPClient;
  /** What went wrong, and was told. */
  readonly errors: string[] = [];
  readonly #stack = new AsyncDisposableStack();

  constructor(discord: Simulator, server: RedisServer) {
    this.discord = discord;
    this.server = server;
    this.http = new HTTPClient({ baseUrl: discord.baseUrl });
  }

  static async start(server: RedisServer, shards: number): Promise<Cluster> {
    const discord = await Simulator.start({ token: "a.b.c", shards, maxConcurrency: shards });
    return new Cluster(discord, server);
  }

  async node(options: Partial<GatewayNodeOptions> = {}): Promise<GatewayNode> {
    const node = new GatewayNode(new BotAuthentication("a.b.c"), INTENTS, this.http, {
      send: this.server.sender(),
      ttlMs: TTL_MS,
      ...options,
    });
    node.dispatcher.listen("error", ({ name, error }) => this.errors.push(`${name}: ${error}`));
    this.#stack.use(node);
    await node.start();
    return node;
  }

  source(): EventSource {
    const source = new EventSource({ send: this.server.sender(), reclaimMs: 1_500 });
    source.sourceDispatcher.listen("error", ({ name, error }) => this.errors.push(`${name}: ${error}`));
    return this.#stack.use(source);
  }

  /** A message to a guild of the shard. */
  say(shardId: number, content: string): void {
    this.discord.dispatch("MESSAGE_CREATE", { guild_id: String(BigInt(shardId) << 22n), content });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    await this.http.close();
    await this.discord[Symbol.asyncDispose]();
  }
}

const isReady = (...nodes: readonly GatewayNode[]) => (): boolean =>
  nodes.flatMap(({ activeShards }) => activeShards).filter(({ state }) => state === "ready").length ===
    nodes[0]?.shardCount;

redisTest(
  "GatewayNode hands events to workers, and its shards to another without an identify",
  async (server) => {
    await using cluster = await Cluster.start(server, 4);
    const source = cluster.source();
    const seen: string[] = [];
    source.listen("MESSAGE_CREATE", ({ content }, { shard }) => seen.push(`${shard.id} ${content}`));
    const one = await cluster.node();
    await source.start();
    await until(isReady(one), "four shards");
    for (let shardId = 0; shardId < 4; shardId += 1) cluster.say(shardId, "first");
    await until(() => seen.length === 4, "four messages");
    const identifies = cluster.discord.sessions.length;
    const two = await cluster.node();
    await until(() => two.activeShards.length === 2 && isReady(one, two)(), "a share of two each");
    for (let shardId = 0; shardId < 4; shardId += 1) cluster.say(shardId, "second");
    await until(() => seen.length === 8, "four more");
    await one.close();
    for (let shardId = 0; shardId < 4; shardId += 1) cluster.say(shardId, "third");
    await until(isReady(two), "all of them");
    await until(() => seen.length === 12, "four more");
    assertEquals(new Set(seen).size, 12);
    assertEquals(cluster.discord.sessions.length, identifies);
  },
);

redisTest(
  "GatewayNode lets a shard wait while too much waits for Redis, and loses nothing by it",
  async (server) => {
    await using cluster = await Cluster.start(server, 1);
    const source = cluster.source();
    const seen: string[] = [];
    source.listen("MESSAGE_CREATE", ({ content }) => seen.push(String(content)));
    const node = await cluster.node({ queueLength: 3_000, ttlMs: 6_000, timeoutMs: 5_000 });
    await source.start();
    await until(isReady(node), "a shard");
    let resumes = 0;
    node.dispatcher.listen("resumed", () => resumes += 1);
    server.pause();
    for (let count = 0; count < 60; count += 1) cluster.say(0, String(count));
    await new Promise((resolve) => setTimeout(resolve, 500));
    server.goOn();
    await until(() => seen.length >= 60, "all of them");
    assertEquals(seen, Array.from({ length: 60 }, (_, index) => String(index)));
    assert(resumes >= 1);
  },
);

redisTest(
  "GatewayNode closes its shards while Redis is away for longer than a lease, and resumes then",
  async (server) => {
    await using cluster = await Cluster.start(server, 2);
    const source = cluster.source();
    const seen: string[] = [];
    source.listen("MESSAGE_CREATE", ({ content }, { shard }) => seen.push(`${shard.id} ${content}`));
    const node = await cluster.node({ ttlMs: 2_500, timeoutMs: 800 });
    await source.start();
    await until(isReady(node), "two shards");
    const sessions = cluster.discord.sessions.length;
    server.pause();
    await until(() => node.activeShards.length === 0, "the end of the leases");
    for (const shardId of [0, 1]) cluster.say(shardId, "meanwhile");
    server.goOn();
    await until(() => seen.length === 2, "what was said meanwhile");
    assertEquals(seen.toSorted(), ["0 meanwhile", "1 meanwhile"]);
    assertEquals(cluster.discord.sessions.length, sessions);
  },
);

redisTest("GatewayNode of a fleet with another number of shards does not start", async (server) => {
  await using cluster = await Cluster.start(server, 2);
  await cluster.node();
  await assertRejects(() => cluster.node({ shardCount: 3 }), RangeError, "2 shards already");
});

redisTest("GatewayNode is started once, however often at once", async (server) => {
  await using cluster = await Cluster.start(server, 2);
  const node = new GatewayNode(new BotAuthentication("a.b.c"), INTENTS, cluster.http, {
    send: server.sender(),
    ttlMs: TTL_MS,
  });
  const starting = node.start();
  await assertRejects(() => node.start(), TypeError, "started already");
  await starting;
  await until(isReady(node), "two shards");
  assertEquals(node.fleet?.members.length, 1);
  await node.close();
  assertEquals(await server.client().send(["ZCARD", "{nextcore}:members"]), 0);
});

redisTest(
  "GatewayNode may be started again where Redis did not answer, and not once it is closed",
  async (server) => {
    await using cluster = await Cluster.start(server, 2);
    const send = server.sender();
    let isAway = true;
    const node = new GatewayNode(new BotAuthentication("a.b.c"), INTENTS, cluster.http, {
      send: (command) => isAway ? Promise.reject(new Error("ECONNREFUSED")) : send(command),
      ttlMs: TTL_MS,
    });
    await assertRejects(() => node.start(), Error, "ECONNREFUSED");
    isAway = false;
    await node.start();
    await until(isReady(node), "two shards");
    await node.close();
    await assertRejects(() => node.start(), TypeError, "closed");
  },
);

Deno.test("GatewayNode refuses at once what its parts would choke on", () => {
  const http = new HTTPClient();
  const node = (options: unknown) =>
    new GatewayNode(new BotAuthentication("a.b.c"), INTENTS, http, {
      send: () => Promise.resolve(),
      ...options as Partial<GatewayNodeOptions>,
    });
  for (const options of [{ ttlMs: 0 }, { beatMs: 9_000 }, { handoverMs: NaN }, { streamLength: 0 }]) {
    assertThrows(() => node(options), RangeError);
  }
  for (const options of [{ saveIntervalMs: -1 }, { largeThreshold: 1 }, { sendQueueLimit: 0 }]) {
    assertThrows(() => node(options), RangeError);
  }
  for (const options of [{ compression: "gzip" }, { gatewayUrl: "http://x" }, { createWebSocket: 1 }]) {
    assertThrows(() => node(options), TypeError);
  }
  for (const options of [{ name: "a b" }, { shardIds: "0" }, { publish: "MESSAGE_CREATE" }]) {
    assertThrows(() => node(options), TypeError);
  }
});
