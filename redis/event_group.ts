import { messageOf, type RedisLink } from "./redis_link.ts";
import { entryIn, integerIn, listIn, pairsIn, type StreamEntry, textIn } from "./reply.ts";
import { DISMISS, RECLAIM, SET_ASIDE, SWEEP } from "./stream_scripts.ts";

/** An event that was given to this worker. */
export interface Delivery extends StreamEntry {
  /** The shard. */
  readonly shardId: number;
  /** How often it has been given out, this time included. */
  readonly tries: number;
}

/** An event that nobody could handle. */
export interface PoisonEvent {
  /** The shard. */
  readonly shardId: number;
  /** Its id in the stream. */
  readonly id: string;
  /** Its name, where that is known. */
  readonly name: string | undefined;
  /** Why it was set aside. */
  readonly reason: string;
}

/** Options of an {@linkcode EventGroup}. */
export interface EventGroupOptions {
  /** The way to Redis. */
  readonly link: RedisLink;
  /** The way that may block. */
  readonly readLink: RedisLink | undefined;
  /** The group. */
  readonly group: string;
  /** This worker. */
  readonly consumer: string;
  /** The shards. */
  readonly shardIds: readonly number[];
  /** Whether one command may read all streams. */
  readonly isOnePlace: boolean;
  /** Milliseconds after which an event belongs to whoever takes it. */
  readonly reclaimMs: number;
  /** How often an event is given out. */
  readonly maxTries: number;
  /** About how many events that were set aside are kept for each shard. */
  readonly poisonLength: number;
  /** Told of an event that was set aside. */
  readonly poisoned: (event: PoisonEvent) => void;
  /** Told what went wrong with some streams, while others went well. */
  readonly failed: (error: unknown) => void;
}

const COUNT_AT_ONCE = 500;
/** What a read that blocks may take on top, before it counts as failed. */
const BLOCK_GRACE_MS = 5_000;
/** A stream that could not be read is left alone for so long, where others can. */
const REST_MS = 500;
/** A worker that has not been heard of for so long, and owes nothing, is no more. */
const GONE_MS = 3_600_000;

/** One worker's part of the streams' consumer group: what it was given, and has not acknowledged. */
export class EventGroup {
  readonly #options: EventGroupOptions;
  readonly #streams: ReadonlyMap<string, number>;
  readonly #reading: Turns<string>;
  readonly #reclaiming: Turns<number>;
  /** Streams that could not be read, and until when they are left alone. */
  readonly #restUntil = new Map<string, number>();
  /** When each was given out, or last touched. */
  readonly #pending = new Map<Delivery, number>();

  /** Reads nothing by itself. */
  constructor(options: EventGroupOptions) {
    this.#options = options;
    const { link, shardIds } = options;
    this.#streams = new Map(shardIds.map((id) => [link.shardKey(id, "events"), id]));
    this.#reading = new Turns([...this.#streams.keys()]);
    this.#reclaiming = new Turns(shardIds);
  }

