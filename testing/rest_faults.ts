/**
 * What the HTTP API has been told to do wrong with the next requests.
 *
 * @module
 */

/** Which limit a 429 speaks of (A8); `"sublimit"` is scope `user` with calls remaining. */
export type RateLimitScope = "user" | "sublimit" | "shared" | "global";

/** What becomes of a request that got past the limits. */
export type OutcomeFault =
  | { readonly kind: "serverError"; readonly status: number; readonly isExecuted: boolean }
  | { readonly kind: "lose"; readonly isExecuted: boolean; readonly isSilent: boolean }
  | { readonly kind: "html"; readonly status: number }
  | { readonly kind: "respond"; readonly make: () => Response; readonly isExecuted: boolean };

/** One way to mistreat a request. */
export type RestFault =
  | OutcomeFault
  | { readonly kind: "rateLimit"; readonly scope: RateLimitScope; readonly retryAfterMs: number }
  | { readonly kind: "edgeBlock"; readonly status: number; readonly retryAfterMs: number | undefined };

interface Planned<T> {
  readonly value: T;
  readonly route: string | undefined;
  left: number;
}

/** Faults that wait for requests to come. */
export class RestFaults {
  #faults: Planned<RestFault>[] = [];
  #delays: Planned<number>[] = [];

  /** Plans a fault for the next `count` requests (to `route`). */
  plan(value: RestFault, count: number, route: string | undefined): void {
    this.#faults.push({ value, route, left: count });
  }

  /** Delays the answers to the next `count` requests (to `route`). */
  planDelay(ms: number, count: number, route: string | undefined): void {
    this.#delays.push({ value: ms, route, left: count });
  }

  /** Forgets everything that has not struck. */
  clear(): void {
    this.#faults = [];
    this.#delays = [];
  }

  /** Takes the fault for a request. */
  take(route: string): RestFault | undefined {
    return takeFrom(this.#faults, route);
  }

  /** Takes the delay for a request, in milliseconds. */
  takeDelay(route: string): number | undefined {
    return takeFrom(this.#delays, route);
  }
}

function takeFrom<T>(planned: Planned<T>[], route: string): T | undefined {
  const place = planned.findIndex((plan) => plan.route === undefined || plan.route === route);
  const plan = planned[place];
  if (plan === undefined) return undefined;
  plan.left--;
  if (plan.left <= 0) planned.splice(place, 1);
  return plan.value;
}
