import { assertEquals } from "@std/assert";
import type { GatewayPresence } from "../../discord.ts";
import { KeptPresence } from "../../redis/kept_presence.ts";
import { Lease } from "../../redis/lease.ts";
import { Publisher } from "../../redis/publisher.ts";
import { RedisLink } from "../../redis/redis_link.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { Line } from "./model/network.ts";
import { RedisModel } from "./model/redis_model.ts";

const clock = new VirtualClock();
const idle: GatewayPresence = { since: null, activities: [], status: "idle", afk: false };
const ready = { sequence: 1, name: "READY", text: "{}", session: { sessionId: "s", json: '{"a":1}' } };

/** Who has shard 0 with this fence. */
async function ownerOf(redis: RedisModel, fence: number) {
  const link = new RedisLink({ send: new Line(redis, 0).send, clock });
  const publisher = new Publisher({
    link,
    lease: new Lease(0, "m", fence, () => false),
    maxLength: 100,
    queueLength: 1_000,
    overflowed() {},
    failed() {},
  });
  await publisher.open();
  return { publisher, presences: new KeptPresence(link, 0, publisher) };
}

Deno.test("KeptPresence gives the next owner what was kept, also while a session began", async () => {
  const redis = new RedisModel(clock);
  const { publisher, presences } = await ownerOf(redis, 7);
  assertEquals(await presences.load(), undefined);
  publisher.push(ready);
  await presences.keep(idle);
  assertEquals([publisher.fence, await presences.load()], [8, idle]);
  const { presences: next } = await ownerOf(redis, 9);
  assertEquals(await next.load(), idle);
});

Deno.test("KeptPresence keeps nothing for who has lost the shard", async () => {
  const redis = new RedisModel(clock);
  const { presences: old } = await ownerOf(redis, 7);
  const { presences: young } = await ownerOf(redis, 8);
  await young.keep(idle);
  await old.keep({ ...idle, status: "dnd" });
  assertEquals(await young.load(), idle);
});

Deno.test("KeptPresence gives nothing where what was kept is no presence", async () => {
  const redis = new RedisModel(clock);
  const { presences } = await ownerOf(redis, 7);
  for (const wrong of ["nonsense", "[]", '{"status":"gone"}']) {
    redis.execute(["HSET", "{nextcore:0}:session", "presence", wrong]);
    assertEquals(await presences.load(), undefined);
  }
});
