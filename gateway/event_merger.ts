import type { GatewayPayload } from "./payload.ts";

/** For how long an event that only the old set has seen is remembered: its new shard may be slower, or not have begun. */
const MEMORY_MS = 60_000;
/** The same for a new shard that has begun: when its connection breaks, a resume brings what it missed (SEQ-9). */
const LONG_MEMORY_MS = 300_000;

/** How far apart two sets may see the same event: what one saw longer ago than that, the other has not before it. */
const SKEW_MS = 1_000;

/** How often old memories are looked for. */
const SWEEP_MS = 1_000;

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

  /** Keeps only what `isWanted`. */
  keep(isWanted: (value: Value, at: number, key: string) => boolean): void {
    for (const [key, entries] of this.#entries) {
      const kept = entries.filter(({ value, at }) => isWanted(value, at, key));
      if (kept.length === 0) this.#entries.delete(key);
      else if (kept.length < entries.length) this.#entries.set(key, kept);
    }
  }

  clear(): void {
    this.#entries.clear();
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
  /** What the old set has delivered and the new one has not seen, and which new shard will see it. */
  readonly #old = new Unmatched<{ readonly payload: GatewayPayload; readonly shardId: number }>();
  /** The new shards that have begun their sessions. */
  readonly #begun = new Set<number>();
  readonly #shardIdOf: (payload: GatewayPayload) => number;
  #sweptAt = 0;
  /** What the new set has seen and the old one has not. */
  readonly #held = new Unmatched<HeldEvent<Context>>();
  readonly #limit: number;
  #heldCount = 0;
  /** How many events of each kind the old set delivered when it was not certain that the new one would see them. */
  readonly #doubted = new Map<string, number>();

  /** Holds at most `limit` events; `shardIdOf` tells which new shard gets one. */
  constructor(limit: number, shardIdOf: (payload: GatewayPayload) => number) {
    this.#limit = limit;
    this.#shardIdOf = shardIdOf;
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
    this.#old.add(key, { payload, shardId: this.#shardIdOf(payload) }, now);
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    this.#old.keep(({ shardId }, at) => at >= now - (this.#begun.has(shardId) ? LONG_MEMORY_MS : MEMORY_MS));
  }

  /**
   * A new shard has begun its session: it has not seen what came before.
   *
   * That matters where an event can come again in the same words (a reaction that is added, removed and added): the next
   * one must not be taken for this one. What can't come again is remembered: it may be on its way. What came in the last
   * moment may be of this session or not. It is remembered, too, so that it is not doubled; and whatever has found no
   * partner until the switch was not, and is forgotten then, so that nothing is lost. Doubled is only what comes in the
   * same words in the moment before the session begins and again in the moment before the switch.
   */
  began(id: number, now: number): void {
    this.#begun.add(id);
    this.#old.keep(({ payload, shardId }, at, key) => {
      if (shardId !== id || isUnique(payload)) return true;
      if (at < now - SKEW_MS) return false;
      this.#doubted.set(key, (this.#doubted.get(key) ?? 0) + 1);
      return true;
    });
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
    for (const [key, count] of this.#doubted) for (let left = count; left > 0; left -= 1) this.#old.take(key);
    return this.#held.values();
  }

  /** Whether something may still be repeated. */
  get remembers(): boolean {
    return this.#old.size > 0;
  }

  /** Nothing can be repeated any more. */
  forget(): void {
    this.#old.clear();
    this.#held.clear();
  }

  /** Whether an event that the new set has seen after the switch was delivered before it. */
  isRepeated(payload: GatewayPayload): boolean {
    return this.#old.size > 0 && this.#old.take(keyOf(payload)) !== undefined;
  }
}

/** What an event says. Two sessions get the same payload, but for the numbers around it, and what is said of a whole guild. */
function keyOf(payload: GatewayPayload): string {
  const { t, d } = payload;
  const id = t === "GUILD_CREATE" ? idOf(d) : undefined;
  return `${t} ${id ?? JSON.stringify(d)}`;
}

/** Whether an event can't come twice in the same words: it tells of something new that has an id. */
function isUnique({ t, d }: GatewayPayload): boolean {
  return t !== null && t !== "GUILD_CREATE" && t.endsWith("_CREATE") && idOf(d) !== undefined;
}

function idOf(d: unknown): string | undefined {
  const id = typeof d === "object" && d !== null && "id" in d ? d.id : undefined;
  return typeof id === "string" ? id : undefined;
}
