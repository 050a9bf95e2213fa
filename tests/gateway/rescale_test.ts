// Changing the number of shards while the bot goes on, on a simulated Discord in virtual time.
import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertRejects,
} from "@std/assert";
import {
  GatewayOpcode,
  Intents,
  MemorySessionStore,
  ShardManager,
  type ShardManagerOptions,
} from "../../gateway/mod.ts";
import { BotAuthentication, HTTPClient } from "../../http/mod.ts";
import { type SimulatedChannel, Simulator, type SimulatorOptions, VirtualClock } from "../../testing/mod.ts";

const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;

interface World extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly discord: Simulator;
  readonly manager: ShardManager;
  /** What the manager's listeners have got. */
  readonly seen: string[];
  /** Says the next number in one channel of each guild in turn. */
  say(): void;
  /** How much was said. */
  readonly said: string[];
  until<Value>(promise: Promise<Value>): Promise<Value>;
}

async function createWorld(
  { simulator = {}, manager: options = {}, intents: bits = intents, hold }: {
    simulator?: SimulatorOptions;
    manager?: ShardManagerOptions;
    intents?: number;
    /** Holds back what it likes of what new sockets get. */
    hold?: (socket: WebSocket) => void;
  } = {},
): Promise<World> {
  const clock = new VirtualClock();
  const discord = Simulator.inMemory({ clock, token: "a.b.c", maxConcurrency: 16, ...simulator });
  const channels: SimulatedChannel[] = [discord.channel];
  for (let index = 0; index < 7; index += 1) {
    const [channel] = discord.addGuild().channels;
    if (channel !== undefined) channels.push(channel);
  }
  const http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch, clock });
  const manager = new ShardManager(new BotAuthentication("a.b.c"), bits, http, {
    clock,
    random: () => 0,
    createWebSocket: (url) => {
      const socket = discord.createWebSocket(url);
      hold?.(socket);
      return socket;
    },
    compression: "none",
    ...options,
  });
  const until = <Value>(promise: Promise<Value>): Promise<Value> => clock.runUntil(promise);
  const seen: string[] = [];
  const said: string[] = [];
  manager.listen("MESSAGE_CREATE", ({ content = "" }) => seen.push(content));
  await until(manager.connect());
  await until(manager.ready());
  return {
    clock,
    discord,
    manager,
    seen,
    said,
    until,
    say() {
      const text = String(said.length);
      said.push(text);
      channels[said.length % channels.length]?.say(text);
    },
    async [Symbol.asyncDispose]() {
      await until(manager.close());
      await until(http.close());
      await until(discord.close());
      assertEquals(clock.pendingTimers, 0, "a timer was left behind");
    },
  };
}

/** Talks all the time until `promise` settles, and a little longer. */
async function talkWhile(world: World, promise: Promise<unknown>, betweenMs = 37): Promise<void> {
  let isOver = false;
  promise.then(() => isOver = true, () => isOver = true);
  for (let rest = 400; rest > 0; rest -= isOver ? 1 : 0) {
    world.say();
    await world.clock.advance(betweenMs);
  }
  await promise;
}

Deno.test("ShardManager keeps the 30 s between requests for all members of a guild when it rescales (MR-4)", async () => {
  await using world = await createWorld({ intents: intents | Intents.GuildMembers });
  const { clock, discord, manager, until } = world;
  const ask = async (): Promise<number> => {
    for await (const _ of manager.requestGuildMembers(discord.guild.id, { query: "", limit: 0 }));
    return clock.now();
  };
  const rescaling = manager.rescaleShards(2);
  await clock.advance(30_000);
  const askedAt = await until(ask());
  await until(rescaling);
  assertLess(clock.now() - askedAt, 25_000);
  assertGreaterOrEqual(await until(ask()) - askedAt, 30_000);
});

Deno.test("ShardManager.rescaleShards loses no event and delivers none twice (SH-6)", async () => {
  await using world = await createWorld({ simulator: { shards: 2 } });
  const { manager } = world;
  const old = manager.activeShards;
  const events: string[] = [];
  manager.dispatcher.listen((name) => events.push(String(name)));
  await talkWhile(world, manager.rescaleShards(5));
  assertGreater(world.said.length, 400);
  assertEquals(world.seen, world.said);
  assertEquals(manager.shardCount, 5);
  assertEquals(
    manager.activeShards.map(({ id, state }) => [id, state]),
    [0, 1, 2, 3, 4].map((id) => [id, "ready"]),
  );
  assertEquals(old.map(({ state }) => state), ["idle", "idle"]);
  assertEquals(world.discord.sessions.length, 5);
  assert(!events.includes("sessionLost"));
});

