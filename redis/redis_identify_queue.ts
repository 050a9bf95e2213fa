import { type IdentifyLimits, IdentifyLine, type IdentifyQueue } from "../gateway/mod.ts";
import { CONFIRM_TURN, LEARN_BUDGET, RETURN_TURN, TURN } from "./identify_scripts.ts";
import { RedisLink, type RedisOptions } from "./redis_link.ts";
import { integerIn, listIn, textIn } from "./reply.ts";

/** Options of {@linkcode RedisIdentifyQueue}. */
export interface RedisIdentifyQueueOptions extends RedisOptions {
  /** How many of the sessions that Discord grants a day are held back, over all processes. 10 by default. */
  readonly reserve?: number | undefined;
  /** Whether a fleet shares this Redis: then nobody identifies for a while after that was started anew. */
  readonly isInFleet?: boolean | undefined;
  /** Numbers from 0 to 1, for names. */
  readonly random?: (() => number) | undefined;
  /** Told what went wrong; it is tried again. */
  readonly failed?: ((error: unknown) => void) | undefined;
}

/** Discord takes one IDENTIFY for each key in this time (ID-2). */
const WINDOW_MS = 5_000;
/** How late a turn may be used: it is added to the window, and to what a slow Redis takes. */
const MARGIN_MS = 300;
const LONGEST_MARGIN_MS = 5_000;
const RESERVE = 10;
/** Timers may run this much early. */
const EARLY_MS = 2;
const RETRY_MS = 500;
const LONGEST_WAIT_MS = 60_000;
const NAMES = 2 ** 48;

/** A turn that is ours, by our own clock. */
interface Turn {
  readonly endsAt: number;
  readonly windowMs: number;
  /** Its instant in Redis, and which Redis gave it. */
  readonly instant: string;
  readonly run: string;
}

/** What goes on for one key. */
interface KeyState {
  isAsking: boolean;
  turn: Turn | undefined;
  timer: Disposable | undefined;
}

/**
 * Turns to identify, and the sessions of the day, over all processes (ID-2, ID-6).
 *
 * Turns are given out by Redis' clock, in the order of asking; within one process the lowest shard goes first (ID-4). A turn
 * that can't be used in time, since this process or Redis was slow, is given back. While Redis does not answer, nobody
 * identifies. Costs one command a session, and one more where it waits.
 *
 * Give `identifyReserve: false` to a `ShardManager` that uses it: the budget is counted here.
 *
 * @example
 * ```ts ignore
 * const identifyQueue = new RedisIdentifyQueue({ send: (command) => client.sendCommand([...command]) });
 * const manager = new ShardManager(authentication, intents, http, { identifyQueue, identifyReserve: false });
 * ```
 */
export class RedisIdentifyQueue implements IdentifyQueue, AsyncDisposable {
  readonly #link: RedisLink;
  readonly #reserve: number;
  readonly #isInFleet: boolean;
  readonly #failed: (error: unknown) => void;
  #maxConcurrency = 1;
  readonly #line = new IdentifyLine();
  #states = new Map<number, KeyState>();
  #marginMs = MARGIN_MS;
  readonly #name: string;
  /** The keys of which a turn may be ours without our knowing, since no answer has come; and how long its window is. */
  readonly #unanswered = new Map<number, number>();
  /** Turns that are being asked for, or given back. */
  readonly #underWay = new Set<Promise<void>>();
  #isClosed = false;

  /** Throws a `RangeError` unless `reserve` is an integer from 0 on. */
  constructor(options: RedisIdentifyQueueOptions) {
    const { reserve = RESERVE, random = Math.random, failed = () => {} } = options;
    if (!(Number.isSafeInteger(reserve) && reserve >= 0)) {
      throw new RangeError(`reserve must be an integer from 0 on: got ${String(reserve)}`);
    }
    this.#link = new RedisLink(options);
    this.#name = Math.floor(random() * NAMES).toString(36);
    this.#reserve = reserve;
    this.#isInFleet = options.isInFleet ?? false;
    this.#failed = failed;
  }

