// What it costs to inflate one message of a compressed connection.
import { canInflate } from "../../gateway/compression.ts";
import { Decompressor } from "../../gateway/decompressor.ts";
import type { TransportCompression } from "../../gateway/inflater.ts";
import { ZlibStream } from "../gateway/zlib_stream.ts";

/** So many messages are one turn of the bench: one stream can't be rewound. */
const MESSAGES = 100;
const FORMATS: readonly TransportCompression[] = ["zlib-stream", "zstd-stream"];

for (const format of FORMATS) {
  if (!await canInflate(format)) continue;
  const frames = await framesOf(format);
  Deno.bench(`inflate ${MESSAGES} messages, ${format}`, { group: "inflate" }, async () => {
    const decompressor = new Decompressor(format);
    for (const frame of frames) await decompressor.decompress(frame);
    decompressor.close();
  });
}

async function framesOf(format: TransportCompression): Promise<readonly Uint8Array[]> {
  using stream = new ZlibStream(format);
  const frames: Uint8Array[] = [];
  for (let index = 0; index < MESSAGES; index++) frames.push(await stream.add(messageOf(index)));
  return frames;
}

function messageOf(index: number): string {
  const id = String(1_098_765_432_109_876_543n + BigInt(index) * 4_194_304n);
  const author = { id, username: `user ${index % 7}`, discriminator: "0", avatar: null, bot: false };
  const member = { roles: [id], joined_at: "2026-01-01T00:00:00.000000+00:00", deaf: false, mute: false };
  const d = { id, channel_id: id, guild_id: id, author, member, content: `message ${index} `.repeat(20) };
  return JSON.stringify({ t: "MESSAGE_CREATE", s: index, op: 0, d });
}
