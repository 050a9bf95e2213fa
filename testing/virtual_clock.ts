/**
 * Time that a test moves by hand.
 *
 * @module
 */

import { type Clock, sleep, systemClock } from "../clock.ts";

/** Options of {@linkcode VirtualClock}. */
export interface VirtualClockOptions {
  /** What the wall shows at first, in milliseconds since the Unix epoch. The start of 2026 by default. */
  wallAt?: number;
  /**
   * Waits until promises that could settle without time passing have settled.
   *
   * By default {@linkcode settle}, which gives the event loop a few turns. Replace it where work happens outside the
   * event loop: in a thread pool, in another process.
   */
  settle?: () => Promise<void>;
}

/** Options of {@linkcode VirtualClock.runUntil}. */
export interface RunUntilOptions {
  /** The most virtual milliseconds to let pass; then it throws. One day by default. */
  limitMs?: number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

const DAY_MS = 86_400_000;
const START_OF_2026 = 1_767_225_600_000;
/** Turns of the event loop in one settling: one runs every promise chain, the second what native streams hand over. */
const SETTLE_TURNS = 2;
/** Callbacks in one call of `advance` or `runUntil`: more is a timer that re-arms itself without time passing. */
const MAX_FIRINGS = 1_000_000;
/** Real milliseconds that `runUntil` waits for work outside the event loop before it calls a promise stuck. */
const PATIENCE_MS = 60;
const PATIENCE_STEP_MS = 5;

/**
 * A clock that stands still until it is told to move.
 *
 * Timers fire in order and each at its exact instant; between two of them everything that waits on a promise gets its
 * turn. A day passes in as long as its timers need.
 *
 * @example
 * ```ts
 * import { sleep } from "@nextsnake/nextcore";
 * import { VirtualClock } from "@nextsnake/nextcore/testing";
 *
 * const clock = new VirtualClock();
 * await clock.runUntil(sleep(clock, 3_600_000));
 * console.log(clock.now()); // 3600000
 * ```
 */
export class VirtualClock implements Clock {
  readonly #settle: () => Promise<void>;
  /** Sorted, the next timer last: that is where timers come and go most. */
  readonly #timers: Timer[] = [];
  #now = 0;
  #wallOffset: number;
  #order = 0;
  #isMoving = false;

  /** Makes a clock that shows `0`. */
  constructor({ wallAt = START_OF_2026, settle: settleOption = settle }: VirtualClockOptions = {}) {
    if (!Number.isFinite(wallAt)) {
      throw new RangeError(`wallAt is ${wallAt}: give milliseconds since the epoch`);
    }
    this.#wallOffset = wallAt;
    this.#settle = settleOption;
  }

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Milliseconds since the clock was made. */
  now(): number {
    return this.#now;
  }

  /** Milliseconds since the Unix epoch; see {@linkcode VirtualClock.jumpWall}. */
  wallNow(): number {
    return this.#wallOffset + this.#now;
  }

  /** Moves what the wall shows by `ms` (also backwards), as when a machine's date is set. No timer notices. */
  jumpWall(ms: number): void {
    if (!Number.isFinite(ms)) throw new RangeError(`ms is ${ms}: give a finite number of milliseconds`);
    this.#wallOffset += ms;
  }

  /** Calls `callback` once the clock has moved `delayMs` on. A negative delay counts as none. */
  setTimeout(callback: () => void, delayMs: number): Disposable {
    if (!Number.isFinite(delayMs)) throw new RangeError(`delayMs is ${delayMs}: give a finite number`);
    const timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.splice(this.#placeOf(timer), 0, timer);
    return { [Symbol.dispose]: () => this.#remove(timer) };
  }

  /**
   * Moves the clock on by `ms` and runs what is due on the way.
   *
   * Rejects with what a timer's callback throws.
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`ms is ${ms}: give a finite number, not below 0`);
    await this.#move(async () => {
      const end = this.#now + ms;
      await this.#settle();
      for (let firings = 0; this.#nextAt() <= end; firings++) await this.#fireNext(firings);
      this.#now = end;
      await this.#settle();
    });
  }

  /**
   * Moves from timer to timer until `promise` has settled; gives its value or rejects with its reason.
   *
   * Throws when nothing is scheduled any more that could settle it, and when `limitMs` would be passed.
   */
  async runUntil<T>(promise: Promise<T>, { limitMs = DAY_MS }: RunUntilOptions = {}): Promise<T> {
    let isSettled = false;
    const mark = () => {
      isSettled = true;
    };
    promise.then(mark, mark);
    await this.#move(async () => {
      const end = this.#now + limitMs;
      await this.#settle();
      for (let firings = 0; !isSettled; firings++) {
        if (this.#nextAt() === Infinity) await this.#waitForReality(() => isSettled);
        if (isSettled) break;
        if (this.#nextAt() === Infinity) throw new Error("The promise can never settle: no timer is left");
        if (this.#nextAt() > end) {
          throw new Error(`The promise has not settled within ${limitMs} ms of virtual time`);
        }
        await this.#fireNext(firings);
      }
    });
    return promise;
  }

  async #move(steps: () => Promise<void>): Promise<void> {
    if (this.#isMoving) {
      throw new Error("The clock is already moving: await advance() or runUntil() before the next call");
    }
    this.#isMoving = true;
    try {
      await steps();
    } finally {
      this.#isMoving = false;
    }
  }

  #nextAt(): number {
    return this.#timers.at(-1)?.at ?? Infinity;
  }

  async #fireNext(firings: number): Promise<void> {
    if (firings === MAX_FIRINGS) {
      throw new Error(`More than ${MAX_FIRINGS} timers fired: does one re-arm itself?`);
    }
    const timer = this.#timers.pop();
    if (timer === undefined) return;
    this.#now = timer.at;
    timer.callback();
    await this.#settle();
  }

  /** Work outside the event loop may still bring the promise, or a new timer. */
  async #waitForReality(isSettled: () => boolean): Promise<void> {
    for (let waited = 0; waited < PATIENCE_MS; waited += PATIENCE_STEP_MS) {
      if (isSettled() || this.#nextAt() < Infinity) return;
      await sleep(systemClock, PATIENCE_STEP_MS);
    }
  }

  /** Where `timer` belongs: after every timer that fires later. */
  #placeOf(timer: Timer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isLater(this.#timers[middle], timer)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #remove(timer: Timer): void {
    const place = this.#placeOf(timer);
    if (this.#timers[place] === timer) this.#timers.splice(place, 1);
  }
}

/**
 * Gives the event loop two turns, so that every promise chain that needs no time has run to its end.
 */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS; turn++) await nextTurn();
}

function isLater(one: Timer | undefined, other: Timer): boolean {
  if (one === undefined) return false;
  return one.at > other.at || (one.at === other.at && one.order > other.order);
}

/** `setImmediate` where there is one (it is not in the web's standards), since a timer of 0 ms takes over 1 ms. */
function nextTurn(): Promise<void> {
  const setImmediate: unknown = Reflect.get(globalThis, "setImmediate");
  const { promise, resolve } = Promise.withResolvers<void>();
  if (typeof setImmediate === "function") {
    setImmediate(resolve);
    return promise;
  }
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    channel.port1.close();
    resolve();
  };
  channel.port2.postMessage(undefined);
  return promise;
}
