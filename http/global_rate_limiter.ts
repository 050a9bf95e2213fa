import { type Clock, systemClock } from "../clock.ts";
import { type Queued, WaitQueue } from "./wait_queue.ts";

/** A turn under the global limit: to be sent, then released; released unsent, it is given back. */
export interface GlobalPermit {
  /** The request is being sent: from here on the turn stays used. */
  send(): void;
  /**
   * It is over.
   *
   * @param roundTripMs Milliseconds until the answer came; left out where there was none.
   */
  release(roundTripMs?: number): void;
}

/** Options of {@linkcode GlobalRateLimiter.acquire}. */
export interface GlobalAcquireOptions {
  /** Lower goes first; 0 by default. */
  readonly priority?: number | undefined;
  /** Among equals, lower goes first; by default in the order of the calls. */
  readonly sequence?: number | undefined;
  /** Ends the wait: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The limit on everything that one owner sends. Write your own to share it between processes. */
export interface GlobalRateLimiter {
  /** Milliseconds until a request would be let through; 0 for at once. May be an estimate. */
  waitMs(): number;
  /** A turn, at once where one is free. */
  acquire(options?: GlobalAcquireOptions): GlobalPermit | Promise<GlobalPermit>;
  /** Discord refused a request by the global limit: nothing goes for `retryAfterMs` milliseconds. */
  update(retryAfterMs: number): void;
  /** Rejects all who wait, and those to come, with `reason`. */
  close(reason: unknown): void;
  /** Called once by the client that will use it, with its clock. */
  attach?(clock: Clock): void;
}

/** Options of {@linkcode LimitedGlobalRateLimiter}. */
export interface LimitedGlobalRateLimiterOptions {
  /** The clock; by default that of the client it is given to, else the system's. */
  readonly clock?: Clock | undefined;
}

/** Discord counts the global limit by seconds (A7.3). */
const WINDOW_MS = 1000;
/** Bounds of what is added to the window against requests that travel at different speeds (B6.1). */
const MIN_MARGIN_MS = 25;
const MAX_MARGIN_MS = 250;
/** So many round trips are remembered to choose that margin. */
const ROUND_TRIPS = 64;
/** After the first answers the margin is computed anew for every so many. */
const MEASURE_EVERY = 16;
/** Added to waits that the server names (B9.2). */
const WAIT_MARGIN_MS = 2;

interface GlobalWaiter extends Queued {
  grant(permit: GlobalPermit): void;
  fail(reason: unknown): void;
}

/**
 * Lets at most `limit` requests go in any second, wherever the server's seconds begin (B6).
 *
 * After a refusal nothing goes until the wait is over, then one request, and when that is answered all.
 *
 * @example
 * ```ts
 * import { HTTPClient, LimitedGlobalRateLimiter } from "@nextsnake/nextcore";
 *
 * await using http = new HTTPClient({ globalRateLimiter: () => new LimitedGlobalRateLimiter(500) });
 * ```
 */
export class LimitedGlobalRateLimiter implements GlobalRateLimiter {
  /** How many requests may go in a second. */
  readonly limit: number;
  #clock: Clock;
  #isOwnClock: boolean;
  readonly #queue = new WaitQueue<GlobalWaiter>();
  /** When requests were sent that are younger than a window. */
  readonly #sentAt: number[] = [];
  readonly #roundTrips: number[] = [];
  #measuredCount = 0;
  #marginMs = MIN_MARGIN_MS;
  /** Turns given that have not been sent. */
  #held = 0;
  #sequence = 0;
  #timer: Disposable | undefined;
  #gate: GlobalGate = { state: "open" };
  /** Counts refusals: what was let through before one proves nothing about the time after it. */
  #era = 0;
  #closing: { readonly reason: unknown } | undefined;

  /** Takes the number of requests a second; throws a `RangeError` below 1. */
  constructor(limit = 50, { clock }: LimitedGlobalRateLimiterOptions = {}) {
    if (!(limit >= 1)) {
      throw new RangeError(`The global limit is ${limit}, it must be at least 1 request a second`);
    }
    this.limit = Math.floor(limit);
    this.#clock = clock ?? systemClock;
    this.#isOwnClock = clock !== undefined;
  }

