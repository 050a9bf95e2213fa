import type { ShardStatus } from "../gateway/mod.ts";
import { checkList, checkObject } from "../http/option_checks.ts";
import { shown } from "../http/shown.ts";

/** Options of {@linkcode checkHealth}. */
export interface HealthOptions {
  /** Which part of the shards must be ready for the bot to be: from 0 to 1, by default 1 (all). */
  readonly readyShare?: number;
}

/** Whether a bot lives and is ready; where not, why. */
export interface Health {
  /** Whether it works, or will again by itself. `false`: restart it. */
  readonly isLive: boolean;
  /** Whether events come. */
  readonly isReady: boolean;
  /** What keeps it from that, in sentences for people. Without secrets. */
  readonly reasons: readonly string[];
}

/** How many shards a reason names. */
const NAMED_SHARDS = 10;

/**
 * Whether a bot with these shards lives and is ready. None: it is not connected.
 *
 * Throws a `TypeError` or a `RangeError` when `readyShare` is no number from 0 to 1.
 *
 * @example
 * ```ts
 * import { checkHealth } from "@nextsnake/nextcore/metrics";
 *
 * console.log(checkHealth([])); // { isLive: true, isReady: false, reasons: ["No shard runs: …"] }
 * ```
 */
export function checkHealth(
  shards: readonly Pick<ShardStatus, "id" | "state">[],
  options: HealthOptions = {},
): Health {
  checkList("The shards", shards, "manager.status()");
  checkObject("The options", options, "{ readyShare: 0.9 }");
  const { readyShare = 1 } = options;
  if (!(typeof readyShare === "number" && readyShare >= 0 && readyShare <= 1)) {
    const message = `readyShare is ${shown(readyShare)}, it must be a number from 0 to 1`;
    throw typeof readyShare === "number" ? new RangeError(message) : new TypeError(message);
  }
  if (shards.length === 0) {
    return {
      isLive: true,
      isReady: false,
      reasons: ["No shard runs: the bot has not connected yet, or was closed"],
    };
  }
  const dead = shards.filter(({ state }) => state === "dead");
  const waiting = shards.filter(({ state }) => state !== "ready");
  const reasons: string[] = [];
  if (dead.length > 0) reasons.push(`Failed for good: ${named(dead)}`);
  const isReady = dead.length === 0 && shards.length - waiting.length >= readyShare * shards.length;
  if (!isReady) reasons.push(`${waiting.length} of ${shards.length} shards are not ready: ${named(waiting)}`);
  return { isLive: dead.length === 0, isReady, reasons };
}

function named(shards: readonly Pick<ShardStatus, "id" | "state">[]): string {
  const names = shards.slice(0, NAMED_SHARDS).map(({ id, state }) => `shard ${id} (${state})`);
  const rest = shards.length - names.length;
  return names.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
