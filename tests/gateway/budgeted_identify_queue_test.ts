import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BudgetedIdentifyQueue } from "../../gateway/budgeted_identify_queue.ts";
import {
  type IdentifyBudget,
  IdentifyBudgetError,
  type IdentifyLimits,
  type IdentifyQueue,
  Intents,
  LocalIdentifyQueue,
  MemorySessionStore,
  ShardManager,
  type ShardManagerOptions,
} from "../../gateway/mod.ts";
import { BotAuthentication, HTTPClient } from "../../http/mod.ts";
import { checkConformance, identifyQueueConformance, Simulator, VirtualClock } from "../../testing/mod.ts";

const HOUR_MS = 3_600_000;

/** A queue without windows, and a Discord that is asked for its limits. */
class Bench {
  readonly clock = new VirtualClock();
  readonly told: [name: string, budget: IdentifyBudget][] = [];
  readonly turns: [shardId: number, at: number][] = [];
  readonly updates: IdentifyLimits[] = [];
  readonly queue: BudgetedIdentifyQueue;
  /** The turns of a set of shards, and of another. */
  readonly set: IdentifyQueue & { plan(shardIds: readonly number[], needed?: number): void };
  readonly otherSet: IdentifyQueue;
  /** What Discord says next; an error when it can't be asked. */
  answer: IdentifyLimits | Error = new Error("nobody asked");
  asked = 0;
  failures: unknown[] = [];

  constructor(reserve?: number | false, inner?: IdentifyQueue) {
    this.queue = new BudgetedIdentifyQueue({
      queue: inner ??
        { acquire: () => Promise.resolve(), update: (limits) => void this.updates.push(limits) },
      reserve,
      clock: this.clock,
      refresh: () => {
        this.asked += 1;
        if (this.answer instanceof Error) return Promise.reject(this.answer);
        return Promise.resolve(this.queue.update(this.answer));
      },
      report: (name, budget) => void this.told.push([name, budget]),
      failed: (error) => void this.failures.push(error),
    });
    [this.set, this.otherSet] = [this.queue.forSet(), this.queue.forSet()];
  }

  limits(remaining: number, resetAfterMs = HOUR_MS, total = 1_000): IdentifyLimits {
    return { maxConcurrency: 1, total, remaining, resetAfterMs };
  }

  /** Asks for a turn, and notes when it came. */
  ask(
    shardId: number,
    signal: AbortSignal = new AbortController().signal,
    queue: IdentifyQueue = this.set,
  ): void {
    queue.acquire(shardId, { signal }).then(
      () => this.turns.push([shardId, this.clock.now()]),
      () => {},
    );
  }

  get names(): string[] {
    return this.told.map(([name]) => name);
  }
}

Deno.test("BudgetedIdentifyQueue passes turns and limits on, and tells what it learned (ID-8)", async () => {
  const bench = new Bench();
  bench.queue.update(bench.limits(900));
  bench.ask(0);
  await bench.clock.advance(0);
  assertEquals(bench.turns, [[0, 0]]);
  assertEquals(bench.updates, [bench.limits(900)]);
  assertEquals(bench.told, [["identifyBudget", { total: 1_000, remaining: 900, resetAfterMs: HOUR_MS }]]);
});

Deno.test("BudgetedIdentifyQueue warns once when a fifth is left, by its own count (ID-7)", async () => {
  const bench = new Bench();
  bench.queue.update(bench.limits(202));
  for (let shardId = 0; shardId < 5; shardId += 1) bench.ask(shardId);
  await bench.clock.advance(0);
  assertEquals(bench.names, ["identifyBudget", "identifyBudgetLow"]);
  assertEquals(bench.told[1]?.[1], { total: 1_000, remaining: 200, resetAfterMs: HOUR_MS });
  bench.queue.update(bench.limits(900));
  bench.queue.update(bench.limits(100));
  assertEquals(bench.names.slice(2), ["identifyBudget", "identifyBudget", "identifyBudgetLow"]);
});

