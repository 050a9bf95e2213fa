import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { deflateSync } from "node:zlib";
import type { Inflater } from "../../gateway/inflater.ts";
import { StreamInflater } from "../../gateway/stream_inflater.ts";
import { Transport } from "../../gateway/transport.ts";
import { settle, VirtualClock } from "../../testing/virtual_clock.ts";
import type { FakeSocket } from "./fake_gateway.ts";
import { SILENT, SlowInflater, TransportBench } from "./transport_bench.ts";
import { inFrames, ZlibStream } from "./zlib_stream.ts";

Deno.test("Transport asks for whole buffers before anything can come (WS-7)", () => {
  const { socket } = new TransportBench();
  assertEquals(socket.url, "ws://gateway/?v=10");
  assertEquals(socket.binaryType, "arraybuffer");
});

Deno.test("Transport says opened, each payload, and closed, in order", async () => {
  const { socket, said } = new TransportBench();
  socket.open();
  socket.hello();
  socket.dispatch("READY", 1);
  socket.dispatch("MESSAGE_CREATE", 2);
  socket.end(4000, "Unknown error");
  await settle();
  assertEquals(said, ["opened", "op 10", "s 1", "s 2", "closed 4000 Unknown error"]);
});

Deno.test("Transport hands on each message as text too, before it is delivered", async () => {
  const texts: string[] = [];
  const bench = new TransportBench(undefined, {
    receiveText: (text, { s }) => texts.push(`${text} (s ${s}, ${bench.said.length} said)`),
  });
  bench.socket.open();
  const text = '{"t":"MESSAGE_CREATE", "s":7,"op":0,"d":{"id":"1"}}';
  bench.socket.frame(text);
  await settle();
  assertEquals(texts, [`${text} (s 7, 1 said)`]);
});

const ENDINGS: readonly (readonly [how: string, end: (socket: FakeSocket) => void])[] = [
  ["error only", (socket) => socket.fail()],
  ["close only", (socket) => socket.end(1006)],
  ["error and close", (socket) => (socket.fail(), socket.end(1006))],
  ["close and error", (socket) => (socket.end(1006), socket.fail())],
  ["close with code 0", (socket) => socket.end(0)],
  ["close with code 1005", (socket) => socket.end(1005)],
];

for (const [how, end] of ENDINGS) {
  Deno.test(`Transport says closed once, with 1006, when a handshake fails with ${how} (WS-4, WS-5)`, async () => {
    const { socket, said } = new TransportBench();
    end(socket);
    await settle();
    assertEquals(said, ["closed 1006"]);
  });
}

Deno.test("Transport says nothing more after the end (SM-0)", async () => {
  const { socket, said } = new TransportBench();
  socket.open();
  socket.end(1001);
  socket.dispatch("MESSAGE_CREATE", 2);
  socket.end(4004);
  socket.open();
  await settle();
  assertEquals(said, ["opened", "closed 1001"]);
});

Deno.test("Transport says nothing more once it was told to close (SM-0, WS-3)", async () => {
  const { socket, said, transport } = new TransportBench();
  socket.open();
  socket.isAlive = false;
  const closing = transport.close(4900, "bye");
  assertEquals(socket.closedWith, { code: 4900, reason: "bye" });
  socket.dispatch("MESSAGE_CREATE", 2);
  socket.frame("not JSON");
  socket.fail();
  socket.end(4004);
  await closing;
  assertEquals(said, ["opened"]);
});

Deno.test("Transport stops in the middle when a payload makes its listener leave (SM-0)", async () => {
  const bench = new TransportBench();
  bench.onReceived = (s) => s === 1 && bench.transport.close(4900, "enough");
  bench.socket.open();
  for (const s of [1, 2, 3]) bench.socket.dispatch("X", s);
  await settle();
  assertEquals(bench.said, ["opened", "s 1"]);
});

Deno.test("Transport.close resolves when the socket has ended, and leaves no timer (WS-10)", async () => {
  const { socket, transport, clock } = new TransportBench();
  socket.open();
  await transport.close(1000, "");
  assertEquals(socket.readyState, 3);
  assertEquals(clock.pendingTimers, 0);
  assertEquals(clock.now(), 0);
});

Deno.test("Transport.close gives up after two seconds towards a dead peer (WS-3)", async () => {
  const { socket, transport, clock } = new TransportBench();
  socket.open();
  socket.isAlive = false;
  await clock.runUntil(transport.close(4900, ""));
  assertEquals(clock.now(), 2_000);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Transport.close ends a socket that is still connecting (WS-2)", async () => {
  const { socket, transport, clock, said } = new TransportBench();
  await transport.close(4900, "");
  assertEquals([socket.readyState, clock.pendingTimers, said], [3, 0, []]);
});

