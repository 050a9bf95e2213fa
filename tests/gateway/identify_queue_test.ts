import { assert, assertEquals, assertGreaterOrEqual, assertRejects, assertThrows } from "@std/assert";
import { LocalIdentifyQueue } from "../../gateway/identify_queue.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { seededRandom } from "./seeded_random.ts";

/** A queue for `maxConcurrency` keys that notes who got a turn, and when. */
class Bench {
  readonly clock = new VirtualClock();
  readonly queue = new LocalIdentifyQueue({ clock: this.clock });
  readonly turns: { readonly shardId: number; readonly at: number }[] = [];

  constructor(maxConcurrency: number) {
    this.limit(maxConcurrency);
  }

  limit(maxConcurrency: number): void {
    this.queue.update({ maxConcurrency, total: 1000, remaining: 1000, resetAfterMs: 0 });
  }

  /** Asks for turns; those that abort are not noted. */
  ask(shardIds: readonly number[], signal: AbortSignal = new AbortController().signal): void {
    for (const shardId of shardIds) {
      this.queue.acquire(shardId, { signal }).then(
        () => this.turns.push({ shardId, at: this.clock.now() }),
        () => {},
      );
    }
  }

  get order(): number[] {
    return this.turns.map(({ shardId }) => shardId);
  }
}

Deno.test("LocalIdentifyQueue gives two shards of the same key turns five seconds apart (ID-2, ID-3)", async () => {
  const bench = new Bench(1);
  bench.ask([0, 1]);
  await bench.clock.advance(5_000);
  assertEquals(bench.order, [0]);
  await bench.clock.advance(1_000);
  assertEquals(bench.order, [0, 1]);
  const [first, second] = bench.turns;
  assert(first !== undefined && second !== undefined);
  assertGreaterOrEqual(second.at - first.at, 5_250); // With a margin for the way.
});

Deno.test("LocalIdentifyQueue lets different keys identify at once (ID-2, ID-4)", async () => {
  const bench = new Bench(16);
  bench.ask(Array.from({ length: 16 }, (_, shardId) => shardId));
  await bench.clock.advance(0);
  assertEquals(bench.turns.length, 16);
});

Deno.test("LocalIdentifyQueue serves lower ids first, whoever asked first (ID-4)", async () => {
  const bench = new Bench(2);
  bench.ask([4, 0]); // 4 has the first turn: nobody else was there.
  bench.ask([6, 3, 2, 5, 1]);
  await bench.clock.advance(60_000);
  assertEquals(bench.order.filter((shardId) => shardId % 2 === 0), [4, 0, 2, 6]);
  assertEquals(bench.order.filter((shardId) => shardId % 2 === 1), [3, 1, 5]);
});

Deno.test("LocalIdentifyQueue makes a shard wait that has just identified itself (ID-5)", async () => {
  const bench = new Bench(1);
  bench.ask([0]);
  await bench.clock.advance(1_000);
  bench.ask([0]);
  await bench.clock.advance(3_999);
  assertEquals(bench.turns.length, 1);
  await bench.clock.advance(1_000);
  assertEquals(bench.turns.length, 2);
});

Deno.test("LocalIdentifyQueue serves at once who asks after the window (ID-2)", async () => {
  const bench = new Bench(1);
  bench.ask([0]);
  await bench.clock.advance(10_000);
  bench.ask([1]);
  await bench.clock.advance(0);
  assertEquals(bench.turns, [{ shardId: 0, at: 0 }, { shardId: 1, at: 10_000 }]);
});

Deno.test("LocalIdentifyQueue takes no turn for a waiter that aborts (SM-7)", async () => {
  const bench = new Bench(1);
  const controller = new AbortController();
  bench.ask([0]);
  bench.ask([1], controller.signal);
  bench.ask([2]);
  await bench.clock.advance(1_000);
  controller.abort();
  await bench.clock.advance(4_500);
  assertEquals(bench.order, [0, 2]);
});

