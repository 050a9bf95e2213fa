const TICKS = 8;

/**
 * The time of day in milliseconds, to some microseconds: what two processes can compare. The clock that runtimes give is
 * exact to a millisecond only, and where their `performance.timeOrigin` lies is not exact at all.
 */
export class WallClock {
  readonly #origin: number;

  /** Watches the clock of the machine for some milliseconds. */
  constructor() {
    // Just after the clock has gone on by one it is right; the later one looks, the smaller the difference.
    this.#origin = Math.max(...Array.from({ length: TICKS }, differenceAtTick));
  }

  now(): number {
    return this.#origin + performance.now();
  }

  /** What `performance.now()` gave, as time of day. */
  at(instant: number): number {
    return this.#origin + instant;
  }
}

function differenceAtTick(): number {
  const before = Date.now();
  for (;;) {
    const now = Date.now();
    if (now !== before) return now - performance.now();
  }
}
