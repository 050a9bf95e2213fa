// Two processes that were given the same shards and the same store: the newer one stays, the older one gives up.
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  BotAuthentication,
  HTTPClient,
  Intents,
  MemorySessionStore,
  type SessionStore,
  SessionTakenError,
  ShardManager,
  type StoredSession,
} from "../../mod.ts";
import { Simulator, VirtualClock } from "../../testing/mod.ts";
import { seededRandom } from "./seeded_random.ts";

interface Bot {
  readonly manager: ShardManager;
  readonly seen: string[];
  readonly criticals: unknown[];
}

class World implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly discord = Simulator.inMemory({ clock: this.clock, token: "a.b.c" });
  readonly store = new MemorySessionStore();
  readonly #http = new HTTPClient({
    baseUrl: this.discord.baseUrl,
    fetch: this.discord.fetch,
    clock: this.clock,
  });
  readonly #bots: Bot[] = [];

  until<Value>(promise: Promise<Value>): Promise<Value> {
    return this.clock.runUntil(promise);
  }

  async start(sessions: SessionStore = this.store, shardCount = 1): Promise<Bot> {
    const { clock, discord } = this;
    const intents = Intents.GuildMessages | Intents.MessageContent;
    const manager = new ShardManager(new BotAuthentication("a.b.c"), intents, this.#http, {
      shardCount,
      sessions,
      clock,
      random: seededRandom(this.#bots.length + 1),
      createWebSocket: discord.createWebSocket,
    });
    const bot: Bot = { manager, seen: [], criticals: [] };
    manager.closed.catch(() => {});
    manager.listen("MESSAGE_CREATE", ({ content }) => bot.seen.push(content));
    manager.dispatcher.listen("critical", (error) => bot.criticals.push(error));
    this.#bots.push(bot);
    await this.until(manager.connect());
    await this.until(manager.ready());
    return bot;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { manager } of this.#bots) await this.until(manager.close());
    await this.#http.close();
    await this.until(this.discord.close());
    assertEquals(this.clock.pendingTimers, 0, "a timer was left behind");
  }
}

Deno.test("ShardManager gives up when another one takes its sessions up from the store, and the other one stays", async () => {
  await using world = new World();
  const old = await world.start();
  world.discord.channel.say("1");
  await world.clock.advance(5_000);
  const young = await world.start();
  await world.clock.advance(120_000);
  world.discord.channel.say("2");
  await world.clock.advance(120_000);
  assertEquals([old.seen, young.seen], [["1"], ["2"]]);
  const [error] = old.criticals;
  assertInstanceOf(error, SessionTakenError);
  assertEquals([error.shardId, old.criticals.length, young.criticals.length], [0, 1, 0]);
  await assertRejects(() => old.manager.closed, SessionTakenError);
  // Nobody has fought: one session, resumed once.
  const status = young.manager.status()[0];
  assertEquals([status?.state, status?.connections, status?.identifies], ["ready", 1, 0]);
  assertEquals(world.store.load(0)?.fence, 2);
});

Deno.test("ShardManager that gave up leaves the sessions of its other shards alive for the one that stays", async () => {
  await using world = new World();
  const old = await world.start(world.store, 2);
  await world.clock.advance(5_000);
  const young = await world.start(world.store, 2);
  await world.clock.advance(300_000);
  assertInstanceOf(old.criticals[0], SessionTakenError);
  assertEquals(young.criticals, []);
  assertEquals(young.manager.status().map(({ state, identifies }) => [state, identifies]), [
    ["ready", 0],
    ["ready", 0],
  ]);
});

Deno.test("ShardManager gives up at its next save too, where its connection was left alone", async () => {
  await using world = new World();
  const old = await world.start();
  await world.clock.advance(5_000);
  const kept = world.store.load(0);
  assert(kept?.fence !== undefined);
  world.store.save(0, { ...kept, holder: "another", fence: kept.fence + 1 });
  await world.clock.advance(60_000);
  assertEquals(old.criticals, [], "nothing has happened that would have to be saved");
  world.discord.channel.say("1");
  await world.clock.advance(5_000);
  assertInstanceOf(old.criticals[0], SessionTakenError);
  assertEquals(world.store.load(0)?.holder, "another", "the record is not touched any more");
});

