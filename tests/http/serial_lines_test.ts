import { assertEquals, assertRejects } from "@std/assert";
import { SerialLines, type SerialWait } from "../../http/serial_lines.ts";
import { VirtualClock } from "../../testing/mod.ts";

const never: SerialWait = {
  signal: new AbortController().signal,
  maxWaitMs: Infinity,
  late: () => new Error("too late"),
};

Deno.test("SerialLines gives one turn of a key at a time, in order (B7.3)", async () => {
  const lines = new SerialLines(new VirtualClock());
  const order: number[] = [];
  const first = await lines.enter("a", never);
  assertEquals(lines.size, 1);
  const others = [1, 2].map(async (number) => {
    const turn = await lines.enter("a", never);
    order.push(number);
    turn[Symbol.dispose]();
  });
  (await lines.enter("b", never))[Symbol.dispose]();
  assertEquals(order, []);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await Promise.all(others);
  assertEquals(order, [1, 2]);
  assertEquals(lines.size, 0);
});

Deno.test("SerialLines lets those in line leave without a hole (B8)", async () => {
  const lines = new SerialLines(new VirtualClock());
  const first = await lines.enter("a", never);
  const stop = new AbortController();
  const gone = assertRejects(() => lines.enter("a", { ...never, signal: stop.signal }), Error, "enough");
  const last = lines.enter("a", never);
  stop.abort(new Error("enough"));
  await gone;
  first[Symbol.dispose]();
  (await last)[Symbol.dispose]();
  assertEquals(lines.size, 0);
  await assertRejects(() => lines.enter("a", { ...never, signal: stop.signal }), Error, "enough");
  assertEquals(lines.size, 0);
});

Deno.test("SerialLines lets nobody wait for a turn longer than it may (B3.3, B7.3, C17)", async () => {
  const clock = new VirtualClock();
  const lines = new SerialLines(clock);
  const first = await lines.enter("a", { ...never, maxWaitMs: 0 });
  await assertRejects(() => lines.enter("a", { ...never, maxWaitMs: 0 }), Error, "too late");
  assertEquals(clock.pendingTimers, 0);
  const late = assertRejects(() => lines.enter("a", { ...never, maxWaitMs: 500 }), Error, "too late");
  const patient = lines.enter("a", { ...never, maxWaitMs: 501 });
  await clock.advance(500);
  await late;
  first[Symbol.dispose]();
  (await patient)[Symbol.dispose]();
  assertEquals([lines.size, clock.pendingTimers], [0, 0]);
});

Deno.test("SerialLines passes a turn on that comes in the moment of an abort (B8)", async () => {
  const lines = new SerialLines(new VirtualClock());
  const first = await lines.enter("a", never);
  const stop = new AbortController();
  const second = lines.enter("a", { ...never, signal: stop.signal });
  const third = lines.enter("a", never);
  first[Symbol.dispose]();
  stop.abort();
  let isThird = false;
  const after = third.then((turn) => {
    isThird = true;
    turn[Symbol.dispose]();
  });
  const turn = await second;
  for (let time = 0; time < 9; time++) await undefined;
  assertEquals(isThird, false, "they would overlap");
  turn[Symbol.dispose]();
  await after;
  assertEquals(lines.size, 0);
});