  /** Uses the clock of a client, unless it was made with one. */
  attach(clock: Clock): void {
    if (this.#isOwnClock) return;
    this.#clock = clock;
    this.#isOwnClock = true;
  }

  /** Milliseconds until a request would be let through; 0 for at once. */
  waitMs(): number {
    const now = this.#clock.now();
    const at = this.#opensAt(now);
    if (at === Infinity) return WINDOW_MS; // A probe runs: about a round trip, but nobody knows.
    return Math.max(0, at - now) + Math.floor(this.#queue.size / this.limit) * WINDOW_MS;
  }

  /** A turn, at once where one is free. */
  acquire(
    { priority = 0, sequence, signal }: GlobalAcquireOptions = {},
  ): GlobalPermit | Promise<GlobalPermit> {
    if (this.#closing !== undefined) return Promise.reject(this.#closing.reason);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<GlobalPermit>();
    let granted: GlobalPermit | undefined;
    const waiter: GlobalWaiter = {
      rank: priority,
      sequence: sequence ?? this.#sequence++,
      place: -1,
      grant(permit) {
        granted = permit;
        signal?.removeEventListener("abort", onAbort);
        resolve(permit);
      },
      fail(reason) {
        signal?.removeEventListener("abort", onAbort);
        reject(reason);
      },
    };
    const onAbort = (): void => {
      this.#queue.remove(waiter);
      waiter.fail(signal?.reason);
      this.#arm(this.#clock.now());
    };
    this.#queue.push(waiter);
    this.#pump();
    if (granted !== undefined) return granted;
    signal?.addEventListener("abort", onAbort, { once: true });
    return promise;
  }

  /** Lets nothing go for `retryAfterMs` milliseconds, then one request to find out, then all. */
  update(retryAfterMs: number): void {
    const now = this.#clock.now();
    const until = now + retryAfterMs + WAIT_MARGIN_MS;
    this.#era += 1;
    const earlier = this.#gate.state === "paused" ? this.#gate.until : 0;
    this.#gate = { state: "paused", until: Math.max(earlier, until) };
    this.#arm(now);
  }

  /** Rejects all who wait, and those to come, with `reason`. */
  close(reason: unknown): void {
    this.#closing ??= { reason };
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    for (let waiter = this.#queue.pop(); waiter !== undefined; waiter = this.#queue.pop()) {
      waiter.fail(reason);
    }
  }

  #pump(): void {
    const now = this.#clock.now();
    while (this.#queue.size > 0 && this.#opensAt(now) <= now) {
      if (this.#gate.state === "paused") this.#gate = { state: "probing" };
      this.#queue.pop()?.grant(this.#permit());
    }
    this.#arm(now);
  }

  /** When a turn is free; `Infinity` while only an answer, or the use of a turn given, can tell. */
  #opensAt(now: number): number {
    if (this.#gate.state === "probing") return Infinity;
    const pausedUntil = this.#gate.state === "paused" ? this.#gate.until : now;
    const lifeMs = WINDOW_MS + this.#marginMs;
    while (this.#sentAt.length > 0 && (this.#sentAt[0] ?? now) + lifeMs <= now) this.#sentAt.shift();
    const busy = this.#sentAt.length + this.#held;
    if (busy < this.limit) return pausedUntil;
    // Turns that are held will free a place too, but only once they have been sent or given back.
    const oldest = this.#sentAt[busy - this.limit];
    return oldest === undefined ? Infinity : Math.max(pausedUntil, oldest + lifeMs);
  }

  #arm(now: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const at = this.#queue.size === 0 ? Infinity : this.#opensAt(now);
    if (at === Infinity) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, Math.max(1, at - now));
  }

  #permit(): GlobalPermit {
    this.#held += 1;
    const era = this.#era;
    let state: "held" | "sent" | "over" = "held";
    return {
      send: (): void => {
        if (state !== "held") return;
        state = "sent";
        this.#held -= 1;
        if (this.limit < Infinity) this.#sentAt.push(this.#clock.now());
      },
      release: (roundTripMs?: number): void => {
        if (state === "over") return;
        if (state === "held") this.#held -= 1;
        const wasAnswered = state === "sent" && roundTripMs !== undefined;
        state = "over";
        if (wasAnswered) this.#measure(roundTripMs);
        if (this.#gate.state === "probing" && era === this.#era) {
          // The probe got through: all may go. It ended without an answer: the next one finds out.
          this.#gate = wasAnswered ? { state: "open" } : { state: "paused", until: -Infinity };
        }
        this.#pump();
      },
    };
  }

  #measure(roundTripMs: number): void {
    const count = ++this.#measuredCount;
    this.#roundTrips[(count - 1) % ROUND_TRIPS] = roundTripMs;
    // Sorting for each answer cost more than all else here: at first it matters, later now and then is enough.
    if (count > MEASURE_EVERY && count % MEASURE_EVERY !== 0) return;
    const sorted = this.#roundTrips.toSorted((one, other) => one - other);
    const high = sorted[Math.floor(sorted.length * 0.95)] ?? sorted.at(-1) ?? 0;
    // A slow one may be followed by one that takes no time: with the spread of those seen instead, a first burst over
    // cold connections was followed by one too early, and 28 of 300 were refused.
    this.#marginMs = Math.min(MAX_MARGIN_MS, Math.max(MIN_MARGIN_MS, high));
  }
}

/** Whether requests go: freely, not yet, or not until the one that was let through is answered. */
type GlobalGate =
  | { readonly state: "open" | "probing" }
  | { readonly state: "paused"; readonly until: number };

/**
 * Sets no limit of its own, and only reacts when Discord refuses a request by the global limit.
 *
 * For use behind a proxy that counts for you.
 */
export class UnlimitedGlobalRateLimiter extends LimitedGlobalRateLimiter {
  /** Makes a limiter without a number. */
  constructor(options: LimitedGlobalRateLimiterOptions = {}) {
    super(Infinity, options);
  }
}
