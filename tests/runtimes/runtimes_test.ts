// The sources themselves in each runtime that npm brings: they strip types when they load them.
import { assertEquals } from "@std/assert";
import { executableOf, run, whyNoNpm, whyNoPrograms } from "./programs.ts";

/** Node strips types from 22.18 on; one that is older runs the npm package. */
const RUNTIMES = [
  { runtime: "deno", args: ["run", "--quiet", "--no-check"] },
  { runtime: "node@22", args: ["--no-warnings"] },
  { runtime: "node@24", args: ["--no-warnings"] },
  { runtime: "bun@1", args: ["run"] },
] as const;

const BOT = new URL("bot.ts", import.meta.url);

for (const { runtime, args } of RUNTIMES) {
  const reason = await (runtime === "deno" ? whyNoPrograms() : whyNoNpm());
  Deno.test({
    name: `A bot reads every compression in ${runtime} (Z-2, Z-5, Z-9)${reason && ` (skipped: ${reason})`}`,
    ignore: reason !== "",
    fn: async () => {
      const { code, stdout, stderr } = await run(await executableOf(runtime), [...args, BOT.pathname]);
      assertEquals(code, 0, stderr);
      assertEquals(JSON.parse(stdout), {
        can: [true, true],
        inflates: [true, true],
        refusesTheEnd: true,
        none: [null, 200],
        zlib: ["zlib-stream", 200],
        // Corrupt zstd would end a process on Deno: there it is not chosen.
        zstd: [runtime === "deno" ? "zlib-stream" : "zstd-stream", 200],
        best: ["zlib-stream", 200],
      });
    },
  });
}
