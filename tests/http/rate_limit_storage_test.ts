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
    let permit = storage.tryEnter(turn(majorKey, routeKey));
    permit !== undefined && permits.length < 50;
  ) {
    permits.push(permit);
    permit = storage.tryEnter(turn(majorKey, routeKey));
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

/** What is counted, as `id of the limit, resource, how many are free`. */
function counts(storage: RateLimitStorage): string[] {
  return storage.status().buckets.map(({ bucket, majorKey, available }) =>
    `${bucket} ${majorKey} ${available}`
  );
}

/** Two routes name one limit, and yet the second shows a full count of its own, twice in a row. */
function parted(storage: RateLimitStorage): void {
  settled(storage, turn("channels/1", "PUT /x"), headers("h", 4));
  settled(storage, turn("channels/1", "DELETE /x"), headers("h", 3));
  for (let time = 0; time < 2; time++) {
    settled(storage, turn("channels/1", "PUT /x"), headers("h", 2 - time));
    settled(storage, turn("channels/1", "DELETE /x"), headers("h", 4));
  }
}

Deno.test("RateLimitStorage counts routes apart whose counts contradict each other twice (B4.7)", () => {
  const storage = new RateLimitStorage({ clock: new VirtualClock() });
  parted(storage);
  assertEquals(counts(storage), ["h channels/1 1", "h channels/1 4"]);
  assertEquals([free(storage, "channels/1", "PUT /x"), free(storage, "channels/1", "DELETE /x")], [1, 4]);
  storage.close(new Error("over"));
});

Deno.test("RateLimitStorage joins parted routes when one is refused, for good (B4.7, B5.8)", async () => {
  for (const refused of ["PUT /x", "DELETE /x"]) {
    const clock = new VirtualClock();
    const storage = new RateLimitStorage({ clock });
    parted(storage);
    const { permit } = storage.enter(turn("channels/1", refused));
    // Somebody waits at the other one too.
    const other = refused === "PUT /x" ? "DELETE /x" : "PUT /x";
    const running = Array.from({ length: 5 }, () => storage.enter(turn("channels/1", other)));
    permit?.send();
    const refusal = { scope: "user", retryAfterMs: 1000, isSublimit: false } as const;
    permit?.settle({ headers: headers("h", 0), isSuccess: false, refusal });
    assertEquals(storage.status().buckets.length, 1, refused);
    assertEquals([free(storage, "channels/1", "PUT /x"), free(storage, "channels/1", "DELETE /x")], [0, 0]);
    for (const waiter of running) {
      waiter.permit?.release();
      waiter.leave();
    }
    await clock.advance(20_000);
    parted(storage);
    assertEquals(storage.status().buckets.length, 1);
    storage.close(new Error("over"));
  }
});

Deno.test("RateLimitStorage takes the caller's word for a limit, until an answer tells of it (B4.5)", async () => {
  const clock = new VirtualClock();
  const storage = new RateLimitStorage({ clock });
  const hinted = (): Turn => ({ ...turn("channels/1"), limitHint: { limit: 3, windowMs: 2000 } });
  const permits = [1, 2, 3].map(() => storage.tryEnter(hinted()));
  assertEquals(permits.map((permit) => permit !== undefined), [true, true, true]);
  assertEquals(storage.tryEnter(hinted()), undefined);
  // Answers that show no limit: then the caller's is counted here.
  for (const permit of permits) {
    permit?.send();
    permit?.settle({ headers: undefined, isSuccess: true });
  }
  assertEquals([free(storage, "channels/1"), storage.estimate(hinted()).waitMs], [0, 2002]);
  await clock.advance(2002);
  assertEquals(free(storage, "channels/1"), 3);
  settled(storage, hinted(), headers("h", 4));
  assertEquals(counts(storage), ["h channels/1 4"]);
  storage.close(new Error("over"));
});

Deno.test("RateLimitStorage counts for what the caller says, and keeps resources in lines of their own (A6.6)", () => {
  const storage = new RateLimitStorage({ clock: new VirtualClock() });
  const inGuild = (id: number, more: Partial<Turn> = {}): Turn => {
    return { ...turn(`channels/${id}`), bucketScope: "guild 7", ...more };
  };
  settled(storage, inGuild(1), headers("h", 2));
  assertEquals(counts(storage), ["h @guild 7 2"]);
  const permits = [storage.tryEnter(inGuild(2)), storage.tryEnter(inGuild(3)), storage.tryEnter(inGuild(1))];
  assertEquals(permits.map((permit) => permit !== undefined), [true, true, false]);
  assertEquals(
    storage.tryEnter(turn("channels/2")) !== undefined,
    true,
    "without a scope it is the channel's",
  );
  for (const permit of permits) permit?.giveBack();
  // Messages to one thread do not wait for those to another.
  const isOrdered = true;
  assertEquals(storage.tryEnter(inGuild(1, { isOrdered })) !== undefined, true);
  assertEquals(storage.tryEnter(inGuild(1, { isOrdered })), undefined);
  assertEquals(storage.tryEnter(inGuild(2, { isOrdered })) !== undefined, true);
  storage.close(new Error("over"));
});

Deno.test("RateLimitStorage moves all lines of a scope to the limit that an answer names (A6.6, B4.2)", async () => {
  const clock = new VirtualClock();
  const storage = new RateLimitStorage({ clock });
  const inGuild = (id: number): Turn => ({ ...turn(`channels/${id}`), bucketScope: "guild 7" });
  const first = storage.tryEnter(inGuild(1));
  const others = [1, 2, 3].map((id) => storage.enter(inGuild(id)));
  first?.send();
  first?.settle({ headers: headers("h", 4), isSuccess: true });
  assertEquals(others.map(({ permit }) => permit !== undefined), [true, true, true]);
  for (const { permit } of others) permit?.release();
  await clock.advance(60_000);
  assertEquals([storage.size, storage.isIdle, clock.pendingTimers], [0, true, 0]);
});

Deno.test("RateLimitStorage wakes for the first whose time comes, not for the one who came first (B9.1, C9)", async () => {
  const clock = new VirtualClock();
  const storage = new RateLimitStorage({ clock });
  settled(storage, turn("channels/1", "PUT /x"), headers("h", 4));
  const refused = storage.tryEnter(turn("channels/1", "DELETE /x"));
  refused?.send();
  const refusal = { scope: "shared", retryAfterMs: 60_000, isSublimit: false } as const;
  refused?.settle({ headers: headers("h", 0), isSuccess: false, refusal });
  const held = storage.enter(turn("channels/1", "DELETE /x"));
  const other = storage.enter(turn("channels/1", "PUT /x"));
  await clock.advance(5002);
  assertEquals([held.permit, other.permit !== undefined], [undefined, true]);
  await clock.advance(55_000);
  assertEquals([held.permit !== undefined, clock.pendingTimers], [true, 0]);
  storage.close(new Error("over"));
});

Deno.test("RateLimitStorage.tryEnter gives a turn where nobody is before, and joins no line (B7.1)", () => {
  const storage = new RateLimitStorage({ clock: new VirtualClock() });
  const permit = storage.tryEnter(turn("channels/1"));
  assertEquals(storage.tryEnter(turn("channels/1")), undefined);
  const waiter = storage.enter(turn("channels/1"));
  permit?.giveBack();
  assertEquals([waiter.permit !== undefined, storage.tryEnter(turn("channels/1"))], [true, undefined]);
  waiter.permit?.giveBack();
  assertEquals(storage.tryEnter(turn("channels/1")) !== undefined, true);
  storage.close(new Error("over"));
  assertEquals(storage.tryEnter(turn("channels/2")), undefined);
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

Deno.test("RateLimitStorage ends a turn where it is counted, when its route parts as it gets a name (B4.2, B4.7)", () => {
  const storage = new RateLimitStorage({ clock: new VirtualClock() });
  settled(storage, turn("channels/3", "PUT /x"), headers("h", 4));
  const permits = ["channels/1", "channels/2"].map((major) => storage.enter(turn(major, "DELETE /x")).permit);
  settled(storage, turn("channels/3", "DELETE /x"), headers("h", 3));
  for (const major of ["channels/1", "channels/2"]) {
    for (const left of [4, 3, 2]) settled(storage, turn(major, "PUT /x"), headers("h", left));
  }
  for (const permit of permits) permit?.send();
  for (const permit of permits) permit?.settle({ headers: headers("h", 4), isSuccess: true });
  assertEquals(storage.status().buckets.map(({ inFlight }) => inFlight), [0, 0, 0, 0]);
  assertEquals(counts(storage).sort(), [
    "h channels/1 2",
    "h channels/2 2",
    "h channels/2 4",
    "h channels/3 3",
  ]);
  storage.close(new Error("over"));
});

Deno.test("RateLimitStorage gives the turn to the next when an answer tells of another limit (B4.8, C3)", async () => {
  const clock = new VirtualClock();
  const storage = new RateLimitStorage({ clock });
  settled(storage, turn("channels/1", "PUT /x"), headers("h", 4));
  settled(storage, turn("channels/1", "DELETE /x"), headers("h", 3));
  const refused = storage.enter(turn("channels/1", "PUT /x")).permit;
  refused?.send();
  const refusal = { scope: "user", isSublimit: false, retryAfterMs: 1000 } as const;
  refused?.settle({ headers: headers("h", 0), isSuccess: false, refusal });
  await clock.advance(1100);
  // One at a time after a refusal: while it runs, the other route waits for just its answer.
  const probe = storage.enter(turn("channels/1", "DELETE /x")).permit;
  const waiting = storage.enter(turn("channels/1", "PUT /x"));
  probe?.send();
  assertEquals([probe === undefined, waiting.permit], [false, undefined]);
  probe?.settle({ headers: headers("other", 4), isSuccess: true });
  assertEquals(waiting.permit === undefined, false);
  storage.close(new Error("over"));
});

Deno.test("RateLimitStorage says what is wrong with its options", () => {
  const bad: readonly (readonly [unknown, typeof TypeError | typeof RangeError, string])[] = [
    [null, TypeError, "got null"],
    [{ maxBuckets: 0 }, RangeError, "maxBuckets is 0"],
    [{ maxBuckets: 5n }, TypeError, "maxBuckets is 5n"],
    [{ clock: 5 }, TypeError, "clock must be an object such as systemClock, got a number"],
    [{ globalRateLimiter: null }, TypeError, "globalRateLimiter"],
    [{ globalRateLimiter: { acquire: () => {} } }, TypeError, "globalRateLimiter has no function waitMs"],
  ];
  for (const [options, type, message] of bad) {
    assertThrows(() => Reflect.construct(RateLimitStorage, [options]), type, message);
  }
});
