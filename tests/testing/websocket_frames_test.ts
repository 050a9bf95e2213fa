import { assertEquals, assertThrows } from "@std/assert";
import { encodeClose, encodeFrame, FrameReader } from "../../testing/websocket_frames.ts";

/** What a client would send: the same frame, masked. */
function masked(opcode: number, payload: Uint8Array, isFinal = true): Uint8Array {
  const frame = encodeFrame(opcode, payload);
  const head = frame.slice(0, frame.length - payload.length);
  if (!isFinal) head[0] = opcode;
  head[1] = (head[1] ?? 0) | 0x80;
  const mask = [1, 2, 3, 4];
  return new Uint8Array([...head, ...mask, ...payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

const bytes = (text: string) => new TextEncoder().encode(text);
const texts = (reader: FrameReader, chunk: Uint8Array) =>
  reader.push(chunk).map(({ opcode, payload }) => [opcode, new TextDecoder().decode(payload)]);

Deno.test("FrameReader gives whole messages, however the bytes are cut", () => {
  const stream = new Uint8Array([
    ...masked(1, bytes("one")),
    ...masked(2, bytes("two")),
    ...masked(1, bytes("")),
  ]);
  const expected = [[1, "one"], [2, "two"], [1, ""]];
  assertEquals(texts(new FrameReader(), stream), expected);
  const reader = new FrameReader();
  assertEquals(Array.from(stream, (byte) => texts(reader, new Uint8Array([byte]))).flat(), expected);
});

Deno.test("FrameReader joins fragments and lets a control frame pass between them", () => {
  const reader = new FrameReader();
  assertEquals(texts(reader, masked(1, bytes("he"), false)), []);
  assertEquals(texts(reader, masked(9, bytes("ping"))), [[9, "ping"]]);
  assertEquals(texts(reader, masked(0, bytes("llo"))), [[1, "hello"]]);
});

Deno.test("FrameReader and encodeFrame know all three lengths", () => {
  for (const length of [125, 126, 65_535, 65_536]) {
    const [message] = new FrameReader().push(masked(2, new Uint8Array(length).fill(7)));
    assertEquals([message?.payload.length, message?.payload.at(-1)], [length, 7]);
  }
});

Deno.test("FrameReader refuses what no client may send", () => {
  assertThrows(() => new FrameReader().push(encodeFrame(1, bytes("x"))), TypeError, "not masked");
  assertThrows(() => new FrameReader().push(masked(2, new Uint8Array(1_048_577))), RangeError, "too long");
});

Deno.test("encodeClose puts code and reason into one frame", () => {
  assertEquals([...encodeClose(1001, "a")], [0x88, 3, 0x03, 0xe9, 97]);
});
