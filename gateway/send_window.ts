import { SendLog } from "./send_log.ts";

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
  readonly #all = new SendLog(SENDS_PER_WINDOW, WINDOW_MS);
  /** All but our own heartbeats. */
  readonly #others = new SendLog(SENDS_PER_WINDOW, WINDOW_MS);
  readonly #capacity: number;
  readonly #answerCapacity: number;

  /** A window for a connection whose heartbeats come every `heartbeatIntervalMs`. */
  constructor(heartbeatIntervalMs: number) {
    const beats = Math.ceil(60_000 / heartbeatIntervalMs);
    this.#capacity = Math.max(1, SENDS_PER_WINDOW - beats - 2); // One that Discord asks for, one spare.
    this.#answerCapacity = Math.max(2, SENDS_PER_WINDOW - beats);
  }

  /** Notes a send; with `isBeat`, of a heartbeat that was due. */
  record(now: number, { isBeat = false }: { readonly isBeat?: boolean } = {}): void {
    this.#all.record(now);
    if (!isBeat) this.#others.record(now);
  }

  /** The instant from which a user's payload may be sent: `now` when it may be at once. */
  roomAt(now: number): number {
    return this.#all.roomAt(now, this.#capacity);
  }

  /**
   * Whether a heartbeat that Discord asks for may be sent; one more is kept while IDENTIFY or RESUME is still to come.
   *
   * Discord may ask for any number of them, and would cut the connection if all were sent.
   */
  hasRoomForAnswer(now: number, { isOpened }: { readonly isOpened: boolean }): boolean {
    return this.#others.roomAt(now, this.#answerCapacity - (isOpened ? 0 : 1)) <= now;
  }
}