Deno.test("ShardManager.rescaleShards goes down as well, and again", async () => {
  await using world = await createWorld({ simulator: { shards: 3 } });
  await talkWhile(world, world.manager.rescaleShards(1));
  await talkWhile(world, world.manager.rescaleShards(2, [0, 1]));
  assertEquals(world.seen, world.said);
  assertEquals(world.manager.shardCount, 2);
});

Deno.test("ShardManager.rescaleShards keeps order and number when old or new lines are slow or cut on the way", async () => {
  for (const ms of [300, 900]) {
    await using world = await createWorld({ simulator: { shards: 2 } });
    world.discord.faults.lag({ ms });
    const rescaling = world.manager.rescaleShards(4);
    await world.clock.advance(2_000);
    world.discord.faults.dropConnections({ shardId: 1 });
    await talkWhile(world, rescaling);
    assertEquals(world.seen.toSorted(), world.said.toSorted());
  }
});

Deno.test("ShardManager.rescaleShards keeps the old set when a new shard fails, and nothing is lost", async () => {
  await using world = await createWorld({ simulator: { shards: 2 } });
  const { manager, discord } = world;
  const old = manager.activeShards;
  const rescaling = assertRejects(() => manager.rescaleShards(4), Error);
  await world.clock.advance(100);
  for (const connection of discord.connections) {
    if (connection.session?.shardCount === 4) connection.close(4014);
  }
  await talkWhile(world, rescaling);
  assertEquals(manager.activeShards, old);
  assertEquals(manager.shardCount, 2);
  assertEquals(manager.pendingShards, []);
  assertEquals(world.seen, world.said);
});

Deno.test("ShardManager.rescaleShards can be aborted, and then goes again", async () => {
  await using world = await createWorld({ simulator: { shards: 2 } });
  const controller = new AbortController();
  const reason = new Error("not now");
  const rescaling = world.manager.rescaleShards(3, undefined, { signal: controller.signal });
  await world.clock.advance(10);
  assertEquals(world.manager.pendingShards.length, 3);
  controller.abort(reason);
  assertEquals(await world.until(assertRejects(() => rescaling)), reason);
  await talkWhile(world, world.manager.rescaleShards(3));
  assertEquals(world.seen, world.said);
});

Deno.test("ShardManager.close ends a rescaling, and leaves nothing of either set", async () => {
  await using world = await createWorld({ simulator: { shards: 2 } });
  const rescaling = assertRejects(() => world.manager.rescaleShards(3));
  await world.clock.advance(10);
  await world.until(world.manager.close());
  await rescaling;
  assertEquals(world.discord.connections.filter(({ isOpen }) => isOpen).length, 0);
});

Deno.test("ShardManager.rescaleShards checks its arguments and Discord's budget first (ID-7)", async () => {
  await using world = await createWorld({ simulator: { shards: 1, sessionStartTotal: 3 } });
  const { manager, until } = world;
  await assertRejects(() => manager.rescaleShards(0), RangeError, "positive integer");
  await assertRejects(() => manager.rescaleShards(2, [2]), RangeError, "from 0 to 1");
  await until(assertRejects(() => manager.rescaleShards(3), Error, "session"));
  assertEquals(world.discord.sessions.length, 1);
  const first = manager.rescaleShards(2);
  await world.clock.advance(1);
  await until(assertRejects(() => manager.rescaleShards(2), TypeError, "already"));
  await talkWhile(world, first);
});

Deno.test("ShardManager takes the recommended number by itself when Discord says that it is wrong (4011)", async () => {
  await using world = await createWorld({ simulator: { shards: 2 } });
  const { manager, discord } = world;
  const rescaled = manager.rawDispatcher.waitFor(GatewayOpcode.Dispatch, () => manager.shardCount === 4);
  discord.recommendedShards = 4;
  discord.faults.dropConnections({ code: 4011, shardId: 1 });
  await talkWhile(world, rescaled);
  assertEquals(manager.activeShards.length, 4);
});

