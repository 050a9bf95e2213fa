import { assertEquals, assertLessOrEqual, assertRejects, assertThrows } from "@std/assert";
import { Intents, Shard, ShardManager } from "../../gateway/mod.ts";
import type { GatewayPresence } from "../../gateway/mod.ts";
import { BotAuthentication, HTTPClient } from "../../http/mod.ts";
import { Simulator, VirtualClock } from "../../testing/mod.ts";
import { ShardBench } from "./shard_bench.ts";

function presence(since: number): GatewayPresence {
  return { since, activities: [], status: "idle", afk: false };
}

/** The presences that were sent, by their `since`. */
function presences(bench: ShardBench): unknown[] {
  return bench.socket.commands.filter(({ op }) => op === 3).map(({ d }) => (d as GatewayPresence).since);
}

Deno.test("Shard.updatePresence sends five in 20 s, and of those that wait the latest (TX-9)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  const settledAt: number[] = [];
  for (let since = 1; since <= 50; since += 1) {
    bench.shard.updatePresence(presence(since)).then(() => settledAt.push(bench.clock.now()));
  }
  await bench.settle();
  assertEquals(presences(bench), [1, 2, 3, 4, 5]);
  await bench.clock.advance(20_000);
  bench.shard.updatePresence(presence(51));
  assertEquals(presences(bench), [1, 2, 3, 4, 5]);
  await bench.clock.advance(1_000);
  assertEquals(presences(bench), [1, 2, 3, 4, 5, 51]);
  assertEquals(settledAt, [...Array(5).fill(0), ...Array(45).fill(20_500)]); // Replaced ones settle with the one that went out.
});

Deno.test("Shard.updatePresence lets other payloads go first while it waits (TX-9)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  for (let since = 1; since <= 6; since += 1) bench.shard.updatePresence(presence(since));
  await bench.shard.send({ op: 4, d: "other" });
  assertEquals(bench.socket.opcodes.slice(-2), [3, 4]);
  assertEquals(bench.shard.status().queued, 1);
});

Deno.test("Shard.updatePresence sends only the latest of those that waited for a session (TX-9, TX-11)", async () => {
  await using bench = new ShardBench();
  const sent = [1, 2, 3].map((since) => bench.shard.updatePresence(presence(since)));
  await bench.ready();
  await Promise.all(sent);
  assertEquals(presences(bench), [3]);
});

Deno.test("Shard.updatePresence never has more than five in any 20 s (TX-9)", async () => {
  await using bench = new ShardBench();
  const sentAt: number[] = [];
  bench.shard.dispatcher.listen("sent", ({ op }) => {
    if (op === 3) sentAt.push(bench.clock.now());
  });
  await bench.ready();
  for (let step = 0; step < 300; step += 1) {
    bench.shard.updatePresence(presence(step));
    await bench.clock.advance(step % 7 * 100);
    bench.socket.receive({ op: 11 });
  }
  for (const end of sentAt) {
    assertLessOrEqual(sentAt.filter((at) => at > end - 20_000 && at <= end).length, 5);
  }
});

Deno.test("Shard.updatePresence refuses what Discord would not understand, and forgets it (§4.1)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  await assertRejects(
    () => Reflect.apply(bench.shard.updatePresence, bench.shard, [{ status: "idle" }]),
    TypeError,
    "since",
  );
  assertEquals(presences(bench), []);
  bench.socket.end(4009);
  await bench.reconnect();
  await bench.greet();
  await bench.clock.advance(6_000);
  const identify = bench.socket.commands.find(({ op }) => op === 2);
  assertEquals(Object.keys(identify?.d as object).includes("presence"), false);
});

Deno.test("Shard says at once that a presence to begin with is wrong (§4.1)", () => {
  const options = {
    shardId: 0,
    shardCount: 1,
    token: "a.b.c",
    intents: 0,
    gatewayUrl: "wss://gateway.discord.gg",
  };
  assertThrows(() => Reflect.construct(Shard, [{ ...options, presence: {} }]), TypeError, "since");
});

Deno.test("Shard.requestSoundboardSounds and requestChannelInfo send what goes on the wire (SB-1, CI-1)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  const guildIds = Array.from({ length: 200 }, (_, index) => String(index));
  await bench.shard.requestSoundboardSounds(guildIds);
  await bench.shard.requestChannelInfo("1", ["status"]);
  assertEquals(bench.socket.opcodes.slice(-3), [31, 31, 43]);
  await assertRejects(() => bench.shard.requestChannelInfo("x", ["status"]), TypeError, "guildId");
  await assertRejects(() => bench.shard.requestSoundboardSounds(["x"]), TypeError, "guild id");
  await assertRejects(() => bench.shard.updateVoiceState("x", { channel_id: null }), TypeError, "guildId");
});

