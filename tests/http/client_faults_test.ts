// What a client does when things go wrong (A9, A10, A13).
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  CloudflareBanError,
  type EdgeBlocked,
  HTTPClient,
  type HTTPMethod,
  HTTPRequestStatusError,
  NoAnswerError,
  NotFoundError,
  RequestTimeoutError,
  Route,
} from "../../http/mod.ts";
import { Simulator, VirtualClock } from "../../testing/mod.ts";
import { seededRandom } from "./limited_server.ts";
import { authentication, channelRoute, messageRoute, ScriptedServer, tooMany } from "./scripted_server.ts";

type Trouble = number | "network" | "timeout";

const NOT_EXECUTED: readonly Trouble[] = [502, 503, 521, 522, 523];
const POSSIBLY_EXECUTED: readonly Trouble[] = [500, 504, 520, 524, "network", "timeout"];

function troubled(trouble: Trouble): ScriptedServer {
  const answer = trouble === "network"
    ? new TypeError("connection reset")
    : trouble === "timeout"
    ? "silence"
    : new Response("<html>", { status: trouble });
  return new ScriptedServer([answer, Response.json({})], { timeoutMs: 1000 });
}

/** Whether a request is sent again after such a trouble. */
async function isRepeated(method: HTTPMethod, trouble: Trouble, options: object = {}): Promise<boolean> {
  const { http, clock, sent } = troubled(trouble);
  const route = new Route(method, "/x");
  try {
    await clock.runUntil(http.request(route, options));
    assertEquals(sent.length, 2);
  } catch (error) {
    assert(error instanceof HTTPRequestStatusError || error instanceof NoAnswerError, String(error));
    assertEquals(error.mayHaveBeenExecuted, POSSIBLY_EXECUTED.includes(trouble), `${method} ${trouble}`);
    assertEquals(sent.length, 1);
  }
  assertEquals(clock.pendingTimers, 0);
  return sent.length === 2;
}

Deno.test("HTTPClient repeats by method and by what may have happened (A13, C13)", async () => {
  const methods: readonly HTTPMethod[] = ["GET", "HEAD", "PUT", "DELETE", "PATCH", "POST"];
  for (const trouble of NOT_EXECUTED) {
    for (const method of methods) {
      assertEquals(await isRepeated(method, trouble), true, `${method} ${trouble}`);
    }
  }
  for (const trouble of POSSIBLY_EXECUTED) {
    for (const method of methods) {
      const name = `${method} ${trouble}`;
      assertEquals(await isRepeated(method, trouble), method !== "PATCH" && method !== "POST", name);
      assertEquals(await isRepeated(method, trouble, { idempotent: true }), true, name);
      assertEquals(await isRepeated(method, trouble, { idempotent: false }), false, name);
    }
  }
});

Deno.test("HTTPClient repeats no stream that it could read only once, but one from a function (A13, A14.8, C13)", async () => {
  const stream = (): ReadableStream<Uint8Array> => new Blob(["x"]).stream();
  assertEquals(await isRepeated("PUT", 502, { body: stream() }), false);
  assertEquals(await isRepeated("PUT", 502, { body: stream }), true);
  assertEquals(await isRepeated("PUT", 502, { files: [{ name: "a", data: stream }] }), true);
});

Deno.test("HTTPClient tells timeouts from aborts, and names them as the web does (B8.1)", async () => {
  const { http, clock } = new ScriptedServer(["silence"], { maxRetries: 0 });
  const error = await clock.runUntil(
    assertRejects(() => http.request(channelRoute(), { timeoutMs: 50 }), RequestTimeoutError),
  );
  assertEquals([error.name, error.mayHaveBeenExecuted, clock.now()], ["TimeoutError", true, 50]);
});

Deno.test("HTTPClient waits between repetitions, as long as it is told, and not for ever (A13.1)", async () => {
  const { http, clock, sent } = new ScriptedServer([
    new Response(null, { status: 503, headers: { "Retry-After": "7" } }),
  ]);
  await clock.runUntil(assertRejects(() => http.request(channelRoute()), HTTPRequestStatusError));
  assertEquals(sent.map(({ at }) => at), [0, 7000, 14_000, 21_000]);
});

Deno.test("HTTPClient says of a 404 to a repeated deletion that the first may have worked (A13)", async () => {
  const { http, clock } = new ScriptedServer([
    new Response(null, { status: 504 }),
    new Response(null, { status: 404 }),
  ]);
  const route = new Route("DELETE", "/channels/{channel_id}", { channel_id: "1" });
  const error = await clock.runUntil(assertRejects(() => http.request(route), NotFoundError));
  assertEquals(error.mayHaveBeenExecuted, true);
});

