import { assertEquals } from "@std/assert";
import { OPEN_BASE, OPEN_RESUME, RESUME_POINT, SessionBench } from "./session_bench.ts";

Deno.test("Session starts a new session: open, HELLO, a turn, IDENTIFY, READY (SM-1, SM-2, SM-4, SM-6, SM-8)", () => {
  const bench = new SessionBench();
  assertEquals(bench.session.state, "idle");
  assertEquals(bench.on("start"), [OPEN_BASE]);
  assertEquals(bench.session.state, "connecting");
  assertEquals(bench.on("opened"), []);
  assertEquals(bench.session.state, "awaitingHello");
  assertEquals(bench.hello(), ["deliver", "askPermit"]);
  assertEquals(bench.session.state, "awaitingPermit");
  assertEquals(bench.on("permitted"), ["identify"]);
  assertEquals(bench.session.state, "identifying");
  assertEquals(bench.ready(), ["deliver", "ready"]);
  assertEquals(bench.session.state, "ready");
  assertEquals(bench.session.resumePoint, { ...RESUME_POINT, sequence: 1 });
});

Deno.test("Session takes up a stored session at start, without a turn (SM-1, SM-4, SM-11, RS-2)", () => {
  const bench = new SessionBench({ resumePoint: RESUME_POINT });
  assertEquals(bench.on("start"), [OPEN_RESUME]);
  bench.on("opened");
  assertEquals(bench.hello(), ["resume abc 42", "deliver"]);
  assertEquals(bench.session.state, "resuming");
  assertEquals(bench.dispatch("RESUMED", 43), ["deliver", "resumed"]);
  assertEquals(bench.session.state, "ready");
});

Deno.test("Session resumes on the base URL when no resume URL is known (SM-1)", () => {
  const bench = new SessionBench({ resumePoint: { ...RESUME_POINT, resumeGatewayUrl: undefined } });
  assertEquals(bench.on("start"), [OPEN_BASE]);
  assertEquals(bench.greet(), ["resume abc 42", "deliver"]);
});

Deno.test("Session asks for the same version, encoding and compression on every URL (URL-3)", () => {
  const bench = new SessionBench({ compress: "zlib-stream" });
  assertEquals(bench.on("start"), [`${OPEN_BASE}&compress=zlib-stream`]);
  bench.identify();
  bench.close(1006);
  assertEquals(bench.wake(), [`${OPEN_RESUME}&compress=zlib-stream`]);
});

Deno.test("Session starts only once (SM-24)", () => {
  const bench = new SessionBench();
  bench.on("start");
  assertEquals(bench.on("start"), []);
  bench.identify();
  assertEquals(bench.on("start"), []);
  bench.close(1006);
  assertEquals(bench.on("start"), []);
});

Deno.test("Session sends IDENTIFY with all that Discord wants to know (§4.1, ID-10, Z-10)", () => {
  const bench = new SessionBench({ largeThreshold: 100 });
  bench.session.presence = { since: null, activities: [], status: "idle", afk: false };
  bench.on("start");
  bench.greet();
  assertEquals(bench.step({ type: "permitted" }), [{
    type: "send",
    command: {
      op: 2,
      d: {
        token: "a.b.c",
        intents: 513,
        properties: { os: "linux", browser: "nextcore", device: "nextcore" },
        shard: [1, 4],
        large_threshold: 100,
        presence: { since: null, activities: [], status: "idle", afk: false },
      },
    },
  }]);
});

Deno.test("Session leaves out of IDENTIFY what was not asked for", () => {
  const bench = new SessionBench();
  bench.on("start");
  bench.greet();
  const [effect] = bench.step({ type: "permitted" });
  const d: unknown = effect?.type === "send" && effect.command.d;
  assertEquals(Object.keys(d as object), ["token", "intents", "properties", "shard"]);
});

Deno.test("Session identifies with the presence that was set last (TX-11)", () => {
  const bench = SessionBench.ready();
  bench.session.presence = { status: "dnd" };
  bench.receive(9, false);
  bench.wake();
  bench.greet();
  const [effect] = bench.step({ type: "permitted" });
  assertEquals(effect?.type === "send" && (effect.command.d as { presence: unknown }).presence, {
    status: "dnd",
  });
});

Deno.test("Session sends RESUME with seq, not s, and nothing else (§4.1)", () => {
  const bench = new SessionBench({ resumePoint: RESUME_POINT });
  bench.on("start");
  const [effect] = bench.step({
    type: "received",
    payload: { op: 10, d: { heartbeat_interval: 1e4 }, s: null, t: null },
  });
  assertEquals(effect, {
    type: "send",
    command: { op: 6, d: { token: "a.b.c", session_id: "abc", seq: 42 } },
  });
});