Deno.test("ShardManager keeps the new set's sessions for a restart, and not the old one's (SEQ-8)", async () => {
  const sessions = new MemorySessionStore();
  await using world = await createWorld({ simulator: { shards: 3 }, manager: { sessions } });
  await world.clock.advance(2_000);
  await talkWhile(world, world.manager.rescaleShards(2));
  assertEquals([0, 1, 2].map((id) => sessions.load(id)?.shardCount), [2, 2, undefined]);
});

Deno.test("ShardManager.rescaleShards tells events that say the same from one that comes twice (SH-7)", async () => {
  await using world = await createWorld({ simulator: { shards: 2 } });
  const { discord, manager, clock } = world;
  let got = 0;
  manager.listen("TYPING_START_AGAIN", () => got += 1);
  let sent = 0;
  const type = (): void => {
    sent += 1;
    discord.dispatch("TYPING_START_AGAIN", { guild_id: discord.guild.id, user_id: "1" });
  };
  type();
  const rescaling = manager.rescaleShards(3);
  let isOver = false;
  rescaling.then(() => isOver = true);
  for (let rest = 300; rest > 0; rest -= isOver ? 1 : 0) {
    type();
    await clock.advance(53);
  }
  await rescaling;
  assertEquals(got, sent);
});

Deno.test("ShardManager.rescaleShards does not repeat what slow new lines bring after the switch (SH-7)", async () => {
  await using world = await createWorld({ simulator: { shards: 2 } });
  const { manager } = world;
  const rescaling = manager.rescaleShards(4);
  await world.clock.advance(500);
  for (const shardId of [2, 3]) world.discord.faults.lag({ shardId, ms: 4_000 });
  await talkWhile(world, rescaling);
  await world.clock.advance(5_000);
  assertEquals(world.seen.length, new Set(world.seen).size, "something came twice");
  assertEquals(world.seen.toSorted(), world.said.toSorted());
});

Deno.test("ShardManager.rescaleShards has the new shards at hand for who gets the first of their events (SH-6)", async () => {
  await using world = await createWorld({ simulator: { shards: 3 } });
  const { manager, discord } = world;
  for (const shardId of [1, 2]) discord.faults.lag({ shardId, ms: 600 });
  const strays: number[] = [];
  let held = 0;
  manager.listen("MESSAGE_CREATE", (_message, { shard }) => {
    if (manager.shardCount === 1) held += 1;
    if (!manager.activeShards.includes(shard)) strays.push(shard.id);
  });
  await talkWhile(world, manager.rescaleShards(1));
  assertEquals(strays, []);
  assertGreater(held, 0);
  assertEquals(world.seen.toSorted(), world.said.toSorted());
});

/** Holds back everything from the GUILD_CREATE after the first `passing` on, while it is shut. */
class GuildGate {
  isShut = false;
  readonly #passing: number;
  readonly #kept: (() => void)[] = [];

  constructor(passing: number) {
    this.#passing = passing;
  }

  /** Watches a socket; must be there before its other listeners. */
  readonly hold = (socket: WebSocket): void => {
    let guilds = 0;
    let isHolding = false;
    socket.addEventListener("message", (event: MessageEvent) => {
      if (String(event.data).includes('"t":"GUILD_CREATE"')) guilds += 1;
      isHolding ||= guilds > this.#passing;
      if (!this.isShut || !isHolding) return;
      event.stopImmediatePropagation();
      this.#kept.push(() => socket.dispatchEvent(new MessageEvent("message", { data: event.data })));
    });
  };

