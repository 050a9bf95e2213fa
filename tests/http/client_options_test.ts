import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { HTTPClient } from "../../http/mod.ts";

Deno.test("HTTPClient says of each wrong option which it is, and what it must be", () => {
  const rows: readonly (readonly [options: unknown, ErrorClass: typeof TypeError, ...words: string[]])[] = [
    [null, TypeError, "options", "null", "{ timeoutMs: 10_000 }"],
    [[], TypeError, "options", "a list"],
    ["x", TypeError, "options", "a text"],
    [{ fetch: "x" }, TypeError, "fetch must be a function, got a text"],
    [{ random: 5 }, TypeError, "random must be a function, got a number"],
    [{ globalRateLimiter: 5 }, TypeError, "globalRateLimiter must be a function"],
    [{ reservations: {} }, TypeError, "reservations must be a function, got an object"],
    [{ clock: {} }, TypeError, "clock has no function now", "systemClock"],
    [{ clock: null }, TypeError, "clock must be an object", "null"],
    [{ userAgent: "a\nb" }, TypeError, String.raw`userAgent is "a\nb"`, "one line"],
    [{ userAgent: "" }, TypeError, 'userAgent is ""'],
    [{ userAgent: 5 }, TypeError, "userAgent must be a string, got a number"],
    [{ timeoutMs: 0 }, RangeError, "timeoutMs is 0", "above 0"],
    [{ timeoutMs: -1 }, RangeError, "timeoutMs is -1"],
    [{ timeoutMs: NaN }, RangeError, "timeoutMs is NaN"],
    [{ timeoutMs: "2" }, TypeError, 'timeoutMs is "2", it must be a number'],
    [{ agingMs: null }, TypeError, "agingMs is null"],
    [{ baseUrl: null }, TypeError, "baseUrl", "https://discord.com/api/v10"],
    [{ baseUrl: "discord.com" }, TypeError, "baseUrl"],
    [{ maxRetries: 1.5 }, RangeError, "maxRetries is 1.5", "integer"],
    [{ maxRateLimitRetries: -1 }, RangeError, "maxRateLimitRetries is -1"],
    [{ maxInvalidRequests: "9" }, TypeError, 'maxInvalidRequests is "9"'],
    [{ trustLocalTime: "yes" }, TypeError, "trustLocalTime must be a boolean"],
    [{ invalidRequestThresholds: 5 }, TypeError, "invalidRequestThresholds must be a list", "a number"],
    [{ invalidRequestThresholds: [0] }, RangeError, "invalidRequestThresholds is 0", "from 1 on"],
    [{ invalidRequestThresholds: ["1"] }, TypeError, 'invalidRequestThresholds is "1"'],
  ];
  for (const [options, ErrorClass, ...words] of rows) {
    const error = assertThrows(() => Reflect.construct(HTTPClient, [options]));
    assert(error instanceof Error);
    assertEquals(error.constructor, ErrorClass, String(error));
    for (const word of words) assertStringIncludes(error.message, word);
  }
});

Deno.test("HTTPClient takes options that are left out, and limits that are none", async () => {
  await using _plain = new HTTPClient({ timeoutMs: undefined, fetch: undefined, clock: undefined });
  await using _free = new HTTPClient({
    timeoutMs: Infinity,
    maxRetries: Infinity,
    invalidRequestThresholds: [],
  });
});
