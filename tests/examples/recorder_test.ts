import { assertEquals } from "@std/assert";
import { Recorder } from "../../examples/dashboard/recorder.ts";
import { BotAuthentication, HTTPClient, Intents, ShardManager } from "../../mod.ts";
import { settle, Simulator, VirtualClock } from "../../testing/mod.ts";

Deno.test("Recorder tells events a second by name, over five seconds, and how fast shards become ready", async () => {
  await using bot = createBot();
  const { clock, manager, discord, http } = bot;
  using recorder = new Recorder(manager, http, clock.now());
  assertEquals(recorder.read(clock.now()).eventRates, new Map());
  await clock.runUntil(manager.connect());
  await clock.runUntil(manager.ready());
  for (let number = 0; number < 10; number += 1) discord.channel.say("hi");
  await settle();
  const state = recorder.read(clock.now());
  assertEquals(state.eventRates.get("MESSAGE_CREATE"), 5); // in two readings
  assertEquals([state.shards.length, state.shardCount, state.readyPerSecond], [1, 1, 1]);
  for (let second = 0; second < 5; second += 1) recorder.read(clock.now());
  assertEquals(recorder.read(clock.now()).eventRates.get("MESSAGE_CREATE"), undefined);
});

Deno.test("Recorder counts 300 names apart, and stops when it is disposed of", async () => {
  await using bot = createBot();
  const { clock, manager, http } = bot;
  const recorder = new Recorder(manager, http, clock.now());
  for (let number = 0; number < 400; number += 1) {
    manager.eventDispatcher.dispatch(`NAME_${number}` as "READY", undefined as never);
  }
  const { eventRates } = recorder.read(clock.now());
  assertEquals([eventRates.size, eventRates.get("(others)")], [301, 100]);
  recorder[Symbol.dispose]();
  assertEquals(manager.eventDispatcher.listenerCount("READY"), 0);
});

function createBot() {
  const clock = new VirtualClock();
  const discord = Simulator.inMemory({ clock });
  const { baseUrl, fetch, createWebSocket, token } = discord;
  const http = new HTTPClient({ baseUrl, fetch, clock });
  const authentication = new BotAuthentication(token);
  const manager = new ShardManager(authentication, Intents.GuildMessages, http, { createWebSocket, clock });
  return {
    clock,
    discord,
    http,
    manager,
    async [Symbol.asyncDispose]() {
      await manager.close();
      await http.close();
      await discord.close();
    },
  };
}