Deno.test("Shard ends no process when nobody waits for a command that it can no longer send (TX-7)", async () => {
  const bench = new ShardBench();
  bench.shard.requestSoundboardSounds(["1", "2"]);
  bench.shard.requestChannelInfo("1", ["status"]);
  bench.shard.updatePresence(presence(1));
  bench.shard.updateVoiceState("1", { channel_id: null });
  bench.shard.requestGuildMembers("1", { query: "a" });
  await bench.shard.close();
  await bench.settle();
});

Deno.test("Shard sends no more than 120 payloads in a minute, however many heartbeats Discord asks for (TX-1, HB-4)", async () => {
  await using bench = new ShardBench();
  const at: number[] = [];
  bench.shard.dispatcher.listen("sent", () => at.push(bench.clock.now()));
  bench.shard.start();
  bench.socket.open();
  bench.socket.hello();
  for (let times = 0; times < 300; times += 1) bench.socket.receive({ op: 1 }); // Even before IDENTIFY.
  await bench.settle();
  bench.socket.ready();
  for (let d = 0; d < 500; d += 1) bench.shard.send({ op: 4, d }).catch(() => {});
  for (let second = 0; second < 300; second += 1) {
    await bench.clock.advance(1_000);
    bench.socket.receive({ op: 11 });
    for (let times = 0; times < second % 9; times += 1) bench.socket.receive({ op: 1 });
  }
  for (const end of at) {
    assertLessOrEqual(at.filter((instant) => instant > end - 60_000 && instant <= end).length, 120);
  }
  assertEquals(bench.shard.state, "ready");
});

Deno.test("ShardManager sends commands through the shard of the guild (MR-2, SB-1, SH-1)", async () => {
  const clock = new VirtualClock();
  const discord = Simulator.inMemory({ clock, token: "a.b.c", shards: 3, maxConcurrency: 3 });
  const { baseUrl, fetch, createWebSocket } = discord;
  const http = new HTTPClient({ baseUrl, fetch, clock });
  const intents = Intents.Guilds | Intents.GuildMembers;
  const authentication = new BotAuthentication("a.b.c");
  const manager = new ShardManager(authentication, intents, http, {
    clock,
    createWebSocket,
    compression: "none",
  });
  const asked: [op: number, shard: number, d: unknown][] = [];
  manager.dispatcher.listen("sent", ({ op, d }, { shard }) => {
    if (op > 2) asked.push([op, shard.id, d]);
  });
  await assertRejects(() => manager.requestChannelInfo("1", ["status"]), RangeError, "connect first");
  await assertRejects(() => manager.requestSoundboardSounds(["1"]), RangeError, "connect first");
  await assertRejects(() => manager.updateVoiceState("1", { channel_id: null }), RangeError, "connect first");
  assertThrows(() => manager.requestGuildMembers("1", { query: "" }), RangeError, "connect first");
  await clock.runUntil(manager.connect());
  await clock.runUntil(manager.ready());
  const guilds = [0n, 1n, 2n, 3n, 4n].map((id) => String(id << 22n));
  await clock.runUntil(manager.requestSoundboardSounds(guilds));
  assertEquals(asked.map(([op, shard, d]) => [op, shard, (d as { guild_ids: string[] }).guild_ids]), [
    [31, 0, [guilds[0], guilds[3]]],
    [31, 1, [guilds[1], guilds[4]]],
    [31, 2, [guilds[2]]],
  ]);
  const { id } = manager.shardFor(discord.guild.id);
  const members: unknown[] = [];
  const reading = (async () => {
    for await (const chunk of manager.requestGuildMembers(discord.guild.id, { query: "", limit: 0 })) {
      members.push(...chunk.members);
    }
  })();
  await clock.runUntil(reading);
  assertEquals(members.length, 2); // The user and the bot.
  const info = manager.waitFor("CHANNEL_INFO");
  await manager.requestChannelInfo(discord.guild.id, ["status", "voice_start_time"]);
  assertEquals((await clock.runUntil(info)).guild_id, discord.guild.id);
  assertEquals(asked.slice(3).map(([op, shard]) => [op, shard]), [[8, id], [43, id]]);
  await assertRejects(() => manager.requestSoundboardSounds([discord.guild.id, "x"]), TypeError, "guild id");
  await assertRejects(
    () => Reflect.apply(manager.updatePresence, manager, [{ status: "idle" }]),
    TypeError,
    "since",
  );
  await clock.runUntil(manager.close());
  await clock.runUntil(http.close());
  await clock.runUntil(discord.close());
  assertEquals(clock.pendingTimers, 0);
});