Deno.test("Session takes HELLO for the opening when that was not told yet (SM-4)", () => {
  const bench = new SessionBench();
  bench.on("start");
  assertEquals(bench.hello(), ["deliver", "askPermit"]);
  assertEquals(bench.on("opened"), []);
  assertEquals(bench.session.state, "awaitingPermit");
});

Deno.test("Session gives a connection 20 seconds to open and say HELLO, together (SM-3, WS-2)", () => {
  for (const isOpened of [false, true]) {
    const bench = new SessionBench();
    bench.on("start");
    bench.after(15_000);
    if (isOpened) bench.on("opened");
    assertEquals(bench.after(4_999).on("alarm"), []);
    assertEquals(bench.after(1).on("alarm"), ["close 4900"]);
    assertEquals(bench.session.state, "backoff");
    assertEquals(bench.wake(), [OPEN_BASE]);
  }
});

Deno.test("Session leaves a connection whose HELLO holds no interval (HB-1)", () => {
  const bench = new SessionBench();
  for (const d of [null, {}, { heartbeat_interval: "41250" }, { heartbeat_interval: 0 }, 41250]) {
    const opened = bench.session.state === "idle" ? bench.on("start") : bench.wake();
    assertEquals(opened, [OPEN_BASE]);
    bench.on("opened");
    assertEquals(bench.receive(10, d), ["close 4900"]);
    assertEquals(bench.session.state, "backoff");
  }
});

Deno.test("Session ignores a second HELLO: one IDENTIFY per connection (ID-1)", () => {
  const bench = new SessionBench();
  bench.on("start");
  bench.greet();
  assertEquals(bench.hello(), ["deliver"]);
  bench.on("permitted");
  assertEquals(bench.hello(), ["deliver"]);
  bench.ready();
  assertEquals(bench.hello(), ["deliver"]);
});

Deno.test("Session hands what it does not know to the listeners, and goes on (ENV-2)", () => {
  const bench = SessionBench.ready();
  assertEquals(bench.receive(99, { x: 1 }), ["deliver"]);
  assertEquals(bench.dispatch("NEW_THING", 2), ["deliver"]);
  assertEquals(bench.receive(11), ["deliver"]);
  assertEquals(bench.session.state, "ready");
});

Deno.test("Session uses a turn only for the connection that asked for it (SM-6, SM-7)", () => {
  const bench = new SessionBench();
  bench.on("start");
  assertEquals(bench.on("permitted"), []);
  bench.greet();
  bench.close(1006);
  assertEquals(bench.on("permitted"), []); // In the backoff.
  bench.wake();
  bench.on("opened");
  assertEquals(bench.on("permitted"), []); // Before HELLO.
  assertEquals(bench.hello(), ["deliver", "askPermit"]);
  assertEquals(bench.on("permitted"), ["identify"]);
  assertEquals(bench.on("permitted"), []); // Twice.
});

Deno.test("Session leaves by op 7 in every state, keeps the session, and resumes soon (SM-5, SM-7, SM-15)", () => {
  const states: readonly (readonly [SessionBench, string])[] = [
    [SessionBench.ready(), OPEN_RESUME],
    [SessionBench.resuming(), OPEN_RESUME],
  ];
  for (const [bench, next] of states) {
    assertEquals(bench.receive(7), ["close 4900", "deliver"]);
    assertEquals(bench.session.state, "backoff");
    assertEquals(bench.session.wakeAt - bench.now <= 2_000, true);
    assertEquals(bench.wake(), [next]);
    assertEquals(bench.greet()[0]?.startsWith("resume abc"), true);
  }
});

Deno.test("Session takes op 7 before HELLO, or instead of it (SM-5)", () => {
  for (const resumePoint of [undefined, RESUME_POINT]) {
    const bench = new SessionBench(resumePoint && { resumePoint });
    bench.on("start");
    bench.on("opened");
    assertEquals(bench.receive(7), ["close 4900", "deliver"]);
    assertEquals(bench.session.resumePoint, resumePoint);
    assertEquals(bench.session.wakeAt <= 1_000, true);
    assertEquals(bench.wake(), [resumePoint ? OPEN_RESUME : OPEN_BASE]);
  }
});

