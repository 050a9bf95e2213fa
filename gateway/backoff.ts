/** First step and cap of the backoff between connections (BO-1). */
const BASE_MS = 1_000;
const CAP_MS = 60_000;
/** Cap of the backoff between new sessions: Discord grants about a thousand a day (BO-3). */
const NEW_SESSION_CAP_MS = 600_000;

/** How long to wait before the next connection, by what was tried since one was healthy (§10). */
export class Backoff {
  readonly #random: () => number;
  #connections = 0;
  #identifies = 0;

  /** Nothing was tried yet; `random` gives a number from 0 to 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** A new session was asked for. */
  identified(): void {
    this.#identifies += 1;
  }

  /** A connection was healthy: what failed before does not count any more (BO-2). */
  reset(): void {
    this.#connections = this.#identifies = 0;
  }

  /** A connection has failed: how long to wait before the next, in milliseconds. New sessions wait longer (BO-3). */
  nextMs(isNewSession: boolean): number {
    const waitMs = this.#jitter(this.#connections, CAP_MS);
    const isHeldBack = isNewSession && this.#identifies > 0;
    this.#connections += 1;
    return isHeldBack ? Math.max(waitMs, this.#jitter(this.#identifies, NEW_SESSION_CAP_MS)) : waitMs;
  }

  #jitter(attempt: number, capMs: number): number {
    return this.#random() * Math.min(capMs, BASE_MS * 2 ** attempt);
  }
}
