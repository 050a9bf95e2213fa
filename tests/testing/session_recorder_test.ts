import { assert, assertEquals, assertThrows } from "@std/assert";
import { SessionRecorder, VirtualClock } from "../../testing/mod.ts";
import { Chance } from "../simulation/chance.ts";

function linesOf(recorder: SessionRecorder): Record<string, unknown>[] {
  return recorder.text.trimEnd().split("\n").slice(1).map((line) => JSON.parse(line));
}

Deno.test("SessionRecorder keeps what came, when, and its shape", async () => {
  const clock = new VirtualClock();
  const recorder = new SessionRecorder({ clock });
  recorder.receiveText('{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250,"_trace":["[secret]"]}}');
  await clock.advance(1_500);
  recorder.receiveText(
    '{"t":"MESSAGE_CREATE","s":2,"op":0,"d":{"id":"41771983423143937","content":"hi","pinned":false,' +
      '"timestamp":"2026-01-01T00:00:00.000000+00:00","author":{"username":"somebody","bot":true}}}',
  );
  assertEquals(linesOf(recorder), [
    { at: 0, op: 10, t: null, s: null, d: { heartbeat_interval: 41_250, _trace: ["xxxxxxxx"] } },
    {
      at: 1_500,
      op: 0,
      t: "MESSAGE_CREATE",
      s: 2,
      d: {
        id: "41771983423143937",
        content: "xx",
        pinned: false,
        timestamp: "2026-01-01T00:00:00.000000+00:00",
        author: { username: "xxxxxxxx", bot: true },
      },
    },
  ]);
});

Deno.test("SessionRecorder leaves no secret, wherever it is planted", () => {
  const chance = new Chance(7);
  const names = [
    "content",
    "token",
    "session_id",
    "custom_id",
    "resume_gateway_url",
    "name",
    "value",
    "d",
    "nonce",
  ]
    .concat([
      "id",
      "guild_id",
      "status",
      "permissions",
      "timestamp",
      "topic",
      "url",
      "_trace",
      "ids",
      "roles",
    ]);
  for (let round = 0; round < 500; round += 1) {
    const planted = Array.from(
      { length: 5 },
      () => `Zq${Math.floor(chance.next() * 1e9)}${chance.pick(["", ".b", " ü"])}`,
    );
    const plant = (depth: number): unknown => {
      const secret = chance.any(planted);
      if (depth === 0 || chance.is(0.3)) return chance.is(0.5) ? secret : `before ${secret} after`;
      if (chance.is(0.3)) return [plant(depth - 1), plant(depth - 1)];
      const fields = [chance.any(names), chance.is(0.2) ? secret : "other"].map((
        name,
      ) => [name, plant(depth - 1)]);
      return Object.fromEntries(fields);
    };
    const secrets = chance.is(0.5) ? planted : [];
    const keep = secrets.length > 0 ? names : [];
    const recorder = new SessionRecorder({ secrets, keep });
    recorder.receiveText(JSON.stringify({ op: 0, s: 1, t: chance.any([...planted, "READY"]), d: plant(4) }));
    for (const secret of planted) assert(!recorder.text.includes(secret), `${secret} in ${recorder.text}`);
  }
});

Deno.test("SessionRecorder hides ids that are words, and numbers that somebody wrote", () => {
  const recorder = new SessionRecorder();
  const d = { custom_id: "41771983423143937", session_id: "41771983423143937", value: 17, member_count: 17 };
  recorder.receiveText(JSON.stringify({ op: 0, s: 1, t: "INTERACTION_CREATE", d }));
  const x = "x".repeat(17);
  assertEquals(linesOf(recorder)[0]?.d, { custom_id: x, session_id: x, value: 0, member_count: 17 });
});

Deno.test("SessionRecorder keeps how users are, and hides what somebody wrote for a status", () => {
  const recorder = new SessionRecorder();
  for (const status of ["online", "secret", "dnd"]) {
    recorder.receiveText(JSON.stringify({ op: 0, s: 1, t: "VOICE_CHANNEL_STATUS_UPDATE", d: { status } }));
  }
  assertEquals(linesOf(recorder).map(({ d }) => d), [{ status: "online" }, { status: "xxxxxx" }, {
    status: "dnd",
  }]);
});

Deno.test("SessionRecorder takes what is nested without end, and leaves out what is too deep", () => {
  const recorder = new SessionRecorder();
  for (const [open, close] of [["[", "]"], ['{"a":', "}"]] as const) {
    recorder.receiveText(`{"op":0,"s":1,"t":"X_Y","d":${open.repeat(20_000)}1${close.repeat(20_000)}}`);
  }
  assertEquals(recorder.count, 2);
});

Deno.test("SessionRecorder stops at its limits, and refuses options that can't be right", () => {
  const recorder = new SessionRecorder({ limit: 2 });
  for (let message = 0; message < 3; message += 1) recorder.receiveText('{"op":11}');
  assertEquals([recorder.count, recorder.isFull], [2, true]);
  const small = new SessionRecorder({ limitCharacters: 60 });
  for (let message = 0; message < 3; message += 1) small.receiveText('{"op":11}');
  assertEquals([small.count, small.isFull], [1, true]);
  assertThrows(() => new SessionRecorder({ limit: 0 }), RangeError, "limit is 0");
  const make = (options: unknown) => () => new SessionRecorder(options as never);
  assertThrows(make(null), TypeError, "The options must be an object");
  assertThrows(make({ limit: "5" }), TypeError, 'limit is "5"');
  assertThrows(make({ keep: "content" }), TypeError, "keep must be a list");
  assertThrows(make({ secrets: "a.b.c" }), TypeError, "secrets must be a list");
  assertThrows(make({ clock: {} }), TypeError, "clock has no function");
  assertThrows(() => new SessionRecorder().receiveText("{a secret"), TypeError, "which is JSON, got a text");
  assertThrows(() => new SessionRecorder({ secrets: [""] }), TypeError, "not empty");
});
