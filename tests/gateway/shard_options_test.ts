import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Shard, ShardManager } from "../../gateway/mod.ts";
import type { ShardOptions } from "../../gateway/shard_options.ts";
import { FakeGateway } from "./fake_gateway.ts";
import { ShardBench } from "./shard_bench.ts";

Deno.test("Shard asks for capabilities in IDENTIFY only when told to (§21)", async () => {
  for (const capabilities of [undefined, 0, 1 << 15]) {
    await using bench = new ShardBench(capabilities === undefined ? {} : { capabilities });
    bench.shard.start();
    await bench.greet();
    const { d } = bench.socket.commands.find(({ op }) => op === 2) ?? {};
    const sent = typeof d === "object" && d !== null && "capabilities" in d ? d.capabilities : undefined;
    assertEquals(sent, capabilities);
  }
});

Deno.test("Shard and ShardManager say in their own words what is wrong with options that are none", () => {
  const wrong: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ shardCount: "1" }, 'got "1"'],
    [{ shardId: "0" }, 'got "0"'],
    [{ intents: "513" }, 'got "513"'],
    [{ clock: {} }, "clock must be an object with the methods now, setTimeout"],
    [{ random: 5 }, "random must be a function: got 5"],
    [{ identifyQueue: {} }, "identifyQueue must be an object with the methods acquire, update"],
    [{ logger: 5 }, "logger must be an object"],
    [{ sessions: null }, "sessions must be an object with the methods load, save, clear: got null"],
    [{ reconnect: "no" }, 'reconnect must be true or false: got "no"'],
    [{ drainTimeoutMs: "1" }, 'got "1"'],
    [{ maxMessageBytes: 0 }, "maxMessageBytes must be a positive integer: got 0"],
  ];
  for (const [options, text] of wrong) {
    assertThrows(() => new ShardBench(options as Partial<ShardOptions>), Error, text);
  }
  for (const options of [undefined, null, 5, "x"]) {
    assertThrows(() => Reflect.construct(Shard, [options]), TypeError, "A Shard needs options");
  }
  const http = { request() {} };
  for (const options of [null, 5, "x"]) {
    const given = [{ token: "a.b.c" }, 1, http, options];
    assertThrows(
      () => Reflect.construct(ShardManager, given),
      TypeError,
      "The options of ShardManager must be an object",
    );
  }
});

Deno.test("Shard rejects, and does not throw, where a wait has options that are none", async () => {
  await using bench = new ShardBench();
  const { shard } = bench;
  for (const method of ["connect", "ready"] as const) {
    await assertRejects(
      () => Reflect.apply(shard[method], shard, [null]),
      TypeError,
      "Options must be an object",
    );
    await assertRejects(
      () => Reflect.apply(shard[method], shard, [{ signal: 5 }]),
      TypeError,
      "must be an AbortSignal: got 5",
    );
  }
  await assertRejects(
    () => Reflect.apply(shard.close, shard, [null]),
    TypeError,
    "Options must be an object",
  );
  await assertRejects(
    () => Reflect.apply(shard.send, shard, [{ op: 3, d: null }, null]),
    TypeError,
    "Options",
  );
  await assertRejects(
    () => Reflect.apply(shard.requestSoundboardSounds, shard, []),
    TypeError,
    "guildIds must be an array",
  );
  const asked = { query: "a", signal: 5 };
  assertThrows(() => Reflect.apply(shard.requestGuildMembers, shard, ["1", asked]), TypeError, "AbortSignal");
});

Deno.test("Shard connects to Discord's own URL by default (URL-1)", () => {
  const gateway = new FakeGateway();
  const { createWebSocket } = gateway;
  const shard = new Shard({ shardId: 0, shardCount: 1, token: "a.b.c", intents: 0, createWebSocket });
  shard.start();
  assertEquals(gateway.urls, ["wss://gateway.discord.gg/?v=10&encoding=json"]);
  return shard.close().then(() => {});
});

Deno.test("Shard refuses capabilities that are no bits", () => {
  for (const capabilities of [-1, 0.5, NaN, "1"]) {
    const options: Record<string, unknown> = { capabilities };
    assertThrows(() => new ShardBench(options as Partial<ShardOptions>), RangeError, "capabilities");
  }
});
