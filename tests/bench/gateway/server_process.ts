/**
 * The gateway of the bench, in a process of its own: `<plan as JSON>`. Says where it is, does what lines on its input
 * tell, and ends with its input.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { MockGateway } from "./mock_gateway.ts";
import { PREFIX, type ServerAddress, type ServerOrder, type ServerPlan } from "./orders.ts";
import { createPieces } from "./pieces.ts";
import { WallClock } from "./wall_clock.ts";

const { shards, maxConcurrency, pieces: sizes, seed }: ServerPlan = JSON.parse(Deno.args[0] ?? "");
const pieces = createPieces(sizes, seed);
const frames = pieces.flatMap((piece) => piece.framesOf("zlib-stream"));
await using gateway = new MockGateway({ pieces, shards, maxConcurrency, clock: new WallClock() });
const address: ServerAddress = {
  host: gateway.host,
  totals: pieces.map(({ totals }) => totals),
  jsonBytes: pieces.reduce((sum, { jsonBytes }) => sum + jsonBytes, 0) / frames.length,
  zlibBytes: frames.reduce((sum, { length }) => sum + length, 0) / frames.length,
};
say(address);
for await (const line of createInterface({ input: process.stdin })) {
  const order: ServerOrder = JSON.parse(line);
  if (order.type === "identifies") say(gateway.identifies(order.token));
  else say(await gateway.play(order.token, order.piece, order.perSecond));
}

function say(what: unknown): void {
  console.log(PREFIX + JSON.stringify(what));
}
