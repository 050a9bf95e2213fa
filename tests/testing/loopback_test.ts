import { assertEquals, assertRejects } from "@std/assert";
import { Simulator } from "../../testing/mod.ts";
import { hasNet, testLoopback } from "./both_doors.ts";
import { RawGateway } from "./raw_gateway.ts";

testLoopback("A handshake that is never answered stays open", async (discord) => {
  discord.faults.refuse({ status: 0 });
  const socket = discord.createWebSocket(`${discord.gatewayUrl}?v=10`);
  using other = await RawGateway.login(discord);
  assertEquals([socket.readyState, other.socket.readyState], [WebSocket.CONNECTING, WebSocket.OPEN]);
});

testLoopback("A bare TCP client gets HTTP for what is no WebSocket, and the line ends", async (discord) => {
  const { hostname, port } = new URL(discord.gatewayUrl);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
  const text = await new Response(conn.readable).text();
  assertEquals(text.split("\r\n")[0], "HTTP/1.1 426 Refused");
});

testLoopback(
  "A payload longer than one TCP segment passes",
  async (discord) => {
    using gateway = await RawGateway.login(discord);
    const text = "x".repeat(300_000);
    discord.dispatch("MESSAGE_CREATE", { guild_id: discord.guild.id, content: text });
    assertEquals((await gateway.next("MESSAGE_CREATE")).d.content, text);
  },
);

Deno.test({
  name:
    "Simulator.start leaves no socket open when a port is taken or an option is wrong (loopback: needs permission for the network on 127.0.0.1)",
  ignore: !hasNet,
  fn: async () => {
    await using discord = await Simulator.start();
    const port = Number(new URL(discord.baseUrl).port);
    const gatewayPort = Number(new URL(discord.gatewayUrl).port);
    await assertRejects(() => Simulator.start({ port }), Deno.errors.AddrInUse);
    await assertRejects(() => Simulator.start({ gatewayPort }), Deno.errors.AddrInUse);
    await assertRejects(() => Simulator.start({ shards: 0 }), RangeError, "shards is 0");
  },
});

testLoopback("Simulator closes although a client is just about to connect", async () => {
  for (let round = 0; round < 20; round += 1) {
    const discord = await Simulator.start();
    const { hostname, port } = new URL(discord.baseUrl);
    const connecting = Deno.connect({ hostname, port: Number(port) }).catch(() => undefined);
    if (round % 2 === 0) await connecting;
    for (let turn = 0; turn < round % 7; turn += 1) await Promise.resolve();
    await discord.close();
    (await connecting)?.close();
  }
});