Deno.test("LocalIdentifyQueue rejects with the signal's reason, before and during the wait (SM-7)", async () => {
  const { queue, clock } = new Bench(1);
  const reason = new Error("gone");
  const none = new AbortController().signal;
  await assertRejects(() => queue.acquire(0, { signal: AbortSignal.abort(reason) }), Error, "gone");
  assertEquals(clock.pendingTimers, 0);
  await queue.acquire(0, { signal: none }); // The aborted one has used nothing.
  const controller = new AbortController();
  const waiting = queue.acquire(1, { signal: controller.signal });
  controller.abort(reason);
  await assertRejects(() => waiting, Error, "gone");
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("LocalIdentifyQueue leaves no timer and no listener when nobody waits (WS-10)", async () => {
  const bench = new Bench(1);
  const controller = new AbortController();
  bench.ask([0, 1], controller.signal);
  assertEquals(bench.clock.pendingTimers, 1);
  await bench.clock.advance(6_000);
  assertEquals(bench.turns.length, 2);
  assertEquals(bench.clock.pendingTimers, 0);
  controller.abort(); // Too late to matter.
  bench.ask([2]);
  await bench.clock.advance(6_000);
  assertEquals(bench.order, [0, 1, 2]);
});

Deno.test("LocalIdentifyQueue serves those who wait when maxConcurrency grows (ID-8)", async () => {
  const bench = new Bench(1);
  bench.ask([0, 1, 2, 3]);
  await bench.clock.advance(1_000);
  bench.limit(4);
  await bench.clock.advance(3_999);
  assertEquals(bench.order, [0]); // The turn that was used may have been of any of the new keys.
  await bench.clock.advance(1_000);
  assertEquals(bench.order, [0, 1, 2, 3]);
});

Deno.test("LocalIdentifyQueue stays within the new limit when maxConcurrency shrinks (ID-8)", async () => {
  const bench = new Bench(4);
  bench.ask([0, 1, 2, 3]);
  await bench.clock.advance(0);
  bench.limit(1);
  bench.ask([4]);
  await bench.clock.advance(5_000);
  assertEquals(bench.turns.length, 4);
  await bench.clock.advance(1_000);
  assertEquals(bench.turns.length, 5);
});

Deno.test("LocalIdentifyQueue is not disturbed by an update that changes nothing (ID-8)", async () => {
  const bench = new Bench(2);
  bench.ask([0]);
  await bench.clock.advance(0);
  bench.limit(2);
  bench.ask([1, 2]);
  await bench.clock.advance(0);
  assertEquals(bench.order, [0, 1]);
});

Deno.test("LocalIdentifyQueue takes an absurd maxConcurrency without counting to it (ID-8)", async () => {
  const bench = new Bench(1);
  bench.ask([0, 1, 2]);
  bench.limit(Number.MAX_SAFE_INTEGER);
  await bench.clock.advance(5_000);
  assertEquals(bench.order, [0]);
  bench.limit(Number.MAX_SAFE_INTEGER - 1); // What is still closed stays so.
  await bench.clock.advance(299);
  assertEquals(bench.order, [0]);
  await bench.clock.advance(1);
  assertEquals(bench.order, [0, 1, 2]);
});

Deno.test("LocalIdentifyQueue refuses a maxConcurrency that is no positive integer", () => {
  const bench = new Bench(1);
  for (const value of [0, -1, 1.5, NaN, Infinity]) assertThrows(() => bench.limit(value), RangeError);
});

Deno.test("LocalIdentifyQueue never gives a key two turns within five seconds, and serves all (ID-2)", async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = seededRandom(seed);
    const keys = 1 + Math.floor(random() * 4);
    const bench = new Bench(keys);
    let asked = 0;
    for (let step = 0; step < 40; step += 1) {
      const controller = new AbortController();
      bench.ask([Math.floor(random() * 12)], controller.signal);
      await bench.clock.advance(random() * 3_000);
      if (random() < 0.2) controller.abort();
      else asked += 1;
    }
    await bench.clock.advance(40 * 6_000);
    assertGreaterOrEqual(bench.turns.length, asked, `seed ${seed}`);
    const lastAt = new Map<number, number>();
    for (const { shardId, at } of bench.turns) {
      assertGreaterOrEqual(at - (lastAt.get(shardId % keys) ?? -Infinity), 5_000, `seed ${seed}`);
      lastAt.set(shardId % keys, at);
    }
    assertEquals(bench.clock.pendingTimers, 0);
  }
});
