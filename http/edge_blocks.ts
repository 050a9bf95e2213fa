/** Whether a request may be sent past the edge, and how to report what became of it. */
export type EdgePass =
  | { readonly isBlocked: false; end(outcome: "passed" | "unknown"): void }
  | { readonly isBlocked: true; readonly retryAfterMs: number };

/** A block that has been put on a route, or on everything. */
export interface EdgeBlock {
  /** Whether nothing at all is sent, or only the route is blocked. */
  readonly isEverything: boolean;
  /** How long, in milliseconds. */
  readonly retryAfterMs: number;
}

interface Entry {
  blockedAt: number;
  until: number;
  strikes: number;
  isProbing: boolean;
}

/** A block without a time lasts this long at first, then twice as long each time (A9.4). */
const FIRST_BLOCK_MS = 60_000;
const MAX_DEFAULT_BLOCK_MS = 60 * 60 * 1000;
/** Two routes blocked within this time mean that the address is blocked. */
const SPREAD_MS = 60_000;
const MAX_ENTRIES = 1000;
/** Told where a request waits for the outcome of the one that finds out. */
const PROBE_WAIT_MS = 1000;

/** What the edge blocks, remembered: sending on would make it worse (A9.4). Pure: the caller says what time it is. */
export class EdgeBlocks {
  readonly #routes = new Map<string, Entry>();
  #everything: Entry | undefined;

  /** Asks to send. After a block one request is let through, to find out. */
  enter(routeKey: string, now: number): EdgePass {
    const entries = [this.#everything, this.#routes.get(routeKey)].filter((entry) => entry !== undefined);
    let waitMs = 0;
    for (const { until, isProbing } of entries) {
      waitMs = Math.max(waitMs, until - now, isProbing ? PROBE_WAIT_MS : 0);
    }
    if (waitMs > 0) return { isBlocked: true, retryAfterMs: waitMs };
    for (const entry of entries) entry.isProbing = true;
    let isOver = false;
    return {
      isBlocked: false,
      end: (outcome) => {
        if (!isOver) this.#end(routeKey, entries, outcome);
        isOver = true;
      },
    };
  }

  /** Milliseconds for which nothing may be sent; 0 where it may. */
  waitMs(routeKey: string, now: number): number {
    const ends = [this.#everything?.until ?? 0, this.#routes.get(routeKey)?.until ?? 0];
    return Math.max(0, ...ends.map((until) => until - now));
  }

  /** Notes that a request was blocked. */
  block(routeKey: string, retryAfterMs: number | undefined, now: number): EdgeBlock {
    const strikes = Math.max(this.#routes.get(routeKey)?.strikes ?? 0, this.#everything?.strikes ?? 0) + 1;
    const defaultMs = Math.min(MAX_DEFAULT_BLOCK_MS, FIRST_BLOCK_MS * 2 ** (strikes - 1));
    const lengthMs = retryAfterMs !== undefined && retryAfterMs > 0 ? retryAfterMs : defaultMs;
    const entry = { blockedAt: now, until: now + lengthMs, strikes, isProbing: false };
    const others = [...this.#routes].some(([key, other]) =>
      key !== routeKey && now - other.blockedAt < SPREAD_MS
    );
    const isEverything = others || this.#everything !== undefined;
    if (isEverything) this.#everything = entry;
    this.#routes.delete(routeKey);
    this.#routes.set(routeKey, entry);
    const [oldest] = this.#routes.keys();
    if (this.#routes.size > MAX_ENTRIES && oldest !== undefined) this.#routes.delete(oldest);
    return { isEverything, retryAfterMs: lengthMs };
  }

  #end(routeKey: string, entries: readonly Entry[], outcome: "passed" | "unknown"): void {
    for (const entry of entries) {
      entry.isProbing = false;
      if (outcome === "unknown") continue;
      if (this.#everything === entry) this.#everything = undefined;
      if (this.#routes.get(routeKey) === entry) this.#routes.delete(routeKey);
    }
  }
}
