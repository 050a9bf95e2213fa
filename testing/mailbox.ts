/**
 * A queue whose reader may come before or after what it waits for.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import { checkedMs, checkObject, checkSignal } from "../http/option_checks.ts";

/** Options of every wait for something that a bot does. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Rejects with a `TimeoutError` after so many milliseconds. 60 000 by default; `Infinity` waits for ever. */
  timeoutMs?: number | undefined;
}

interface Waiter<T> {
  readonly give: (value: T) => void;
  readonly fail: (reason: unknown) => void;
}

/** More unread values than this: the oldest are forgotten. */
const MAX_UNREAD = 10_000;
const DEFAULT_TIMEOUT_MS = 60_000;

/** Keeps each value until one reader has taken it. */
export class Mailbox<T> {
  readonly #clock: Clock;
  readonly #what: string;
  readonly #unread: T[] = [];
  readonly #waiters: Waiter<T>[] = [];
  #end: Error | undefined;

  /** `what` names the values in errors. */
  constructor(clock: Clock, what: string) {
    this.#clock = clock;
    this.#what = what;
  }

  /** Gives `value` to whoever waits longest, else keeps it. */
  put(value: T): void {
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) return waiter.give(value);
    this.#unread.push(value);
    if (this.#unread.length > MAX_UNREAD) this.#unread.shift();
  }

  /** The oldest value that nobody has taken, now or when it comes. */
  take(options: WaitOptions = {}): Promise<T> {
    checkObject("The options", options, "{ timeoutMs: 1000 }");
    const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    checkedMs("timeoutMs", timeoutMs);
    if (signal !== undefined) checkSignal(signal);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const value = this.#unread.shift();
    if (value !== undefined) return Promise.resolve(value);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const finish = () => {
      timer?.[Symbol.dispose]();
      signal?.removeEventListener("abort", onAbort);
      const place = this.#waiters.indexOf(waiter);
      if (place >= 0) this.#waiters.splice(place, 1);
    };
    const waiter: Waiter<T> = {
      give: (given) => (finish(), resolve(given)),
      fail: (reason) => (finish(), reject(reason)),
    };
    const onAbort = () => waiter.fail(signal?.reason);
    const timer = timeoutMs === Infinity ? undefined : this.#clock.setTimeout(
      () => waiter.fail(new DOMException(`No ${this.#what} within ${timeoutMs} ms`, "TimeoutError")),
      timeoutMs,
    );
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiters.push(waiter);
    return promise;
  }

  /** Rejects whoever waits, and who comes later once the unread values are gone. */
  close(reason = "the simulator was closed"): void {
    this.#end ??= new Error(`No ${this.#what} will come: ${reason}`);
    for (const waiter of [...this.#waiters]) waiter.fail(this.#end);
  }
}
