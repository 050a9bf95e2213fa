import { type Clock, sleep } from "../clock.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { CloudflareBanError, RateLimitedError, statusErrorOf } from "./errors.ts";
import type { HTTPEvents } from "./events.ts";
import { EdgeBlocks, type EdgePass, InvalidRequestCount, KnownRefusals } from "./known_refusals.ts";
import type { PreparedRequest } from "./prepared_request.ts";

/** Options of {@linkcode Guard}. */
export interface GuardOptions {
  /** The clock. */
  readonly clock: Clock;
  /** Who is told. */
  readonly dispatcher: Dispatcher<HTTPEvents>;
  /** At how many invalid requests everything waits. */
  readonly maxInvalidRequests: number;
  /** At which counts of invalid requests to tell of them; `undefined` for each. */
  readonly thresholds: ReadonlySet<number> | undefined;
}

/** Leave to pass the edge. */
export type Pass = EdgePass & { readonly isBlocked: false };

/** Discord blocks an address with so many invalid requests in ten minutes (A9.1). */
const INVALID_REQUEST_LIMIT = 10_000;

/** Keeps back what is known to be refused: each refusal brings a block of the whole address nearer (A9, A10). */
export class Guard {
  readonly #options: GuardOptions;
  readonly #edge = new EdgeBlocks();
  readonly #known = new KnownRefusals();
  readonly #invalid = new InvalidRequestCount();

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** How many requests of the last ten minutes were invalid. */
  get invalidRequests(): number {
    return this.#invalid.count(this.#options.clock.now());
  }

  /** Throws where sending is known to be of no use. */
  check({ route, name, authorization, limited }: PreparedRequest, now: number): void {
    const status = this.#known.statusOf(route, authorization, now);
    if (status !== undefined) {
      const refusal = status === 401
        ? "these credentials have been refused before, it was not sent: use others"
        : "this webhook was gone a moment ago, it was not sent";
      throw statusErrorOf({ route: name, status, refusal });
    }
    const blockedMs = this.#edge.waitMs(limited.routeKey, now);
    if (blockedMs > 0) throw new CloudflareBanError(name, blockedMs);
  }

  /** Leave to send, right before it: what was free may be blocked by now. Throws where it is. */
  enter(request: PreparedRequest, now: number): Pass {
    this.check(request, now);
    const pass = this.#edge.enter(request.limited.routeKey, now);
    if (pass.isBlocked) throw new CloudflareBanError(request.name, pass.retryAfterMs);
    return pass;
  }

  /** Waits while there are too many invalid requests; `undefined` where there are not. */
  hold({ name, route, limited }: PreparedRequest, now: number): Promise<void> | undefined {
    const { maxInvalidRequests } = this.#options;
    if (route.isInteractionCallback || this.#invalid.count(now) < maxInvalidRequests) return undefined;
    const waitMs = this.#invalid.lowerAt(now) - now;
    if (waitMs > limited.maxWaitMs) {
      throw new RateLimitedError({ route: name, retryAfterMs: waitMs, scope: "global" });
    }
    return this.#holdUntilFewer(limited.signal);
  }

  /** Learns from a status alone, before those that wait for this answer get their turns (A10.2). */
  noteStatus({ route, authorization }: PreparedRequest, status: number): void {
    if (status === 401) this.#known.note(route, authorization, status, 0, this.#options.clock.now());
  }

  /** Learns from an answer that is no success. */
  note({ route, authorization }: PreparedRequest, status: number, code: number): void {
    this.#known.note(route, authorization, status, code, this.#options.clock.now());
    if (status === 401 || status === 403) this.countInvalid();
  }

  /** Counts a request that was answered by 401, 403, or by 429 for a limit that is not shared (A10.1). */
  countInvalid(): void {
    const { clock, dispatcher, thresholds } = this.#options;
    const count = this.#invalid.add(clock.now());
    if (thresholds?.has(count) === false || dispatcher.listenerCount("invalidRequests") === 0) return;
    dispatcher.dispatch("invalidRequests", { count, limit: INVALID_REQUEST_LIMIT });
  }

  /** Notes a block at the edge, and gives the error for it. */
  block({ name, limited }: PreparedRequest, retryAfterMs: number | undefined): CloudflareBanError {
    const { clock, dispatcher } = this.#options;
    this.countInvalid();
    const block = this.#edge.block(limited.routeKey, retryAfterMs, clock.now());
    dispatcher.dispatch("edgeBlocked", { method: name.method, route: name.template, ...block });
    return new CloudflareBanError(name, block.retryAfterMs);
  }

  async #holdUntilFewer(signal: AbortSignal): Promise<void> {
    const { clock, maxInvalidRequests } = this.#options;
    for (let now = clock.now(); this.#invalid.count(now) >= maxInvalidRequests; now = clock.now()) {
      await sleep(clock, Math.max(1, this.#invalid.lowerAt(now) - now), { signal });
    }
  }
}
