import { assertEquals, assertMatch } from "@std/assert";
import { redisTest } from "../redis/redis_server.ts";

const CLUSTER = new URL("../../examples/cluster/cluster.ts", import.meta.url).href;

redisTest("cluster.ts kills processes of a bot, and shows that nothing was lost", async () => {
  const command = new Deno.Command("deno", { args: ["run", "-A", CLUSTER] });
  const { code, stdout, stderr } = await command.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const said = new TextDecoder().decode(stdout);
  assertMatch(said, /gateway2 is killed[^]*gateway4: shards[^]*nothing was lost\n6 sessions, as at first/);
});
