import { digestOf } from "./secrets.ts";
import type { Route } from "./route.ts";

/** How long a webhook that does not exist is not asked for again (A10.3). */
const DEAD_WEBHOOK_MS = 10 * 60 * 1000;
const MAX_REFUSALS = 1000;
const UNKNOWN_WEBHOOK = 10015;

/** What is known to be refused, so that it need not be asked: each refusal brings a block nearer. */
export class KnownRefusals {
  readonly #credentials = new Set<string>();
  /** Until when which webhooks count as gone. */
  readonly #webhooks = new Map<string, number>();

  /** The status a request would get; `undefined` where it may succeed. */
  statusOf(route: Route, authorization: string | undefined, now: number): 401 | 404 | undefined {
    if (this.#credentials.size === 0 && this.#webhooks.size === 0) return undefined;
    if (authorization !== undefined && this.#credentials.has(credentialKey(route, authorization))) return 401;
    const until = route.isTokenWebhook ? this.#webhooks.get(route.majorKey) : undefined;
    return until !== undefined && now < until ? 404 : undefined;
  }

  /** Learns from an answer (A10.2, A10.3). */
  note(route: Route, authorization: string | undefined, status: number, code: number, now: number): void {
    if (status === 401 && authorization !== undefined && !route.hasToken) {
      this.#credentials.add(credentialKey(route, authorization));
      const [oldest] = this.#credentials;
      if (this.#credentials.size > MAX_REFUSALS && oldest !== undefined) this.#credentials.delete(oldest);
    }
    if (status === 404 && code === UNKNOWN_WEBHOOK && route.isTokenWebhook) {
      this.#webhooks.delete(route.majorKey);
      this.#webhooks.set(route.majorKey, now + DEAD_WEBHOOK_MS);
      const [oldest] = this.#webhooks.keys();
      if (this.#webhooks.size > MAX_REFUSALS && oldest !== undefined) this.#webhooks.delete(oldest);
    }
  }
}

/** A bot's token is good or not; a user's grant can lack a scope for one route only. */
function credentialKey(route: Route, authorization: string): string {
  const digest = digestOf(authorization);
  return /^bot /i.test(authorization) ? digest : `${digest} ${route.method} ${route.template}`;
}

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

interface Block {
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
const MAX_BLOCKS = 1000;
/** Told where a request waits for the outcome of the one that finds out. */
const PROBE_WAIT_MS = 1000;

/** Nothing is blocked, so that nothing has to be found out. */
const OPEN: EdgePass & { readonly isBlocked: false } = { isBlocked: false, end: () => {} };

/** What the edge blocks, remembered: sending on would make it worse (A9.4). Pure: the caller says what time it is. */
export class EdgeBlocks {
  readonly #routes = new Map<string, Block>();
  #everything: Block | undefined;

  /** Asks to send. After a block one request is let through, to find out. */
  enter(routeKey: string, now: number): EdgePass {
    if (this.#everything === undefined && this.#routes.size === 0) return OPEN;
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
    if (this.#everything === undefined && this.#routes.size === 0) return 0;
    const ends = [this.#everything?.until ?? 0, this.#routes.get(routeKey)?.until ?? 0];
    return Math.max(0, ...ends.map((until) => until - now));
  }

  /** Notes that a request was blocked. */
  block(routeKey: string, retryAfterMs: number | undefined, now: number): EdgeBlock {
    const known = [this.#routes.get(routeKey), this.#everything].filter((entry) => entry !== undefined);
    // Requests that were under way when it began are of the same block: they make it no worse.
    const isSame = known.some(({ until, isProbing }) => now < until && !isProbing);
    const strikes = Math.max(0, ...known.map((entry) => entry.strikes)) + (isSame ? 0 : 1);
    const defaultMs = Math.min(MAX_DEFAULT_BLOCK_MS, FIRST_BLOCK_MS * 2 ** (strikes - 1));
    const lengthMs = retryAfterMs !== undefined && retryAfterMs > 0 ? retryAfterMs : defaultMs;
    const until = Math.max(now + lengthMs, ...(isSame ? known.map((entry) => entry.until) : []));
    const entry = { blockedAt: now, until, strikes, isProbing: false };
    const others = [...this.#routes].some(([key, other]) =>
      key !== routeKey && now - other.blockedAt < SPREAD_MS
    );
    const isEverything = others || this.#everything !== undefined;
    if (isEverything) this.#everything = entry;
    this.#routes.delete(routeKey);
    this.#routes.set(routeKey, entry);
    const [oldest] = this.#routes.keys();
    if (this.#routes.size > MAX_BLOCKS && oldest !== undefined) this.#routes.delete(oldest);
    return { isEverything, retryAfterMs: until - now };
  }

  #end(routeKey: string, entries: readonly Block[], outcome: "passed" | "unknown"): void {
    for (const entry of entries) {
      entry.isProbing = false;
      if (outcome === "unknown") continue;
      if (this.#everything === entry) this.#everything = undefined;
      if (this.#routes.get(routeKey) === entry) this.#routes.delete(routeKey);
    }
  }
}

/** Discord blocks an address with 10,000 invalid requests in this time (A9.1). */
const COUNTED_MS = 10 * 60 * 1000;
const SLOT_MS = 10_000;
const SLOTS = COUNTED_MS / SLOT_MS;

/** How many requests of the last ten minutes were invalid: answered by 401, 403 or 429 (A10.1). */
export class InvalidRequestCount {
  /** The counts of {@linkcode SLOT_MS} each, the oldest first. */
  #slots: { readonly slot: number; count: number }[] = [];

  /** Notes one, and tells how many there are. */
  add(now: number): number {
    const slot = Math.floor(now / SLOT_MS);
    const last = this.#slots.at(-1);
    if (last?.slot === slot) last.count += 1;
    else this.#slots.push({ slot, count: 1 });
    return this.count(now);
  }

  /** How many there are. */
  count(now: number): number {
    if (this.#slots.length === 0) return 0;
    this.#forget(now);
    return this.#slots.reduce((sum, { count }) => sum + count, 0);
  }

  /** When the count will be lower; `now` where it is 0. */
  lowerAt(now: number): number {
    this.#forget(now);
    const [oldest] = this.#slots;
    return oldest === undefined ? now : (oldest.slot + SLOTS + 1) * SLOT_MS;
  }

  #forget(now: number): void {
    const first = Math.floor(now / SLOT_MS) - SLOTS;
    this.#slots = this.#slots.filter(({ slot }) => slot >= first);
  }
}
