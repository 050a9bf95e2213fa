/**
 * A server with rate limits, in virtual time: what the client is tested against.
 *
 * @module
 */

import { type Clock, sleep } from "../../clock.ts";

/** Numbers from 0 to 1 that a seed decides. */
export function seededRandom(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A limit of the server. */
export interface LimitRule {
  readonly kind: "fixed" | "sliding";
  readonly limit: number;
  readonly windowMs: number;
  /** How many turns are used before the first request. */
  readonly used?: number;
}

/** What a limit says of one request. */
interface Count {
  readonly isRefused: boolean;
  readonly remaining: number;
  readonly resetAt: number;
  readonly retryAfterMs: number;
}

/** One limit, counted at the moment a request arrives. */
class ServerLimit {
  readonly #rule: LimitRule;
  #used: number;
  #endsAt: number;

  constructor(rule: LimitRule, now: number) {
    this.#rule = rule;
    this.#used = rule.used ?? 0;
    const fraction = rule.kind === "fixed" ? (this.#used > 0 ? 1 : 0) : this.#used / rule.limit;
    this.#endsAt = now + fraction * rule.windowMs;
  }

  count(now: number): Count {
    return this.#rule.kind === "fixed" ? this.#countFixed(now) : this.#countSliding(now);
  }

  #countFixed(now: number): Count {
    const { limit, windowMs } = this.#rule;
    if (now >= this.#endsAt) {
      this.#endsAt = now + windowMs;
      this.#used = 0;
    }
    const isRefused = this.#used >= limit;
    if (!isRefused) this.#used += 1;
    return {
      isRefused,
      remaining: limit - this.#used,
      resetAt: this.#endsAt,
      retryAfterMs: this.#endsAt - now,
    };
  }

  #countSliding(now: number): Count {
    const { limit, windowMs } = this.#rule;
    const tokenMs = windowMs / limit;
    const fullAt = Math.max(now, this.#endsAt);
    const isRefused = fullAt + tokenMs - now > windowMs + 1e-9;
    if (!isRefused) this.#endsAt = fullAt + tokenMs;
    const missingMs = Math.max(0, this.#endsAt - now);
    const remaining = Math.max(0, Math.floor((windowMs - missingMs) / tokenMs + 1e-9));
    return {
      isRefused,
      remaining,
      resetAt: now + missingMs,
      retryAfterMs: fullAt + tokenMs - now - windowMs,
    };
  }
}

/** What a {@linkcode LimitedServer} is made of. */
export interface LimitedServerOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** The limit of each path; the id of the limit is its name. Paths it gives nothing for have none. */
  readonly ruleOf: (method: string, path: string) => (LimitRule & { readonly bucket: string }) | undefined;
  /** Milliseconds that one way takes. */
  readonly latencyMs?: (random: () => number) => number;
  /** How often a request or its answer is lost. */
  readonly lossRate?: number;
}

/** One request, as the server saw it. */
export interface Arrival {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly isRefused: boolean;
  readonly body: string;
}

const EPOCH_MS = 1_767_225_600_000;

/** Answers like Discord does, and writes down what arrived. */
export class LimitedServer {
  readonly arrivals: Arrival[] = [];
  inFlight = 0;
  maxInFlight = 0;
  readonly #options: LimitedServerOptions;
  readonly #limits = new Map<string, ServerLimit>();

  constructor(options: LimitedServerOptions) {
    this.#options = options;
  }

  /** How many requests were refused. */
  get refusals(): number {
    return this.arrivals.filter(({ isRefused }) => isRefused).length;
  }

  /** The client's `fetch`. */
  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { clock, random, latencyMs = () => 0, lossRate = 0 } = this.#options;
    const options = init.signal ? { signal: init.signal } : {};
    this.inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    try {
      const lost = random();
      await sleep(clock, latencyMs(random), options);
      if (lost < lossRate / 2) throw new TypeError("connection reset");
      const response = this.#answer(init.method ?? "GET", new URL(String(input)).pathname, init.body);
      await sleep(clock, latencyMs(random), options);
      if (lost < lossRate) throw new TypeError("connection reset");
      return response;
    } finally {
      this.inFlight -= 1;
    }
  };

  #answer(method: string, path: string, body: unknown): Response {
    const now = this.#options.clock.now();
    const rule = this.#options.ruleOf(method, path);
    const limit = rule && this.#limitOf(rule, path, now);
    const count = limit?.count(now);
    this.arrivals.push({
      at: now,
      method,
      path,
      isRefused: count?.isRefused ?? false,
      body: String(body ?? ""),
    });
    if (rule === undefined || count === undefined) return Response.json({});
    const headers = new Headers({
      "X-RateLimit-Limit": String(rule.limit),
      "X-RateLimit-Remaining": String(count.remaining),
      "X-RateLimit-Reset": seconds(EPOCH_MS + count.resetAt),
      "X-RateLimit-Reset-After": seconds(count.resetAt - now),
      "X-RateLimit-Bucket": rule.bucket,
    });
    if (!count.isRefused) return Response.json({}, { headers });
    headers.set("X-RateLimit-Scope", "user");
    headers.set("Retry-After", String(Math.ceil(count.retryAfterMs / 1000)));
    const retry_after = Number(seconds(count.retryAfterMs));
    return Response.json({ message: "You are being rate limited.", retry_after, global: false }, {
      status: 429,
      headers,
    });
  }

  #limitOf(rule: LimitRule & { readonly bucket: string }, path: string, now: number): ServerLimit {
    const major = /^\/(?:api\/v10\/)?((?:channels|guilds|webhooks)\/\d+)/.exec(path)?.[1] ?? "";
    const key = `${rule.bucket}|${major}`;
    const limit = this.#limits.get(key) ?? new ServerLimit(rule, now);
    this.#limits.set(key, limit);
    return limit;
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
