import { assert, assertEquals, assertThrows } from "@std/assert";
import { BotAuthentication, HTTPClient, type Reservation, UnlimitedGlobalRateLimiter } from "../../mod.ts";
import { RedisReservations, type RedisReservationsOptions } from "../../redis/mod.ts";
import { reservationStoreConformance, VirtualClock } from "../../testing/mod.ts";
import { systemClock } from "../../clock.ts";
import { checkTogether, testConformance } from "../conformance/conformance_tests.ts";
import { redisTest } from "./redis_server.ts";
import { LimitedServer, seededRandom } from "../http/limited_server.ts";
import { channelRoute } from "../http/scripted_server.ts";
import { Line } from "./model/network.ts";
import { RedisModel } from "./model/redis_model.ts";

const request = { routeKey: "GET /x", majorKey: "channels/1", bodyKeys: [] };
const headers = { bucket: "h", limit: 2, remaining: 1, resetAfterMs: 5_000, resetAt: undefined };

function ticketOf(reservation: Reservation): string {
  assert("ticket" in reservation, "it has to wait");
  return reservation.ticket;
}

/** Processes that count together, in virtual time. */
class Counters {
  readonly clock = new VirtualClock();
  readonly redis = new RedisModel(this.clock);
  readonly commands: string[] = [];

  store(options: Partial<RedisReservationsOptions> = {}): RedisReservations {
    const line = new Line(this.redis, 0);
    line.onCommand = (name) => this.commands.push(name);
    return new RedisReservations({ send: line.send, clock: this.clock, ...options });
  }
}

const twins = new WeakMap<object, () => RedisReservations>();

testConformance(
  "RedisReservations",
  reservationStoreConformance({
    create(clock, ticketMs) {
      const redis = new RedisModel(clock);
      const make = (): RedisReservations =>
        new RedisReservations({ send: new Line(redis, 0).send, clock, ticketMs });
      const store = make();
      twins.set(store, make);
      return store;
    },
    join: (store) => twins.get(store)?.() ?? store,
  }),
);

redisTest("RedisReservations conforms over a real Redis, too", async (server) => {
  let count = 0;
  await checkTogether(reservationStoreConformance({
    clock: systemClock,
    create(clock, ticketMs) {
      const prefix = `bot${count += 1}`;
      const make = (): RedisReservations =>
        new RedisReservations({ send: server.sender(), clock, ticketMs, prefix });
      const store = make();
      twins.set(store, make);
      return store;
    },
    join: (store) => twins.get(store)?.() ?? store,
    close: (store) => {
      if (store instanceof RedisReservations) store[Symbol.dispose]();
    },
  }));
});

Deno.test("RedisReservations lets one go while nothing is known, and then as many as are left, for all", async () => {
  const counters = new Counters();
  const [one, other] = [counters.store(), counters.store()];
  const first = ticketOf(await one.reserve(request));
  assertEquals(await other.reserve(request), { waitMs: 50 });
  await one.settle(first, { headers, isSuccess: true });
  ticketOf(await other.reserve(request));
  assertEquals(await one.reserve(request), { waitMs: 50 }); // The one that is out may be the last.
  await counters.clock.advance(5_003);
  ticketOf(await one.reserve(request));
});

Deno.test("RedisReservations waits for the reset once all are used", async () => {
  const counters = new Counters();
  const [one, other] = [counters.store(), counters.store()];
  await one.settle(ticketOf(await one.reserve(request)), {
    headers: { ...headers, remaining: 0 },
    isSuccess: true,
  });
  assertEquals(await other.reserve(request), { waitMs: 5_003 });
});

Deno.test("RedisReservations takes back what was not sent, and counts what is lost (B5.7)", async () => {
  const counters = new Counters();
  const store = counters.store();
  const three = { ...headers, limit: 3, remaining: 2 };
  await store.settle(ticketOf(await store.reserve(request)), { headers: three, isSuccess: true });
  await store.refund(ticketOf(await store.reserve(request)));
  await store.settle(ticketOf(await store.reserve(request)), undefined);
  ticketOf(await store.reserve(request));
  assert("waitMs" in await store.reserve(request));
  await store.settle("unknown", undefined);
});

Deno.test("RedisReservations counts tickets as used that nobody settles: their process has died", async () => {
  const counters = new Counters();
  const store = counters.store({ ticketMs: 1_000 });
  const three = { ...headers, limit: 3, remaining: 2 };
  await store.settle(ticketOf(await store.reserve(request)), { headers: three, isSuccess: true });
  ticketOf(await store.reserve(request));
  ticketOf(await store.reserve(request));
  assertEquals(await counters.store().reserve(request), { waitMs: 50 });
  await counters.clock.advance(1_001);
  assertEquals(await counters.store().reserve(request), { waitMs: 4_002 });
});

