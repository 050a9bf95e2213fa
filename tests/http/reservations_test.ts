// Several clients that count together (B12).
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BotAuthentication,
  HTTPClient,
  RateLimitedError,
  RateLimitReservations,
  RateLimitStorage,
  type Reservation,
  UnlimitedGlobalRateLimiter,
} from "../../http/mod.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { LimitedServer, seededRandom } from "./limited_server.ts";
import { channelRoute } from "./scripted_server.ts";

const request = { routeKey: "GET /x", majorKey: "channels/1", bodyKeys: [] };
const headers = { bucket: "h", limit: 2, remaining: 1, resetAfterMs: 5000, resetAt: undefined };

function ticketOf(reservation: Reservation): string {
  assert("ticket" in reservation, "it has to wait");
  return reservation.ticket;
}

function shared(): { clock: VirtualClock; store: RateLimitReservations } {
  const clock = new VirtualClock();
  return {
    clock,
    store: new RateLimitReservations(new RateLimitStorage({ clock }), { clock, ticketMs: 1000 }),
  };
}

Deno.test("RateLimitReservations gives turns as plain data, and else says how long to wait", async () => {
  const { store } = shared();
  const first = ticketOf(await store.reserve(request));
  assertEquals(await store.reserve(request), { waitMs: 1000 });
  await store.settle(first, { headers, isSuccess: true });
  ticketOf(await store.reserve(request));
  assertEquals(await store.reserve(request), { waitMs: 5002 });
});

Deno.test("RateLimitReservations takes back what was not sent, and counts what is lost (B5.7)", async () => {
  const { store } = shared();
  await store.settle(ticketOf(await store.reserve(request)), {
    headers: { ...headers, limit: 3, remaining: 2 },
    isSuccess: true,
  });
  await store.refund(ticketOf(await store.reserve(request)));
  await store.settle(ticketOf(await store.reserve(request)), undefined);
  const last = ticketOf(await store.reserve(request));
  assertEquals("waitMs" in await store.reserve(request), true);
  await store.settle("unknown", undefined);
  await store.refund(last);
  await store.refund(last);
  ticketOf(await store.reserve(request));
});

Deno.test("RateLimitReservations lets tickets expire that nobody settles", async () => {
  const { clock, store } = shared();
  const ticket = ticketOf(await store.reserve(request));
  await clock.advance(999);
  assertEquals(store.size, 1);
  await clock.advance(1);
  assertEquals([store.size, clock.pendingTimers], [0, 0]);
  ticketOf(await store.reserve(request));
  await store.settle(ticket, { headers, isSuccess: true });
  assertThrows(() => new RateLimitReservations(new RateLimitStorage(), { ticketMs: 0 }), RangeError);
});

