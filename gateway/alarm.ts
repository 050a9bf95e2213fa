import type { Clock } from "../clock.ts";

/** One timer that is set again and again: it rings once at the last instant that was set. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at = Infinity;
  #timer: Disposable | undefined;

  /** An alarm that is not set. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Sets it to `at`; to `Infinity` to never ring. Costs nothing while `at` is the same. */
  set(at: number): void {
    if (at === this.#at) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#at = at;
    if (at === Infinity) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#at = Infinity;
      this.#timer = undefined;
      this.#ring();
    }, at - this.#clock.now());
  }
}