  /** Resolves when it is the turn of `shardId`, over all processes. Rejects when the signal aborts, or the queue is closed. */
  acquire(shardId: number, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError());
    const serve = (): void => this.#serve(shardId % this.#maxConcurrency);
    const turn = this.#line.wait(shardId, signal, serve);
    serve();
    return turn;
  }

  /** Takes Discord's limits; throws a `RangeError` when `maxConcurrency` is not a positive integer. */
  update({ maxConcurrency, total, remaining, resetAfterMs }: IdentifyLimits): void {
    if (!Number.isSafeInteger(maxConcurrency) || maxConcurrency < 1) {
      throw new RangeError(`maxConcurrency must be a positive integer: got ${String(maxConcurrency)}`);
    }
    this.#link.run(LEARN_BUDGET, this.#keys, [total, remaining, resetAfterMs]).catch(this.#failed);
    if (maxConcurrency === this.#maxConcurrency) return;
    for (const [key, state] of this.#states) this.#giveBack(key, state);
    this.#maxConcurrency = maxConcurrency;
    this.#states = new Map();
    this.#unanswered.clear();
    void this.#serveAnew(maxConcurrency);
  }

  /** Asks for all once what was asked for before has been given back: else it would count for all the new keys. */
  async #serveAnew(maxConcurrency: number): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    if (maxConcurrency !== this.#maxConcurrency) return;
    for (const key of new Set(this.#line.shardIds.map((shardId) => shardId % maxConcurrency))) {
      this.#serve(key);
    }
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.then(() => this.#underWay.delete(work));
  }

  /**
   * Gives back what is not used, and asks no more: who waits is told with an `AbortError`. Resolves when Redis knows, or has
   * not answered in time.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#line.rejectAll(closedError());
    for (const [key, state] of this.#states) this.#giveBack(key, state);
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #keys(): string[] {
    return ["identify", "budget", "server"].map((name) => this.#link.fleetKey(name));
  }

  /** The shard whose turn of the key is next. */
  #nextOf(key: number): number | undefined {
    return this.#line.shardIds.find((shardId) => shardId % this.#maxConcurrency === key);
  }

  /** Asks for a turn where somebody waits for one, and gives it back where nobody does any more. */
  #serve(key: number): void {
    const state = this.#states.get(key) ?? { isAsking: false, turn: undefined, timer: undefined };
    this.#states.set(key, state);
    if (this.#nextOf(key) === undefined) {
      this.#giveBack(key, state);
      if (!state.isAsking) this.#states.delete(key);
      return;
    }
    if (!state.isAsking && state.turn === undefined && state.timer === undefined) {
      this.#track(this.#ask(key, state));
    }
  }

  async #ask(key: number, state: KeyState): Promise<void> {
    if (this.#isClosed) return;
    state.isAsking = true;
    const { clock } = this.#link;
    const keys = this.#maxConcurrency;
    const askedAt = clock.now();
    const unanswered = this.#unanswered.get(key);
    const windowMs = unanswered ?? WINDOW_MS + this.#marginMs;
    let waitMs = RETRY_MS;
    this.#unanswered.set(key, windowMs);
    try {
      const reply = await this.#turn(key, keys, windowMs, unanswered !== undefined);
      if (keys === this.#maxConcurrency) this.#unanswered.delete(key);
      waitMs = integerIn(reply[1]);
      if (textIn(reply[0]) === "ok") {
        state.turn = {
          endsAt: askedAt + waitMs + windowMs - WINDOW_MS,
          windowMs,
          instant: textIn(reply[2]),
          run: textIn(reply[3]),
        };
        this.#marginMs = Math.min(LONGEST_MARGIN_MS, Math.max(MARGIN_MS, 2 * (clock.now() - askedAt)));
      } else waitMs = Math.min(Math.max(RETRY_MS, waitMs), LONGEST_WAIT_MS);
    } catch (error) {
      this.#failed(error);
    }
    state.isAsking = false;
    const isCurrent = this.#states.get(key) === state && keys === this.#maxConcurrency;
    if (!isCurrent || this.#isClosed || this.#nextOf(key) === undefined) {
      this.#giveBack(key, state, keys);
      if (this.#states.get(key) === state) this.#states.delete(key);
    } else if (waitMs <= 0) this.#begin(key, state);
    else {
      state.timer = clock.setTimeout(() => this.#track(this.#confirm(key, state)), waitMs + EARLY_MS);
    }
  }

  async #turn(key: number, keys: number, windowMs: number, isAgain: boolean): Promise<readonly unknown[]> {
    const who = `${this.#name}:${keys}:${key}`;
    const isInFleet = this.#isInFleet ? 1 : 0;
    const args = [key, keys, windowMs, this.#reserve, isInFleet, who, isAgain ? 1 : 0, windowMs - WINDOW_MS];
    return listIn(await this.#link.run(TURN, [...this.#keys, this.#link.fleetKey("asked")], args));
  }

  /** The turn begins, or it is time to ask again. */
  #begin(key: number, state: KeyState): void {
    state.timer = undefined;
    const { turn } = state;
    const shardId = this.#nextOf(key);
    if (turn !== undefined && shardId !== undefined && this.#link.clock.now() <= turn.endsAt) {
      state.turn = undefined;
      this.#line.serve(shardId);
    } else this.#giveBack(key, state);
    this.#serve(key);
  }

  /** A turn that was waited for: the Redis that gave it may have been replaced by one that gives it to another. */
  async #confirm(key: number, state: KeyState): Promise<void> {
    state.timer = undefined;
    if (state.turn === undefined) return this.#begin(key, state);
    state.isAsking = true;
    const isGood = await this.#link.run(CONFIRM_TURN, this.#keys.slice(0, 1), [state.turn.run]).then(
      (reply) => integerIn(reply) === 1,
      (error) => void this.#failed(error),
    );
    state.isAsking = false;
    if (isGood !== true) this.#giveBack(key, state);
    if (this.#states.get(key) === state && !this.#isClosed) this.#begin(key, state);
  }

  #giveBack(key: number, state: KeyState, keys = this.#maxConcurrency): void {
    const { turn } = state;
    state.timer?.[Symbol.dispose]();
    state.timer = undefined;
    state.turn = undefined;
    if (turn === undefined) return;
    const args = [key, keys, turn.windowMs, turn.instant];
    this.#track(this.#link.run(RETURN_TURN, this.#keys, args).then(() => {}, this.#failed));
  }
}

function closedError(): DOMException {
  return new DOMException("The queue of turns to identify was closed", "AbortError");
}
