// Whole bots that stop and start again, on a simulated Discord in virtual time.
import { assertEquals, assertFalse } from "@std/assert";
import {
  Intents,
  MemorySessionStore,
  type SessionStore,
  Shard,
  type ShardOptions,
  type StoredSession,
} from "../../gateway/mod.ts";
import { Simulator, VirtualClock } from "../../testing/mod.ts";

const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;

interface World extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly discord: Simulator;
  readonly store: MemorySessionStore;
  /** A new process: a shard that knows nothing but what the store has. */
  start(options?: Partial<ShardOptions>): Promise<Bot>;
  until<Value>(promise: Promise<Value>): Promise<Value>;
}

interface Bot {
  readonly shard: Shard;
  /** What its handler has begun and finished. */
  readonly begun: string[];
  readonly handled: string[];
  readonly reports: string[];
  /** Lets the handler go on that waits longest. */
  finish(): Promise<void>;
  /** The process dies: nothing that it would still save is saved. */
  kill(): Promise<void>;
}

function createWorld(): World {
  const clock = new VirtualClock();
  const discord = Simulator.inMemory({ clock, token: "a.b.c" });
  const store = new MemorySessionStore();
  const shards: Shard[] = [];
  const until = <Value>(promise: Promise<Value>): Promise<Value> => clock.runUntil(promise);
  return {
    clock,
    discord,
    store,
    until,
    async start(options = {}) {
      let isDead = false;
      const sessions: SessionStore = {
        load: (id) => store.load(id),
        save: (id, session) => isDead ? undefined : store.save(id, session),
        clear: (id) => isDead ? undefined : store.clear(id),
      };
      const shard = new Shard({
        shardId: 0,
        shardCount: 1,
        token: "a.b.c",
        intents,
        gatewayUrl: discord.gatewayUrl,
        createWebSocket: discord.createWebSocket,
        sessions,
        clock,
        random: () => 0,
        ...options,
      });
      shards.push(shard);
      const waiting: (() => void)[] = [];
      const bot: Bot = {
        shard,
        begun: [],
        handled: [],
        reports: [],
        async finish() {
          waiting.shift()?.();
          await clock.advance(0);
        },
        async kill() {
          isDead = true;
          await until(shard.close({ resumable: true }));
        },
      };
      shard.eventDispatcher.listen("MESSAGE_CREATE", async ({ content = "" }) => {
        bot.begun.push(content);
        if (content.startsWith("slow")) await new Promise<void>((resolve) => waiting.push(resolve));
        bot.handled.push(content);
      });
      shard.dispatcher.listen((name) => {
        if (name !== "sent" && name !== "stateChange") bot.reports.push(String(name));
      });
      await until(shard.connect());
      return bot;
    },
    async [Symbol.asyncDispose]() {
      for (const shard of shards) await until(shard.close());
      await until(discord.close());
      assertEquals(clock.pendingTimers, 0, "a timer was left behind");
    },
  };
}

Deno.test("Shard that was closed resumably goes on after a restart, each event once (SEQ-10, BO-5)", async () => {
  await using world = createWorld();
  const first = await world.start();
  world.discord.channel.say("1");
  await world.clock.advance(10);
  await world.until(first.shard.close({ resumable: true }));
  world.discord.channel.say("2");
  const second = await world.start();
  world.discord.channel.say("3");
  await world.clock.advance(10);
  assertEquals([...first.handled, ...second.handled], ["1", "2", "3"]);
  assertEquals(second.reports, ["resumed"]);
  assertEquals(second.shard.status().identifies, 0);
});

Deno.test("Shard waits at a resumable close for handlers that are still at it, and their events do not come again", async () => {
  await using world = createWorld();
  const first = await world.start();
  world.discord.channel.say("slow 1");
  await world.clock.advance(10);
  const closing = first.shard.close({ resumable: true });
  await world.clock.advance(1_000);
  await first.finish();
  await world.until(closing);
  const second = await world.start();
  assertEquals(first.handled, ["slow 1"]);
  assertEquals(second.begun, []);
});

Deno.test("Shard does not wait for ever for a handler at a resumable close: its event comes again", async () => {
  await using world = createWorld();
  const first = await world.start({ drainTimeoutMs: 500 });
  world.discord.channel.say("slow 1");
  await world.clock.advance(10);
  const before = world.clock.now();
  await world.until(first.shard.close({ resumable: true }));
  assertEquals(world.clock.now() - before, 500);
  const second = await world.start();
  assertEquals(second.begun, ["slow 1"]);
  await second.finish();
});

Deno.test("Shard that was killed sees again what it had not handled, and nothing is missed (SEQ-6)", async () => {
  await using world = createWorld();
  const first = await world.start();
  world.discord.channel.say("quick");
  world.discord.channel.say("slow 1");
  world.discord.channel.say("after");
  await world.clock.advance(5_000);
  assertEquals(first.handled, ["quick", "after"]);
  await first.kill();
  const second = await world.start();
  await second.finish();
  for (const text of ["quick", "slow 1", "after"]) {
    assertEquals([...first.handled, ...second.handled].includes(text), true, text);
  }
  assertEquals(second.reports, ["resumed"]);
  await first.finish();
});

