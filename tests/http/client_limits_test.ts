// How a client keeps to limits that answers tell it (A8, B3, B7, B8).
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { sleep } from "../../clock.ts";
import {
  HTTPClient,
  type RateLimited,
  RateLimitedError,
  RateLimitingFailedError,
  type RequestOptions,
  RequestOverflowError,
  Route,
} from "../../http/mod.ts";
import {
  authentication,
  channelRoute,
  limitHeaders,
  messageRoute,
  ScriptedServer,
  tooMany,
} from "./scripted_server.ts";

const DAY_MS = 86_400_000;

function ok(remaining: number, limit = 5, resetAfterSeconds = 5): Response {
  return Response.json({}, { headers: limitHeaders(limit, remaining, resetAfterSeconds) });
}

Deno.test("HTTPClient waits out a refusal and sends the same bytes again (A8.3, C20)", async () => {
  const { http, sent, clock } = new ScriptedServer([tooMany(1.5), ok(4)]);
  const data = new Uint8Array([1, 2, 3]);
  await clock.runUntil(
    http.request(messageRoute(), { authentication, json: { content: "x" }, files: [{ name: "a", data }] }),
  );
  assertEquals(sent.map(({ at }) => at), [0, 1502]);
  assertEquals(sent[0]?.body, sent[1]?.body);
});

Deno.test("HTTPClient puts each refusal where it belongs (A8, B5.8, B5.9, C11)", async () => {
  const left = limitHeaders(5, 3, 5);
  const rows: readonly (readonly [scope: string, refusal: Response, held: string[]])[] = [
    ["user", tooMany(2, limitHeaders(5, 0, 5)), ["GET 1", "DELETE 1"]],
    ["sublimit", tooMany(2, left), ["GET 1"]],
    ["shared", tooMany(2, { ...left, "X-RateLimit-Scope": "shared" }), ["GET 1"]],
    ["global", tooMany(2, { "X-RateLimit-Scope": "global" }), ["GET 1", "DELETE 1", "GET 2"]],
  ];
  const other = (channel_id: string): Route => new Route("DELETE", "/channels/{channel_id}", { channel_id });
  for (const [scope, refusal, held] of rows) {
    const { http, sent, clock } = new ScriptedServer([ok(4), ok(4), ok(4), refusal, ok(2)]);
    // The routes share one bucket id, which is known.
    for (const route of [channelRoute("1"), other("1"), channelRoute("2")]) {
      await clock.runUntil(http.request(route, { authentication }));
    }
    const first = http.request(channelRoute("1"), { authentication });
    await clock.advance(1);
    const all = [channelRoute("1"), other("1"), channelRoute("2")]
      .map((route) => http.request(route, { authentication }));
    await clock.runUntil(Promise.all([first, ...all]));
    const late = sent.filter(({ at }) => at >= 2000).map(({ method, url }) => `${method} ${url.slice(-1)}`);
    assertEquals(new Set(late), new Set(held), scope);
  }
});

Deno.test("HTTPClient holds a sublimit to requests with the same fields (B5.10, C9)", async () => {
  const route = new Route("PATCH", "/channels/{channel_id}", { channel_id: "1" });
  const sublimit = tooMany(600, limitHeaders(5, 3, 5));
  const { http, sent, clock } = new ScriptedServer([ok(4), sublimit, ok(2), ok(1)]);
  await clock.runUntil(http.request(route, { json: { topic: "a" } }));
  const named = http.request(route, { json: { name: "a" } });
  await clock.advance(10);
  await clock.runUntil(http.request(route, { json: { topic: "b" } }));
  assertEquals([sent.length, clock.now()], [3, 10]);
  await clock.runUntil(named);
  assertEquals([sent.length, clock.now()], [4, 600_002]);
});

Deno.test("HTTPClient keeps the order of messages to a channel, over refusals and failures (B7.1, B7.3, C8)", async () => {
  const { http, sent, clock } = new ScriptedServer([
    ok(4),
    new Response(null, { status: 502 }),
    tooMany(1, limitHeaders(5, 0, 1)),
    new TypeError("connection reset"),
    ok(4),
    tooMany(3, { "X-RateLimit-Scope": "global" }),
    ok(3),
  ]);
  const done: number[] = [];
  const all = [0, 1, 2, 3, 4].map(async (content) => {
    await http.request(messageRoute(), { authentication, json: { content } });
    done.push(content);
  });
  await clock.runUntil(Promise.all(all));
  const order = sent.map(({ body }) => JSON.parse(String(body)).content);
  assertEquals([order, done], [[0, 1, 1, 1, 1, 2, 2, 3, 4], [0, 1, 2, 3, 4]]);
});

