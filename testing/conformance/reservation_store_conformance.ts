import type { Clock } from "../../clock.ts";
import type {
  LimitedAnswer,
  Refusal,
  Reservation,
  ReservationRequest,
  ReservationStore,
} from "../../http/mod.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { casesOf, type ConformanceCase, demand, demandMaker, type Rule } from "./conformance_case.ts";
import { TrialTime } from "./trial_time.ts";

const LIMIT = 3;
const RESET_MS = 5_000;
const TICKET_MS = 10_000;
const TOLERANCE_MS = 500;
const CALL_MS = 10_000;

/** Options of {@linkcode reservationStoreConformance}. */
export interface ReservationStoreConformanceOptions {
  /**
   * Makes a store that knows nothing, that goes by `clock`, and in which a ticket that nobody settles is lost after
   * `ticketMs`; called for each case.
   */
  create(clock: Clock, ticketMs: number): ReservationStore | Promise<ReservationStore>;
  /** Another process that counts together with `store`. Without it that is not tried. */
  join?(store: ReservationStore): ReservationStore | Promise<ReservationStore>;
  /** Puts a store away after its case. Nothing by default. */
  close?(store: ReservationStore): Promise<void> | void;
  /** The clock that the store goes by. A new `VirtualClock` for each case by default; `systemClock` takes about a minute. */
  clock?: Clock;
  /** How much later than in the best case a turn may come, in milliseconds. 500 by default. */
  toleranceMs?: number;
}

/**
 * What a {@linkcode ReservationStore} must do: give out no turn too many, and lose none.
 *
 * @example
 * ```ts
 * import { RateLimitReservations, RateLimitStorage } from "@nextsnake/nextcore";
 * import { checkConformance, reservationStoreConformance } from "@nextsnake/nextcore/testing";
 *
 * await checkConformance(reservationStoreConformance({
 *   create: (clock, ticketMs) => new RateLimitReservations(new RateLimitStorage({ clock }), { clock, ticketMs }),
 * }));
 * ```
 */
export function reservationStoreConformance(
  options: ReservationStoreConformanceOptions,
): readonly ConformanceCase[] {
  demandMaker("reservationStoreConformance", options, "create");
  const { join, toleranceMs = TOLERANCE_MS } = options;
  if (!(toleranceMs >= 0 && toleranceMs < RESET_MS / 2)) {
    throw new RangeError(`toleranceMs must be from 0 to below ${RESET_MS / 2}: got ${String(toleranceMs)}`);
  }
  const rules = join === undefined ? RULES : [...RULES, { name: TOGETHER, check: countsTogether }];
  return casesOf("ReservationStore", rules, async (check) => {
    const clock = options.clock ?? new VirtualClock();
    const stores = [await options.create(clock, TICKET_MS)];
    const [store] = stores;
    if (store === undefined) return;
    const other = async (): Promise<ReservationStore> => {
      const joined = await join?.(store) ?? store;
      if (joined !== store) stores.push(joined);
      return joined;
    };
    try {
      await check(new StoreTrial(store, new TrialTime(clock), toleranceMs, other));
    } finally {
      for (const opened of stores) await options.close?.(opened);
    }
  });
}

const TOGETHER = "counts what others take that count together with it (B12)";

const RULES: readonly Rule<StoreTrial>[] = [
  { name: "lets one request go while nothing is known of its limit (B4.1)", check: probes },
  { name: "gives plain data: a ticket of its own, or milliseconds", check: givesPlainData },
  { name: "gives as many turns as an answer says are left, however many ask at once (B5.1)", check: counts },
  { name: "gives turns again when the limit is whole again (B5.4)", check: opensAgain },
  { name: "takes a turn back that was not used, and only once", check: takesBack },
  { name: "counts a turn as used of which no answer came (B5.7)", check: countsLost },
  { name: "keeps the limits of resources apart (A6.1)", check: keepsApart },
  { name: "counts routes as one that have the same limit (B4.7)", check: sharesLimit },
  { name: "lets nothing go after a refusal for as long as it says (B5.8, B5.9)", check: obeysRefusal },
  { name: "takes a turn for lost that nobody settles (B12)", check: expires },
  { name: "has nothing against tickets that it does not know", check: ignoresUnknown },
];

