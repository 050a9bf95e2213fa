/**
 * A fleet, its workers and its limits on Redis Cluster with one client of npm, in a process of its own: ends with 0 when all
 * is as it should be. Arguments: the client's name, the ports of the masters.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { BotAuthentication, HTTPClient, Intents } from "../../mod.ts";
import {
  EventSource,
  GatewayNode,
  RedisGlobalRateLimiter,
  RedisReservations,
  RedisSessionStore,
  ShardCommands,
} from "../../redis/mod.ts";
import { Simulator } from "../../testing/mod.ts";
import { CLUSTER_CLIENTS, type TestClient } from "./clients.ts";
import { SlotMover } from "./redis_cluster.ts";
import { until } from "./until.ts";

const SHARDS = 4;
const INTENTS = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent | Intents.GuildMembers;

/** What is wrong while a slot is moved, and tried again. */
const IS_PASSING = /TRYAGAIN|non local key|MOVED|ASK|CLUSTERDOWN|RedisTimeoutError/;

async function live({ send }: TestClient, mover: SlotMover, prefix: string): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const discord = stack.use(Simulator.inMemory({ token: "a.b.c", shards: SHARDS, maxConcurrency: SHARDS }));
  const http = stack.use(new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch }));
  const wrongs: string[] = [];
  const failed = (error: unknown): void => {
    if (!IS_PASSING.test(String(error))) wrongs.push(String(error));
  };
  const shared = { send, prefix, timeoutMs: 1_000 };
  const nodes = ["one", "two"].map((name) =>
    stack.use(
      new GatewayNode(new BotAuthentication("a.b.c"), INTENTS, http, {
        ...shared,
        name,
        ttlMs: 2_500,
        compression: "none",
        createWebSocket: discord.createWebSocket,
      }),
    )
  );
  const source = stack.use(new EventSource({ ...shared, isOnePlace: false, reclaimMs: 6_000 }));
  const seen: string[] = [];
  source.listen("MESSAGE_CREATE", ({ content }, { shard }) => seen.push(`${shard.id}/${content}`));
  for (const { dispatcher } of nodes) dispatcher.listen("error", ({ error }) => failed(error));
  source.sourceDispatcher.listen("error", ({ error }) => failed(error));
  for (const node of nodes) await node.start();
  await source.start();
  const isReady = (count: number) => (): boolean => {
    const shards = nodes.flatMap(({ activeShards }) => activeShards);
    return shards.filter(({ state }) => state === "ready").length === SHARDS &&
      nodes.filter(({ activeShards }) => activeShards.length > 0).length === count;
  };
  await until(isReady(2), "all shards");
  const sessions = discord.sessions.length;

  const said: string[] = [];
  const say = setInterval(() => {
    const [shardId, content] = [said.length % SHARDS, String(said.length)];
    said.push(`${shardId}/${content}`);
    discord.dispatch("MESSAGE_CREATE", { guild_id: String(BigInt(shardId) << 22n), content });
  }, 10);
  await trySeams(shared, failed);
  await tryCommands(shared, discord);
  await mover.move(`{${prefix}:0}:events`);
  await mover.move(`{${prefix}}:leases`);
  await trySeams(shared, failed);
  await tryCommands(shared, discord);
  await nodes[0]?.close();
  await until(isReady(1), "all shards at the one that is left");
  clearInterval(say);
  await until(() => seen.length >= said.length, `${said.length} messages, of which ${seen.length} came`);
  assertEquals(seen.toSorted(), said.toSorted());
  assertEquals(discord.sessions.length, sessions); // Nobody has identified again.
  await until(() => source.inHand === 0, "the acknowledgements");
  const lags = await source.lag();
  assertEquals(lags.map(({ shardId, waiting, pending }) => [shardId, waiting, pending]), [
    [0, 0, 0],
    [1, 0, 0],
    [2, 0, 0],
    [3, 0, 0],
  ]);
  assertEquals(wrongs, []);
}

type Shared = ConstructorParameters<typeof RedisSessionStore>[0];

async function trySeams(shared: Shared, failed: (error: unknown) => void): Promise<void> {
  const store = new RedisSessionStore(shared);
  const session = {
    sessionId: "s",
    resumeGatewayUrl: "wss://a.b",
    sequence: 7,
    shardId: 0,
    shardCount: 1,
    intents: 1,
    tokenFingerprint: "f",
  };
  await store.save(0, session);
  assertEquals(await store.load(0), session);
  using reservations = new RedisReservations({ ...shared, failed });
  const request = { routeKey: "GET /x", majorKey: "channels/1", bodyKeys: [] };
  const headers = { bucket: "h", limit: 9, remaining: 8, resetAfterMs: 100, resetAt: undefined };
  for (let turn = 0; turn < 3; turn += 1) {
    const reservation = await reservations.reserve(request);
    assert("ticket" in reservation, "there is no turn");
    await reservations.settle(reservation.ticket, { headers, isSuccess: true });
  }
  const limiter = new RedisGlobalRateLimiter({ ...shared, failed });
  const permit = await limiter.acquire();
  permit.send();
  permit.release(10);
  limiter.close(new Error("closed"));
}

async function tryCommands(shared: Shared, discord: Simulator): Promise<void> {
  await using commands = new ShardCommands(shared);
  await commands.updatePresence(1, { since: null, activities: [], status: "idle", afk: false });
  let members = 0;
  for await (const chunk of commands.requestGuildMembers(discord.guild.id, { query: "", limit: 1 })) {
    members += chunk.members.length;
  }
  assert(members > 0);
}

if (import.meta.main) {
  const [name = "", ...ports] = Deno.args;
  const create = CLUSTER_CLIENTS[name];
  assert(create !== undefined, `no client "${name}"`);
  await using client = await create(ports.map(Number));
  using mover = new SlotMover(ports.map(Number));
  await live(client, mover, `bot-${name}`);
}
