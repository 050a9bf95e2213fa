// What every inflater must do, and which one is chosen where.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import process from "node:process";
import { createInflate, type ZlibOptions } from "node:zlib";
import {
  canInflate,
  chooseCompression,
  createInflater,
  isTransportCompression,
} from "../../gateway/compression.ts";
import { Decompressor } from "../../gateway/decompressor.ts";
import type { Inflater, InflaterFactory, TransportCompression } from "../../gateway/inflater.ts";
import { NodeInflater } from "../../gateway/node_inflater.ts";
import { hasNodeInflater, isNode } from "../../gateway/node_zlib.ts";
import { StreamInflater } from "../../gateway/stream_inflater.ts";
import { canInflateNow, SyncInflater } from "../../gateway/sync_inflater.ts";
import { seededRandom } from "./seeded_random.ts";
import { inFrames, ZlibStream } from "./zlib_stream.ts";

/** Every inflater that there is, whether this runtime would choose it or not. */
const INFLATERS: readonly (readonly [string, TransportCompression, () => Inflater])[] = [
  ["StreamInflater", "zlib-stream", () => new StreamInflater()],
  ["SyncInflater for zlib", "zlib-stream", () => new SyncInflater()],
  ["NodeInflater for zlib", "zlib-stream", () => new NodeInflater("createInflate")],
  ["NodeInflater for zstd", "zstd-stream", () => new NodeInflater("createZstdDecompress")],
];

const text = (bytes: Uint8Array): string => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

for (const [name, format, create] of INFLATERS) {
  Deno.test(`${name} gives each message at once, also several megabytes (Z-2, Z-5, ENV-7)`, async () => {
    using stream = new ZlibStream(format);
    const inflater = create();
    const random = seededRandom(5);
    for (const size of [1, 10, 1_000, 100_000, 2_000_000, 0, 20, 800_000, 2]) {
      const noise = Array.from({ length: size / 10 }, () => random().toString(36).slice(2, 9));
      const message = noise.join().padEnd(size, "漢");
      assertEquals(text(await inflater.inflate(await stream.add(message))) === message, true, String(size));
    }
    inflater.close();
  });

  Deno.test(`${name} keeps what it knows from frame to frame, in parts of any size (Z-2)`, async () => {
    using stream = new ZlibStream(format);
    const inflater = create();
    for (const size of [1, 2, 7, 64]) {
      let message = "";
      const decoder = new TextDecoder();
      for (const frame of inFrames(await stream.add("the same words ".repeat(size)), size)) {
        message += decoder.decode(await inflater.inflate(frame), { stream: true });
      }
      assertEquals(message, "the same words ".repeat(size));
    }
    inflater.close();
  });

  Deno.test(`${name} inflates several messages in one go`, async () => {
    using stream = new ZlibStream(format);
    const inflater = create();
    const frames = [];
    for (let s = 0; s < 500; s += 1) frames.push(...await stream.add(`{"s":${s}}`));
    const all = text(await inflater.inflate(Uint8Array.from(frames)));
    assertEquals(all, Array.from({ length: 500 }, (_, s) => `{"s":${s}}`).join(""));
    inflater.close();
  });

  Deno.test(`${name} rejects corrupt data, and everything after (Z-6)`, async () => {
    using stream = new ZlibStream(format);
    const inflater = create();
    await inflater.inflate(await stream.add('{"op":10}'));
    const garbage = new Uint8Array([0xff, 0xfe, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0xff, 0xff]);
    await assertRejects(async () => await inflater.inflate(garbage));
    const next = await stream.add('{"op":11}');
    await assertRejects(async () => await inflater.inflate(next));
    inflater.close();
  });

  Deno.test(`${name} frees what it holds when it is closed, and rejects from then on (Z-9)`, async () => {
    using stream = new ZlibStream(format);
    const inflater = create();
    const frame = await stream.add("x".repeat(100_000));
    const pending = (async () => await inflater.inflate(frame))();
    inflater.close();
    inflater.close();
    await pending.catch(() => {}); // It may have been done already.
    await assertRejects(async () => await inflater.inflate(frame));
  });

  Deno.test(`Decompressor gives the messages of ${name} one by one`, async () => {
    using stream = new ZlibStream(format);
    const decompressor = new Decompressor(format, create);
    const texts = Array.from({ length: 200 }, (_, s) => `{"s":${s},"pad":"${"é".repeat(s * 20)}"}`);
    const frames: Uint8Array[] = [];
    for (const message of texts) frames.push(await stream.add(message));
    const messages = await Promise.all(frames.map((frame) => decompressor.decompress(frame)));
    assertEquals(messages.map((message) => message && text(message)), texts);
    decompressor.close();
    await assertRejects(() => decompressor.decompress(new Uint8Array(1)), TypeError, "closed");
  });

  Deno.test(`canInflate accepts ${name} (Z-9)`, async () => {
    assertEquals(await canInflate(format, create), true);
  });
}

