import { assert, assertEquals, assertLessOrEqual, assertRejects, assertThrows } from "@std/assert";
import { type GlobalPermit, LimitedGlobalRateLimiter, UnlimitedGlobalRateLimiter } from "../../http/mod.ts";
import { sleep } from "../../clock.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { seededRandom } from "./limited_server.ts";

function limiterOf(limit: number): { clock: VirtualClock; limiter: LimitedGlobalRateLimiter } {
  const clock = new VirtualClock();
  return { clock, limiter: new LimitedGlobalRateLimiter(limit, { clock }) };
}

/** A turn that is there at once. */
function taken(limiter: LimitedGlobalRateLimiter): GlobalPermit {
  const permit = limiter.acquire();
  assert(!(permit instanceof Promise), "it has to wait");
  return permit;
}

Deno.test("LimitedGlobalRateLimiter keeps each turn for a second and a margin after it was sent (B6.1)", async () => {
  const { clock, limiter } = limiterOf(2);
  const permits = [taken(limiter), taken(limiter)];
  permits[0]?.send();
  await clock.advance(100);
  permits[1]?.send();
  for (const permit of permits) permit.release(10);
  const third = limiter.acquire();
  assert(third instanceof Promise);
  assertEquals(limiter.waitMs(), 925);
  await clock.runUntil(third);
  assertEquals(clock.now(), 1025);
});

Deno.test("LimitedGlobalRateLimiter widens its margin with the round trips, within bounds (B6.1)", async () => {
  for (const [roundTripMs, marginMs] of [[1, 25], [100, 100], [9000, 250]] as const) {
    const { clock, limiter } = limiterOf(1);
    const permit = taken(limiter);
    permit.send();
    permit.release(roundTripMs);
    await clock.runUntil(Promise.resolve(limiter.acquire()));
    assertEquals(clock.now(), 1000 + marginMs);
  }
});

Deno.test("LimitedGlobalRateLimiter keeps a turn as much longer as its round trip was longer than the shortest (B6.1)", async () => {
  for (const [roundTripMs, marginMs] of [[20, 5], [28, 15], [15, 7], [9000, 250]] as const) {
    const { clock, limiter } = limiterOf(1);
    for (const tripMs of [60, ...Array.from({ length: 64 }, () => 20), roundTripMs]) {
      const permit = await clock.runUntil(Promise.resolve(limiter.acquire()));
      permit.send();
      await clock.advance(1);
      permit.release(tripMs);
    }
    const sentAt = clock.now() - 1;
    await clock.runUntil(Promise.resolve(limiter.acquire()));
    assertEquals(Math.floor(clock.now() - sentAt), 1000 + marginMs);
  }
});

Deno.test("LimitedGlobalRateLimiter never lets a server count more, whatever the ways take (C2)", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seededRandom(seed);
    const { clock, limiter } = limiterOf(5 + Math.floor(random() * 50));
    const shortestMs = random() * 100;
    const jitterMs = random() * 60;
    const arrivals: number[] = [];
    const one = async (index: number): Promise<void> => {
      const permit = await limiter.acquire({ sequence: index });
      permit.send();
      const sentAt = clock.now();
      await sleep(clock, shortestMs + random() * jitterMs + (index < limiter.limit ? 100 : 0));
      arrivals.push(clock.now());
      await sleep(clock, shortestMs + random() * jitterMs);
      permit.release(clock.now() - sentAt);
    };
    await clock.runUntil(Promise.all(Array.from({ length: limiter.limit * 12 }, (_, index) => one(index))));
    arrivals.sort((one, other) => one - other);
    for (const [index, at] of arrivals.entries()) {
      const before = arrivals[index - limiter.limit] ?? -Infinity;
      assert(at - before >= 1000, `seed ${seed}: ${limiter.limit + 1} requests within ${at - before} ms`);
    }
    assertEquals(clock.pendingTimers, 0);
  }
});

