import { checkObject } from "./abortable.ts";
import { isGatewayUrl } from "./gateway_url.ts";
import type { TransportCompression } from "./inflater.ts";
import { shown } from "./shown.ts";
import { checkConnectionOptions, checkShard, type ShardConnectionOptions } from "./shard_options.ts";

/** Options of a `ShardManager`. */
export interface ShardManagerOptions extends ShardConnectionOptions {
  /** How many shards the bot has, here and elsewhere. What Discord recommends by default. */
  readonly shardCount?: number;
  /** Which of them run here; needs `shardCount`. All by default. */
  readonly shardIds?: readonly number[];
  /** How connections are compressed: the best that this runtime can by default, and where it can't do what is asked. */
  readonly compression?: TransportCompression | "none";
  /** Where to connect, instead of the URL that Discord names: that of a proxy, say. */
  readonly gatewayUrl?: string;
  /**
   * How many of the sessions that Discord grants a day are held back: ten or 5 % by default, and never more than half.
   *
   * When no more are left, new sessions wait until the day is over (`identifyPaused`), but for those that a start or a
   * change of the number of shards has planned. `false`: no budget is minded here, and a start not refused when it is too
   * large; `identifyQueue` does it.
   */
  readonly identifyReserve?: number | false;
}

/** Throws on arguments of a manager that can't be right. */
export function checkManagerArguments(
  authentication: { readonly token: string },
  http: { request(...options: never[]): unknown },
  options: ShardManagerOptions,
): void {
  checkObject(options, "The options of ShardManager");
  if (typeof authentication?.token !== "string") {
    throw new TypeError("The first argument of ShardManager must be a BotAuthentication");
  }
  if (typeof http?.request !== "function") {
    throw new TypeError("The third argument of ShardManager must be an HTTPClient");
  }
  const { shardCount, shardIds, gatewayUrl, compression, identifyReserve } = options;
  checkConnectionOptions(options);
  if (gatewayUrl !== undefined && !isGatewayUrl(gatewayUrl)) {
    throw new TypeError(
      "gatewayUrl must be a ws: or wss: URL without credentials, such as wss://gateway.discord.gg",
    );
  }
  if (compression !== undefined && !COMPRESSIONS.includes(compression)) {
    throw new TypeError(
      `compression must be one of ${COMPRESSIONS.join(", ")}: got ${JSON.stringify(compression)}`,
    );
  }
  if (identifyReserve !== undefined && identifyReserve !== false && !isCount(identifyReserve)) {
    throw new RangeError(
      `identifyReserve must be an integer from 0 on, or false: got ${shown(identifyReserve)}`,
    );
  }
  checkShards(shardCount, shardIds);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

const COMPRESSIONS: readonly string[] = ["zlib-stream", "zstd-stream", "none"];

/** Throws unless `shardIds` are ids of `shardCount` shards, each once. */
export function checkShards(shardCount: number | undefined, shardIds: readonly number[] | undefined): void {
  if (shardIds === undefined) {
    if (shardCount !== undefined) checkShard(0, shardCount);
    return;
  }
  if (shardCount === undefined) {
    throw new TypeError("shardIds needs shardCount: an id means nothing without the number of shards");
  }
  if (!Array.isArray(shardIds) || shardIds.length === 0) {
    throw new TypeError("shardIds must be an array of at least one id: leave it out to run all shards");
  }
  for (const id of shardIds) checkShard(id, shardCount);
  const doubled = shardIds.find((id, index) => shardIds.indexOf(id) !== index);
  if (doubled !== undefined) {
    throw new RangeError(`shardIds must name each shard once: ${doubled} is there twice`);
  }
}