for (const inflater of [new NodeInflater("createInflate"), new SyncInflater()]) {
  Deno.test(`${inflater.constructor.name} says when a stream has ended, which none of the gateway does`, async () => {
    const ended = new Uint8Array([
      120,
      156,
      171,
      86,
      202,
      47,
      80,
      178,
      50,
      52,
      172,
      5,
      0,
      18,
      93,
      3,
      96,
      1,
      2,
    ]);
    await assertRejects(async () => {
      for (let round = 0; round < 3; round += 1) await inflater.inflate(ended);
    });
    inflater.close();
  });
}

Deno.test("createInflater knows the formats, and refuses others (Z-10)", () => {
  for (const format of ["zlib-stream", "zstd-stream"] as const) {
    assertEquals(isTransportCompression(format), true);
    createInflater(format).close();
  }
  for (const format of ["none", "deflate", "", undefined, null, 1]) {
    assertEquals(isTransportCompression(format), false);
    assertThrows(() => Reflect.apply(createInflater, undefined, [format]), TypeError, "zlib-stream");
  }
});

Deno.test("createInflater takes node:zlib where it can be called at once, though this is not Node", () => {
  assertEquals(isNode(), false);
  assertEquals(hasNodeInflater("createInflate"), true);
  assertEquals(canInflateNow(), true);
  const inflater = createInflater("zlib-stream");
  assertEquals(inflater instanceof SyncInflater, true);
  inflater.close();
});

/** Runs with the inflaters of `node:zlib` changed. */
function withZlib(change: (stream: object) => unknown, run: () => void): void {
  const original = process.getBuiltinModule;
  const create = (options?: ZlibOptions): object => {
    const stream = createInflate(options);
    change(stream);
    return stream;
  };
  try {
    Reflect.set(process, "getBuiltinModule", () => ({ createInflate: create }));
    run();
  } finally {
    Reflect.set(process, "getBuiltinModule", original);
  }
}

const OTHER_MAKES: readonly (readonly [string, (stream: object) => unknown])[] = [
  ["lacks the call", (stream) => Reflect.set(Reflect.get(stream, "_handle"), "writeSync", undefined)],
  ["has no state", (stream) => Reflect.set(stream, "_writeState", undefined)],
  ["has no handle", (stream) => Reflect.set(stream, "_handle", null)],
  ["gives nothing", (stream) => Reflect.set(Reflect.get(stream, "_handle"), "writeSync", () => {})],
  ["throws", (stream) =>
    Reflect.set(Reflect.get(stream, "_handle"), "writeSync", () => {
      throw new Error("not any more");
    })],
];

for (const [name, change] of OTHER_MAKES) {
  Deno.test(`createInflater takes the web's stream where that of node:zlib ${name}`, () => {
    withZlib(change, () => {
      assertEquals(canInflateNow(), false);
      const inflater = createInflater("zlib-stream");
      assertEquals(inflater instanceof StreamInflater, true);
      inflater.close();
    });
  });
}

Deno.test("SyncInflater throws on corrupt data and goes on for others, whatever is corrupt (Z-6)", async () => {
  using stream = new ZlibStream();
  const random = seededRandom(11);
  const frames: Uint8Array[] = [];
  for (let s = 0; s < 5; s += 1) {
    const noise = Array.from({ length: s * 300 }, random).join();
    frames.push(await stream.add(`{"s":${s},"d":"${noise}"}`));
  }
  let faults = 0;
  for (let round = 0; round < 500; round += 1) {
    const inflater = new SyncInflater();
    try {
      for (const [index, frame] of frames.entries()) {
        const sent = new Uint8Array(frame);
        if (index === 3) {
          for (let byte = 0; byte < 4; byte += 1) sent[Math.floor(random() * sent.length)] = random() * 256;
        }
        inflater.inflate(sent);
      }
    } catch (error) {
      assertEquals(error instanceof TypeError, true);
      faults += 1;
    }
    inflater.close();
  }
  assertEquals(faults > 100, true, String(faults));
});

