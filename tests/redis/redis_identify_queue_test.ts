import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { RedisIdentifyQueue, type RedisIdentifyQueueOptions } from "../../redis/mod.ts";
import { identifyQueueConformance, VirtualClock } from "../../testing/mod.ts";
import { testConformance } from "../conformance/conformance_tests.ts";
import { Line } from "./model/network.ts";
import { RedisModel } from "./model/redis_model.ts";

const closers = new WeakMap<object, () => Promise<void>>();

testConformance(
  "RedisIdentifyQueue",
  identifyQueueConformance({
    create(clock) {
      const queue = new RedisIdentifyQueue({ send: new Line(new RedisModel(clock), 0).send, clock });
      closers.set(queue, () => queue.close());
      return queue;
    },
    close: (queue) => closers.get(queue)?.(),
  }),
);

/** Queues of several processes over one Redis, in virtual time. */
class Processes {
  readonly clock = new VirtualClock();
  readonly redis = new RedisModel(this.clock);
  readonly turns: { readonly key: number; readonly at: number }[] = [];
  readonly #limits = { maxConcurrency: 2, total: 1_000, remaining: 1_000, resetAfterMs: 86_400_000 };

  queue(options: Partial<RedisIdentifyQueueOptions> = {}, line: Line = new Line(this.redis, 5)) {
    const queue = new RedisIdentifyQueue({ send: line.send, clock: this.clock, ...options });
    queue.update(this.#limits);
    return queue;
  }

  async take(queue: RedisIdentifyQueue, shardId: number): Promise<void> {
    await queue.acquire(shardId, { signal: new AbortController().signal });
    this.turns.push({ key: shardId % 2, at: this.clock.now() });
  }

  check(): void {
    for (const [key, turns] of Map.groupBy(this.turns, ({ key }) => key)) {
      const sorted = turns.map(({ at }) => at).toSorted((one, other) => one - other);
      for (const [index, at] of sorted.entries()) {
        const distanceMs = at - (sorted[index - 1] ?? -Infinity);
        assert(distanceMs >= 5_000, `two shards of key ${key} identified ${distanceMs} ms apart`);
      }
    }
  }
}

Deno.test("RedisIdentifyQueue keeps shards of one key apart over all processes (ID-2)", async () => {
  const fleet = new Processes();
  const queues = [fleet.queue(), fleet.queue(), fleet.queue()];
  const all = Promise.all(
    queues.flatMap((queue, at) => [0, 1, 2, 3].map((id) => fleet.take(queue, at * 4 + id))),
  );
  await fleet.clock.runUntil(all);
  fleet.check();
  assertEquals(fleet.turns.length, 12);
  // Two keys, six turns each: nothing is wasted.
  assert(fleet.clock.now() < 5 * 5_300 + 1_000, `it took ${fleet.clock.now()} ms`);
});

Deno.test("RedisIdentifyQueue lets a turn go that comes too late, and takes another (ID-3)", async () => {
  const fleet = new Processes();
  const line = new Line(fleet.redis, 5);
  const slow = fleet.queue({}, line);
  await fleet.clock.advance(100); // It knows the limits.
  line.delayMs = 800;
  const late = fleet.take(slow, 0);
  const other = fleet.take(fleet.queue(), 2);
  await fleet.clock.runUntil(Promise.all([late, other]));
  fleet.check();
});

Deno.test("RedisIdentifyQueue gives nobody a turn while Redis does not answer", async () => {
  const fleet = new Processes();
  const line = new Line(fleet.redis, 5);
  const errors: unknown[] = [];
  const queue = fleet.queue({ failed: (error) => errors.push(error), timeoutMs: 1_000 }, line);
  line.split();
  const turn = fleet.take(queue, 0);
  await fleet.clock.advance(10_000);
  assertEquals(fleet.turns.length, 0);
  assert(errors.length > 0);
  line.heal();
  await fleet.clock.runUntil(turn);
  await fleet.clock.runUntil(queue.close());
});

Deno.test("RedisIdentifyQueue counts the sessions of the day over all processes, and holds some back (ID-6)", async () => {
  const fleet = new Processes();
  const queues = [fleet.queue({ reserve: 2 }), fleet.queue({ reserve: 2 })];
  for (const queue of queues) {
    queue.update({ maxConcurrency: 2, total: 1_000, remaining: 4, resetAfterMs: 3_600_000 });
  }
  await fleet.clock.advance(100);
  let taken = 0;
  const all = Promise.all([0, 1, 2].map(async (id) => {
    await fleet.take(queues[id % 2] ?? fleet.queue(), id);
    taken += 1;
  }));
  await fleet.clock.advance(60_000);
  assertEquals(taken, 2);
  await fleet.clock.runUntil(all, { limitMs: 3_700_000 });
  assert(fleet.clock.now() >= 3_600_000);
});

Deno.test("RedisIdentifyQueue loses one turn at most where a process dies that had reserved it", async () => {
  const fleet = new Processes();
  const dead = fleet.queue();
  await fleet.clock.runUntil(fleet.take(dead, 0));
  const line = new Line(fleet.redis, 5);
  const dying = fleet.queue({}, line);
  fleet.take(dying, 2).catch(() => {}); // It is told when it dies.
  await fleet.clock.advance(100);
  line.split(); // Its turn comes, and it does nothing with it.
  void dying.close();
  const before = fleet.clock.now();
  await fleet.clock.runUntil(fleet.take(fleet.queue(), 4));
  assert(fleet.clock.now() - before <= 2 * 5_400);
  fleet.check();
});

Deno.test("RedisIdentifyQueue refuses what can't be right", () => {
  const queue = new RedisIdentifyQueue({ send: () => Promise.resolve() });
  for (const maxConcurrency of [0, -1, 0.5, NaN]) {
    assertThrows(() => queue.update({ maxConcurrency, total: 1, remaining: 1, resetAfterMs: 0 }), RangeError);
  }
  assertThrows(() => new RedisIdentifyQueue({ send: () => Promise.resolve(), reserve: -1 }), RangeError);
});

Deno.test("RedisIdentifyQueue spends no session of the day on answers that do not come (ID-6)", async () => {
  const fleet = new Processes();
  const lines = [0, 1, 2].map(() => new Line(fleet.redis, 5));
  const queues = lines.map((line) => fleet.queue({ timeoutMs: 1_000 }, line));
  await fleet.clock.advance(100);
  for (const line of lines) line.delayMs = 700; // Each command is carried out, and answered too late.
  const turns = queues.map((queue, at) => fleet.take(queue, at * 2));
  await fleet.clock.advance(120_000);
  assertEquals(fleet.turns.length, 0);
  for (const line of lines) line.delayMs = 5;
  const before = fleet.clock.now();
  await fleet.clock.runUntil(Promise.all(turns));
  fleet.check();
  assert(fleet.clock.now() - before < 40_000, `it took ${fleet.clock.now() - before} ms`);
  assertEquals(fleet.redis.execute(["HGET", "{nextcore}:budget", "remaining"]), "997");
});

Deno.test("RedisIdentifyQueue uses the turn whose answer was lost", async () => {
  const fleet = new Processes();
  const inner = new Line(fleet.redis, 5);
  let isLost = false;
  const queue = fleet.queue({
    timeoutMs: 1_000,
    send: async (command) => {
      const reply = await inner.send(command);
      if (!isLost && Array.isArray(reply) && reply[0] === "ok") {
        isLost = true;
        throw new Error("The connection has ended");
      }
      return reply;
    },
  });
  await fleet.clock.runUntil(fleet.take(fleet.queue(), 0));
  await fleet.clock.runUntil(fleet.take(queue, 2));
  assert(isLost);
  fleet.check();
  assert(fleet.clock.now() < 6_000, "it did not have to wait for another");
  assertEquals(fleet.redis.execute(["HGET", "{nextcore}:budget", "remaining"]), "998");
});

Deno.test("RedisIdentifyQueue that is closed ends all waits, and waits until what it had is given back", async () => {
  const fleet = new Processes();
  const queue = fleet.queue();
  await fleet.clock.runUntil(fleet.take(queue, 0));
  const waits = [2, 4].map((shardId) => fleet.take(queue, shardId));
  await fleet.clock.advance(1_000);
  assertEquals(fleet.redis.execute(["HGET", "{nextcore}:budget", "remaining"]), "998");
  const closing = queue.close();
  for (const wait of waits) await assertRejects(() => wait, DOMException, "closed");
  await fleet.clock.runUntil(closing);
  assertEquals(fleet.redis.execute(["HGET", "{nextcore}:budget", "remaining"]), "999");
  await assertRejects(() => fleet.take(queue, 0), DOMException, "closed");
});
