import type { LimitHint } from "./bucket.ts";
import type { RateLimitScope } from "./errors.ts";
import { isBefore, type Queued, WaitQueue } from "./wait_queue.ts";

/** What a request wants a turn for, and its place among others. Kept when it is sent again. */
export interface Turn {
  /** Method, template and variant: see `Route.keyAt`. */
  readonly routeKey: string;
  /** The top-level resource. */
  readonly majorKey: string;
  /** Lower goes first. */
  readonly rank: number;
  /** Among equals, lower goes first. */
  readonly sequence: number;
  /** Keys of the JSON that is sent: limits on single fields hold only requests that set them (B5.10). */
  readonly bodyKeys: ReadonlySet<string> | undefined;
  /** Whether it must not overtake others of its route and resource, nor overlap with them (B7.3). */
  readonly isOrdered?: boolean | undefined;
  /** Until when it keeps those behind it waiting too: it is to be sent again after a failure. */
  readonly notBefore?: number | undefined;
  /** What its limit is counted for, instead of the top-level resource (A6.6). */
  readonly bucketScope?: string | undefined;
  /** What the caller knows of its limit while no answer has told of it (B4.5). */
  readonly limitHint?: LimitHint | undefined;
}

/** A refusal that concerns requests of one route on one resource, apart from the count of its bucket (B5.9). */
export interface Hold {
  /** When it ends. */
  readonly until: number;
  /** Whose limit it is. */
  readonly scope: RateLimitScope;
}

interface FieldHold extends Hold {
  readonly keys: ReadonlySet<string>;
}

const NO_HOLD: Hold = { until: -Infinity, scope: "user" };

/** Those who wait in a {@linkcode Lane}. */
class Queues<Waiter extends Queued> {
  /** Who waits for the bucket. */
  readonly free = new WaitQueue<Waiter>();
  /** Who waits for the bucket, and for those of the same kind that are before. */
  readonly ordered = new WaitQueue<Waiter>();
  /** Who waits for the limit on a field to end. */
  readonly parked = new WaitQueue<Waiter>();

  get size(): number {
    return this.free.size + this.ordered.size + this.parked.size;
  }
}

/** The requests of one route on one resource that wait for their turn. */
export class Lane<Waiter extends Queued & { readonly turn: Turn }> {
  /** Made when somebody waits, dropped when nobody does: most lanes are empty. */
  #queues: Queues<Waiter> | undefined;
  #hold: Hold = NO_HOLD;
  #fieldHold: FieldHold | undefined;
  /** How many of those that must not overlap are under way: one, or none. */
  #underway = 0;

  /** How many wait. */
  get size(): number {
    return this.#queues === undefined ? 0 : this.#queues.size;
  }

  /** Whether one is under way that others must not overtake. */
  get isOccupied(): boolean {
    return this.#underway > 0;
  }