Deno.test("Transport.close does nothing to a socket that has ended by itself", async () => {
  const { socket, transport, clock } = new TransportBench();
  socket.open();
  socket.end(4000);
  await transport.close(1000, "");
  assertEquals([socket.closedWith, clock.pendingTimers], [undefined, 0]);
});

Deno.test("Transport.close closes a socket that has said only error, and does not wait for it (WS-5)", async () => {
  const { socket, transport, clock } = new TransportBench();
  socket.open();
  socket.isAlive = false;
  socket.fail();
  await transport.close(4900, "");
  assertEquals([socket.closedWith?.code, clock.pendingTimers], [4900, 0]);
});

Deno.test("Transport.send hands text to an open socket", () => {
  const { socket, transport } = new TransportBench();
  socket.open();
  assertEquals(transport.send('{"op":1,"d":null}'), true);
  assertEquals(socket.sent, ['{"op":1,"d":null}']);
});

for (const [state, name] of [[0, "connecting"], [2, "closing"], [3, "closed"]] as const) {
  Deno.test(`Transport.send takes a socket that is ${name} for a lost connection (HB-14, WS-8)`, async () => {
    const { socket, transport, said } = new TransportBench();
    socket.readyState = state;
    assertEquals(transport.send("x"), false);
    assertEquals(said, []); // Not in the middle of what the caller does.
    await settle();
    assertEquals(said.length, 1);
    assertStringIncludes(said[0] ?? "", "closed 1006");
    assertEquals(socket.sent, []);
  });
}

Deno.test("Transport takes what is not JSON, no payload, or no frame, for the end (SM-18)", async () => {
  for (const frame of ["<html>", '{"op":"0"}', new TextEncoder().encode("[1]")]) {
    const { socket, said } = new TransportBench();
    socket.open();
    socket.frame(frame);
    socket.dispatch("X", 1);
    socket.end(4000);
    await settle();
    assertEquals(said.length, 2);
    assertStringIncludes(said[1] ?? "", "garbled: ");
  }
  const { socket, said } = new TransportBench();
  socket.open();
  socket.onmessage?.(new MessageEvent("message", { data: new Blob(["{}"]) }));
  await settle();
  assertStringIncludes(said[1] ?? "", "garbled: ");
});

Deno.test("Transport does not quote what it could not read: it may be anything", async () => {
  const { socket, said } = new TransportBench();
  socket.frame('a.b.c {"token":"a.b.c"');
  await settle();
  assertEquals(said.join().includes("a.b.c"), false);
});

Deno.test("Transport reads bytes as text where nothing is compressed (ENV-6)", async () => {
  const { socket, said } = new TransportBench();
  socket.open();
  socket.frame(new TextEncoder().encode('{"op":11}'));
  socket.hello();
  await settle();
  assertEquals(said, ["opened", "op 11", "op 10"]);
});

Deno.test("Transport inflates in order, and says how it ended only after what came before (Z-8)", async () => {
  using stream = new ZlibStream();
  const bench = new TransportBench("zlib-stream");
  const { socket, said } = bench;
  const frames: Uint8Array<ArrayBuffer>[] = [];
  const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
  for (const s of numbers) {
    const pad = "é".repeat(s % 7 === 0 ? 30_000 : s);
    frames.push(...inFrames(await stream.add(JSON.stringify({ op: 0, t: "X", s, d: { pad } })), 13));
  }
  socket.open();
  for (const frame of frames) socket.frame(frame);
  socket.end(4009, "Session timed out");
  await bench.until(numbers.length + 2);
  assertEquals(said, ["opened", ...numbers.map((s) => `s ${s}`), "closed 4009 Session timed out"]);
});

Deno.test("Transport takes text in a compressed connection, in its place (ENV-6)", async () => {
  using stream = new ZlibStream();
  const bench = new TransportBench("zlib-stream");
  const { socket, said, transport } = bench;
  socket.open();
  socket.frame(await stream.add('{"op":0,"t":"X","s":1}'));
  socket.dispatch("X", 2);
  socket.frame(await stream.add('{"op":0,"t":"X","s":3}'));
  await bench.until(4);
  assertEquals(said, ["opened", "s 1", "s 2", "s 3"]);
  await transport.close(1000, "");
});

Deno.test("Transport takes a frame that can't be inflated for the end (Z-6, SM-18)", async () => {
  using stream = new ZlibStream();
  const bench = new TransportBench("zlib-stream");
  const { socket, said } = bench;
  socket.open();
  socket.frame(await stream.add('{"op":0,"t":"X","s":1}'));
  socket.frame(new Uint8Array([0xfe, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0xff, 0xff]));
  socket.dispatch("X", 2);
  await bench.until(3);
  assertEquals(said.slice(0, 2), ["opened", "s 1"]);
  assertStringIncludes(said[2] ?? "", "garbled: ");
  // It becomes the reason of a close, for which a WebSocket takes 123 bytes (WS-1).
  assert(new TextEncoder().encode(said[2]?.slice("garbled: ".length)).length <= 123);
});

