import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { EventOverflowError } from "../../dispatcher.ts";
import {
  DisallowedIntentsError,
  GatewayOpcode,
  Intents,
  InvalidShardCountError,
  InvalidTokenError,
  ShardManager,
  type ShardManagerOptions,
} from "../../gateway/mod.ts";
import { BotAuthentication, HTTPClient } from "../../http/mod.ts";
import { Simulator, type SimulatorOptions, VirtualClock } from "../../testing/mod.ts";

const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;

interface World extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly discord: Simulator;
  readonly manager: ShardManager;
  /** Lets time pass until the promise settles. */
  until<Value>(promise: Promise<Value>): Promise<Value>;
}

interface WorldOptions {
  readonly simulator?: SimulatorOptions;
  readonly manager?: ShardManagerOptions;
  readonly token?: string;
  readonly intents?: number;
}

function createWorld(options: WorldOptions = {}): World {
  const clock = new VirtualClock();
  const discord = Simulator.inMemory({ clock, token: "a.b.c", ...options.simulator });
  const http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch, clock, random: () => 0.5 });
  const manager = new ShardManager(
    new BotAuthentication(options.token ?? "a.b.c"),
    options.intents ?? intents,
    http,
    {
      clock,
      random: () => 0.5,
      createWebSocket: discord.createWebSocket,
      compression: "none",
      ...options.manager,
    },
  );
  const until = <Value>(promise: Promise<Value>): Promise<Value> => clock.runUntil(promise);
  return {
    clock,
    discord,
    manager,
    until,
    async [Symbol.asyncDispose]() {
      await until(manager.close());
      await until(http.close());
      await until(discord.close());
      assertEquals(clock.pendingTimers, 0, "a timer was left behind");
    },
  };
}

Deno.test("ShardManager.connect starts as many shards as Discord recommends, and ready waits for all of them", async () => {
  await using world = createWorld({ simulator: { shards: 3 } });
  const { manager, until } = world;
  assertEquals(manager.shardCount, undefined);
  await until(manager.connect());
  assertEquals(manager.shardCount, 3);
  assertEquals(manager.activeShards.map(({ id }) => id), [0, 1, 2]);
  assert(manager.pendingShards.length > 0);
  await until(manager.ready());
  assertEquals(manager.pendingShards, []);
  assertEquals(manager.status().map(({ state }) => state), ["ready", "ready", "ready"]);
});

Deno.test("ShardManager identifies shards of one key at least 5 s apart, and of different keys at once (ID-2)", async () => {
  await using world = createWorld({ simulator: { shards: 4, maxConcurrency: 2 } });
  const { clock, manager, until } = world;
  const sentAt: [shard: number, at: number][] = [];
  manager.dispatcher.listen("sent", ({ op }, { shard }) => {
    if (op === GatewayOpcode.Identify) sentAt.push([shard.id, clock.now()]);
  });
  await until(manager.connect());
  await until(manager.ready());
  assertEquals(manager.maxConcurrency, 2);
  const at = new Map(sentAt);
  assert(Math.abs((at.get(0) ?? 0) - (at.get(1) ?? Infinity)) < 1_000);
  assert((at.get(2) ?? 0) - (at.get(0) ?? Infinity) >= 5_000);
  assert((at.get(3) ?? 0) - (at.get(1) ?? Infinity) >= 5_000);
});

Deno.test("ShardManager relays what each shard gets, with the shard on the event", async () => {
  await using world = createWorld({ simulator: { shards: 2, maxConcurrency: 2 } });
  const { discord, manager, until } = world;
  const messages = manager.events("MESSAGE_CREATE");
  const seen = Promise.withResolvers<number>();
  manager.listen("MESSAGE_CREATE", (_message, { shard }) => seen.resolve(shard.id));
  const acknowledged = manager.rawDispatcher.waitFor(GatewayOpcode.HeartbeatAck);
  await until(manager.connect());
  await until(manager.ready());
  discord.channel.say("hello");
  assertEquals((await until(messages.next())).value?.content, "hello");
  assertEquals(await until(seen.promise), manager.shardFor(discord.guild.id).id);
  assertEquals((await until(acknowledged)).op, GatewayOpcode.HeartbeatAck);
  assert(manager.latencyMs !== undefined);
});

Deno.test("ShardManager.connect rejects with InvalidTokenError on a 401, and so does everything that waits", async () => {
  await using world = createWorld({ token: "wrong.token.here" });
  const { manager, until } = world;
  const critical = manager.dispatcher.waitFor("critical");
  const messages = manager.events("MESSAGE_CREATE");
  const ready = manager.ready();
  await Promise.all([
    assertRejects(() => until(manager.connect()), InvalidTokenError),
    assertRejects(() => ready, InvalidTokenError),
    assertRejects(() => manager.closed, InvalidTokenError),
    assertRejects(() => messages.next(), InvalidTokenError),
  ]);
  assertInstanceOf(await critical, InvalidTokenError);
});

