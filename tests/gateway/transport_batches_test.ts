// Messages that come together, or in pieces, and who waits for them.
import { assert, assertEquals } from "@std/assert";
import { Dispatcher } from "../../dispatcher.ts";
import type { Inflater } from "../../gateway/inflater.ts";
import { settle, VirtualClock } from "../../testing/virtual_clock.ts";
import { SlowInflater, TransportBench } from "./transport_bench.ts";
import { inFrames, ZlibStream } from "./zlib_stream.ts";

Deno.test("Transport reads a message after the other when they come at once", async () => {
  using stream = new ZlibStream();
  const bench = new TransportBench("zlib-stream");
  const { socket, said } = bench;
  socket.open();
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (let s = 1; s <= 300; s += 1) {
    const content = HOSTILE[s % HOSTILE.length];
    frames.push(...inFrames(await stream.add(JSON.stringify({ t: "X", s, op: 0, d: { content } })), 700));
  }
  for (const frame of frames) socket.frame(frame);
  await bench.until(301);
  assertEquals(said, ["opened", ...Array.from({ length: 300 }, (_, index) => `s ${index + 1}`)]);
});

/** What users may write to look like the border of two messages. */
const HOSTILE = ['}{"t":', '"}{"t":"X"', "}{", '\\"}{"t":', "\u2028}{", '{"t":{', "\\", '"', "é漢🐍"];

Deno.test("Transport lets promises get on between the messages of one batch", async () => {
  using stream = new ZlibStream();
  const bench = new TransportBench("zlib-stream");
  const seen: (number | null)[] = [];
  let next = Promise.withResolvers<number | null>();
  bench.onReceived = (s) => next.resolve(s);
  const waiting = (async () => {
    while (seen.length < 20) {
      next = Promise.withResolvers();
      seen.push(await (async () => await next.promise)());
    }
  })();
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (let s = 1; s <= 20; s += 1) frames.push(await stream.add(`{"op":0,"t":"X","s":${s}}`));
  bench.socket.open();
  for (const frame of frames) bench.socket.frame(frame);
  await waiting;
  assertEquals(seen, Array.from({ length: 20 }, (_, index) => index + 1));
  await bench.transport.close(1000, "");
});

Deno.test("Transport gives a loop that is left time to begin another wait within one batch", async () => {
  const events = new Dispatcher<Record<number, number>>();
  const createInflater = (): Inflater => ({ inflate: (bytes) => Promise.resolve(bytes), close() {} });
  const bench = new TransportBench("zstd-stream", { createInflater });
  bench.onReceived = (s) => s !== null && events.dispatch(s, s);
  const seen = (async () => {
    {
      await using first = events.events(1);
      for await (const _ of first) break;
    }
    return [await events.waitFor(2), await events.waitFor(3)];
  })();
  for (const s of [0, 1, 2, 3]) bench.socket.frame(new TextEncoder().encode(`{"op":0,"t":"X","s":${s}}`));
  await bench.until(4);
  events.close();
  assertEquals(await seen, [2, 3]);
  await bench.transport.close(1000, "");
});

Deno.test("Transport stops in the middle of a batch when a payload makes its listener leave (SM-0)", async () => {
  const createInflater = (): Inflater => ({ inflate: (bytes) => Promise.resolve(bytes), close() {} });
  const bench = new TransportBench("zstd-stream", { createInflater });
  bench.onReceived = (s) => s === 2 && bench.transport.close(4900, "enough");
  bench.socket.open();
  for (const s of [0, 1, 2, 3]) bench.socket.frame(new TextEncoder().encode(`{"op":0,"t":"X","s":${s}}`));
  for (let turn = 0; turn < 10; turn += 1) await settle();
  assertEquals(bench.said, ["opened", "s 0", "s 1", "s 2"]);
});

