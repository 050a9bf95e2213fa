import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Simulator, VirtualClock } from "../../testing/mod.ts";
import { testBothDoors } from "./both_doors.ts";
import { RawGateway } from "./raw_gateway.ts";
import { call, codeOf } from "./raw_rest.ts";

const POST = "POST /channels/{channel_id}/messages";

testBothDoors("dropConnections with a code closes, without one there is no close frame", async (discord) => {
  using one = await RawGateway.login(discord);
  discord.faults.dropConnections({ code: 1001, reason: "going away" });
  assertEquals(await one.closed, { code: 1001, reason: "going away", wasClean: true });
  using other = RawGateway.open(discord);
  await other.next(10);
  discord.faults.dropConnections();
  const { code, wasClean } = await other.closed;
  // WS-4: runtimes say 0, 1005 or 1006 for "no code".
  assert([0, 1005, 1006].includes(code));
  assertEquals(wasClean, false);
});

testBothDoors("A fault with a shardId strikes only that shard", async (discord) => {
  using zero = await RawGateway.login(discord, { shard: [0, 2] });
  using one = await RawGateway.login(discord, { shard: [1, 2] });
  discord.faults.dropConnections({ shardId: 1, code: 4000 });
  assertEquals((await one.closed).code, 4000);
  assertEquals(zero.socket.readyState, WebSocket.OPEN);
}, { maxConcurrency: 2 });

testBothDoors("reconnect, requestHeartbeat and invalidSession send ops 7, 1 and 9", async (discord) => {
  using gateway = await RawGateway.login(discord);
  await gateway.next("GUILD_CREATE");
  discord.faults.reconnect();
  discord.faults.requestHeartbeat();
  discord.faults.invalidSession({ resumable: true });
  discord.faults.invalidSession();
  const told: unknown[] = [];
  for (let count = 0; count < 4; count++) {
    const { op, d } = await gateway.next();
    told.push([op, d]);
  }
  assertEquals(told, [[7, null], [1, null], [9, true], [9, false]]);
  assertEquals(discord.sessions, []);
});

testBothDoors("freeze lets nothing pass and tells nobody", async (discord) => {
  using gateway = await RawGateway.login(discord);
  await gateway.next("GUILD_CREATE");
  discord.faults.freeze();
  const [connection] = discord.connections;
  const heard = connection?.received.length;
  gateway.send(1, 1);
  discord.channel.say("unheard");
  assertEquals((await call(discord, "GET /users/@me")).status, 200);
  assertEquals(gateway.taken(), []);
  assertEquals([connection?.isOpen, connection?.received.length], [true, heard]);
  assertEquals(gateway.socket.readyState, WebSocket.OPEN);
});

testBothDoors("withholdAcks answers no heartbeat; other payloads go on", async (discord) => {
  using gateway = await RawGateway.login(discord);
  await gateway.next("GUILD_CREATE");
  discord.faults.withholdAcks();
  gateway.send(1, 1);
  gateway.send(31, { guild_ids: [discord.guild.id] });
  assertEquals((await gateway.next()).t, "SOUNDBOARD_SOUNDS");
});

Deno.test("lag lets payloads come late and in order; a close flushes them", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  using gateway = await RawGateway.login(discord);
  await gateway.next("GUILD_CREATE");
  const texts = () => gateway.taken().map(({ d }) => d.content);
  discord.faults.lag({ ms: 500 });
  discord.channel.say("one");
  await clock.advance(100);
  discord.faults.lag({ ms: 0 });
  discord.channel.say("two");
  await clock.advance(399);
  assertEquals(texts(), []);
  await clock.advance(1);
  assertEquals(texts(), ["one", "two"]);
  discord.faults.lag();
  discord.channel.say("three");
  discord.faults.dropConnections({ code: 4000 });
  await clock.advance(0);
  assertEquals(texts(), ["three"]);
});

testBothDoors("corrupt sends what cannot be decoded", async (discord) => {
  using plain = await RawGateway.login(discord);
  await plain.next("GUILD_CREATE");
  const before = plain.frames.length;
  plain.socket.onmessage = ({ data }) => plain.frames.push(data);
  discord.faults.corrupt();
  discord.faults.sendRaw("anything");
  await call(discord, "GET /users/@me");
  while (plain.frames.length < before + 2) await call(discord, "GET /users/@me");
  assertThrows(() => JSON.parse(String(plain.frames[before])), SyntaxError);
  assertEquals(plain.frames[before + 1], "anything");
});

