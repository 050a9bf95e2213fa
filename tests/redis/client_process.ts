/**
 * All parts of the room on one client of npm, in a process of its own (some want to read the whole environment): ends with 0
 * when all is as it should be. Arguments: the client's name, the port of a Redis.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  EventSource,
  Fleet,
  type Lease,
  RedisGlobalRateLimiter,
  RedisIdentifyQueue,
  RedisReservations,
  RedisSessionStore,
  ShardCommands,
} from "../../redis/mod.ts";
import { Publisher } from "../../redis/publisher.ts";
import { RedisLink } from "../../redis/redis_link.ts";
import { CLIENTS, type TestClient } from "./clients.ts";
import { until } from "./until.ts";

if (import.meta.main) {
  const [name = "", port] = Deno.args;
  const create = CLIENTS[name];
  assert(create !== undefined, `no client "${name}"`);
  await using client = await create(Number(port));
  await using reader = await create(Number(port));
  await tryAll(client, reader);
}

async function tryAll({ send }: TestClient, reader: TestClient): Promise<void> {
  const link = new RedisLink({ send });
  const leases: Lease[] = [];
  await using fleet = new Fleet({
    send,
    shardCount: 2,
    ttlMs: 600,
    beatMs: 50,
    async run(lease) {
      leases.push(lease);
      await new Promise((resolve) => lease.handover.addEventListener("abort", resolve));
    },
  });
  fleet.start();
  await until(() => leases.length === 2, "two leases");
  await link.command(["HSET", link.fleetKey("config"), "shardCount", "2"]);
  const [lease] = leases;
  assert(lease !== undefined);
  await tryStream(link, reader, lease);
  await trySeams(send);
  await using commands = new ShardCommands({ send });
  assertEquals(await commands.send(5, { op: 3, d: null }).catch(({ code }) => code), "noOwner");
}

async function tryStream(link: RedisLink, reader: TestClient, lease: Lease): Promise<void> {
  const source = new EventSource({ send: (command) => link.command(command), read: reader.send });
  const seen: string[] = [];
  source.listen("MESSAGE_CREATE", ({ content }) => seen.push(String(content)));
  await source.start();
  const failed = (error: unknown): void => console.log(error);
  const publisher = new Publisher({
    link,
    lease,
    maxLength: 100,
    queueLength: 10_000,
    overflowed() {},
    failed,
  });
  assertEquals(await publisher.open(), { session: "", sequence: 0 });
  const textOf = (content: string): string =>
    JSON.stringify({ t: "MESSAGE_CREATE", s: 1, op: 0, d: { content } });
  for (const [index, content] of ["für", "雪", "🎉"].entries()) {
    publisher.push({ sequence: index + 1, name: "MESSAGE_CREATE", text: textOf(content) });
  }
  await until(() => seen.length === 3, "three events");
  assertEquals(seen, ["für", "雪", "🎉"]);
  await until(() => source.inHand === 0, "their acknowledgement");
  const [lag] = await source.lag();
  assertEquals(lag, { shardId: 0, length: 3, waiting: 0, pending: 0, dropped: 0 });
  await source.close();
}

async function trySeams(send: TestClient["send"]): Promise<void> {
  const store = new RedisSessionStore({ send });
  assertEquals(await store.load(0), undefined);
  const session = {
    sessionId: "für 雪",
    resumeGatewayUrl: "wss://a.b",
    sequence: 7,
    shardId: 0,
    shardCount: 1,
    intents: 1,
    tokenFingerprint: "f",
  };
  await store.save(0, session);
  assertEquals(await store.load(0), session);
  const queue = new RedisIdentifyQueue({ send });
  await queue.acquire(0, { signal: AbortSignal.timeout(5_000) });
  await queue.close();
  const reservations = new RedisReservations({ send });
  const reservation = await reservations.reserve({ routeKey: "GET /x", majorKey: "", bodyKeys: [] });
  assert("ticket" in reservation);
  await reservations.settle(reservation.ticket, { headers: undefined, isSuccess: true });
  const limiter = new RedisGlobalRateLimiter({ send });
  const permit = await limiter.acquire();
  permit.send();
  permit.release(10);
  limiter.close(new Error("closed"));
}
