import { assertEquals, assertFalse, assertLessOrEqual, assertRejects } from "@std/assert";
import { ShardBench, TOKEN } from "./shard_bench.ts";

Deno.test("Shard.send waits for READY and keeps the order (TX-4, TX-8)", async () => {
  await using bench = new ShardBench();
  const sent = [1, 2, 3].map((d) => bench.shard.send({ op: 3, d }));
  const connected = bench.shard.connect();
  await bench.greet();
  assertEquals(bench.commands, []);
  assertEquals(bench.shard.status().queued, 3);
  bench.socket.ready();
  await Promise.all([connected, ...sent]);
  assertEquals(bench.socket.opcodes, [2, 3, 3, 3]);
  assertEquals(bench.commands, [1, 2, 3]);
});

Deno.test("Shard.send goes out at once while the shard is ready, after what waits", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  await bench.shard.send({ op: 3, d: 1 });
  assertEquals(bench.commands, [1]);
});

Deno.test("Shard.send waits for RESUMED on a new connection, in order (RS-4, TX-5, SM-11)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  bench.socket.end(1006);
  const sent = [1, 2].map((d) => bench.shard.send({ op: 3, d }));
  await bench.reconnect();
  await bench.greet();
  const later = bench.shard.send({ op: 3, d: 3 });
  bench.socket.dispatch("MESSAGE_CREATE", 2); // The replay is no reason to send.
  assertEquals(bench.commands, []);
  bench.socket.dispatch("RESUMED", 3);
  await Promise.all([...sent, later]);
  assertEquals(bench.commands, [1, 2, 3]);
});

Deno.test("Shard.send holds what is beyond 116 in a minute, while heartbeats pass (TX-1, TX-3, HB-12)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  for (let d = 0; d < 300; d += 1) bench.shard.send({ op: 3, d });
  await bench.settle();
  assertEquals(bench.commands.length, 115); // And IDENTIFY.
  await bench.clock.advance(41_250 / 2);
  assertEquals(bench.socket.opcodes.at(-1), 1);
  bench.socket.receive({ op: 11 });
  bench.socket.receive({ op: 1 });
  await bench.settle();
  assertEquals(bench.socket.opcodes.slice(-2), [1, 1]);
  for (let second = 0; second < 180; second += 1) {
    await bench.clock.advance(1_000);
    bench.socket.receive({ op: 11 });
  }
  assertEquals(bench.commands, Array.from({ length: 300 }, (_, d) => d));
});

Deno.test("Shard sends no more than 120 payloads in any minute, beats and all (TX-1, TX-2)", async () => {
  await using bench = new ShardBench();
  const at: number[] = [];
  bench.shard.dispatcher.listen("sent", () => at.push(bench.clock.now()));
  await bench.ready();
  for (let d = 0; d < 900; d += 1) bench.shard.send({ op: 3, d }).catch(() => {}); // Not all get through.
  for (let second = 0; second < 300; second += 1) {
    await bench.clock.advance(1_000);
    bench.socket.receive({ op: 11 });
    if (second % 60 === 30) bench.socket.receive({ op: 1 });
  }
  for (const [index, end] of at.entries()) {
    const inMinute = at.slice(0, index + 1).filter((instant) => instant > end - 60_000).length;
    assertLessOrEqual(inMinute, 120);
  }
  assertEquals(bench.socket.sent.length, at.length);
});

Deno.test("Shard.send starts with an empty window on a new connection (TX-5)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  for (let d = 0; d < 200; d += 1) bench.shard.send({ op: 3, d });
  assertEquals(bench.commands.length, 115);
  await bench.resume(2);
  assertEquals(bench.commands.length, 85);
  assertEquals(bench.commands[0], 115);
});

Deno.test("Shard.send refuses more than 4096 bytes and touches nothing (TX-6)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  await assertRejects(() => bench.shard.send({ op: 8, d: "x".repeat(4_096) }), RangeError, "4096 bytes");
  assertEquals(bench.commands, []);
  await bench.shard.send({ op: 8, d: "x".repeat(4_081) });
});

Deno.test("Shard.send refuses IDENTIFY and RESUME: those are the shard's own", async () => {
  const { shard } = new ShardBench();
  for (const op of [2, 6]) {
    await assertRejects(() => shard.send({ op, d: { token: TOKEN } }), TypeError, "connect()");
  }
});

