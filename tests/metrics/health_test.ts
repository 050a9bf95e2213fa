import { assertEquals, assertThrows } from "@std/assert";
import { checkHealth } from "../../metrics/health.ts";

Deno.test("checkHealth calls a bot ready whose shards are, and says which are not", () => {
  const ready = { id: 0, state: "ready" } as const;
  assertEquals(checkHealth([ready]), { isLive: true, isReady: true, reasons: [] });
  assertEquals(checkHealth([ready, { id: 1, state: "backoff" }]), {
    isLive: true,
    isReady: false,
    reasons: ["1 of 2 shards are not ready: shard 1 (backoff)"],
  });
  assertEquals(checkHealth([ready, { id: 1, state: "backoff" }], { readyShare: 0.5 }).isReady, true);
});

Deno.test("checkHealth calls a bot dead of which a shard has failed for good", () => {
  assertEquals(checkHealth([{ id: 3, state: "dead" }], { readyShare: 0 }), {
    isLive: false,
    isReady: false,
    reasons: ["Failed for good: shard 3 (dead)", "1 of 1 shards are not ready: shard 3 (dead)"],
  });
});

Deno.test("checkHealth names ten shards at most, and says when there are none", () => {
  const shards = Array.from({ length: 12 }, (_, id) => ({ id, state: "identifying" }) as const);
  const [reason = ""] = checkHealth(shards).reasons;
  assertEquals(reason.endsWith("shard 9 (identifying) and 2 more"), true, reason);
  const { isLive, isReady, reasons } = checkHealth([]);
  assertEquals([isLive, isReady, reasons.length], [true, false, 1]);
});

Deno.test("checkHealth refuses a share that is none", () => {
  for (const readyShare of [-1, 2, NaN]) assertThrows(() => checkHealth([], { readyShare }), RangeError);
  assertThrows(() => checkHealth([], { readyShare: null as never }), TypeError, "readyShare is null");
  assertThrows(() => checkHealth(null as never), TypeError, "The shards must be a list");
});
