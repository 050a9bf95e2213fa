import type { Clock } from "../clock.ts";

/**
 * The clock of a client, which can stand still for a moment.
 *
 * In Deno to ask for the time is an op, 0.1 µs and more when it is cold, and all that counts a request asks: the bucket,
 * the global limit, the attempt. Nothing passes between their questions, so that one answer serves them all.
 */
export class HeldClock implements Clock {
  readonly #clock: Clock;
  #heldAt: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#heldAt ?? this.#clock.now();
  }

  wallNow(): number {
    return this.#clock.wallNow();
  }

  setTimeout(callback: () => void, delayMs: number): Disposable {
    return this.#clock.setTimeout(callback, delayMs);
  }

  /** Does something that takes no time: while it does, it is `now`. */
  hold<Result>(now: number, act: () => Result): Result {
    this.#heldAt = now;
    try {
      return act();
    } finally {
      this.#heldAt = undefined;
    }
  }
}
