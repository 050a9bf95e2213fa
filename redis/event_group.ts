import { messageOf, type RedisLink } from "./redis_link.ts";
import { entryIn, integerIn, listIn, pairsIn, type StreamEntry, textIn } from "./reply.ts";
import { DISMISS, RECLAIM, SET_ASIDE } from "./stream_scripts.ts";

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
  /** Told of an event that was set aside. */
  readonly poisoned: (event: PoisonEvent) => void;
}

const POISON_LENGTH = 1_000;
const COUNT_AT_ONCE = 500;
/** What a read that blocks may take on top, before it counts as failed. */
const BLOCK_GRACE_MS = 5_000;

/** One worker's part of the streams' consumer group: what it was given, and has not acknowledged. */
export class EventGroup {
  readonly #options: EventGroupOptions;
  readonly #streams: ReadonlyMap<string, number>;
  /** When each was given out, or last touched. */
  readonly #pending = new Map<Delivery, number>();

  /** Reads nothing by itself. */
  constructor(options: EventGroupOptions) {
    this.#options = options;
    const { link, shardIds } = options;
    this.#streams = new Map(shardIds.map((id) => [link.shardKey(id, "events"), id]));
  }

  /** Makes the group where there is none: it begins with the oldest event there is. */
  async create(): Promise<void> {
    await Promise.all([...this.#streams.keys()].map((stream) => this.#create(stream)));
  }

  /** Up to about `count` new events; waits for the first up to `blockMs`. */
  async read(count: number, blockMs: number | undefined): Promise<readonly Delivery[]> {
    const streams = [...this.#streams.keys()];
    const { isOnePlace } = this.#options;
    const parts = isOnePlace ? [streams] : streams.map((stream) => [stream]);
    const perStream = Math.min(COUNT_AT_ONCE, Math.max(1, Math.floor(count / streams.length)));
    // Of several places only one could be waited for.
    const replies = parts.map((part) => this.#read(part, perStream, isOnePlace ? blockMs : undefined));
    return (await Promise.all(replies)).flat();
  }

  /** Tells Redis that they are done. */
  async acknowledge(deliveries: readonly Delivery[]): Promise<void> {
    const { link, group } = this.#options;
    const commands = [...Map.groupBy(deliveries, ({ shardId }) => shardId)].map(([shardId, ofShard]) =>
      link.command(["XACK", link.shardKey(shardId, "events"), group, ...ofShard.map(({ id }) => id)])
    );
    await Promise.all(commands);
    this.forget(deliveries);
  }

  /** They are no longer minded: after a while, others take them. */
  forget(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) this.#pending.delete(delivery);
  }

  /** Takes an event of our own once more; nothing when it is gone. */
  async claimAgain({ shardId, id, tries }: Delivery): Promise<readonly Delivery[]> {
    const { link, group, consumer } = this.#options;
    const stream = link.shardKey(shardId, "events");
    const entries = listIn(await link.command(["XCLAIM", stream, group, consumer, 0, id]));
    return entries.filter((entry) => entry !== null)
      .map((entry) => this.#given({ ...entryIn(entry), shardId, tries: tries + 1 }));
  }

  /** Sets an event aside that its listeners can't handle. */
  async setAside(delivery: Delivery, reason: string): Promise<void> {
    const { link, group, poisoned } = this.#options;
    const { shardId, id, name, text, tries } = delivery;
    const args = [group, id, name ?? "", text, tries, reason, POISON_LENGTH];
    await link.run(SET_ASIDE, this.#keysOf(shardId), args);
    this.forget([delivery]);
    poisoned({ shardId, id, name, reason });
  }

  /** Takes over what others have left, up to about `count` events. Costs a command a shard. */
  async reclaim(count: number): Promise<readonly Delivery[]> {
    const { link, group, consumer, reclaimMs, maxTries, shardIds, poisoned } = this.#options;
    const perShard = Math.min(COUNT_AT_ONCE, Math.max(1, Math.floor(count / shardIds.length)));
    const args = [group, consumer, reclaimMs, perShard, maxTries, POISON_LENGTH];
    const found = await Promise.all(shardIds.map(async (shardId) => {
      const entries = listIn(await link.run(RECLAIM, this.#keysOf(shardId), args));
      return entries.flatMap((entry) => {
        const [id, fields, tries] = listIn(entry);
        if (integerIn(tries) > 0) return [{ ...entryIn([id, fields]), shardId, tries: integerIn(tries) }];
        poisoned({ shardId, id: textIn(id), name: undefined, reason: "nobody has acknowledged it" });
        return [];
      });
    }));
    return found.flat().map((delivery) => this.#given(delivery));
  }

  /** Tells Redis that the events which have been in hand for long are still worked on. */
  async touch(): Promise<void> {
    const { link, group, consumer, reclaimMs } = this.#options;
    const now = link.clock.now();
    const old = [...this.#pending].filter(([, at]) => now - at > reclaimMs / 3).map(([delivery]) => delivery);
    const commands = [...Map.groupBy(old, ({ shardId }) => shardId)].map(([shardId, ofShard]) =>
      link.command([
        "XCLAIM",
        link.shardKey(shardId, "events"),
        group,
        consumer,
        0,
        ...ofShard.map(({ id }) => id),
        "JUSTID",
      ])
    );
    await Promise.all(commands);
    for (const delivery of old) if (this.#pending.has(delivery)) this.#pending.set(delivery, now);
  }

  /** Removes the worker from the group, wherever it owes nothing. */
  async dismiss(): Promise<void> {
    const { link, group, consumer, shardIds } = this.#options;
    await Promise.all(
      shardIds.map((shardId) => link.run(DISMISS, this.#keysOf(shardId).slice(0, 1), [group, consumer])),
    );
  }

  #keysOf(shardId: number): string[] {
    const { link } = this.#options;
    return [link.shardKey(shardId, "events"), link.shardKey(shardId, "poison")];
  }

  async #create(stream: string): Promise<void> {
    const { link, group } = this.#options;
    try {
      await link.command(["XGROUP", "CREATE", stream, group, 0, "MKSTREAM"]);
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
