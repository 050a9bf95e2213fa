// How a shard's connection is compressed, and what it does when frames come faster than it inflates them.
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Inflater, TransportCompression } from "../../gateway/inflater.ts";
import { NodeInflater } from "../../gateway/node_inflater.ts";
import type { ShardOptions } from "../../gateway/shard_options.ts";
import { settle } from "../../testing/virtual_clock.ts";
import { ShardBench, TOKEN } from "./shard_bench.ts";
import { ZlibStream } from "./zlib_stream.ts";

/** An inflater that passes messages on until it is held. */
class Gate implements Inflater {
  isHeld = false;
  closed = 0;

  async inflate(bytes: Uint8Array): Promise<Uint8Array> {
    if (this.isHeld) await new Promise(() => {});
    return bytes;
  }

  close(): void {
    this.closed += 1;
  }
}

const bytesOf = (payload: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify(payload));

Deno.test("Shard reconnects and resumes when more bytes wait for the inflater than may (frameQueueBytes)", async () => {
  const gates: Gate[] = [];
  const createInflater = (): Gate => {
    const gate = new Gate();
    gates.push(gate);
    return gate;
  };
  await using bench = new ShardBench({ compression: "zstd-stream", createInflater, frameQueueBytes: 1_000 });
  const reasons: unknown[] = [];
  bench.shard.dispatcher.listen(
    "clientDisconnect",
    ({ resumable, reason }) => reasons.push([resumable, reason]),
  );
  bench.shard.start();
  const probe = gates.length; // One was made to see whether the compression can be undone.
  bench.socket.open();
  bench.socket.frame(bytesOf({ op: 10, d: { heartbeat_interval: 41_250 } }));
  await bench.settle();
  const d = { session_id: "abc", resume_gateway_url: "wss://r.discord.gg" };
  bench.socket.frame(bytesOf({ op: 0, s: 7, t: "READY", d }));
  await bench.settle();
  const [gate] = gates.slice(probe - 1);
  if (gate !== undefined) gate.isHeld = true;
  const first = bench.socket;
  for (let s = 8; s < 12; s += 1) first.frame(new Uint8Array(600));
  assertEquals(first.closedWith?.code, 4900);
  assertEquals(reasons, [[true, "Frames come faster than they are inflated"]]);
  await bench.reconnect();
  bench.socket.open();
  bench.socket.frame(bytesOf({ op: 10, d: { heartbeat_interval: 41_250 } }));
  await bench.settle();
  const resume = bench.socket.commands.find(({ op }) => op === 6)?.d;
  assertEquals(resume, { token: TOKEN, session_id: "abc", seq: 7 });
  assertEquals(gates.slice(0, -1).every(({ closed }) => closed > 0), true);
});

Deno.test("Shard reconnects and resumes when what it sends does not leave (WS-8)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  bench.socket.bufferedAmount = 10_000_000;
  const sent = bench.shard.send({ op: 3, d: null });
  await bench.settle();
  await bench.reconnect();
  await bench.greet();
  bench.socket.dispatch("RESUMED", 2);
  await sent;
  assertEquals(bench.socket.opcodes.filter((op) => op === 6 || op === 3), [6, 3]);
});

for (const compression of ["zlib-stream", "zstd-stream"] as const) {
  Deno.test(`Shard asks for ${compression} and reads it (Z-2, Z-5)`, async () => {
    // By its own inflater for zstd, Deno's shard asks for none: see below.
    const createInflater = compression === "zlib-stream" ? undefined : { createInflater: nodeZstd };
    await using bench = new ShardBench({ compression, ...createInflater });
    bench.shard.start();
    using stream = new ZlibStream(compression satisfies TransportCompression);
    assertEquals(new URL(bench.socket.url).searchParams.get("compress"), compression);
    bench.socket.open();
    bench.socket.frame(await stream.add('{"op":10,"d":{"heartbeat_interval":41250}}'));
    for (let turn = 0; turn < 50 && bench.socket.sent.length === 0; turn += 1) await settle();
    assertEquals(bench.socket.opcodes, [2]);
  });
}