Deno.test("ShardManager stops all shards when one has failed for good, and says so once (CC-1)", async () => {
  await using world = createWorld({ simulator: { shards: 2, maxConcurrency: 2 } });
  const { discord, manager, until } = world;
  const criticals: unknown[] = [];
  manager.dispatcher.listen("critical", (error) => criticals.push(error));
  await until(manager.connect());
  await until(manager.ready());
  discord.faults.dropConnections({ code: 4004, shardId: 1 });
  const error = await until(assertRejects(() => manager.closed, InvalidTokenError));
  assertEquals(error.shardId, 1);
  assertEquals(error.code, 4004);
  assertEquals(criticals, [error]);
  assertEquals(manager.activeShards.map(({ state }) => state), ["idle", "dead"]);
});

Deno.test("ShardManager names the privileged intents that were refused of a running bot (4014, IN-2, IN-3)", async () => {
  await using world = createWorld();
  const { discord, manager, until } = world;
  await until(manager.connect());
  await until(manager.ready());
  discord.faults.dropConnections({ code: 4014 });
  const error = await until(assertRejects(() => manager.closed, DisallowedIntentsError));
  assertEquals(error.privileged, ["MessageContent"]);
});

Deno.test("ShardManager fails with InvalidShardCountError on 4011", async () => {
  await using world = createWorld();
  const { discord, manager, until } = world;
  await until(manager.connect());
  await until(manager.ready());
  discord.faults.dropConnections({ code: 4011 });
  await until(assertRejects(() => manager.closed, InvalidShardCountError));
});

Deno.test("ShardManager.close ends loops after the values that wait, and resolves closed", async () => {
  await using world = createWorld();
  const { discord, manager, until } = world;
  const messages = manager.events("MESSAGE_CREATE");
  await until(manager.connect());
  await until(manager.ready());
  const third = manager.waitFor("MESSAGE_CREATE", ({ content }) => content === "3");
  for (const text of ["1", "2", "3"]) discord.channel.say(text);
  await until(third);
  await until(manager.close());
  await manager.closed;
  const contents: unknown[] = [];
  for await (const { content } of messages) contents.push(content);
  assertEquals(contents, ["1", "2", "3"]);
  await assertRejects(() => manager.connect(), TypeError, "closed");
});

Deno.test("ShardManager.close with resumable leaves the session alive (4900), else ends it (1000) (BO-5)", async () => {
  for (const resumable of [true, false]) {
    await using world = createWorld();
    const { discord, manager, until } = world;
    const closed = manager.dispatcher.waitFor("clientDisconnect");
    await until(manager.connect());
    await until(manager.ready());
    await until(manager.close({ resumable }));
    assertEquals((await closed).resumable, resumable);
    assertEquals(discord.sessions.length, resumable ? 1 : 0);
  }
});

Deno.test("ShardManager.connect rejects with the reason when aborted, and may be called again", async () => {
  await using world = createWorld();
  const { manager, until } = world;
  const reason = new Error("not now");
  const controller = new AbortController();
  const connecting = manager.connect({ signal: controller.signal });
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => connecting), reason);
  await until(manager.connect());
  await until(manager.ready());
});

Deno.test("ShardManager.close stops a connect that is under way", async () => {
  await using world = createWorld();
  const { manager, until } = world;
  const connecting = assertRejects(() => manager.connect(), DOMException);
  await until(manager.close());
  await connecting;
  assertEquals(manager.activeShards, []);
});

Deno.test("ShardManager.updatePresence reaches every shard, and the next session (TX-11)", async () => {
  await using world = createWorld({ simulator: { shards: 2, maxConcurrency: 2 } });
  const { discord, manager, until } = world;
  await until(manager.connect());
  await until(manager.ready());
  const presence = { since: null, activities: [], status: "idle", afk: false } as const;
  const updates: number[] = [];
  const identifies: unknown[] = [];
  manager.dispatcher.listen("sent", ({ op, d }, { shard }) => {
    if (op === GatewayOpcode.PresenceUpdate) updates.push(shard.id);
    if (op === GatewayOpcode.Identify) identifies.push((d as { presence?: unknown }).presence);
  });
  await until(manager.updatePresence({ ...presence, activities: [] }));
  assertEquals(updates, [0, 1]);
  const lost = manager.dispatcher.waitFor("sessionLost");
  discord.faults.invalidSession({ shardId: 1 });
  assertEquals((await until(lost)).shard.id, 1);
  assertEquals(identifies, [presence]);
});

