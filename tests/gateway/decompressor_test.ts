import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Decompressor } from "../../gateway/decompressor.ts";
import { seededRandom } from "./seeded_random.ts";
import { inFrames, ZlibStream } from "./zlib_stream.ts";

/** Frees the decompressor at the end of a test. */
function createDecompressor(): Decompressor & Disposable {
  const decompressor = new Decompressor("zlib-stream");
  return Object.assign(decompressor, { [Symbol.dispose]: () => decompressor.close() });
}

function textOf(message: Uint8Array | undefined): string | undefined {
  return message && new TextDecoder("utf-8", { fatal: true }).decode(message);
}

Deno.test("Decompressor gives message after message of one stream (Z-2)", async () => {
  using stream = new ZlibStream();
  using decompressor = createDecompressor();
  for (let index = 0; index < 200; index += 1) {
    const text = `{"op":0,"s":${index},"t":"MESSAGE_CREATE","d":{"content":"hello hello hello"}}`;
    assertEquals(textOf(await decompressor.decompress(await stream.add(text))), text);
  }
});

Deno.test("Decompressor needs the frames before: the context is shared (Z-2)", async () => {
  using stream = new ZlibStream();
  using decompressor = createDecompressor();
  const text = "the same text, the same text";
  const first = await stream.add(text);
  const second = await stream.add(text);
  assert(second.length < first.length);
  await decompressor.decompress(first);
  assertEquals(textOf(await decompressor.decompress(second)), text);
  using late = createDecompressor();
  await assertRejects(() => late.decompress(second), TypeError);
});

Deno.test("Decompressor gives nothing until a message is whole, in frames of any size (Z-2)", async () => {
  using stream = new ZlibStream();
  using decompressor = createDecompressor();
  const random = seededRandom(7);
  const text = JSON.stringify({ op: 0, d: Array.from({ length: 200 }, random) });
  for (const size of [1, 2, 3, 5, 64, 1000]) {
    const frames = inFrames(await stream.add(text), size);
    const last = frames.pop();
    for (const frame of frames) assertEquals(await decompressor.decompress(frame), undefined);
    assert(last !== undefined);
    assertEquals(textOf(await decompressor.decompress(last)), text);
  }
});

Deno.test("Decompressor finds a mark that is split over frames, wherever (Z-3)", async () => {
  using stream = new ZlibStream();
  using decompressor = createDecompressor();
  for (const tail of [1, 2, 3, 4]) {
    const bytes = await stream.add(`{"tail":${tail}}`);
    assertEquals(await decompressor.decompress(bytes.slice(0, -tail)), undefined);
    assertEquals(textOf(await decompressor.decompress(bytes.slice(-tail))), `{"tail":${tail}}`);
  }
});

Deno.test("Decompressor is not fooled by the mark inside a frame (Z-3)", async () => {
  using stream = new ZlibStream();
  using decompressor = createDecompressor();
  const [first, second] = [await stream.add('{"a":1}'), await stream.add('{"b":2}')];
  const frame = new Uint8Array([...first, ...second.slice(0, 3)]);
  assertEquals(await decompressor.decompress(frame), undefined);
  assertEquals(textOf(await decompressor.decompress(second.slice(3))), '{"a":1}{"b":2}');
});

Deno.test("Decompressor inflates several megabytes (ENV-7, Z-9)", async () => {
  using stream = new ZlibStream();
  using decompressor = createDecompressor();
  const text = JSON.stringify(Array.from({ length: 60_000 }, (_, id) => ({ id: String(id), name: "guild" })));
  const frames = inFrames(await stream.add(text.repeat(3)), 16_384);
  assert(frames.length > 10 && text.length * 3 > 4_000_000);
  const messages = [];
  for (const frame of frames) messages.push(await decompressor.decompress(frame));
  assertEquals(messages.slice(0, -1).every((message) => message === undefined), true);
  assertEquals(textOf(messages.at(-1)) === text.repeat(3), true);
});

Deno.test("Decompressor keeps characters whole that cross chunks and frames (Z-7)", async () => {
  using stream = new ZlibStream();
  using decompressor = createDecompressor();
  const random = seededRandom(11);
  const letters = ["é", "漢", "🐍", "a"];
  const text = Array.from({ length: 100_000 }, () => letters[Math.floor(random() * 4)]).join("");
  let message;
  for (const frame of inFrames(await stream.add(text), 777)) message = await decompressor.decompress(frame);
  assertEquals(textOf(message) === text, true);
});

Deno.test("Decompressor inflates what can't be compressed, and what is tiny (Z-9)", async () => {
  using stream = new ZlibStream();
  using decompressor = createDecompressor();
  const random = seededRandom(3);
  const noise = Uint8Array.from({ length: 300_000 }, () => random() * 256);
  assertEquals(await decompressor.decompress(await stream.add(noise)), noise);
  for (const text of ["1", "{}", '{"op":11}']) {
    assertEquals(textOf(await decompressor.decompress(await stream.add(text))), text);
  }
  assertEquals(await decompressor.decompress(await stream.add(noise)), noise);
});

