import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Intents, ShardManager } from "../../gateway/mod.ts";
import { BotAuthentication, HTTPClient } from "../../http/mod.ts";
import { SessionRecorder, SessionReplay, Simulator, VirtualClock } from "../../testing/mod.ts";

const INTENTS = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;
const HEAD = '{"recording":"discord gateway","version":1}';

interface Source {
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly createWebSocket: (url: string) => WebSocket;
  readonly shardCount?: number;
  readonly shardIds?: readonly number[];
}

/** A manager on a simulator or on a replay, and the events that it gives with their times. */
function listenTo(source: Source, clock: VirtualClock, recorder?: SessionRecorder) {
  const { baseUrl, fetch, createWebSocket, shardCount, shardIds } = source;
  const http = new HTTPClient({ baseUrl, fetch, clock });
  const manager = new ShardManager(new BotAuthentication("a.b.c"), INTENTS, http, {
    createWebSocket,
    clock,
    random: () => 0.5,
    compression: "none",
    ...(shardCount === undefined ? {} : { shardCount }),
    ...(shardIds === undefined ? {} : { shardIds }),
    ...(recorder === undefined ? {} : { receiveText: recorder.receiveText }),
  });
  const seen: { readonly name: string; readonly at: number }[] = [];
  manager.eventDispatcher.listen((name) => seen.push({ name, at: clock.now() }));
  const close = async () => {
    await clock.runUntil(manager.close());
    await clock.runUntil(http.close());
  };
  return { manager, seen, close };
}

/** A life with a resume and with a new session, as it was recorded. */
async function record(): Promise<{ text: string; names: string[]; lastedMs: number }> {
  const clock = new VirtualClock();
  const recorder = new SessionRecorder({ clock, secrets: ["a.b.c"] });
  await using discord = Simulator.inMemory({ clock, token: "a.b.c" });
  const { manager, seen, close } = listenTo(discord, clock, recorder);
  await clock.runUntil(manager.connect());
  await clock.runUntil(manager.ready());
  const strikes = [
    () => discord.faults.dropConnections(),
    () => discord.faults.reconnect(),
    () => discord.faults.invalidSession({ resumable: false }),
    () => {},
  ];
  for (const strike of strikes) {
    discord.channel.say("words");
    await clock.advance(2_000);
    strike();
    discord.channel.say("words");
    await clock.advance(90_000);
  }
  await close();
  return { text: recorder.text, names: seen.map(({ name }) => name), lastedMs: clock.now() };
}

for (const pace of ["recorded", "fastest"] as const) {
  Deno.test(`SessionReplay gives the same events in the same order, ${pace}`, async () => {
    const { text, names, lastedMs } = await record();
    assert(!text.includes("words") && !text.includes("a.b.c"), text);
    assert(names.filter((name) => name === "READY").length === 2 && names.includes("RESUMED"), `${names}`);
    const clock = new VirtualClock();
    const replay = new SessionReplay(text, { clock, pace });
    const { manager, seen, close } = listenTo(replay, clock);
    await clock.runUntil(manager.connect());
    await clock.runUntil(replay.ended);
    assertEquals(seen.map(({ name }) => name), names);
    if (pace === "recorded") {
      assert(Math.abs(clock.now() - lastedMs) < 60_000, `${clock.now()} and ${lastedMs}`);
    } else assert(clock.now() < 60_000, `${clock.now()}`);
    await close();
    await replay.close();
    assertEquals(clock.pendingTimers, 0);
  });
}

Deno.test("SessionReplay keeps the time between two events", async () => {
  const lines = [
    '{"at":0,"op":10,"d":{"heartbeat_interval":41250}}',
    '{"at":5,"op":0,"t":"READY","s":1,"d":{"shard":[3,4]}}',
    '{"at":7005,"op":0,"t":"MESSAGE_CREATE","s":2,"d":{"id":"41771983423143937"}}',
    '{"at":7035,"op":0,"t":"MESSAGE_CREATE","s":3,"d":{"id":"41771983423143938"}}',
  ];
  const clock = new VirtualClock();
  await using replay = new SessionReplay([HEAD, ...lines].join("\n"), { clock });
  assertEquals([replay.shardCount, replay.shardIds], [4, [3]]);
  const { manager, seen, close } = listenTo(replay, clock);
  await clock.runUntil(manager.connect());
  await clock.runUntil(replay.ended);
  const [ready = 0, first = 0, second = 0] = seen.map(({ at }) => at);
  assertEquals([first - ready, second - first], [7_000, 30]);
  await close();
});

Deno.test("SessionReplay begins in the middle of a session where the recording does", async () => {
  const lines = [
    '{"at":0,"op":10,"d":{"heartbeat_interval":41250}}',
    '{"at":5,"op":0,"t":"MESSAGE_CREATE","s":90,"d":{"id":"41771983423143937"}}',
    '{"at":6,"op":0,"t":"RESUMED","s":91,"d":{}}',
  ];
  const clock = new VirtualClock();
  await using replay = new SessionReplay([HEAD, ...lines, ""].join("\n"), { clock });
  const { manager, seen, close } = listenTo(replay, clock);
  await clock.runUntil(manager.connect());
  await clock.runUntil(replay.ended);
  assertEquals(seen.map(({ name }) => name), ["READY", "MESSAGE_CREATE", "RESUMED"]);
  await close();
});

Deno.test("SessionReplay says which line is wrong", () => {
  const wrong: [string, string][] = [
    ["", "Line 1"],
    ['{"recording":"discord gateway","version":2}\n', "Line 1"],
    [`${HEAD}\n{"at":0,"op":10}\n{"at":1`, "Line 3"],
    [`${HEAD}\n{"at":5,"op":11}\n{"at":1,"op":11}\n`, "Line 3"],
    [`${HEAD}\n{"at":0,"op":"0"}\n`, "Line 2"],
    [`${HEAD}\n{"at":0,"op":0,"t":5}\n`, "Line 2"],
    [`${HEAD}\n{"at":0,"op":0,"t":"X","s":-1}\n`, "Line 2"],
    [`${HEAD}\n{"at":1e999,"op":0}\n`, "Line 2"],
    [`${HEAD}\n[]\n`, "Line 2"],
  ];
  for (const [text, message] of wrong) assertThrows(() => new SessionReplay(text), TypeError, message);
});

Deno.test("SessionReplay says which option is wrong, at the call", () => {
  const make = (options: unknown) => () => new SessionReplay(HEAD, options as never);
  assertThrows(make(null), TypeError, "The options must be an object");
  assertThrows(make({ pace: "fast" }), TypeError, 'pace is "fast"');
  assertThrows(make({ clock: {} }), TypeError, "clock has no function");
  assertThrows(() => new SessionReplay(null as never), TypeError, "A recording must be a text");
});

Deno.test("SessionReplay that is closed early says so", async () => {
  const replay = new SessionReplay(`${HEAD}\n{"at":0,"op":10,"d":{"heartbeat_interval":41250}}\n`);
  await replay.close();
  await assertRejects(() => replay.ended, Error, "before its end");
});
