import { assertEquals } from "@std/assert";
import { OPEN_RESUME, SessionBench } from "./session_bench.ts";

Deno.test("Session beats first after a random part of the interval, then each interval (HB-1, HB-2)", () => {
  for (const chance of [0, 0.25, 0.75]) {
    const bench = new SessionBench();
    bench.chance = chance;
    bench.on("start");
    bench.greet();
    const at: number[] = [];
    for (let beat = 0; beat < 4; beat += 1) {
      assertEquals(bench.wake(), ["heartbeat null"]);
      at.push(bench.now);
      bench.receive(11);
    }
    assertEquals(at, [0, 1, 2, 3].map((beat) => 40_000 * (chance + beat)));
  }
});

Deno.test("Session draws the first beat anew for each connection, also when it resumes (HB-1)", () => {
  const bench = SessionBench.ready();
  bench.close(1006);
  bench.chance = 0.1;
  bench.wake();
  bench.greet();
  const opened = bench.now;
  assertEquals(bench.wake(), ["heartbeat 1"]);
  assertEquals(bench.now - opened, 4_000);
});

Deno.test("Session does not wake before it has to beat, however long the queue is (HB-2)", () => {
  const bench = new SessionBench();
  bench.on("start");
  bench.greet();
  const beats = bench.live(600_000); // Ten minutes in the identify queue.
  assertEquals(beats, Array.from({ length: 15 }, () => "heartbeat null"));
  assertEquals(bench.on("permitted"), ["identify"]);
});

Deno.test("Session answers op 1 at once, and keeps its rhythm (HB-4, SM-16)", () => {
  const bench = SessionBench.ready();
  const wakeAt = bench.session.wakeAt;
  assertEquals(bench.after(1_000).receive(1), ["heartbeat 1", "deliver"]);
  assertEquals(bench.session.wakeAt, wakeAt);
  bench.receive(11); // The answer to an answer: harmless (HB-8).
  assertEquals(bench.wake(), ["heartbeat 1"]);
  assertEquals(bench.now, wakeAt);
});

Deno.test("Session leaves a zombie resumably and resumes (HB-5, SM-17)", () => {
  const bench = SessionBench.ready();
  assertEquals(bench.live(61_000, false), ["heartbeat 1", "close 4900"]);
  assertEquals(bench.session.state, "backoff");
  assertEquals(bench.wake(), [OPEN_RESUME]);
  assertEquals(bench.greet(), ["resume abc 1", "deliver"]);
});

Deno.test("Session notices a zombie in every state that has a heart (SM-17)", () => {
  const waiting = new SessionBench();
  waiting.on("start");
  waiting.greet();
  const identifying = new SessionBench();
  identifying.on("start");
  identifying.greet();
  identifying.on("permitted");
  for (const bench of [waiting, identifying, SessionBench.ready()]) {
    assertEquals(bench.live(61_000, false).at(-1), "close 4900");
    assertEquals(bench.session.state, "backoff");
  }
});

Deno.test("Session starts each connection with a heart of its own (HB-5)", () => {
  const bench = SessionBench.ready();
  assertEquals(bench.wake(), ["heartbeat 1"]); // Not answered: the connection drops first.
  bench.close(1006);
  bench.wake();
  bench.greet();
  bench.dispatch("RESUMED", 2);
  assertEquals(bench.wake(), ["heartbeat 2"]);
  bench.receive(11);
  assertEquals(bench.wake(), ["heartbeat 2"]);
});

Deno.test("Session lives on dispatches for two beats without an answer, and no longer (HB-6)", () => {
  const bench = SessionBench.ready();
  assertEquals(bench.wake(), ["heartbeat 1"]);
  bench.after(1).dispatch("X", 2);
  assertEquals(bench.wake(), ["heartbeat 2"]);
  bench.after(1).dispatch("X", 3);
  assertEquals(bench.wake(), ["close 4900"]);
});

Deno.test("Session looks again before it calls a connection dead: messages may wait in line (HB-7)", () => {
  const bench = SessionBench.ready();
  assertEquals(bench.wake(), ["heartbeat 1"]);
  assertEquals(bench.wake(), []);
  bench.receive(11);
  assertEquals(bench.wake(), ["heartbeat 1"]);
  assertEquals(bench.session.state, "ready");
});

Deno.test("Session sends one beat after sleep and leaves after five seconds without an answer (HB-10)", () => {
  const bench = SessionBench.ready();
  bench.wake();
  bench.receive(11);
  bench.after(3_600_000);
  assertEquals(bench.on("alarm"), ["heartbeat 1"]);
  assertEquals(bench.live(4_999, false), []);
  assertEquals(bench.live(1_001, false), ["close 4900"]);
});

Deno.test("Session knows its latency from the first answer until the connection ends (HB-9)", () => {
  const bench = SessionBench.ready();
  assertEquals(bench.session.latencyMs, undefined);
  bench.wake();
  bench.after(70).receive(11);
  assertEquals(bench.session.latencyMs, 70);
  bench.receive(11);
  assertEquals(bench.session.latencyMs, 70);
  bench.close(1006);
  assertEquals(bench.session.latencyMs, undefined);
  bench.wake();
  bench.greet();
  assertEquals(bench.session.latencyMs, undefined);
});

Deno.test("Session knows the interval of this connection only", () => {
  const bench = new SessionBench();
  assertEquals(bench.session.heartbeatIntervalMs, undefined);
  bench.on("start");
  assertEquals(bench.session.heartbeatIntervalMs, undefined);
  bench.hello(12_345);
  assertEquals(bench.session.heartbeatIntervalMs, 12_345);
  bench.close(1006);
  assertEquals(bench.session.heartbeatIntervalMs, undefined);
});
