/**
 * A small world around a limiter: requests, a server that counts, and time; one step after the other, each followed by
 * a look at every invariant. Steps are chosen by whoever walks: by chance, or all of them.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import { LimitedGlobalRateLimiter } from "../../http/global_rate_limiter.ts";
import { type LimitedRequest, Limiter, type Permit } from "../../http/limiter.ts";
import type { LimitedAnswer, RateLimitHeaders, RateLimitScope, Refusal } from "../../http/mod.ts";
import { RateLimitedError } from "../../http/mod.ts";

/** A clock whose timers fire at once when it is moved; it counts those that wait. */
export class StepClock implements Clock {
  #now = 0;
  readonly #timers: Set<{ readonly at: number; readonly callback: () => void }> = new Set();

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** When the next timer is due; `Infinity` without one. */
  get nextAt(): number {
    let next = Infinity;
    for (const { at } of this.#timers) next = Math.min(next, at);
    return next;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return 1_767_225_600_000 + this.#now;
  }

  setTimeout(callback: () => void, delayMs: number): Disposable {
    const timer = { at: this.#now + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  /** Moves to an instant, firing what is due on the way. */
  async moveTo(instant: number): Promise<void> {
    for (let next = this.nextAt; next <= instant; next = this.nextAt) {
      this.#now = Math.max(this.#now, next);
      const timer = [...this.#timers].find(({ at }) => at === next);
      if (timer === undefined) break;
      this.#timers.delete(timer);
      timer.callback();
      await settle();
    }
    this.#now = Math.max(this.#now, instant);
  }
}

/** Deeper than any chain of promises between a turn that is free and the request that gets it. */
const SETTLE_TURNS = 14;

/** Lets promises settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS; turn++) await undefined;
}

/** A limit of the server. */
export interface WorldLimit {
  readonly kind: "fixed" | "sliding";
  readonly limit: number;
  readonly windowMs: number;
}

/** What requests may be sent to. */
export interface WorldRoute {
  readonly routeKey: string;
  /** The id of its limit; `undefined`: it has none and shows none. */
  readonly bucket: string | undefined;
  readonly isOrdered: boolean;
}

/** What a world consists of. */
export interface WorldOptions {
  readonly limits: Readonly<Record<string, WorldLimit>>;
  readonly globalLimit: number;
  /** Whether every refusal by a bucket is a mistake of the limiter: nothing is lost, and nobody else sends. */
  readonly isTruthful: boolean;
}

/** How a request is asked for. */
export interface AskOptions {
  readonly route: WorldRoute;
  readonly majorKey: string;
  readonly rank?: number;
  readonly maxWaitMs?: number;
  readonly isGlobalExempt?: boolean;
  readonly keys?: readonly string[];
}

/** How an attempt ends. */
export type Ending =
  | { readonly type: "answer" | "lost" | "error" }
  | {
    readonly type: "refusal";
    readonly scope: RateLimitScope;
    readonly isSublimit: boolean;
    readonly retryAfterMs: number;
  }
  /** It failed and is sent again after a pause. */
  | { readonly type: "failure"; readonly pauseMs: number };

/** One request of the world. */
export interface Ask {
  readonly request: LimitedRequest;
  readonly route: WorldRoute;
  readonly stop: AbortController;
  state: "waiting" | "flying" | "settled";
  permit: Permit | undefined;
  sentAt: number;
  answer: { readonly headers: RateLimitHeaders | undefined; readonly retryAfterMs: number } | undefined;
}

interface Count {
  used: number;
  endsAt: number;
}

/** The world, and all that must hold in it (http-protocol part C). */
export class LimiterWorld {
  readonly clock: StepClock = new StepClock();
  readonly asks: Ask[] = [];
  readonly limiter: Limiter;
  refusals = 0;
  readonly #options: WorldOptions;
  readonly #counts: Map<string, Count> = new Map();
  readonly #globalSends: number[] = [];
  /** Until when what may not be sent: by route and resource, by bucket, and everything. */
  readonly #closed: Map<string, number> = new Map();
  /** Routes whose bucket has been told: of others nobody can know what closes it. */
  readonly #known: Set<string> = new Set();
  #isClosed = false;
  #sequence = 0;
  /** What went wrong where nobody could be told. */
  #broken: unknown;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { clock } = this;
    const globalRateLimiter = (): LimitedGlobalRateLimiter =>
      new LimitedGlobalRateLimiter(options.globalLimit, { clock });
    this.limiter = new Limiter({ clock, globalRateLimiter });
  }

  /** Requests in a state. */
  in(state: Ask["state"]): Ask[] {
    return this.asks.filter((ask) => ask.state === state);
  }

  /** Asks for a turn. */
  async ask(
    { route, majorKey, rank = 0, maxWaitMs = Infinity, isGlobalExempt = false, keys }: AskOptions,
  ): Promise<void> {
    const stop = new AbortController();
    const request: LimitedRequest = {
      rateLimitKey: "bot",
      routeKey: route.routeKey,
      majorKey,
      rank,
      globalRank: rank,
      sequence: this.#sequence++,
      bodyKeys: keys && new Set(keys),
      isOrdered: route.isOrdered && maxWaitMs > 0,
      isGlobalExempt,
      route: { method: "GET", template: route.routeKey },
      maxWaitMs,
      signal: stop.signal,
    };
    const ask: Ask = {
      request,
      route,
      stop,
      state: "waiting",
      permit: undefined,
      sentAt: 0,
      answer: undefined,
    };
    this.asks.push(ask);
    this.#acquire(ask, request);
    await this.#look();
  }

  /** Lets the limiter learn of routes, each on a resource of its own. */
  async learn(routes: readonly WorldRoute[]): Promise<void> {
    for (const route of routes) {
      await this.ask({ route, majorKey: `learn/${route.routeKey}`, isGlobalExempt: true });
      for (let round = 0; this.in("settled").length < this.asks.length; round++) {
        check(round < 100, "a first request does not come to an end");
        for (const ask of this.in("flying")) await this.end(ask, { type: "answer" });
        if (this.in("waiting").length > 0) await this.advance(this.clock.nextAt - this.clock.now());
      }
    }
  }

  /** The request arrives at the server, which counts it. */
  async arrive(ask: Ask): Promise<void> {
    ask.answer ??= this.#count(ask);
    await this.#look();
  }

  /** An attempt ends. */
  async end(ask: Ask, ending: Ending): Promise<void> {
    const { permit } = ask;
    check(permit !== undefined && ask.state === "flying", "ended what is not under way");
    if (ending.type === "lost") {
      permit.release();
      this.#finish(ask);
    } else {
      ask.answer ??= this.#count(ask);
      const { headers, retryAfterMs } = ask.answer;
      const refusal = retryAfterMs > 0
        ? { scope: "user" as const, isSublimit: false, retryAfterMs }
        : ending.type === "refusal"
        ? ending
        : undefined;
      const roundTripMs = this.clock.now() - ask.sentAt;
      const isSuccess = refusal === undefined && ending.type === "answer";
      const isSilent = ending.type === "error" || refusal?.scope === "global";
      const answer: LimitedAnswer = { headers: isSilent ? undefined : headers, isSuccess, refusal };
      if (answer.headers !== undefined) this.#known.add(ask.route.routeKey);
      if (refusal !== undefined) this.#note(ask, refusal);
      permit.settle(answer, roundTripMs);
      const pauseMs = ending.type === "failure" ? ending.pauseMs : 0;
      if (refusal !== undefined || ending.type === "failure") this.#askAgain(ask, permit, pauseMs);
      else this.#finish(ask);
    }
    await this.#look();
  }

  /** The caller loses patience. */
  async abort(ask: Ask): Promise<void> {
    const was = ask.state;
    ask.stop.abort(new Error("abort"));
    if (was === "flying") {
      ask.permit?.release();
      this.#finish(ask);
    }
    await settle();
    check(ask.state === "settled", "an aborted request did not settle at once");
    await this.#look();
  }

  /** Another process uses the same limit. */
  async intrude(route: WorldRoute, majorKey: string): Promise<void> {
    this.#spend(route.bucket, majorKey);
    await this.#look();
  }

  /** Time passes. */
  async advance(ms: number): Promise<void> {
    await this.clock.moveTo(this.clock.now() + ms);
    await this.#look();
  }

  /** The client closes: all that waits is rejected. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.limiter.close(new Error("closed"));
    await settle();
    check(this.in("waiting").length === 0, "somebody waits for a limiter that is closed");
    for (const ask of this.in("flying")) {
      ask.permit?.release();
      this.#finish(ask);
    }
    await this.#look();
    check(this.clock.pendingTimers === 0, "a timer outlived its limiter");
  }

  /** Lets all end well; then nothing may be left. */
  async drain(): Promise<void> {
    for (let round = 0; this.asks.length > 0; round++) {
      check(round < 2000, "requests do not come to an end");
      for (const ask of this.in("flying")) await this.end(ask, { type: "answer" });
      for (const ask of this.in("settled")) this.asks.splice(this.asks.indexOf(ask), 1);
      if (this.asks.length > 0 && this.clock.nextAt < Infinity) {
        await this.advance(this.clock.nextAt - this.clock.now());
      }
    }
    if (this.#isClosed) return;
    await this.advance(3_600_000);
    check(this.clock.pendingTimers === 0, "a timer is left though nobody waits (C16)");
    check(this.limiter.size === 0, "a bucket is left that has nothing to tell (C16)");
  }

  #acquire(ask: Ask, request: LimitedRequest): void {
    let acquired: Permit | Promise<Permit>;
    try {
      acquired = this.limiter.acquire(request);
    } catch (error) {
      this.#fail(ask, error);
      return;
    }
    if (!(acquired instanceof Promise)) {
      this.#send(ask, acquired);
      return;
    }
    check(request.maxWaitMs > 0 || this.#isClosed, "one that may not wait waits (C17)");
    acquired.then((permit) => this.#send(ask, permit), (error) => this.#fail(ask, error)).catch((error) => {
      this.#broken ??= error;
    });
  }

  #send(ask: Ask, permit: Permit): void {
    check(ask.state === "waiting", "a request got two turns (C4)");
    const { routeKey, majorKey, isOrdered, sequence, rank } = ask.request;
    const now = this.clock.now();
    if (isOrdered) {
      const others = this.in("flying").filter(({ request }) =>
        request.isOrdered && isSameLine(request, ask.request)
      );
      check(others.length === 0, "messages overlap (B7.3)");
      const overtaken = this.in("waiting").find(({ request }) =>
        request !== ask.request && request.isOrdered && isSameLine(request, ask.request) &&
        request.rank === rank && request.sequence < sequence && request.bodyKeys === undefined
      );
      check(overtaken === undefined || ask.request.bodyKeys !== undefined, "a message was overtaken (C8)");
    }
    const bucket = this.#known.has(routeKey) ? ask.route.bucket : undefined;
    for (const key of [`${routeKey}|${majorKey}`, `${bucket}|${majorKey}`]) {
      check(now >= (this.#closed.get(key) ?? 0), `sent to ${key} while it was closed (B5.8, B5.9)`);
    }
    if (!ask.request.isGlobalExempt) {
      check(now >= (this.#closed.get("global") ?? 0), "sent while everything was closed (B6.3)");
      this.#globalSends.push(now);
      const first = this.#globalSends.at(-1 - this.#options.globalLimit) ?? -Infinity;
      check(now - first > 1000, "more requests in a second than the global limit (C2)");
    }
    permit.send();
    ask.permit = permit;
    ask.sentAt = now;
    ask.state = "flying";
    ask.answer = undefined;
  }

  #fail(ask: Ask, error: unknown): void {
    check(ask.state === "waiting", "a request was rejected that had a turn (C4)");
    const isExpected = ask.stop.signal.aborted || this.#isClosed ||
      (error instanceof RateLimitedError && ask.request.maxWaitMs < Infinity);
    check(isExpected, `rejected for no reason: ${error}`);
    ask.permit?.leave();
    ask.state = "settled";
  }

  /** As the client does it: first in line again, then its place is free. */
  #askAgain(ask: Ask, last: Permit, pauseMs: number): void {
    ask.state = "waiting";
    this.#acquire(ask, { ...ask.request, notBefore: this.clock.now() + pauseMs });
    last.leave();
  }

  #finish(ask: Ask): void {
    ask.permit?.leave();
    ask.state = "settled";
  }

  /** Writes down what a refusal forbids from now on. */
  #note({ request, route }: Ask, { scope, isSublimit, retryAfterMs }: Refusal): void {
    if (isSublimit && request.bodyKeys !== undefined) return; // It holds some fields only.
    if (scope === "global" && request.isGlobalExempt) return;
    const { routeKey, majorKey } = request;
    const isOfBucket = scope === "user" && !isSublimit && this.#known.has(routeKey);
    const key = scope === "global" ? scope : `${isOfBucket ? route.bucket : routeKey}|${majorKey}`;
    this.#closed.set(key, Math.max(this.#closed.get(key) ?? 0, this.clock.now() + retryAfterMs));
  }

  #count({ route, request }: Ask): NonNullable<Ask["answer"]> {
    const answer = this.#spend(route.bucket, request.majorKey);
    if (answer.retryAfterMs > 0) {
      this.refusals += 1;
      check(!this.#options.isTruthful, `the server refused a request of ${route.routeKey} (C1)`);
    }
    return answer;
  }

  #spend(bucket: string | undefined, majorKey: string): NonNullable<Ask["answer"]> {
    const rule = bucket === undefined ? undefined : this.#options.limits[bucket];
    if (bucket === undefined || rule === undefined) return { headers: undefined, retryAfterMs: 0 };
    const now = this.clock.now();
    const key = `${bucket}|${majorKey}`;
    const count = this.#counts.get(key) ?? { used: 0, endsAt: now };
    this.#counts.set(key, count);
    const { remaining, retryAfterMs } = rule.kind === "fixed"
      ? spendFixed(count, rule, now)
      : spendSliding(count, rule, now);
    const resetAfterMs = Math.ceil(count.endsAt - now);
    const resetAt = Math.round(this.clock.wallNow() + count.endsAt - now);
    return { headers: { bucket, limit: rule.limit, remaining, resetAfterMs, resetAt }, retryAfterMs };
  }

  /** What must hold after every step. */
  async #look(): Promise<void> {
    await settle();
    if (this.#broken !== undefined) throw this.#broken;
    const waiting = this.in("waiting");
    if (waiting.length === 0) return;
    const deadlines = waiting.filter(({ request }) => request.maxWaitMs < Infinity).length;
    const isMoving = this.in("flying").length > 0 || this.clock.pendingTimers > deadlines;
    check(isMoving || waiting.length === deadlines, "somebody waits and nothing can happen (C3)");
  }
}

function spendFixed(
  count: Count,
  { limit, windowMs }: WorldLimit,
  now: number,
): { remaining: number; retryAfterMs: number } {
  if (now >= count.endsAt) {
    count.endsAt = now + windowMs;
    count.used = 0;
  }
  if (count.used >= limit) return { remaining: 0, retryAfterMs: count.endsAt - now };
  count.used += 1;
  return { remaining: limit - count.used, retryAfterMs: 0 };
}

function spendSliding(
  count: Count,
  { limit, windowMs }: WorldLimit,
  now: number,
): { remaining: number; retryAfterMs: number } {
  const tokenMs = windowMs / limit;
  const endsAt = Math.max(count.endsAt, now) + tokenMs;
  const isRefused = endsAt - now > windowMs + 1e-6;
  if (!isRefused) count.endsAt = endsAt;
  const remaining = Math.max(0, Math.floor((windowMs - (count.endsAt - now)) / tokenMs + 1e-6));
  return { remaining, retryAfterMs: isRefused ? endsAt - now - windowMs : 0 };
}

function isSameLine(one: LimitedRequest, other: LimitedRequest): boolean {
  return one.routeKey === other.routeKey && one.majorKey === other.majorKey;
}

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}