Deno.test("LimitedGlobalRateLimiter gives back what was not sent, and never what was (B6.2)", async () => {
  const { limiter } = limiterOf(1);
  taken(limiter).release();
  const permit = taken(limiter);
  permit.send();
  permit.release();
  permit.release();
  const waiting = assertRejects(async () => void await limiter.acquire(), Error, "over");
  limiter.close(new Error("over"));
  await waiting;
});

Deno.test("LimitedGlobalRateLimiter pauses at a refusal, then lets one find out, then all (B6.3)", async () => {
  const { clock, limiter } = limiterOf(50);
  limiter.update(2000);
  const order: number[] = [];
  const permits = [1, 2, 3].map(async (number) => {
    const permit = await limiter.acquire();
    order.push(number);
    permit.send();
    return permit;
  });
  await clock.advance(2001);
  assertEquals(order, []);
  await clock.advance(1);
  assertEquals(order, [1]);
  (await permits[0])?.release(); // Without an answer: the next one finds out.
  await clock.advance(0);
  assertEquals(order, [1, 2]);
  (await permits[1])?.release(20);
  await clock.advance(0);
  assertEquals(order, [1, 2, 3]);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("LimitedGlobalRateLimiter serves the best first, and equals in order (B7.4)", async () => {
  const { clock, limiter } = limiterOf(1);
  const first = taken(limiter);
  const order: string[] = [];
  const wait = async (name: string, priority: number, sequence: number): Promise<void> => {
    const permit = await limiter.acquire({ priority, sequence });
    order.push(name);
    permit.send();
    permit.release(1);
  };
  const all = [wait("late", 0, 3), wait("early", 0, 2), wait("urgent", -1, 4)];
  first.send();
  first.release(1);
  await clock.runUntil(Promise.all(all));
  assertEquals(order, ["urgent", "early", "late"]);
});

Deno.test("LimitedGlobalRateLimiter rejects by signal and when closed, and leaves no timer (B8)", async () => {
  const { clock, limiter } = limiterOf(1);
  taken(limiter).send();
  const stop = new AbortController();
  const aborted = assertRejects(
    async () => void await limiter.acquire({ signal: stop.signal }),
    Error,
    "enough",
  );
  const closed = assertRejects(async () => void await limiter.acquire(), Error, "over");
  stop.abort(new Error("enough"));
  await aborted;
  limiter.close(new Error("over"));
  await closed;
  await assertRejects(async () => void await limiter.acquire(), Error, "over");
  await assertRejects(
    async () => void await limiterOf(1).limiter.acquire({ signal: AbortSignal.abort(new Error("early")) }),
    Error,
    "early",
  );
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("LimitedGlobalRateLimiter refuses a limit that lets nothing go", () => {
  for (const limit of [0, -1, NaN, 0.5]) {
    assertThrows(() => new LimitedGlobalRateLimiter(limit), RangeError, "limit");
  }
});

Deno.test("UnlimitedGlobalRateLimiter only obeys refusals (B6.4)", async () => {
  const clock = new VirtualClock();
  const limiter = new UnlimitedGlobalRateLimiter({ clock });
  for (let count = 0; count < 1000; count++) taken(limiter).send();
  limiter.update(500);
  const waiting = limiter.acquire();
  assert(waiting instanceof Promise);
  await clock.runUntil(waiting);
  assertLessOrEqual(clock.now(), 502);
});

Deno.test("LimitedGlobalRateLimiter says what is wrong with its options", () => {
  const bad: readonly (readonly [unknown[], typeof TypeError | typeof RangeError, string])[] = [
    [[0], RangeError, "The global limit is 0"],
    [[NaN], RangeError, "NaN"],
    [["50"], TypeError, '"50"'],
    [[5n], TypeError, "5n"],
    [[Symbol("x")], TypeError, "a symbol"],
    [[50, null], TypeError, "got null"],
    [[50, { clock: {} }], TypeError, "clock has no function now"],
  ];
  for (const [parts, type, message] of bad) {
    assertThrows(() => Reflect.construct(LimitedGlobalRateLimiter, parts), type, message);
  }
});