Deno.test("HTTPClients that share a count are not refused (B12, C1)", async () => {
  const clock = new VirtualClock();
  const random = seededRandom(3);
  const rule = { kind: "fixed", limit: 5, windowMs: 2000, bucket: "b" } as const;
  const server = new LimitedServer({
    clock,
    random,
    ruleOf: () => rule,
    latencyMs: (chance) => 20 + chance() * 60,
  });
  const store = new RateLimitReservations(new RateLimitStorage({ clock }), { clock });
  const authentication = new BotAuthentication("a.b.c");
  const clients = [1, 2, 3].map(() =>
    new HTTPClient({
      clock,
      random,
      fetch: server.fetch,
      reservations: () => store,
      globalRateLimiter: () => new UnlimitedGlobalRateLimiter(),
    })
  );
  const all = clients.flatMap((http) =>
    Array.from({ length: 10 }, () => http.request(channelRoute(), { authentication }))
  );
  await clock.runUntil(Promise.all(all));
  assertEquals([server.arrivals.length, server.refusals, store.size], [30, 0, 0]);
  const [http] = clients;
  assert(http !== undefined);
  ticketOf(await store.reserve({ ...request, majorKey: "channels/9" }));
  await clock.advance(5000);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("HTTPClient does not wait for a shared count longer than it may, and fails when it fails", async () => {
  const clock = new VirtualClock();
  const base = { clock, fetch: () => Promise.resolve(Response.json({})) };
  const busy = {
    reserve: () => Promise.resolve({ waitMs: 60_000 }),
    settle: () => Promise.resolve(),
    refund: () => Promise.resolve(),
  };
  const http = new HTTPClient({ ...base, reservations: () => busy });
  await assertRejects(() => http.request(channelRoute(), { maxWaitMs: 1000 }), RateLimitedError);
  const stop = new AbortController();
  const aborted = assertRejects(() => http.request(channelRoute(), { signal: stop.signal }), Error, "enough");
  await clock.advance(1000);
  stop.abort(new Error("enough"));
  await aborted;
  const late = Promise.withResolvers<Reservation>();
  const refunded: string[] = [];
  const slow = {
    ...busy,
    reserve: () => late.promise,
    refund: (ticket: string) => Promise.resolve(void refunded.push(ticket)),
  };
  const patient = new HTTPClient({ ...base, reservations: () => slow });
  const impatient = new AbortController();
  const gone = assertRejects(
    () => patient.request(channelRoute(), { signal: impatient.signal }),
    Error,
    "enough",
  );
  await clock.advance(1);
  impatient.abort(new Error("enough"));
  await gone;
  late.resolve({ ticket: "7" });
  await clock.advance(1);
  assertEquals(refunded, ["7"]);
  const broken = { ...busy, reserve: () => Promise.reject(new Error("the store is down")) };
  const other = new HTTPClient({ ...base, reservations: () => broken });
  await assertRejects(() => other.request(channelRoute()), Error, "down");
  assertEquals([clock.pendingTimers, other.status().pending], [0, 0]);
});

Deno.test("HTTPClient loses no turn where the function that finds the store throws (B12, C4)", async () => {
  const clock = new VirtualClock();
  let isBroken = true;
  const http = new HTTPClient({
    clock,
    fetch: () => Promise.resolve(Response.json({})),
    reservations: () => {
      if (isBroken) throw new Error("no store");
      return undefined;
    },
  });
  await assertRejects(() => http.request(channelRoute()), Error, "no store");
  isBroken = false;
  await http.request(channelRoute(), { wait: false });
});

Deno.test("RateLimitReservations says what is wrong with its options", () => {
  const storage = new RateLimitStorage();
  const bad: readonly (readonly [unknown[], typeof TypeError | typeof RangeError, string])[] = [
    [[null], TypeError, "storage must be an object such as new RateLimitStorage(), got null"],
    [[storage, null], TypeError, "got null"],
    [[storage, { ticketMs: 0 }], RangeError, "ticketMs is 0"],
    [[storage, { ticketMs: "1" }], TypeError, 'ticketMs is "1"'],
    [[storage, { clock: null }], TypeError, "clock"],
  ];
  for (const [parts, type, message] of bad) {
    assertThrows(() => Reflect.construct(RateLimitReservations, parts), type, message);
  }
});

Deno.test("HTTPClient takes no store and no reservation on trust (B12)", async () => {
  const given = async (store: unknown): Promise<void> => {
    const clock = new VirtualClock();
    const options = { clock, fetch: () => Promise.resolve(Response.json({})), reservations: () => store };
    const http: HTTPClient = Reflect.construct(HTTPClient, [options]);
    await clock.runUntil(http.request(channelRoute()));
    assertEquals([http.status().pending, clock.pendingTimers], [0, 0]);
  };
  const store = { settle: () => Promise.resolve(), refund: () => Promise.resolve() };
  for (const one of [null, 5, store]) {
    await assertRejects(() => given(one), TypeError, "What reservations gives");
  }
  for (const one of [null, 5, {}, { waitMs: NaN }, { waitMs: -1 }, { ticket: 5 }]) {
    const reserve = (): unknown => Promise.resolve(one);
    await assertRejects(() => given({ ...store, reserve }), TypeError, "reserve must give");
  }
  const fail = (): never => {
    throw new Error("in this very moment");
  };
  await assertRejects(() => given({ ...store, reserve: fail }), Error, "in this very moment");
  const reserve = (): unknown => Promise.resolve({ ticket: "1" });
  await given({ reserve, settle: fail, refund: fail });
  let asked = 0;
  const patient = (): unknown => Promise.resolve(asked++ < 3 ? { waitMs: 0 } : { ticket: "1" });
  await given({ ...store, reserve: patient });
});
