import { assert, assertEquals } from "@std/assert";
import type { BucketStatus, HTTPStatus, ShardState, ShardStatus } from "../../mod.ts";
import { type DashboardState, renderFrame, renderLine, sparkline } from "../../examples/dashboard/frame.ts";
import { Screen } from "../../examples/dashboard/screen.ts";
import { fit, textWidth } from "../../examples/dashboard/text_width.ts";

const STATES: readonly ShardState[] = ["ready", "resuming", "awaitingPermit", "backoff", "dead"];

Deno.test("renderFrame shows shards, states, latencies, events, buckets and what waits", () => {
  const shards = [
    shard(0, { received: 1234, latencyMs: 42 }),
    shard(1, { state: "awaitingPermit", latencyMs: undefined }),
  ];
  const state = dashboard({
    elapsedMs: 65_000,
    shards,
    readyPerSecond: 0.2,
    latencies: [10, 20, 40],
    shardLatencies: new Map([[0, [21, 42]]]),
    eventRates: new Map([["MESSAGE_CREATE", 20], ["TYPING_START", 5]]),
    http: http([bucket({ waiting: 3, inFlight: 1, available: 0, limit: 5, opensAfterMs: 2000 })]),
  });
  assertEquals(renderFrame(state, { columns: 80, rows: 24 }).map((line) => line.trimEnd()), [
    "nextcore  2 shards  up 01:05  25 events/s  latency 40 ms",
    "[=========================                         ] 1/2 ready, 00:05 left",
    "# 1 ready   . 1 awaitingPermit",
    "#.",
    "",
    "latency ▃▅█",
    "     1  awaitingPermit        –                    0 events  0 queued",
    "     0  ready             42 ms  ▅█                1 234 events  0 queued",
    "",
    "MESSAGE_CREATE                       20/s ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇",
    "TYPING_START                        5.0/s ▇▇▇▇▇▇▇▇▇▇",
    "",
    "requests: 4 pending, 0 invalid, 1 buckets, 0 held",
    "  channels/1                   0/5 left     1 sent  3 waiting  opens in 00:02",
  ]);
  assertEquals(renderLine(state), "01:05, 1/2 shards ready, 25 events/s, latency 40 ms, 4 requests pending");
});

Deno.test("renderFrame keeps to the terminal, with none to ten thousand shards, however small it is", () => {
  for (const size of [0, 1, 7, 1000, 10_000]) {
    const shards = Array.from({ length: size }, (_, id) => shard(id, { state: STATES[id % 5] ?? "ready" }));
    const eventRates = new Map(Array.from({ length: 100 }, (_, at) => [`EVENT_${at} 漢字`, at]));
    const http_ = http(Array.from({ length: 100 }, (_, at) => bucket({ majorKey: `channels/${at}` })));
    const state = dashboard({ shards, eventRates, http: http_, shardCount: undefined });
    for (const [columns, rows] of [[1, 1], [2, 3], [20, 5], [79, 24], [80, 24], [300, 100]] as const) {
      const lines = renderFrame(state, { columns, rows });
      assert(lines.length > 0 && lines.length <= rows, `${size} shards: ${lines.length} of ${rows} lines`);
      for (const line of lines) assertEquals(textWidth(line), columns, JSON.stringify(line));
    }
  }
});

Deno.test("renderFrame shows the worst of several shards where they share a sign, and the worst first", () => {
  const shards = Array.from({ length: 10_000 }, (_, id) => shard(id, id === 5000 ? { state: "dead" } : {}));
  const lines = renderFrame(dashboard({ shards }), { columns: 80, rows: 40 });
  const start = lines.findIndex((line) => line.startsWith("(each sign: 16 shards)"));
  const map = lines.slice(start + 1, start + 9).join("").trimEnd();
  assertEquals([map.length, map.indexOf("X"), map.lastIndexOf("X")], [625, 312, 312]);
  assert(lines.some((line) => line.startsWith("  5000  dead")), lines.join("\n"));
  assert(lines[2]?.startsWith("# 9 999 ready   X 1 dead"), lines[2]);
});

