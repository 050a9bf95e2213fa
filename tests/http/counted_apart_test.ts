import { assertEquals } from "@std/assert";
import { countEvidence, isToPart, type RouteCounts } from "../../http/counted_apart.ts";

const earlier = { sentAt: 0, receivedAt: 100, limit: 5, remaining: 2, resetAfterMs: 1000 };

function headers(remaining: number, limit = 5): Parameters<typeof countEvidence>[1] {
  return { bucket: "h", limit, remaining, resetAfterMs: 900, resetAt: undefined };
}

Deno.test("countEvidence tells a count of its own from a shared one, and from what proves nothing (B4.7)", () => {
  assertEquals(countEvidence(earlier, headers(4), 100, 200), "apart");
  assertEquals(countEvidence(earlier, headers(1), 100, 200), "together");
  assertEquals(countEvidence(earlier, headers(3), 100, 200), "none", "turns may have come back one by one");
  assertEquals(countEvidence(earlier, headers(4), 99, 200), "none", "it may have been counted first");
  assertEquals(countEvidence(earlier, headers(4), 100, 995), "none", "the window may have ended before");
  assertEquals(countEvidence({ ...earlier, remaining: 4 }, headers(4), 100, 200), "none", "not several");
  assertEquals(countEvidence(earlier, headers(8, 9), 100, 200), "none", "another limit is shown (A5.5)");
});

Deno.test("isToPart wants two contradictions in a row, and believes in them once (B4.7)", () => {
  const route: RouteCounts = { doubts: 0, apartFrom: undefined, hasRejoined: false };
  const seen = (["apart", "together", "apart", "none", "apart"] as const).map((one) => isToPart(route, one));
  assertEquals(seen, [false, false, false, false, true]);
  assertEquals(isToPart({ ...route, hasRejoined: true }, "apart"), false);
  assertEquals(isToPart({ ...route, apartFrom: "h" }, "apart"), false);
});
