import { assertEquals } from "@std/assert";
import { OPEN_BASE, OPEN_RESUME, RESUME_POINT, SessionBench } from "./session_bench.ts";

/** What comes after a close: the URL, and what is done on HELLO. */
function afterClose(code: number, bench: SessionBench = SessionBench.ready()): readonly string[] {
  const [first] = bench.close(code);
  return [first ?? "nothing", ...bench.wake(), ...bench.greet()].filter((words) => words !== "deliver");
}

const RESUMABLE = [
  0,
  1000,
  1001,
  1002,
  1005,
  1006,
  1011,
  1012,
  1015,
  3000,
  3999,
  4000,
  4001,
  4002,
  4005,
  4008,
  4999,
];
for (const code of RESUMABLE) {
  Deno.test(`Session resumes after close code ${code} (§8, RS-1, SM-19)`, () => {
    assertEquals(afterClose(code), [`disconnected ${code}, will resume`, OPEN_RESUME, "resume abc 1"]);
  });
}

for (const code of [4003, 4006, 4007, 4009]) {
  Deno.test(`Session starts a new session on the base URL after close code ${code} (§8, URL-4, SM-19)`, () => {
    assertEquals(afterClose(code), [`disconnected ${code}, will not resume`, OPEN_BASE, "askPermit"]);
  });
}

const FATAL = [
  [4004, "InvalidTokenError"],
  [4010, "InvalidShardCountError"],
  [4011, "InvalidShardCountError"],
  [4012, "InvalidApiVersionError"],
  [4013, "InvalidIntentsError"],
  [4014, "DisallowedIntentsError"],
] as const;
for (const [code, name] of FATAL) {
  Deno.test(`Session stops for good with ${name} after close code ${code}, whatever it was doing (§8, CC-1)`, () => {
    const connecting = new SessionBench();
    connecting.on("start");
    for (const bench of [SessionBench.ready(), SessionBench.resuming(), connecting]) {
      assertEquals(bench.close(code), [`failed ${name} ${code}`]);
      assertEquals(bench.session.state, "dead");
      assertEquals(bench.session.resumePoint, undefined);
      assertEquals(bench.session.wakeAt, Infinity);
      assertEquals(bench.on("start"), []);
      assertEquals(bench.close(code), []);
      assertEquals(bench.feed({ type: "stop", isResumable: false }), []);
    }
  });
}

Deno.test("Session puts code, reason and shard into the error (CC-3)", () => {
  const [effect] = SessionBench.ready().step({ type: "closed", code: 4014, reason: "Disallowed intent(s)." });
  const error = effect?.type === "failed" ? effect.error : undefined;
  assertEquals([error?.code, error?.reason, error?.shardId], [4014, "Disallowed intent(s).", 1]);
  assertEquals(error?.message.includes("a.b.c"), false);
});

Deno.test("Session stays away for at least five seconds after 4008 (§8)", () => {
  const bench = SessionBench.ready();
  bench.chance = 0;
  bench.close(4008);
  assertEquals(bench.session.wakeAt, bench.now + 5_000);
});

Deno.test("Session tries one resume after 1000 or 1001, then a new session (§8)", () => {
  for (const code of [1000, 1001]) {
    const bench = SessionBench.ready();
    bench.close(code);
    assertEquals(bench.wake(), [OPEN_RESUME]);
    assertEquals(bench.greet(), ["resume abc 1", "deliver"]);
    assertEquals(bench.close(1006), ["disconnected 1006, will not resume"]);
    assertEquals(bench.wake(), [OPEN_BASE]);
    assertEquals(bench.greet(), ["deliver", "askPermit"]);
  }
});

Deno.test("Session forgets that 1000 came once the resume has succeeded (§8)", () => {
  const bench = SessionBench.ready();
  bench.close(1000);
  bench.wake();
  bench.greet();
  bench.dispatch("RESUMED", 2);
  bench.close(1006);
  bench.wake();
  bench.greet();
  assertEquals(bench.close(1006), ["disconnected 1006, will resume"]);
});

Deno.test("Session stops after three unknown close codes without READY or RESUMED in between (§8)", () => {
  const bench = SessionBench.ready();
  for (const code of [4999, 4100]) {
    assertEquals(bench.close(code), [`disconnected ${code}, will resume`]);
    bench.wake();
    bench.greet();
  }
  assertEquals(bench.close(4999), ["failed UnhandledCloseCodeError 4999"]);
  assertEquals(bench.session.state, "dead");
});

Deno.test("Session does not stop by unknown close codes as long as it gets READY or RESUMED (§8)", () => {
  const bench = SessionBench.ready();
  for (let s = 2; s < 12; s += 1) {
    assertEquals(bench.close(4999), ["disconnected 4999, will resume"]);
    bench.wake();
    bench.greet();
    bench.dispatch("RESUMED", s);
  }
});

Deno.test("Session drops the resume URL after two refusals in a row and keeps the session (ladder 2, URL-5)", () => {
  const bench = SessionBench.ready();
  bench.close(1006);
  for (let refusal = 0; refusal < 2; refusal += 1) {
    assertEquals(bench.wake(), [OPEN_RESUME]);
    assertEquals(bench.close(1006), ["disconnected 1006, will resume"]);
  }
  assertEquals(bench.wake(), [OPEN_BASE]);
  assertEquals(bench.greet(), ["resume abc 1", "deliver"]);
  assertEquals(bench.dispatch("RESUMED", 2), ["deliver", "resumed"]);
});

