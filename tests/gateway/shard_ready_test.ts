import { assertEquals, assertStringIncludes } from "@std/assert";
import { ShardBench } from "./shard_bench.ts";

Deno.test("Shard reports a READY that is slow, and goes on when it comes (ID-9)", async () => {
  await using bench = new ShardBench();
  const shards: number[] = [];
  bench.shard.dispatcher.listen("slowReady", ({ shard }) => shards.push(shard.id));
  const connected = bench.shard.connect();
  await bench.greet();
  await bench.clock.advance(15_000);
  assertEquals([shards, bench.shard.state], [[0], "identifying"]);
  bench.socket.ready();
  await connected;
  assertEquals(bench.gateway.sockets.length, 1);
});

Deno.test("Shard reports a READY for another version or shard than it asked for (ID-12)", async () => {
  const session = { session_id: "abc", resume_gateway_url: "wss://resume.discord.gg" };
  for (
    const [facts, problem] of [
      [{ v: 9, shard: [0, 1] }, "version 9"],
      [{ v: 10, shard: [1, 2] }, "[1,2]"],
      [{ v: 10, shard: "0" }, '"0"'],
      [{ v: 10, shard: [0, 1] }, undefined],
      [{}, undefined],
    ] as const
  ) {
    await using bench = new ShardBench();
    const messages: string[] = [];
    bench.shard.dispatcher.listen("error", ({ error }) => messages.push(String(error)));
    const connected = bench.shard.connect();
    await bench.greet();
    bench.socket.dispatch("READY", 1, { ...session, ...facts });
    await connected; // It is reported, and nothing else: the session is there.
    assertEquals(messages.length, problem === undefined ? 0 : 1);
    if (problem !== undefined) assertStringIncludes(messages[0] ?? "", problem);
  }
});