Deno.test("Shard.send throws when as many wait as may, and says which option to raise (TX-7)", async () => {
  await using bench = new ShardBench({ sendQueueLimit: 3 });
  const waiting = [1, 2, 3].map((d) => assertRejects(() => bench.shard.send({ op: 3, d }), DOMException));
  await assertRejects(() => bench.shard.send({ op: 3, d: 4 }), RangeError, "sendQueueLimit");
  await bench.shard.close();
  await Promise.all(waiting);
});

Deno.test("Shard.send can be aborted while it waits, and the rest goes on (TX-7)", async () => {
  await using bench = new ShardBench();
  const controller = new AbortController();
  const first = bench.shard.send({ op: 3, d: 1 });
  const second = bench.shard.send({ op: 3, d: 2 }, { signal: controller.signal });
  const third = bench.shard.send({ op: 3, d: 3 });
  controller.abort(new Error("never mind"));
  await assertRejects(() => second, Error, "never mind");
  await bench.ready();
  await Promise.all([first, third]);
  assertEquals(bench.commands, [1, 3]);
});

Deno.test("Shard.send leaves no alarm when all that waited has been aborted (WS-10)", async () => {
  const bench = new ShardBench();
  await bench.ready();
  const controller = new AbortController();
  for (let d = 0; d < 120; d += 1) {
    bench.shard.send({ op: 3, d }, { signal: controller.signal }).catch(() => {});
  }
  controller.abort();
  await bench.shard.close();
  assertEquals(bench.clock.pendingTimers, 0);
});

Deno.test("Shard.send rejects when the shard is closed, and when it fails (BO-5, TX-7)", async () => {
  const closed = new ShardBench();
  const waiting = assertRejects(() => closed.shard.send({ op: 3, d: 1 }), DOMException, "closed");
  await closed.shard.close();
  await waiting;
  await assertRejects(() => closed.shard.send({ op: 3, d: 1 }), TypeError, "closed");
  const failed = new ShardBench();
  failed.shard.start();
  const lost = assertRejects(() => failed.shard.send({ op: 3, d: 1 }), Error, "token");
  await failed.greet();
  failed.socket.end(4004);
  await lost;
});

Deno.test("Shard.send keeps a payload that met a closing socket for the next connection (WS-8, TX-5)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  bench.socket.readyState = 2; // The other end has begun to close: sending would be silent loss.
  const sent = bench.shard.send({ op: 3, d: 1 });
  await bench.settle();
  assertEquals(bench.seen.at(-1), "disconnect");
  await bench.reconnect();
  await bench.greet();
  bench.socket.dispatch("RESUMED", 2);
  await sent;
  assertEquals(bench.commands, [1]);
});

Deno.test("Shard.updatePresence sends, and is in the next IDENTIFY (TX-11)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  const presence = { since: null, activities: [], status: "dnd", afk: false } as const;
  await bench.shard.updatePresence({ ...presence, activities: [] });
  assertEquals(bench.socket.commands.at(-1), { op: 3, d: presence });
  bench.socket.end(4009);
  await bench.reconnect();
  await bench.greet();
  await bench.clock.advance(6_000);
  const identify = bench.socket.commands.find(({ op }) => op === 2);
  assertEquals((identify?.d as { presence: unknown }).presence, presence);
});

Deno.test("Shard.updateVoiceState sends what goes on the wire, and nothing else (§4.1)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  const state = { channel_id: null, self_mute: true, self_deaf: false, extra: 1 };
  await bench.shard.updateVoiceState(123456789012345678n, state);
  assertEquals(bench.socket.commands.at(-1), {
    op: 4,
    d: { guild_id: "123456789012345678", channel_id: null, self_mute: true, self_deaf: false },
  });
});

Deno.test("Shard shows what it sent without the token (TX-10)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  await bench.shard.send({ op: 3, d: 1 });
  await bench.resume(2);
  await bench.clock.advance(41_250);
  assertEquals(bench.shown.map(({ op }) => op), [2, 3, 6, 1]);
  assertFalse(JSON.stringify(bench.shown).includes(TOKEN));
  assertEquals(bench.gateway.sockets.map(({ sent }) => sent.join().includes(TOKEN)), [true, true]);
});
