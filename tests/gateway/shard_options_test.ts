import { assertEquals, assertThrows } from "@std/assert";
import type { ShardOptions } from "../../gateway/shard_options.ts";
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

Deno.test("Shard refuses capabilities that are no bits", () => {
  for (const capabilities of [-1, 0.5, NaN, "1"]) {
    const options: Record<string, unknown> = { capabilities };
    assertThrows(() => new ShardBench(options as Partial<ShardOptions>), RangeError, "capabilities");
  }
});
