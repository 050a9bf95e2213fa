import { assertThrows } from "@std/assert";
import {
  type LimitedAnswer,
  RateLimitReservations,
  RateLimitStorage,
  type ReservationStore,
} from "../../http/mod.ts";
import { reservationStoreConformance } from "../../testing/conformance/reservation_store_conformance.ts";
import { testConformance, testFaults } from "./conformance_tests.ts";

type Create = Parameters<typeof reservationStoreConformance>[0]["create"];

const create =
  ((clock, ticketMs) =>
    new RateLimitReservations(new RateLimitStorage({ clock }), { clock, ticketMs })) satisfies Create;

/** The store that is right, with something of it done wrong. */
function altered(alter: (store: ReservationStore) => Partial<ReservationStore>) {
  return reservationStoreConformance({
    create(clock, ticketMs) {
      const store = create(clock, ticketMs);
      return {
        reserve: (request) => store.reserve(request),
        settle: (ticket, answer) => store.settle(ticket, answer),
        refund: (ticket) => store.refund(ticket),
        ...alter(store),
      };
    },
  });
}

/** The store that is right, and is told something else of the limit than the answer has. */
function mistold(
  change: (headers: NonNullable<LimitedAnswer["headers"]>) => NonNullable<LimitedAnswer["headers"]>,
) {
  return altered((store) => ({
    settle: (ticket, answer) =>
      store.settle(ticket, answer?.headers && { ...answer, headers: change(answer.headers) }),
  }));
}

testConformance("RateLimitReservations", reservationStoreConformance({ create, join: (store) => store }));

testFaults("ReservationStore", [
  {
    name: "gives a turn to everyone",
    cases: altered(() => {
      let count = 0;
      return { reserve: () => Promise.resolve({ ticket: String(count++) }) };
    }),
    complaint: "known of its limit (B4.1): a second request, before the first was answered, got a turn",
  },
  {
    name: "waits for ever",
    cases: altered((store) => ({
      async reserve(request, options) {
        const reservation = await store.reserve(request, options);
        return "ticket" in reservation ? reservation : { waitMs: Infinity };
      },
    })),
    complaint: "a ticket of its own, or milliseconds: waitMs is Infinity",
  },
  {
    name: "gives the same ticket to all",
    cases: altered((store) => {
      let last = "";
      return {
        async reserve(request, options) {
          const reservation = await store.reserve(request, options);
          if (!("ticket" in reservation)) return reservation;
          last = reservation.ticket;
          return { ticket: "the" };
        },
        settle: (_, answer) => store.settle(last, answer),
        refund: () => store.refund(last),
      };
    }),
    complaint: "a ticket of its own, or milliseconds: two turns have the same ticket",
  },
  {
    name: "gives one turn too many",
    cases: mistold((headers) => ({ ...headers, remaining: Math.min(3, headers.remaining + 1) })),
    complaint: "however many ask at once (B5.1): 3 turns were given where 2 are left",
  },
  {
    name: "opens late",
    cases: mistold((headers) => ({ ...headers, resetAfterMs: 2 * headers.resetAfterMs })),
    complaint: "whole again (B5.4): it is told to wait 10002 ms where 5000 are left",
  },
  {
    name: "keeps what was not used",
    cases: altered(() => ({ refund: () => Promise.resolve() })),
    complaint: "and only once: a request where 1 turn was given back has to wait",
  },
  {
    name: "takes a turn back twice",
    cases: altered((store) => {
      const refunded = new Set<string>();
      let extra = 0;
      return {
        async reserve(request, options) {
          const reservation = await store.reserve(request, options);
          return "ticket" in reservation || extra === 0 ? reservation : { ticket: `extra ${extra--}` };
        },
        refund(ticket) {
          if (refunded.has(ticket)) extra += 1;
          refunded.add(ticket);
          return store.refund(ticket);
        },
      };
    }),
    complaint: "and only once: a request where no turn is left, and one was given back twice, got a turn",
  },
  {
    name: "takes back what was lost",
    cases: altered((store) => ({
      settle: (ticket, answer) => answer === undefined ? store.refund(ticket) : store.settle(ticket, answer),
    })),
    complaint: "no answer came (B5.7): a request after the last turn was lost got a turn",
  },
  {
    name: "has one limit for all channels",
    cases: altered((store) => ({
      reserve: (request, options) => store.reserve({ ...request, majorKey: "channels" }, options),
    })),
    complaint: "resources apart (A6.1): a request to another channel has to wait",
  },
  {
    name: "has a limit for each route",
    cases: altered((store) => {
      const routes = new Map<string, string>();
      return {
        async reserve(request, options) {
          const reservation = await store.reserve(request, options);
          if ("ticket" in reservation) routes.set(reservation.ticket, request.routeKey);
          return reservation;
        },
        settle(ticket, answer) {
          const bucket = `${answer?.headers?.bucket} ${routes.get(ticket)}`;
          return store.settle(
            ticket,
            answer?.headers && { ...answer, headers: { ...answer.headers, bucket } },
          );
        },
      };
    }),
    complaint: "(B4.7): a request where a route with the same limit has taken the last turn got a turn",
  },
  {
    name: "does not mind a refusal",
    cases: altered((store) => ({
      settle: (ticket, answer) => store.settle(ticket, answer && { ...answer, refusal: undefined }),
    })),
    complaint: "(B5.8, B5.9): a request during a refusal (user) got a turn",
  },
  {
    name: "does not mind a refusal by a shared limit",
    cases: altered((store) => ({
      settle: (ticket, answer) =>
        store.settle(
          ticket,
          answer?.refusal?.scope === "shared" ? { ...answer, refusal: undefined } : answer,
        ),
    })),
    complaint: "(B5.8, B5.9): a request during a refusal (shared) got a turn",
  },
  {
    name: "never loses a ticket",
    cases: reservationStoreConformance({ create: (clock, ticketMs) => create(clock, 10 * ticketMs) }),
    complaint: "nobody settles (B12): a request after the first was lost has to wait",
  },
  {
    name: "loses tickets too early",
    cases: reservationStoreConformance({ create: (clock, ticketMs) => create(clock, ticketMs / 2) }),
    complaint: "nobody settles (B12): a request while the first may still be answered got a turn",
  },
  {
    name: "throws at a ticket that it does not know",
    cases: altered((store) => ({
      settle: (ticket, answer) =>
        /^\d+$/.test(ticket)
          ? store.settle(ticket, answer)
          : Promise.reject(new Error(`no ticket ${ticket}`)),
    })),
    complaint: "tickets that it does not know: no ticket nobody's",
  },
  {
    name: "counts alone",
    cases: reservationStoreConformance({
      create,
      join: () => new RateLimitReservations(new RateLimitStorage()),
    }),
    complaint: "together with it (B12): a request, before the first one of another process was answered, got",
  },
]);

Deno.test("reservationStoreConformance refuses a tolerance that would let everything pass", () => {
  assertThrows(() => reservationStoreConformance({ create, toleranceMs: 2_500 }), RangeError, "below 2500");
});
