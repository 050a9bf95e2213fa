import { assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import { backoffMs, type Failure, isRepeatable, isRetryable, mayBeExecuted } from "../../http/retry.ts";

const NOT_EXECUTED: readonly Failure[] = [502, 503, 521, 522, 523];
const POSSIBLY_EXECUTED: readonly Failure[] = [500, 504, 520, 524, "timeout", "network"];

Deno.test("isRepeatable knows the methods that do nothing more the second time (A13)", () => {
  const repeatable = (["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const).filter(isRepeatable);
  assertEquals(repeatable, ["GET", "HEAD", "PUT", "DELETE"]);
});

Deno.test("isRetryable repeats what was not carried out, and the rest only where it may be repeated (A13, A13.4)", () => {
  for (const failure of NOT_EXECUTED) {
    assertEquals([isRetryable(failure, 0, false), isRetryable(failure, 0, true)], [true, true]);
    assertEquals(mayBeExecuted(failure, 0), false);
  }
  for (const failure of POSSIBLY_EXECUTED) {
    assertEquals([isRetryable(failure, 0, false), isRetryable(failure, 0, true)], [false, true]);
    assertEquals(mayBeExecuted(failure, 0), true);
  }
  for (const status of [302, 400, 401, 403, 404, 405, 413, 501, 505]) {
    assertEquals(isRetryable(status, 0, true), false, String(status));
    assertEquals(mayBeExecuted(status, 0), false, String(status));
  }
});

Deno.test("isRetryable repeats what an overloaded resource refused (A13.3)", () => {
  assertEquals([isRetryable(500, 130_000, false), mayBeExecuted(500, 130_000)], [true, false]);
});

Deno.test("backoffMs waits at random below a bound that doubles up to a cap, and as long as it was told (A13.1)", () => {
  assertEquals([1, 2, 3].map((retry) => backoffMs(retry, () => 1)), [500, 1000, 2000]);
  assertEquals(backoffMs(50, () => 1), 30_000);
  assertEquals(backoffMs(1, () => 0), 0);
  assertEquals(backoffMs(1, () => 0.5, 7000), 7000);
  for (let retry = 1; retry < 10; retry++) {
    const delayMs = backoffMs(retry, () => 0.3);
    assertGreaterOrEqual(delayMs, 0);
    assertLessOrEqual(delayMs, 30_000);
  }
});