Deno.test("Decompressor takes frames that are views of a larger buffer", async () => {
  using stream = new ZlibStream();
  using decompressor = createDecompressor();
  const bytes = await stream.add('{"op":11}');
  const buffer = new Uint8Array(bytes.length + 20).fill(0xaa);
  buffer.set(bytes, 10);
  assertEquals(textOf(await decompressor.decompress(buffer.subarray(10, 10 + bytes.length))), '{"op":11}');
});

Deno.test("Decompressor keeps what it gives apart from that of other connections", async () => {
  const texts = ["a", "bb", "ccc"].map((name) => JSON.stringify({ [name]: name.repeat(100) }));
  const messages = await Promise.all(texts.map(async (text) => {
    using stream = new ZlibStream();
    const frame = await stream.add(text);
    const decompressor = createDecompressor();
    return { decompressor, frame };
  }));
  const given = await Promise.all(
    messages.map(({ decompressor, frame }) => decompressor.decompress(frame)),
  );
  assertEquals(given.map(textOf), texts);
  for (const { decompressor } of messages) decompressor.close();
});

Deno.test("Decompressor works overlapping calls off in order (Z-8)", async () => {
  using stream = new ZlibStream();
  using decompressor = createDecompressor();
  const texts = Array.from({ length: 100 }, (_, index) => `{"s":${index},"pad":"${"x".repeat(index * 50)}"}`);
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (const text of texts) frames.push(...inFrames(await stream.add(text), 40));
  const messages = await Promise.all(frames.map((frame) => decompressor.decompress(frame)));
  assertEquals(messages.filter((message) => message !== undefined).map(textOf), texts);
});

Deno.test("Decompressor rejects corrupt data, and all that comes after (Z-6)", async () => {
  using stream = new ZlibStream();
  using decompressor = createDecompressor();
  await decompressor.decompress(await stream.add('{"op":10}'));
  const garbage = new Uint8Array([0xfe, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0xff, 0xff]);
  await assertRejects(() => decompressor.decompress(garbage), TypeError);
  const next = await stream.add('{"op":11}');
  await assertRejects(() => decompressor.decompress(next), TypeError);
});

Deno.test("Decompressor rejects what is no zlib stream at all (Z-6)", async () => {
  using decompressor = createDecompressor();
  const html = new TextEncoder().encode("<!DOCTYPE html>");
  await assertRejects(() => decompressor.decompress(html), TypeError);
});

Deno.test("Decompressor rejects after close, also what was under way (Z-4, Z-9)", async () => {
  using stream = new ZlibStream();
  const decompressor = new Decompressor("zlib-stream");
  const frame = await stream.add('{"op":10}');
  const underWay = assertRejects(() => decompressor.decompress(frame), TypeError);
  decompressor.close();
  await underWay;
  await assertRejects(() => decompressor.decompress(frame), TypeError);
  decompressor.close();
});

Deno.test("Decompressor can be closed unused and in the middle of a message (Z-9)", async () => {
  using stream = new ZlibStream();
  new Decompressor("zlib-stream").close();
  const decompressor = new Decompressor("zlib-stream");
  await decompressor.decompress((await stream.add('{"op":10}')).slice(0, 5));
  decompressor.close();
});

Deno.test("Decompressor of a new connection starts anew (Z-4)", async () => {
  for (let connection = 0; connection < 2; connection += 1) {
    using stream = new ZlibStream();
    using decompressor = createDecompressor();
    assertEquals(textOf(await decompressor.decompress(await stream.add('{"op":10}'))), '{"op":10}');
  }
});

Deno.test("Decompressor refuses formats that it does not know", () => {
  for (const format of ["deflate", "zstd", "", undefined, null]) {
    assertThrows(() => Reflect.construct(Decompressor, [format]), TypeError, "zlib-stream");
  }
});

Deno.test("Decompressor inflates nothing more after a fault, whatever its inflater says (Z-6)", async () => {
  let calls = 0;
  const inflate = (bytes: Uint8Array): Uint8Array => {
    calls += 1;
    if (bytes[0] === 0xff) throw new TypeError("corrupt");
    return bytes;
  };
  const decompressor = new Decompressor("zstd-stream", () => ({ inflate, close() {} }));
  assertEquals(await decompressor.decompress(Uint8Array.of(1)), Uint8Array.of(1));
  await assertRejects(() => decompressor.decompress(Uint8Array.of(0xff)), TypeError, "corrupt");
  await assertRejects(() => decompressor.decompress(Uint8Array.of(1)), TypeError, "corrupt");
  decompressor.close();
  assertEquals(calls, 2);
});
