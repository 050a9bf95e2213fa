/** How many sessions a bot may start in a day, as Discord counts them (ID-6). */
export class SessionBudget {
  readonly total: number;
  readonly #dayMs: number;
  readonly #exceeded: () => void;
  #used = 0;
  #endsAt = Infinity;

  /** One more than `total` in `dayMs`, and Discord resets the token: `exceeded`. */
  constructor(total: number, dayMs: number, exceeded: () => void) {
    this.total = total;
    this.#dayMs = dayMs;
    this.#exceeded = exceeded;
  }

  /** Sessions that are left. */
  remaining(now: number): number {
    if (now >= this.#endsAt) this.renew();
    return this.total - this.#used;
  }

  /** Milliseconds until the reset; 0 while none has been used. */
  resetAfterMs(now: number): number {
    return this.remaining(now) === this.total ? 0 : Math.ceil(this.#endsAt - now);
  }

  /** A session was asked for. */
  spend(now: number): void {
    if (this.remaining(now) <= 0) this.#exceeded();
    if (this.#endsAt === Infinity) this.#endsAt = now + this.#dayMs;
    this.#used += 1;
  }

  /** Another day begins. */
  renew(): void {
    this.#used = 0;
    this.#endsAt = Infinity;
  }
}
