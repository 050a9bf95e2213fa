import { type Clock, systemClock } from "../clock.ts";
import { checkClock, checkObject } from "./option_checks.ts";
import { shown } from "./shown.ts";
import { TurnCount, WINDOW_MS } from "./turn_count.ts";
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
  /** Whether forgetting it would change nothing; without it, that is taken for so while {@linkcode waitMs} is 0. */
  isIdle?(): boolean;
  /** Called once by the client that will use it, with its clock. */
  attach?(clock: Clock): void;
}

/** Options of {@linkcode LimitedGlobalRateLimiter}. */
export interface LimitedGlobalRateLimiterOptions {
  /** The clock; by default that of the client it is given to, else the system's. */
  readonly clock?: Clock | undefined;
}

/** Added to waits that the server names (B9.2). */
const WAIT_MARGIN_MS = 2;

interface GlobalWaiter extends Queued {
  grant(permit: GlobalPermit): void;
  fail(reason: unknown): void;
}

/**
 * Lets at most `limit` requests go in any second, wherever the server's seconds begin (B6).
 *
 * A request has come to the server some time before its answer, and the next one will not come sooner than by the shortest
 * way. So a turn is free again a second after it was sent, and as much later as its round trip took longer than the
 * shortest one; 250 milliseconds at most. After a refusal nothing goes until the wait is over, then one request, and when
 * that is answered all.
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
  readonly #turns: TurnCount;
  #sequence = 0;
  #timer: Disposable | undefined;
  #gate: GlobalGate = { state: "open" };
  /** Counts refusals: what was let through before one proves nothing about the time after it. */
  #era = 0;
  #closing: { readonly reason: unknown } | undefined;

  /** Takes the number of requests a second; throws a `RangeError` below 1, a `TypeError` where it is none. */
  constructor(limit = 50, options: LimitedGlobalRateLimiterOptions = {}) {
    if (typeof limit !== "number" || !(limit >= 1)) {
      const message = `The global limit is ${shown(limit)}, it must be at least 1 request a second`;
      throw typeof limit === "number" ? new RangeError(message) : new TypeError(message);
    }
    checkObject("The options of a global limit", options, "{ clock: systemClock }");
    const { clock } = options;
    if (clock !== undefined) checkClock(clock);
    this.limit = Math.floor(limit);
    this.#turns = new TurnCount(this.limit);
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

  /** Whether nobody waits, no turn is still counted, and no refusal is remembered. */
  isIdle(): boolean {
    return this.#queue.size === 0 && this.#gate.state === "open" && this.#turns.isWhole(this.#clock.now());
  }

  /** A turn, at once where one is free. */
  acquire(
    { priority = 0, sequence = this.#sequence++, signal }: GlobalAcquireOptions = {},
  ): GlobalPermit | Promise<GlobalPermit> {
    if (this.#closing !== undefined) return Promise.reject(this.#closing.reason);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const now = this.#clock.now();
    // Where others wait for their timer, the queue decides who goes at once.
    if (this.#queue.size === 0 && this.#opensAt(now) <= now) return this.#permit();
    return this.#enqueue(priority, sequence, signal);
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

  #enqueue(
    priority: number,
    sequence: number,
    signal: AbortSignal | undefined,
  ): GlobalPermit | Promise<GlobalPermit> {
    const { promise, resolve, reject } = Promise.withResolvers<GlobalPermit>();
    let granted: GlobalPermit | undefined;
    const waiter: GlobalWaiter = {
      rank: priority,
      sequence,
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
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#pump(this.#clock.now());
    return granted ?? promise;
  }

  #pump(now: number): void {
    while (this.#queue.size > 0 && this.#opensAt(now) <= now) this.#queue.pop()?.grant(this.#permit());
    this.#arm(now);
  }

  /** When a turn is free; `Infinity` while only an answer, or the use of a turn given, can tell. */
  #opensAt(now: number): number {
    if (this.#gate.state === "probing") return Infinity;
    const freeAt = this.#turns.freeAt(now);
    return this.#gate.state === "paused" ? Math.max(this.#gate.until, freeAt) : freeAt;
  }

  #arm(now: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const at = this.#queue.size === 0 ? Infinity : this.#opensAt(now);
    if (at === Infinity) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#pump(this.#clock.now());
    }, Math.max(1, at - now));
  }

  #permit(): GlobalPermit {
    if (this.#gate.state === "paused") this.#gate = { state: "probing" };
    const turn = this.#turns.take();
    const era = this.#era;
    return {
      send: (): void => this.#turns.send(turn, this.#clock.now()),
      release: (roundTripMs?: number): void => {
        if (turn.state === "over") return;
        const wasAnswered = turn.state === "sent" && roundTripMs !== undefined;
        const now = this.#clock.now();
        this.#turns.end(turn, roundTripMs, now);
        if (this.#gate.state === "probing" && era === this.#era) {
          // The probe got through: all may go. It ended without an answer: the next one finds out.
          this.#gate = wasAnswered ? { state: "open" } : { state: "paused", until: -Infinity };
        }
        if (this.#queue.size > 0) this.#pump(now);
      },
    };
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
