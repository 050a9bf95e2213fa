import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { Decompressor } from "../../gateway/decompressor.ts";
import { Transport } from "../../gateway/transport.ts";
import { settle, VirtualClock } from "../../testing/virtual_clock.ts";
import type { ShardOptions } from "../../gateway/shard_options.ts";
import { FakeGateway, type FakeSocket } from "./fake_gateway.ts";
import { SessionBench } from "./session_bench.ts";
import { SILENT } from "./transport_bench.ts";
import { ShardBench, TOKEN } from "./shard_bench.ts";
import { ZlibStream } from "./zlib_stream.ts";

Deno.test("Shard sends each payload once when a listener of sent sends another (TX-4)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  let isFirst = true;
  const later: Promise<void>[] = [];
  bench.shard.dispatcher.listen("sent", () => {
    if (!isFirst) return;
    isFirst = false;
    later.push(bench.shard.send({ op: 3, d: "inner" }));
  });
  const sent = [1, 2].map((d) => bench.shard.send({ op: 3, d }));
  await Promise.all([...sent, ...later]);
  assertEquals(bench.commands.toSorted(), [1, 2, "inner"]);
});

Deno.test("Shard takes a send that throws for a lost connection (HB-14)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  bench.socket.sendError = new Error("broken pipe");
  await bench.clock.advance(25_000); // A heartbeat is due in between.
  assertEquals(bench.gateway.sockets.length, 2);
});

Deno.test("Shard never closes with 1000 a connection whose session it will resume (SEQ-8, BO-5)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  const first = bench.socket;
  first.fail(); // `error` comes while the socket still counts as open.
  await bench.reconnect();
  assert(first.closedWith?.code !== 1000, `closed with ${first.closedWith?.code}`);
});

Deno.test("Session does not take RESUMED for a session that it does not have (SM-21)", () => {
  for (const isPermitted of [false, true]) {
    const bench = new SessionBench();
    bench.on("start");
    bench.greet();
    if (isPermitted) bench.on("permitted");
    assertEquals(bench.dispatch("RESUMED", 1), ["deliver"]);
    assertEquals(bench.session.state, isPermitted ? "identifying" : "awaitingPermit");
  }
});

Deno.test("Shard keeps the share of heartbeats also when op 1 comes before HELLO (TX-3)", async () => {
  await using bench = new ShardBench();
  const connected = bench.shard.connect();
  bench.socket.open();
  bench.socket.receive({ op: 1 });
  await bench.greet();
  bench.socket.ready();
  await connected;
  for (let d = 0; d < 200; d += 1) bench.shard.send({ op: 3, d }).catch(() => {});
  assert(bench.socket.sent.length <= 116, String(bench.socket.sent.length));
});

Deno.test("Shard refuses a compression that it can't do when it is made (Z-10)", () => {
  for (const compression of ["gzip", "none", ""]) {
    const options: Record<string, unknown> = { compression };
    assertThrows(() => new ShardBench(options as Partial<ShardOptions>), TypeError, "compression");
  }
});

Deno.test("Shard survives a resumeUrl function that throws, and resumes on the base (URL-6)", async () => {
  await using bench = new ShardBench({
    resumeUrl: () => {
      throw new Error("no such host");
    },
  });
  await bench.ready();
  bench.socket.end(1006);
  await bench.reconnect();
  assertEquals(bench.gateway.urls[1], bench.gateway.urls[0]);
});

Deno.test("Transport.close resolves, and leaves no timer, when the socket's close throws (WS-1)", async () => {
  const gateway = new FakeGateway();
  const clock = new VirtualClock();
  const options = { createWebSocket: gateway.createWebSocket, clock, compression: undefined };
  const transport = new Transport("ws://x", SILENT, options);
  gateway.socket.open();
  await clock.runUntil(transport.close(4900, "é".repeat(100)));
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Decompressor gives nothing for an empty frame between messages (Z-2)", async () => {
  using stream = new ZlibStream();
  const decompressor = new Decompressor("zlib-stream");
  await decompressor.decompress(await stream.add("{}"));
  assertEquals(await decompressor.decompress(new Uint8Array(0)), undefined);
  decompressor.close();
});

