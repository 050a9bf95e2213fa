import type { RedisLink } from "./redis_link.ts";
import { integerIn, textOrNone } from "./reply.ts";

/**
 * How many shards the bot has: what the first member said, for all.
 *
 * Rejects with a `RangeError` when `wanted` is another number.
 */
export async function fleetShardCount(
  link: RedisLink,
  wanted: number | undefined,
  recommended: number,
): Promise<number> {
  const key = link.fleetKey("config");
  await link.command(["HSETNX", key, "shardCount", wanted ?? recommended]);
  const shardCount = integerIn(await link.command(["HGET", key, "shardCount"]));
  if (wanted !== undefined && wanted !== shardCount) {
    throw new RangeError(
      `The bot has ${shardCount} shards already, not ${wanted}: start processes under another prefix, and stop these then`,
    );
  }
  return shardCount;
}

/** How many shards the bot has; `undefined` while no member has said it. */
export async function knownShardCount(link: RedisLink): Promise<number | undefined> {
  const reply = textOrNone(await link.command(["HGET", link.fleetKey("config"), "shardCount"]));
  return reply === undefined ? undefined : integerIn(reply);
}