Deno.test("Transport forgets what waits for the inflater when it is told to close (SM-0)", async () => {
  using stream = new ZlibStream();
  const createInflater = (): Inflater => new StreamInflater();
  const { socket, said, transport } = new TransportBench("zlib-stream", { createInflater });
  socket.open();
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (const s of [1, 2, 3]) frames.push(await stream.add(`{"op":0,"t":"X","s":${s}}`));
  for (const frame of frames) socket.frame(frame);
  await transport.close(4900, "");
  for (let turn = 0; turn < 5; turn += 1) await settle();
  assertEquals(said, ["opened"]);
});

Deno.test("Transport frees its inflater however the connection ends (Z-9)", async () => {
  let freed = 0;
  const createInflater = (): Inflater => ({ inflate: (bytes) => bytes, close: () => freed += 1 });
  const endings: readonly ((bench: TransportBench) => unknown)[] = [
    ({ socket }) => socket.end(1006),
    ({ socket }) => socket.fail(),
    ({ socket }) => socket.frame("garbage"),
    ({ transport }) => transport.close(4900, ""),
  ];
  for (const [index, end] of endings.entries()) {
    await end(new TransportBench("zlib-stream", { createInflater }));
    await settle();
    assertEquals(freed, index + 1);
  }
  const { clock } = new TransportBench();
  const options = { createWebSocket: refuse, clock, compression: "zlib-stream", createInflater } as const;
  assertThrows(() => new Transport("x", SILENT, options), SyntaxError);
  assertEquals(freed, endings.length + 1);
});

function refuse(): never {
  throw new SyntaxError("no such scheme");
}

Deno.test("Transport throws what createWebSocket throws", () => {
  const options = { createWebSocket: refuse, clock: new VirtualClock(), compression: undefined };
  assertThrows(() => new Transport("x", SILENT, options), SyntaxError, "no such scheme");
});

Deno.test("Transport is told to reconnect when more bytes wait for the inflater than may (frameQueueBytes)", async () => {
  const inflater = new SlowInflater();
  const { socket, said } = new TransportBench("zlib-stream", {
    createInflater: () => inflater,
    frameQueueBytes: 100,
  });
  socket.open();
  socket.frame(new Uint8Array(5_000)); // One alone may be of any size (ENV-7), and it is under way already.
  socket.frame(new Uint8Array(1_000));
  assertEquals(said, ["opened"]);
  socket.frame(new Uint8Array(1));
  assertEquals(said, ["opened", "garbled: Frames come faster than they are inflated"]);
  inflater.release();
  await settle();
  assertEquals([said.length, inflater.sizes], [2, [5_000]]);
});

Deno.test("Transport counts no longer what the inflater has taken (frameQueueBytes)", async () => {
  const inflater = new SlowInflater();
  const { socket, said } = new TransportBench("zlib-stream", {
    createInflater: () => inflater,
    frameQueueBytes: 100,
  });
  socket.open();
  for (let round = 0; round < 10; round += 1) {
    socket.frame(new Uint8Array(60));
    inflater.release();
    await settle();
  }
  assertEquals(said, ["opened"]);
});

Deno.test("Transport.send takes a line whose bytes do not leave for lost (WS-8)", async () => {
  const { socket, said, transport } = new TransportBench();
  socket.open();
  socket.bufferedAmount = 120 * 4_096;
  assertEquals(transport.send("x"), true);
  socket.bufferedAmount += 1;
  assertEquals(transport.send("y"), false);
  await settle();
  assertEquals(said, ["opened", "closed 1006 The line is stuck: nothing that was sent leaves"]);
  assertEquals(socket.sent, ["x"]);
});

Deno.test("Transport inflates a message that is a zlib blob by itself, between plain ones (Z-1, ENV-6)", async () => {
  const bench = new TransportBench();
  const { socket, said } = bench;
  socket.open();
  const pad = "漢字".repeat(40_000);
  for (const s of [1, 2, 3, 4]) {
    const text = JSON.stringify({ op: 0, t: "X", s, d: { pad } });
    if (s % 2 === 0) socket.frame(new Uint8Array(deflateSync(text)));
    else socket.frame(text);
  }
  socket.frame(new TextEncoder().encode('{"op":11}'));
  await bench.until(6);
  assertEquals(said, ["opened", "s 1", "s 2", "s 3", "s 4", "op 11"]);
});

Deno.test("Transport takes a zlib blob that is corrupt or cut off for the end (Z-1, Z-6)", async () => {
  const blob = new Uint8Array(deflateSync('{"op":0,"t":"X","s":1}'));
  for (const frame of [blob.slice(0, 8), blob.with(6, 0xff), new Uint8Array([0x78])]) {
    const bench = new TransportBench();
    bench.socket.frame(frame);
    await bench.until(1);
    assertStringIncludes(bench.said.join(), "garbled: ");
  }
});
