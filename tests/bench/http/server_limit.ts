/** A limit of the server: so many requests in a window, that ends at once or slides. */
export interface LimitRule {
  /** How turns come back: all at the end of the window, or one by one (A6.4). */
  readonly kind: "fixed" | "sliding";
  /** How many requests a window takes. */
  readonly limit: number;
  /** How long a window is. */
  readonly windowMs: number;
}

/** What a limit says of one request. */
export interface Count {
  readonly isRefused: boolean;
  readonly remaining: number;
  /** Milliseconds until all turns are back. */
  readonly resetAfterMs: number;
  /** Milliseconds until one turn is back. */
  readonly retryAfterMs: number;
}

/** A limit, counted at the moment at which a request arrives. A fixed window begins with its first request. */
export class ServerLimit {
  readonly #rule: LimitRule;
  #used = 0;
  /** When the window is full again. */
  #fullAt = -Infinity;

  constructor(rule: LimitRule) {
    this.#rule = rule;
  }

  /** Counts a request, unless it is refused. */
  count(now: number): Count {
    return this.#rule.kind === "fixed" ? this.#countFixed(now) : this.#countSliding(now);
  }

  #countFixed(now: number): Count {
    const { limit, windowMs } = this.#rule;
    if (now >= this.#fullAt) {
      this.#fullAt = now + windowMs;
      this.#used = 0;
    }
    const isRefused = this.#used >= limit;
    if (!isRefused) this.#used += 1;
    const resetAfterMs = this.#fullAt - now;
    return { isRefused, remaining: limit - this.#used, resetAfterMs, retryAfterMs: resetAfterMs };
  }

  #countSliding(now: number): Count {
    const { limit, windowMs } = this.#rule;
    const turnMs = windowMs / limit;
    const fullAt = Math.max(now, this.#fullAt);
    const retryAfterMs = fullAt + turnMs - now - windowMs;
    const isRefused = retryAfterMs > 1e-6;
    if (!isRefused) this.#fullAt = fullAt + turnMs;
    const resetAfterMs = this.#fullAt - now;
    const remaining = Math.max(0, Math.floor((windowMs - resetAfterMs) / turnMs + 1e-6));
    return { isRefused, remaining, resetAfterMs, retryAfterMs };
  }
}

/** The soonest at which the last of `count` requests can have been taken, after the first: the limit's arithmetic. */
export function idealMs({ kind, limit, windowMs }: LimitRule, count: number): number {
  if (kind === "fixed") return (Math.ceil(count / limit) - 1) * windowMs;
  return Math.max(0, count - limit) * (windowMs / limit);
}
