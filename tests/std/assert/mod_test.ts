// What the stand-in lets pass, every other test lets pass: so it is tested first, and without itself.
import * as std from "./mod.ts";

/** Fails unless `fn` throws an AssertionError: what a bad value must do. */
function mustFail(name: string, fn: () => unknown): void {
  try {
    fn();
  } catch (error) {
    if (error instanceof std.AssertionError) return;
    throw new Error(`${name} threw something else`, { cause: error });
  }
  throw new Error(`${name} let a bad value pass`);
}

const throwRange = (): never => {
  throw new RangeError("out of it");
};

Deno.test("assert stand-in refuses what is wrong", () => {
  const bad: Record<string, () => unknown> = {
    assert: () => std.assert(0),
    assertFalse: () => std.assertFalse("x"),
    fail: () => std.fail(),
    unreachable: () => std.unreachable(),
    "assertEquals of depths": () => std.assertEquals({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }),
    "assertEquals of a missing key": () => std.assertEquals<unknown>({ a: undefined }, {}),
    "assertEquals of types": () => std.assertEquals<unknown>(1, "1"),
    "assertEquals of bytes": () => std.assertEquals(Uint8Array.of(1), Uint8Array.of(2)),
    assertNotEquals: () => std.assertNotEquals([1], [1]),
    assertStrictEquals: () => std.assertStrictEquals({}, {}),
    assertNotStrictEquals: () => std.assertNotStrictEquals(NaN, NaN),
    assertExists: () => std.assertExists(null),
    assertInstanceOf: () => std.assertInstanceOf([], Map),
    assertNotInstanceOf: () => std.assertNotInstanceOf([], Array),
    assertMatch: () => std.assertMatch("a", /b/),
    assertNotMatch: () => std.assertNotMatch("a", /a/),
    assertStringIncludes: () => std.assertStringIncludes("abc", "d"),
    assertArrayIncludes: () => std.assertArrayIncludes([1, { a: 1 }], [{ a: 2 }]),
    assertGreater: () => std.assertGreater(1, 1),
    assertGreaterOrEqual: () => std.assertGreaterOrEqual(0, 1),
    assertLess: () => std.assertLess(1, 1),
    assertLessOrEqual: () => std.assertLessOrEqual(2, 1),
    assertAlmostEquals: () => std.assertAlmostEquals(1, 1.01),
    "assertObjectMatch of a value": () => std.assertObjectMatch({ a: { b: 1 } }, { a: { b: 2 } }),
    "assertObjectMatch of a missing key": () => std.assertObjectMatch({}, { a: undefined }),
    "assertObjectMatch of a list": () => std.assertObjectMatch({ a: [1] }, { a: [1, 2] }),
    "assertIsError of no error": () => std.assertIsError("error"),
    "assertIsError of a class": () => std.assertIsError(new Error("x"), TypeError),
    "assertThrows of nothing": () => std.assertThrows(() => {}),
    "assertThrows of a class": () => std.assertThrows(throwRange, TypeError),
    "assertThrows of a message": () => std.assertThrows(throwRange, RangeError, "within"),
  };
  for (const [name, fn] of Object.entries(bad)) mustFail(name, fn);
});

Deno.test("assert stand-in lets pass what is right", () => {
  std.assert(1);
  std.assertFalse("");
  std.assertEquals(new Map([["a", new Set([1])]]), new Map([["a", new Set([1])]]));
  std.assertNotEquals([1], [2]);
  std.assertStrictEquals(NaN, NaN);
  std.assertNotStrictEquals({}, {});
  std.assertExists(0);
  std.assertInstanceOf([], Array);
  std.assertNotInstanceOf([], Map);
  std.assertMatch("a", /a/);
  std.assertNotMatch("a", /b/);
  std.assertStringIncludes("abc", "b");
  std.assertArrayIncludes([1, { a: 1 }], [{ a: 1 }]);
  std.assertGreater(2, 1);
  std.assertGreaterOrEqual(1, 1);
  std.assertLess(1, 2);
  std.assertLessOrEqual(1, 1);
  std.assertAlmostEquals(0.1 + 0.2, 0.3);
  std.assertObjectMatch({ a: { b: 1, c: [1, { d: 2, e: 3 }, 4] }, f: 5 }, { a: { c: [1, { d: 2 }] } });
  const error: RangeError = std.assertThrows(throwRange, RangeError, "out");
  std.assertIsError(error, RangeError, /^out/);
  std.assertStrictEquals(
    std.assertThrows(() => {
      throw error;
    }),
    error,
  );
});

Deno.test("assertRejects stand-in refuses what resolves, what throws at once, and other errors", async () => {
  const bad: Record<string, () => Promise<unknown>> = {
    resolves: () => std.assertRejects(() => Promise.resolve()),
    throws: () => std.assertRejects(throwRange),
    class: () => std.assertRejects(() => Promise.reject(new Error("x")), TypeError),
    message: () => std.assertRejects(() => Promise.reject(new Error("x")), Error, "y"),
  };
  for (const [name, fn] of Object.entries(bad)) {
    const error = await fn().then(() => undefined, (reason: unknown) => reason);
    mustFail(name, () => {
      if (error !== undefined) throw error;
    });
  }
  const error = new Error("x");
  std.assertStrictEquals(await std.assertRejects(() => Promise.reject(error), Error, "x"), error);
});
