import type { Clock } from "../clock.ts";
import type { GatewayPresence } from "../discord.ts";
import { checkPresence } from "./commands.ts";
import { createInflater, isTransportCompression } from "./compression.ts";
import { DEFAULT_GATEWAY_URL, isGatewayUrl, type ResumeUrlPolicy } from "./gateway_url.ts";
import type { IdentifyQueue } from "./identify_queue.ts";
import type { InflaterFactory, TransportCompression } from "./inflater.ts";
import { isZstdDeadly } from "./node_zlib.ts";
import type { GatewayPayload } from "./payload.ts";
import { checkIntents } from "./intents.ts";
import type { Logger } from "./shard_log.ts";
import { shown } from "./shown.ts";
import type { SessionStore } from "./session_store.ts";

/** Options that shards have with and without a manager. */
export interface ShardConnectionOptions {
  /** The presence to begin with. */
  readonly presence?: GatewayPresence;
  /** From how many members on offline ones are left out of a guild: 50 to 250. */
  readonly largeThreshold?: number;
  /**
   * Bits of what is being tried out, which Discord may change at any time: `1 << 15` asks for channels that the bot can't
   * view to be obfuscated already. See `CHANNEL_OBFUSCATED`. None by default.
   */
  readonly capabilities?: number;
  /** What to make of the URL that Discord names for resuming. `"follow"` by default. */
  readonly resumeUrl?: ResumeUrlPolicy;
  /** Whose turn it is to identify. Turns within this process by default. */
  readonly identifyQueue?: IdentifyQueue;
  /** Where sessions are kept, so that they are resumed after a restart. Nowhere by default. */
  readonly sessions?: SessionStore;
  /** Milliseconds between two saves of a session whose events go on, by default 1000. */
  readonly saveIntervalMs?: number;
  /** Milliseconds that a resumable close waits for handlers when sessions are kept, by default 10 000. */
  readonly drainTimeoutMs?: number;
  /** `false`: where a new session would be needed, stop with a `ReconnectCheckFailedError`. `true` by default. */
  readonly reconnect?: boolean;
  /** Where to write what the shard does: `console` fits. Nowhere by default. */
  readonly logger?: Logger;
  /** How many payloads may wait to be sent, by default 1000; `send` throws a `RangeError` beyond. */
  readonly sendQueueLimit?: number;
  /**
   * How many bytes of frames may wait to be inflated, by default 64 MiB. Above it the shard reconnects and resumes: Discord
   * keeps what it has not sent yet.
   */
  readonly frameQueueBytes?: number;
  /**
   * How many bytes one message may have after inflation, by default 64 MiB; READY of a full shard has a few. At a longer one
   * the shard reconnects and resumes (SM-18), and no more than that is kept of it. A message that is longer each time ends
   * the session after three resumes.
   */
  readonly maxMessageBytes?: number;
  /** Makes the inflater of a connection: for one of your own. That of the runtime by default. */
  readonly createInflater?: InflaterFactory;
  /**
   * Called with each message as it was received, before anything else is done about it: to keep it, or to pass it on. What
   * a resume repeats comes again. Called for each message: it must be quick, and must not throw.
   *
   * An event that nobody listens for is not parsed for it: `payload` then has name and number, and `undefined` for `d`;
   * what stands inside of the data has not been looked at.
   */
  readonly receiveText?: (text: string, payload: GatewayPayload) => void;
  /** Makes a WebSocket: for proxies and tests. */
  readonly createWebSocket?: (url: string) => WebSocket;
  /** The source of time. */
  readonly clock?: Clock;
  /** A number from 0 to 1, for jitter. */
  readonly random?: () => number;
}

/** Options of `Shard.close` and `ShardManager.close`. */
export interface CloseOptions {
  /** Whether the session is to live on for a while, so that it can be resumed. `false` by default. */
  readonly resumable?: boolean;
}

/** Options of a `Shard`. */
export interface ShardOptions extends ShardConnectionOptions {
  /** Which shard this is: from 0. */
  readonly shardId: number;
  /** How many shards the bot has. */
  readonly shardCount: number;
  /** The bot's token. */
  readonly token: string;
  /** A sum of `Intents`. */
  readonly intents: number;
  /** Where to connect: `url` of `GET /gateway/bot`, or that of a proxy. Discord's of today by default (URL-1). */
  readonly gatewayUrl?: string;
  /**
   * How the connection is compressed; not at all by default. See `canInflate`. A `TypeError` where this runtime can't do
   * it, or can't do it safely: zstd-stream on Deno, whose inflater ends the process on corrupt data.
   */
  readonly compression?: TransportCompression | undefined;
}