Deno.test("Session tries one resume after 1000 also when it came while resuming (§8)", () => {
  const bench = SessionBench.resuming();
  bench.close(1000);
  bench.wake();
  bench.greet();
  assertEquals(bench.close(1006), ["disconnected 1006, will not resume"]);
});

Deno.test("Shard.connect does not stay pending when another connect is aborted (SM-23)", async () => {
  const bench = new ShardBench();
  const controller = new AbortController();
  const first = bench.shard.connect();
  const second = bench.shard.connect({ signal: controller.signal });
  let isSettled = false;
  first.then(() => {}, () => {}).then(() => isSettled = true);
  controller.abort();
  await assertRejects(() => second);
  await bench.clock.advance(600_000);
  assert(isSettled || bench.gateway.sockets.length > 1, "stopped, and the first connect is pending for ever");
});

Deno.test("Shard gives op 9 to rawDispatcher also when it is the last word (CC-2)", async () => {
  const bench = new ShardBench({ reconnect: false });
  await bench.ready();
  const seen: number[] = [];
  bench.shard.rawDispatcher.listen(9, ({ op }) => seen.push(op));
  bench.socket.receive({ op: 9, d: false });
  await bench.settle();
  assertEquals(seen, [9]);
});

Deno.test("Shard does not show the credentials of a URL that it refuses", () => {
  const error = assertThrows(() => new ShardBench({ gatewayUrl: "wss://user:hunter2@proxy" }), TypeError);
  assertInstanceOf(error, TypeError);
  assertEquals(error.message.includes("hunter2"), false);
});

Deno.test("Shard does not take an event named error for the failure of a listener (ENV-2)", async () => {
  await using bench = new ShardBench();
  const failures: unknown[] = [];
  bench.shard.eventDispatcher.listen("error", (failure) => failures.push(failure));
  await bench.ready();
  bench.socket.dispatch("error", 2, { error: TOKEN.length });
  await settle();
  assertEquals(failures, []);
});

/** When a shard tried, and what it said, while `count` handshakes in a row end as `strike` has it. */
async function attempts(
  count: number,
  strike: (socket: FakeSocket) => void,
): Promise<{ readonly waits: number[]; readonly seen: string[]; readonly opcodes: number[] }> {
  const at: number[] = [];
  const gateway = new FakeGateway();
  await using bench = new ShardBench({
    createWebSocket: (url) => {
      at.push(bench.clock.now());
      return gateway.createWebSocket(url);
    },
  });
  const connected = bench.shard.connect();
  for (let attempt = 0; attempt < count; attempt += 1) {
    await bench.settle();
    strike(gateway.socket);
    while (at.length <= attempt + 1) await bench.clock.advance(100);
  }
  gateway.socket.open();
  gateway.socket.hello();
  await bench.settle();
  gateway.socket.ready();
  await connected;
  const waits = at.slice(1).map((instant, attempt) => instant - (at[attempt] ?? NaN));
  const opcodes = gateway.sockets.flatMap((socket) => socket.opcodes);
  return { waits, seen: [...new Set(bench.seen)], opcodes };
}

Deno.test("Shard takes a refused handshake for a drop, however the runtime shows it, and backs off (WS-6, WS-4, WS-5)", async () => {
  const dropped = await attempts(5, (socket) => {
    socket.open();
    socket.end(1006);
  });
  assertEquals(dropped.waits, [500, 1_000, 2_000, 4_000, 8_000]);
  assertEquals(dropped.opcodes, [2]); // No session is spent on a line that never was.
  for (
    const refuse of [
      (socket: FakeSocket) => socket.fail(),
      (socket: FakeSocket) => socket.end(0),
      (socket: FakeSocket) => (socket.fail(), socket.end(1006)),
    ]
  ) {
    assertEquals(await attempts(5, refuse), dropped);
  }
});

Deno.test("Shard leaves no socket open when receiveText throws at length (WS-1)", async () => {
  let isBroken = false;
  await using bench = new ShardBench({
    receiveText: () => {
      if (isBroken) throw new TypeError("雪".repeat(200));
    },
  });
  await bench.ready();
  const { socket } = bench;
  isBroken = true;
  socket.dispatch("A", 2);
  await bench.settle();
  isBroken = false;
  assertEquals([socket.readyState, socket.closedWith?.code], [socket.CLOSED, 4900]);
});
