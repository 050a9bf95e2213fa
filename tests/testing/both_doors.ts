/**
 * Runs a test of the simulator through both of its doors.
 *
 * @module
 */

import { Simulator, type SimulatorOptions } from "../../testing/mod.ts";

/** Whether tests may open sockets here. */
export const hasNet: boolean =
  (await Deno.permissions.query({ name: "net", host: "127.0.0.1" })).state === "granted";

/** Registers `run` twice: in memory, and over loopback where that is permitted. */
export function testBothDoors(
  name: string,
  run: (discord: Simulator) => Promise<void>,
  options: SimulatorOptions = {},
): void {
  Deno.test(`${name} (in memory)`, async () => {
    await using discord = Simulator.inMemory(options);
    await run(discord);
  });
  testLoopback(name, run, options);
}

/** Registers `run` over loopback, where that is permitted. */
export function testLoopback(
  name: string,
  run: (discord: Simulator) => Promise<void>,
  options: SimulatorOptions = {},
): void {
  Deno.test({
    name: `${name} (loopback: needs permission for the network on 127.0.0.1)`,
    ignore: !hasNet,
    fn: async () => {
      await using discord = await Simulator.start(options);
      await run(discord);
    },
  });
}
