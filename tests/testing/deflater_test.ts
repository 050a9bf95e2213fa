import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { Deflater } from "../../testing/deflater.ts";

const encoder = new TextEncoder();

async function inflate(parts: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array> {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const written = (async () => {
    for (const part of parts) await writer.write(part);
    await writer.close();
  })();
  const [bytes] = await Promise.all([new Response(stream.readable).bytes(), written]);
  return bytes;
}

Deno.test("Deflater makes one stream that any zlib inflates, each message flushed to a byte border (Z-2)", async () => {
  const deflater = new Deflater();
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  const messages = [
    "",
    "a",
    "héllo € 𝄞 ".repeat(5_000),
    JSON.stringify(Array.from({ length: 3_000 }, (_, id) => ({ id, name: `channel ${id % 9}` }))),
  ].map((text) => encoder.encode(text));
  messages.push(noise, new Uint8Array(200_000), noise);
  const parts = messages.map((message) => deflater.deflate(message));
  for (const part of parts) assertEquals([...part.slice(-4)], [0, 0, 255, 255]);
  // An empty last block and the checksum, so that the stream may end.
  const whole = new Uint8Array(await new Blob(messages).arrayBuffer());
  const tail = new Deflater().deflateWhole(whole).slice(-4);
  const inflated = await inflate([...parts, new Uint8Array([3, 0]), tail]);
  assertEquals(inflated.length, whole.length);
  assertEquals(inflated.every((byte, index) => byte === whole[index]), true);
});

Deno.test("Deflater reaches back into earlier messages: one context for all", () => {
  const deflater = new Deflater();
  const message = encoder.encode(
    JSON.stringify({ content: "the same words, once more", id: "1574715991387013120" }),
  );
  const first = deflater.deflate(message);
  assertGreater(first.length, 50);
  assertLess(deflater.deflate(message).length, 15);
});

Deno.test("Deflater makes blobs that stand alone (Z-1)", async () => {
  const message = encoder.encode("payload ".repeat(100));
  assertEquals(await inflate([new Deflater().deflateWhole(message)]), message);
});