  /** Whether nothing here holds one with this turn, if nobody waits before it. */
  lets(turn: Turn, now: number): boolean {
    if (now < this.#hold.until) return false;
    if (turn.isOrdered === true && (this.#underway > 0 || now < (turn.notBefore ?? now))) return false;
    const field = this.#fieldHold;
    return field === undefined || now >= field.until || !meets(turn.bodyKeys, field.keys);
  }

  /** How many would go before one with this turn. */
  countBefore(turn: Turn): number {
    if (this.#queues === undefined) return 0;
    return this.#queues.free.countBefore(turn) + this.#queues.ordered.countBefore(turn);
  }

  /** Adds one. */
  push(waiter: Waiter): void {
    const { free, ordered } = this.#queues ??= new Queues();
    (waiter.turn.isOrdered ? ordered : free).push(waiter);
  }

  /** Takes one out who waits here. */
  remove(waiter: Waiter): void {
    const queues = this.#queues;
    if (queues === undefined) return;
    const { free, ordered, parked } = queues;
    (parked.has(waiter) ? parked : waiter.turn.isOrdered ? ordered : free).remove(waiter);
    if (queues.size === 0) this.#queues = undefined;
  }

  /** Takes out anyone who waits, held or not. */
  takeAny(): Waiter | undefined {
    const queues = this.#queues;
    return queues?.free.pop() ?? queues?.ordered.pop() ?? queues?.parked.pop();
  }

  /** Notes that one is under way that others must not overtake. */
  occupy(): void {
    this.#underway += 1;
  }

  /** Notes that it is over, also with its repetitions. */
  vacate(): void {
    this.#underway -= 1;
  }

  /** Who is next, of those whom nothing holds. */
  next(now: number): Waiter | undefined {
    if (this.#fieldHold !== undefined && now >= this.#fieldHold.until) this.#endFieldHold();
    const queues = this.#queues;
    if (queues === undefined || now < this.#hold.until) return undefined;
    const free = this.#headOf(queues.free, queues);
    const ordered = this.isOccupied ? undefined : this.#headOf(queues.ordered, queues);
    if (ordered === undefined || now < (ordered.turn.notBefore ?? now)) return free;
    return free !== undefined && isBefore(free, ordered) ? free : ordered;
  }

  /** When to look again, if its bucket has a turn free at `opensAt`; `Infinity` when nobody waits. */
  wakeAt(opensAt: number): number {
    const queues = this.#queues;
    if (queues === undefined) return Infinity;
    const queued = queues.free.size > 0 ? Math.max(opensAt, this.#hold.until) : Infinity;
    const head = this.isOccupied ? undefined : queues.ordered.peek();
    const ordered = head === undefined
      ? Infinity
      : Math.max(opensAt, this.#hold.until, head.turn.notBefore ?? opensAt);
    const parked = queues.parked.size > 0
      ? Math.max(opensAt, this.#hold.until, this.#fieldHold?.until ?? opensAt)
      : Infinity;
    return Math.min(queued, ordered, parked);
  }

  /** What holds a request with this turn now. */
  holdOf(turn: Turn, now: number): Hold | undefined {
    const holds = [
      this.#hold,
      ...meets(turn.bodyKeys, this.#fieldHold?.keys) ? [this.#fieldHold ?? NO_HOLD] : [],
    ];
    const [longest = NO_HOLD] = holds.toSorted((one, other) => other.until - one.until);
    return now < longest.until ? longest : undefined;
  }

  /** All that holds requests now. */
  holdsAt(now: number): readonly (Hold & { readonly keys?: ReadonlySet<string> })[] {
    return [this.#hold, ...this.#fieldHold === undefined ? [] : [this.#fieldHold]]
      .filter(({ until }) => now < until);
  }

  /** Holds everything. */
  hold(hold: Hold): void {
    if (hold.until > this.#hold.until) this.#hold = hold;
  }

  /**
   * Holds requests that set one of `keys`. When other keys are held already, it was not about keys: holds everything.
   */
  holdFields(hold: Hold, keys: ReadonlySet<string> | undefined, now: number): void {
    const held = this.#fieldHold !== undefined && now < this.#fieldHold.until ? this.#fieldHold : undefined;
    if (keys === undefined || keys.size === 0 || (held !== undefined && !meets(keys, held.keys))) {
      this.hold(hold);
      return;
    }
    if (this.#fieldHold !== undefined && held === undefined) this.#endFieldHold();
    const allKeys = new Set([...keys, ...held?.keys ?? []]);
    this.#fieldHold = { scope: hold.scope, until: Math.max(hold.until, held?.until ?? 0), keys: allKeys };
  }

  /** Whether forgetting it would change nothing. */
  isFresh(now: number): boolean {
    return this.size === 0 && !this.isOccupied && now >= this.#hold.until &&
      now >= (this.#fieldHold?.until ?? -Infinity);
  }

  #endFieldHold(): void {
    this.#fieldHold = undefined;
    const parked = this.#queues?.parked;
    for (let waiter = parked?.pop(); waiter !== undefined; waiter = parked?.pop()) this.push(waiter);
  }

  /** The first whom no limit on a field holds; those whom one does are put aside. */
  #headOf(queue: WaitQueue<Waiter>, { parked }: Queues<Waiter>): Waiter | undefined {
    for (let waiter = queue.peek(); waiter !== undefined; waiter = queue.peek()) {
      if (!meets(waiter.turn.bodyKeys, this.#fieldHold?.keys)) return waiter;
      queue.remove(waiter);
      parked.push(waiter);
    }
    return undefined;
  }
}

function meets(one: ReadonlySet<string> | undefined, other: ReadonlySet<string> | undefined): boolean {
  return one !== undefined && other !== undefined && !one.isDisjointFrom(other);
}
