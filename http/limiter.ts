import type { Clock } from "../clock.ts";
import { RateLimitedError, type RouteName } from "./errors.ts";
import type { GlobalPermit, GlobalRateLimiter } from "./global_rate_limiter.ts";
import type { Turn } from "./lane.ts";
import type { BucketPermit, BucketWaiter, LimitedAnswer, WaitEstimate } from "./bucket_permit.ts";
import type { RateLimitStatus } from "./rate_limit_status.ts";
import { RateLimitStorage } from "./rate_limit_storage.ts";

/** What a request wants a turn for, and how long it is ready to wait. */
export interface LimitedRequest extends Turn {
  /** Whose limits; `null` for requests without credentials, which are counted by address. */
  readonly rateLimitKey: string | null;
  /** Its place in the global limit: lower goes first. */
  readonly globalRank: number;
  /** Whether the global limit does not count it. */
  readonly isGlobalExempt: boolean;
  /** What to call it in errors. */
  readonly route: RouteName;
  /** Milliseconds it may wait: 0 for not at all, `Infinity` for as long as it takes. */
  readonly maxWaitMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** A turn under all limits: to be sent and settled, or released; in the end to be left. */
export interface Permit {
  /** Milliseconds that it waited for the limit of the route. */
  readonly bucketMs: number;
  /** Milliseconds that it waited for the global limit. */
  readonly globalMs: number;
  /** The request is being sent. */
  send(): void;
  /** The answer came. */
  settle(answer: LimitedAnswer, roundTripMs: number): void;
  /** It is over without an answer, or was not sent; does nothing after {@linkcode Permit.settle}. */
  release(): void;
  /** The request is over with all repetitions, or has asked for its next turn: those behind it may go (B7.3). */
  leave(): void;
}

/** The end of a wait: by the caller, or because it has taken too long. */
interface Deadline {
  readonly signal: AbortSignal;
  readonly timer: Disposable;
}

/** Options of {@linkcode Limiter}. */
export interface LimiterOptions {
  /** The clock. */
  readonly clock: Clock;
  /** The global limit of each owner. */
  readonly globalRateLimiter: (rateLimitKey: string | null) => GlobalRateLimiter;
  /** How many owners are remembered. */
  readonly maxStorages?: number | undefined;
}

/** Gives requests their turns, under the limits of all owners. */
export class Limiter {
  readonly #clock: Clock;
  readonly #globalRateLimiter: (rateLimitKey: string | null) => GlobalRateLimiter;
  readonly #maxStorages: number;
  /** The one unused for longest first. */
  readonly #storages = new Map<string | null, RateLimitStorage>();
  /** The one used last: most clients have one owner. */
  #last: { readonly rateLimitKey: string | null; readonly storage: RateLimitStorage } | undefined;
  #closing: { readonly reason: unknown } | undefined;

  constructor({ clock, globalRateLimiter, maxStorages = 1000 }: LimiterOptions) {
    this.#clock = clock;
    this.#globalRateLimiter = globalRateLimiter;
    this.#maxStorages = maxStorages;
  }

