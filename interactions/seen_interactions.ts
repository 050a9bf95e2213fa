import type { Clock } from "../clock.ts";

/** Remembers for a while which interactions came, so that none is handled twice. */
export class SeenInteractions {
  /** When each came, by id; the oldest first. */
  readonly #seen = new Map<string, number>();
  readonly #limit: number;
  readonly #keepMs: number;
  readonly #clock: Clock;

  /** Remembers `limit` ids at most, each for `keepMs`. */
  constructor(limit: number, keepMs: number, clock: Clock) {
    this.#limit = limit;
    this.#keepMs = keepMs;
    this.#clock = clock;
  }

  /** Whether it came before; it has from now on. */
  isAgain(id: string): boolean {
    const now = this.#clock.now();
    for (const [known, at] of this.#seen) {
      if (now - at <= this.#keepMs) break;
      this.#seen.delete(known);
    }
    if (this.#seen.has(id)) return true;
    this.#seen.set(id, now);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > this.#limit && oldest !== undefined) this.#seen.delete(oldest);
    return false;
  }
}