Deno.test("Session gives its place in the queue back when op 7 comes while it waits (SM-7)", () => {
  const bench = new SessionBench();
  bench.on("start");
  bench.greet();
  assertEquals(bench.receive(7), ["close 4900", "deliver"]);
  assertEquals(bench.on("permitted"), []);
});

Deno.test("Session waits 1 to 5 s after op 9 and identifies anew through the queue (SM-9, ID-5)", () => {
  for (const [chance, pauseMs] of [[0, 1_000], [0.5, 3_000], [0.999, 4_996]] as const) {
    const bench = new SessionBench();
    bench.on("start");
    bench.greet();
    bench.on("permitted");
    bench.chance = chance;
    assertEquals(bench.receive(9, false), ["close 4900", "deliver"]);
    assertEquals(bench.session.wakeAt, pauseMs);
    assertEquals(bench.wake(), [OPEN_BASE]);
    assertEquals(bench.greet(), ["deliver", "askPermit"]);
  }
});

Deno.test("Session drops the session on op 9 false and starts anew on the base URL (SM-12, SM-14, URL-4)", () => {
  for (const bench of [SessionBench.resuming(), SessionBench.ready()]) {
    assertEquals(bench.receive(9, false), ["close 4900", "deliver"]);
    assertEquals(bench.session.resumePoint, undefined);
    assertEquals(bench.session.wakeAt - bench.now >= 1_000, true);
    assertEquals(bench.session.wakeAt - bench.now <= 5_000, true);
    assertEquals(bench.wake(), [OPEN_BASE]);
    assertEquals(bench.greet(), ["deliver", "askPermit"]);
    bench.on("permitted");
    assertEquals(bench.ready(1, "new"), ["deliver", "ready", "sessionLost"]); // OD-4
  }
});

Deno.test("Session keeps the session on op 9 true and resumes after 1 to 5 s (SM-13)", () => {
  const bench = SessionBench.ready();
  assertEquals(bench.receive(9, true), ["close 4900", "deliver"]);
  assertEquals(bench.session.wakeAt, bench.now + 3_000);
  assertEquals(bench.wake(), [OPEN_RESUME]);
  assertEquals(bench.greet(), ["resume abc 1", "deliver"]);
});

Deno.test("Session gives a session up for false in op 9 only: what is no boolean says nothing (SEQ-8)", () => {
  for (const d of [null, "false", 0, {}, undefined]) {
    const bench = SessionBench.ready();
    const before = bench.session.resumePoint;
    bench.receive(9, d);
    assertEquals(bench.session.resumePoint, before);
  }
});

Deno.test("Session leaves resumably what it can't read, in every state (SM-18)", () => {
  for (const bench of [SessionBench.ready(), SessionBench.resuming()]) {
    const before = bench.session.resumePoint;
    assertEquals(bench.feed({ type: "garbled", reason: "not JSON" }), ["close 4900"]);
    assertEquals(bench.session.resumePoint, before);
    assertEquals(bench.wake(), [OPEN_RESUME]);
  }
});

Deno.test("Session takes a READY at any time for the truth (SM-21)", () => {
  for (const bench of [SessionBench.ready(), SessionBench.resuming()]) {
    assertEquals(bench.ready(1, "other"), ["deliver", "ready", "sessionLost"]);
    assertEquals(bench.session.state, "ready");
    assertEquals(bench.session.resumePoint?.sessionId, "other");
    assertEquals(bench.session.resumePoint?.sequence, 1);
  }
});

Deno.test("Session only passes a RESUMED on that it did not ask for (SM-21)", () => {
  const bench = SessionBench.ready();
  assertEquals(bench.dispatch("RESUMED", 2), ["deliver"]);
  assertEquals(bench.session.state, "ready");
});

Deno.test("Session leaves a connection whose READY holds no session", () => {
  for (const d of [null, {}, { session_id: 7 }, { session_id: "" }, "abc"]) {
    const bench = new SessionBench();
    bench.on("start");
    bench.greet();
    bench.on("permitted");
    assertEquals(bench.dispatch("READY", 1, d), ["close 4900"]);
    assertEquals(bench.session.resumePoint, undefined);
    assertEquals(bench.wake(), [OPEN_BASE]);
  }
});

Deno.test("Session resumes on the base URL when READY named no resume URL (SEQ-2)", () => {
  const bench = new SessionBench();
  bench.on("start");
  bench.greet();
  bench.on("permitted");
  assertEquals(bench.dispatch("READY", 1, { session_id: "abc" }), ["deliver", "ready"]);
  bench.close(1006);
  assertEquals(bench.wake(), [OPEN_BASE]);
  assertEquals(bench.greet(), ["resume abc 1", "deliver"]);
});