Deno.test("BudgetedIdentifyQueue pauses at the reserve until the reset, and says so once (ID-7)", async () => {
  const bench = new Bench();
  bench.queue.update(bench.limits(52));
  bench.answer = bench.limits(50);
  for (let shardId = 0; shardId < 5; shardId += 1) bench.ask(shardId);
  await bench.clock.advance(HOUR_MS - 1);
  assertEquals(bench.turns.map(([shardId]) => shardId), [0, 1]);
  assertEquals(bench.names.filter((name) => name === "identifyPaused").length, 1);
  bench.answer = bench.limits(1_000, 0);
  await bench.clock.advance(600_000);
  assertEquals(bench.turns.map(([shardId]) => shardId), [0, 1, 2, 3, 4]);
  assertEquals(bench.clock.pendingTimers, 0);
});

Deno.test("BudgetedIdentifyQueue asks Discord every ten minutes while it pauses, once for all who wait (ID-7)", async () => {
  const bench = new Bench();
  bench.queue.update(bench.limits(10));
  bench.answer = bench.limits(10);
  for (let shardId = 0; shardId < 5; shardId += 1) bench.ask(shardId);
  await bench.clock.advance(1_900_000);
  assertEquals([bench.asked, bench.turns], [3, []]);
  bench.answer = bench.limits(600); // The owner has asked for more, say.
  await bench.clock.advance(600_000);
  assertEquals(bench.turns.length, 5);
});

Deno.test("BudgetedIdentifyQueue trusts the reset that Discord has named when it can't be asked (ID-7)", async () => {
  const bench = new Bench();
  bench.queue.update(bench.limits(10, 900_000));
  bench.answer = new Error("no network");
  bench.ask(0);
  await bench.clock.advance(899_999);
  assertEquals(bench.turns, []);
  await bench.clock.advance(300_001);
  assertEquals(bench.turns.map(([, at]) => at), [900_000]);
  assert(bench.failures.length > 0);
});

Deno.test("BudgetedIdentifyQueue asks Discord again at the first session after the reset (ID-7)", async () => {
  const bench = new Bench();
  bench.queue.update(bench.limits(900, 1_000));
  bench.answer = bench.limits(999, 5_000);
  await bench.clock.advance(2_000);
  assertEquals(bench.asked, 0);
  bench.ask(0);
  bench.ask(1);
  await bench.clock.advance(0);
  assertEquals([bench.asked, bench.turns.length], [1, 2]);
});

Deno.test("BudgetedIdentifyQueue hammers nobody when Discord names a reset that does not come (ID-7)", async () => {
  const bench = new Bench();
  for (const [resetAfterMs, total] of [[0, 0], [1, 0], [1, 1_000]] as const) {
    bench.asked = 0;
    bench.answer = bench.limits(0, resetAfterMs, total);
    bench.queue.update(bench.answer);
    const controller = new AbortController();
    bench.ask(0, controller.signal);
    await bench.clock.advance(60_000);
    assert(bench.asked <= 61, `asked ${bench.asked} times`);
    controller.abort();
    await bench.clock.advance(0);
    assertEquals(bench.clock.pendingTimers, 0);
  }
});

Deno.test("BudgetedIdentifyQueue gives a turn back that the budget no longer allows (ID-7)", async () => {
  const clock = new VirtualClock();
  const bench = new Bench(0, new LocalIdentifyQueue({ clock }));
  bench.queue.update(bench.limits(2, 10_000));
  for (const shardId of [0, 1, 2]) bench.ask(shardId); // All may wait, but the third comes too late.
  await clock.advance(20_000);
  await bench.clock.advance(0);
  assertEquals(bench.turns.length, 2);
});

Deno.test("BudgetedIdentifyQueue refuses a start that needs more than is left, with when there are more (ID-7)", () => {
  const bench = new Bench();
  bench.queue.update(bench.limits(3));
  const error = assertThrows(() => bench.set.plan([0, 1, 2, 3]), IdentifyBudgetError, "60 minutes");
  assertEquals([error.needed, error.total, error.remaining, error.resetAfterMs], [4, 1_000, 3, HOUR_MS]);
  bench.set.plan([0, 1, 2]);
  bench.set.plan([0, 1, 2, 3], 3); // One of them has a session to resume.
});