Deno.test("Shard that was killed comes back to its last checkpoint, at most one interval old", async () => {
  await using world = createWorld();
  const first = await world.start({ saveIntervalMs: 1_000 });
  await world.clock.advance(1_000);
  for (const text of ["1", "2", "3"]) world.discord.channel.say(text);
  await world.clock.advance(1_500);
  world.discord.channel.say("4");
  await world.clock.advance(10);
  await first.kill();
  const second = await world.start();
  assertEquals(first.handled, ["1", "2", "3", "4"]);
  assertEquals(second.handled, ["4"]);
});

Deno.test("Shard refuses a session whose token, intents or shard count differ, and says that events were missed (SEQ-1)", async () => {
  const changes: Record<string, (session: StoredSession) => StoredSession> = {
    token: (session) => ({ ...session, tokenFingerprint: "0" }),
    intents: (session) => ({ ...session, intents: 1 }),
    shardCount: (session) => ({ ...session, shardCount: 2 }),
    "a sequence that is none": (session) => ({ ...session, sequence: -1 }),
    "an empty id": (session) => ({ ...session, sessionId: "" }),
  };
  for (const [what, change] of Object.entries(changes)) {
    await using world = createWorld();
    const first = await world.start();
    await world.until(first.shard.close({ resumable: true }));
    await world.clock.advance(10_000);
    const stored = world.store.load(0);
    if (stored !== undefined) world.store.save(0, change(stored));
    const second = await world.start();
    assertEquals(second.reports, ["ready", "sessionLost"], what);
  }
});

Deno.test("Shard starts anew, and says so, when the kept session is dead at Discord", async () => {
  await using world = createWorld();
  const first = await world.start();
  await world.until(first.shard.close({ resumable: true }));
  world.discord.faults.killSessions();
  await world.clock.advance(10_000);
  const second = await world.start();
  assertEquals(second.reports, ["clientDisconnect", "ready", "sessionLost"]);
});

Deno.test("Shard forgets a session that it ends itself, and keeps no token in the store", async () => {
  await using world = createWorld();
  const first = await world.start();
  world.discord.channel.say("1");
  await world.clock.advance(2_000);
  assertFalse(JSON.stringify(world.store.load(0)).includes("a.b.c"));
  await world.until(first.shard.close());
  assertEquals(world.store.load(0), undefined);
});

Deno.test("Shard goes on when its store throws, and reports it", async () => {
  await using world = createWorld();
  const broken = () => Promise.reject(new Error("no disk"));
  const bot = await world.start({ sessions: { load: broken, save: broken, clear: broken } });
  world.discord.channel.say("1");
  await world.clock.advance(1_500);
  assertEquals(bot.handled, ["1"]);
  assertEquals(bot.reports.filter((name) => name === "error").length >= 2, true);
});

Deno.test("Shard saves once for many events, not once for each (SEQ-10)", async () => {
  await using world = createWorld();
  let saves = 0;
  const store = world.store;
  const counting = {
    load: (id: number) => store.load(id),
    clear: (id: number) => store.clear(id),
    save: (id: number, session: StoredSession) => {
      saves += 1;
      store.save(id, session);
    },
  };
  await world.start({ sessions: counting });
  await world.clock.advance(1_000);
  saves = 0;
  for (let index = 0; index < 500; index += 1) world.discord.channel.say(String(index));
  await world.clock.advance(3_000);
  assertEquals(saves, 1);
  assertEquals(store.load(0)?.sequence, 502);
});

Deno.test("Shard.close does not wait for handlers when the session ends, however long they take", async () => {
  await using world = createWorld();
  const first = await world.start();
  world.discord.channel.say("slow 1");
  await world.clock.advance(5_000);
  const before = world.clock.now();
  await world.until(first.shard.close());
  assertEquals(world.clock.now(), before);
  assertEquals(world.store.load(0), undefined);
});

Deno.test("Shard gets the full state with a new session, and nothing of it with RESUMED (GL-6, RS-6)", async () => {
  await using world = createWorld();
  const { discord, until } = world;
  discord.addGuild();
  const { shard } = await world.start();
  const seen: string[] = [];
  shard.eventDispatcher.listen((name) => seen.push(String(name)));
  discord.faults.dropConnections();
  discord.dispatch("GUILD_ROLE_DELETE", { guild_id: discord.guild.id, role_id: "3" });
  await until(shard.dispatcher.waitFor("resumed"));
  // Neither READY nor GUILD_CREATE nor sessionLost: caches stay, and so do voice connections, which nothing touches.
  assertEquals(seen, ["GUILD_ROLE_DELETE", "RESUMED"]);
  assertFalse(world.discord.connections.at(-1)?.received.some(({ op }) => op === 2 || op === 4));
  seen.length = 0;
  discord.faults.invalidSession();
  await until(shard.dispatcher.waitFor("sessionLost")); // By this one knows that voice connections are gone.
  await world.clock.advance(0);
  assertEquals(seen, ["READY", "GUILD_CREATE", "GUILD_CREATE"]);
});

Deno.test("Shard says that events were missed when its store can't tell: something may have been kept (OD-4)", async () => {
  await using world = createWorld();
  const failing = { load: () => Promise.reject(new Error("damaged")), save() {}, clear() {} };
  const { reports } = await world.start({ sessions: failing });
  assertEquals(reports.filter((name) => name !== "error"), ["ready", "sessionLost"]);
});
