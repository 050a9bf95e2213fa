import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const EXPECTED: Readonly<Record<string, RegExp>> = {
  "ping_pong.ts": /user: ping\nbot: {2}pong {2}\(round trip \d+\.\d ms\)\n$/,
  "get_gateway.ts": /ws:\/\/127\.0\.0\.1:\d+/,
  "get_channel.ts": /general\n$/,
  "slash_commands.ts":
    /commands: 2 created, 0 updated, 0 deleted\nuser: \/ping\nbot: {2}pong\nuser: presses the button\nbot: {2}Thanks!\n$/,
  "slash_commands_http.ts":
    /listening on http:\/\/127\.0\.0\.1:\d+\nuser: \/ping\nbot: {2}pong\nuser: presses the button\nbot: {2}Thanks!\n$/,
  "graceful_shutdown.ts": /user: !work\nworking\nstopping\n(?:bot: {2}done\n|done\n){2}stopped\n$/,
  "upload_file.ts": /\n10 %\n20 %\n(?:\d0 %\n){7}100 %\nsent nothing\.bin, 5000000 bytes\n$/,
  "read_history.ts":
    /\ntester: message 1\ntester: message 2\n(?:tester: message \d+\n){247}tester: message 250\n250 messages\n$/,
  "moderation.ts":
    /user: hello\nuser: buy SPAM\n(?=[^]*audit log: DELETE \S+: Forbidden word: spam\n)(?=[^]*audit log: PATCH \S+: Forbidden word: spam\n)[^]*tester is silent for a minute/,
  "sharded_bot.ts":
    /^(?:(?!missed)[^])*shard 0 begins(?:(?!missed)[^])*tester: one\nstopped\n(?=[^]*shard 0 goes on\n)(?:shard \d goes on\n)*tester: two\n(?:shard \d goes on\n)*$/,
  "observed_bot.ts":
    /see http:\S+\/metrics\nready at first: \{"status":"unavailable"[^]*ready later: \{"status":"ok","reasons":\[\]\}\nnextcore_http_requests_total\{[^]*status="200"\} 1\n$/,
  "dashboard.ts": /0\/0 shards ready[^]*16\/16 shards ready, [\d.]+ events\/s/,
};
const folder = new URL("../examples/", import.meta.url);
const isAllowed = (await Deno.permissions.query({ name: "run", command: "deno" })).state === "granted";
const reason = isAllowed ? "" : " (skipped: needs permission to run Deno, use deno test -P)";

for (const [script, output] of Object.entries(EXPECTED)) {
  Deno.test({
    name: `${script} plays against the simulator without a token, and ends by itself${reason}`,
    ignore: !isAllowed,
    async fn() {
      const { code, stdout, stderr } = await run(["run", "-P", script]);
      assertEquals(code, 0, stderr);
      assertStringIncludes(stdout, "TOKEN is not set");
      assertMatch(stdout, output);
    },
  });

  Deno.test({
    name: `${script} says how to start it when it was given no permissions${reason}`,
    ignore: !isAllowed,
    async fn() {
      const { code, stderr } = await run(["run", script]);
      assertEquals(code, 1);
      assertStringIncludes(stderr, `deno run -P examples/${script}`);
      assertEquals(stderr.includes("    at "), false, stderr);
    },
  });
}

async function run(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = new Deno.Command("deno", {
    args,
    cwd: folder,
    env: { TOKEN: "", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout).replaceAll("\r\n", "\n"), stderr: decoder.decode(stderr) };
}