Deno.test("Shard reads a connection whose inflater is the user's own", async () => {
  await using bench = new ShardBench({ compression: "zstd-stream", createInflater: () => new Gate() });
  bench.shard.start();
  bench.socket.open();
  bench.socket.frame(bytesOf({ op: 10, d: { heartbeat_interval: 41_250 } }));
  await bench.settle();
  assertEquals(bench.socket.opcodes, [2]);
});

Deno.test("Shard refuses options of compression that can't be right, before it connects (Z-10)", () => {
  const refused:
    readonly (readonly [Record<string, unknown>, typeof TypeError | typeof RangeError, string])[] = [
      [{ compression: "gzip" }, TypeError, "compression"],
      [{ compression: "zlib-stream", createInflater: {} }, TypeError, "createInflater"],
      [{ compression: "zstd-stream", createInflater: refuse }, TypeError, "no zstd here"],
      ...[0, -1, 1.5, NaN, Infinity, "1"].map((value) =>
        [{ frameQueueBytes: value }, RangeError, "frameQueueBytes"] as const
      ),
    ];
  for (const [options, kind, text] of refused) {
    assertThrows(() => new ShardBench(options as Partial<ShardOptions>), kind, text);
  }
});

Deno.test("Shard refuses zstd-stream when it is made, where corrupt data would end the process", () => {
  assertThrows(() => new ShardBench({ compression: "zstd-stream" }), TypeError, "Use zlib-stream");
});

for (const compression of [undefined, "zlib-stream"] as const) {
  Deno.test(`Shard reconnects and resumes at a message above maxMessageBytes, ${compression ?? "not"} compressed (ENV-7)`, async () => {
    await using bench = new ShardBench({ maxMessageBytes: 10_000, ...(compression && { compression }) });
    bench.shard.start();
    using stream = new ZlibStream("zlib-stream");
    const send = async (text: string): Promise<void> => {
      bench.socket.frame(compression === undefined ? text : await stream.add(text));
      for (let turn = 0; turn < 20; turn += 1) await settle();
    };
    bench.socket.open();
    await send('{"op":10,"d":{"heartbeat_interval":41250}}');
    await send('{"t":"READY","s":1,"op":0,"d":{"v":10,"session_id":"abc"}}');
    await send(`{"t":"A","s":2,"op":0,"d":"${"a".repeat(9_900)}"}`);
    assertEquals(bench.shard.status().sequence, 2);
    await send(`{"t":"B","s":3,"op":0,"d":"${"a".repeat(9_999)}"}`);
    assertEquals(bench.socket.closedWith?.code, 4900);
    assertEquals([bench.shard.status().sequence, bench.shard.state], [2, "backoff"]);
  });
}

Deno.test("Shard counts bytes as they came and as they were inflated", async () => {
  await using bench = new ShardBench({ compression: "zlib-stream" });
  bench.shard.start();
  using stream = new ZlibStream("zlib-stream");
  bench.socket.open();
  const texts = [
    '{"op":10,"d":{"heartbeat_interval":41250}}',
    `{"t":"A","s":2,"op":0,"d":"${"a".repeat(5_000)}"}`,
  ];
  let bytes = 0;
  for (const text of texts) {
    const frame = await stream.add(text);
    bytes += frame.length;
    bench.socket.frame(frame);
  }
  for (let turn = 0; turn < 20; turn += 1) await settle();
  const { bytesReceived, bytesInflated } = bench.shard.status();
  assertEquals([bytesReceived, bytesInflated], [bytes, texts.join("").length]);
  assert(bytesReceived < bytesInflated / 10);
});

function nodeZstd(): Inflater {
  return new NodeInflater("createZstdDecompress");
}

function refuse(): never {
  throw new TypeError("no zstd here");
}
