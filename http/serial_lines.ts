import type { Clock } from "../clock.ts";

/** How long somebody is ready to wait for a turn. */
export interface SerialWait {
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Milliseconds that it may take; 0 for not at all. */
  readonly maxWaitMs: number;
  /** The error where it takes longer. */
  late(): unknown;
}

/** Lets requests of one key go one after the other (B7.3). */
export class SerialLines {
  readonly #clock: Clock;
  /** The turns that are taken or waited for; the first of each is the one that runs. */
  readonly #lines = new Map<string, (() => void)[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many keys somebody has the turn of. */
  get size(): number {
    return this.#lines.size;
  }

  /** Waits for the turn of `key`; dispose of the result to pass it on. Leaves the line when the wait ends otherwise. */
  async enter(key: string, { signal, maxWaitMs, late }: SerialWait): Promise<Disposable> {
    signal.throwIfAborted();
    const line = this.#lines.get(key) ?? [];
    if (line.length > 0 && maxWaitMs === 0) throw late();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#lines.set(key, line);
    line.push(resolve);
    const turn = { [Symbol.dispose]: () => this.#leave(key, line, resolve) };
    if (line[0] === resolve) return turn;
    const giveUp = (reason: unknown): void => {
      if (line[0] === resolve) return; // It has got its turn in this very moment.
      this.#leave(key, line, resolve);
      reject(reason);
    };
    const onAbort = (): void => giveUp(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = maxWaitMs === Infinity
      ? undefined
      : this.#clock.setTimeout(() => giveUp(late()), maxWaitMs);
    try {
      await promise;
      return turn;
    } finally {
      timer?.[Symbol.dispose]();
      signal.removeEventListener("abort", onAbort);
    }
  }

  #leave(key: string, line: (() => void)[], who: () => void): void {
    const place = line.indexOf(who);
    if (place === -1) return;
    line.splice(place, 1);
    if (line.length === 0) this.#lines.delete(key);
    else if (place === 0) line[0]?.();
  }
}
