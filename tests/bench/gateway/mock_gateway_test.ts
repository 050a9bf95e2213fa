// The bench itself: that its gateway is understood, and that what it counts is all that was sent. No time is taken here.
import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { inflateRawSync } from "node:zlib";
import type { CreateContestant } from "./contestants/contestant.ts";
import { createFloor } from "./contestants/floor.ts";
import { createNextcore } from "./contestants/nextcore.ts";
import { createPieces, frameOf } from "./pieces.ts";
import { MockGateway } from "./mock_gateway.ts";
import type { Wanted } from "./orders.ts";
import { Tally } from "./tally.ts";
import { Traffic } from "./traffic.ts";
import { WallClock } from "./wall_clock.ts";

const TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.test";
const SHARDS = 3;
const isAllowed = (await Deno.permissions.query({ name: "net", host: "127.0.0.1" })).state === "granted";
const reason = isAllowed ? "" : " (skipped: needs permission to listen on 127.0.0.1, use deno test -P)";

const CASES: readonly (readonly [string, CreateContestant, Wanted])[] = [
  ["The floor", createFloor, "all"],
  ["This library", createNextcore, "all"],
  ["This library, with one listener,", createNextcore, "messages"],
];

for (const [name, create, wanted] of CASES) {
  Deno.test({
    name: `${name} gets every event of the bench's gateway, and no other${reason}`,
    ignore: !isAllowed,
    fn: async () => {
      const pieces = createPieces([200, 300], 1);
      const clock = new WallClock();
      await using gateway = new MockGateway({ pieces, shards: SHARDS, maxConcurrency: SHARDS, clock });
      const tally = new Tally(SHARDS);
      const contestant = await create({ host: gateway.host, token: TOKEN, shards: SHARDS, wanted, tally });
      await tally.allReady;
      for (const [index, { totals: { events, messages, characters } }] of pieces.entries()) {
        const expected = (wanted === "all" ? events : messages) * SHARDS;
        await Promise.all([tally.expect(expected), gateway.play(TOKEN, index)]);
        const totals = { events: expected, messages: messages * SHARDS, characters: characters * SHARDS };
        assertEquals(tally.totals, totals);
      }
      await contestant.close();
      assertEquals(gateway.identifies(TOKEN), { count: SHARDS, tooSoon: 0 });
    },
  });
}

Deno.test("Traffic is the same for the same seed, and of the size of real traffic", () => {
  const [one, other] = [new Traffic(5), new Traffic(5)];
  assertEquals(one.next(), other.next());
  const [piece] = createPieces([2_000], 5);
  const means = [piece?.jsonBytes, sum(piece?.framesOf("zlib-stream"))].map((bytes = 0) => bytes / 2_000);
  assertEquals(means.map((mean) => Math.round(mean / 50) * 50), [850, 200]);
});

Deno.test("A message of the bench's gateway is flushed, and needs nothing before it", () => {
  const message = new TextEncoder().encode('{"op":11}');
  const frame = frameOf(message, "zlib-stream", false);
  assertEquals([...frame.slice(-4)], [0, 0, 0xff, 0xff]);
  const end = Uint8Array.of(1, 0, 0, 0xff, 0xff); // An empty last block.
  assertEquals(inflateRawSync(Buffer.concat([frame.subarray(2), end])).toString(), '{"op":11}');
});

function sum(frames: readonly Uint8Array[] | undefined): number {
  return frames?.reduce((bytes, { length }) => bytes + length, 0) ?? 0;
}
