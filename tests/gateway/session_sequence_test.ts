import { assertEquals } from "@std/assert";
import { OPEN_RESUME, RESUME_POINT, SessionBench } from "./session_bench.ts";

Deno.test("Session takes id, URL and number from READY; a new session counts from its own (SEQ-1, SEQ-2)", () => {
  const bench = SessionBench.ready();
  for (const s of [2, 3, 900]) bench.dispatch("X", s);
  assertEquals(bench.session.resumePoint?.sequence, 900);
  bench.close(4009);
  bench.wake();
  bench.identify(1, "def");
  assertEquals(bench.session.resumePoint, { ...RESUME_POINT, sessionId: "def", sequence: 1 });
});

Deno.test("Session notes the number in the step in which a dispatch arrives (SEQ-3, SEQ-5)", () => {
  const bench = SessionBench.ready();
  for (const s of [2, 5, 6]) {
    assertEquals(bench.dispatch("X", s), ["deliver"]);
    assertEquals(bench.session.resumePoint?.sequence, s);
  }
});

Deno.test("Session takes no number from other opcodes, and none that is null (SEQ-3)", () => {
  const bench = SessionBench.ready();
  bench.dispatch("X", 7);
  bench.receive(11, null, 100);
  bench.receive(1, null, 101);
  bench.receive(99, null, 102);
  assertEquals(bench.dispatch("X", null), ["deliver"]);
  assertEquals(bench.session.resumePoint?.sequence, 7);
});

Deno.test("Session never lets the number go down within a session, and drops what it had (SEQ-4, SEQ-7)", () => {
  const bench = SessionBench.ready();
  bench.dispatch("X", 7);
  assertEquals(bench.dispatch("X", 7), []);
  assertEquals(bench.dispatch("X", 3), []);
  assertEquals(bench.session.resumePoint?.sequence, 7);
  assertEquals(bench.dispatch("X", 8), ["deliver"]);
});

Deno.test("Session drops what a replay repeats, and delivers the rest in order (SEQ-7, SM-10, RS-2)", () => {
  const bench = SessionBench.resuming(); // From 42.
  const delivered = [40, 41, 42, 43, 43, 44, 47].filter((s) => bench.dispatch("X", s).includes("deliver"));
  assertEquals(delivered, [43, 44, 47]);
  assertEquals(bench.dispatch("RESUMED", 48), ["deliver", "resumed"]);
  assertEquals(bench.dispatch("X", 48), []);
  assertEquals(bench.dispatch("X", 49), ["deliver"]);
});

Deno.test("Session takes RESUMED also when its number is not new (SM-11)", () => {
  assertEquals(SessionBench.resuming().dispatch("RESUMED", 42), ["deliver", "resumed"]);
  assertEquals(SessionBench.resuming().dispatch("RESUMED", null), ["deliver", "resumed"]);
});

Deno.test("Session does not mind gaps (SEQ-7)", () => {
  const bench = SessionBench.ready();
  assertEquals(bench.dispatch("X", 1_000_000), ["deliver"]);
  assertEquals(bench.dispatch("X", 1_000_002), ["deliver"]);
});

Deno.test("Session resumes from the number that it received last (SEQ-3, SEQ-6)", () => {
  const bench = SessionBench.ready();
  bench.dispatch("X", 17);
  bench.close(1006);
  assertEquals(bench.wake(), [OPEN_RESUME]);
  assertEquals(bench.greet(), ["resume abc 17", "deliver"]);
});

Deno.test("Session resumes from where a replay broke off (SEQ-3)", () => {
  const bench = SessionBench.resuming();
  bench.dispatch("X", 50);
  bench.close(1006);
  bench.wake();
  assertEquals(bench.greet(), ["resume abc 50", "deliver"]);
});

Deno.test("Session takes a READY without a number", () => {
  const bench = new SessionBench();
  bench.on("start");
  assertEquals(bench.identify(null), ["deliver", "ready"]);
  assertEquals(bench.session.resumePoint?.sequence, 0);
  assertEquals(bench.dispatch("X", 1), ["deliver"]);
});

for (const code of [4003, 4006, 4007, 4009]) {
  Deno.test(`Session forgets the session when it is closed with ${code} (SEQ-8)`, () => {
    const bench = SessionBench.ready();
    bench.close(code);
    assertEquals(bench.session.resumePoint, undefined);
  });
}

Deno.test("Session begins each new session without a number: heartbeats say null until READY (SEQ-4, HB-3)", () => {
  const bench = SessionBench.ready();
  bench.dispatch("X", 900);
  bench.receive(9, false);
  bench.wake();
  bench.on("opened");
  bench.hello(1_000);
  assertEquals(bench.wake(), ["heartbeat null"]);
  bench.receive(11);
  assertEquals(bench.receive(1), ["heartbeat null", "deliver"]);
  bench.on("permitted");
  assertEquals(bench.wake(), ["heartbeat null"]);
  bench.receive(11);
  bench.ready(1, "def");
  assertEquals(bench.wake(), ["heartbeat 1"]);
});

Deno.test("Session says null before the first dispatch of all (HB-3)", () => {
  const bench = new SessionBench();
  bench.on("start");
  bench.greet();
  assertEquals(bench.wake(), ["heartbeat null"]);
});

Deno.test("Session says the old number while it resumes (HB-3)", () => {
  const bench = SessionBench.resuming();
  assertEquals(bench.wake(), ["heartbeat 42"]);
});
