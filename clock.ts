/**
 * The only source of time in the library: everything that waits or measures is given a {@linkcode Clock}.
 *
 * @module
 */

/**
 * A source of time and of timers.
 *
 * The library never asks the runtime for the time itself, so a program that passes its own clock (a test in virtual
 * time, say) decides when anything happens.
 */
export interface Clock {
  /** Milliseconds on a clock that never runs backwards; only differences between two readings mean something. */
  now(): number;
  /** Milliseconds since the Unix epoch, for dates that people or other machines see. May jump. */
  wallNow(): number;
  /**
   * Calls `callback` once, `delayMs` milliseconds from now; dispose of the result to prevent it.
   *
   * Any finite delay is honoured, also one of months. The callback may run up to a millisecond early, as timers do.
   */
  setTimeout(callback: () => void, delayMs: number): Disposable;
}

/** Options of {@linkcode sleep}. */
export interface SleepOptions {
  /** Ends the wait early: the promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Timers of the platform overflow past this delay and fire at once: longer waits are made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A delay in steps that the platform's timers can count. */
class SystemTimer implements Disposable {
  #handle: ReturnType<typeof setTimeout> | undefined;

  constructor(callback: () => void, delayMs: number) {
    this.#start(callback, delayMs);
  }

  #start(callback: () => void, delayMs: number): void {
    this.#handle = delayMs > LONGEST_TIMER_MS
      ? setTimeout(() => this.#start(callback, delayMs - LONGEST_TIMER_MS), LONGEST_TIMER_MS)
      : setTimeout(callback, Math.max(0, delayMs));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#handle);
  }
}

// Deno loads its timers at their first use, and runs microtasks while it does so. Have that happen here, where nothing is
// under way that they could step into.
clearTimeout(setTimeout(() => {}, 0));

/** The clock of the runtime: `performance.now`, `Date.now` and `setTimeout`. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimeout: (callback, delayMs) => new SystemTimer(callback, delayMs),
};

/**
 * Resolves after `delayMs` milliseconds of `clock`.
 *
 * @example
 * ```ts
 * import { sleep, systemClock } from "@nextsnake/nextcore";
 *
 * await sleep(systemClock, 5);
 * ```
 */
export function sleep(clock: Clock, delayMs: number, { signal }: SleepOptions = {}): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal?.aborted) {
    reject(signal.reason);
    return promise;
  }
  const timer = clock.setTimeout(() => {
    signal?.removeEventListener("abort", onAbort);
    resolve();
  }, delayMs);
  function onAbort(): void {
    timer[Symbol.dispose]();
    reject(signal?.reason);
  }
  signal?.addEventListener("abort", onAbort, { once: true });
  return promise;
}
