// What can go wrong in a fleet, caused, in virtual time.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Fleet, type FleetOptions, type Lease } from "../../redis/mod.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { Line } from "./model/network.ts";
import { RedisModel } from "./model/redis_model.ts";

const TTL_MS = 2_000;

class Fleets implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly redis = new RedisModel(this.clock);
  readonly errors: unknown[] = [];
  readonly #fleets: Fleet[] = [];

  member(options: Partial<FleetOptions> = {}): Fleet {
    const fleet = new Fleet({
      send: new Line(this.redis, 5).send,
      clock: this.clock,
      shardCount: 4,
      ttlMs: TTL_MS,
      handoverMs: 500,
      run: untilOver,
      ...options,
    });
    fleet.dispatcher.listen("error", ({ error }) => this.errors.push(error));
    this.#fleets.push(fleet);
    return fleet;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clock.runUntil(Promise.all(this.#fleets.map((fleet) => fleet.close())));
  }
}

function untilOver(lease: Lease): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of [lease.signal, lease.handover]) {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    }
  });
}

Deno.test("Fleet that is closed while it joins leaves nobody behind", async () => {
  await using fleets = new Fleets();
  const fleet = fleets.member();
  fleet.start();
  await fleets.clock.advance(7); // It has been told that it may, and does not know yet.
  await fleets.clock.runUntil(fleet.close());
  assertEquals(fleets.redis.execute(["ZRANGE", "{nextcore}:members", "0", "-1"]), []);
});

Deno.test("Fleet closes once, for all who close it, and ends the loops over it", async () => {
  await using fleets = new Fleets();
  const fleet = fleets.member({
    run: (lease) => new Promise((resolve) => lease.signal.addEventListener("abort", () => resolve())),
  });
  const ended = Array.fromAsync(fleet.dispatcher.events("ended"));
  fleet.start();
  await fleets.clock.advance(3_000);
  assertEquals(fleet.leases.length, 4);
  const first = fleet.close();
  let isClosed = false;
  const second = fleet.close().then(() => isClosed = true);
  await fleets.clock.advance(100);
  assertEquals(isClosed, false);
  await fleets.clock.runUntil(Promise.all([first, second]));
  assertEquals((await ended).length, 4);
  assertThrows(() => fleet.start(), TypeError, "or closed");
});

Deno.test("Fleet takes a shard whose record is no lease for free", async () => {
  await using fleets = new Fleets();
  const leases = "{nextcore}:leases";
  fleets.redis.execute([
    "HSET",
    leases,
    "0",
    "garbage",
    "1",
    "m:1e9",
    "2",
    "m:",
    "x",
    "m:7",
    "-1",
    "m:7",
    "3",
    "",
  ]);
  const fleet = fleets.member();
  fleet.start();
  await fleets.clock.advance(5_000);
  assertEquals(fleet.leases.map(({ shardId }) => shardId).toSorted(), [0, 1, 2, 3]);
  assertEquals(fleets.errors, []);
});

Deno.test("Fleet begins nothing by an answer that comes after its time", async () => {
  await using fleets = new Fleets();
  const granted: Lease[] = [];
  const line = new Line(fleets.redis, 5);
  let heldBack: PromiseWithResolvers<void> | undefined;
  let nowMs = 0; // How far this process' clock is ahead: it was stopped, and has run no timer.
  const fleet = fleets.member({
    send: async (command) => {
      const reply = await line.send(command);
      await heldBack?.promise;
      return reply;
    },
    clock: {
      now: () => fleets.clock.now() + nowMs,
      wallNow: () => fleets.clock.wallNow(),
      setTimeout: (callback, delayMs) => fleets.clock.setTimeout(callback, delayMs),
    },
  });
  fleet.dispatcher.listen("granted", (lease) => granted.push(lease));
  heldBack = Promise.withResolvers();
  // As if it had been given a lease, of which it has seen no answer; and no time must go by after a restart.
  fleets.redis.execute(["HSET", "{nextcore}:leases", "0", `${fleet.memberId}:7`]);
  fleets.redis.execute(["HSET", "{nextcore}:server", "run", "1".padStart(40, "0"), "quietUntil", "0"]);
  fleet.start();
  await fleets.clock.advance(20);
  nowMs = 60_000;
  heldBack.resolve();
  heldBack = undefined;
  await fleets.clock.advance(20);
  assertEquals(granted, []);
  assert(!fleet.memberId.endsWith("-0"), "it is somebody new");
});

Deno.test("Fleet gives a member where shards fail its share again, and less and less often where it goes on", async () => {
  await using fleets = new Fleets();
  let runs = 0;
  let isBad = true;
  const bad = fleets.member({
    name: "bad",
    run: (lease) => {
      runs += 1;
      return isBad ? Promise.reject(new Error("no way")) : untilOver(lease);
    },
  });
  const good = fleets.member({ name: "good" });
  bad.start();
  good.start();
  await fleets.clock.advance(10_000);
  assertEquals([bad.leases.length, good.leases.length], [0, 4]);
  await fleets.clock.advance(600_000);
  assert(runs > 6 && runs < 40, `it has tried ${runs} times in ten minutes`);
  assertEquals(bad.members.length, 2);
  isBad = false;
  await fleets.clock.advance(600_000);
  assertEquals([bad.leases.length, good.leases.length], [2, 2]);
});

Deno.test("Fleet is told of leases when they change, and otherwise once in a lease", async () => {
  await using fleets = new Fleets();
  const line = new Line(fleets.redis, 5);
  let lists = 0;
  let beats = 0;
  const one = fleets.member({
    send: async (command) => {
      const reply = await line.send(command);
      if (Array.isArray(reply) && reply[0] === "ok") beats += 1;
      if (Array.isArray(reply) && reply[0] === "ok" && reply.length > 3) lists += 1;
      return reply;
    },
  });
  one.start();
  await fleets.clock.advance(10_000);
  [lists, beats] = [0, 0];
  await fleets.clock.advance(20_000);
  assert(lists >= 9 && lists <= 11 && beats >= 190, `${lists} of ${beats} answers list all`);
  const two = fleets.member();
  two.start();
  await fleets.clock.advance(1_000);
  assertEquals([one.leases.length, two.leases.length], [2, 2]);
  // By hand, which nobody counts.
  fleets.redis.execute([
    "HSET",
    "{nextcore}:leases",
    String(one.leases[0]?.shardId),
    "somebody:9999999999999",
  ]);
  await fleets.clock.advance(TTL_MS + 200);
  assertEquals([one.leases.length, two.leases.length], [2, 2]);
  assert([...one.leases, ...two.leases].some(({ fence }) => fence > 9_999_999_999_999), "it was taken anew");
});

Deno.test("Fleet refuses shardIds that are no list", () => {
  const base = { send: () => Promise.resolve(), shardCount: 4, run: () => Promise.resolve() };
  const shardIds: unknown = "012";
  assertThrows(() => new Fleet({ ...base, shardIds: shardIds as number[] }), TypeError, "must be a list");
});
