import type { RateLimitScope } from "./errors.ts";
import { type Queued, WaitQueue } from "./wait_queue.ts";

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

/** The requests of one route on one resource that wait for their turn. */
export class Lane<Waiter extends Queued & { readonly turn: Turn }> {
  /** Who waits for the bucket. */
  readonly #queue = new WaitQueue<Waiter>();
  /** Who waits for the limit on a field to end. */
  readonly #parked = new WaitQueue<Waiter>();
  #hold: Hold = NO_HOLD;
  #fieldHold: FieldHold | undefined;

  /** How many wait. */
  get size(): number {
    return this.#queue.size + this.#parked.size;
  }

  /** How many would go before one with this turn. */
  countBefore(turn: Turn): number {
    return this.#queue.countBefore(turn);
  }

  /** Adds one. */
  push(waiter: Waiter): void {
    this.#queue.push(waiter);
  }

  /** Takes one out who waits here. */
  remove(waiter: Waiter): void {
    (this.#parked.has(waiter) ? this.#parked : this.#queue).remove(waiter);
  }

  /** Takes out anyone who waits, held or not. */
  takeAny(): Waiter | undefined {
    return this.#queue.pop() ?? this.#parked.pop();
  }

  /** Who is next, of those whom nothing holds. */
  next(now: number): Waiter | undefined {
    if (this.#fieldHold !== undefined && now >= this.#fieldHold.until) this.#endFieldHold();
    if (now < this.#hold.until) return undefined;
    for (let waiter = this.#queue.peek(); waiter !== undefined; waiter = this.#queue.peek()) {
      if (!meets(waiter.turn.bodyKeys, this.#fieldHold?.keys)) return waiter;
      this.#queue.remove(waiter);
      this.#parked.push(waiter);
    }
    return undefined;
  }

  /** When to look again, if its bucket has a turn free at `opensAt`; `Infinity` when nobody waits. */
  wakeAt(opensAt: number): number {
    const queued = this.#queue.size > 0 ? Math.max(opensAt, this.#hold.until) : Infinity;
    const parked = this.#parked.size > 0 ? this.#fieldHold?.until ?? Infinity : Infinity;
    return Math.min(queued, parked);
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
    return this.size === 0 && now >= this.#hold.until && now >= (this.#fieldHold?.until ?? -Infinity);
  }

  #endFieldHold(): void {
    this.#fieldHold = undefined;
    for (let waiter = this.#parked.pop(); waiter !== undefined; waiter = this.#parked.pop()) {
      this.#queue.push(waiter);
    }
  }
}

function meets(one: ReadonlySet<string> | undefined, other: ReadonlySet<string> | undefined): boolean {
  return one !== undefined && other !== undefined && !one.isDisjointFrom(other);
}
