// The same bot in each runtime that is at hand: what is wanted is the one with types stripped by itself.
import { assertEquals } from "@std/assert";

const RUNTIMES = [
  { command: "deno", args: ["run", "--quiet"], least: [2, 0] },
  { command: "node", args: ["--no-warnings"], least: [22, 18] },
  { command: "bun", args: ["run"], least: [1, 3] },
] as const;

const BOT = new URL("bot.ts", import.meta.url);

for (const { command, args, least } of RUNTIMES) {
  const reason = await whyNot(command, least);
  Deno.test({
    name: `A bot reads every compression in ${command} (Z-2, Z-5, Z-9)${reason && ` (skipped: ${reason})`}`,
    ignore: reason !== "",
    fn: async () => {
      const output = await new Deno.Command(command, { args: [...args, BOT.pathname] }).output();
      const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes));
      assertEquals(output.code, 0, stderr);
      assertEquals(JSON.parse(stdout ?? ""), {
        can: [true, true],
        inflates: [true, true],
        refusesTheEnd: true,
        none: [null, 200],
        zlib: ["zlib-stream", 200],
        // Corrupt zstd would end a process on Deno: there it is not chosen.
        zstd: [command === "deno" ? "zlib-stream" : "zstd-stream", 200],
        best: ["zlib-stream", 200],
      });
    },
  });
}

/** Why the runtime can't be tried here; nothing when it can. */
async function whyNot(command: string, [major, minor]: readonly [number, number]): Promise<string> {
  const { state } = await Deno.permissions.query({ name: "run", command });
  if (state !== "granted") return `needs permission to run ${command}`;
  try {
    const { stdout } = await new Deno.Command(command, { args: ["--version"] }).output();
    const [found = 0, below = 0] = (/\d+\.\d+/.exec(new TextDecoder().decode(stdout))?.[0] ?? "").split(".")
      .map(Number);
    const isEnough = found > major || (found === major && below >= minor);
    return isEnough ? "" : `${command} is older than ${major}.${minor}`;
  } catch {
    return `there is no ${command}`;
  }
}
