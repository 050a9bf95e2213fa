import { assertEquals } from "@std/assert";
import { Deadlines, type Timed } from "../../http/deadlines.ts";
import { VirtualClock } from "../../testing/mod.ts";

interface Run extends Timed {
  deadlineAt: number;
}

function watched(): { clock: VirtualClock; start(name: string, deadlineAt: number): Run; expired: string[] } {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const expired: string[] = [];
  const start = (name: string, deadlineAt: number): Run => {
    const run: Run = {
      place: -1,
      deadlineAt,
      expire: () => {
        expired.push(`${name} ${Math.round(clock.now())}`);
        deadlines.delete(run);
      },
    };
    deadlines.add(run, clock.now());
    return run;
  };
  return { clock, start, expired };
}

Deno.test("Deadlines ends each when it takes too long, with one timer (B3.2, B9.1)", async () => {
  const { clock, start, expired } = watched();
  start("late", 300);
  start("early", 100);
  start("same", 100);
  start("never", Infinity);
  assertEquals(clock.pendingTimers, 1);
  await clock.advance(1000);
  assertEquals(expired, ["early 100", "same 100", "late 300"]);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Deadlines lets go of its timer with the last that runs", async () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const runs = [100, 200].map((deadlineAt): Run => ({ place: -1, deadlineAt, expire: () => {} }));
  for (const run of runs) deadlines.add(run, 0);
  for (const run of runs) {
    assertEquals(clock.pendingTimers, 1);
    deadlines.delete(run);
    deadlines.delete(run);
  }
  assertEquals(clock.pendingTimers, 0);
  await clock.advance(1000);
});

Deno.test("Deadlines waits on where an upload goes on (A14.8)", async () => {
  const { clock, start, expired } = watched();
  const upload = start("upload", 100);
  await clock.advance(90);
  upload.deadlineAt = 190;
  await clock.advance(90);
  assertEquals(expired, []);
  await clock.advance(20);
  assertEquals(expired, ["upload 190"]);
});

Deno.test("Deadlines minds what begins while others end", async () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const expired: number[] = [];
  const endAt = (deadlineAt: number, then?: () => void): Timed => {
    const timed: Timed = {
      place: -1,
      deadlineAt,
      expire: () => {
        expired.push(clock.now());
        deadlines.delete(timed);
        then?.();
      },
    };
    return timed;
  };
  deadlines.add(endAt(100, () => deadlines.add(endAt(150), clock.now())), 0);
  deadlines.add(endAt(1000), 0);
  await clock.advance(2000);
  assertEquals([expired, clock.pendingTimers], [[100, 150, 1000], 0]);
});