  /** Makes the group where there is none. */
  async create(from: "oldest" | "now" = "oldest"): Promise<void> {
    await Promise.all([...this.#streams.keys()].map((stream) => this.#create(stream, from)));
  }

  /** Up to `count` new events; waits for the first up to `blockMs`, where all streams are asked. */
  async read(count: number, blockMs: number | undefined): Promise<readonly Delivery[]> {
    const { isOnePlace, link } = this.#options;
    const streams = this.#reading.next(count);
    const perStream = perPart(count, streams.length);
    const isWhole = streams.length === this.#streams.size;
    if (isOnePlace) return await this.#read(streams, perStream, isWhole ? blockMs : undefined);
    // Of several places only one could be waited for, and one that fails must not cost what the others have given.
    const now = link.clock.now();
    const awake = streams.filter((stream) => (this.#restUntil.get(stream) ?? now) <= now);
    const replies = awake.map(async (stream) => {
      try {
        return await this.#read([stream], perStream, undefined);
      } catch (error) {
        this.#restUntil.set(stream, link.clock.now() + REST_MS);
        throw error;
      }
    });
    return (await this.#those(replies)).flat();
  }

  /** Tells Redis that they are done. */
  async acknowledge(shardId: number, deliveries: readonly Delivery[]): Promise<void> {
    const { link, group } = this.#options;
    await link.command(["XACK", link.shardKey(shardId, "events"), group, ...deliveries.map(({ id }) => id)]);
    this.forget(deliveries);
  }

  /** They are no longer minded: after a while, others take them. */
  forget(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) this.#pending.delete(delivery);
  }

  /** Takes an event of our own once more; nothing when it is gone. */
  async claimAgain(delivery: Delivery): Promise<readonly Delivery[]> {
    const { link, group, consumer } = this.#options;
    const { shardId, id, tries } = delivery;
    const stream = link.shardKey(shardId, "events");
    const entries = listIn(await link.command(["XCLAIM", stream, group, consumer, 0, id]));
    this.forget([delivery]);
    return entries.filter((entry) => entry !== null)
      .map((entry) => this.#given({ ...entryIn(entry), shardId, tries: tries + 1 }));
  }

  /** Sets an event aside that its listeners can't handle. */
  async setAside(delivery: Delivery, reason: string): Promise<void> {
    const { link, group, poisonLength, poisoned } = this.#options;
    const { shardId, id, name, text, tries } = delivery;
    const args = [group, id, name ?? "", text, tries, reason, poisonLength];
    await link.run(SET_ASIDE, this.#keysOf(shardId), args);
    this.forget([delivery]);
    poisoned({ shardId, id, name, reason });
  }

  /** Takes over what others have left, up to `count` events, and tells whether there is more. Costs a command a shard. */
  async reclaim(
    count: number,
  ): Promise<{ readonly deliveries: readonly Delivery[]; readonly isMore: boolean }> {
    const shardIds = this.#reclaiming.next(count);
    const perShard = perPart(count, shardIds.length);
    const parts = await this.#those(shardIds.map((shardId) => this.#reclaim(shardId, perShard)));
    return {
      deliveries: parts.flatMap(({ deliveries }) => deliveries),
      isMore: parts.some(({ isMore }) => isMore),
    };
  }

  async #reclaim(
    shardId: number,
    count: number,
  ): Promise<{ readonly deliveries: readonly Delivery[]; readonly isMore: boolean }> {
    const { link, group, consumer, reclaimMs, maxTries, poisonLength } = this.#options;
    const args = [group, consumer, reclaimMs, count, maxTries, poisonLength];
    const [looked, ...entries] = listIn(await link.run(RECLAIM, this.#keysOf(shardId), args));
    const deliveries = entries.flatMap((entry) => {
      const [id, fields, reply] = listIn(entry);
      const tries = integerIn(reply);
      if (tries > 0) return [this.#given({ ...entryIn([id, fields]), shardId, tries })];
      const reason = tries === 0
        ? "nobody has acknowledged it"
        : "the stream has dropped it before it was acknowledged";
      this.#options.poisoned({ shardId, id: textIn(id), name: undefined, reason });
      return [];
    });
    return { deliveries, isMore: integerIn(looked) >= count };
  }

  /** Tells Redis that the events which have been in hand for long are still worked on. */
  async touch(): Promise<void> {
    const now = this.#options.link.clock.now();
    const old = [...this.#pending].filter(([, at]) => now - at > this.#options.reclaimMs / 3)
      .map(([delivery]) => delivery);
    const ofShards = [...Map.groupBy(old, ({ shardId }) => shardId)];
    await this.#those(ofShards.map(([shardId, ofShard]) => this.#touch(shardId, ofShard, now)));
  }

  async #touch(shardId: number, deliveries: readonly Delivery[], now: number): Promise<void> {
    const { link, group, consumer } = this.#options;
    const ids = deliveries.map(({ id }) => id);
    await link.command(["XCLAIM", link.shardKey(shardId, "events"), group, consumer, 0, ...ids, "JUSTID"]);
    for (const delivery of deliveries) if (this.#pending.has(delivery)) this.#pending.set(delivery, now);
  }

  /** Removes workers from the group that have died long ago. Costs a command a shard. */
  async sweep(): Promise<void> {
    const { link, group, reclaimMs, shardIds } = this.#options;
    const args = [group, Math.max(GONE_MS, 4 * reclaimMs)];
    await this.#those(shardIds.map((id) => link.run(SWEEP, this.#keysOf(id).slice(0, 1), args)));
  }

  /** Removes the worker from the group, wherever it owes nothing. */
  async dismiss(): Promise<void> {
    const { link, group, consumer, shardIds } = this.#options;
    await Promise.all(
      shardIds.map((shardId) => link.run(DISMISS, this.#keysOf(shardId).slice(0, 1), [group, consumer])),
    );
  }

  /** What came of those that went well; what the others failed with is told. Rejects where none went well. */
  async #those<Value>(works: readonly Promise<Value>[]): Promise<Value[]> {
    const results = await Promise.allSettled(works);
    const failures = results.filter((result) => result.status === "rejected");
    const [first] = failures;
    if (first !== undefined && failures.length === works.length) throw first.reason;
    for (const { reason } of failures) this.#options.failed(reason);
    return results.filter((result) => result.status === "fulfilled").map(({ value }) => value);
  }

  #keysOf(shardId: number): string[] {
    const { link } = this.#options;
    return [link.shardKey(shardId, "events"), link.shardKey(shardId, "poison")];
  }

  async #create(stream: string, from: "oldest" | "now"): Promise<void> {
    const { link, group } = this.#options;
    try {
      await link.command(["XGROUP", "CREATE", stream, group, from === "now" ? "$" : 0, "MKSTREAM"]);
    } catch (error) {
      if (!messageOf(error).includes("BUSYGROUP")) throw error;
    }
  }

  async #read(
    streams: readonly string[],
    count: number,
    blockMs: number | undefined,
  ): Promise<readonly Delivery[]> {
    const { link, readLink = link, group, consumer } = this.#options;
    const block = blockMs === undefined ? [] : ["BLOCK", blockMs];
    const command = ["XREADGROUP", "GROUP", group, consumer, "COUNT", count, ...block, "STREAMS", ...streams];
    try {
      const reply = await readLink.command(
        [...command, ...streams.map(() => ">")],
        (blockMs ?? 0) + BLOCK_GRACE_MS,
      );
      return pairsIn(reply).flatMap(([stream, entries]) => this.#deliveriesIn(stream, entries));
    } catch (error) {
      // Redis has lost the streams, or they have been removed.
      if (!messageOf(error).includes("NOGROUP")) throw error;
      await this.create();
      return [];
    }
  }

  #deliveriesIn(stream: string, entries: unknown): Delivery[] {
    const shardId = this.#streams.get(stream);
    if (shardId === undefined) return [];
    const now = this.#options.link.clock.now();
    return listIn(entries).map((entry) => {
      const { id, name, text } = entryIn(entry);
      const delivery = { id, name, text, shardId, tries: 1 };
      this.#pending.set(delivery, now);
      return delivery;
    });
  }

  #given(delivery: Delivery): Delivery {
    this.#pending.set(delivery, this.#options.link.clock.now());
    return delivery;
  }
}

/** Goes through a list, a part at a time. */
class Turns<Item> {
  readonly #items: readonly Item[];
  #at = 0;

  constructor(items: readonly Item[]) {
    this.#items = items;
  }

  /** The next ones, `count` at most. */
  next(count: number): readonly Item[] {
    const { length } = this.#items;
    if (count >= length) return this.#items;
    const from = this.#at;
    this.#at = (from + count) % length;
    return [...this.#items, ...this.#items].slice(from, from + count);
  }
}

function perPart(count: number, parts: number): number {
  return Math.min(COUNT_AT_ONCE, Math.max(1, Math.floor(count / parts)));
}
