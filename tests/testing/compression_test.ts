import { assertEquals, assertGreater } from "@std/assert";
import { createZstdDecompress } from "node:zlib";
import { testBothDoors } from "./both_doors.ts";
import { RawGateway } from "./raw_gateway.ts";

const QUERY = "v=10&encoding=json&compress=";

testBothDoors("Simulator speaks zlib-stream, HELLO included (Z-2)", async (discord) => {
  using gateway = await RawGateway.login(discord, { query: `${QUERY}zlib-stream` });
  discord.channel.say("größer");
  assertEquals((await gateway.next("MESSAGE_CREATE")).d.content, "größer");
  assertEquals(gateway.frames.some((frame) => typeof frame === "string"), false);
});

testBothDoors("Simulator cuts a zlib-stream message into frames (Z-2)", async (discord) => {
  using gateway = await RawGateway.login(discord, { query: `${QUERY}zlib-stream` });
  await gateway.next("GUILD_CREATE");
  const before = gateway.frames.length;
  discord.faults.splitFrames({ maxBytes: 3 });
  discord.channel.say("in small pieces");
  assertEquals((await gateway.next("MESSAGE_CREATE")).d.content, "in small pieces");
  assertGreater(gateway.frames.length, before + 10);
});

testBothDoors("Simulator speaks zstd-stream: one frame that never ends (Z-5)", async (discord) => {
  using gateway = RawGateway.open(discord, { query: `${QUERY}zstd-stream` });
  const texts: string[] = [];
  const inflate = createZstdDecompress();
  inflate.on("data", (chunk: Uint8Array) => texts.push(new TextDecoder().decode(chunk)));
  await gateway.opened;
  gateway.send(2, { token: discord.token, intents: 1 });
  while (gateway.frames.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  for (const frame of gateway.frames) inflate.write(new Uint8Array(frame as ArrayBuffer));
  await new Promise<void>((resolve) => inflate.flush(resolve));
  while (texts.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  inflate.destroy();
  assertEquals(texts.map((text) => JSON.parse(text).t), [null, "READY", "GUILD_CREATE"]);
});

testBothDoors(
  "Simulator compresses long payloads one by one when IDENTIFY asks for it (Z-1)",
  async (discord) => {
    using gateway = RawGateway.open(discord);
    await gateway.next(10);
    gateway.send(2, { token: discord.token, intents: 1, compress: true });
    gateway.send(1, null);
    await gateway.next(11);
    const [hello, ready, , ack] = gateway.frames;
    assertEquals([typeof hello, typeof ready, typeof ack], ["string", "object", "string"]);
    const blob = new Blob([ready ?? ""]).stream().pipeThrough(new DecompressionStream("deflate"));
    assertEquals((await new Response(blob).json()).t, "READY");
  },
);
