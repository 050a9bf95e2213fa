// The client in a worker of Deno, which may do less than the program around it.
import { assertEquals } from "@std/assert";
import { run, SimulatorProcess, whyNoPrograms } from "./programs.ts";

const reason = await whyNoPrograms();
const skipped = reason && ` (skipped: ${reason})`;
const WORKER = new URL("worker_host.ts", import.meta.url).pathname;

Deno.test({
  name: `A bot runs in a worker that may reach the network and nothing else${skipped}`,
  ignore: reason !== "",
  async fn() {
    await using simulators = await SimulatorProcess.start();
    const allowed = ["--allow-net=127.0.0.1", `--allow-read=${new URL("../../", import.meta.url).pathname}`];
    const args = ["run", "--quiet", "--no-check", "--no-prompt", "--unstable-worker-options", ...allowed];
    const { code, stdout, stderr } = await run("deno", [...args, WORKER, simulators.address]);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(JSON.parse(stdout).played?.first, "é漢🐍", stdout);
  },
});
