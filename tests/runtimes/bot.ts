// A bot against the simulator, in plain types: what any runtime can run that strips them. Prints JSON.
import { canInflate, createInflater } from "../../gateway/compression.ts";
import { Decompressor } from "../../gateway/decompressor.ts";
import type { TransportCompression } from "../../gateway/inflater.ts";
import { BotAuthentication, HTTPClient, Intents, ShardManager, type ShardManagerOptions } from "../../mod.ts";
import { Simulator } from "../../testing/mod.ts";
import { inFrames, ZlibStream } from "../gateway/zlib_stream.ts";

const MESSAGES = 200;

/** Which compression a bot connects with, and how many of the messages it gets in order, over a dropped connection. */
async function run(compression: ShardManagerOptions["compression"]): Promise<[string | null, number]> {
  const discord = Simulator.inMemory();
  const http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
  const urls: string[] = [];
  const createWebSocket = (url: string): WebSocket => {
    urls.push(url);
    return discord.createWebSocket(url);
  };
  const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;
  const manager = new ShardManager(new BotAuthentication(discord.token), intents, http, {
    createWebSocket,
    ...(compression === undefined ? {} : { compression }),
  });
  const messages = manager.events("MESSAGE_CREATE");
  await manager.connect();
  await manager.ready();
  let count = 0;
  const text = (index: number): string => `${index} }{"t": "é漢🐍"`.repeat(1 + index % 40);
  for (let index = 0; index < MESSAGES; index += 1) discord.channel.say(text(index));
  for await (const { content } of messages) {
    if (content !== text(count)) break;
    count += 1;
    if (count === MESSAGES / 2) discord.faults.dropConnections();
    if (count === MESSAGES) break;
  }
  await manager.close();
  await http.close();
  await discord[Symbol.asyncDispose]();
  return [new URL(urls.at(-1) ?? "ws:").searchParams.get("compress"), count];
}

/** Whether several megabytes come out whole, and corrupt data is refused. */
async function inflates(format: TransportCompression): Promise<boolean> {
  const stream = new ZlibStream(format);
  const decompressor = new Decompressor(format);
  const large = Array.from({ length: 300_000 }, (_, index) => String(index * 7_919)).join();
  let isRight = true;
  for (const text of ["{}", large, "small", large]) {
    const bytes = await stream.add(text);
    const frames = format === "zlib-stream" ? inFrames(bytes, 50_000) : [bytes];
    const messages = await Promise.all(frames.map((frame) => decompressor.decompress(frame)));
    isRight &&= new TextDecoder().decode(messages.pop()) === text &&
      messages.every((part) => part === undefined);
  }
  const garbage = new Uint8Array([0xff, 0xfe, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0xff, 0xff]);
  const isRefused = await decompressor.decompress(garbage).then(() => false, () => true);
  decompressor.close();
  const isOver = await decompressor.decompress(garbage).then(() => false, () => true);
  stream[Symbol.dispose]();
  return isRight && isRefused && isOver;
}

/** Whether a stream that ends, as none of the gateway does, is refused, and not waited for. */
async function refusesTheEnd(): Promise<boolean> {
  const inflater = createInflater("zlib-stream");
  const ended = Uint8Array.from([
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
  const isRefused = async (): Promise<boolean> => {
    try {
      await inflater.inflate(ended);
      return false;
    } catch {
      return true;
    }
  };
  const refusals = [await isRefused(), await isRefused()];
  inflater.close();
  return refusals.includes(true);
}

console.log(JSON.stringify({
  can: [await canInflate("zlib-stream"), await canInflate("zstd-stream")],
  inflates: [await inflates("zlib-stream"), await inflates("zstd-stream")],
  refusesTheEnd: await refusesTheEnd(),
  none: await run("none"),
  zlib: await run("zlib-stream"),
  zstd: await run("zstd-stream"),
  best: await run(undefined),
}));
