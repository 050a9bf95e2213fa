// What the examples do when they are asked to stop, by the operating system.
import { assertEquals, assertStringIncludes } from "@std/assert";

const folder = new URL("../../examples/", import.meta.url);
const mayRun = (await Deno.permissions.query({ name: "run", command: "deno" })).state === "granted" &&
  Deno.build.os !== "windows";
const reason = mayRun ? "" : " (skipped: needs permission to run Deno, use deno test -P; not on Windows)";

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name: `dashboard.ts ends by itself on ${signal}, without an error${reason}`,
    ignore: !mayRun,
    async fn() {
      const child = new Deno.Command("deno", {
        args: ["run", "-P", "dashboard.ts", "--shards=500"], // which take minutes to start
        cwd: folder,
        env: { TOKEN: "", NO_COLOR: "1" },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      let output = "";
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        output += chunk;
        if (output.includes("64/500")) {
          output += " - stop - ";
          child.kill(signal);
        }
      }
      const errors = await new Response(child.stderr).text();
      assertEquals((await child.status).code, 0, errors);
      assertStringIncludes(output, "stop");
      assertEquals(errors.replace(/^Warning .*\n/gm, ""), "");
    },
  });
}