Deno.test("HTTPClient gives new messages a nonce, the same for each repetition, and touches none of the caller's (A13.2)", async () => {
  const { http, clock, sent } = new ScriptedServer([new Response(null, { status: 500 }), Response.json({})]);
  const json = { content: "x" };
  await clock.runUntil(http.request(messageRoute(), { authentication, json }));
  await clock.runUntil(http.request(messageRoute(), { authentication, json }));
  const bodies = sent.map(({ body }) => JSON.parse(String(body)));
  assertEquals(json, { content: "x" });
  assertEquals(bodies[0], bodies[1]);
  assertMatch(bodies[0].nonce, /^[0-9a-z-]{1,25}$/);
  assertEquals([bodies[0].enforce_nonce, bodies[0].nonce === bodies[2].nonce], [true, false]);

  for (const own of [{ nonce: "mine" }, { nonce: 1, enforce_nonce: true }, { enforce_nonce: false }]) {
    await clock.runUntil(http.request(messageRoute(), { authentication, json: own }));
    assertEquals(JSON.parse(String(sent.at(-1)?.body)), own);
  }
  const elsewhere = new Route("POST", "/channels/{channel_id}/threads", { channel_id: "1" });
  await clock.runUntil(http.request(elsewhere, { json: { name: "x" } }));
  assertEquals(JSON.parse(String(sent.at(-1)?.body)), { name: "x" });
});

Deno.test("HTTPClient doubles no message though answers fail, and says what it does not know (A13, C13)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({
    clock,
    rateLimits: { "POST /channels/{channel_id}/messages": null },
    globalLimit: 1e6,
  });
  await using http = new HTTPClient({
    baseUrl: discord.baseUrl,
    fetch: discord.fetch,
    clock,
    random: seededRandom(1),
  });
  const own = { authentication: { rateLimitKey: "1", headers: { Authorization: `Bot ${discord.token}` } } };
  const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: discord.channel.id });
  const random = seededRandom(7);
  const contents: string[] = [];
  for (let index = 0; index < 200; index++) {
    const chance = random();
    const isExecuted = random() < 0.5;
    if (chance < 0.1) discord.faults.serverError({ status: 500, isExecuted });
    else if (chance < 0.2) discord.faults.loseRequest({ isExecuted });
    const content = `message ${index}`;
    contents.push(content);
    await clock.runUntil(http.request(route, { ...own, json: { content } }));
  }
  const stored = discord.channel.messages.map(({ content }) => content).toSorted();
  assertEquals(stored, contents.toSorted());
});

Deno.test("HTTPClient stops where the edge blocks, and asks once when that is over (A9, C12)", async () => {
  const block = new Response("<html>", { status: 429, headers: { "Retry-After": "60" } });
  const { http, clock, sent } = new ScriptedServer([block, block, "silence", Response.json({})]);
  const told: EdgeBlocked[] = [];
  http.dispatcher.listen("edgeBlocked", (event) => told.push(event));
  const other = new Route("GET", "/users/@me");
  const error = await assertRejects(() => http.request(channelRoute()), CloudflareBanError);
  assertEquals([error.retryAfterMs, error.route], [60_000, "/channels/{channel_id}"]);
  await assertRejects(() => http.request(channelRoute("2")), CloudflareBanError);
  assertEquals(sent.length, 1);
  await assertRejects(() => http.request(other), CloudflareBanError);
  await assertRejects(() => http.request(new Route("GET", "/gateway")), CloudflareBanError);
  assertEquals([sent.length, told.map(({ isEverything }) => isEverything)], [2, [false, true]]);

  await clock.advance(60_000);
  const stop = new AbortController();
  const probe = assertRejects(() => http.request(channelRoute(), { signal: stop.signal }));
  await assertRejects(() => http.request(other), CloudflareBanError);
  assertEquals(sent.length, 3);
  stop.abort();
  await probe;
  await clock.runUntil(http.request(other));
  await clock.runUntil(http.request(channelRoute()));
  assertEquals([sent.length, clock.pendingTimers], [5, 0]);
});

Deno.test("HTTPClient tells a 403 of the edge from one of Discord (A9.3)", async () => {
  const page = new Response("<!doctype html>error code: 1020", {
    status: 403,
    headers: { "Content-Type": "text/html" },
  });
  await assertRejects(() => new ScriptedServer([page]).http.request(channelRoute()), CloudflareBanError);
  const denied = Response.json({ message: "Missing Access", code: 50001 }, { status: 403 });
  const { http } = new ScriptedServer([denied]);
  const error = await assertRejects(() => http.request(channelRoute()), HTTPRequestStatusError);
  assertEquals(error.code, 50001);
});

