// What must hold whatever the server's windows, the network and chance do (http-protocol part C). A failure names its seed.
import { assert, assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import { sleep } from "../../clock.ts";
import {
  BotAuthentication,
  HTTPClient,
  LimitedGlobalRateLimiter,
  Route,
  UnlimitedGlobalRateLimiter,
} from "../../http/mod.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { LimitedServer, type LimitRule, seededRandom } from "./limited_server.ts";

const authentication = new BotAuthentication("a.b.c");
const KINDS = ["fixed", "sliding"] as const;
/** Limits seen in the wild: how many requests in how many milliseconds. */
const RATES: readonly (readonly [limit: number, windowMs: number])[] = [
  [1, 300],
  [3, 333],
  [50, 1000],
  [30, 4000],
  [5, 5000],
  [2, 10_000],
  [10, 10_000],
];

interface WorldOptions {
  readonly seed: number;
  readonly ruleOf: (path: string) => (LimitRule & { readonly bucket: string }) | undefined;
  readonly latencyMs?: (random: () => number) => number;
  readonly lossRate?: number;
  readonly globalLimit?: number;
}

interface World {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly server: LimitedServer;
  readonly http: HTTPClient;
}

function world({ seed, ruleOf, latencyMs, lossRate, globalLimit = Infinity }: WorldOptions): World {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const server = new LimitedServer({
    clock,
    random,
    ruleOf: (_method, path) => ruleOf(path),
    ...latencyMs && { latencyMs },
    ...lossRate && { lossRate },
  });
  const http = new HTTPClient({
    clock,
    random,
    fetch: server.fetch,
    globalRateLimiter: () =>
      globalLimit === Infinity ? new UnlimitedGlobalRateLimiter() : new LimitedGlobalRateLimiter(globalLimit),
  });
  return { clock, random, server, http };
}

function messages(channelId: string): Route {
  return new Route("GET", "/channels/{channel_id}/messages", { channel_id: channelId });
}

/** One way through the network: even, or rarely very slow, so that answers overtake each other. */
function latencyOf(seed: number): (random: () => number) => number {
  return seed % 3 === 0 ? (random) => 20 + 20 / (1 - random() * 0.98) : (random) => 20 + random() * 180;
}

function rulesOf(
  seed: number,
  [limit, windowMs]: readonly [number, number],
  kind: LimitRule["kind"],
): LimitRule {
  return { kind, limit, windowMs, used: seed % 4 < 2 ? 0 : Math.floor(limit / 2) };
}

/** Sends bursts, or at random times; resolves when all are settled. */
async function load({ clock, random, http }: World, count: number, spreadMs: number): Promise<void> {
  await clock.runUntil(Promise.allSettled(Array.from({ length: count }, async () => {
    if (spreadMs > 0) await sleep(clock, random() * spreadMs);
    await http.request(messages("1"), { authentication });
  })));
}

Deno.test("HTTPClient is never refused while all answers come, whatever the window and the network (C1, C3)", async () => {
  for (const kind of KINDS) {
    for (const rate of RATES) {
      for (let seed = 0; seed < 8; seed++) {
        const rule = { ...rulesOf(seed, rate, kind), bucket: "b" };
        const one = world({ seed, ruleOf: () => rule, latencyMs: latencyOf(seed) });
        const count = Math.min(60, rule.limit * 4);
        await load(one, count, seed % 2 === 0 ? 0 : rule.windowMs * 3);
        const name = `${kind} ${rule.limit}/${rule.windowMs} ms, seed ${seed}`;
        assertEquals(one.server.refusals, 0, `refused: ${name}`);
        assertEquals(one.server.arrivals.length, count, `each once: ${name}`);
        assertEquals(one.clock.pendingTimers, 0, `timers left: ${name}`);
      }
    }
  }
});

Deno.test("HTTPClient is refused less than once in 200 losses, and nobody is stuck (C1, C3, B5.7)", async () => {
  let refusals = 0;
  let requests = 0;
  for (const kind of KINDS) {
    for (const rate of RATES) {
      for (let seed = 0; seed < 4; seed++) {
        const rule = { ...rulesOf(seed, rate, kind), used: 0, bucket: "b" };
        const one = world({
          seed: seed + 100,
          ruleOf: () => rule,
          latencyMs: latencyOf(seed),
          lossRate: 0.1,
        });
        await load(one, Math.min(60, rule.limit * 4), seed % 2 === 0 ? 0 : rule.windowMs * 3);
        refusals += one.server.refusals;
        requests += one.server.arrivals.length;
        assertEquals(one.clock.pendingTimers, 0);
      }
    }
  }
  assertLess(refusals, Math.max(2, requests * 0.1 / 200), `${refusals} of ${requests}`);
});

Deno.test("HTTPClient sends a backlog as fast as a fixed window allows (C6)", async () => {
  for (const [limit, windowMs] of RATES) {
    const rule: LimitRule & { bucket: string } = { kind: "fixed", limit, windowMs, bucket: "b" };
    const one = world({ seed: 1, ruleOf: () => rule, latencyMs: () => 50 });
    const count = Math.min(120, limit * 4);
    await load(one, count, 0);
    const windows = Math.ceil(count / limit) - 1;
    const bound = 200 + windows * (windowMs + 100) + (windows + 1) * 5;
    assertLessOrEqual(one.clock.now(), bound, `${limit}/${windowMs} ms`);
  }
});

Deno.test("HTTPClient uses single turns of a sliding window once it knows that it slides (C6, B5.5)", async () => {
  for (const [limit, windowMs] of RATES.filter(([limit]) => limit > 1)) {
    const rule: LimitRule & { bucket: string } = { kind: "sliding", limit, windowMs, bucket: "b" };
    const one = world({ seed: 1, ruleOf: () => rule, latencyMs: () => 50 });
    const know = limit + 3;
    await load(one, know, 0);
    await one.clock.advance(2 * windowMs);
    const startedAt = one.clock.now();
    const count = Math.min(120, limit * 4);
    await load(one, count, 0);
    const intervalMs = windowMs / limit;
    const bound = (200 + (count - limit + 1) * intervalMs) * 1.1 + (count - limit) * 5;
    assertLessOrEqual(one.clock.now() - startedAt, bound, `${limit}/${windowMs} ms`);
    assertEquals(one.server.refusals, 0);
  }
});

Deno.test("HTTPClient asks one request first, then as many as are free at once (C7, B4.1, B4.2)", async () => {
  const rule: LimitRule & { bucket: string } = { kind: "fixed", limit: 10, windowMs: 5000, bucket: "b" };
  const one = world({ seed: 1, ruleOf: () => rule, latencyMs: () => 500 });
  const all = load(one, 10, 0);
  await all;
  assertEquals(one.server.arrivals.map(({ at }) => at), [500, ...Array(9).fill(1500)]);
  assertEquals(one.server.maxInFlight, 9);
});

Deno.test("HTTPClient never sends more than the global limit in any second of the server (C2, B6.1)", async () => {
  for (let seed = 0; seed < 6; seed++) {
    // A way that varies by less than the margin, which begins at 25 ms.
    const one = world({
      seed,
      ruleOf: () => undefined,
      latencyMs: (random) => 30 + random() * 20,
      globalLimit: 20,
    });
    await load(one, 150, seed % 2 === 0 ? 0 : 4000);
    const times = one.server.arrivals.map(({ at }) => at).toSorted((first, second) => first - second);
    for (const [index, at] of times.entries()) {
      const inSecond = times.slice(index).filter((other) => other < at + 1000).length;
      assertLessOrEqual(inSecond, 20, `seed ${seed} from ${at}`);
    }
    assertEquals(times.length, 150);
  }
});

Deno.test("HTTPClient sends equal requests in the order of their calls, urgent ones first (C8, B7.1)", async () => {
  const rule: LimitRule & { bucket: string } = { kind: "fixed", limit: 2, windowMs: 1000, bucket: "b" };
  const { clock, http, server } = world({ seed: 1, ruleOf: () => rule, latencyMs: () => 10 });
  const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: "1" });
  const all = Promise.all(Array.from({ length: 9 }, (_, index) => {
    const bucketPriority = index === 8 ? -1 : 0;
    return http.request(route, { authentication, bucketPriority, json: { index } });
  }));
  await clock.runUntil(all);
  const order = server.arrivals.map(({ body }) => /"index":(\d)/.exec(body)?.[1]).join("");
  assertEquals(order, "081234567");
});

