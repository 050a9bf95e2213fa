// What a client sends, and what its answers become (A1-A3, A11, A12).
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  BadRequestError,
  BasicAuthentication,
  HTTPClient,
  type HTTPClientOptions,
  HTTPRequestStatusError,
  NoAnswerError,
  type RequestOptions,
  Route,
  SearchNotReadyError,
  UnauthorizedError,
} from "../../http/mod.ts";
import { authentication, channelRoute, messageRoute, ScriptedServer } from "./scripted_server.ts";

const ok = (): Response => Response.json({ ok: true });

Deno.test("HTTPClient sends method, path, query, headers and JSON (A1.1, A2.1-A2.3, A3.4)", async () => {
  const { http, sent } = new ScriptedServer([ok()]);
  const response = await http.request(messageRoute(), {
    authentication,
    json: { content: "hi", nonce: "1" },
    query: { with: true },
    reason: "because",
  });
  assertEquals(await response.json(), { ok: true });
  const [{ url, method, headers, body } = { url: "", method: "", headers: new Headers(), body: "" }] = sent;
  assertEquals([method, url], ["POST", "https://discord.com/api/v10/channels/1/messages?with=true"]);
  assertEquals(headers.get("Authorization"), `Bot ${authentication.token}`);
  assertEquals(headers.get("Content-Type"), "application/json");
  assertEquals(headers.get("X-Audit-Log-Reason"), "because");
  assertEquals(body, '{"content":"hi","nonce":"1"}');
});

Deno.test("HTTPClient authorises nothing by itself (A2.7)", async () => {
  const { http, sent } = new ScriptedServer([ok()]);
  await http.request(channelRoute());
  assertEquals(sent[0]?.headers.has("Authorization"), false);
});

