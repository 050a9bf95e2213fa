import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { RedisGlobalRateLimiter, type RedisGlobalRateLimiterOptions } from "../../redis/mod.ts";
import { globalRateLimiterConformance, VirtualClock } from "../../testing/mod.ts";
import { systemClock } from "../../clock.ts";
import { checkTogether, testConformance } from "../conformance/conformance_tests.ts";
import { redisTest } from "./redis_server.ts";
import { Line } from "./model/network.ts";
import { RedisModel } from "./model/redis_model.ts";

for (const ahead of [0, 5]) {
  testConformance(
    `RedisGlobalRateLimiter that takes ${ahead} ahead`,
    globalRateLimiterConformance({
      create(clock, limit) {
        const { send } = new Line(new RedisModel(clock), 0);
        return new RedisGlobalRateLimiter({ send, clock, limit, ahead });
      },
    }),
  );
}

redisTest("RedisGlobalRateLimiter conforms over a real Redis, too", async (server) => {
  let count = 0;
  const casesOf = (ahead: number) =>
    globalRateLimiterConformance({
      clock: systemClock,
      create(clock, limit) {
        const prefix = `bot${count += 1}`;
        return new RedisGlobalRateLimiter({ send: server.sender(), clock, limit, ahead, prefix });
      },
    });
  await checkTogether([...casesOf(0), ...casesOf(5)]);
});

/** Processes under one global limit, in virtual time; when each of their requests went. */
class Processes {
  readonly clock = new VirtualClock();
  readonly redis = new RedisModel(this.clock);
  readonly commands: string[] = [];
  readonly sentAt: number[] = [];

  limiter(options: Partial<RedisGlobalRateLimiterOptions> = {}): RedisGlobalRateLimiter {
    const line = new Line(this.redis, 4);
    line.onCommand = (name) => this.commands.push(name);
    return new RedisGlobalRateLimiter({ send: line.send, clock: this.clock, ...options });
  }

  async send(limiter: RedisGlobalRateLimiter): Promise<void> {
    const permit = await limiter.acquire();
    permit.send();
    this.sentAt.push(this.clock.now());
    permit.release(50);
  }

  /** The most in any second. */
  get most(): number {
    const sorted = this.sentAt.toSorted((one, other) => one - other);
    return Math.max(...sorted.map((from) => sorted.filter((at) => at >= from && at < from + 1_000).length));
  }
}

Deno.test("RedisGlobalRateLimiter lets no more than the limit go in any second, over all processes", async () => {
  const fleet = new Processes();
  const limiters = [1, 2, 3].map(() => fleet.limiter());
  const all = limiters.flatMap((limiter) => Array.from({ length: 60 }, () => fleet.send(limiter)));
  await fleet.clock.runUntil(Promise.all(all));
  assert(fleet.most <= 50, `${fleet.most} went in a second`);
  assertEquals(fleet.sentAt.length, 180);
  assert(fleet.clock.now() < 6_000, `it took ${fleet.clock.now()} ms`);
});

Deno.test("RedisGlobalRateLimiter asks once for all who wait, and not at all for a while after", async () => {
  const fleet = new Processes();
  const limiter = fleet.limiter();
  await fleet.clock.runUntil(Promise.all(Array.from({ length: 20 }, () => fleet.send(limiter))));
  const asked = fleet.commands.length;
  for (let count = 0; count < 5; count += 1) {
    assert(!(limiter.acquire() instanceof Promise), "one was taken ahead");
  }
  assertEquals(fleet.commands.length, asked);
  const next = limiter.acquire();
  assert(next instanceof Promise);
  limiter.close(new Error("closed"));
  await assertRejects(() => next, Error, "closed");
});

Deno.test("RedisGlobalRateLimiter holds all processes back after a refusal", async () => {
  const fleet = new Processes();
  const [one, other] = [fleet.limiter({ ahead: 0 }), fleet.limiter({ ahead: 0 })];
  await fleet.clock.runUntil(fleet.send(one));
  one.update(3_000);
  assertEquals(one.waitMs(), 3_000);
  // In several steps: what has been published needs turns of the event loop to arrive, and a step gives only a few.
  for (let step = 0; step < 5; step += 1) await fleet.clock.advance(20);
  const sent = fleet.send(other);
  await fleet.clock.runUntil(sent);
  assert((fleet.sentAt.at(-1) ?? 0) >= 3_000);
});

Deno.test("RedisGlobalRateLimiter gives out after a refusal what it had before neither from its hand nor from the line", async () => {
  const fleet = new Processes();
  const limiter = fleet.limiter();
  const held = await fleet.clock.runUntil(Promise.resolve(limiter.acquire()));
  const asked = fleet.send(limiter); // From what was taken ahead: it goes.
  limiter.update(3_000);
  held.release();
  const others = Array.from({ length: 3 }, () => fleet.send(limiter));
  await fleet.clock.advance(2_900);
  await asked;
  assertEquals(fleet.sentAt.length, 1);
  await fleet.clock.runUntil(Promise.all(others));

  await fleet.clock.advance(2_000);
  const late = Array.from({ length: 3 }, () => fleet.send(limiter));
  await fleet.clock.advance(5); // The command is under way.
  limiter.update(3_000);
  const refusedAt = fleet.clock.now();
  await fleet.clock.runUntil(Promise.all(late));
  assert((fleet.sentAt.at(-3) ?? 0) >= refusedAt + 3_000);
});

Deno.test("RedisGlobalRateLimiter keeps a small limit of its own while Redis does not answer", async () => {
  const clock = new VirtualClock();
  const errors: unknown[] = [];
  const limiter = new RedisGlobalRateLimiter({
    send: () => Promise.reject(new Error("no connection")),
    clock,
    failed: (error) => errors.push(error),
  });
  let count = 0;
  for (let index = 0; index < 30; index += 1) {
    void Promise.resolve(limiter.acquire()).then((permit) => {
      count += 1;
      permit.send();
    }).catch(() => {});
  }
  await clock.advance(4_000);
  assert(count >= 15 && count <= 25, `${count} went`);
  limiter.close(new Error("closed"));
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("RedisGlobalRateLimiter lets go of who does not want to wait, and of all when it is closed", async () => {
  const fleet = new Processes();
  const limiter = fleet.limiter({ limit: 1, ahead: 0 });
  await fleet.clock.runUntil(fleet.send(limiter));
  const controller = new AbortController();
  const reason = new Error("enough");
  const left = assertRejects(
    async () => await limiter.acquire({ signal: controller.signal }),
    Error,
    "enough",
  );
  const closed = assertRejects(async () => await limiter.acquire(), Error, "closed");
  controller.abort(reason);
  await left;
  limiter.close(new Error("closed"));
  await closed;
  await assertRejects(async () => await limiter.acquire(), Error, "closed");
  await fleet.clock.advance(100);
  assertEquals(fleet.clock.pendingTimers, 0);
  assertThrows(() => fleet.limiter({ limit: 0 }), RangeError);
  assertThrows(() => fleet.limiter({ ahead: -1 }), RangeError);
});