testBothDoors("corrupt breaks the compressed stream (Z-6)", async (discord) => {
  using gateway = RawGateway.open(discord, { query: "v=10&encoding=json&compress=zlib-stream" });
  await gateway.next(10);
  discord.faults.corrupt();
  while (gateway.frames.length < 2) await call(discord, "GET /users/@me");
  const stream = new Blob(gateway.frames).stream().pipeThrough(new DecompressionStream("deflate"));
  await assertRejects(() => new Response(stream).bytes());
});

testBothDoors("refuse strikes handshakes, also only those at the resume address", async (discord) => {
  const resumeUrl = `${discord.gatewayUrl}/resume/x`;
  discord.faults.refuse({ at: "resume", count: 2 });
  using base = RawGateway.open(discord);
  assertEquals(await base.opened, true);
  for (const expected of [false, false, true]) {
    using resume = RawGateway.open(discord, { url: resumeUrl });
    assertEquals(await resume.opened, expected);
  }
  discord.faults.refuse();
  using refused = RawGateway.open(discord);
  assertEquals(await refused.opened, false);
  assertEquals((await refused.closed).wasClean, false);
});

testBothDoors("breakResumes cuts at RESUME and keeps the session", async (discord) => {
  using first = await RawGateway.login(discord);
  discord.faults.breakResumes({ count: 2 });
  discord.faults.dropConnections();
  const resume = async () => {
    const gateway = RawGateway.open(discord);
    await gateway.next(10);
    gateway.send(6, { token: discord.token, session_id: first.ready.session_id, seq: 2 });
    return gateway;
  };
  for (let count = 0; count < 2; count++) assertEquals((await (await resume()).closed).wasClean, false);
  using last = await resume();
  assertEquals((await last.next()).t, "RESUMED");
});

testBothDoors("silence accepts but says nothing; withholdReady keeps acknowledging", async (discord) => {
  discord.faults.silence();
  using silent = RawGateway.open(discord);
  assertEquals(await silent.opened, true);
  discord.faults.withholdReady();
  using waiting = RawGateway.open(discord);
  await waiting.next(10);
  waiting.send(2, { token: discord.token, intents: 1 });
  waiting.send(1, null);
  assertEquals((await waiting.next()).op, 11);
  assertEquals(silent.frames, []);
});

Deno.test("withholdReady lets READY come later, and nothing before it", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  discord.faults.withholdReady({ forMs: 20_000 });
  using gateway = RawGateway.open(discord);
  await gateway.next(10);
  gateway.send(2, { token: discord.token, intents: 33281 });
  await clock.advance(19_999);
  discord.channel.say("too early");
  await clock.advance(0);
  assertEquals(gateway.taken(), []);
  await clock.advance(1);
  assertEquals(gateway.taken().map(({ t }) => t), ["READY", "GUILD_CREATE"]);
});

testBothDoors("rateLimit answers 429 as for each scope (A8)", async (discord) => {
  const post = () =>
    call(discord, `POST /channels/${discord.channel.id}/messages`, { json: { content: "x" } });
  const told: unknown[] = [];
  for (const scope of ["user", "sublimit", "shared", "global"] as const) {
    discord.faults.rateLimit({ scope, retryAfterMs: 1_500, route: POST });
    const { status, headers, body } = await post();
    const remaining = headers.get("x-ratelimit-remaining");
    told.push([status, headers.get("x-ratelimit-scope"), remaining, headers.get("retry-after"), body]);
  }
  const limited = { message: "You are being rate limited.", retry_after: 1.5, global: false };
  const shared = { ...limited, message: "The resource is being rate limited." };
  const message =
    "You are being blocked from accessing our API temporarily due to exceeding the global rate limit.";
  assertEquals(told, [
    [429, "user", "0", "2", limited],
    [429, "user", "3", "2", limited],
    [429, "shared", "2", "2", shared],
    [429, "global", null, "2", { message, retry_after: 1.5, global: true }],
  ]);
  assertEquals(discord.channel.messages, []);
  assertEquals(discord.invalidRequestCount, 3);
  assertEquals((await post()).status, 200);
});

