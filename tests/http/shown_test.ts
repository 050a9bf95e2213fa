import { assertEquals } from "@std/assert";
import { kindOf, shown } from "../../http/shown.ts";

Deno.test("shown tells a number from a text that looks like one", () => {
  const values = [2, "2", 2n, true, null, undefined, NaN, "", [1], {}, () => 1, Symbol("a")];
  assertEquals(values.map(shown), [
    ...["2", '"2"', "2n", "true", "null", "undefined", "NaN", '""', "a list", "an object", "a function"],
    "a symbol",
  ]);
  assertEquals(shown("x".repeat(50)), `"${"x".repeat(40)}…"`);
});

Deno.test("kindOf never shows a value", () => {
  const values = ["secret", 5, null, undefined, [], {}];
  assertEquals(values.map(kindOf), ["a text", "a number", "null", "undefined", "a list", "an object"]);
});
