/** Discord cuts the connection past this many sends in a window (TX-1). */
const SENDS_PER_WINDOW = 120;
/** Discord's window is 60 s; what is sent late and arrives early needs some room. */
const WINDOW_MS = 60_000 + 500;

/**
 * The sends of one connection in the last minute (TX-2): a log, since Discord's window is not aligned to ours.
 *
 * Heartbeats, IDENTIFY and RESUME never wait, but they count: a share of the window is kept for them (TX-3).
 */
export class SendWindow {
  /** Instants of the last sends, oldest at `#next`. */
  readonly #sentAt: number[] = [];
  readonly #capacity: number;
  #next = 0;

  /** A window for a connection whose heartbeats come every `heartbeatIntervalMs`. */
  constructor(heartbeatIntervalMs: number) {
    // Periodic beats, one that Discord asks for, one spare.
    const reserve = Math.ceil(60_000 / heartbeatIntervalMs) + 2;
    this.#capacity = Math.max(1, SENDS_PER_WINDOW - reserve);
  }

  /** Notes a send of any kind. */
  record(now: number): void {
    this.#sentAt[this.#next] = now;
    this.#next = (this.#next + 1) % SENDS_PER_WINDOW;
  }

  /** The instant from which a user's payload may be sent: `now` when it may be at once. */
  roomAt(now: number): number {
    // The send that must have left the window before there is room for one more.
    const blocking = this.#sentAt[(this.#next - this.#capacity + SENDS_PER_WINDOW) % SENDS_PER_WINDOW];
    return blocking === undefined ? now : Math.max(now, blocking + WINDOW_MS);
  }
}
