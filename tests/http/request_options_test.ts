import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  authentication,
  channelRoute,
  limitHeaders,
  messageRoute,
  ScriptedServer,
} from "./scripted_server.ts";

const ok = (): Response => Response.json({}, { headers: limitHeaders(5, 4, 5) });

Deno.test("HTTPClient.request says of each wrong option which it is, and what it must be", async () => {
  const rows: readonly (readonly [options: unknown, ErrorClass: typeof TypeError, ...words: string[]])[] = [
    [null, TypeError, "options of a request", "null", "{ json:"],
    ["x", TypeError, "options of a request", "a text"],
    [[], TypeError, "options of a request", "a list"],
    [{ authentication: "my-token" }, TypeError, "authentication", "a text", "new BotAuthentication(token)"],
    [{ authentication: null }, TypeError, "authentication", "null"],
    [{ authentication: { token: "my-token" } }, TypeError, "authentication", "rateLimitKey"],
    [
      { authentication: { rateLimitKey: "a", headers: { Authorization: "Bot my-token\n\nx" } } },
      TypeError,
      "authentication's header",
      "line breaks",
    ],
    [{ headers: "my-token" }, TypeError, "headers", "a text"],
    [{ headers: { Authorization: "Bot my-token\n\nx" } }, TypeError, "headers", "line breaks"],
    [{ headers: [["my-token"]] }, TypeError, "headers"],
    [{ rateLimitKey: 5 }, TypeError, "rateLimitKey must be a string"],
    [{ files: "abc" }, TypeError, "files must be a list", "a text"],
    [{ files: [null] }, TypeError, "files[0]", "null", "data:"],
    [{ files: [{ name: "a", data: "b" }, "c"] }, TypeError, "files[1]", "a text"],
    [{ query: "a=b" }, TypeError, "query", "URLSearchParams", "a text"],
    [{ query: 5 }, TypeError, "query", "a number"],
    [{ query: [["a", "b"]] }, TypeError, "query", "a list"],
    [{ query: new Map([["a", "b"]]) }, TypeError, "query", "an object"],
    [{ signal: {} }, TypeError, "signal", "AbortSignal", "an object"],
    [{ signal: null }, TypeError, "signal", "null"],
    [{ bucketPriority: "2" }, TypeError, 'bucketPriority is "2"', "lower goes first"],
    [{ bucketPriority: NaN }, RangeError, "bucketPriority is NaN"],
    [{ globalPriority: null }, TypeError, "globalPriority is null"],
    [{ maxWaitMs: "2" }, TypeError, 'maxWaitMs is "2"'],
    [{ maxWaitMs: -1 }, RangeError, "maxWaitMs is -1"],
    [{ timeoutMs: 0 }, RangeError, "timeoutMs is 0", "Infinity"],
    [{ timeoutMs: "5" }, TypeError, 'timeoutMs is "5"'],
    [{ serialKey: 5 }, TypeError, "serialKey must be a string", "a number"],
    [{ reason: 5 }, TypeError, "reason must be a string"],
    [{ wait: 0 }, TypeError, "wait must be a boolean", "a number"],
    [{ idempotent: "no" }, TypeError, "idempotent must be a boolean"],
    [{ bucketScope: 5 }, TypeError, "bucketScope must be a string"],
    [{ bucketScope: "" }, RangeError, "bucketScope has 0 characters", "1 to 100"],
    [{ bucketScope: "x".repeat(101) }, RangeError, "bucketScope has 101"],
    [{ limitHint: 5 }, TypeError, "limitHint", "{ limit: 5, windowMs: 2000 }"],
    [{ limitHint: { limit: 0, windowMs: 1 } }, RangeError, "limitHint.limit is 0", "from 1 on"],
    [{ limitHint: { limit: 5 } }, TypeError, "limitHint.windowMs is undefined"],
    [{ limitHint: { limit: Infinity, windowMs: 1 } }, RangeError, "finite limit"],
  ];
  const { http, sent, clock } = new ScriptedServer([ok()]);
  for (const [options, ErrorClass, ...words] of rows) {
    const error = await assertRejects(() => Reflect.apply(http.request, http, [messageRoute(), options]));
    assert(error instanceof Error);
    assertEquals(error.constructor, ErrorClass, String(error));
    for (const word of words) assertStringIncludes(error.message, word);
    // Nothing that may be a secret is shown (C18).
    assertEquals(Deno.inspect(error, { depth: 9 }).includes("my-token"), false, error.message);
  }
  assertEquals([sent.length, clock.pendingTimers, http.bucketCount], [0, 0, 0]);
});

Deno.test("HTTPClient.request lets a hinted limit go at once, without a probe (B4.5, C7)", async () => {
  const { http, sent, clock } = new ScriptedServer(["silence"]);
  const stop = new AbortController();
  const { signal } = stop;
  const limitHint = { limit: 3, windowMs: 1000 };
  const all = [1, 2, 3, 4].map(() =>
    assertRejects(() => http.request(channelRoute(), { authentication, limitHint, signal }))
  );
  await clock.advance(0);
  assertEquals(sent.length, 3);
  await assertRejects(() => http.request(channelRoute(), { authentication, limitHint, wait: false }));
  stop.abort();
  await Promise.all(all);
  assertEquals([sent.length, clock.pendingTimers], [3, 0]);
});

Deno.test("HTTPClient.request counts threads for the scope that the caller gives (A6.6)", async () => {
  const { http, sent, clock } = new ScriptedServer([
    Response.json({}, { headers: limitHeaders(5, 0, 5) }),
    ok(),
  ]);
  const bucketScope = "613425648685547541";
  await clock.runUntil(http.request(messageRoute("1"), { authentication, json: {}, bucketScope }));
  await clock.runUntil(http.request(messageRoute("2"), { authentication, json: {}, bucketScope }));
  assertEquals(sent.map(({ at }) => at), [0, 5002]);
  const majors = http.status().limits.get(authentication.rateLimitKey)?.buckets.map(({ majorKey }) =>
    majorKey
  );
  assertEquals(majors, [`@${bucketScope}`]);
});
