// From frames to payloads: what it gains to inflate frames together that have come together.
import { systemClock } from "../../clock.ts";
import { createInflater } from "../../gateway/compression.ts";
import { Decompressor } from "../../gateway/decompressor.ts";
import type { TransportCompression } from "../../gateway/inflater.ts";
import { parsePayload } from "../../gateway/payload.ts";
import { Transport } from "../../gateway/transport.ts";
import { FakeGateway } from "../gateway/fake_gateway.ts";
import { seededRandom } from "../gateway/seeded_random.ts";
import { ZlibStream } from "../gateway/zlib_stream.ts";

/** Messages in a run: figures of `deno bench` are for so many. */
const MESSAGES = 1_000;

/** A stream of messages like Discord's, about 850 bytes each. */
async function record(format: TransportCompression): Promise<Uint8Array<ArrayBuffer>[]> {
  using stream = new ZlibStream(format);
  const random = seededRandom(1);
  const id = (): string => String(10n ** 18n + BigInt(Math.floor(random() * 1e15)));
  const frames = [];
  for (let s = 1; s <= MESSAGES; s += 1) frames.push(await stream.add(JSON.stringify(message(s, id))));
  return frames;
}

function message(s: number, id: () => string): unknown {
  const author = {
    id: id(),
    username: `user ${s % 97}`,
    global_name: "Some Body",
    avatar: null,
    discriminator: "0",
  };
  const member = {
    roles: [id(), id(), id()],
    joined_at: "2024-01-01T00:00:00.000000+00:00",
    nick: null,
    flags: 0,
  };
  const d = {
    type: 0,
    tts: false,
    timestamp: "2026-08-01T00:00:00.000000+00:00",
    pinned: false,
    mentions: [],
    mention_roles: [],
    mention_everyone: false,
    id: id(),
    nonce: id(),
    channel_id: id(),
    guild_id: id(),
    content: `${id()} the quick brown fox ${id()} jumps over the lazy dog ${id()}`,
    author,
    member,
    embeds: [],
    components: [],
    attachments: [],
  };
  return { t: "MESSAGE_CREATE", s, op: 0, d };
}

/** Lets a transport read all frames, of which so many come in one turn of the event loop. */
async function receive(
  frames: readonly Uint8Array<ArrayBuffer>[],
  format: TransportCompression,
  atOnce: number,
): Promise<void> {
  const { createWebSocket, sockets } = new FakeGateway();
  const done = Promise.withResolvers<void>();
  let count = 0;
  const listener = {
    opened() {},
    received: () => void (++count === frames.length && done.resolve()),
    garbled: done.reject,
    closed() {},
  };
  const options = { createWebSocket, clock: systemClock, compression: format };
  const transport = new Transport("ws://gateway", listener, options);
  const [socket] = sockets;
  socket?.open();
  for (const [index, frame] of frames.entries()) {
    socket?.onmessage?.(new MessageEvent("message", { data: frame.buffer }));
    if (index % atOnce === atOnce - 1) await turn();
  }
  await done.promise;
  await transport.close(1000, "");
}

const channel = new MessageChannel();
let turned: () => void = () => {};
channel.port1.onmessage = () => turned();

/** One turn of the event loop. */
function turn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  turned = resolve;
  channel.port2.postMessage(null);
  return promise;
}

for (const format of ["zlib-stream", "zstd-stream"] as const) {
  const frames = await record(format);
  const group = `${MESSAGES} messages, ${format}`;

  Deno.bench({
    name: `${format}: inflate only, one by one`,
    group,
    fn: async () => {
      const inflater = createInflater(format);
      for (const frame of frames) await inflater.inflate(frame);
      inflater.close();
    },
  });

  Deno.bench({
    name: `${format}: Decompressor, one by one, and parse`,
    group,
    baseline: true,
    fn: async () => {
      const decompressor = new Decompressor(format);
      const decoder = new TextDecoder();
      for (const frame of frames) parsePayload(decoder.decode(await decompressor.decompress(frame)));
      decompressor.close();
    },
  });

  for (const atOnce of [1, 2, 10, 100]) {
    Deno.bench({
      name: `${format}: Transport, ${atOnce} at once`,
      group,
      fn: async () => await receive(frames, format, atOnce),
    });
  }
}
