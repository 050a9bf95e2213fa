import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { sleep } from "../../clock.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";

Deno.test("VirtualClock fires timers in order, each at its exact instant", async () => {
  const clock = new VirtualClock();
  const fired: [string, number][] = [];
  for (const [name, delayMs] of [["c", 30], ["a", 10], ["b", 20], ["a2", 10]] as const) {
    clock.setTimeout(() => fired.push([name, clock.now()]), delayMs);
  }
  await clock.advance(20);
  assertEquals(fired, [["a", 10], ["a2", 10], ["b", 20]]);
  assertEquals(clock.pendingTimers, 1);
  await clock.advance(10);
  assertEquals(fired.at(-1), ["c", 30]);
});

Deno.test("VirtualClock lets promise chains settle between two timers", async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  async function chain(): Promise<void> {
    for (let step = 0; step < 50; step++) await undefined;
    log.push("chain");
    await sleep(clock, 1);
    log.push("slept");
  }
  clock.setTimeout(() => void chain(), 1);
  clock.setTimeout(() => log.push("late"), 3);
  await clock.advance(3);
  assertEquals(log, ["chain", "slept", "late"]);
});

Deno.test("VirtualClock prevents a timer that was disposed of", async () => {
  const clock = new VirtualClock();
  const timers = [5, 5, 5].map((delayMs) => clock.setTimeout(() => fired++, delayMs));
  let fired = 0;
  timers[1]?.[Symbol.dispose]();
  timers[1]?.[Symbol.dispose]();
  assertEquals(clock.pendingTimers, 2);
  await clock.advance(5);
  assertEquals(fired, 2);
  timers[0]?.[Symbol.dispose]();
});

Deno.test("VirtualClock runs until a promise settles, and no further", async () => {
  const clock = new VirtualClock();
  clock.setTimeout(() => {}, 10_000);
  assertEquals(await clock.runUntil(sleep(clock, 5_000).then(() => "done")), "done");
  assertEquals(clock.now(), 5_000);
  await assertRejects(() => clock.runUntil(Promise.reject(new TypeError("no"))), TypeError, "no");
});

Deno.test("VirtualClock says when a promise can never settle, and when the limit is reached", async () => {
  const clock = new VirtualClock();
  await assertRejects(() => clock.runUntil(new Promise(() => {})), Error, "no timer is left");
  clock.setTimeout(() => {}, 11);
  await assertRejects(() => clock.runUntil(new Promise(() => {}), { limitMs: 10 }), Error, "within 10 ms");
  await clock.advance(11);
});

Deno.test("VirtualClock brings a compressed stream and a Response's body through without time passing", async () => {
  const clock = new VirtualClock();
  const stream = new Blob(["ping"]).stream().pipeThrough(new CompressionStream("deflate"))
    .pipeThrough(new DecompressionStream("deflate"));
  assertEquals(await clock.runUntil(new Response(stream).text()), "ping");
  assertEquals(clock.now(), 0);
});

Deno.test("VirtualClock moves the wall apart from its own time", async () => {
  const clock = new VirtualClock({ wallAt: 1_000 });
  await clock.advance(500);
  assertEquals([clock.now(), clock.wallNow()], [500, 1_500]);
  clock.jumpWall(-86_400_000);
  assertEquals([clock.now(), clock.wallNow()], [500, 1_500 - 86_400_000]);
});

Deno.test("VirtualClock refuses what it cannot do", async () => {
  const clock = new VirtualClock();
  assertThrows(() => clock.setTimeout(() => {}, NaN), RangeError, "delayMs");
  await assertRejects(() => clock.advance(-1), RangeError, "ms is -1");
  const first = clock.advance(1);
  await assertRejects(() => clock.advance(1), Error, "already moving");
  await first;
});