Deno.test("HTTPClient sends forms for OAuth2, authorised by Basic (A2.4)", async () => {
  const { http, sent } = new ScriptedServer([ok()]);
  await http.request(new Route("POST", "/oauth2/token"), {
    authentication: new BasicAuthentication("1", "secret"),
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  assertEquals(sent[0]?.headers.get("Content-Type"), "application/x-www-form-urlencoded;charset=UTF-8");
  assertEquals([sent[0]?.body, sent[0]?.headers.get("Authorization")], [
    "grant_type=client_credentials",
    `Basic ${btoa("1:secret")}`,
  ]);
});

Deno.test("HTTPClient puts its paths behind any base (A1.3)", async () => {
  const { http, sent } = new ScriptedServer([ok()], { baseUrl: "http://127.0.0.1:9/proxy/api/v10/" });
  await http.request(channelRoute());
  assertEquals(sent[0]?.url, "http://127.0.0.1:9/proxy/api/v10/channels/1");
});

Deno.test("HTTPClient refuses options that cannot be right, when it is made", () => {
  const bad: readonly HTTPClientOptions[] = [
    { baseUrl: "x" },
    { timeoutMs: -1 },
    { timeoutMs: NaN },
    { maxRetries: -1 },
    { maxRateLimitRetries: NaN },
    { agingMs: -1 },
    { maxInvalidRequests: NaN },
    { maxPending: 0 },
  ];
  for (const options of bad) {
    const error = assertThrows(() => new HTTPClient(options));
    assert(error instanceof TypeError || error instanceof RangeError, String(error));
  }
});

Deno.test("HTTPClient rejects bad requests instead of throwing, and sends nothing", async () => {
  const { http, sent, clock } = new ScriptedServer([ok()]);
  const bad: readonly Record<string, unknown>[] = [
    { json: { id: 1n } },
    { json: {}, body: "x" },
    { reason: "x".repeat(513) },
    { bucketPriority: NaN },
    { globalPriority: Infinity },
    { timeoutMs: -1 },
    { maxWaitMs: NaN },
    { query: { a: {} } },
    { body: 5 },
    { headers: { "bad name": "x" } },
    { headers: { Authorization: "Bot a\nb" } },
  ];
  for (const options of bad) {
    const error = await assertRejects(() => Reflect.apply(http.request, http, [messageRoute(), options]));
    assert(error instanceof TypeError || error instanceof RangeError, `${Object.keys(options)}: ${error}`);
  }
  await assertRejects(() => Reflect.apply(http.request, http, ["/users/@me"]), TypeError, "Route");
  assertEquals([sent.length, clock.pendingTimers, http.bucketCount], [0, 0, 0]);
});

Deno.test("HTTPClient gives each success as it is, its body read (A11.1-A11.3)", async () => {
  const rows: readonly (readonly [Response, string])[] = [
    [new Response(null, { status: 204 }), ""],
    [Response.json({ id: "1" }, { status: 201 }), '{"id":"1"}'],
    [new Response("user_id\n1", { headers: { "Content-Type": "text/csv" } }), "user_id\n1"],
    [Response.json({ message: "queued" }, { status: 202 }), '{"message":"queued"}'],
    [new Response("", { status: 200 }), ""],
  ];
  for (const [answer, text] of rows) {
    const { http } = new ScriptedServer([answer]);
    const response = await http.request(channelRoute());
    assertEquals([response.status, await response.text()], [answer.status, text]);
  }
});

Deno.test("HTTPClient repeats a search until its index is ready, and gives up in the end (A11.1)", async () => {
  const unready = Response.json({ code: 110_000, message: "Index", documents_indexed: 5, retry_after: 2 }, {
    status: 202,
  });
  const route = new Route("GET", "/guilds/{guild_id}/messages/search", { guild_id: "1" });
  const first = new ScriptedServer([unready, unready, Response.json({ messages: [] })]);
  const response = await first.clock.runUntil(first.http.request(route));
  assertEquals([await response.json(), first.sent.map(({ at }) => at)], [{ messages: [] }, [0, 2000, 4000]]);

  const { http, clock, sent } = new ScriptedServer([unready]);
  const error = await clock.runUntil(assertRejects(() => http.request(route), SearchNotReadyError));
  assertEquals([error.retryAfterMs, error.documentsIndexed, sent.length], [2000, 5, 4]);
  await assertRejects(() => http.request(route, { wait: false }), SearchNotReadyError);
});

Deno.test("HTTPClient takes a redirect for an error and follows none (A11.4)", async () => {
  const { http, sent } = new ScriptedServer([
    new Response(null, { status: 302, headers: { Location: "https://evil.invalid" } }),
  ]);
  const error = await assertRejects(
    () => http.request(channelRoute(), { authentication }),
    HTTPRequestStatusError,
  );
  assertEquals([error.status, sent.length], [302, 1]);
});

Deno.test("HTTPClient rejects with what Discord said (A12.1-A12.3, A12.6)", async () => {
  const body = {
    code: 50035,
    message: "Invalid Form Body",
    errors: { content: { _errors: [{ code: "X", message: "Too long" }] } },
  };
  const { http } = new ScriptedServer([Response.json(body, { status: 400 })]);
  const error = await assertRejects(
    () => http.request(messageRoute(), { authentication, json: {} }),
    BadRequestError,
  );
  assertEquals([error.code, error.errors[0]?.path, error.body], [50035, "content", body]);
  assertEquals([error.route, error.method, error.mayHaveBeenExecuted], [
    "/channels/{channel_id}/messages",
    "POST",
    false,
  ]);
});

Deno.test("HTTPClient shows no token, whatever goes wrong (C18)", async () => {
  const secret = "secret-of-a-webhook-0123456789";
  const route = new Route("POST", "/webhooks/{webhook_id}/{webhook_token}", {
    webhook_id: "1",
    webhook_token: secret,
  });
  const echo = (sent: { url: string; headers: Headers }): string =>
    `${sent.url} ${sent.headers.get("Authorization")}`;
  const answers: ((sent: { url: string; headers: Headers }) => Response)[] = [
    (sent) => Response.json({ message: echo(sent), code: 1 }, { status: 400 }),
    (sent) => new Response(echo(sent), { status: 404 }),
    (sent) => new Response(`<html>${echo(sent)}`, { status: 403 }),
    (sent) => {
      throw new TypeError(`error sending request for url (${echo(sent)})`, { cause: new Error(echo(sent)) });
    },
  ];
  for (const answer of answers) {
    const { http, clock } = new ScriptedServer([(sent) => answer(sent)]);
    const seen: unknown[] = [];
    http.dispatcher.listen((name, payload) => seen.push(name, payload));
    for (const [one, options] of [[route, {}], [channelRoute(), { authentication }]] as const) {
      const error = await clock.runUntil(
        assertRejects(() => http.request(one, { ...options, idempotent: false })),
      );
      seen.push(error, String(error), JSON.stringify(error));
    }
    const shown = Deno.inspect(seen, { depth: 20, strAbbreviateSize: Infinity });
    assertEquals([shown.includes(secret), shown.includes(authentication.token)], [false, false], shown);
  }
});

Deno.test("HTTPClient shows no client secret that an answer or the runtime repeats (A2.2, C18)", async () => {
  const secret = "937it3ow87i4ery69876wqire";
  const token = new Route("POST", "/oauth2/token");
  const ways: readonly RequestOptions[] = [
    { authentication: new BasicAuthentication("1", secret), body: new URLSearchParams({ grant_type: "x" }) },
    { headers: { Authorization: `Basic ${btoa(`1:${secret}`)}` } },
    { body: new URLSearchParams({ client_id: "1", client_secret: secret }) },
  ];
  for (const options of ways) {
    for (const answer of [new TypeError(`x ${secret}`), Response.json({ error: secret }, { status: 400 })]) {
      const { http, clock } = new ScriptedServer([answer], { maxRetries: 0 });
      const error = await clock.runUntil(assertRejects(() => http.request(token, options)));
      const shown = Deno.inspect(error, { depth: 9 });
      assertEquals([shown.includes(secret), shown.includes("[redacted]")], [false, true], shown);
    }
  }
});

Deno.test("HTTPClient refuses credentials by itself that were refused before (A10.2)", async () => {
  const refused = Response.json({ message: "401: Unauthorized", code: 0 }, { status: 401 });
  const { http, sent, clock } = new ScriptedServer([refused]);
  const all = Array.from(
    { length: 5 },
    () => assertRejects(() => http.request(channelRoute(), { authentication }), UnauthorizedError),
  );
  const errors = await clock.runUntil(Promise.all(all));
  assertEquals(sent.length, 1, "those that waited were not sent either");
  assertEquals(errors.map(({ mayHaveBeenExecuted }) => mayHaveBeenExecuted), Array(5).fill(false));
  await assertRejects(
    () => http.request(new Route("GET", "/users/@me"), { authentication }),
    UnauthorizedError,
    "before",
  );
  assertEquals([sent.length, clock.pendingTimers], [1, 0]);
});

Deno.test("HTTPClient rejects what is under way and what is to come when it is closed (C4)", async () => {
  const { http, sent, clock } = new ScriptedServer(["silence"]);
  const waiting = Array.from(
    { length: 3 },
    () => assertRejects(() => http.request(channelRoute()), DOMException, "closed"),
  );
  await clock.advance(0);
  await Promise.all([http.close(), http.close(), ...waiting]);
  await assertRejects(() => http.request(channelRoute()), DOMException, "closed");
  assertEquals([sent.length, clock.pendingTimers], [1, 0]);
});

Deno.test("HTTPClient tells where the time of a request went (B11)", async () => {
  const { http, clock } = new ScriptedServer([ok()]);
  const told: unknown[] = [];
  http.dispatcher.listen("requestResponse", ({ headers: _headers, ...rest }) => told.push(rest));
  await clock.runUntil(http.request(channelRoute()));
  const timings = { queuedMs: 0, bucketMs: 0, globalMs: 0, headersMs: 0, totalMs: 0 };
  assertEquals(told, [{
    method: "GET",
    route: "/channels/{channel_id}",
    status: 200,
    attempt: 1,
    ...timings,
  }]);
});

Deno.test("HTTPClient ends an answer whose body breaks off with an error, once (C14)", async () => {
  const broken = (): Response =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(3)),
        pull: (controller) => controller.error(new Error("cut")),
      }, { highWaterMark: 0 }),
    );
  const { http, sent, clock } = new ScriptedServer([broken, broken, ok]);
  const route = new Route("PATCH", "/channels/{channel_id}", { channel_id: "1" });
  const error = await assertRejects(() => http.request(route, { json: {} }), NoAnswerError);
  assertEquals([error.mayHaveBeenExecuted, sent.length], [true, 1]);
  assertInstanceOf(error.cause, Error);
  await clock.runUntil(http.request(channelRoute()));
  assertEquals([sent.length, clock.pendingTimers], [3, 0]);
});

Deno.test("HTTPClient shows no token that an answer names in its headers (B11, C18)", async () => {
  const token = "the-token-of-a-webhook-0123456789";
  const { http } = new ScriptedServer([({ url }) => {
    return new Response(null, {
      status: 308,
      headers: { Location: url, "X-Path": new URL(url).pathname, Via: "1.1 x" },
    });
  }]);
  const shown: Headers[] = [];
  http.dispatcher.listen("requestResponse", ({ headers }) => shown.push(headers));
  const route = new Route("POST", "/webhooks/{webhook_id}/{webhook_token}", {
    webhook_id: "1",
    webhook_token: token,
  });
  await assertRejects(() => http.request(route, { json: {} }), HTTPRequestStatusError, "308");
  const [headers] = shown;
  assertEquals([headers?.get("Via"), headers?.get("X-Path")], ["1.1 x", "/api/v10/webhooks/1/[redacted]"]);
  assertEquals(JSON.stringify([...headers ?? []]).includes(token), false);
});
