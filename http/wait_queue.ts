/** What a {@linkcode WaitQueue} holds. */
export interface Queued {
  /** Lower comes first. */
  readonly rank: number;
  /** Among equal ranks, lower comes first. */
  readonly sequence: number;
  /** Where it is in its queue; kept by the queue, `-1` outside of one. */
  place: number;
}

/** A priority queue that can also let go of one in the middle, each in logarithmic time. */
export class WaitQueue<Item extends Queued> {
  readonly #heap: Item[] = [];

  /** How many wait. */
  get size(): number {
    return this.#heap.length;
  }

  /** Who is next. */
  peek(): Item | undefined {
    return this.#heap[0];
  }

  /** Whether one waits here. */
  has(item: Item): boolean {
    return this.#heap[item.place] === item;
  }

  /** How many would go before `item`, which is not in the queue. Looks at each. */
  countBefore(item: Pick<Queued, "rank" | "sequence">): number {
    return this.#heap.reduce((count, other) => isBefore(other, item) ? count + 1 : count, 0);
  }

  /** Adds one. */
  push(item: Item): void {
    this.#heap.push(item);
    this.#rise(item, this.#heap.length - 1);
  }

  /** Takes out who is next. */
  pop(): Item | undefined {
    const first = this.#heap[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes out one that is in this queue. */
  remove(item: Item): void {
    const { place } = item;
    const last = this.#heap.pop();
    item.place = -1;
    if (last === undefined || last === item) return;
    this.#rise(last, place);
    this.#sink(last, last.place);
  }

  #rise(item: Item, from: number): void {
    let place = from;
    while (place > 0) {
      const parentPlace = (place - 1) >> 1;
      const parent = this.#heap[parentPlace];
      if (parent === undefined || !isBefore(item, parent)) break;
      this.#set(parent, place);
      place = parentPlace;
    }
    this.#set(item, place);
  }

  #sink(item: Item, from: number): void {
    let place = from;
    for (;;) {
      const left = this.#heap[2 * place + 1];
      const right = this.#heap[2 * place + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, item)) break;
      const childPlace = child.place;
      this.#set(child, place);
      place = childPlace;
    }
    this.#set(item, place);
  }

  #set(item: Item, place: number): void {
    this.#heap[place] = item;
    item.place = place;
  }
}

/** Whether one comes before the other. */
export function isBefore(
  one: Pick<Queued, "rank" | "sequence">,
  other: Pick<Queued, "rank" | "sequence">,
): boolean {
  return one.rank === other.rank ? one.sequence < other.sequence : one.rank < other.rank;
}
