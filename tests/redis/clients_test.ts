// Each client of npm: what it takes to run on them, and that one line is enough.
import { assertEquals } from "@std/assert";
import { redisTest } from "./redis_server.ts";

const PROCESS = new URL("client_process.ts", import.meta.url).href;

for (const name of ["redis", "redis, RESP2", "ioredis", "iovalkey"]) {
  redisTest(`All parts of the room run on a client of npm: ${name}`, async (server) => {
    const command = new Deno.Command("deno", {
      args: ["run", "-A", "--no-check", PROCESS, name, `${server.port}`],
    });
    const { code, stderr, stdout } = await command.output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assertEquals([code, said], [0, ""]);
  });
}
