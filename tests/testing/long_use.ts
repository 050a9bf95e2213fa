/**
 * Says how much memory many ended connections of a simulator hold: run with `--v8-flags=--expose-gc`.
 *
 * @module
 */

import { Simulator } from "../../testing/mod.ts";

const CONNECTIONS = 500;

if (import.meta.main) {
  await using discord = Simulator.inMemory();
  await openAndClose(discord, 20);
  const before = await held();
  await openAndClose(discord, CONNECTIONS);
  console.log(
    JSON.stringify({ bytesEach: (await held() - before) / CONNECTIONS, kept: discord.connections.length }),
  );
}

async function openAndClose(discord: Simulator, count: number): Promise<void> {
  for (let opened = 0; opened < count; opened += 1) {
    const socket = discord.createWebSocket(`${discord.gatewayUrl}?v=10&encoding=json&compress=zlib-stream`);
    // What a client hangs on its socket goes with it.
    const inflater = new Uint8Array(65_536);
    const { promise, resolve } = Promise.withResolvers<number>();
    socket.onmessage = () => resolve(inflater.length);
    await promise;
    socket.close(1000);
    await new Promise((closed) => {
      socket.onclose = closed;
    });
  }
}

async function held(): Promise<number> {
  const gc: unknown = Reflect.get(globalThis, "gc");
  if (typeof gc !== "function") throw new TypeError("Run with --v8-flags=--expose-gc");
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((done) => setTimeout(done, 0));
    gc();
  }
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
