import { checkCount, checkMs, type RedisOptions, type RedisSend } from "./redis_link.ts";

/** Options of an {@linkcode EventSource}. */
export interface EventSourceOptions extends RedisOptions {
  /**
   * Sends on a connection of its own, which may wait for events (`XREADGROUP … BLOCK`). Without it the streams are looked at
   * every `pollMs`.
   */
  readonly read?: RedisSend | undefined;
  /** Who shares the events: each goes to one worker of a group, and to each group. `workers` by default. */
  readonly group?: string | undefined;
  /**
   * Where a group begins that there is not yet: with the `oldest` event of each stream, by default, or with what comes from
   * `now` on. A group that is there goes on where it is.
   */
  readonly from?: "oldest" | "now" | undefined;
  /** How this worker is called; a random part is added. `worker` by default. */
  readonly name?: string | undefined;
  /** Which shards; all by default. */
  readonly shardIds?: readonly number[] | undefined;
  /** Whether all streams are in one place: `false` for Redis Cluster, where each is asked for by itself. `true` by default. */
  readonly isOnePlace?: boolean | undefined;
  /** How many events may be in handlers, or wait to be tried again, at once; no more are taken. 1000 by default. */
  readonly limit?: number | undefined;
  /** Milliseconds between two looks, without `read`. 20 by default. */
  readonly pollMs?: number | undefined;
  /** Milliseconds after which an event that a worker does not acknowledge goes to another. 15 000 by default. */
  readonly reclaimMs?: number | undefined;
  /** How often an event is tried before it is set aside. 5 by default. */
  readonly maxTries?: number | undefined;
  /** About how many events that were set aside are kept for each shard: beyond, the oldest are dropped. 1000 by default. */
  readonly poisonLength?: number | undefined;
  /** Milliseconds before an event whose listener has failed is tried again; twice as many each time. 1000 by default. */
  readonly retryMs?: number | undefined;
  /** Milliseconds that closing waits for handlers. 10 000 by default. */
  readonly drainTimeoutMs?: number | undefined;
  /** Numbers from 0 to 1, for names. */
  readonly random?: (() => number) | undefined;
}

/** Throws a `TypeError` or a `RangeError` on options that can't be right. */
export function checkSourceOptions(options: EventSourceOptions): void {
  const { group = "workers", name = "worker", from = "oldest", shardIds, read } = options;
  for (const option of ["limit", "maxTries", "poisonLength"] as const) {
    const value = options[option];
    if (value !== undefined) checkCount(option, value);
  }
  for (const option of ["pollMs", "reclaimMs", "retryMs", "drainTimeoutMs"] as const) {
    const value = options[option];
    if (value !== undefined) checkMs(option, value);
  }
  for (const [option, value] of [["group", group], ["name", name]] as const) {
    if (typeof value !== "string" || !/^[\w.:-]{1,64}$/.test(value)) {
      throw new TypeError(`${option} must be 1 to 64 letters, digits or characters of _.:-`);
    }
  }
  if (from !== "oldest" && from !== "now") {
    throw new TypeError(`from must be "oldest", "now" or left out: got ${JSON.stringify(from)}`);
  }
  if (read !== undefined && typeof read !== "function") {
    throw new TypeError("read must be a function that sends a command on a connection of its own");
  }
  if (shardIds !== undefined) checkShardIds(shardIds);
}

function checkShardIds(shardIds: unknown): void {
  if (!Array.isArray(shardIds) || shardIds.length === 0) {
    throw new TypeError("shardIds must be a list of one id or more; leave it out for all shards");
  }
  const wrong = shardIds.find((id, index) =>
    !Number.isSafeInteger(id) || id < 0 || shardIds.indexOf(id) !== index
  );
  if (wrong !== undefined) {
    throw new RangeError(`shardIds must be ids from 0 on, each once: got ${String(wrong)}`);
  }
}
