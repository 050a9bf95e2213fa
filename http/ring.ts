/** What a {@linkcode Ring} holds. */
export interface Ringed {
  /** Where it is in its ring; kept by the ring, `-1` outside of one. */
  place: number;
  /** Whether it has been used since the ring looked at it last. */
  wasUsed: boolean;
}

/** Whether an entry can go: not while it is busy; at once when it is fresh; when it is idle, only if there are too many. */
export type RingedState = "busy" | "idle" | "fresh";

/** Entries that are looked at in turn, a few at a time, to forget those that can go (B10.1). */
export class Ring<Item extends Ringed> implements Iterable<Item> {
  readonly #items: Item[] = [];
  readonly #limit: number;
  #next = 0;

  /** Takes how many entries there may be: beyond that, those that are idle go, unused ones first. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many there are. */
  get size(): number {
    return this.#items.length;
  }

  /** Adds one. */
  add(item: Item): void {
    item.place = this.#items.length;
    this.#items.push(item);
  }

  /** Takes one out. */
  remove(item: Item): void {
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#items[item.place] = last;
      last.place = item.place;
    }
    item.place = -1;
  }

  /** Looks at the next entries, at most `steps` of them, and hands those that can go to `forget`, which takes them out. */
  sweep(steps: number, stateOf: (item: Item) => RingedState, forget: (item: Item) => void): void {
    for (let left = Math.min(steps, this.#items.length); left > 0; left--) {
      if (this.#next >= this.#items.length) this.#next = 0;
      const item = this.#items[this.#next];
      if (item === undefined) return;
      const state = stateOf(item);
      const canGo = state === "fresh" ||
        (state === "idle" && this.#items.length > this.#limit && !item.wasUsed);
      item.wasUsed = false;
      if (canGo) forget(item);
      else this.#next += 1;
    }
  }

  /** All of them, in no order that means anything. */
  [Symbol.iterator](): Iterator<Item> {
    return this.#items[Symbol.iterator]();
  }
}
