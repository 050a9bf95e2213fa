import { type Clock, systemClock } from "../clock.ts";
import { checkObject } from "./abortable.ts";
import { IdentifyLine } from "./identify_line.ts";

/** The window of one IDENTIFY per key, and a margin for what travels slowly (ID-2, ID-3). */
const WINDOW_MS = 5_000 + 300;

/** How often sessions may be started, as `GET /gateway/bot` says it. */
export interface IdentifyLimits {
  /** How many keys there are: shards whose ids differ modulo this may identify at the same time. */
  readonly maxConcurrency: number;
  /** Sessions a day. */
  readonly total: number;
  /** Sessions left until the reset. */
  readonly remaining: number;
  /** Milliseconds until the reset. */
  readonly resetAfterMs: number;
}

/**
 * Whose turn it is to identify. Every IDENTIFY asks here first (ID-5).
 *
 * Supply your own to share turns between processes. A `ShardManager` minds the daily budget before it asks here: where
 * the queue does that itself, `identifyReserve: false` leaves it to the queue.
 */
export interface IdentifyQueue {
  /**
   * Resolves when `shardId` may identify: it does so at once, so the window starts here.
   *
   * When `signal` aborts, the place is given back without having been used, and the promise rejects.
   */
  acquire(shardId: number, options: { readonly signal: AbortSignal }): Promise<void>;
  /** Discord's limits are, or have become, these. */
  update(limits: IdentifyLimits): void;
}

/** Turns to identify within one process: one per key in five seconds, lower shard ids first (ID-4). */
export class LocalIdentifyQueue implements IdentifyQueue {
  readonly #clock: Clock;
  #maxConcurrency = 1;
  readonly #line = new IdentifyLine();
  /** When each key that was used may identify again, and when any key may. */
  readonly #openAt = new Map<number, number>();
  #anyOpenAt = -Infinity;
  #timer: Disposable | undefined;

  /** Makes a queue with one key, until {@linkcode update} says otherwise. */
  constructor(options: { readonly clock?: Clock } = {}) {
    const { clock = systemClock } = checkObject(options, "Options");
    this.#clock = clock;
  }

  /** Resolves when it is the turn of `shardId`. */
  acquire(shardId: number, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const serve = (): void => this.#serve();
    const turn = this.#line.wait(shardId, signal, serve);
    serve();
    return turn;
  }

  /** Takes the number of keys from `limits`; throws a `RangeError` when it is not a positive integer. */
  update({ maxConcurrency }: IdentifyLimits): void {
    if (!Number.isSafeInteger(maxConcurrency) || maxConcurrency < 1) {
      throw new RangeError(`maxConcurrency must be a positive integer: got ${String(maxConcurrency)}`);
    }
    if (maxConcurrency === this.#maxConcurrency) return;
    // A key now means other shards: what was used under any old key counts for all new ones.
    for (const openAt of this.#openAt.values()) this.#anyOpenAt = Math.max(this.#anyOpenAt, openAt);
    this.#openAt.clear();
    this.#maxConcurrency = maxConcurrency;
    this.#serve();
  }

  /** Gives a turn to all who may have one now, and wakes up for the next. */
  #serve(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const now = this.#clock.now();
    let nextAt = Infinity;
    for (const shardId of this.#line.shardIds) {
      const key = shardId % this.#maxConcurrency;
      const openAt = Math.max(this.#openAt.get(key) ?? now, this.#anyOpenAt);
      if (openAt > now) {
        nextAt = Math.min(nextAt, openAt);
        continue;
      }
      this.#openAt.set(key, now + WINDOW_MS);
      this.#line.serve(shardId);
    }
    if (nextAt !== Infinity) this.#timer = this.#clock.setTimeout(() => this.#serve(), nextAt - now);
  }
}