Deno.test("Session counts no HELLO, and a HELLO that never comes, as refusals (ladder 2)", () => {
  const bench = new SessionBench({ resumePoint: RESUME_POINT });
  bench.on("start");
  assertEquals(bench.wake(), ["close 4900"]); // The handshake hangs.
  assertEquals(bench.wake(), [OPEN_RESUME]);
  bench.on("opened");
  assertEquals(bench.close(1011), ["disconnected 1011, will resume"]);
  assertEquals(bench.wake(), [OPEN_BASE]);
});

Deno.test("Session counts refusals in a row only: HELLO ends the row (ladder 2)", () => {
  const bench = SessionBench.ready();
  bench.close(1006);
  for (let s = 2; s < 6; s += 1) {
    assertEquals(bench.wake(), [OPEN_RESUME]);
    bench.close(1006);
    assertEquals(bench.wake(), [OPEN_RESUME]);
    bench.greet();
    bench.dispatch("RESUMED", s);
    bench.close(1006);
  }
});

Deno.test("Session takes the resume URL of a new READY after it had dropped the old one (ladder 2)", () => {
  const bench = SessionBench.ready();
  bench.close(1006);
  for (let refusal = 0; refusal < 2; refusal += 1) (bench.wake(), bench.close(1006));
  assertEquals(bench.wake(), [OPEN_BASE]);
  bench.greet();
  bench.receive(9, false);
  bench.wake();
  bench.identify(1, "def");
  bench.close(1006);
  assertEquals(bench.wake(), [OPEN_RESUME]);
});

Deno.test("Session drops the session after three resumes in a row that failed (ladder 4)", () => {
  const endings: readonly ((bench: SessionBench) => void)[] = [
    (bench) => bench.close(1006),
    (bench) => bench.receive(9, true),
    (bench) => bench.live(30_000, false),
    (bench) => bench.receive(7),
    (bench) => bench.feed({ type: "garbled", reason: "" }),
  ];
  for (const end of endings) {
    const bench = SessionBench.resuming();
    end(bench);
    assertEquals(bench.wake(), [OPEN_RESUME]);
    assertEquals(bench.greet(), ["resume abc 42", "deliver"]);
    end(bench);
    assertEquals(bench.wake(), [OPEN_RESUME]);
    assertEquals(bench.greet(), ["resume abc 42", "deliver"]);
    end(bench);
    assertEquals(bench.wake(), [OPEN_BASE]);
    assertEquals(bench.greet(), ["deliver", "askPermit"]);
  }
});

Deno.test("Session does not count a resume as failed that moved on (ladder 4)", () => {
  const bench = SessionBench.resuming();
  for (let s = 43; s < 53; s += 1) {
    bench.dispatch("X", s);
    assertEquals(bench.close(1006), ["disconnected 1006, will resume"]);
    bench.wake();
    assertEquals(bench.greet(), [`resume abc ${s}`, "deliver"]);
  }
});

Deno.test("Session keeps everything while nothing can be reached, and spends no IDENTIFY (ladder 5)", () => {
  const bench = SessionBench.ready();
  bench.close(1006);
  const effects: string[] = [];
  for (let attempt = 0; attempt < 50; attempt += 1) effects.push(...bench.wake(), ...bench.close(1006));
  assertEquals(bench.session.resumePoint, { ...RESUME_POINT, resumeGatewayUrl: undefined, sequence: 1 });
  assertEquals(effects.some((words) => words.includes("will not resume")), false);
  bench.wake();
  assertEquals(bench.greet(), ["resume abc 1", "deliver"]);
});

Deno.test("Session without a session keeps trying the base URL (ladder 5, SM-3)", () => {
  const bench = new SessionBench();
  bench.on("start");
  for (let attempt = 0; attempt < 20; attempt += 1) {
    assertEquals(bench.close(1006), ["disconnected 1006, will not resume"]);
    assertEquals(bench.wake(), [OPEN_BASE]);
  }
});

Deno.test("Session hears a close once: the backoff is nobody's connection (SM-0, SM-24)", () => {
  const bench = SessionBench.ready();
  bench.close(1006);
  const wakeAt = bench.session.wakeAt;
  assertEquals(bench.close(4004), []);
  assertEquals(bench.close(4009), []);
  assertEquals(bench.receive(9, false), []);
  assertEquals(bench.feed({ type: "garbled", reason: "" }), []);
  assertEquals([bench.session.state, bench.session.wakeAt], ["backoff", wakeAt]);
  assertEquals(bench.session.resumePoint?.sessionId, "abc");
});

Deno.test("Session without reconnect fails where a new session would be needed (CC-2)", () => {
  const ready = (): SessionBench => SessionBench.ready({ mayReconnect: false });
  assertEquals(ready().close(4009), [
    "disconnected 4009, will not resume",
    "failed ReconnectCheckFailedError 4009",
  ]);
  const invalidated = ready();
  assertEquals(invalidated.receive(9, false).includes("failed ReconnectCheckFailedError 4900"), true);
  assertEquals(invalidated.session.state, "dead");
  const bricked = SessionBench.resuming({ mayReconnect: false });
  for (let resume = 0; resume < 2; resume += 1) {
    assertEquals(bricked.close(1006), ["disconnected 1006, will resume"]);
    bricked.wake();
    bricked.greet();
  }
  assertEquals(bricked.close(1006).at(-1), "failed ReconnectCheckFailedError 1006");
});

Deno.test("Session without reconnect still resumes, and may start its first session (CC-2)", () => {
  const bench = new SessionBench({ mayReconnect: false });
  bench.on("start");
  bench.close(1006);
  bench.wake();
  bench.greet();
  bench.on("permitted");
  bench.receive(9, false); // The first IDENTIFY was refused: no session was lost.
  bench.wake();
  assertEquals(bench.identify(), ["deliver", "ready"]);
  bench.close(1006);
  assertEquals(bench.wake(), [OPEN_RESUME]);
});
