import { assertEquals, assertThrows } from "@std/assert";
import { type BucketPermit, type RateLimitHeaders, RateLimitStorage, type Turn } from "../../http/mod.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { channelRoute, limitHeaders, ScriptedServer, tooMany } from "./scripted_server.ts";

let sequence = 0;

function turn(majorKey: string, routeKey = "GET /x"): Turn {
  return { routeKey, majorKey, rank: 0, sequence: sequence++, bodyKeys: undefined };
}

function headers(bucket: string, remaining: number, limit = 5): RateLimitHeaders {
  return { bucket, limit, remaining, resetAfterMs: 5000, resetAt: undefined };
}

function settled(storage: RateLimitStorage, one: Turn, answer: RateLimitHeaders | undefined): void {
  const { permit } = storage.enter(one);
  permit?.send();
  permit?.settle({ headers: answer, isSuccess: true });
}

/** How many turns are free at once. */
function free(storage: RateLimitStorage, majorKey: string, routeKey?: string): number {
  const permits: BucketPermit[] = [];
  for (
    let permit = storage.enter(turn(majorKey, routeKey)).permit;
    permit;
    permit = storage.enter(turn(majorKey, routeKey)).permit
  ) {
    permits.push(permit);
    if (permits.length > 50) break;
  }
  for (const permit of permits) permit.release();
  return permits.length;
}

Deno.test("RateLimitStorage links routes by the id of their limit, not resources (A6.1, A6.3, B4.7, C10)", () => {
  const storage = new RateLimitStorage({ clock: new VirtualClock() });
  settled(storage, turn("channels/1", "PUT /x"), headers("h", 3));
  settled(storage, turn("channels/2", "DELETE /x"), headers("h", 4));
  settled(storage, turn("channels/1", "DELETE /x"), headers("h", 2));
  assertEquals(
    storage.status().buckets.map(({ bucket, majorKey, available }) => [bucket, majorKey, available]),
    [
      ["h", "channels/1", 2],
      ["h", "channels/2", 4],
    ],
  );
  storage.close(new Error("over"));
});

Deno.test("RateLimitStorage knows the limit of a route for a resource it has not seen (B4.6)", () => {
  const storage = new RateLimitStorage({ clock: new VirtualClock() });
  settled(storage, turn("channels/1"), headers("h", 0));
  assertEquals(free(storage, "channels/2"), 5);
  storage.close(new Error("over"));
});

Deno.test("RateLimitStorage follows a route to another limit, and keeps the state of the old one (B4.8)", () => {
  const clock = new VirtualClock();
  const storage = new RateLimitStorage({ clock });
  settled(storage, turn("channels/1"), headers("old", 0));
  settled(storage, turn("channels/2"), headers("new", 4));
  const known = storage.status().buckets.map(({ bucket, majorKey }) => `${bucket} ${majorKey}`);
  assertEquals(known, ["old channels/1", "new channels/2"]);
  assertEquals(free(storage, "channels/1"), 5);
  storage.close(new Error("over"));
});

Deno.test("RateLimitStorage forgets what has nothing to tell (B10.1, C16)", async () => {
  const clock = new VirtualClock();
  const storage = new RateLimitStorage({ clock });
  for (let id = 0; id < 100; id++) settled(storage, turn(`channels/${id}`), headers("h", 4));
  assertEquals(storage.size, 100);
  await clock.advance(5002);
  assertEquals([storage.size, storage.isIdle, clock.pendingTimers], [0, true, 0]);
});

Deno.test("RateLimitStorage stays below its cap over 100,000 interactions (B10.1, C16)", async () => {
  const clock = new VirtualClock();
  const storage = new RateLimitStorage({ clock, maxBuckets: 1000 });
  let most = 0;
  for (let id = 0; id < 100_000; id++) {
    settled(storage, turn(`webhooks/1/${id}`), headers("h", 4));
    if (id % 5000 === 0) {
      await clock.advance(60_000);
      most = Math.max(most, storage.status().buckets.length);
    }
  }
  await clock.advance(60_000);
  assertEquals([most <= 1000, storage.size], [true, 0]);
  assertThrows(() => new RateLimitStorage({ maxBuckets: 0 }), RangeError);
});

Deno.test("HTTPClient.status shows requests, buckets and holds, and no secrets (B11)", async () => {
  const { http, clock } = new ScriptedServer([
    Response.json({}, { headers: limitHeaders(5, 4, 5) }),
    tooMany(60, { ...limitHeaders(5, 3, 5), "X-RateLimit-Scope": "shared" }),
    "silence",
  ]);
  const authentication = { rateLimitKey: "bot", headers: { Authorization: "Bot secret-token" } };
  await clock.runUntil(http.request(channelRoute("7"), { authentication }));
  const held = http.request(channelRoute("7"), { authentication }).catch(() => {});
  await clock.advance(0);
  const { pending, invalidRequests, limits } = http.status();
  assertEquals([pending, invalidRequests], [1, 0]);
  const status = limits.get("bot");
  assertEquals(status?.globalWaitMs, 0);
  assertEquals(status?.buckets, [{
    bucket: "b",
    majorKey: "channels/7",
    limit: 5,
    kind: "unknown",
    available: 3,
    inFlight: 0,
    waiting: 1,
    opensAfterMs: 0,
  }]);
  assertEquals(status?.holds, [{
    route: "GET /channels/{channel_id}",
    majorKey: "channels/7",
    scope: "shared",
    keys: [],
    endsAfterMs: 60_002,
  }]);
  assertEquals(Deno.inspect(http.status(), { depth: 9 }).includes("secret"), false);
  await http.close();
  await held;
  assertEquals(http.status().pending, 0);
});
