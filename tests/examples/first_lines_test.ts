// What the first lines of an example say: how it is started, and with which permissions.
import { assertEquals, assertMatch } from "@std/assert";

const root = new URL("../../", import.meta.url);
const mayRun = (await Deno.permissions.query({ name: "run", command: "deno" })).state === "granted";
const reason = mayRun ? "" : " (skipped: needs permission to run Deno, use deno test -P)";
const EXAMPLES = [
  "dashboard",
  "get_channel",
  "get_gateway",
  "graceful_shutdown",
  "moderation",
  "observed_bot",
  "ping_pong",
  "read_history",
  "sharded_bot",
  "slash_commands",
  "slash_commands_http",
  "upload_file",
];
/** What a reader puts in place of what is written large. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  FILE: "deno.json",
  CHANNEL_ID: "1",
  "WORD…": "spam",
};

for (const name of EXAMPLES) {
  Deno.test({
    name: `${name}.ts starts with a token as its first lines say, with no other permission${reason}`,
    ignore: !mayRun,
    async fn() {
      const args = await commandOf(name);
      const inRoot = args.some((arg) => arg.startsWith("examples/"));
      const child = new Deno.Command("deno", {
        args: ["run", "--no-prompt", `--preload=${new URL("tests/examples/first_step.ts", root)}`, ...args],
        cwd: inRoot ? root : new URL("examples/", root),
        env: { TOKEN: "a.b.c", NO_COLOR: "1" },
        stdin: "null",
      });
      const { code, stdout, stderr } = await child.output();
      const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assertEquals(code, 0, text);
      assertMatch(text, /^(?:discord\.com|127\.0\.0\.1:9090): granted$/m);
    },
  });
}

/** What follows `deno run` in an example's first lines. */
async function commandOf(name: string): Promise<string[]> {
  const source = await Deno.readTextFile(new URL(`examples/${name}.ts`, root));
  const [, command = ""] = /^\/\/ {3}TOKEN=… deno run ((?:.*\\\n)*.*)$/m.exec(source) ?? [];
  const words = command.replaceAll(/\\\n\/\/ */g, "").split(" ").filter((word) => !word.startsWith("["));
  return words.map((word) => PLACEHOLDERS[word] ?? word.replace("=FILE", "=deno.json"));
}