Deno.test("Session says sessionLost for each new session but the first (OD-4)", () => {
  const bench = new SessionBench();
  bench.on("start");
  assertEquals(bench.identify(), ["deliver", "ready"]);
  bench.close(4009);
  bench.wake();
  assertEquals(bench.identify(1, "def"), ["deliver", "ready", "sessionLost"]);
});

Deno.test("Session waits five minutes for READY while heartbeats are answered, then starts anew (ID-9)", () => {
  const bench = new SessionBench();
  bench.on("start");
  bench.greet();
  bench.on("permitted");
  const effects = bench.live(299_999);
  assertEquals(new Set(effects), new Set(["heartbeat null", "slowReady"]));
  assertEquals(bench.session.state, "identifying");
  assertEquals(bench.live(1).includes("close 4900"), true);
});

Deno.test("Session gives up a resume that has been silent for 30 s (RS-5)", () => {
  const bench = SessionBench.resuming();
  bench.after(20_000).receive(99); // Whatever it is, it is a sign of life.
  assertEquals(bench.live(9_999, false).includes("close 4900"), false);
  assertEquals(bench.session.state, "resuming");
  assertEquals(bench.live(20_000, false).includes("close 4900"), false);
  assertEquals(bench.live(2, false), ["close 4900"]);
  assertEquals(bench.session.resumePoint, RESUME_POINT);
});

Deno.test("Session waits for RESUMED as long as the replay goes on (RS-5, SM-10)", () => {
  const bench = SessionBench.resuming();
  for (let s = 43; s < 63; s += 1) {
    bench.live(25_000);
    assertEquals(bench.dispatch("MESSAGE_CREATE", s), ["deliver"]);
  }
  assertEquals(bench.dispatch("RESUMED", 63), ["deliver", "resumed"]);
});

Deno.test("Session does nothing when an alarm comes early", () => {
  const bench = new SessionBench();
  assertEquals(bench.on("alarm"), []);
  bench.on("start");
  for (const arrange of [() => bench.greet(), () => bench.on("permitted"), () => bench.ready()]) {
    assertEquals(bench.on("alarm"), []);
    arrange();
    assertEquals(bench.after(1).on("alarm"), []);
  }
  bench.close(1006);
  const wakeAt = bench.session.wakeAt;
  bench.now = wakeAt - 1;
  assertEquals(bench.on("alarm"), []);
  assertEquals(bench.session.wakeAt, wakeAt);
});

Deno.test("Session stops from every state, and hears nothing more (SM-20)", () => {
  const connected: readonly SessionBench[] = [SessionBench.ready(), SessionBench.resuming()];
  for (const bench of connected) {
    assertEquals(bench.feed({ type: "stop", isResumable: false }), ["close 1000"]);
    assertStopped(bench);
    assertEquals(bench.session.resumePoint, undefined); // SEQ-8: 1000 ends it.
  }
  const bench = SessionBench.ready();
  bench.close(1006);
  assertEquals(bench.feed({ type: "stop", isResumable: false }), []);
  assertStopped(bench);
  const connecting = new SessionBench();
  connecting.on("start");
  assertEquals(connecting.feed({ type: "stop", isResumable: false }), ["close 1000"]);
  assertStopped(connecting);
});

Deno.test("Session stops with 4900 where it is to be resumed, and knows where (BO-5)", () => {
  const bench = SessionBench.ready();
  bench.dispatch("X", 7);
  assertEquals(bench.feed({ type: "stop", isResumable: true }), ["close 4900"]);
  assertStopped(bench);
  assertEquals(bench.session.resumePoint, { ...RESUME_POINT, sequence: 7 });
  assertEquals(bench.on("start"), [OPEN_RESUME]);
});

function assertStopped(bench: SessionBench): void {
  assertEquals(bench.session.state, "idle");
  assertEquals(bench.session.wakeAt, Infinity);
  assertEquals(bench.dispatch("X", 99), []);
  assertEquals(bench.receive(1), []);
  assertEquals(bench.receive(9, false), []);
  assertEquals(bench.receive(7), []);
  assertEquals(bench.hello(), []);
  assertEquals(bench.ready(), []);
  assertEquals(bench.on("permitted"), []);
  assertEquals(bench.on("opened"), []);
  assertEquals(bench.on("alarm"), []);
  assertEquals(bench.close(4004), []);
  assertEquals(bench.feed({ type: "garbled", reason: "" }), []);
  assertEquals(bench.session.state, "idle");
}