  /** Lets everything through that was held back, and what is to come. */
  open(): void {
    this.isShut = false;
    for (const give of this.#kept.splice(0)) give();
  }
}

Deno.test("ShardManager.rescaleShards switches when the guilds that READY has named are there, not before (GL-1, GL-4)", async () => {
  const gate = new GuildGate(1);
  await using world = await createWorld({ simulator: { shards: 1 }, hold: gate.hold });
  const { manager, clock } = world;
  const streamed: string[] = [];
  gate.isShut = true;
  const rescaling = manager.rescaleShards(2);
  await clock.advance(1);
  manager.pendingShards[0]?.eventDispatcher.listen((name) => streamed.push(String(name)));
  await clock.advance(10_000);
  assertEquals(streamed, ["READY", "GUILD_CREATE"]);
  assertEquals([manager.shardCount, manager.pendingShards.map(({ state }) => state)], [1, [
    "ready",
    "ready",
  ]]);
  gate.open();
  await clock.advance(999); // Both sets are heard for a second more.
  assertEquals(streamed, ["READY", ...Array(4).fill("GUILD_CREATE")]);
  assertEquals(manager.shardCount, 1);
  await clock.advance(32_000); // And until a heartbeat shows that nothing is on its way to the old one.
  assertEquals(manager.shardCount, 2);
  await rescaling;
});

Deno.test("ShardManager.rescaleShards waits no longer for guilds when none has come for 15 s (GL-4)", async () => {
  const gate = new GuildGate(1);
  await using world = await createWorld({ simulator: { shards: 1 }, hold: gate.hold });
  const { manager, clock } = world;
  gate.isShut = true;
  const rescaling = manager.rescaleShards(2);
  while (manager.pendingShards.some(({ state }) => state !== "ready") || manager.pendingShards.length === 0) {
    await clock.advance(1);
  }
  await clock.advance(15_000 + 900);
  assertEquals(manager.shardCount, 1);
  await clock.advance(27_000);
  assertEquals(manager.shardCount, 2);
  await rescaling;
  gate.open();
});

Deno.test("ShardManager.rescaleShards waits for no guilds without the intent for them, and for none in an outage (GL-4)", async () => {
  for (const bits of [Intents.GuildMessages, intents]) {
    await using world = await createWorld({
      simulator: { shards: 1, heartbeatIntervalMs: 3_000 },
      intents: bits,
    });
    world.discord.guild.setAvailable(false); // GUILD_DELETE takes the place of GUILD_CREATE.
    const { clock, manager } = world;
    const startedAt = clock.now();
    await world.until(manager.rescaleShards(2));
    assertLess(clock.now() - startedAt, 10_000);
    assertEquals(manager.shardCount, 2);
  }
});

Deno.test("ShardManager.rescaleWhenFull rescales to what Discord recommends when shards are 80 % full (SH-8)", async () => {
  await using world = await createWorld({ simulator: { shards: 3 } });
  const { discord, manager, until } = world;
  assertEquals(await until(manager.rescaleWhenFull()), false);
  discord.recommendedShards = 5; // For 5000 guilds: 67 % of what three shards may have.
  assertEquals(await until(manager.rescaleWhenFull()), false);
  assertEquals(manager.shardCount, 3);
  discord.recommendedShards = 6; // 80 %.
  assertEquals(await until(manager.rescaleWhenFull()), true);
  assertEquals(manager.shardCount, 6);
  discord.recommendedShards = 8;
  assertEquals(await until(manager.rescaleWhenFull(0.6)), false);
  assertEquals(await until(manager.rescaleWhenFull(0.5)), true);
  assertEquals([manager.shardCount, discord.sessions.length], [8, 8]);
  for (const fill of [0, 1.01, NaN]) {
    await assertRejects(() => manager.rescaleWhenFull(fill), RangeError, "fill");
  }
});

Deno.test("ShardManager asks for the limits again before it rescales: max_concurrency is the one of now (SH-5)", async () => {
  await using world = await createWorld({ simulator: { shards: 1, maxConcurrency: 2 } });
  const { clock, discord, manager, until } = world;
  assertEquals(manager.maxConcurrency, 2);
  const body = JSON.stringify({
    url: discord.gatewayUrl,
    shards: 4,
    session_start_limit: { total: 1000, remaining: 900, reset_after: 60_000, max_concurrency: 1 },
  });
  discord.faults.respond({ route: "GET /gateway/bot", body });
  const askedAt: number[] = [];
  const rescaling = manager.rescaleShards(4);
  await clock.advance(0);
  for (const { dispatcher } of manager.pendingShards) {
    dispatcher.listen("sent", ({ op }) => op === GatewayOpcode.Identify && askedAt.push(clock.now()));
  }
  await until(rescaling);
  assertEquals(manager.maxConcurrency, 1);
  assertEquals(askedAt.length, 4);
  for (const [index, at] of askedAt.slice(1).entries()) {
    assertGreaterOrEqual(at - (askedAt[index] ?? NaN), 5_000);
  }
});
