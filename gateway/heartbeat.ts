/** A beat that is looked at later than this was delayed by a sleeping machine or a blocked event loop (HB-10). */
const LATE_MS = 1_000;
/** How long an unanswered beat may stay so once it is doubted: what has arrived must get its turn (HB-7). */
const GRACE_MS = 1_000;
/** How soon Discord must answer after the machine has slept (HB-10). */
const AFTER_SLEEP_MS = 5_000;
/** Beats in a row that may stay unanswered while other messages arrive (HB-6). */
const UNANSWERED_LIMIT = 2;

/** What is to be done when a heart is due. */
export type HeartbeatVerdict =
  /** Send a heartbeat, and say so with {@linkcode Heartbeat.sent}. */
  | "send"
  /** Nothing yet: the heart is due again later. */
  | "wait"
  /** The connection is a zombie. */
  | "dead";

/** The heart of one connection: when to send a beat, and whether the other side still lives (§7 of the protocol). */
export class Heartbeat {
  readonly #intervalMs: number;
  /** When the beat that waits for its answer was sent. */
  #unansweredSince: number | undefined;
  #unansweredCount = 0;
  #heardAt: number;
  #isDoubted = false;
  #dueAt: number;
  #latencyMs: number | undefined;

  /** A heart that beats first after a random part of the interval (HB-1): `jitter` is from 0 to 1. */
  constructor(intervalMs: number, jitter: number, now: number) {
    this.#intervalMs = intervalMs;
    this.#heardAt = now;
    this.#dueAt = now + intervalMs * jitter;
  }

  /** The milliseconds between two beats. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** When to ask for {@linkcode due}. */
  get dueAt(): number {
    return this.#dueAt;
  }

  /** When a message of any kind last arrived. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** The milliseconds between the last answered beat and its answer. */
  get latencyMs(): number | undefined {
    return this.#latencyMs;
  }

  /** A message of any kind has arrived. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** A beat was answered; an answer that nobody waits for is harmless (HB-8). */
  acknowledged(now: number): void {
    if (this.#unansweredSince !== undefined) this.#latencyMs = now - this.#unansweredSince;
    this.#unansweredSince = undefined;
    this.#unansweredCount = 0;
  }

  /** What to do at `now`, which is `dueAt` or later. */
  due(now: number): HeartbeatVerdict {
    if (this.#unansweredSince === undefined || now - this.#dueAt > LATE_MS) return "send";
    const isSilent = this.#heardAt <= this.#unansweredSince;
    if (!isSilent) return this.#unansweredCount >= UNANSWERED_LIMIT ? "dead" : "send";
    if (this.#isDoubted) return "dead";
    this.#isDoubted = true;
    this.#dueAt = now + GRACE_MS;
    return "wait";
  }

  /** A due beat has been sent. */
  sent(now: number): void {
    const lateMs = now - this.#dueAt;
    this.#dueAt = lateMs > LATE_MS ? now + AFTER_SLEEP_MS : this.#dueAt + this.#intervalMs;
    this.#unansweredSince = now;
    this.#unansweredCount = lateMs > LATE_MS ? 1 : this.#unansweredCount + 1;
    this.#isDoubted = false;
  }
}
