import { assertEquals, assertThrows } from "@std/assert";
import { Alarm, Alarms } from "../../gateway/alarms.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { seededRandom } from "./seeded_random.ts";

Deno.test("Alarms ring at the last instant that was set, in order, and leave no timer", async () => {
  const clock = new VirtualClock();
  const alarms = new Alarms(clock);
  const random = seededRandom(3);
  const rung: [number, number][] = [];
  const expected: [number, number][] = [];
  const all = Array.from({ length: 50 }, (_, id) => new Alarm(alarms, () => rung.push([clock.now(), id])));
  for (let change = 0; change < 500; change += 1) {
    const alarm = all[Math.floor(random() * all.length)];
    alarm?.set(random() < 0.2 ? Infinity : Math.floor(random() * 1e6) + change / 1_000);
  }
  for (const [id, { at }] of all.entries()) if (at !== Infinity) expected.push([at, id]);
  assertEquals(clock.pendingTimers, 1);
  await clock.advance(2e6);
  assertEquals(rung, expected.toSorted(([one], [other]) => one - other));
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Alarms do not ring when another one that is due with them has set them off", async () => {
  const clock = new VirtualClock();
  const alarms = new Alarms(clock);
  const rung: string[] = [];
  const other = new Alarm(alarms, () => rung.push("other"));
  const first = new Alarm(alarms, () => {
    rung.push("first");
    other.set(Infinity);
  });
  first.set(10);
  other.set(10);
  await clock.advance(20);
  assertEquals(rung, ["first"]);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Alarms let the program go on between two rings of one that is always due", () => {
  const due: (() => void)[] = [];
  const clock = {
    now: () => 5,
    wallNow: () => 0,
    setTimeout: (callback: () => void) => (due.push(callback), { [Symbol.dispose]() {} }),
  };
  let count = 0;
  const alarm: Alarm = new Alarm(new Alarms(clock), () => {
    count += 1;
    alarm.set(0);
  });
  alarm.set(0);
  due.shift()?.();
  assertEquals([count, due.length], [1, 1]);
});

Deno.test("Alarms ring though one before them has thrown", () => {
  const due: (() => void)[] = [];
  const clock = {
    now: () => 5,
    wallNow: () => 0,
    setTimeout: (callback: () => void) => (due.push(callback), { [Symbol.dispose]() {} }),
  };
  const alarms = new Alarms(clock);
  let isRung = false;
  new Alarm(alarms, () => {
    throw new Error("no");
  }).set(1);
  new Alarm(alarms, () => isRung = true).set(2);
  assertThrows(() => due.shift()?.(), Error, "no");
  due.pop()?.();
  assertEquals(isRung, true);
});
