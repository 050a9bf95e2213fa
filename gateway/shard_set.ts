import { systemClock } from "../clock.ts";
import { Alarms } from "./alarms.ts";
import type { PlannedIdentifyQueue } from "./budgeted_identify_queue.ts";
import { snowflake } from "./commands.ts";
import { EventNames } from "./event_names.ts";
import type { GuildTurns } from "./guild_turns.ts";
import type { SessionIdentity } from "./session_keeper.ts";
import { type SessionStore, SessionStoreView } from "./session_store.ts";
import { Shard } from "./shard.ts";
import type { ShardRelay } from "./shard_events.ts";
import type { ShardOptions } from "./shard_options.ts";

/** The shards of one count that run here, and their view of the store. */
export class ShardSet {
  /** The shards that run here. */
  readonly shards: readonly Shard[];
  /** How many the bot has, here and elsewhere. */
  readonly shardCount: number;
  /** Their view of the store for sessions. */
  readonly sessions: SessionStoreView | undefined;
  /** Their turns to identify. */
  readonly turns: PlannedIdentifyQueue;

  /** What their sessions belong to. */
  readonly identities: readonly SessionIdentity[];

  /** Their ids. */
  get ids(): number[] {
    return this.shards.map(({ id }) => id);
  }

  /** A set of some of `shardCount` shards. */
  constructor(
    shards: readonly Shard[],
    { shardCount, turns, common: { token, intents } }: ShardSetOptions,
    sessions: SessionStoreView | undefined,
  ) {
    this.shards = shards;
    this.shardCount = shardCount;
    this.sessions = sessions;
    this.turns = turns;
    this.identities = shards.map(({ id: shardId }) => ({ shardId, shardCount, intents, token }));
  }

  /** Takes the store over from the set before, once what that had got is `handled`. */
  async takeOver(old: ShardSet, handled: () => Promise<void>): Promise<void> {
    if (this.sessions === undefined || old.sessions === undefined) return;
    const { ids } = this;
    await this.sessions.takeOver(old.sessions, old.ids.filter((id) => !ids.includes(id)), handled());
  }
}

/** What is needed to make a set of shards. */
export interface ShardSetOptions {
  /** How many shards the bot has. */
  readonly shardCount: number;
  /** Which of them run here; all by default. */
  readonly shardIds: readonly number[] | undefined;
  /** What all shards have in common. */
  readonly common: Omit<ShardOptions, "shardId" | "shardCount" | "sessions" | "identifyQueue">;
  /** Where sessions are kept. */
  readonly store: SessionStore | undefined;
  /** Who gets the events; nobody yet, for a set that is not current. */
  readonly relay: ShardRelay<Shard> | undefined;
  /** The turns to ask for all members of a guild. */
  readonly memberTurns: GuildTurns;
  /** The turns to identify. */
  readonly turns: PlannedIdentifyQueue;
}

/** Makes a set of shards. */
export function createShardSet(options: ShardSetOptions): ShardSet {
  const { shardCount, shardIds, common, store, relay, memberTurns, turns } = options;
  const sessions = store && new SessionStoreView(store, relay !== undefined);
  const names = new EventNames();
  const alarms = new Alarms(common.clock ?? systemClock);
  const ids = shardIds ?? Array.from({ length: shardCount }, (_, id) => id);
  const shards = ids.map((shardId) =>
    new Shard({
      ...common,
      identifyQueue: turns,
      ...(sessions === undefined ? {} : { sessions }),
      shardId,
      shardCount,
    }, {
      relay,
      memberTurns,
      names,
      alarms,
    })
  );
  return new ShardSet(shards, options, sessions);
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
