import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { flattenErrors, statusErrorOf } from "../../http/errors.ts";
import {
  BadRequestError,
  CloudflareBanError,
  ForbiddenError,
  HTTPRequestStatusError,
  InternalServerError,
  NoAnswerError,
  NotFoundError,
  RateLimitedError,
  RateLimitingFailedError,
  RequestTimeoutError,
  UnauthorizedError,
} from "../../http/mod.ts";

const route = { method: "POST", template: "/channels/{channel_id}/messages" };

Deno.test("HTTPRequestStatusError has a class for the statuses that callers tell apart (A12.6)", () => {
  const rows = [
    [400, BadRequestError],
    [401, UnauthorizedError],
    [403, ForbiddenError],
    [404, NotFoundError],
    [500, InternalServerError],
    [503, InternalServerError],
    [302, HTTPRequestStatusError],
    [405, HTTPRequestStatusError],
    [413, HTTPRequestStatusError],
  ] as const;
  for (const [status, Class] of rows) {
    const error = statusErrorOf({ route, status });
    assertInstanceOf(error, HTTPRequestStatusError);
    assertEquals(error.constructor, Class, String(status));
    assertEquals([error.name, error.status, error.code, error.errors], [Class.name, status, 0, []]);
  }
});

Deno.test("HTTPRequestStatusError says what was asked, what Discord says, and where (A12.1, A12.2)", () => {
  const body = {
    code: 50035,
    message: "Invalid Form Body",
    errors: {
      embeds: {
        0: { fields: { 2: { value: { _errors: [{ code: "BASE_TYPE_REQUIRED", message: "Required" }] } } } },
      },
    },
  };
  const error = statusErrorOf({ route, status: 400, body });
  assertEquals(error.errors, [{
    path: "embeds[0].fields[2].value",
    code: "BASE_TYPE_REQUIRED",
    message: "Required",
  }]);
  assertEquals([error.code, error.route, error.method, error.body], [50035, route.template, "POST", body]);
  assertStringIncludes(
    error.message,
    "POST /channels/{channel_id}/messages: 400 Invalid Form Body (code 50035)",
  );
  assertStringIncludes(error.message, "embeds[0].fields[2].value: Required");
});

Deno.test("HTTPRequestStatusError reads the errors of OAuth2 (A12.1)", () => {
  const error = statusErrorOf({
    route,
    status: 400,
    body: { error: "invalid_grant", error_description: "Gone" },
  });
  assertStringIncludes(error.message, "Gone");
  assertStringIncludes(
    statusErrorOf({ route, status: 400, body: { error: "invalid_grant" } }).message,
    "invalid_grant",
  );
});

Deno.test("flattenErrors finds leaves at the root and beside children (A12.2)", () => {
  const leaf = (message: string): unknown => [{ code: "X", message }];
  assertEquals(
    flattenErrors({ _errors: leaf("all"), a: { _errors: leaf("a"), 0: { _errors: leaf("a0") } } })
      .map(({ path, message }) => `${path}=${message}`).toSorted(),
    ["=all", "a=a", "a[0]=a0"],
  );
});

Deno.test("HTTPRequestStatusError takes any body without failing (A12.2, A12.3)", () => {
  let deep: unknown = { _errors: [{ code: "X", message: "deep" }] };
  for (let depth = 0; depth < 50_000; depth++) deep = { a: deep };
  const wide = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [`k${index}`, { _errors: [{}] }]),
  );
  const bodies: readonly unknown[] = [
    undefined,
    null,
    "",
    "<html>",
    1,
    true,
    [],
    [1],
    {},
    { code: "x" },
    { code: NaN, message: {} },
    { errors: null },
    { errors: [] },
    { errors: { _errors: {} } },
    { errors: { _errors: [null, 1, {}] } },
    { errors: deep },
    { errors: wide },
  ];
  for (const body of bodies) {
    const error = statusErrorOf({ route, status: 400, body });
    assertEquals(error.body, body);
  }
  assertEquals(flattenErrors(deep), []);
  assertEquals(flattenErrors(wide).length, 256);
});

Deno.test("Errors tell whether the request may have been carried out (A13)", () => {
  const before = { ...route, mayHaveBeenExecuted: true };
  for (const [name, flag] of [[route, false], [before, true]] as const) {
    const errors = [
      statusErrorOf({ route: name, status: 500 }),
      new RateLimitedError({ route: name, retryAfterMs: 1, scope: "user" }),
      new RateLimitingFailedError({ route: name, retryAfterMs: 1, scope: "user" }, 10),
      new CloudflareBanError(name, 1),
      new NoAnswerError(name, "it broke"),
      new RequestTimeoutError(name, "too long"),
    ];
    for (const error of errors) {
      assertEquals(
        [error.mayHaveBeenExecuted, error.route, error.method],
        [flag, route.template, "POST"],
        error.name,
      );
    }
  }
  assertEquals(new RequestTimeoutError(route, "too long").name, "TimeoutError");
});
