import { assert, assertEquals, assertThrows } from "@std/assert";
import { Fleet, type FleetOptions, type Lease, LeaseLostError } from "../../redis/mod.ts";
import type { RespClient } from "./resp_client.ts";
import { type RedisServer, redisTest } from "./redis_server.ts";
import { until } from "./until.ts";

const TTL_MS = 600;

/** When a shard was had by whom. */
interface Span {
  readonly member: string;
  readonly shardId: number;
  readonly fence: number;
  readonly from: number;
  readonly lease: Lease;
  until: number;
}

/** Members in this process, each on its own connection; what they had. */
class Members implements AsyncDisposable {
  readonly spans: Span[] = [];
  readonly errors: unknown[] = [];
  readonly #server: RedisServer;
  readonly #stack = new AsyncDisposableStack();

  constructor(server: RedisServer) {
    this.#server = server;
  }

  join(name: string, options: Partial<FleetOptions> = {}): { fleet: Fleet; client: RespClient } {
    const client = this.#server.client();
    const fleet = new Fleet({
      send: (command) => client.send(command),
      shardCount: 6,
      ttlMs: TTL_MS,
      beatMs: 40,
      handoverMs: 1_000,
      name,
      run: (lease) => this.#hold(name, lease),
      ...options,
    });
    fleet.dispatcher.listen("error", ({ error }) => this.errors.push(error));
    this.#stack.defer(() => {
      client.heal();
      return fleet.close();
    });
    fleet.start();
    return { fleet, client };
  }

  async #hold(member: string, lease: Lease): Promise<void> {
    const { shardId, fence } = lease;
    // In a busy process the timer that ends a lease may be late. What counts is what the lease itself says of the time.
    for (const before of this.spans) if (before.shardId === shardId) void before.lease.isHeld;
    const span: Span = { member, shardId, fence, from: performance.now(), lease, until: Infinity };
    this.spans.push(span);
    await new Promise<void>((resolve) => {
      const end = (): void => {
        span.until = Math.min(span.until, performance.now());
        resolve();
      };
      lease.signal.addEventListener("abort", end, { once: true });
      lease.handover.addEventListener("abort", end, { once: true });
    });
  }

  /** Complains where two had a shard at once, and where a fence did not grow. */
  check(): void {
    for (const [, spans] of Map.groupBy(this.spans, ({ shardId }) => shardId)) {
      for (const [index, span] of spans.entries()) {
        const before = spans[index - 1];
        if (before === undefined) continue;
        assert(
          before.until <= span.from,
          `${before.member} and ${span.member} had shard ${span.shardId} at once`,
        );
        assert(before.fence < span.fence, `the fence of shard ${span.shardId} did not grow`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

const held = (...fleets: readonly Fleet[]): number[] => fleets.map(({ leases }) => leases.length);

redisTest(
  "Fleet spreads shards over members, and moves few when one joins and one leaves",
  async (server) => {
    await using members = new Members(server);
    const one = members.join("one").fleet;
    await until(() => held(one)[0] === 6, "all for one");
    const two = members.join("two").fleet;
    await until(() => held(one, two).join() === "3,3", "half each");
    const three = members.join("three").fleet;
    await until(() => held(one, two, three).join() === "2,2,2", "a third each");
    await two.close();
    await until(() => held(one, three).join() === "3,3", "half each again");
    members.check();
    assertEquals(members.spans.length, 6 + 3 + 2 + 2);
    assertEquals(members.errors, []);
  },
);

redisTest("Fleet gives the shards of a dead member to the others within its lease", async (server) => {
  await using members = new Members(server);
  const one = members.join("one");
  const two = members.join("two");
  await until(() => held(one.fleet, two.fleet).join() === "3,3", "half each");
  one.client.split();
  const splitAt = performance.now();
  const { promise: lostAt, resolve } = Promise.withResolvers<number>();
  const [lease] = one.fleet.leases;
  lease?.signal.addEventListener("abort", () => resolve(performance.now()));
  await until(() => held(two.fleet)[0] === 6, "all for the other");
  const tookMs = performance.now() - splitAt;
  assert(tookMs < TTL_MS + 1_000, `it took ${tookMs} ms`);
  // What is lost is known to its owner before anybody else may have it.
  assert(await lostAt < performance.now());
  assert(lease?.signal.reason instanceof LeaseLostError);
  one.client.heal();
  await until(() => held(one.fleet, two.fleet).join() === "3,3", "half each again");
  members.check();
});

redisTest("Fleet bears a Redis that does not answer for less than a lease", async (server) => {
  await using members = new Members(server);
  const one = members.join("one", { ttlMs: 2_000 });
  await until(() => held(one.fleet)[0] === 6, "all");
  server.pause();
  await new Promise((resolve) => setTimeout(resolve, 900));
  server.goOn();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assertEquals(held(one.fleet), [6]);
  assertEquals(members.spans.length, 6);
  assert(members.errors.length > 0, "it is told");
});

redisTest(
  "Fleet gives out no lease of a Redis that has been restarted before old ones are over",
  async (server) => {
    await using members = new Members(server);
    const one = members.join("one");
    await until(() => held(one.fleet)[0] === 6, "all");
    await server.restart();
    const two = members.join("two");
    await until(() => held(two.fleet)[0] === 3, "half for who came after");
    members.check();
    // The one that was there told Redis what it had: nothing was lost but what was handed over.
    assertEquals(members.spans.filter(({ member }) => member === "one").length, 6);
    assertEquals(members.spans.length, 9);
  },
);

redisTest("Fleet takes a lease for lost whose time is over, also where no timer has run", async (server) => {
  await using members = new Members(server);
  let offsetMs = 0;
  const one = members.join("one", {
    clock: {
      now: () => performance.now() + offsetMs,
      wallNow: () => Date.now(),
      setTimeout(callback, delayMs) {
        const timer = setTimeout(callback, delayMs);
        return { [Symbol.dispose]: () => clearTimeout(timer) };
      },
    },
  });
  await until(() => held(one.fleet)[0] === 6, "all");
  const leases = one.fleet.leases;
  offsetMs = 10_000; // The process was stopped, and wakes.
  assertEquals(leases.map(({ isHeld }) => isHeld), leases.map(() => false));
});

redisTest(
  "Fleet leaves shards whose run has failed to others, and reports it",
  async (server) => {
    await using members = new Members(server);
    let runs = 0;
    members.join("bad", {
      run: () => {
        runs += 1;
        return Promise.reject(new Error("no way"));
      },
    });
    await until(() => runs === 6, "six runs");
    const good = members.join("good");
    await until(() => held(good.fleet)[0] === 6, "all, although the other lives");
    assertEquals(runs, 6);
    assertEquals(members.errors.map((error) => String(error)), Array(6).fill("Error: no way"));
  },
);

Deno.test("Fleet refuses options that can't be right", () => {
  const base = { send: () => Promise.resolve(), shardCount: 1, run: () => Promise.resolve() };
  for (
    const [options, message] of [
      [{ shardCount: 0 }, "shardCount"],
      [{ ttlMs: 0 }, "ttlMs"],
      [{ ttlMs: 300, beatMs: 200 }, "beatMs"],
      [{ handoverMs: NaN }, "handoverMs"],
    ] as const
  ) assertThrows(() => new Fleet({ ...base, ...options }), RangeError, message);
  assertThrows(() => new Fleet({ ...base, name: "a b" }), TypeError, "name");
  assertThrows(() => new Fleet({ ...base, prefix: "{x}" }), TypeError, "prefix");
});
