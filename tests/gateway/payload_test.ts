import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  GatewayOpcode,
  helloInterval,
  parseGatewayBot,
  parsePayload,
  readyFacts,
  redacted,
} from "../../gateway/payload.ts";

Deno.test("GatewayOpcode has the numbers of §4", () => {
  assertEquals({ ...GatewayOpcode }, {
    Dispatch: 0,
    Heartbeat: 1,
    Identify: 2,
    PresenceUpdate: 3,
    VoiceStateUpdate: 4,
    Resume: 6,
    Reconnect: 7,
    RequestGuildMembers: 8,
    InvalidSession: 9,
    Hello: 10,
    HeartbeatAck: 11,
    RequestSoundboardSounds: 31,
    RequestChannelInfo: 43,
  });
});

Deno.test("parsePayload gives the envelope and nothing else (ENV-1, ENV-2)", () => {
  const text = '{"t":"MESSAGE_CREATE","s":7,"op":0,"d":{"id":"1"},"_trace":["x"]}';
  assertEquals(parsePayload(text), { op: 0, d: { id: "1" }, s: 7, t: "MESSAGE_CREATE" });
});

Deno.test("parsePayload takes an acknowledgement without d, s and t (§4.2)", () => {
  assertEquals(parsePayload('{"op":11}'), { op: 11, d: null, s: null, t: null });
});

Deno.test("parsePayload passes opcodes and names on that it does not know (ENV-2)", () => {
  assertEquals(parsePayload('{"op":99,"d":[1]}'), { op: 99, d: [1], s: null, t: null });
  assertEquals(parsePayload('{"op":0,"s":1,"t":"NEW_THING","d":1}').t, "NEW_THING");
});

Deno.test("parsePayload keeps ids as text (ENV-3)", () => {
  const { d } = parsePayload('{"op":0,"s":1,"t":"X","d":{"id":"1234567890123456789"}}');
  assertEquals(d, { id: "1234567890123456789" });
});

Deno.test("parsePayload refuses an envelope of the wrong shape", () => {
  const wrong = [
    "null",
    "[]",
    "1",
    '"text"',
    "{}",
    '{"op":"0"}',
    '{"op":1.5}',
    '{"op":null}',
    '{"op":[0]}',
    '{"op":1e400}',
    '{"op":0,"t":"X","s":"7"}',
    '{"op":0,"t":"X","s":1.5}',
    '{"op":0,"t":"X","s":-1}',
    '{"op":0,"t":"X","s":1e300}',
    '{"op":0,"t":"X","s":true}',
    '{"op":0,"t":7,"s":1}',
    '{"op":0,"t":{},"s":1}',
    '{"op":0,"t":null,"s":1}',
    '{"op":0,"s":1}',
  ];
  for (const text of wrong) assertThrows(() => parsePayload(text), TypeError, undefined, text);
});

Deno.test("parsePayload throws a SyntaxError on what is not JSON, such as a page of HTML", () => {
  for (const text of ["", "<!DOCTYPE html><html></html>", '{"op":0', "undefined", "\u0000"]) {
    assertThrows(() => parsePayload(text), SyntaxError, undefined, text);
  }
});

Deno.test("parsePayload is not fooled by __proto__ and leaves all objects as they were", () => {
  assertThrows(() => parsePayload('{"__proto__":{"op":0,"t":"X","s":1}}'), TypeError);
  const { d } = parsePayload('{"op":0,"t":"X","s":1,"d":{"__proto__":{"polluted":1},"constructor":2}}');
  assertEquals(Reflect.get({}, "polluted"), undefined);
  assert(typeof d === "object" && d !== null);
  assertEquals(Object.getPrototypeOf(d), Object.prototype);
  assertEquals(Reflect.get(d, "polluted"), undefined);
});