Deno.test("HTTPClient lets no urgent stream starve a request: who waits gets better (C8, B7.2)", async () => {
  const rule: LimitRule & { bucket: string } = { kind: "fixed", limit: 1, windowMs: 1000, bucket: "b" };
  const { clock, http } = world({ seed: 1, ruleOf: () => rule, latencyMs: () => 10 });
  const stop = new AbortController();
  const urgent = (async () => {
    while (!stop.signal.aborted) {
      void http.request(messages("1"), { authentication, bucketPriority: -1, signal: stop.signal }).catch(
        () => {},
      );
      await sleep(clock, 500);
    }
  })();
  await clock.advance(2000);
  try {
    // Ahead of it: the urgent ones that wait already, and those of the 5 seconds in which it is less urgent.
    await clock.runUntil(http.request(messages("1"), { authentication }), { limitMs: 20_000 });
  } finally {
    stop.abort();
    await clock.runUntil(urgent);
  }
});

Deno.test("HTTPClient keeps channels apart: a full one delays no other (C9, C10, B7.4)", async () => {
  const rule: LimitRule & { bucket: string } = { kind: "fixed", limit: 1, windowMs: 3_600_000, bucket: "b" };
  const { clock, http } = world({ seed: 1, ruleOf: () => rule, latencyMs: () => 10 });
  await clock.runUntil(http.request(messages("1"), { authentication }));
  const stop = new AbortController();
  const blocked = http.request(messages("1"), { authentication, signal: stop.signal }).catch((error) =>
    error
  );
  await clock.advance(1000);
  const before = clock.now();
  await clock.runUntil(http.request(messages("2"), { authentication }));
  assertEquals(clock.now() - before, 20);
  stop.abort(new Error("enough"));
  assertEquals((await blocked).message, "enough");
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("HTTPClient forgets 10,000 requests that are aborted while they wait (C5)", async () => {
  const rule: LimitRule & { bucket: string } = { kind: "fixed", limit: 1, windowMs: 60_000, bucket: "b" };
  const { clock, http, server } = world({ seed: 1, ruleOf: () => rule, latencyMs: () => 10 });
  await clock.runUntil(http.request(messages("1"), { authentication }));
  const stop = new AbortController();
  const waiting = Array.from({ length: 10_000 }, () => {
    return http.request(messages("1"), { authentication, signal: stop.signal });
  });
  await clock.advance(1000);
  stop.abort();
  const results = await Promise.allSettled(waiting);
  assert(results.every(({ status }) => status === "rejected"));
  assertEquals(clock.pendingTimers, 0);
  assertEquals(server.arrivals.length, 1);
  await clock.runUntil(http.request(messages("1"), { authentication }));
  assertLess(clock.now(), 60_100);
  await clock.advance(120_000);
  assertEquals(http.bucketCount, 0);
});

Deno.test("HTTPClient settles each request once, whatever is aborted when, and the next is not late (C4, C5)", async () => {
  for (let seed = 0; seed < 60; seed++) {
    const rule: LimitRule & { bucket: string } = { kind: "fixed", limit: 3, windowMs: 2000, bucket: "b" };
    const one = world({
      seed,
      ruleOf: () => rule,
      latencyMs: latencyOf(seed),
      globalLimit: 5,
      lossRate: 0.1,
    });
    const { clock, random, http } = one;
    let settled = 0;
    const all = Promise.all(Array.from({ length: 24 }, async () => {
      await sleep(clock, random() * 3000);
      const stop = new AbortController();
      const timer = clock.setTimeout(() => stop.abort(), random() * 4000);
      await http.request(messages(random() < 0.5 ? "1" : "2"), { authentication, signal: stop.signal }).catch(
        () => {},
      );
      timer[Symbol.dispose]();
      settled += 1;
    }));
    await clock.runUntil(all);
    assertEquals(settled, 24, `seed ${seed}`);
    assertEquals(clock.pendingTimers, 0, `seed ${seed}`);
    await clock.advance(10_000);
    assertEquals(http.bucketCount, 0, `seed ${seed}`);
  }
});

Deno.test("HTTPClient rejects all that wait and all under way when it closes (C4)", async () => {
  const rule: LimitRule & { bucket: string } = { kind: "fixed", limit: 3, windowMs: 60_000, bucket: "b" };
  const { clock, http, server } = world({ seed: 1, ruleOf: () => rule, latencyMs: () => 100 });
  const all = Promise.allSettled(
    Array.from({ length: 20 }, () => http.request(messages("1"), { authentication })),
  );
  await clock.advance(250);
  await http.close();
  const results = await all;
  assertEquals(results.filter(({ status }) => status === "fulfilled").length, 1);
  assertEquals(clock.pendingTimers, 0);
  assertEquals(server.inFlight, 0);
});
