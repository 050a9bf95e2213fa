import { assertEquals } from "@std/assert";
import { type Batch, FrameQueue } from "../../gateway/frame_queue.ts";

/** A frame of `size` bytes that ends a message of a zlib-stream, or does not. */
function frame(size: number, isEnd = true): Uint8Array {
  const bytes = new Uint8Array(size).fill(1);
  if (isEnd) bytes.set([0, 0, 0xff, 0xff], size - 4);
  return bytes;
}

/** What a queue gives, in short: sizes and counts of messages, or text. */
function drain(queue: FrameQueue): (string | readonly [size: number, messages: number])[] {
  const taken: (string | readonly [number, number])[] = [];
  for (let next: string | Batch | undefined; (next = queue.take()) !== undefined;) {
    taken.push(typeof next === "string" ? next : [next.bytes.length, next.messages]);
  }
  return taken;
}

Deno.test("FrameQueue gives frames of a stream together, up to the last that ends a message (Z-2)", () => {
  const queue = new FrameQueue("zlib-stream", 1_000_000);
  for (const next of [frame(10), frame(20, false), frame(30), frame(40, false)]) queue.add(next);
  assertEquals(drain(queue), [[60, 2], [40, 0]]);
});

Deno.test("FrameQueue counts a mark that is split over frames, also when the first was given out (Z-3)", () => {
  const queue = new FrameQueue("zlib-stream", 1_000_000);
  queue.add(new Uint8Array([1, 2, 0, 0, 0xff]));
  assertEquals(drain(queue), [[5, 0]]);
  queue.add(new Uint8Array([0xff]));
  queue.add(new Uint8Array(0));
  assertEquals(drain(queue), [[1, 1], [0, 0]]);
});

Deno.test("FrameQueue gives about 64 kB at a time, and a larger frame by itself", () => {
  const queue = new FrameQueue("zlib-stream", 10_000_000);
  for (const size of [60_000, 5_000, 6_000, 500_000, 10]) queue.add(frame(size));
  assertEquals(drain(queue), [[65_000, 2], [6_000, 1], [500_000, 1], [10, 1]]);
});

Deno.test("FrameQueue gives every byte of frames in order", () => {
  const queue = new FrameQueue("zstd-stream", 1_000_000);
  for (let byte = 0; byte < 100; byte += 1) queue.add(Uint8Array.of(byte, byte));
  const batch = queue.take();
  assertEquals(
    typeof batch === "object" && [...batch.bytes],
    Array.from({ length: 200 }, (_, at) => at >> 1),
  );
});

Deno.test("FrameQueue takes each frame of a zstd-stream for a message (Z-5)", () => {
  const queue = new FrameQueue("zstd-stream", 1_000_000);
  for (const size of [10, 20, 30]) queue.add(frame(size, false));
  assertEquals(drain(queue), [[60, 3]]);
});

Deno.test("FrameQueue gives frames one by one where there is no stream, and text in its place (Z-1, ENV-6)", () => {
  const plain = new FrameQueue(undefined, 1_000_000);
  for (const next of [frame(10), "text", frame(20), frame(30)]) plain.add(next);
  assertEquals(drain(plain), [[10, 1], "text", [20, 1], [30, 1]]);
  const stream = new FrameQueue("zlib-stream", 1_000_000);
  for (const next of [frame(10), frame(5), "text", frame(20)]) stream.add(next);
  assertEquals(drain(stream), [[15, 2], "text", [20, 1]]);
});

Deno.test("FrameQueue holds no more than it may, except for a single frame (ENV-7)", () => {
  const queue = new FrameQueue("zlib-stream", 100);
  assertEquals(queue.add(frame(500)), true);
  assertEquals(queue.add(frame(4)), false);
  queue.take();
  assertEquals([queue.add(frame(60)), queue.add("x".repeat(40)), queue.add("x")], [true, true, false]);
  assertEquals(drain(queue), [[60, 1], "x".repeat(40)]);
  assertEquals([queue.add(frame(60)), queue.add(frame(40)), queue.add("")], [true, true, true]);
  queue.clear();
  assertEquals([queue.take(), queue.add("x"), queue.add("x".repeat(99)), queue.add("x")], [
    undefined,
    true,
    true,
    false,
  ]);
});