Deno.test("ShardManager.shardFor computes with all digits of an id (SH-1)", async () => {
  await using world = createWorld({ simulator: { shards: 16, maxConcurrency: 16 } });
  const { manager, until } = world;
  await until(manager.connect());
  for (const id of ["613425648685547541", "1194667700000000001", "9223372036854775807"]) {
    assertEquals(manager.shardFor(id).id, Number((BigInt(id) >> 22n) % 16n));
    assertEquals(manager.shardFor(BigInt(id)), manager.shardFor(id));
  }
  assertThrows(() => manager.shardFor("abc"), TypeError, "guild id");
});

Deno.test("ShardManager runs only the shards it was given, and says so of a guild elsewhere", async () => {
  await using world = createWorld({
    manager: { shardCount: 4, shardIds: [1, 3] },
    simulator: { maxConcurrency: 4 },
  });
  const { manager, until } = world;
  await until(manager.connect());
  await until(manager.ready());
  assertEquals(manager.activeShards.map(({ id }) => id), [1, 3]);
  assertThrows(() => manager.shardFor(0n), RangeError, "shard 0");
});

Deno.test("ShardManager says at the call what is wrong with its arguments", () => {
  const http = new HTTPClient({ baseUrl: "http://127.0.0.1:9" });
  const authentication = new BotAuthentication("a.b.c");
  const create = (options: ShardManagerOptions, bits: number = intents): () => ShardManager => () =>
    new ShardManager(authentication, bits, http, options);
  assertThrows(create({ shardIds: [0] }), TypeError, "needs shardCount");
  assertThrows(create({ shardCount: 2, shardIds: [2] }), RangeError, "from 0 to 1: got 2");
  assertThrows(create({ shardCount: 2, shardIds: [-1] }), RangeError, "got -1");
  assertThrows(create({ shardCount: 2, shardIds: [0, 0] }), RangeError, "0 is there twice");
  assertThrows(create({ shardCount: 2, shardIds: [] }), TypeError, "at least one id");
  assertThrows(create({ shardCount: 0 }), RangeError, "positive integer");
  assertThrows(create({ shardCount: 1.5 }), RangeError, "positive integer");
  assertThrows(create({ gatewayUrl: "gateway.discord.gg" }), TypeError, "ws: or wss:");
  assertThrows(create({ gatewayUrl: "https://gateway.discord.gg" }), TypeError, "ws: or wss:");
  assertThrows(create({ largeThreshold: 10 }), RangeError, "50 to 250");
  assertThrows(create({}, 1.5), TypeError, "safe integer");
  assertThrows(create({}, -1), TypeError, "safe integer");
  assertThrows(create({}, 2 ** 53), TypeError, "safe integer");
  assertThrows(create({}, 1 << 17), RangeError, "17");
  assertThrows(create({}, 2 ** 40), RangeError, "40");
});

Deno.test("ShardManager ends a session and begins anew where Discord says so, and reports the loss (OD-4)", async () => {
  await using world = createWorld();
  const { discord, manager, until } = world;
  await until(manager.connect());
  await until(manager.ready());
  const events: string[] = [];
  manager.dispatcher.listen((name) => {
    if (name !== "sent" && name !== "stateChange") events.push(String(name));
  });
  const lost = manager.dispatcher.waitFor("sessionLost");
  discord.faults.invalidSession();
  await until(lost);
  assertEquals(events, ["clientDisconnect", "ready", "sessionLost"]);
});

Deno.test("ShardManager with reconnect false fails where a new session would be needed (CC-2)", async () => {
  await using world = createWorld({ manager: { reconnect: false } });
  const { discord, manager, until } = world;
  await until(manager.connect());
  await until(manager.ready());
  discord.faults.dropConnections();
  await until(manager.dispatcher.waitFor("resumed"));
  discord.faults.invalidSession();
  await until(assertRejects(() => manager.closed, Error, "reconnect: false"));
});

Deno.test("ShardManager takes the number of a large bot from Discord, and fails on one that it refuses (SH-4)", async () => {
  const simulator = { shards: 4, shardMultiple: 4, maxConcurrency: 4 };
  await using recommended = createWorld({ simulator });
  await recommended.until(recommended.manager.connect());
  await recommended.until(recommended.manager.ready());
  assertEquals(recommended.manager.shardCount, 4);
  await using multiple = createWorld({ simulator, manager: { shardCount: 8 } });
  await multiple.until(multiple.manager.connect());
  await multiple.until(multiple.manager.ready());
  await using chosen = createWorld({ simulator, manager: { shardCount: 6 } });
  await chosen.until(chosen.manager.connect());
  const error = await chosen.until(assertRejects(() => chosen.manager.closed, InvalidShardCountError));
  assertEquals(error.code, 4010);
});