Deno.test("BudgetedIdentifyQueue lets planned sessions use the reserve, each once (ID-7)", async () => {
  const bench = new Bench();
  bench.queue.update(bench.limits(20));
  bench.answer = bench.limits(18);
  bench.set.plan([0, 1]);
  for (const shardId of [0, 1, 0]) bench.ask(shardId);
  await bench.clock.advance(0);
  assertEquals(bench.turns.map(([shardId]) => shardId), [0, 1]);
});

Deno.test("BudgetedIdentifyQueue lets no other set use what one has planned, though its shards have the same ids (ID-7)", async () => {
  const bench = new Bench();
  bench.queue.update(bench.limits(20));
  bench.answer = bench.limits(19);
  bench.set.plan([0, 1]);
  bench.ask(0, undefined, bench.otherSet);
  await bench.clock.advance(0);
  assertEquals(bench.turns, []);
  bench.ask(1);
  await bench.clock.advance(0);
  assertEquals(bench.turns.map(([shardId]) => shardId), [1]);
});

Deno.test("BudgetedIdentifyQueue reports what the update of a user's queue rejects with, and goes on (ID-8)", async () => {
  const update = (): Promise<void> => Promise.reject(new Error("no line"));
  const bench = new Bench(0, { acquire: () => Promise.resolve(), update });
  bench.queue.update(bench.limits(20));
  bench.ask(0);
  await bench.clock.advance(0);
  assertEquals(bench.failures, [new Error("no line")]);
  assertEquals(bench.turns.length, 1);
});

Deno.test("BudgetedIdentifyQueue counts no turn of who left, and leaves nothing behind (SM-7, WS-10)", async () => {
  const bench = new Bench(0);
  bench.queue.update(bench.limits(1));
  const reason = new Error("gone");
  await assertRejects(() => bench.queue.acquire(0, { signal: AbortSignal.abort(reason) }), Error, "gone");
  bench.ask(1);
  await bench.clock.advance(0);
  assertEquals(bench.turns.length, 1);
  const controller = new AbortController();
  const paused = bench.queue.acquire(2, { signal: controller.signal });
  await bench.clock.advance(0);
  controller.abort(reason);
  await assertRejects(() => paused, Error, "gone");
  assertEquals(bench.clock.pendingTimers, 0);
});

Deno.test("BudgetedIdentifyQueue minds no budget when told so: the queue of a user may (ID-7)", async () => {
  const bench = new Bench(false);
  bench.queue.update(bench.limits(0));
  bench.set.plan([0, 1]);
  bench.ask(0);
  bench.ask(0);
  await bench.clock.advance(0);
  assertEquals([bench.turns.length, bench.names], [2, ["identifyBudget"]]);
});

Deno.test("BudgetedIdentifyQueue is a queue as its rules want it (ID-2 to ID-8)", async () => {
  await checkConformance(identifyQueueConformance({
    create: (clock) =>
      new BudgetedIdentifyQueue({
        queue: new LocalIdentifyQueue({ clock }),
        reserve: undefined,
        clock,
        refresh: () => Promise.resolve(),
        report: () => {},
        failed: () => {},
      }),
  }));
});

interface World extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly discord: Simulator;
  readonly manager: ShardManager;
  readonly told: string[];
}

function createWorld(options: ShardManagerOptions, sessionStartTotal: number, shards = 4): World {
  const clock = new VirtualClock();
  const discord = Simulator.inMemory({
    clock,
    token: "a.b.c",
    shards,
    maxConcurrency: shards,
    sessionStartTotal,
  });
  const http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch, clock });
  const { createWebSocket } = discord;
  const authentication = new BotAuthentication("a.b.c");
  const manager = new ShardManager(authentication, Intents.Guilds, http, {
    clock,
    createWebSocket,
    compression: "none",
    random: () => 0.5,
    ...options,
  });
  const told: string[] = [];
  for (const name of ["identifyBudget", "identifyBudgetLow", "identifyPaused"] as const) {
    manager.dispatcher.listen(name, ({ remaining }) => told.push(`${name} ${remaining}`));
  }
  return {
    clock,
    discord,
    manager,
    told,
    async [Symbol.asyncDispose]() {
      await clock.runUntil(manager.close());
      await clock.runUntil(http.close());
      await clock.runUntil(discord.close());
      assertEquals(clock.pendingTimers, 0);
    },
  };
}