Deno.test("renderFrame lets nothing from the network move the cursor", () => {
  const eventRates = new Map([["\x1b[2JEVIL\u202e\r\n", 1]]);
  const text = renderFrame(dashboard({ eventRates }), { columns: 80, rows: 24 }).join("");
  assertEquals(/[\p{Cc}\u202e]/u.test(text), false);
});

Deno.test("sparkline shows the last values, the highest highest", () => {
  assertEquals(sparkline([100, 0, 50, 100], 3), "▁▅█");
  assertEquals([sparkline([], 3), sparkline([0, 0], 3)], ["", "▁▁"]);
});

Deno.test("textWidth knows what takes two columns, and what none", () => {
  const widths: Readonly<Record<string, number>> = {
    abc: 3,
    "": 0,
    "漢字": 4,
    "한": 2,
    "é": 1,
    "e\u0301": 1,
    "👍": 2,
    "👩‍👩‍👧‍👦": 2,
    "🇰🇷": 2,
    "1️⃣": 2,
    "\u200b": 0,
    "▇": 1,
  };
  for (const [text, width] of Object.entries(widths)) assertEquals(textWidth(text), width, text);
});

Deno.test("fit cuts and fills to just as many columns, without halving a letter", () => {
  assertEquals(fit("abc", 5), "abc  ");
  assertEquals(fit("abcdef", 4), "abc…");
  assertEquals(fit("漢字漢", 4), "漢… ");
  assertEquals(fit("👩‍👩‍👧‍👦ab", 3), "👩‍👩‍👧‍👦…");
  assertEquals([fit("abc", 0), fit("abc", 1)], ["", "…"]);
});

Deno.test("Screen takes the other screen of the terminal, and gives the first one back once", () => {
  let text = "";
  const terminal = {
    // Terminals may take a part of what they are given.
    writeSync(bytes: Uint8Array): number {
      text += new TextDecoder().decode(bytes.subarray(0, 3));
      return Math.min(3, bytes.length);
    },
  };
  const screen = new Screen(terminal);
  assertEquals(text, "\x1b[?1049h\x1b[?25l");
  text = "";
  screen.draw(["a", "b"]);
  assertEquals(text, "\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J");
  text = "";
  screen[Symbol.dispose]();
  screen[Symbol.dispose]();
  screen.draw(["late"]);
  assertEquals(text, "\x1b[?25h\x1b[?1049l");
});

function dashboard(given: Partial<DashboardState>): DashboardState {
  return {
    elapsedMs: 0,
    shardCount: given.shards?.length,
    shards: [],
    readyPerSecond: 0,
    latencies: [],
    shardLatencies: new Map(),
    eventRates: new Map(),
    http: http([]),
    ...given,
  };
}

function shard(id: number, given: Partial<ShardStatus>): ShardStatus {
  return {
    id,
    state: "ready",
    latencyMs: 1,
    sequence: 1,
    sessionAgeMs: 1,
    queued: 0,
    received: 0,
    skipped: 0,
    reconnects: {},
    connections: 1,
    identifies: 1,
    resumes: 0,
    bytesReceived: 0,
    bytesInflated: 0,
    ...given,
  };
}

function http(buckets: readonly BucketStatus[]): HTTPStatus {
  const pending = buckets.reduce((sum, { waiting, inFlight }) => sum + waiting + inFlight, 0);
  return { pending, invalidRequests: 0, limits: new Map([["1", { globalWaitMs: 0, buckets, holds: [] }]]) };
}

function bucket(given: Partial<BucketStatus>): BucketStatus {
  return {
    bucket: "hash",
    majorKey: "channels/1",
    limit: undefined,
    kind: "unknown",
    available: Infinity,
    inFlight: 0,
    waiting: 0,
    opensAfterMs: undefined,
    ...given,
  };
}
