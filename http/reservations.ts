import { type Clock, systemClock } from "../clock.ts";
import type { BucketPermit, LimitedAnswer } from "./bucket_permit.ts";
import type { Permit } from "./limiter.ts";
import { checkClock, checkedTimeMs, checkFunctions, checkObject } from "./option_checks.ts";
import { kindOf } from "./shown.ts";
import type { RateLimitStorage } from "./rate_limit_storage.ts";

/** What a turn is reserved for. Plain data, without secrets. */
export interface ReservationRequest {
  /** Method, template and variant: see `Route.keyAt`. */
  readonly routeKey: string;
  /** The top-level resource: see `Route.majorKey`. */
  readonly majorKey: string;
  /** Keys of the JSON that will be sent. */
  readonly bodyKeys: readonly string[];
}

/** A turn, or how long to wait before asking again. Plain data. */
export type Reservation =
  | { readonly ticket: string }
  | { readonly waitMs: number };

/**
 * Counts the limits of one owner for several clients.
 *
 * All that goes in and out is plain data, so that it can live on another machine: {@linkcode RateLimitReservations} there,
 * and here an object with these three methods that asks it. A client takes its turns from its own count first, then here.
 */
export interface ReservationStore {
  /** Takes a turn, or says how long to wait. */
  reserve(request: ReservationRequest, options: { readonly signal: AbortSignal }): Promise<Reservation>;
  /** The request was sent; `undefined` when no answer came. */
  settle(ticket: string, answer: LimitedAnswer | undefined): Promise<void>;
  /** The request was not sent. */
  refund(ticket: string): Promise<void>;
}

/** Options of {@linkcode RateLimitReservations}. */
export interface RateLimitReservationsOptions {
  /** The clock. */
  readonly clock?: Clock | undefined;
  /** Milliseconds after which a ticket that nobody has settled counts as lost. 120,000 by default. */
  readonly ticketMs?: number | undefined;
}

interface Ticket {
  readonly permit: BucketPermit;
  readonly until: number;
}

/** The least wait: who comes back at once would only ask in circles. */
const MIN_WAIT_MS = 5;

/**
 * The other end of {@linkcode ReservationStore}: counts in a {@linkcode RateLimitStorage}, and sets no timer of its own.
 *
 * @example
 * ```ts
 * import { HTTPClient, RateLimitReservations, RateLimitStorage } from "@nextsnake/nextcore";
 *
 * const shared = new RateLimitReservations(new RateLimitStorage());
 * await using one = new HTTPClient({ reservations: () => shared });
 * await using other = new HTTPClient({ reservations: () => shared });
 * ```
 */
export class RateLimitReservations implements ReservationStore {
  readonly #storage: RateLimitStorage;
  readonly #clock: Clock;
  readonly #ticketMs: number;
  /** In the order in which they expire. */
  readonly #tickets = new Map<string, Ticket>();
  #count = 0;

  /** A `TypeError` or `RangeError` says what is wrong, such as a `ticketMs` that is not above 0. */
  constructor(
    storage: RateLimitStorage,
    options: RateLimitReservationsOptions = {},
  ) {
    checkFunctions("storage", storage, ["tryEnter", "estimate"], "new RateLimitStorage()");
    checkObject("The options of RateLimitReservations", options, "{ ticketMs: 60_000 }");
    const { clock = systemClock, ticketMs = 120_000 } = options;
    checkClock(clock);
    this.#storage = storage;
    this.#clock = clock;
    this.#ticketMs = checkedTimeMs("ticketMs", ticketMs);
  }

  /** How many tickets are out. */
  get size(): number {
    this.#expire();
    return this.#tickets.size;
  }

  /** Takes a turn, or says how long to wait. */
  reserve({ routeKey, majorKey, bodyKeys }: ReservationRequest): Promise<Reservation> {
    this.#expire();
    const turn = { routeKey, majorKey, rank: 0, sequence: this.#count, bodyKeys: new Set(bodyKeys) };
    const permit = this.#storage.tryEnter(turn);
    if (permit === undefined) {
      return Promise.resolve({ waitMs: Math.max(MIN_WAIT_MS, this.#storage.estimate(turn).waitMs) });
    }
    const ticket = String(this.#count++);
    this.#tickets.set(ticket, { permit, until: this.#clock.now() + this.#ticketMs });
    // From here on it may be sent at any time.
    permit.send();
    return Promise.resolve({ ticket });
  }

  /** The request was sent; `undefined` when no answer came. Does nothing for a ticket that has expired. */
  settle(ticket: string, answer: LimitedAnswer | undefined): Promise<void> {
    const { permit } = this.#tickets.get(ticket) ?? {};
    this.#tickets.delete(ticket);
    if (answer === undefined) permit?.release();
    else permit?.settle(answer);
    return Promise.resolve();
  }

  /** The request was not sent. */
  refund(ticket: string): Promise<void> {
    const { permit } = this.#tickets.get(ticket) ?? {};
    this.#tickets.delete(ticket);
    permit?.giveBack();
    return Promise.resolve();
  }

  #expire(): void {
    const now = this.#clock.now();
    for (const [ticket, { permit, until }] of this.#tickets) {
      if (until > now) return;
      this.#tickets.delete(ticket);
      permit.release();
    }
  }
}

/** A turn that is counted here and elsewhere. What cannot be told elsewhere is found out there: tickets expire. */
export function sharedPermit(permit: Permit, store: ReservationStore, ticket: string): Permit {
  let isSent = false;
  let isOver = false;
  const end = (tell: () => Promise<void>): void => {
    if (!isOver) void attempt(tell);
    isOver = true;
  };
  return {
    bucketMs: permit.bucketMs,
    globalMs: permit.globalMs,
    send: () => {
      isSent = true;
      permit.send();
    },
    settle: (answer, roundTripMs) => {
      permit.settle(answer, roundTripMs);
      end(() => store.settle(ticket, answer));
    },
    release: () => {
      permit.release();
      end(() => isSent ? store.settle(ticket, undefined) : store.refund(ticket));
    },
    leave: () => permit.leave(),
  };
}

/** Does it, whatever comes of it. */
async function attempt(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch {
    // The ticket expires there.
  }
}

/** Asks for a turn; ends with the signal at once, also where the store does not, and then gives back a turn that comes late. */
export function reserveIn(
  store: ReservationStore,
  request: ReservationRequest,
  signal: AbortSignal,
): Promise<Reservation> {
  if (signal.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<Reservation>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  ask(store, request, signal).then((reservation) => {
    signal.removeEventListener("abort", onAbort);
    if (!signal.aborted) resolve(reservation);
    else if ("ticket" in reservation) void attempt(() => store.refund(reservation.ticket));
  }, (error) => {
    signal.removeEventListener("abort", onAbort);
    reject(error);
  });
  return promise;
}

/** It comes from elsewhere: a `TypeError` where it is no reservation. */
async function ask(
  store: ReservationStore,
  request: ReservationRequest,
  signal: AbortSignal,
): Promise<Reservation> {
  checkFunctions("What reservations gives", store, ["reserve", "settle", "refund"]);
  const given: { ticket?: unknown; waitMs?: unknown } | null = await store.reserve(request, { signal });
  if (typeof given === "object" && typeof given?.ticket === "string") return { ticket: given.ticket };
  if (typeof given === "object" && typeof given?.waitMs === "number" && given.waitMs >= 0) {
    return { waitMs: Math.max(MIN_WAIT_MS, given.waitMs) };
  }
  throw new TypeError(`reserve must give { ticket: "…" } or { waitMs: 100 }, got ${kindOf(given)}`);
}