  /** How many buckets are remembered, over all owners. */
  get size(): number {
    return [...this.#storages.values()].reduce((sum, storage) => sum + storage.size, 0);
  }

  /** The limits of one owner, made when they are first asked for. */
  storageOf(rateLimitKey: string | null): RateLimitStorage {
    if (this.#last?.rateLimitKey === rateLimitKey) return this.#last.storage;
    const storage = this.#storages.get(rateLimitKey) ?? this.#createStorage(rateLimitKey);
    this.#storages.delete(rateLimitKey);
    this.#storages.set(rateLimitKey, storage);
    this.#last = { rateLimitKey, storage };
    return storage;
  }

  /**
   * A turn: at once where nothing is in the way, without yielding, else when it comes.
   *
   * Throws or rejects with a {@linkcode RateLimitedError} when it would take longer than the request may wait, and with
   * the reason of the signal.
   */
  acquire(request: LimitedRequest): Permit | Promise<Permit> {
    request.signal.throwIfAborted();
    const storage = this.storageOf(request.rateLimitKey);
    if (request.maxWaitMs < Infinity) this.#refuseIfLonger(storage, request);
    const entered = storage.tryEnter(request) ?? enter(storage, request);
    const isWaiting = "wait" in entered;
    if (!isWaiting && request.isGlobalExempt) return new FullPermit(storage, entered, undefined);
    const deadline = this.#deadlineOf(storage, request);
    const signal = deadline?.signal ?? request.signal;
    if (isWaiting) return this.#wait(storage, entered, request, deadline);
    const global = this.#acquireGlobal(storage, entered, request, signal);
    if (global instanceof Promise) return this.#wait(storage, entered, request, deadline, global);
    deadline?.timer[Symbol.dispose]();
    return new FullPermit(storage, entered, global);
  }

  /** The limits of each owner as they are now. */
  status(): Map<string | null, RateLimitStatus> {
    return new Map([...this.#storages].map(([key, storage]) => [key, storage.status()]));
  }

  /** How long a request would wait now. */
  estimate(request: LimitedRequest): WaitEstimate {
    return estimateIn(this.storageOf(request.rateLimitKey), request);
  }

  /** Rejects all who wait, and those to come, with `reason`. */
  close(reason: unknown): void {
    this.#closing ??= { reason };
    for (const storage of this.#storages.values()) storage.close(reason);
  }

  async #wait(
    storage: RateLimitStorage,
    first: BucketPermit | BucketWaiter,
    request: LimitedRequest,
    deadline: Deadline | undefined,
    firstGlobal?: Promise<GlobalPermit>,
  ): Promise<Permit> {
    const signal = deadline?.signal ?? request.signal;
    let next = first;
    let pendingGlobal = firstGlobal;
    let last: BucketPermit | undefined;
    const startedAt = this.#clock.now();
    let globalMs = 0;
    try {
      for (;;) {
        const permit: BucketPermit = "wait" in next ? await next.wait(signal) : next;
        last = permit;
        const grantedAt = this.#clock.now();
        // Bucket first, then global: waiting for a bucket must not use up the global limit (B3.1).
        const global = request.isGlobalExempt
          ? undefined
          : await (pendingGlobal ?? this.#acquireGlobal(storage, permit, request, signal));
        pendingGlobal = undefined;
        const now = this.#clock.now();
        globalMs += now - grantedAt;
        if (!signal.aborted && permit.isGood()) {
          return new FullPermit(storage, permit, global, now - startedAt - globalMs, globalMs);
        }
        global?.release();
        permit.release();
        signal.throwIfAborted();
        next = enter(storage, request);
        permit.leave();
      }
    } catch (error) {
      last?.leave();
      throw error;
    } finally {
      deadline?.timer[Symbol.dispose]();
    }
  }

  #acquireGlobal(
    storage: RateLimitStorage,
    permit: BucketPermit,
    { globalRank, sequence }: LimitedRequest,
    signal: AbortSignal,
  ): GlobalPermit | Promise<GlobalPermit> {
    let global: GlobalPermit | Promise<GlobalPermit>;
    try {
      global = storage.globalRateLimiter.acquire({ priority: globalRank, sequence, signal });
    } catch (error) {
      global = Promise.reject(error);
    }
    if (!(global instanceof Promise)) return global;
    return global.catch((reason): never => {
      permit.release();
      permit.leave();
      throw reason;
    });
  }

  /** Estimates may be too short: who may wait for a limited time has a timer too. */
  #deadlineOf(storage: RateLimitStorage, request: LimitedRequest): Deadline | undefined {
    if (request.maxWaitMs === Infinity) return undefined;
    const controller = new AbortController();
    const timer = this.#clock.setTimeout(() => {
      controller.abort(errorOf(request, estimateIn(storage, request)));
    }, request.maxWaitMs);
    return { signal: AbortSignal.any([request.signal, controller.signal]), timer };
  }

  #refuseIfLonger(storage: RateLimitStorage, request: LimitedRequest): void {
    const estimate = estimateIn(storage, request);
    const isRefused = estimate.isGuess ? request.maxWaitMs === 0 : estimate.waitMs > request.maxWaitMs;
    if (isRefused) throw errorOf(request, estimate);
  }

  #createStorage(rateLimitKey: string | null): RateLimitStorage {
    const storage = new RateLimitStorage({
      clock: this.#clock,
      globalRateLimiter: this.#globalRateLimiter(rateLimitKey),
    });
    if (this.#closing !== undefined) storage.close(this.#closing.reason);
    for (const [key, other] of this.#storages) {
      if (this.#storages.size < this.#maxStorages) break;
      if (other.isIdle) this.#storages.delete(key);
    }
    return storage;
  }
}

function estimateIn(storage: RateLimitStorage, request: LimitedRequest): WaitEstimate {
  const own = storage.estimate(request);
  const globalMs = request.isGlobalExempt ? 0 : storage.globalRateLimiter.waitMs();
  return globalMs > own.waitMs ? { waitMs: globalMs, scope: "global", isGuess: false } : own;
}

function errorOf({ route }: LimitedRequest, { waitMs, scope }: WaitEstimate): RateLimitedError {
  return new RateLimitedError({ route, retryAfterMs: waitMs, scope });
}

/** Joins the line. Those before may be held by something that is not in the way of this one: then it has its turn. */
function enter(storage: RateLimitStorage, request: LimitedRequest): BucketPermit | BucketWaiter {
  const waiter = storage.enter(request);
  return waiter.permit ?? waiter;
}

/** A turn of a bucket, and one of the global limit. */
class FullPermit implements Permit {
  readonly bucketMs: number;
  readonly globalMs: number;
  readonly #storage: RateLimitStorage;
  readonly #bucket: BucketPermit;
  readonly #global: GlobalPermit | undefined;

  constructor(
    storage: RateLimitStorage,
    bucket: BucketPermit,
    global: GlobalPermit | undefined,
    bucketMs = 0,
    globalMs = 0,
  ) {
    this.#storage = storage;
    this.#bucket = bucket;
    this.#global = global;
    this.bucketMs = bucketMs;
    this.globalMs = globalMs;
  }

  send(): void {
    this.#global?.send();
    this.#bucket.send();
  }

  settle(answer: LimitedAnswer, roundTripMs: number): void {
    const { refusal } = answer;
    // An endpoint that is exempt may be refused all the same: that concerns this request only (A7.4).
    if (refusal !== undefined && refusal.scope === "global" && this.#global !== undefined) {
      this.#storage.globalRateLimiter.update(refusal.retryAfterMs);
    }
    this.#bucket.settle(answer);
    this.#global?.release(roundTripMs);
  }

  release(): void {
    this.#bucket.release();
    this.#global?.release();
  }

  leave(): void {
    this.#bucket.leave();
  }
}
