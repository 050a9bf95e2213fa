/** Discord blocks an address with 10,000 invalid requests in this time (A9.1). */
const WINDOW_MS = 10 * 60 * 1000;
const SLOT_MS = 10_000;
const SLOTS = WINDOW_MS / SLOT_MS;

/** How many requests of the last ten minutes were invalid: answered by 401, 403 or 429 (A10.1). */
export class InvalidRequestCount {
  /** The counts of {@linkcode SLOT_MS} each, the oldest first. */
  #slots: { readonly slot: number; count: number }[] = [];

  /** Notes one, and tells how many there are. */
  add(now: number): number {
    const slot = Math.floor(now / SLOT_MS);
    const last = this.#slots.at(-1);
    if (last?.slot === slot) last.count += 1;
    else this.#slots.push({ slot, count: 1 });
    return this.count(now);
  }

  /** How many there are. */
  count(now: number): number {
    this.#forget(now);
    return this.#slots.reduce((sum, { count }) => sum + count, 0);
  }

  /** When the count will be lower; `now` where it is 0. */
  lowerAt(now: number): number {
    this.#forget(now);
    const [oldest] = this.#slots;
    return oldest === undefined ? now : (oldest.slot + SLOTS + 1) * SLOT_MS;
  }

  #forget(now: number): void {
    const first = Math.floor(now / SLOT_MS) - SLOTS;
    this.#slots = this.#slots.filter(({ slot }) => slot >= first);
  }
}