Deno.test("Transport keeps a character whole whose bytes come in two frames (Z-7)", async () => {
  // Passes everything on but the mark at the end of a message.
  const createInflater = (): Inflater => ({
    inflate: (bytes) => bytes.at(-1) === 0xff ? bytes.slice(0, -4) : bytes,
    close() {},
  });
  const bench = new TransportBench("zlib-stream", { createInflater });
  bench.socket.open();
  const bytes = new TextEncoder().encode('{"op":0,"t":"X","s":1,"d":"漢"}');
  for (let cut = 1; cut < bytes.length; cut += 1) {
    bench.socket.frame(bytes.slice(0, cut));
    await settle();
    bench.socket.frame(new Uint8Array([...bytes.slice(cut), 0, 0, 0xff, 0xff]));
    await settle();
  }
  assertEquals(bench.data, Array.from({ length: bytes.length - 1 }, () => "漢"));
});

Deno.test("Transport takes a flush that brings nothing for nothing (Z-2)", async () => {
  using stream = new ZlibStream();
  const bench = new TransportBench("zlib-stream");
  bench.socket.open();
  for (const s of [1, 2]) {
    bench.socket.frame(await stream.add(`{"op":0,"t":"X","s":${s}}`));
    await bench.until(1 + s);
    bench.socket.frame(new Uint8Array([0, 0, 0, 0xff, 0xff]));
  }
  bench.socket.end(4000);
  await bench.until(4);
  assertEquals(bench.said, ["opened", "s 1", "s 2", "closed 4000"]);
});

Deno.test("Transport reads nothing that comes after the end, though the inflater is still at work (SM-0)", async () => {
  const inflater = new SlowInflater();
  const { socket, said } = new TransportBench("zstd-stream", { createInflater: () => inflater });
  socket.open();
  socket.frame(new TextEncoder().encode('{"op":0,"t":"X","s":1}'));
  socket.end(4000);
  socket.dispatch("X", 2);
  socket.end(4004);
  inflater.release();
  await settle();
  assertEquals(said, ["opened", "s 1", "closed 4000"]);
});

Deno.test("Transport calls itself garbled when a batch is no row of JSON objects (SM-18)", async () => {
  using stream = new ZlibStream();
  const bench = new TransportBench("zlib-stream");
  bench.socket.open();
  const frames = [];
  for (const text of ['{"op":11}', '{"op":11', "1"]) frames.push(await stream.add(text));
  for (const frame of frames) bench.socket.frame(frame);
  await bench.until(3);
  assertEquals(bench.said, ["opened", "op 11", "garbled: A message is not JSON"]);
});

Deno.test("Transport lets timers get on while a burst is read one by one, and leaves none behind", async () => {
  const clock = new VirtualClock();
  let now = 0;
  const waits: number[] = [];
  const slowClock = {
    now: () => now += 1, // To look at it takes a millisecond.
    wallNow: () => 0,
    setTimeout: (callback: () => void, delayMs: number) => {
      waits.push(delayMs);
      return clock.setTimeout(callback, delayMs);
    },
  };
  const bench = new TransportBench(undefined, { clock: slowClock });
  for (let s = 1; s <= 100; s += 1) bench.socket.dispatch("X", s);
  await settle();
  assert(bench.said.length > 2 && bench.said.length < 20, String(bench.said.length));
  assertEquals([waits, clock.pendingTimers], [[0], 1]);
  await clock.advance(0);
  assertEquals(bench.said, Array.from({ length: 100 }, (_, index) => `s ${index + 1}`));
  assert(waits.length > 5 && waits.length < 20, String(waits.length));
  for (let s = 1; s <= 100; s += 1) bench.socket.dispatch("X", s);
  await settle();
  assertEquals(clock.pendingTimers, 1);
  bench.socket.isAlive = false;
  const closing = bench.transport.close(4900, "");
  assertEquals(clock.pendingTimers, 1); // That of the close.
  bench.socket.end(4900);
  await closing;
  assertEquals(clock.pendingTimers, 0);
});
