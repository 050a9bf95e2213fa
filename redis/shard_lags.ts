import { messageOf, type RedisLink } from "./redis_link.ts";
import { integerIn, listIn, pairsIn, textIn, textOrNone } from "./reply.ts";

/** How far a group of workers is behind on one shard. */
export interface ShardLag {
  /** The shard. */
  readonly shardId: number;
  /** How many events the stream holds, handled or not. */
  readonly length: number;
  /** How many events wait that no worker has been given; `undefined` where Redis can't tell. */
  readonly waiting: number | undefined;
  /** How many were given to a worker that has not acknowledged them. */
  readonly pending: number;
  /** How many events were dropped that the group had not been given: the stream is too short, or the workers too slow. */
  readonly dropped: number | undefined;
}

/** Reads how far a group is behind. */
export class ShardLags {
  readonly #link: RedisLink;
  readonly #group: string;

  /** For one group. */
  constructor(link: RedisLink, group: string) {
    this.#link = link;
    this.#group = group;
  }

  /** Two commands a shard. */
  of(shardIds: readonly number[]): Promise<readonly ShardLag[]> {
    return Promise.all(shardIds.map((shardId) => this.#lagOf(shardId)));
  }

  async #lagOf(shardId: number): Promise<ShardLag> {
    const stream = this.#link.shardKey(shardId, "events");
    try {
      const [info, groups] = await Promise.all([
        this.#link.command(["XINFO", "STREAM", stream]),
        this.#link.command(["XINFO", "GROUPS", stream]),
      ]);
      const facts = new Map(pairsIn(info));
      const group = listIn(groups).map((reply) => new Map(pairsIn(reply)))
        .find((known) => textIn(known.get("name")) === this.#group);
      return lagIn(shardId, facts, group);
    } catch (error) {
      if (!messageOf(error).includes("no such key")) throw error;
      return { shardId, length: 0, waiting: 0, pending: 0, dropped: 0 };
    }
  }
}

function lagIn(
  shardId: number,
  stream: ReadonlyMap<string, unknown>,
  group: ReadonlyMap<string, unknown> | undefined,
): ShardLag {
  const length = integerIn(stream.get("length"));
  const added = numberOrNone(stream.get("entries-added"));
  const read = numberOrNone(group?.get("entries-read")) ?? (group === undefined ? 0 : undefined);
  const waiting = group === undefined ? length : numberOrNone(group.get("lag"));
  const pending = numberOrNone(group?.get("pending")) ?? 0;
  const dropped = added === undefined || read === undefined ? undefined : Math.max(0, added - length - read);
  return { shardId, length, waiting, pending, dropped };
}

function numberOrNone(reply: unknown): number | undefined {
  const text = textOrNone(reply);
  return text === undefined ? undefined : integerIn(text);
}
