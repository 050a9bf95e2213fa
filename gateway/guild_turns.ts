import type { Clock } from "../clock.ts";

interface Line {
  openAt: number;
  isTaken: boolean;
  timer: Disposable | undefined;
  readonly waiters: (() => void)[];
}

/** Turns by guild: one at a time, and the next a while after one was used (MR-4). */
export class GuildTurns {
  readonly #clock: Clock;
  readonly #spacingMs: number;
  readonly #lines = new Map<string, Line>();

  /** Turns of the same guild are `spacingMs` apart. */
  constructor(clock: Clock, spacingMs: number) {
    this.#clock = clock;
    this.#spacingMs = spacingMs;
  }

  /** Resolves when it is the turn of who asks: then say {@linkcode used} or {@linkcode giveBack}. */
  take(guildId: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal.aborted) {
      reject(signal.reason);
      return promise;
    }
    this.#sweep();
    const line = this.#lineOf(guildId);
    const waiter = (): void => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    };
    const onAbort = (): void => {
      line.waiters.splice(line.waiters.indexOf(waiter), 1);
      reject(signal.reason);
      this.#serve(line);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    line.waiters.push(waiter);
    this.#serve(line);
    return promise;
  }

  /** The turn has been used, just now. */
  used(guildId: string): void {
    this.delay(guildId, this.#spacingMs);
    this.giveBack(guildId);
  }

  /** The turn is over; it has not been used. */
  giveBack(guildId: string): void {
    const line = this.#lineOf(guildId);
    line.isTaken = false;
    this.#serve(line);
  }

  /** No turn for so long. */
  delay(guildId: string, delayMs: number): void {
    const line = this.#lineOf(guildId);
    line.openAt = Math.max(line.openAt, this.#clock.now() + delayMs);
    this.#serve(line);
  }

  #lineOf(guildId: string): Line {
    const known = this.#lines.get(guildId);
    if (known !== undefined) return known;
    const line: Line = { openAt: -Infinity, isTaken: false, timer: undefined, waiters: [] };
    this.#lines.set(guildId, line);
    return line;
  }

  #serve(line: Line): void {
    line.timer?.[Symbol.dispose]();
    line.timer = undefined;
    if (line.isTaken || line.waiters.length === 0) return;
    const waitMs = line.openAt - this.#clock.now();
    if (waitMs > 0) {
      line.timer = this.#clock.setTimeout(() => this.#serve(line), waitMs);
      return;
    }
    line.isTaken = true;
    line.waiters.shift()?.();
  }

  /** Forgets the lines that no longer matter: what is kept is bounded by what can be sent in a while. */
  #sweep(): void {
    const now = this.#clock.now();
    for (const [guildId, { isTaken, openAt, waiters }] of this.#lines) {
      if (!isTaken && waiters.length === 0 && openAt <= now) this.#lines.delete(guildId);
    }
  }
}
