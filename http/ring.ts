import { type Placed, PlacedList } from "./placed_list.ts";

/** What a {@linkcode Ring} holds. */
export interface Ringed extends Placed {
  /** Whether it has been used since the ring looked at it last. */
  wasUsed: boolean;
}

/** Whether an entry can go: not while it is busy; at once when it is fresh; when it is idle, only if there are too many. */
export type RingedState = "busy" | "idle" | "fresh";

/** Entries that are looked at in turn, a few at a time, to forget those that can go (B10.1). */
export class Ring<Item extends Ringed> extends PlacedList<Item> {
  readonly #limit: number;
  #next = 0;

  /** Takes how many entries there may be: beyond that, those that are idle go, unused ones first. */
  constructor(limit: number) {
    super();
    this.#limit = limit;
  }

  /** Looks at the next entries, at most `steps` of them, and hands those that can go to `forget`, which takes them out. */
  sweep(
    steps: number,
    now: number,
    stateOf: (item: Item, now: number) => RingedState,
    forget: (item: Item) => void,
  ): void {
    for (let left = Math.min(steps, this.size); left > 0; left--) {
      if (this.#next >= this.size) this.#next = 0;
      const item = this.at(this.#next);
      if (item === undefined) return;
      const state = stateOf(item, now);
      const canGo = state === "fresh" ||
        (state === "idle" && this.size > this.#limit && !item.wasUsed);
      item.wasUsed = false;
      if (canGo) forget(item);
      else this.#next += 1;
    }
  }
}
