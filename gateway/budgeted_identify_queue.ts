import { type Clock, sleep } from "../clock.ts";
import { abortable } from "./abortable.ts";
import { IdentifyBudgetError } from "./errors.ts";
import { type IdentifyBudget, IdentifyCount } from "./identify_budget.ts";
import type { IdentifyLimits, IdentifyQueue } from "./identify_queue.ts";

/** While the budget is used up, Discord is asked this often whether it still is, and about the reset not at once. */
const RECHECK_MS = 600_000;
const LEAST_PAUSE_MS = 1_000;

/** Options of {@linkcode BudgetedIdentifyQueue}. */
export interface BudgetedIdentifyQueueOptions {
  /** Whose turn it is. */
  readonly queue: IdentifyQueue;
  /** How many sessions are held back; `false` for no budget at all. */
  readonly reserve: number | false | undefined;
  /** The source of time. */
  readonly clock: Clock;
  /** Asks Discord for its limits and calls `update` with them. */
  readonly refresh: () => Promise<unknown>;
  /** Tells how the budget is. */
  readonly report: (
    name: "identifyBudget" | "identifyBudgetLow" | "identifyPaused",
    budget: IdentifyBudget,
  ) => void;
  /** Discord could not be asked. */
  readonly failed: (error: unknown) => void;
}

/**
 * A queue for turns to identify that minds the budget of the day (ID-6, ID-7).
 *
 * Planned sessions, those of a start, are refused as a whole when there are not enough. Others wait until the day is over
 * when only a reserve is left: a bot that can't keep a session would else use up what its owner needs to start it again.
 */
export class BudgetedIdentifyQueue implements IdentifyQueue {
  readonly #options: BudgetedIdentifyQueueOptions;
  readonly #count: IdentifyCount;
  #isToldLow = false;
  #isToldPaused = false;
  #isStale = false;
  #refreshing: Promise<void> | undefined;
  #askedAt = -Infinity;
  /** Aborts when the limits are others: who waits for them looks again. */
  #news = new AbortController();

  /** A queue that knows no limits until {@linkcode update}. */
  constructor(options: BudgetedIdentifyQueueOptions) {
    this.#options = options;
    this.#count = new IdentifyCount(options.reserve === false ? undefined : options.reserve);
  }

  /** Discord's limits are these now. */
  update(limits: IdentifyLimits): void {
    const now = this.#options.clock.now();
    // The queue of a user may take its time over it, and fail.
    const told: unknown = this.#options.queue.update(limits);
    Promise.resolve(told).catch(this.#options.failed);
    this.#count.learn(limits, now);
    this.#isStale = false;
    this.#news.abort();
    this.#news = new AbortController();
    this.#options.report("identifyBudget", this.#count.budget(now));
    this.#tellLow(now);
  }

  /** Turns for one set of shards, which may plan for sessions. */
  forSet(): PlannedIdentifyQueue {
    return new PlannedIdentifyQueue(this);
  }

  /** Throws an {@linkcode IdentifyBudgetError} when fewer than `needed` sessions are left. */
  demand(needed: number): void {
    if (this.#options.reserve === false) return;
    const budget = this.#count.budget(this.#options.clock.now());
    if (this.#count.isKnown && needed > budget.remaining) {
      throw new IdentifyBudgetError({ needed, ...budget });
    }
  }

  /** Resolves when it is the turn of `shardId`, and the budget allows it; one of those `planned` is so no more then. */
  async acquire(
    shardId: number,
    { signal }: { readonly signal: AbortSignal },
    planned: Set<number> = new Set(),
  ): Promise<void> {
    if (this.#options.reserve === false) return await this.#options.queue.acquire(shardId, { signal });
    const allows = (): boolean => this.#allows(planned.has(shardId));
    do {
      await this.#wait(allows, signal);
      await this.#options.queue.acquire(shardId, { signal });
      signal.throwIfAborted();
    } while (!allows()); // Others had their turn in the meantime.
    planned.delete(shardId);
    this.#spend();
  }

  /** Waits until the budget allows a session. */
  async #wait(allows: () => boolean, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!allows()) {
      this.#tellPaused(clock.now());
      const either = AbortSignal.any([signal, this.#news.signal]);
      await sleep(clock, this.#pauseMs(clock.now()), { signal: either }).catch(() => signal.throwIfAborted());
      const isFresh = clock.now() - this.#askedAt < RECHECK_MS / 2; // Somebody else who waits has asked.
      if (!isFresh) await abortable(this.#refresh(), signal);
    }
    if (this.#count.allows(false)) this.#isToldPaused = false;
    if (this.#isStale) await abortable(this.#refresh(), signal);
  }

  #allows(isPlanned: boolean): boolean {
    if (this.#count.turn(this.#options.clock.now())) this.#isStale = true;
    return this.#count.allows(isPlanned);
  }

  #spend(): void {
    const now = this.#options.clock.now();
    this.#count.spend(now);
    this.#tellLow(now);
  }

  /** Once for everyone who waits. Where it fails, the count goes on by itself. */
  #refresh(): Promise<void> {
    this.#isStale = false;
    this.#refreshing ??= this.#ask();
    return this.#refreshing;
  }

  async #ask(): Promise<void> {
    this.#askedAt = this.#options.clock.now();
    try {
      await this.#options.refresh();
    } catch (error) {
      this.#options.failed(error);
    } finally {
      this.#refreshing = undefined;
    }
  }

  /** Warns once while few are left (ID-7). */
  #tellLow(now: number): void {
    const { isLow } = this.#count;
    if (isLow && !this.#isToldLow && this.#options.reserve !== false) {
      this.#options.report("identifyBudgetLow", this.#count.budget(now));
    }
    this.#isToldLow = isLow;
  }

  #tellPaused(now: number): void {
    if (!this.#isToldPaused) this.#options.report("identifyPaused", this.#count.budget(now));
    this.#isToldPaused = true;
  }

  #pauseMs(now: number): number {
    const { resetAfterMs } = this.#count.budget(now);
    return Math.min(Math.max(resetAfterMs, LEAST_PAUSE_MS), RECHECK_MS);
  }
}

/** The turns of one set of shards: what is planned for it, no other set may use, also where their shards have the same ids. */
export class PlannedIdentifyQueue implements IdentifyQueue {
  readonly #queue: BudgetedIdentifyQueue;
  /** Shards whose next session was planned for. */
  readonly #planned = new Set<number>();

  /** Plans nothing yet. */
  constructor(queue: BudgetedIdentifyQueue) {
    this.#queue = queue;
  }

  /**
   * Plans for the next session of each of these shards; `needed` of them are sure to be used.
   *
   * Throws an {@linkcode IdentifyBudgetError} when fewer are left.
   */
  plan(shardIds: readonly number[], needed: number = shardIds.length): void {
    this.#queue.demand(needed);
    for (const shardId of shardIds) this.#planned.add(shardId);
  }

  /** What was planned will not be. */
  unplan(): void {
    this.#planned.clear();
  }

  /** Resolves when it is the turn of `shardId`, and the budget allows it. */
  acquire(shardId: number, options: { readonly signal: AbortSignal }): Promise<void> {
    return this.#queue.acquire(shardId, options, this.#planned);
  }

  /** Discord's limits are these now. */
  update(limits: IdentifyLimits): void {
    this.#queue.update(limits);
  }
}
