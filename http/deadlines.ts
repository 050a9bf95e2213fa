import type { Clock } from "../clock.ts";
import { type Placed, PlacedList } from "./placed_list.ts";

/** Something that ends when it takes too long. */
export interface Timed extends Placed {
  /** When that is; `Infinity` for never. May move while it is running, but only to later. */
  readonly deadlineAt: number;
  /** Called at that time. */
  expire(): void;
}

/** The deadlines of all that is running, with one timer: one for each request cost 2 µs more. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #running = new PlacedList<Timed>();
  #timer: Disposable | undefined;
  #ringsAt = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches over something that begins now. */
  add(timed: Timed, now: number): void {
    this.#running.add(timed);
    if (timed.deadlineAt < this.#ringsAt) this.#arm(timed.deadlineAt, now);
  }

  /** Watches over it no longer. */
  delete(timed: Timed): void {
    if (this.#running.remove(timed) && this.#running.size === 0) this.#disarm();
  }

  #ring(): void {
    this.#disarm();
    const now = this.#clock.now();
    let next = Infinity;
    for (const timed of [...this.#running]) {
      // Timers may be early by a millisecond.
      if (timed.deadlineAt <= now + 1) timed.expire();
      else next = Math.min(next, timed.deadlineAt);
    }
    // One that has begun meanwhile may be due before.
    if (next < this.#ringsAt) this.#arm(next, now);
  }

  #arm(at: number, now: number): void {
    this.#disarm();
    this.#ringsAt = at;
    this.#timer = this.#clock.setTimeout(() => this.#ring(), at - now);
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#ringsAt = Infinity;
  }
}
