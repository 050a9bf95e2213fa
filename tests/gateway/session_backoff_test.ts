import { assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { SessionBench } from "./session_bench.ts";
import { seededRandom } from "./seeded_random.ts";

/** How long the session waits now. */
function waitMs(bench: SessionBench): number {
  return bench.session.wakeAt - bench.now;
}

Deno.test("Session backs off with full jitter, doubling up to a minute (BO-1)", () => {
  for (const chance of [1, 0.5, 0.1, 0]) {
    const bench = new SessionBench();
    bench.chance = chance;
    bench.on("start");
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      bench.close(1006);
      waits.push(waitMs(bench));
      bench.wake();
    }
    const caps = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000];
    assertEquals(waits.map(Math.round), caps.map((cap) => cap * chance));
  }
});

Deno.test("Session backs off for days without overflow (BO-1)", () => {
  const bench = new SessionBench();
  bench.chance = 1;
  bench.on("start");
  for (let attempt = 0; attempt < 3_000; attempt += 1) {
    bench.close(1006);
    assertLessOrEqual(waitMs(bench), 60_000);
    bench.wake();
  }
  assertEquals((bench.close(1006), Math.round(waitMs(bench))), 60_000);
});

Deno.test("Session comes back within a second after a healthy connection (BO-1, BO-2)", () => {
  const bench = SessionBench.ready();
  bench.chance = 1;
  for (let attempt = 0; attempt < 5; attempt += 1) (bench.close(1006), bench.wake());
  bench.greet();
  bench.dispatch("RESUMED", 2);
  bench.live(60_000);
  bench.close(1006);
  assertEquals(waitMs(bench), 1_000);
});

Deno.test("Session keeps backing off when connections die before they were ready for a minute (BO-2)", () => {
  const bench = SessionBench.ready();
  bench.chance = 1;
  const waits: number[] = [];
  for (let s = 2; s < 8; s += 1) {
    bench.live(59_999);
    bench.close(1006);
    waits.push(waitMs(bench));
    bench.wake();
    bench.on("opened");
    bench.hello();
    bench.dispatch("RESUMED", s);
  }
  assertEquals(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000]);
});

Deno.test("Session counts the minute from READY or RESUMED, not from HELLO (BO-2)", () => {
  const bench = SessionBench.resuming();
  bench.chance = 1;
  bench.close(1006);
  bench.wake();
  bench.greet();
  for (let s = 43; s < 50; s += 1) (bench.live(20_000), bench.dispatch("X", s)); // A long replay.
  bench.close(1006);
  assertEquals(waitMs(bench), 2_000);
});

Deno.test("Session backs off up to ten minutes between new sessions (BO-3)", () => {
  const bench = new SessionBench();
  bench.chance = 1;
  bench.on("start");
  const waits: number[] = [];
  for (let attempt = 0; attempt < 12; attempt += 1) {
    bench.identify(1, `session${attempt}`);
    bench.close(4009);
    waits.push(waitMs(bench));
    bench.wake();
  }
  assertEquals(waits, [
    ...[2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000],
    ...[600_000, 600_000, 600_000],
  ]);
});

Deno.test("Session of a flapping bot stays far below a thousand IDENTIFYs a day (BO-3, ID-6)", () => {
  for (const seed of [1, 2, 3]) {
    const random = seededRandom(seed);
    const bench = new SessionBench();
    bench.on("start");
    let identifies = 0;
    while (bench.now < 86_400_000) {
      bench.chance = random();
      bench.greet();
      bench.on("permitted");
      identifies += 1;
      if (random() < 0.5) bench.ready(1, `session${identifies}`);
      bench.after(random() * 1_000);
      if (random() < 0.5) bench.close(4009);
      else bench.receive(9, false);
      bench.wake();
    }
    assertLessOrEqual(identifies, 400);
  }
});

Deno.test("Session resumes without the wait for new sessions (BO-3, RS-3)", () => {
  const bench = new SessionBench();
  bench.chance = 1;
  bench.on("start");
  for (let attempt = 0; attempt < 9; attempt += 1) {
    bench.identify(1, `session${attempt}`);
    bench.close(4009);
    bench.wake();
  }
  bench.identify();
  bench.close(1006);
  assertLessOrEqual(waitMs(bench), 60_000);
});

Deno.test("Session forgets its IDENTIFYs after a stable minute (BO-3)", () => {
  const bench = new SessionBench();
  bench.chance = 1;
  bench.on("start");
  for (let attempt = 0; attempt < 6; attempt += 1) {
    bench.identify(1, `session${attempt}`);
    bench.close(4009);
    bench.wake();
  }
  bench.identify();
  bench.live(60_000);
  bench.close(4009);
  assertEquals(waitMs(bench), 1_000);
});

Deno.test("Session waits the longer of a pause and the backoff (BO-1, §8)", () => {
  const bench = SessionBench.ready();
  bench.chance = 1;
  for (let attempt = 0; attempt < 6; attempt += 1) (bench.close(1006), bench.wake());
  bench.greet();
  bench.dispatch("RESUMED", 2);
  bench.close(4008);
  assertEquals(waitMs(bench), 60_000);
});

// BO-6 is a "may": no hint of the runtime about the network is listened to, so none may be needed.
Deno.test("Session comes back from any outage by the time alone, without a hint that the network is there (BO-6)", () => {
  const bench = SessionBench.ready();
  bench.chance = 1;
  bench.close(1006);
  const opened: string[] = [];
  while (bench.now < 3_600_000) {
    assertLessOrEqual(waitMs(bench), 60_000);
    opened.push(...bench.wake().filter((effect) => effect.startsWith("open ")));
    bench.close(1006);
  }
  bench.wake();
  assertGreater(opened.length, 59);
  bench.greet();
  bench.dispatch("RESUMED", 2);
  assertEquals(bench.session.state, "ready");
});
