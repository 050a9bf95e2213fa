import type { Delivery } from "./event_group.ts";

/** Options of an {@linkcode Acknowledger}. */
export interface AcknowledgerOptions {
  /** Tells Redis, for one shard. Does not reject: what can't be told is left to it. */
  readonly tell: (shardId: number, deliveries: readonly Delivery[]) => Promise<void>;
  /** They are off our hands. */
  readonly told: (count: number) => void;
}

/** Tells Redis which events are done: one command at a time for each shard, and what comes meanwhile goes with the next. */
export class Acknowledger {
  readonly #options: AcknowledgerOptions;
  readonly #waiting = new Map<number, Delivery[]>();
  readonly #telling = new Map<number, Promise<void>>();

  /** Tells nothing by itself. */
  constructor(options: AcknowledgerOptions) {
    this.#options = options;
  }

  /** It is done. */
  add(delivery: Delivery): void {
    const { shardId } = delivery;
    const waiting = this.#waiting.get(shardId);
    if (waiting !== undefined) {
      waiting.push(delivery);
      return;
    }
    this.#waiting.set(shardId, [delivery]);
    if (!this.#telling.has(shardId)) this.#telling.set(shardId, this.#tell(shardId));
  }

  /** Resolves when Redis has been told of all. */
  async idle(): Promise<void> {
    while (this.#telling.size > 0) await Promise.all(this.#telling.values());
  }

  async #tell(shardId: number): Promise<void> {
    await undefined; // So that it is among those that tell before it can end.
    for (;;) {
      const deliveries = this.#waiting.get(shardId);
      if (deliveries === undefined) break;
      this.#waiting.delete(shardId);
      await this.#options.tell(shardId, deliveries);
      this.#options.told(deliveries.length);
    }
    this.#telling.delete(shardId);
  }
}
