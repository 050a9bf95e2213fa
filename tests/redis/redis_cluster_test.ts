// All of the room on Redis Cluster, with each client of npm, while slots are moved.
import { assertEquals } from "@std/assert";
import { reason, startCluster } from "./redis_cluster.ts";

const PROCESS = new URL("cluster_process.ts", import.meta.url).href;

Deno.test({
  name: `All parts of the room run on Redis Cluster, with each client of npm, while slots are moved${reason}`,
  ignore: reason !== "",
  async fn() {
    await using stack = new AsyncDisposableStack();
    const ports = (await startCluster(stack)).map(String);
    await Promise.all(["redis", "ioredis", "iovalkey"].map(async (name) => {
      const args = ["run", "-A", "--no-check", PROCESS, name, ...ports];
      const { code, stderr, stdout } = await new Deno.Command("deno", { args }).output();
      const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assertEquals([code, said], [0, ""], name);
    }));
  },
});