Deno.test("RedisReservations takes turns ahead where a bucket is plainly open, and gives them back", async () => {
  const counters = new Counters();
  const store = counters.store();
  const many = { ...headers, limit: 50, remaining: 49 };
  await store.settle(ticketOf(await store.reserve(request)), { headers: many, isSuccess: true });
  counters.commands.length = 0;
  const tickets = [];
  for (let count = 0; count < 4; count += 1) tickets.push(ticketOf(await store.reserve(request)));
  assertEquals(counters.commands.length, 1, "one command for four turns");
  await store.refund(tickets.pop() ?? "");
  ticketOf(await store.reserve(request)); // Four more are taken.
  counters.commands.length = 0;
  await counters.clock.advance(251);
  assertEquals(counters.commands.filter((name) => name === "EVAL" || name === "EVALSHA").length > 0, true);
  assertEquals(counters.redis.execute(["ZCARD", "{nextcore}:limits:bot:tickets:h|channels/1"]), 4);
  assertEquals(counters.clock.pendingTimers, 0);
});

Deno.test("RedisReservations asks seldom where there is no limit, and hears of one from others", async () => {
  const counters = new Counters();
  const [one, other] = [counters.store(), counters.store()];
  await one.settle(ticketOf(await one.reserve(request)), { headers: undefined, isSuccess: true });
  ticketOf(await other.reserve(request));
  counters.commands.length = 0;
  for (let count = 0; count < 10; count += 1) {
    await other.settle(ticketOf(await other.reserve(request)), { headers: undefined, isSuccess: true });
  }
  assertEquals(counters.commands, []);
  const refusal = { scope: "user", retryAfterMs: 1_000, isSublimit: false } as const;
  await one.settle(ticketOf(await one.reserve(request)), { headers: undefined, isSuccess: false, refusal });
  await counters.clock.advance(500);
  assert("waitMs" in await one.reserve(request));
});

Deno.test("RedisReservations holds back what was refused: the resource, or requests of its kind (A8)", async () => {
  const counters = new Counters();
  const [one, other] = [counters.store(), counters.store()];
  const kind = { ...request, bodyKeys: ["name"] };
  const refusal = { scope: "user", retryAfterMs: 9_000, isSublimit: true } as const;
  const open = { ...headers, limit: 5, remaining: 4 };
  await one.settle(ticketOf(await one.reserve(kind)), { headers: open, isSuccess: false, refusal });
  assertEquals(await other.reserve(kind), { waitMs: 9_002 });
  ticketOf(await other.reserve(request));
  const shared = { scope: "shared", retryAfterMs: 2_000, isSublimit: false } as const;
  await one.settle(ticketOf(await one.reserve(request)), {
    headers: open,
    isSuccess: false,
    refusal: shared,
  });
  assertEquals(await other.reserve(request), { waitMs: 2_002 });
});

Deno.test("RedisReservations lets each process count for itself while Redis does not answer", async () => {
  const errors: unknown[] = [];
  const store = new RedisReservations({
    send: () => Promise.reject(new Error("no connection")),
    failed: (error) => errors.push(error),
  });
  await store.settle(ticketOf(await store.reserve(request)), { headers, isSuccess: true });
  ticketOf(await store.reserve(request));
  assertEquals(errors.length, 3);
});

Deno.test("HTTPClients that count in Redis are not refused (B12, C1)", async () => {
  const counters = new Counters();
  const { clock } = counters;
  const server = new LimitedServer({
    clock,
    random: seededRandom(3),
    ruleOf: () => ({ kind: "fixed", limit: 5, windowMs: 2_000, bucket: "b" }),
    latencyMs: (chance) => 20 + chance() * 60,
  });
  const authentication = new BotAuthentication("a.b.c");
  const clients = [1, 2, 3].map(() => {
    const store = counters.store();
    return new HTTPClient({
      clock,
      fetch: server.fetch,
      reservations: () => store,
      globalRateLimiter: () => new UnlimitedGlobalRateLimiter(),
    });
  });
  let refused = 0;
  for (const client of clients) {
    client.dispatcher.listen("rateLimited", ({ isForeseen }) => refused += isForeseen ? 0 : 1);
  }
  const all = clients.flatMap((client) =>
    Array.from({ length: 10 }, () => client.request(channelRoute("1"), { authentication }))
  );
  await clock.runUntil(Promise.all(all));
  assertEquals(refused, 0);
  for (const client of clients) await client.close();
});

Deno.test("RedisReservations refuses options that can't be right", () => {
  const send = (): Promise<void> => Promise.resolve();
  assertThrows(() => new RedisReservations({ send, ticketMs: 0 }), RangeError);
  assertThrows(() => new RedisReservations({ send, ahead: 0 }), RangeError);
  assertThrows(() => new RedisReservations({ send, owner: "a b" }), TypeError);
});

Deno.test("RedisReservations counts for itself where the answer is none", async () => {
  for (
    const reply of ["OK", [], ["odd"], [7, "b"], ["wait", "soon"], null, new Error("READONLY"), { ok: true }]
  ) {
    const failures: unknown[] = [];
    const clock = new VirtualClock();
    using store = new RedisReservations({
      send: () => Promise.resolve(reply),
      clock,
      failed: (error) => failures.push(error),
    });
    ticketOf(await store.reserve(request));
    assertEquals(failures.length, 1, `of ${JSON.stringify(reply)}`);
  }
});
