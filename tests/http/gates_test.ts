import { assert } from "@std/assert";
import { Gates } from "../../http/gates.ts";
import { VirtualClock } from "../../testing/mod.ts";

Deno.test("Gates forgets what was only asked about, before there is too much of it (B10.1, C16)", () => {
  const gates = new Gates(new VirtualClock(), 100);
  for (let index = 0; index < 1000; index++) {
    const turn = {
      routeKey: "GET /x",
      majorKey: `channels/${index}`,
      rank: 0,
      sequence: index,
      bodyKeys: undefined,
    };
    gates.estimate(turn);
  }
  assert(gates.size <= 100 && gates.lineCount <= 100, `${gates.size} buckets, ${gates.lineCount} lines`);
});
