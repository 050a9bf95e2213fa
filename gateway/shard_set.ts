import { snowflake } from "./commands.ts";
import type { SessionStoreView } from "./session_store.ts";
import type { Shard } from "./shard.ts";

/** The shards of one count that run here, and their view of the store. */
export class ShardSet {
  /** The shards that run here. */
  readonly shards: readonly Shard[];
  /** How many the bot has, here and elsewhere. */
  readonly shardCount: number;
  /** Their view of the store for sessions. */
  readonly sessions: SessionStoreView | undefined;

  /** A set of some of `shardCount` shards. */
  constructor(shards: readonly Shard[], shardCount: number, sessions: SessionStoreView | undefined) {
    this.shards = shards;
    this.shardCount = shardCount;
    this.sessions = sessions;
  }
}

/** The shard of a guild (SH-1); throws a `TypeError` for what is no id, and a `RangeError` where it does not run here. */
export function shardOf(set: ShardSet | undefined, guildId: string | bigint): Shard {
  const guild = BigInt(snowflake(guildId, "A guild id"));
  if (set === undefined) throw new RangeError("No shard runs here yet: connect first");
  const id = Number((guild >> 22n) % BigInt(set.shardCount));
  const shard = set.shards.find((candidate) => candidate.id === id);
  if (shard === undefined) {
    throw new RangeError(`Guild ${guildId} is on shard ${id}, which does not run here: ask where it does`);
  }
  return shard;
}
