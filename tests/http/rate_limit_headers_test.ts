import { assertAlmostEquals, assertEquals } from "@std/assert";
import { parseRateLimitHeaders, secondsIn } from "../../http/rate_limit_headers.ts";

const GOOD = {
  "X-RateLimit-Limit": "5",
  "X-RateLimit-Remaining": "4",
  "X-RateLimit-Reset": "1470173023.123",
  "X-RateLimit-Reset-After": "1.25",
  "X-RateLimit-Bucket": "abcd1234",
};

function parse(changes: Record<string, string | undefined>) {
  const headers = new Headers();
  for (const [name, value] of Object.entries({ ...GOOD, ...changes })) {
    if (value !== undefined) headers.set(name, value);
  }
  return parseRateLimitHeaders(headers);
}

Deno.test("parseRateLimitHeaders reads a limit, whatever the case of the names (A5, A5.2)", () => {
  const expected = { bucket: "abcd1234", limit: 5, remaining: 4, resetAfterMs: 1250 };
  const { resetAt, ...rest } = parse({}) ?? {};
  assertEquals(rest, expected);
  assertAlmostEquals(resetAt ?? 0, 1_470_173_023_123, 0.01);
  const lower = Object.fromEntries(Object.entries(GOOD).map(([name, value]) => [name.toUpperCase(), value]));
  assertEquals(parseRateLimitHeaders(new Headers(lower))?.limit, 5);
});

Deno.test("parseRateLimitHeaders does without the id and the date (A5.1)", () => {
  assertEquals(parse({ "X-RateLimit-Bucket": undefined, "X-RateLimit-Reset": undefined }), {
    bucket: undefined,
    limit: 5,
    remaining: 4,
    resetAfterMs: 1250,
    resetAt: undefined,
  });
  assertEquals(parse({ "X-RateLimit-Bucket": "" })?.bucket, undefined);
});

Deno.test("parseRateLimitHeaders takes missing, malformed and absurd values for absent ones (A5.2)", () => {
  const bad = [
    undefined,
    "",
    "-1",
    "NaN",
    "Infinity",
    "1e3",
    "0x10",
    "five",
    "1,5",
    "9".repeat(308),
    "9".repeat(400),
    "1.2.3",
  ];
  for (const value of bad) {
    for (const name of ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset-After"]) {
      assertEquals(parse({ [name]: value }), undefined, `${name}: ${value}`);
    }
    assertEquals(parse({ "X-RateLimit-Reset": value })?.resetAt, undefined, `reset: ${value}`);
  }
  assertEquals(parse({ "X-RateLimit-Limit": "0" }), undefined);
  assertEquals(parse({ "X-RateLimit-Limit": "5.5" }), undefined);
  assertEquals(parse({ "X-RateLimit-Remaining": "6" }), undefined);
  assertEquals(parse({ "X-RateLimit-Reset-After": "99999999" }), undefined);
});

Deno.test("parseRateLimitHeaders goes by dates only where the wall clock is to be trusted (A5.3)", () => {
  const headers = new Headers(GOOD);
  assertAlmostEquals(
    parseRateLimitHeaders(headers, { wallNow: 1_470_173_020_123 })?.resetAfterMs ?? 0,
    3000,
    0.01,
  );
  assertEquals(parseRateLimitHeaders(headers, { wallNow: 1_470_173_099_000 })?.resetAfterMs, 0);
  assertEquals(parseRateLimitHeaders(headers)?.resetAfterMs, 1250);
});

Deno.test("secondsIn gives milliseconds", () => {
  assertEquals(secondsIn(new Headers({ "Retry-After": " 2 " }), "retry-after"), 2000);
  assertEquals(secondsIn(new Headers(), "retry-after"), undefined);
});
