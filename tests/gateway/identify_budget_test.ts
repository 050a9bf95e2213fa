import { assert, assertEquals, assertFalse } from "@std/assert";
import { IdentifyCount } from "../../gateway/identify_budget.ts";

const DAY_MS = 86_400_000;

function createCount(
  total: number,
  remaining: number,
  resetAfterMs: number,
  reserve?: number,
): IdentifyCount {
  const count = new IdentifyCount(reserve);
  count.learn({ total, remaining, resetAfterMs, maxConcurrency: 1 }, 0);
  return count;
}

Deno.test("IdentifyCount counts down from what Discord says (ID-7)", () => {
  const count = createCount(1_000, 900, 5_000);
  count.spend(1_000);
  count.spend(2_000);
  assertEquals(count.budget(2_000), { total: 1_000, remaining: 898, resetAfterMs: 3_000 });
});

Deno.test("IdentifyCount holds back ten or 5 % by default, and never more than half (ID-7)", () => {
  for (const [total, reserve] of [[1_000, 50], [2_000, 100], [100, 10], [10, 5], [1, 0], [0, 0]] as const) {
    assertEquals(createCount(total, total, 0).reserve, reserve);
  }
  assertEquals(createCount(1_000, 1_000, 0, 0).reserve, 0);
  assertEquals(createCount(1_000, 1_000, 0, 7).reserve, 7);
});

Deno.test("IdentifyCount allows what is above the reserve, and what is planned to the last (ID-7)", () => {
  for (
    const [remaining, isAllowed, isPlannedAllowed] of [[51, true, true], [50, false, true], [
      0,
      false,
      false,
    ]] as const
  ) {
    const count = createCount(1_000, remaining, 5_000);
    assertEquals([count.allows(false), count.allows(true)], [isAllowed, isPlannedAllowed]);
  }
});

Deno.test("IdentifyCount allows everything before it knows anything", () => {
  const count = new IdentifyCount(undefined);
  assert(count.allows(false));
  assertFalse(count.isLow);
});

Deno.test("IdentifyCount is low from a fifth on (ID-7)", () => {
  assertFalse(createCount(1_000, 201, 5_000).isLow);
  assert(createCount(1_000, 200, 5_000).isLow);
});

Deno.test("IdentifyCount begins anew when the day has ended (ID-7)", () => {
  const count = createCount(1_000, 3, 5_000);
  assertFalse(count.turn(4_999));
  assert(count.turn(5_000));
  assertFalse(count.turn(5_001));
  assertEquals(count.budget(5_001), { total: 1_000, remaining: 1_000, resetAfterMs: 0 });
  count.spend(6_000);
  assertEquals(count.budget(6_000), { total: 1_000, remaining: 999, resetAfterMs: DAY_MS });
});

Deno.test("IdentifyCount takes reset_after 0 for a day that has not begun, not for one that is over (§2)", () => {
  const unused = createCount(1_000, 1_000, 0);
  assertFalse(unused.turn(DAY_MS));
  const used = createCount(1_000, 0, 0);
  assertFalse(used.turn(DAY_MS - 1));
  assertFalse(used.allows(true));
  assert(used.turn(DAY_MS));
});