testBothDoors("serverError executes the request or not; html and edgeBlock answer HTML", async (discord) => {
  const post = (content: string) =>
    call(discord, `POST /channels/${discord.channel.id}/messages`, { json: { content } });
  discord.faults.serverError({ status: 502 });
  discord.faults.serverError({ status: 500, isExecuted: true });
  discord.faults.html();
  discord.faults.edgeBlock({ retryAfterMs: 60_000 });
  const answers = [await post("no"), await post("yes"), await post("html"), await post("blocked")];
  assertEquals(answers.map(({ status }) => status), [502, 500, 200, 429]);
  assertEquals(codeOf(answers[1] ?? answers[0] ?? { status: 0, headers: new Headers(), body: 0 }), [500, 0]);
  assertEquals(answers.map(({ headers }) => headers.get("content-type")?.split(";")[0]), [
    "text/html",
    "application/json",
    "text/html",
    "text/html",
  ]);
  assertEquals(answers.map(({ headers }) => headers.has("via")), [true, true, true, false]);
  assertEquals(answers[3]?.headers.get("retry-after"), "60");
  assertEquals(discord.channel.messages.map(({ content }) => content), ["yes", "html"]);
});

testBothDoors("respond answers as it is told to, with the request's effect or without", async (discord) => {
  const post = (content: string) =>
    call(discord, `POST /channels/${discord.channel.id}/messages`, { json: { content } });
  discord.faults.respond({ status: 429, headers: { "retry-after": "7" }, body: "{", route: POST });
  discord.faults.respond({ isExecuted: true });
  const [strange, empty] = [await post("no"), await post("yes")];
  assertEquals([strange.status, strange.headers.get("retry-after"), strange.body], [429, "7", "{"]);
  assertEquals([empty.status, empty.headers.has("via"), empty.body], [200, false, ""]);
  assertEquals(discord.channel.messages.map(({ content }) => content), ["yes"]);
  assertThrows(() => discord.faults.respond({ status: 99 }), RangeError);
});

testBothDoors("loseRequest cuts the connection, with or without effect", async (discord) => {
  const url = `${discord.baseUrl}/channels/${discord.channel.id}/messages`;
  const headers = { authorization: `Bot ${discord.token}`, "content-type": "application/json" };
  const post = (content: string) =>
    // A stream, since runtimes send a plain body again by themselves.
    discord.fetch(url, {
      method: "POST",
      headers,
      body: new Blob([JSON.stringify({ content })]).stream(),
    });
  discord.faults.loseRequest();
  await assertRejects(() => post("lost"), TypeError);
  discord.faults.loseRequest({ isExecuted: true });
  await assertRejects(() => post("executed"), TypeError);
  assertEquals(discord.channel.messages.map(({ content }) => content), ["executed"]);
  assertEquals(discord.requests.map(({ status }) => status), [0, 0]);
});

testBothDoors("loseRequest can leave the client without any answer", async (discord) => {
  discord.faults.loseRequest({ isSilent: true, route: "GET /gateway" });
  const patience = new AbortController();
  const request = discord.fetch(`${discord.baseUrl}/gateway`, { signal: patience.signal });
  const others = async () => {
    for (let count = 0; count < 5; count++) await call(discord, "GET /users/@me");
    return "no answer";
  };
  assertEquals(await Promise.race([request, others()]), "no answer");
  patience.abort(new RangeError("enough"));
  await assertRejects(() => request, RangeError, "enough");
});

Deno.test("delay lets a request wait before it is looked at", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  discord.faults.delay({ ms: 3_000 });
  assertEquals((await clock.runUntil(call(discord, "GET /users/@me"))).status, 200);
  assertEquals([clock.now(), discord.requests[0]?.at], [3_000, 0]);
});

Deno.test("A fault strikes only the route it names, and says when there is none", async () => {
  await using discord = Simulator.inMemory();
  discord.faults.serverError({ route: POST });
  assertEquals((await call(discord, "GET /users/@me")).status, 200);
  assertThrows(() => discord.faults.delay({ route: "POST /nowhere" }), TypeError, "POST /nowhere");
  assertThrows(() => discord.faults.refuse({ count: 0 }), RangeError, "count is 0");
  discord.faults.clear();
  const answer = await call(discord, `POST /channels/${discord.channel.id}/messages`, {
    json: { content: "x" },
  });
  assertEquals(answer.status, 200);
});
