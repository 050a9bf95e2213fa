/**
 * Requests that a test waits for.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import { Mailbox, type WaitOptions } from "./mailbox.ts";
import type { SimulatedRequest } from "./rest.ts";

/** Gives the requests of each route once. */
export class ExpectedRequests {
  readonly #clock: Clock;
  readonly #past: readonly SimulatedRequest[];
  readonly #routes = new Map<string, Mailbox<SimulatedRequest>>();
  #isClosed = false;

  /** `past`: those that came before anybody has asked for their route. */
  constructor(clock: Clock, past: readonly SimulatedRequest[]) {
    this.#clock = clock;
    this.#past = past;
  }

  /** A request has been answered or lost. */
  note(request: SimulatedRequest): void {
    this.#routes.get(nameOf(request))?.put(request);
  }

  /** The oldest of a route that nobody was given, now or when it comes. */
  next(route: string, options: WaitOptions): Promise<SimulatedRequest> {
    return (this.#routes.get(route) ?? this.#open(route)).take(options);
  }

  /** Rejects whoever waits. */
  close(): void {
    this.#isClosed = true;
    for (const requests of this.#routes.values()) requests.close();
  }

  #open(route: string): Mailbox<SimulatedRequest> {
    const requests = new Mailbox<SimulatedRequest>(this.#clock, `request ${route}`);
    for (const request of this.#past) if (nameOf(request) === route) requests.put(request);
    this.#routes.set(route, requests);
    if (this.#isClosed) requests.close();
    return requests;
  }
}

function nameOf({ method, route }: SimulatedRequest): string {
  return `${method} ${route}`;
}
