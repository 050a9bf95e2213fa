import { assertEquals } from "@std/assert";
import { Simulator, type SimulatorOptions } from "../../testing/mod.ts";
import { RawGateway } from "./raw_gateway.ts";

const hasNet = (await Deno.permissions.query({ name: "net", host: "127.0.0.1" })).state === "granted";

/** Every test here passes through both doors, since both are the same Discord. */
function testBothDoors(
  name: string,
  run: (discord: Simulator) => Promise<void>,
  options: SimulatorOptions = {},
): void {
  Deno.test(`${name} (in memory)`, async () => {
    await using discord = Simulator.inMemory(options);
    await run(discord);
  });
  Deno.test({
    name: `${name} (loopback; needs permission for the network on 127.0.0.1)`,
    ignore: !hasNet,
    fn: async () => {
      await using discord = await Simulator.start(options);
      await run(discord);
    },
  });
}

testBothDoors("Simulator lets a client log in, hear a message and answer it", async (discord) => {
  using gateway = await RawGateway.login(discord);
  assertEquals(gateway.ready.guilds, [{ id: discord.guild.id, unavailable: true }]);
  assertEquals((await gateway.next("GUILD_CREATE")).d.id, discord.guild.id);
  discord.channel.say("ping");
  const message = await gateway.next("MESSAGE_CREATE");
  assertEquals(message.d.content, "ping");
  const response = await discord.fetch(`${discord.baseUrl}/channels/${message.d.channel_id}/messages`, {
    method: "POST",
    headers: { authorization: `Bot ${discord.token}`, "content-type": "application/json" },
    body: JSON.stringify({ content: "pong" }),
  });
  assertEquals(response.status, 200);
  await response.body?.cancel();
  assertEquals((await discord.channel.nextMessage()).content, "pong");
});