Deno.test("SyncInflater frees what it holds also when a fault has come before (Z-6, Z-9)", () => {
  const streams: object[] = [];
  withZlib((stream) => streams.push(stream), () => {
    const inflater = new SyncInflater();
    assertThrows(() => inflater.inflate(Uint8Array.of(255, 254, 222, 173)), TypeError, "corrupt");
    inflater.close();
    assertThrows(() => inflater.inflate(new Uint8Array(1)), TypeError, "corrupt");
  });
  assertEquals(streams.map((stream) => Reflect.get(stream, "destroyed")), [true]);
});

Deno.test("SyncInflater gives what just fills its output, once and several times", async () => {
  using stream = new ZlibStream();
  const inflater = new SyncInflater();
  for (const size of [65_535, 65_536, 65_537, 131_072, 1, 196_608, 262_143]) {
    const message = "abc".repeat(size / 3).padEnd(size, "d");
    assertEquals(text(inflater.inflate(await stream.add(message))) === message, true, String(size));
  }
  inflater.close();
});

Deno.test("SyncInflater gives up past the limit, before all of a bomb is in memory (ENV-7)", async () => {
  using stream = new ZlibStream();
  const inflater = new SyncInflater();
  const bomb = await stream.add("0".repeat(80_000_000));
  assertThrows(() => inflater.inflate(bomb, 1_000_000), RangeError, "1000000");
  assertThrows(() => inflater.inflate(bomb), RangeError);
});

Deno.test("canInflate tells what this runtime can (Z-9, Z-10)", async () => {
  assertEquals(await canInflate("zlib-stream"), true);
  assertEquals(await canInflate("zstd-stream"), true);
  assertEquals(await Reflect.apply(canInflate, undefined, ["lzma"]), false);
});

/** Gives a message with the frame after it, as Node's stream does. */
class LateInflater implements Inflater {
  readonly #inner = new StreamInflater();
  #late = new Uint8Array();
  isClosed = false;

  async inflate(bytes: Uint8Array): Promise<Uint8Array> {
    const given = this.#late;
    this.#late = new Uint8Array(await this.#inner.inflate(bytes));
    return given;
  }

  close(): void {
    this.isClosed = true;
    this.#inner.close();
  }
}

Deno.test("canInflate refuses an inflater that gives messages late, or fails, and frees it (Z-9)", async () => {
  const late = new LateInflater();
  assertEquals(await canInflate("zlib-stream", () => late), false);
  assertEquals(late.isClosed, true);
  const broken = (): never => {
    throw new TypeError("no zlib here");
  };
  assertEquals(await canInflate("zlib-stream", broken), false);
});

/** Makes inflaters for some formats only. */
function only(...formats: readonly TransportCompression[]): InflaterFactory {
  return (format) => {
    if (!formats.includes(format)) throw new TypeError(`no ${format} here`);
    return createInflater(format);
  };
}

const CHOICES: readonly (readonly [
  wanted: TransportCompression | undefined,
  able: readonly TransportCompression[],
  chosen: TransportCompression | undefined,
])[] = [
  [undefined, ["zlib-stream", "zstd-stream"], "zlib-stream"],
  [undefined, ["zstd-stream"], "zstd-stream"],
  [undefined, [], undefined],
  ["zstd-stream", ["zlib-stream", "zstd-stream"], "zstd-stream"],
  ["zstd-stream", ["zlib-stream"], "zlib-stream"],
  ["zlib-stream", ["zstd-stream"], "zstd-stream"],
  ["zstd-stream", [], undefined],
];

for (const [wanted, able, chosen] of CHOICES) {
  Deno.test(
    `chooseCompression: ${wanted ?? "the best"} where ${able.join(" and ") || "nothing"} works is ${
      chosen ?? "none"
    } (Z-10)`,
    async () => assertEquals(await chooseCompression(wanted, only(...able)), chosen),
  );
}