Deno.test("parsePayload takes a message of 10 MB (ENV-7)", () => {
  const text = JSON.stringify({ op: 0, t: "GUILD_CREATE", s: 1, d: { name: "é".repeat(10_000_000) } });
  const { t, d } = parsePayload(text);
  assertEquals(t, "GUILD_CREATE");
  assert(typeof d === "object" && d !== null && "name" in d && typeof d.name === "string");
  assertEquals(d.name.length, 10_000_000);
});

Deno.test("helloInterval gives the interval, or nothing when it makes no sense (HB-1)", () => {
  assertEquals(helloInterval({ heartbeat_interval: 41_250, _trace: [] }), 41_250);
  assertEquals(helloInterval({ heartbeat_interval: 1 }), 1);
  const senseless = [0, -1, NaN, Infinity, 2 ** 31, "41250", null, undefined, [41_250]];
  for (const heartbeat_interval of senseless) assertEquals(helloInterval({ heartbeat_interval }), undefined);
  for (const d of [null, undefined, 41_250, "x", [], {}]) assertEquals(helloInterval(d), undefined);
});

Deno.test("readyFacts needs a session id, and takes a resume URL when there is one (SEQ-2)", () => {
  assertEquals(readyFacts({ session_id: "abc", resume_gateway_url: "wss://r", v: 10 }), {
    sessionId: "abc",
    resumeGatewayUrl: "wss://r",
  });
  for (const resume_gateway_url of [undefined, null, 7, {}]) {
    assertEquals(readyFacts({ session_id: "abc", resume_gateway_url }), {
      sessionId: "abc",
      resumeGatewayUrl: undefined,
    });
  }
  for (const session_id of ["", undefined, null, 7, {}]) assertEquals(readyFacts({ session_id }), undefined);
  for (const d of [null, undefined, 7, "abc", []]) assertEquals(readyFacts(d), undefined);
});

Deno.test("redacted leaves the token out and the original alone (TX-10)", () => {
  const identify = { op: 2, d: { token: "a.b.c", intents: 1 } };
  assertEquals(redacted(identify), { op: 2, d: { token: "[redacted]", intents: 1 } });
  assertEquals(identify.d.token, "a.b.c");
  const resume = { op: 6, d: { token: "a.b.c", session_id: "abc", seq: 1 } };
  assertEquals(JSON.stringify(redacted(resume)).includes("a.b.c"), false);
  const heartbeat = { op: 1, d: 5 };
  assertEquals(redacted(heartbeat), heartbeat);
});

Deno.test("parseGatewayBot gives the answer of GET /gateway/bot, and no more (URL-1)", () => {
  const session_start_limit = { total: 1000, remaining: 999, reset_after: 0, max_concurrency: 16 };
  assertEquals(
    parseGatewayBot({
      url: "wss://gateway.discord.gg",
      shards: 2,
      session_start_limit: { ...session_start_limit, x: 1 },
      y: 2,
    }),
    { url: "wss://gateway.discord.gg", shards: 2, session_start_limit },
  );
});

Deno.test("parseGatewayBot refuses what Discord does not answer", () => {
  const limit = { total: 1000, remaining: 999, reset_after: 0, max_concurrency: 1 };
  const bot = { url: "wss://gateway.discord.gg", shards: 1, session_start_limit: limit };
  const wrong: unknown[] = [null, undefined, "<html>", [], {}, { ...bot, url: 7 }];
  for (const url of ["", "https://gateway.discord.gg", "gateway.discord.gg"]) wrong.push({ ...bot, url });
  for (const shards of [0, -1, 1.5, "1", null]) wrong.push({ ...bot, shards });
  for (const session_start_limit of [null, [], "x"]) wrong.push({ ...bot, session_start_limit });
  for (const key of Object.keys(limit)) {
    for (const value of [-1, 0.5, "1", null, undefined]) {
      wrong.push({ ...bot, session_start_limit: { ...limit, [key]: value } });
    }
  }
  wrong.push({ ...bot, session_start_limit: { ...limit, max_concurrency: 0 } });
  for (const value of wrong) {
    assertThrows(() => parseGatewayBot(value), TypeError, "GET /gateway/bot", JSON.stringify(value));
  }
});
