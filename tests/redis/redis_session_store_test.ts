import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type StoredSession, systemClock } from "../../mod.ts";
import { LeaseLostError, RedisSessionStore } from "../../redis/mod.ts";
import { sessionStoreConformance, VirtualClock } from "../../testing/mod.ts";
import { testConformance } from "../conformance/conformance_tests.ts";
import { Line } from "./model/network.ts";
import { RedisModel } from "./model/redis_model.ts";
import { reason, RedisServer, redisTest } from "./redis_server.ts";

const session: StoredSession = {
  sessionId: "s",
  resumeGatewayUrl: undefined,
  sequence: 1,
  shardId: 0,
  shardCount: 1,
  intents: 0,
  tokenFingerprint: "",
};

const servers = new WeakMap<object, RedisServer>();

testConformance(
  "RedisSessionStore",
  sessionStoreConformance({
    async create() {
      const server = await RedisServer.start();
      const store = new RedisSessionStore({ send: server.sender() });
      servers.set(store, server);
      return store;
    },
    reopen(store) {
      const server = servers.get(store);
      return server === undefined ? store : new RedisSessionStore({ send: server.sender() });
    },
    join(store) {
      const server = servers.get(store);
      return server === undefined ? store : new RedisSessionStore({ send: server.sender() });
    },
    close: (store) => servers.get(store)?.[Symbol.asyncDispose](),
  }),
  reason,
);

testConformance(
  "RedisSessionStore over the model",
  sessionStoreConformance({
    create: () => new RedisSessionStore({ send: new Line(new RedisModel(systemClock), 0).send }),
  }),
);

redisTest("RedisSessionStore keeps nothing for who has lost the shard", async (server) => {
  const old = new RedisSessionStore({ send: server.sender(), fenceOf: () => 7 });
  const young = new RedisSessionStore({ send: server.sender(), fenceOf: () => 8 });
  await old.save(0, session);
  await young.save(0, { ...session, sequence: 2 });
  await assertRejects(() => old.save(0, { ...session, sequence: 3 }), LeaseLostError);
  await assertRejects(() => old.clear(0), LeaseLostError);
  assertEquals((await young.load(0))?.sequence, 2);
  await young.clear(0);
  await assertRejects(() => old.save(0, session), LeaseLostError);
});

Deno.test("RedisSessionStore sends what is saved together as one command, and only the last of each shard", async () => {
  const line = new Line(new RedisModel(systemClock), 0);
  const commands: string[] = [];
  line.onCommand = (name) => commands.push(name);
  const store = new RedisSessionStore({ send: line.send });
  await store.save(0, session);
  commands.length = 0;
  const saves = [0, 1, 2].flatMap((id) =>
    [1, 2].map((sequence) => store.save(id, { ...session, shardId: id, sequence }))
  );
  await Promise.all(saves);
  assertEquals(commands, ["EVALSHA"]);
  assertEquals((await store.load(2))?.sequence, 2);
});

Deno.test("RedisSessionStore rejects what Redis could not keep, and keeps what comes after", async () => {
  const redis = new RedisModel(systemClock);
  const store = new RedisSessionStore({ send: new Line(redis, 0).send });
  redis.isFull = true;
  await assertRejects(async () => await store.save(0, session), Error, "OOM");
  redis.isFull = false;
  await store.save(0, session);
  assertThrows(() => new RedisSessionStore({ send: () => Promise.resolve(), gatherMs: -1 }), RangeError);
});

Deno.test("RedisSessionStore keeps sessions beside and over a record that is none", async () => {
  const clock = new VirtualClock();
  const redis = new RedisModel(clock);
  redis.execute(["HSET", "{nextcore}:sessions", "0", "garbage", "1", "7:{"]);
  const store = new RedisSessionStore({ send: new Line(redis, 0).send, clock });
  assertEquals(await store.load(0), undefined);
  assertEquals(await store.load(1), undefined);
  await clock.runUntil(
    Promise.all([
      store.save(0, { ...session, sequence: 3 }),
      store.save(2, { ...session, shardId: 2, sequence: 4 }),
    ]),
  );
  assertEquals((await store.load(0))?.sequence, 3);
  assertEquals((await store.load(2))?.sequence, 4);
});