Deno.test("ShardManager asks by the same formula for a shard when the others run elsewhere (SH-5)", async () => {
  const turns: unknown[] = [];
  await using world = createWorld({
    simulator: { maxConcurrency: 2 },
    manager: {
      shardCount: 6,
      shardIds: [3, 5],
      identifyQueue: {
        update: ({ maxConcurrency }) => void turns.push({ maxConcurrency }),
        acquire: (shardId) => (turns.push(shardId), Promise.resolve()),
      },
    },
  });
  await world.until(world.manager.connect());
  await world.clock.advance(0);
  // The queue gets the id of the whole bot, and computes `id % maxConcurrency` itself.
  assertEquals(turns.slice(0, 3), [{ maxConcurrency: 2 }, 3, 5]);
});

Deno.test("ShardManager lets each shard have a presence of its own, in new sessions as well (SH-9)", async () => {
  await using world = createWorld({ simulator: { shards: 2, maxConcurrency: 2 } });
  const { discord, manager, until } = world;
  await until(manager.connect());
  await until(manager.ready());
  const presence = { since: null, activities: [], afk: false };
  const identifies: unknown[] = [];
  manager.dispatcher.listen("sent", ({ op, d }, { shard }) => {
    if (op === GatewayOpcode.Identify) identifies.push([shard.id, (d as { presence?: unknown }).presence]);
  });
  const [first, second] = manager.activeShards;
  await until(Promise.all([
    first?.updatePresence({ ...presence, status: "dnd" }),
    second?.updatePresence({ ...presence, status: "idle" }),
  ]));
  for (const shardId of [0, 1]) {
    discord.faults.invalidSession({ shardId });
    await until(manager.dispatcher.waitFor("sessionLost"));
  }
  assertEquals(identifies, [[0, { ...presence, status: "dnd" }], [1, { ...presence, status: "idle" }]]);
});

Deno.test("ShardManager ends a loop that does not keep up, by its policy, and goes on (OD-3)", async () => {
  await using world = createWorld();
  const { clock, discord, manager, until } = world;
  const strict = manager.events("MESSAGE_CREATE", { limit: 2 });
  const newest = manager.events("MESSAGE_CREATE", { limit: 2, overflow: "dropOldest" });
  const oldest = manager.events("MESSAGE_CREATE", { limit: 2, overflow: "dropNewest" });
  await until(manager.connect());
  await until(manager.ready());
  for (const text of ["1", "2", "3", "4", "5"]) discord.channel.say(text);
  await clock.advance(100);
  const read = async (stream: typeof strict): Promise<unknown[]> => [
    (await stream.next()).value?.content,
    (await stream.next()).value?.content,
  ];
  assertEquals(await read(strict), ["1", "2"]);
  await assertRejects(() => strict.next(), EventOverflowError, "more than 2");
  assertEquals([await read(newest), newest.dropped], [["4", "5"], 3]);
  assertEquals([await read(oldest), oldest.dropped], [["1", "2"], 3]);
  discord.channel.say("6");
  assertEquals((await until(newest.next())).value?.content, "6");
  assertEquals(manager.status().map(({ state }) => state), ["ready"]);
});

Deno.test("ShardManager gives READY again with each new session, while ready and connect are over once (OD-5)", async () => {
  await using world = createWorld();
  const { discord, manager, until } = world;
  let readies = 0;
  let setUps = 0;
  manager.listen("READY", () => void (readies += 1));
  await until(manager.connect());
  void manager.ready().then(() => setUps += 1);
  await until(manager.ready());
  for (const isLost of [false, true, true]) {
    if (isLost) discord.faults.invalidSession();
    else discord.faults.dropConnections();
    await until(manager.dispatcher.waitFor(isLost ? "sessionLost" : "resumed"));
  }
  assertEquals([readies, setUps], [3, 1]);
});

Deno.test("ShardManager.ready rejects with what the manager failed with, also when all had been ready before", async () => {
  await using world = createWorld({ simulator: { shards: 2, maxConcurrency: 2 } });
  const { discord, manager, until } = world;
  await until(manager.connect());
  await until(manager.ready());
  discord.faults.dropConnections({ code: 4004, shardId: 1 });
  await until(assertRejects(() => manager.closed, InvalidTokenError));
  await assertRejects(() => manager.ready(), InvalidTokenError);
});

Deno.test("ShardManager.rescaleShards without a number is a mistake, and changes nothing", async () => {
  await using world = createWorld();
  const { manager, until } = world;
  await until(manager.connect());
  const [shard] = manager.activeShards;
  await assertRejects(() => Reflect.apply(manager.rescaleShards, manager, []), RangeError, "shardCount");
  assertStrictEquals(manager.activeShards[0], shard);
});