const REQUEST: ReservationRequest = {
  routeKey: "GET /channels/{channel_id}/messages",
  majorKey: "channels/1",
  bodyKeys: [],
};

/** A store whose calls end in time. */
class StoreTrial {
  readonly time: TrialTime;
  readonly toleranceMs: number;
  readonly #store: ReservationStore;
  readonly #join: () => Promise<ReservationStore>;

  constructor(
    store: ReservationStore,
    time: TrialTime,
    toleranceMs: number,
    join: () => Promise<ReservationStore>,
  ) {
    this.time = time;
    this.toleranceMs = toleranceMs;
    this.#store = store;
    this.#join = join;
  }

  async reserve(request: ReservationRequest = REQUEST): Promise<Reservation> {
    return await this.#ends(this.#reserve(request), "the end of reserve");
  }

  /** So many at the same time. */
  async reserveAll(count: number): Promise<readonly Reservation[]> {
    const all = Promise.all(Array.from({ length: count }, () => this.#reserve(REQUEST)));
    return await this.#ends(all, `the end of ${count} calls of reserve`);
  }

  #reserve(request: ReservationRequest): Promise<Reservation> {
    const { signal } = new AbortController();
    return this.#store.reserve(request, { signal });
  }

  /** A turn; complains where there is none. */
  async ticket(what: string, request?: ReservationRequest): Promise<string> {
    const reservation = await this.reserve(request);
    demand("ticket" in reservation, `${what} has to wait: ${JSON.stringify(reservation)}`);
    return reservation.ticket;
  }

  /** Complains where there is a turn. */
  async waits(what: string, request?: ReservationRequest): Promise<number> {
    const reservation = await this.reserve(request);
    demand("waitMs" in reservation, `${what} got a turn`);
    return reservation.waitMs;
  }

  async settle(ticket: string, answer: LimitedAnswer | undefined): Promise<void> {
    await this.#ends(this.#store.settle(ticket, answer), "the end of settle");
  }

  async refund(ticket: string): Promise<void> {
    await this.#ends(this.#store.refund(ticket), "the end of refund");
  }

  /** The limit becomes known: this many turns are left of it. */
  async learn(remaining: number, request?: ReservationRequest): Promise<void> {
    await this.settle(await this.ticket("the first request", request), answerOf(remaining));
  }

  /** Another process that counts together with this one. */
  async other(): Promise<StoreTrial> {
    return new StoreTrial(await this.#join(), this.time, this.toleranceMs, this.#join);
  }

  #ends<Value>(call: Promise<Value>, what: string): Promise<Value> {
    return this.time.until(call, CALL_MS, what);
  }
}

function answerOf(remaining: number, refusal?: Refusal): LimitedAnswer {
  const headers = { bucket: "abcd", limit: LIMIT, remaining, resetAfterMs: RESET_MS, resetAt: undefined };
  return { headers, isSuccess: refusal === undefined, refusal };
}

async function probes(trial: StoreTrial): Promise<void> {
  const first = await trial.ticket("the first request");
  await trial.waits("a second request, before the first was answered,");
  await trial.refund(first);
  await trial.ticket("a request after the first was not sent");
}

async function givesPlainData(trial: StoreTrial): Promise<void> {
  await trial.learn(2);
  const given = [await trial.reserve(), await trial.reserve(), await trial.reserve()];
  const tickets = new Set<string>();
  for (const reservation of given) {
    if ("ticket" in reservation) {
      demand(typeof reservation.ticket === "string", `a ticket is a ${typeof reservation.ticket}`);
      demand(!tickets.has(reservation.ticket), "two turns have the same ticket");
      tickets.add(reservation.ticket);
    } else {
      const isTime = Number.isFinite(reservation.waitMs) && reservation.waitMs >= 0;
      demand(isTime, `waitMs is ${String(reservation.waitMs)}`);
    }
  }
}

async function counts(trial: StoreTrial): Promise<void> {
  await trial.learn(2);
  const all = await trial.reserveAll(6);
  const given = all.filter((reservation) => "ticket" in reservation).length;
  demand(given === 2, `${given} turns were given where 2 are left`);
}

async function opensAgain(trial: StoreTrial): Promise<void> {
  await trial.learn(0);
  const waitMs = await trial.waits("a request where no turn is left");
  const limitMs = RESET_MS + trial.toleranceMs;
  demand(waitMs > 0 && waitMs <= limitMs, `it is told to wait ${waitMs} ms where ${RESET_MS} are left`);
  await trial.time.pass(RESET_MS - trial.toleranceMs - 1);
  await trial.waits("a request before the limit was whole again");
  await trial.time.pass(2 * trial.toleranceMs + 1);
  await trial.ticket("a request after the limit was whole again");
}

async function takesBack(trial: StoreTrial): Promise<void> {
  await trial.learn(2);
  const first = await trial.ticket("a request where 2 turns are left");
  await trial.ticket("a request where 1 turn is left");
  await trial.refund(first);
  await trial.refund(first);
  await trial.ticket("a request where 1 turn was given back");
  await trial.waits("a request where no turn is left, and one was given back twice,");
}

async function countsLost(trial: StoreTrial): Promise<void> {
  await trial.learn(1);
  const lost = await trial.ticket("a request where 1 turn is left");
  await trial.settle(lost, undefined);
  await trial.refund(lost); // It was sent: what is said of it later does not count.
  await trial.waits("a request after the last turn was lost");
}

async function keepsApart(trial: StoreTrial): Promise<void> {
  await trial.learn(0);
  await trial.ticket("a request to another channel", { ...REQUEST, majorKey: "channels/11" });
  await trial.waits("a request to the channel whose limit is used up");
}

async function sharesLimit(trial: StoreTrial): Promise<void> {
  const other = { ...REQUEST, routeKey: "POST /channels/{channel_id}/messages" };
  await trial.learn(2);
  await trial.learn(1, other);
  await trial.ticket("a request where 1 turn is left", other);
  await trial.waits("a request where a route with the same limit has taken the last turn");
}

async function obeysRefusal(trial: StoreTrial): Promise<void> {
  for (const [index, scope] of (["user", "shared"] as const).entries()) {
    const request = { ...REQUEST, majorKey: `channels/${index}` };
    await trial.learn(2, request);
    const ticket = await trial.ticket("a request where 2 turns are left", request);
    const retryAfterMs = 2 * RESET_MS;
    // Of the limit of the channel itself there are turns left.
    const remaining = scope === "user" ? 0 : 1;
    await trial.settle(ticket, answerOf(remaining, { scope, retryAfterMs, isSublimit: false }));
    await trial.time.pass(retryAfterMs - trial.toleranceMs - 1);
    await trial.waits(`a request during a refusal (${scope})`, request);
    await trial.time.pass(2 * trial.toleranceMs + 1);
    await trial.ticket(`a request after a refusal (${scope})`, request);
  }
}

async function expires(trial: StoreTrial): Promise<void> {
  const late = await trial.ticket("the first request");
  await trial.time.pass(TICKET_MS - trial.toleranceMs - 1);
  await trial.waits("a request while the first may still be answered");
  await trial.time.pass(2 * trial.toleranceMs + 1);
  await trial.ticket("a request after the first was lost");
  await trial.refund(late);
  await trial.waits("a request after a turn was given back that had been lost before");
}

async function ignoresUnknown(trial: StoreTrial): Promise<void> {
  await trial.settle("nobody's", answerOf(0));
  await trial.refund("nobody's");
  await trial.learn(2);
}

async function countsTogether(trial: StoreTrial): Promise<void> {
  const other = await trial.other();
  const first = await trial.ticket("the first request");
  await other.waits("a request, before the first one of another process was answered,");
  await trial.settle(first, answerOf(2));
  const mine = await trial.ticket("a request where 2 turns are left");
  await other.ticket("a request where 1 turn is left");
  await other.waits("a request where no turn is left");
  await trial.refund(mine);
  await other.ticket("a request where another process has given 1 turn back");
}
