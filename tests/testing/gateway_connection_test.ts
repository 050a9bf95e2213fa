import { assert, assertEquals } from "@std/assert";

const isAllowed = (await Deno.permissions.query({ name: "run", command: "deno" })).state === "granted";
const reason = isAllowed ? "" : " (skipped: needs permission to run deno, use deno test -P)";

Deno.test({
  name: `GatewayConnection lets go of windows and sockets when it has ended${reason}`,
  ignore: !isAllowed,
  fn: async () => {
    const program = new URL("long_use.ts", import.meta.url).href;
    const args = ["run", "--no-check", "--v8-flags=--expose-gc", program];
    const { success, stdout } = await new Deno.Command("deno", { args }).output();
    assert(success);
    const { bytesEach, kept } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(kept, 520);
    // A window alone is 66 kB, and so is what this client hangs on its socket.
    assert(bytesEach < 10_000, `${bytesEach} bytes are held for each`);
  },
});