Deno.test("ShardManager.connect starts nothing when Discord grants too few sessions, and may be called again (ID-7)", async () => {
  await using world = createWorld({}, 3);
  const { clock, manager, discord } = world;
  const error = await clock.runUntil(assertRejects(() => manager.connect(), IdentifyBudgetError));
  assertEquals([error.needed, error.remaining], [4, 3]);
  assertEquals([manager.activeShards.length, discord.sessions.length], [0, 0]);
  await clock.runUntil(assertRejects(() => manager.connect(), IdentifyBudgetError));
});

Deno.test("ShardManager never lets the token be reset: it pauses, and goes on when the day is over (ID-6, ID-7)", async () => {
  await using world = createWorld({}, 40);
  const { clock, manager, discord, told } = world;
  await clock.runUntil(manager.connect());
  await clock.runUntil(manager.ready());
  for (let minutes = 0; minutes < 600; minutes += 1) {
    discord.faults.invalidSession();
    await clock.advance(60_000);
  }
  assertEquals(told.filter((line) => line.startsWith("identifyPaused")), ["identifyPaused 10"]);
  assertEquals(told.filter((line) => line.startsWith("identifyBudgetLow")).length, 0);
  assert(manager.pendingShards.length > 0);
  await clock.runUntil(manager.ready());
  await clock.advance(86_400_000);
  assertEquals(manager.pendingShards, []);
});

Deno.test("ShardManager counts stored sessions as none that must be started (SEQ-9, ID-7)", async () => {
  const sessions = new MemorySessionStore();
  const clock = new VirtualClock();
  const discord = Simulator.inMemory({
    clock,
    token: "a.b.c",
    shards: 4,
    maxConcurrency: 4,
    sessionStartTotal: 6,
  });
  const http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch, clock });
  const { createWebSocket } = discord;
  for (const stop of [true, false]) {
    const manager = new ShardManager(new BotAuthentication("a.b.c"), Intents.Guilds, http, {
      clock,
      createWebSocket,
      compression: "none",
      sessions,
    });
    await clock.runUntil(manager.connect()); // The second time only two are left.
    await clock.runUntil(manager.ready());
    await clock.runUntil(manager.close({ resumable: stop }));
  }
  await clock.runUntil(http.close());
  await clock.runUntil(discord.close());
});

Deno.test("ShardManager.connect counts no session that it could not resume, nor one that is not told (SEQ-1, ID-7)", async () => {
  const kept = new MemorySessionStore();
  {
    await using world = createWorld({ sessions: kept }, 100);
    await world.clock.runUntil(world.manager.connect());
    await world.clock.runUntil(world.manager.ready());
    await world.clock.runUntil(world.manager.close({ resumable: true }));
  }
  const never = new Promise<undefined>(() => {});
  const silent = { load: () => never, save() {}, clear() {} };
  for (const [needed, sessions, shardCount] of [[4, silent, 4], [3, kept, 3]] as const) {
    await using world = createWorld({ sessions, shardCount }, 2);
    const error = await world.clock.runUntil(
      assertRejects(() => world.manager.connect(), IdentifyBudgetError),
    );
    assertEquals(error.needed, needed);
  }
});

Deno.test("ShardManager says what is wrong with identifyReserve", () => {
  for (const identifyReserve of [-1, 0.5, NaN, true, "5"]) {
    assertThrows(
      () =>
        Reflect.construct(ShardManager, [new BotAuthentication("a.b.c"), 0, new HTTPClient(), {
          identifyReserve,
        }]),
      RangeError,
      "identifyReserve",
    );
  }
});