Deno.test("HTTPClient counts invalid requests, and holds all but callbacks at a limit (A10.1)", async () => {
  const denied = Response.json({ message: "Missing Access", code: 50001 }, { status: 403 });
  const shared = tooMany(1, { "X-RateLimit-Scope": "shared" });
  const { http, clock, sent } = new ScriptedServer([denied, shared, tooMany(1), denied, Response.json({})], {
    maxInvalidRequests: 3,
  });
  const counts: number[] = [];
  http.dispatcher.listen("invalidRequests", ({ count, limit }) => counts.push(count, limit));
  await assertRejects(() => http.request(channelRoute("1")));
  await clock.runUntil(assertRejects(() => http.request(channelRoute("2"))));
  assertEquals([counts, sent.length], [[1, 10_000, 2, 10_000, 3, 10_000], 4]);

  await assertRejects(() => http.request(channelRoute("3"), { wait: false }));
  const held = http.request(channelRoute("3"));
  const callback = new Route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", {
    interaction_id: "1",
    interaction_token: "x",
  });
  await clock.runUntil(http.request(callback));
  await clock.advance(9 * 60_000);
  assertEquals(sent.length, 5);
  await clock.runUntil(held);
  assertEquals([sent.length, clock.pendingTimers], [6, 0]);
});

Deno.test("HTTPClient tells of invalid requests at the counts it is asked for (A10.1)", async () => {
  const denied = new Response("{}", { status: 403 });
  const { http } = new ScriptedServer([denied], { invalidRequestThresholds: [2, 4] });
  const counts: number[] = [];
  http.dispatcher.listen("invalidRequests", ({ count }) => counts.push(count));
  for (let time = 0; time < 5; time++) await assertRejects(() => http.request(channelRoute()));
  assertEquals(counts, [2, 4]);
});

Deno.test("HTTPClient asks no more for a webhook that is gone (A10.3)", async () => {
  const gone = Response.json({ message: "Unknown Webhook", code: 10015 }, { status: 404 });
  const { http, sent, clock } = new ScriptedServer([gone]);
  const route = new Route("POST", "/webhooks/{webhook_id}/{webhook_token}", {
    webhook_id: "1",
    webhook_token: "x",
  });
  for (let time = 0; time < 3; time++) {
    await assertRejects(() => http.request(route, { json: {} }), NotFoundError);
  }
  assertEquals(sent.length, 1);
  await clock.advance(600_000);
  await assertRejects(() => http.request(route, { json: {} }), NotFoundError);
  assertEquals(sent.length, 2);
});

Deno.test("HTTPClient takes a burst that was under way for one block at the edge, not for many (A9.4)", async () => {
  const block = (): Response => new Response("error code: 1015", { status: 429 });
  const { http } = new ScriptedServer(Array.from({ length: 10 }, block));
  const lengths: number[] = [];
  http.dispatcher.listen("edgeBlocked", ({ retryAfterMs }) => lengths.push(retryAfterMs));
  await Promise.all(Array.from({ length: 10 }, (_, index) => {
    return assertRejects(() => http.request(channelRoute(String(index + 1))), CloudflareBanError);
  }));
  assertEquals(lengths, Array.from({ length: 10 }, () => 60_000));
});

Deno.test("HTTPClient holds what already waited when too many requests were invalid (A10.1)", async () => {
  const denied = (): Response => Response.json({ message: "Missing Access", code: 50001 }, { status: 403 });
  const { http, sent } = new ScriptedServer(Array.from({ length: 60 }, denied), { maxInvalidRequests: 10 });
  const ended = Array.from(
    { length: 60 },
    () => assertRejects(() => http.request(messageRoute(), { json: {} })),
  );
  await Promise.all(ended.slice(0, 10));
  assertEquals(sent.length, 10);
  const closed = http.close();
  await Promise.all(ended);
  await closed;
});

Deno.test("HTTPClient shows no part of a URL in errors of the runtime, whatever its parameters are called", async () => {
  const route = new Route("POST", "/webhooks/{webhook_id}/{key}", { webhook_id: "1", key: "hidden-token" });
  const { http } = new ScriptedServer([
    new TypeError(
      "error sending request for url (https://discord.com/api/v10/webhooks/1/hidden-token?a=hidden-query)",
    ),
  ]);
  const error = await assertRejects(
    () => http.request(route, { query: { a: "hidden-query" } }),
    NoAnswerError,
  );
  assertEquals(/hidden/.exec(Deno.inspect(error, { depth: 9 })), null);
});

Deno.test("HTTPClient says that nothing was carried out when the caller's function makes no body (A13, C13)", async () => {
  const secret = new Error("no file");
  const makers: readonly (() => unknown)[] = [
    () => {
      throw secret;
    },
    () => "text",
    () => undefined,
  ];
  for (const make of makers) {
    const { http, sent, clock } = new ScriptedServer([Response.json({})]);
    const request = Reflect.apply(http.request, http, [messageRoute(), { body: make }]);
    const error = await assertRejects(
      () => clock.runUntil(request),
      TypeError,
      "the function that makes the body",
    );
    assertEquals("mayHaveBeenExecuted" in error, false);
    assertEquals([sent.length, clock.pendingTimers], [0, 0]);
    // Its turn is free again, and nothing is in doubt.
    assertEquals(http.status().limits.get(null)?.buckets.map(({ inFlight }) => inFlight) ?? [], []);
    await clock.runUntil(http.request(messageRoute(), { json: {}, wait: false }));
  }
});
