// What a bot must be permitted, and no more: nobody answers a prompt here.
import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { Simulator } from "../../testing/mod.ts";
import { run, SimulatorProcess, whyNoPrograms } from "./programs.ts";

const reason = await whyNoPrograms();
const skipped = reason && ` (skipped: ${reason})`;
const BOT = new URL("least_bot.ts", import.meta.url).pathname;
const WORKER = new URL("worker_host.ts", import.meta.url).pathname;

Deno.test({
  name: `A bot needs two hosts and one variable, and nothing else${skipped}`,
  ignore: reason !== "",
  async fn() {
    await using discord = await Simulator.start();
    const hosts = [discord.baseUrl, discord.gatewayUrl].map((url) => new URL(url).host);
    const args = ["run", "--quiet", "--no-check", "--no-prompt", "--allow-env=TOKEN"];
    const play = (allowed: string) =>
      run("deno", [...args, `--allow-net=${allowed}`, BOT, discord.baseUrl], {
        env: { TOKEN: discord.token },
      });
    const playing = play(hosts.join());
    while (!discord.sessions.some(({ isConnected }) => isConnected)) {
      await new Promise((go) => setTimeout(go, 10));
    }
    discord.channel.say("ping");
    assertEquals((await discord.channel.nextMessage()).content, "pong");
    const { code, stderr } = await playing;
    assertEquals([code, stderr], [0, ""]);
    // It is these permissions that it runs by: with a host fewer it fails.
    const refused = await play(String(hosts[1]));
    assertNotEquals(refused.code, 0);
    assertStringIncludes(refused.stderr, "--allow-net");
  },
});

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
