// Stores that are slow, or never answer: nothing waits for them without end, and nothing is left of them.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  BotAuthentication,
  HTTPClient,
  Intents,
  MemorySessionStore,
  type SessionStore,
  Shard,
  ShardManager,
} from "../../mod.ts";
import { Simulator, VirtualClock } from "../../testing/mod.ts";
import { seededRandom } from "./seeded_random.ts";

const TOKEN = "a.b.c";
const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;

/** A store whose calls may be held back. */
class SlowStore implements SessionStore {
  readonly kept = new MemorySessionStore();
  /** Which calls do not answer for now. */
  readonly held = new Set<keyof SessionStore>();
  readonly #waiting: (() => void)[] = [];

  async load(shardId: number) {
    await this.#turn("load");
    return this.kept.load(shardId);
  }

  async save(...given: Parameters<SessionStore["save"]>) {
    await this.#turn("save");
    this.kept.save(...given);
  }

  async clear(shardId: number) {
    await this.#turn("clear");
    this.kept.clear(shardId);
  }

  /** Lets all go on. */
  free(): void {
    this.held.clear();
    for (const go of this.#waiting.splice(0)) go();
  }

  async #turn(call: keyof SessionStore): Promise<void> {
    if (this.held.has(call)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

class World implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly discord = Simulator.inMemory({ clock: this.clock, token: TOKEN, maxConcurrency: 16 });
  readonly store = new SlowStore();
  readonly errors: unknown[] = [];
  readonly #shards: (Shard | ShardManager)[] = [];

  until<Value>(promise: Promise<Value>): Promise<Value> {
    return this.clock.runUntil(promise);
  }

  shard(): Shard {
    const { gatewayUrl, createWebSocket } = this.discord;
    const { clock, store: sessions } = this;
    const random = seededRandom(this.#shards.length + 1);
    const shard = new Shard({
      ...{ shardId: 0, shardCount: 1, token: TOKEN, intents, gatewayUrl },
      ...{ createWebSocket, clock, sessions, random },
    });
    shard.dispatcher.listen("error", ({ error }) => this.errors.push(error));
    this.#shards.push(shard);
    return shard;
  }

  manager(shardCount: number): ShardManager {
    const { baseUrl, fetch, createWebSocket } = this.discord;
    const { clock, store: sessions } = this;
    const http = new HTTPClient({ baseUrl, fetch, clock });
    const random = seededRandom(this.#shards.length + 1);
    const options = { shardCount, createWebSocket, clock, sessions, random };
    const manager = new ShardManager(new BotAuthentication(TOKEN), intents, http, options);
    manager.dispatcher.listen("error", ({ error }) => this.errors.push(error));
    this.#shards.push(manager);
    return manager;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const shard of this.#shards) await this.until<unknown>(shard.close());
    await this.until(this.discord.close());
    assertEquals(this.clock.pendingTimers, 0, "a timer was left behind");
  }
}

Deno.test("Shard.close leaves what was closed resumably in the store, when it is called again (BO-5)", async () => {
  await using world = new World();
  const shard = world.shard();
  await world.until(shard.connect());
  const point = await world.until(shard.close({ resumable: true }));
  assert(point !== undefined);
  assertEquals(await world.until(shard.close()), point);
  assertEquals(world.store.kept.load(0)?.sessionId, point.sessionId);
});

Deno.test("Shard.close that is resumable keeps the session that it had not taken up yet (SEQ-10, BO-5)", async () => {
  for (const held of ["load", "save"] as const) {
    await using world = new World();
    const first = world.shard();
    await world.until(first.connect());
    await world.until(first.close({ resumable: true }));
    const kept = world.store.kept.load(0);
    world.store.held.add(held);
    const second = world.shard();
    second.start();
    await world.clock.advance(100);
    const closing = second.close({ resumable: true });
    await world.clock.advance(0);
    world.store.free();
    await world.until(closing);
    assertEquals(world.store.kept.load(0)?.sessionId, kept?.sessionId, held);
  }
});

Deno.test("Shard opens one connection when it is started again while its session is loaded (SM-24)", async () => {
  await using world = new World();
  const first = world.shard();
  await world.until(first.connect());
  await world.until(first.close({ resumable: true }));
  world.store.held.add("load");
  const second = world.shard();
  const connected = [second.connect(), second.connect()];
  await world.clock.advance(100);
  assertEquals(second.state, "idle");
  world.store.free();
  await world.until(Promise.all(connected));
  const { connections, resumes, identifies } = second.status();
  assertEquals({ connections, resumes, identifies }, { connections: 1, resumes: 1, identifies: 0 });
});

Deno.test("Shard does not connect when its start was aborted while its session was loaded (SM-23)", async () => {
  await using world = new World();
  world.store.held.add("load");
  const shard = world.shard();
  const stop = new AbortController();
  const connecting = assertRejects(() => shard.connect({ signal: stop.signal }), Error, "no more");
  await world.clock.advance(100);
  stop.abort(new Error("no more"));
  await connecting;
  world.store.free();
  await world.clock.advance(10_000);
  assertEquals([shard.state, shard.status().connections], ["idle", 0]);
  await world.until(shard.connect());
  assertEquals(shard.state, "ready");
});

Deno.test("Shard starts without its session when the store does not give it in 30 s, and says so (SEQ-10, OD-4)", async () => {
  for (const held of ["load", "save"] as const) {
    await using world = new World();
    const first = world.shard();
    await world.until(first.connect());
    await world.until(first.close({ resumable: true }));
    world.store.held.add(held);
    const shard = world.shard();
    const reports: string[] = [];
    shard.dispatcher.listen("sessionLost", () => reports.push("sessionLost"));
    shard.dispatcher.listen("resumed", () => reports.push("resumed"));
    const connected = shard.connect();
    await world.clock.advance(29_000);
    assertEquals(shard.state, "idle");
    await world.until(connected);
    await world.clock.advance(10);
    // A session that is known can be resumed, also where it could not be marked.
    assertEquals(reports, [held === "load" ? "sessionLost" : "resumed"]);
    const [error] = world.errors;
    assertInstanceOf(error, DOMException);
    assertEquals(error.name, "TimeoutError");
    world.store.free();
  }
});

Deno.test("Shard.close waits ten seconds for its store, reports it, and leaves nothing (BO-5, WS-10)", async () => {
  for (const held of ["load", "save"] as const) {
    await using world = new World();
    const shard = world.shard();
    await world.until(shard.connect());
    world.discord.channel.say("1");
    world.store.held.add(held);
    await world.clock.advance(2_000);
    const at = world.clock.now();
    await world.until(shard.close({ resumable: true }));
    assertEquals(world.clock.now() - at, 10_000);
    const before = world.store.kept.load(0)?.sequence;
    world.store.free();
    await world.clock.advance(0);
    const isLate = held === "load"; // What was on its way to be saved can't be called back.
    assertEquals(world.store.kept.load(0)?.sequence === before, isLate, "nothing is saved after the end");
  }
});

Deno.test("Shard.close leaves no timer when the store did not say whose the session is (WS-10)", async () => {
  await using world = new World();
  const shard = world.shard();
  await world.until(shard.connect());
  world.store.held.add("load");
  world.discord.faults.dropConnections();
  while (shard.state !== "backoff") await world.clock.advance(1);
  await world.clock.advance(1_100); // It looks now.
  assertEquals(shard.state, "backoff");
  await world.until(shard.close());
  await world.clock.advance(0);
  assertEquals(world.clock.pendingTimers, 0);
});

Deno.test("ShardManager.rescaleShards can be waited for by a handler, also where sessions are kept (SH-6)", async () => {
  await using world = new World();
  const manager = world.manager(1);
  await world.until(manager.connect());
  await world.until(manager.ready());
  const done = Promise.withResolvers<void>();
  manager.listen("MESSAGE_CREATE", async () => {
    await manager.rescaleShards(2).then(done.resolve, done.reject);
  });
  world.discord.channel.say("rescale");
  await world.until(done.promise);
  assertEquals(manager.shardCount, 2);
  await world.clock.advance(5_000);
  assertEquals([0, 1].map((id) => world.store.kept.load(id)?.shardCount), [2, 2]);
});

Deno.test("ShardManager.close ends after a change of shards whose events nobody reads (BO-5)", async () => {
  for (const resumable of [true, false]) {
    await using world = new World();
    const manager = world.manager(1);
    const unread = manager.events("MESSAGE_CREATE");
    await world.until(manager.connect());
    await world.until(manager.ready());
    world.discord.channel.say("1");
    await world.clock.advance(100);
    await world.until(manager.rescaleShards(2));
    await world.until(manager.rescaleShards(1));
    await world.until(manager.close({ resumable }));
    await unread.return();
    assertEquals(world.errors, []);
  }
});