Deno.test("ShardManager goes on with a store that keeps no marks: nothing can be told then", async () => {
  await using world = new World();
  const plain: SessionStore = {
    load: (id) => world.store.load(id),
    save: (id, { holder: _, fence: __, ...session }: StoredSession) => world.store.save(id, session),
    clear: (id) => world.store.clear(id),
  };
  const bot = await world.start(plain);
  world.discord.faults.dropConnections();
  world.discord.channel.say("1");
  await world.clock.advance(60_000);
  assertEquals([bot.seen, bot.criticals], [["1"], []]);
});

Deno.test("ShardManager reconnects all the same when its store does not answer, after five seconds", async () => {
  await using world = new World();
  let isStuck = false;
  const freed = Promise.withResolvers<void>();
  const stuck: SessionStore = {
    load: (id) => isStuck ? freed.promise.then(() => world.store.load(id)) : world.store.load(id),
    save: (id, session) => world.store.save(id, session),
    clear: (id) => world.store.clear(id),
  };
  const bot = await world.start(stuck);
  isStuck = true;
  world.discord.faults.dropConnections();
  world.discord.channel.say("1");
  await world.clock.advance(10_000);
  assertEquals([bot.seen, bot.criticals], [["1"], []]);
  freed.resolve();
});

Deno.test("ShardManager is taken over by a bot that had no session yet, when both began with an empty store", async () => {
  await using world = new World();
  const [old, young] = [await world.start(), await world.start()];
  await world.clock.advance(5_000);
  for (const content of ["1", "2"]) {
    world.discord.channel.say(content);
    await world.clock.advance(60_000);
  }
  assertInstanceOf(old.criticals[0], SessionTakenError);
  assertEquals([young.criticals, young.seen], [[], ["1", "2"]]);
});

Deno.test("ShardManager that rescales takes what was there before for nobody's, though the store fails at that moment", async () => {
  await using world = new World();
  const before = await world.start(world.store, 4);
  await world.until(before.manager.close({ resumable: true }));
  const stale = [0, 1, 2, 3].map((id) => world.store.load(id));
  let isBroken = false;
  const store: SessionStore = {
    load: (id) => isBroken ? Promise.reject(new Error("no line")) : world.store.load(id),
    save: (id, session) => world.store.save(id, session),
    clear: (id) => world.store.clear(id),
  };
  const bot = await world.start(store, 1);
  for (const [id, session] of stale.entries()) {
    if (session !== undefined && id > 0) world.store.save(id, { ...session, fence: 9 });
  }
  const errors: unknown[] = [];
  bot.manager.dispatcher.listen("error", ({ error }) => errors.push(error));
  await world.clock.advance(5_000);
  const rescaling = bot.manager.rescaleShards(4);
  await world.clock.advance(15_000);
  isBroken = true;
  await world.until(rescaling);
  isBroken = false;
  world.discord.faults.dropConnections();
  world.discord.channel.say("1");
  await world.clock.advance(60_000);
  assertEquals([bot.seen, bot.criticals], [["1"], []]);
  assert(errors.length > 0, "the store has failed while it was needed");
  assertEquals(bot.manager.status().map(({ state }) => state), ["ready", "ready", "ready", "ready"]);
});

Deno.test("ShardManager does not take the session of another bot in its store for its own that was taken over", async () => {
  await using world = new World();
  const bot = await world.start();
  await world.clock.advance(5_000);
  const kept = world.store.load(0);
  assert(kept?.fence !== undefined);
  world.store.save(0, { ...kept, tokenFingerprint: "0", holder: "another", fence: kept.fence + 5 });
  world.discord.channel.say("1");
  world.discord.faults.dropConnections();
  await world.clock.advance(60_000);
  assertEquals([bot.seen, bot.criticals], [["1"], []]);
  assertEquals(world.store.load(0)?.tokenFingerprint, kept.tokenFingerprint);
});