Deno.test("HTTPClient lets messages overlap where the caller says that order does not matter (B7.3)", async () => {
  const { http, sent, clock } = new ScriptedServer([ok(4), "silence"]);
  await clock.runUntil(http.request(messageRoute(), { json: {} }));
  const stop = new AbortController();
  const send = (serialKey: string | null | undefined): Promise<unknown> =>
    assertRejects(() => http.request(messageRoute(), { json: {}, serialKey, signal: stop.signal }));
  const all = [null, null, undefined, undefined].map(send);
  await clock.advance(0);
  assertEquals(sent.length, 4);
  stop.abort();
  await Promise.all(all);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("HTTPClient sends requests of one serialKey one after the other (B7.3)", async () => {
  let underway = 0;
  let most = 0;
  const { http, clock } = new ScriptedServer([async () => {
    most = Math.max(most, ++underway);
    await Promise.resolve();
    underway -= 1;
    return ok(4);
  }]);
  const all = ["1", "2", "3"].map((id) => http.request(channelRoute(id), { serialKey: "a" }));
  await clock.runUntil(Promise.all(all));
  assertEquals([most, clock.pendingTimers], [1, 0]);
});

Deno.test("HTTPClient bounds the wait behind a serialKey as well (B3.3, B7.3, B8, C17)", async () => {
  const { http, sent, clock } = new ScriptedServer(["silence"]);
  const end = new AbortController();
  const ask = (options: RequestOptions): Promise<Error> =>
    assertRejects(() => http.request(channelRoute(), { serialKey: "a", ...options }), Error);
  const first = ask({ signal: end.signal });
  const atOnce = await ask({ wait: false });
  assertInstanceOf(atOnce, RateLimitedError);
  assertEquals([await ask({ maxWaitMs: 0 }) instanceof RateLimitedError, clock.now()], [true, 0]);
  const stop = new AbortController();
  const aborted = ask({ signal: stop.signal });
  const late = ask({ maxWaitMs: 700 });
  await clock.advance(0);
  stop.abort(new Error("enough"));
  assertEquals([(await aborted).message, clock.now()], ["enough", 0]);
  await clock.runUntil(late);
  assertEquals([await late instanceof RateLimitedError, clock.now(), sent.length], [true, 700, 1]);
  end.abort();
  await first;
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("HTTPClient counts the wait behind a serialKey as part of all that it may wait (B3.3)", async () => {
  const { http, clock } = new ScriptedServer([
    async () => {
      await sleep(clock, 600);
      return ok(0, 5, 5);
    },
  ]);
  const first = http.request(channelRoute(), { serialKey: "a" });
  const second = assertRejects(
    () => http.request(channelRoute(), { serialKey: "a", maxWaitMs: 5100 }),
    RateLimitedError,
  );
  await clock.runUntil(Promise.all([first, second]));
  assertEquals(clock.now(), 600, "4,500 are left, and 5,002 are needed");
});

Deno.test("HTTPClient decides at once for those who may not wait, and takes no slot (B3.3, C17)", async () => {
  const { http, sent, clock } = new ScriptedServer([ok(1), ok(0), ok(4)]);
  await clock.runUntil(http.request(channelRoute(), { wait: false }));
  await clock.runUntil(http.request(channelRoute(), { wait: false }));
  for (let time = 0; time < 3; time++) {
    const error = await assertRejects(() => http.request(channelRoute(), { wait: false }), RateLimitedError);
    assertEquals([error.retryAfterMs, error.scope, error.route], [5002, "user", "/channels/{channel_id}"]);
  }
  assertEquals([sent.length, clock.pendingTimers], [2, 0]);
  await clock.advance(5002);
  await clock.runUntil(http.request(channelRoute(), { wait: false }));
  assertEquals(sent.length, 3);
});

Deno.test("HTTPClient does not let those wait who may not, while nothing is known (B3.3, B4.1)", async () => {
  const { http, sent, clock } = new ScriptedServer(["silence"]);
  const stop = new AbortController();
  const probe = assertRejects(() => http.request(channelRoute(), { signal: stop.signal }));
  await assertRejects(() => http.request(channelRoute(), { wait: false }), RateLimitedError);
  await clock.runUntil(
    assertRejects(() => http.request(channelRoute(), { maxWaitMs: 50 }), RateLimitedError),
  );
  assertEquals([sent.length, clock.now()], [1, 50]);
  stop.abort();
  await probe;
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("HTTPClient rejects at once what would wait longer than it may (A8.2, B3.3, C17)", async () => {
  const { http, sent, clock } = new ScriptedServer([ok(0, 5, 5), ok(4)]);
  await clock.runUntil(http.request(channelRoute()));
  await assertRejects(() => http.request(channelRoute(), { maxWaitMs: 5000 }), RateLimitedError);
  assertEquals(clock.now(), 0);
  await clock.runUntil(http.request(channelRoute(), { maxWaitMs: 5100 }));
  assertEquals(sent.length, 2);
});

Deno.test("HTTPClient rejects on a refusal that would be waited for too long (A8.2)", async () => {
  for (const options of [{ wait: false }, { maxWaitMs: 3_599_000 }]) {
    const { http, sent, clock } = new ScriptedServer([tooMany(3600)]);
    const error = await clock.runUntil(
      assertRejects(() => http.request(channelRoute(), options), RateLimitedError),
    );
    assertEquals([error.retryAfterMs, sent.length, clock.pendingTimers], [3_600_000, 1, 0]);
  }
});

Deno.test("HTTPClient waits for months if it must, and does not fire at once (A8.2, C15)", async () => {
  const { http, sent, clock } = new ScriptedServer([tooMany(30 * 86_400), ok(4)]);
  await clock.runUntil(http.request(channelRoute()), { limitMs: 31 * DAY_MS });
  assertEquals(sent.map(({ at }) => at), [0, 30 * DAY_MS + 2]);
});

Deno.test("HTTPClient gives up after so many refusals, each waited for (A8.4, C11)", async () => {
  const { http, sent, clock } = new ScriptedServer([tooMany(0)], { maxRateLimitRetries: 3 });
  const error = await clock.runUntil(
    assertRejects(() => http.request(channelRoute()), RateLimitingFailedError),
  );
  assertEquals([error.maxRetries, sent.length, error.mayHaveBeenExecuted], [3, 4, false]);
  const waits = sent.map(({ at }, index) => at - (sent[index - 1]?.at ?? 0)).slice(1);
  assertEquals(waits, [1002, 2002, 4002]);
});

Deno.test("HTTPClient does not send a stream again that it could read only once (A14.8)", async () => {
  const { http, sent, clock } = new ScriptedServer([tooMany(1)]);
  const body = new Blob(["x"]).stream();
  await clock.runUntil(assertRejects(() => http.request(new Route("PUT", "/x"), { body }), RateLimitedError));
  assertEquals(sent.length, 1);
});

Deno.test("HTTPClient sends callbacks of interactions in the same turn, whatever is blocked (A15.2, C9)", async () => {
  const { http, sent, clock } = new ScriptedServer([
    tooMany(3600, { "X-RateLimit-Scope": "global" }),
    new Response(null, { status: 204 }),
  ]);
  const stop = new AbortController();
  const blocked = assertRejects(() => http.request(channelRoute(), { signal: stop.signal }));
  await clock.advance(10);
  const route = new Route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", {
    interaction_id: "1",
    interaction_token: "x",
  });
  const callback = http.request(route, { json: { type: 1 } });
  assertEquals(sent.length, 2, "sent before anything was awaited");
  assertEquals((await callback).status, 204);
  stop.abort();
  await blocked;
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("HTTPClient waits only for itself when an exempt endpoint is refused globally (A7.4)", async () => {
  const { http, sent, clock } = new ScriptedServer([tooMany(5, { "X-RateLimit-Scope": "global" }), ok(4)]);
  const route = new Route("GET", "/webhooks/{application_id}/{interaction_token}/messages/@original", {
    application_id: "1",
    interaction_token: "x",
  });
  const exempt = http.request(route);
  await clock.advance(0);
  await clock.runUntil(http.request(channelRoute()));
  assertEquals(clock.now(), 0);
  await clock.runUntil(exempt);
  assertEquals(sent.map(({ at }) => at), [0, 0, 5002]);
});

Deno.test("HTTPClient tells of limits it foresees and of refusals (B11)", async () => {
  const { http, clock } = new ScriptedServer([ok(0), tooMany(1, limitHeaders(5, 0, 1)), ok(4)]);
  const told: RateLimited[] = [];
  http.dispatcher.listen("rateLimited", (event) => told.push(event));
  await clock.runUntil(http.request(channelRoute("7")));
  await clock.runUntil(http.request(channelRoute("7")));
  assertEquals(
    told.map(({ isForeseen, retryAfterMs, scope, majorKey }) => [isForeseen, retryAfterMs, scope, majorKey]),
    [
      [true, 5002, "user", "channels/7"],
      [false, 1000, "user", "channels/7"],
    ],
  );
});

Deno.test("HTTPClient frees a route that shows no limit, until it is refused (B4.3, C10)", async () => {
  const { http, sent, clock } = new ScriptedServer([() => Response.json({})]);
  await clock.runUntil(http.request(channelRoute()));
  const all = Array.from({ length: 20 }, () => http.request(channelRoute()));
  assertEquals(sent.length, 21, "all at once");
  await clock.runUntil(Promise.all(all));
});

Deno.test("HTTPClient goes on finding out after an error without headers (B4.3, B4.4)", async () => {
  const { http, sent, clock } = new ScriptedServer([new Response(null, { status: 404 }), ok(4)]);
  const first = assertRejects(() => http.request(channelRoute()));
  const rest = [1, 2, 3].map(() => http.request(channelRoute()));
  assertEquals(sent.length, 1);
  await clock.runUntil(Promise.all([first, ...rest]));
  assertEquals([sent.length, clock.now()], [4, 0]);
});

Deno.test("HTTPClient sends a message on that was held for too many invalid requests while it was in line (A10.1, C3)", async () => {
  const forbidden = Response.json({ code: 0 }, { status: 403 });
  const { http, clock, sent } = new ScriptedServer([ok(0), forbidden, ok(4)], { maxInvalidRequests: 1 });
  await clock.runUntil(http.request(messageRoute(), { json: { content: "1" } }));
  const second = http.request(messageRoute(), { json: { content: "2" } });
  await assertRejects(() => http.request(new Route("GET", "/guilds/{guild_id}", { guild_id: "1" })));
  await clock.advance(600_000);
  assertEquals(sent.length, 2, "held");
  await clock.runUntil(second);
  await clock.runUntil(http.request(messageRoute(), { json: { content: "3" } }));
  assertEquals([sent.length, clock.pendingTimers], [4, 0]);
});

Deno.test("HTTPClient counts no pause after a failure as a wait for limits, in whatever order it sends (A13.1, B3.3)", async () => {
  const patch = new Route("GET", "/channels/{channel_id}/messages", { channel_id: "1" });
  for (const route of [messageRoute(), patch]) {
    const server = new ScriptedServer([new Response(null, { status: 502 }), ok(4)], { random: () => 0.9 });
    await server.clock.runUntil(server.http.request(route, { maxWaitMs: 100 }));
    assertEquals([server.sent.length, server.clock.now()], [2, 450]);
  }
});

Deno.test("HTTPClient keeps to a hint also where an answer has shown no limit before (B4.3, B4.5)", async () => {
  const { http, sent, clock } = new ScriptedServer([() => Response.json({})]);
  await clock.runUntil(http.request(channelRoute()));
  const limitHint = { limit: 2, windowMs: 1000 };
  const all = Array.from({ length: 5 }, () => http.request(channelRoute(), { limitHint }));
  assertEquals(sent.length, 3);
  await clock.runUntil(Promise.all(all));
  assertEquals(clock.now() >= 2000, true);
});

Deno.test("HTTPClient gives back the turn of a request that may not wait until fewer were invalid (A10.1, B3.3)", async () => {
  const forbidden = Response.json({ code: 0 }, { status: 403 });
  const { http, clock } = new ScriptedServer([ok(0, 1), forbidden, ok(0, 1)], { maxInvalidRequests: 1 });
  await clock.runUntil(http.request(channelRoute()));
  const second = assertRejects(() => http.request(channelRoute(), { maxWaitMs: 10_000 }), RateLimitedError);
  await assertRejects(() => http.request(new Route("GET", "/guilds/{guild_id}", { guild_id: "1" })));
  await clock.runUntil(second);
  const [limits] = http.status().limits.values();
  assertEquals(limits?.buckets.map(({ inFlight }) => inFlight) ?? [], []);
  await clock.advance(600_000);
  await clock.runUntil(http.request(channelRoute()));
});

Deno.test("HTTPClient takes no more requests than maxPending, but answers interactions all the same", async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const fetch = async (): Promise<Response> => {
    await gate;
    return Response.json({});
  };
  await using http = new HTTPClient({ fetch, maxPending: 2 });
  const waiting: Promise<unknown>[] = [1, 2].map(() => http.request(new Route("GET", "/gateway")));
  const error = await assertRejects(() => http.request(new Route("GET", "/gateway")), RequestOverflowError);
  assertEquals([error.limit, error.method, error.route], [2, "GET", "/gateway"]);
  const callback = new Route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", {
    interaction_id: "1",
    interaction_token: "aW50ZXJhY3Rpb246MTp0b2tlbg",
  });
  waiting.push(http.request(callback, { json: { type: 1 } }));
  open();
  await Promise.all(waiting);
  await http.request(new Route("GET", "/gateway"));
});
