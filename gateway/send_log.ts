/** When the last things were sent: a sliding window, exact at every edge (TX-2). */
export class SendLog {
  readonly #size: number;
  readonly #windowMs: number;
  /** A ring: the oldest instant is at `#next`. */
  readonly #sentAt: number[] = [];
  #next = 0;

  /** Remembers the last `size` sends of a window of `windowMs`. */
  constructor(size: number, windowMs: number) {
    this.#size = size;
    this.#windowMs = windowMs;
  }

  /** Notes a send. */
  record(now: number): void {
    this.#sentAt[this.#next] = now;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** From when on fewer than `capacity` sends, by default `size`, are in the window: `now` when it is so already. */
  roomAt(now: number, capacity: number = this.#size): number {
    // The send that must have left the window before there is room for one more.
    const blocking = this.#sentAt[(this.#next - capacity + this.#size) % this.#size];
    return blocking === undefined ? now : Math.max(now, blocking + this.#windowMs);
  }
}