/** Throws a `TypeError` or a `RangeError` on options of a shard that can't be right, as its constructor does. */
export function checkShardOptions(given: ShardOptions): void {
  if (typeof given !== "object" || given === null) {
    throw new TypeError(
      `A Shard needs options, { shardId, shardCount, token, intents }: got ${shown(given)}`,
    );
  }
  const { shardId, shardCount, token, intents, gatewayUrl = DEFAULT_GATEWAY_URL, ...options } = given;
  checkShard(shardId, shardCount);
  if (typeof token !== "string" || !/^(Bot )?[\x21-\x7e]+$/.test(token)) {
    throw new TypeError("A bot token must be a non-empty string of visible ASCII characters: copy it again");
  }
  checkIntents(intents);
  if (!isGatewayUrl(gatewayUrl)) {
    throw new TypeError(
      "gatewayUrl must be a ws: or wss: URL without credentials, such as wss://gateway.discord.gg",
    );
  }
  checkConnectionOptions(options);
  checkCompression(options);
}

/** Throws on a compression that can't be undone: later, its URL would have been built (Z-10). */
function checkCompression(
  { compression, createInflater: create = createInflater }: CompressionOptions,
): void {
  if (compression === undefined) return;
  if (!isTransportCompression(compression)) {
    throw new TypeError(
      `compression must be "zlib-stream", "zstd-stream" or left out: got ${JSON.stringify(compression)}`,
    );
  }
  if (compression === "zstd-stream" && create === createInflater && isZstdDeadly()) {
    throw new TypeError(
      "zstd-stream can't be used here: corrupt data would end the process, past every handler. Use zlib-stream, or bring " +
        "an inflater (createInflater)",
    );
  }
  create(compression).close();
}

type CompressionOptions = Pick<ShardOptions, "compression" | "createInflater">;

/** More than any bot has: what is larger is a mistake, and would fill the memory. */
const SHARD_LIMIT = 1_000_000;

/** Throws unless `shardId` is one of `shardCount` shards. */
export function checkShard(shardId: number, shardCount: number): void {
  if (!Number.isSafeInteger(shardCount) || shardCount < 1 || shardCount > SHARD_LIMIT) {
    throw new RangeError(
      `shardCount must be a positive integer up to ${SHARD_LIMIT}: got ${shown(shardCount)}`,
    );
  }
  if (!Number.isSafeInteger(shardId) || shardId < 0 || shardId >= shardCount) {
    throw new RangeError(`A shard id must be an integer from 0 to ${shardCount - 1}: got ${shown(shardId)}`);
  }
}

/** What users may bring themselves, and what it must be able to do. */
const SEAMS: Readonly<Record<string, readonly string[]>> = {
  clock: ["now", "setTimeout"],
  identifyQueue: ["acquire", "update"],
  logger: ["debug", "info", "warn", "error"],
  sessions: ["load", "save", "clear"],
};

function checkSeam(name: string, options: object, methods: readonly string[]): void {
  const seam: unknown = Reflect.get(options, name);
  if (seam === undefined) return;
  const isObject = (typeof seam === "object" && seam !== null) || typeof seam === "function";
  if (isObject && methods.every((method) => typeof Reflect.get(seam, method) === "function")) return;
  throw new TypeError(`${name} must be an object with the methods ${methods.join(", ")}: got ${shown(seam)}`);
}

/** Throws on options of a connection that can't be right. */
export function checkConnectionOptions(options: ShardConnectionOptions): void {
  if (options.presence !== undefined) checkPresence(options.presence);
  const { capabilities, largeThreshold, resumeUrl } = options;
  if (capabilities !== undefined && !(Number.isSafeInteger(capabilities) && capabilities >= 0)) {
    throw new RangeError(`capabilities must be a number of bits, from 0 on: got ${shown(capabilities)}`);
  }
  for (const name of ["sendQueueLimit", "frameQueueBytes", "maxMessageBytes"] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new RangeError(`${name} must be a positive integer: got ${shown(value)}`);
    }
  }
  for (const name of ["saveIntervalMs", "drainTimeoutMs"] as const) {
    const value = options[name];
    if (value !== undefined && !(typeof value === "number" && value >= 0 && value < Infinity)) {
      throw new RangeError(`${name} must be a number of milliseconds from 0 on: got ${shown(value)}`);
    }
  }
  for (const name of ["createInflater", "createWebSocket", "random", "receiveText"] as const) {
    if (options[name] !== undefined && typeof options[name] !== "function") {
      throw new TypeError(`${name} must be a function: got ${shown(options[name])}`);
    }
  }
  for (const [name, methods] of Object.entries(SEAMS)) checkSeam(name, options, methods);
  if (options.reconnect !== undefined && typeof options.reconnect !== "boolean") {
    throw new TypeError(`reconnect must be true or false: got ${shown(options.reconnect)}`);
  }
  if (
    largeThreshold !== undefined &&
    !(Number.isInteger(largeThreshold) && largeThreshold >= 50 && largeThreshold <= 250)
  ) {
    throw new RangeError(`largeThreshold must be an integer from 50 to 250: got ${shown(largeThreshold)}`);
  }
  if (
    resumeUrl !== undefined && typeof resumeUrl !== "function" && resumeUrl !== "follow" &&
    resumeUrl !== "ignore"
  ) {
    throw new TypeError(
      `resumeUrl must be "follow", "ignore" or a function: got ${JSON.stringify(resumeUrl)}`,
    );
  }
}
