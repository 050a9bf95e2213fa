import type { GatewayPayload } from "./payload.ts";

/** For how long an event that only one set of shards has seen is remembered: the other may be slower. */
const MEMORY_MS = 60_000;

/** How often each event was seen by one set of shards and not yet by the other. */
class Unmatched<Value> {
  readonly #entries = new Map<string, { readonly at: number; readonly value: Value }[]>();

  /** Takes the oldest entry of the key away; `undefined` where there is none. */
  take(key: string): Value | undefined {
    const entries = this.#entries.get(key);
    const entry = entries?.shift();
    if (entries?.length === 0) this.#entries.delete(key);
    return entry?.value;
  }

  add(key: string, value: Value, at: number): void {
    const entries = this.#entries.get(key);
    if (entries === undefined) this.#entries.set(key, [{ at, value }]);
    else entries.push({ at, value });
  }

  /** Forgets what is older than `at`; keys come in the order of their first entry. */
  forgetBefore(at: number): void {
    for (const [key, entries] of this.#entries) {
      const [oldest] = entries;
      if (oldest !== undefined && oldest.at >= at) return;
      this.#entries.delete(key);
    }
  }

  /** All values in the order in which they came. */
  values(): Value[] {
    const entries = [...this.#entries.values()].flat();
    return entries.toSorted((one, other) => one.at - other.at).map(({ value }) => value);
  }

  get size(): number {
    return this.#entries.size;
  }
}

/** An event of the new set, and where it goes when it is delivered. */
export interface HeldEvent<Context> {
  /** What came. */
  readonly payload: GatewayPayload;
  /** The shard it came from. */
  readonly context: Context;
}

/**
 * Makes one stream of events of two sets of shards that both see everything: the old one that is heard, and the new one
 * that will replace it (SH-3, SH-6, SH-7).
 *
 * Sequence numbers of two sessions can't be compared, so events are matched by what they say. Until the switch all events
 * of the old set are delivered, and those of the new one are held; an event that both have seen is done with. At the
 * switch what only the new set has seen is delivered, and from then on the new set's events, but for those that the old
 * one had delivered already.
 */
export class EventMerger<Context> {
  /** What the old set has delivered and the new one has not seen. */
  readonly #old = new Unmatched<true>();
  /** What the new set has seen and the old one has not. */
  readonly #held = new Unmatched<HeldEvent<Context>>();
  readonly #limit: number;
  #heldCount = 0;

  /** Holds at most `limit` events. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether more was held than may be: the old set has fallen behind, and the switch must not be made. */
  get isOverfull(): boolean {
    return this.#heldCount > this.#limit;
  }

  /** The old set has delivered an event. */
  oldDelivered(payload: GatewayPayload, now: number): void {
    const key = keyOf(payload);
    if (this.#held.take(key) !== undefined) {
      this.#heldCount -= 1;
      return;
    }
    this.#old.add(key, true, now);
    this.#old.forgetBefore(now - MEMORY_MS);
  }

  /** The new set has seen an event before the switch. */
  newSeen(event: HeldEvent<Context>, now: number): void {
    const key = keyOf(event.payload);
    if (this.#old.take(key) !== undefined) return;
    this.#heldCount += 1;
    if (!this.isOverfull) this.#held.add(key, event, now);
  }

  /** What must be delivered at the switch: what only the new set has seen. */
  switch(): HeldEvent<Context>[] {
    return this.#held.values();
  }

  /** Whether an event that the new set has seen after the switch was delivered before it. */
  isRepeated(payload: GatewayPayload): boolean {
    return this.#old.size > 0 && this.#old.take(keyOf(payload)) !== undefined;
  }
}

/** What an event says. Two sessions get the same payload, but for the numbers around it. */
function keyOf({ t, d }: GatewayPayload): string {
  return `${t} ${JSON.stringify(d)}`;
}
