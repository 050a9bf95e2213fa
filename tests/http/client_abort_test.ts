// Aborts and timeouts in each place where a request can be (B8, C4, C5, C14).
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  HTTPClient,
  LimitedGlobalRateLimiter,
  NoAnswerError,
  type RequestOptions,
  type ReservationStore,
  Route,
} from "../../http/mod.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { channelRoute, limitHeaders, messageRoute, ScriptedServer, tooMany } from "./scripted_server.ts";

const full = (): Response => Response.json({}, { headers: limitHeaders(5, 4, 5) });
const used = (): Response => Response.json({}, { headers: limitHeaders(5, 0, 5) });

/** A signal that counts who listens to it. */
class CountingSignal {
  readonly controller: AbortController = new AbortController();
  listeners = 0;

  constructor() {
    const { signal } = this.controller;
    const { addEventListener, removeEventListener } = signal;
    Object.defineProperty(signal, "addEventListener", {
      value: (...parts: Parameters<typeof addEventListener>) => {
        this.listeners += 1;
        addEventListener.apply(signal, parts);
      },
    });
    Object.defineProperty(signal, "removeEventListener", {
      value: (...parts: Parameters<typeof removeEventListener>) => {
        this.listeners -= 1;
        removeEventListener.apply(signal, parts);
      },
    });
  }
}

/** Brings a request to a place, aborts it there, and looks at what is left. */
async function abortIn(
  server: ScriptedServer,
  afterMs: number,
  { route = channelRoute(), ...options }: RequestOptions & { route?: Route } = {},
): Promise<void> {
  const { http, clock, sent } = server;
  const stop = new CountingSignal();
  const reason = new Error("enough");
  let settled = false;
  const { signal } = stop.controller;
  const request = assertRejects(() => Reflect.apply(http.request, http, [route, { ...options, signal }]));
  void request.then(() => {
    settled = true;
  });
  await clock.advance(afterMs);
  assertEquals(settled, false, "still there");
  stop.controller.abort(reason);
  assertStrictEquals(await request, reason);
  assertEquals([stop.listeners, clock.now() >= afterMs], [0, true]);
  const count = sent.length;
  await clock.advance(600_000);
  assertEquals(sent.length, count, "nothing is sent later");
  assertEquals(clock.pendingTimers, 0);
}

Deno.test("HTTPClient sends nothing for a signal that is aborted already", async () => {
  const { http, sent } = new ScriptedServer([full]);
  const reason = new Error("before");
  assertStrictEquals(
    await assertRejects(() => http.request(channelRoute(), { signal: AbortSignal.abort(reason) })),
    reason,
  );
  assertEquals(sent.length, 0);
});

Deno.test("HTTPClient leaves the line of a bucket when aborted (B8)", async () => {
  const server = new ScriptedServer([used, full]);
  await server.clock.runUntil(server.http.request(channelRoute()));
  await abortIn(server, 100);
});

Deno.test("HTTPClient leaves a line where nothing is known yet (B8, B4.4)", async () => {
  const server = new ScriptedServer([(sent) => {
    const { promise, reject } = Promise.withResolvers<Response>();
    sent.signal?.addEventListener("abort", () => reject(sent.signal?.reason), { once: true });
    return promise;
  }, full]);
  const stop = new AbortController();
  const probe = assertRejects(() => server.http.request(channelRoute(), { signal: stop.signal }));
  const second = new AbortController();
  const waiting = assertRejects(() => server.http.request(channelRoute(), { signal: second.signal }));
  const third = server.http.request(channelRoute());
  second.abort();
  await waiting;
  stop.abort();
  await probe;
  await server.clock.runUntil(third);
  assertEquals([server.sent.length, server.clock.now(), server.clock.pendingTimers], [2, 0, 0]);
});

Deno.test("HTTPClient leaves the order of a channel when aborted, and those behind go at once (B8, B7.3)", async () => {
  const server = new ScriptedServer([full, "silence", full]);
  const { http, clock, sent } = server;
  await clock.runUntil(http.request(messageRoute(), { json: {} }));
  const stops = [new AbortController(), new AbortController()];
  const [first, second] = stops.map(({ signal }) =>
    assertRejects(() => http.request(messageRoute(), { json: {}, signal }))
  );
  const third = http.request(messageRoute(), { json: {} });
  await clock.advance(10);
  stops[1]?.abort();
  await second;
  assertEquals(sent.length, 2);
  stops[0]?.abort();
  await first;
  await clock.runUntil(third);
  assertEquals([sent.length, clock.now(), clock.pendingTimers], [3, 10, 0]);
});

Deno.test("HTTPClient leaves the line of a serialKey when aborted (B8)", async () => {
  const server = new ScriptedServer(["silence", full]);
  const stop = new AbortController();
  const first = assertRejects(() =>
    server.http.request(channelRoute("9"), { serialKey: "a", signal: stop.signal })
  );
  const second = new AbortController();
  const waiting = assertRejects(() =>
    server.http.request(channelRoute(), { serialKey: "a", signal: second.signal })
  );
  await server.clock.advance(5);
  second.abort();
  await waiting;
  stop.abort();
  await first;
  await abortIn(new ScriptedServer(["silence"]), 5, { serialKey: "a" });
  assertEquals(server.clock.pendingTimers, 0);
});

Deno.test("HTTPClient leaves the global limit when aborted, and gives back its turn (B8, B3.1, B6.2)", async () => {
  const clock = new VirtualClock();
  const limiter = new LimitedGlobalRateLimiter(1, { clock });
  const times: number[] = [];
  const http = new HTTPClient({
    clock,
    globalRateLimiter: () => limiter,
    fetch: () => {
      times.push(clock.now());
      return Promise.resolve(Response.json({}, { headers: limitHeaders(1, 0, 0.1) }));
    },
  });
  await clock.runUntil(http.request(channelRoute("1")));
  const stop = new AbortController();
  const waiting = assertRejects(
    () => http.request(channelRoute("2"), { signal: stop.signal }),
    Error,
    "enough",
  );
  await clock.advance(10);
  const next = http.request(channelRoute("2"));
  await clock.advance(10);
  stop.abort(new Error("enough"));
  await waiting;
  await clock.runUntil(next);
  assertEquals(times, [0, 1025], "the next one has the turn of the first");
  await clock.advance(5000);
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("HTTPClient stops waiting for a refusal or a repetition when aborted (B8)", async () => {
  await abortIn(new ScriptedServer([tooMany(60), full]), 100);
  await abortIn(
    new ScriptedServer([new Response(null, { status: 503, headers: { "Retry-After": "60" } }), full]),
    100,
  );
  await abortIn(
    new ScriptedServer([new Response(null, { status: 503, headers: { "Retry-After": "60" } }), full]),
    100,
    {
      route: messageRoute(),
      json: {},
    },
  );
});

Deno.test("HTTPClient aborts what is under way, even where fetch obeys no signal (B8)", async () => {
  const late = Promise.withResolvers<Response>();
  const server = new ScriptedServer([late.promise, full]);
  await abortIn(server, 10);
  let cancelled = false;
  late.resolve(new Response(new ReadableStream({ cancel: () => void (cancelled = true) })));
  await server.clock.advance(1);
  assertEquals(cancelled, true, "an answer that comes too late is let go");
});

Deno.test("HTTPClient aborts and times out while a body comes (B3.2, B8, C14)", async () => {
  for (const status of [200, 400, 429, 500]) {
    const dripping = (): Response => new Response(new ReadableStream(), { status });
    await abortIn(new ScriptedServer([dripping, full]), 10);
    const { http, clock } = new ScriptedServer([dripping], {
      timeoutMs: 1000,
      maxRetries: 0,
      maxRateLimitRetries: 0,
    });
    await clock.runUntil(assertRejects(() => http.request(channelRoute())));
    assertEquals([clock.now(), clock.pendingTimers], [1000, 0], String(status));
  }
});

Deno.test("HTTPClient counts an aborted request as sent, until it knows better (B5.7, C5)", async () => {
  const server = new ScriptedServer([
    () => Response.json({}, { headers: limitHeaders(3, 2, 5) }),
    "silence",
    full,
  ]);
  const { http, clock, sent } = server;
  await clock.runUntil(http.request(channelRoute()));
  const stop = new AbortController();
  const lost = assertRejects(() => http.request(channelRoute(), { signal: stop.signal }));
  await clock.advance(1);
  stop.abort();
  await lost;
  const rest = [1, 2].map(() => http.request(channelRoute()));
  assertEquals(sent.length, 3, "one of three is left");
  await clock.runUntil(Promise.all(rest));
});

Deno.test("HTTPClient leaves no listener on a signal that lives long (B8.1)", async () => {
  const { http, clock } = new ScriptedServer([tooMany(1), used, full]);
  const long = new CountingSignal();
  const options = { signal: long.controller.signal };
  for (let time = 0; time < 5; time++) await clock.runUntil(http.request(channelRoute(), options));
  await clock.runUntil(
    assertRejects(() => http.request(channelRoute(), { ...options, maxWaitMs: 1, serialKey: "a" })).catch(
      () => {},
    ),
  );
  assertEquals(long.listeners, 0);
});

/** A stream that says what becomes of it. */
function watchedStream(): { readonly stream: ReadableStream<Uint8Array>; readonly seen: string[] } {
  const seen: string[] = [];
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      seen.push("read");
      controller.enqueue(new Uint8Array(4));
    },
    cancel: () => void seen.push("cancelled"),
  }, { highWaterMark: 0 });
  return { stream, seen };
}

Deno.test("HTTPClient lets go of a stream that it does not send, and opens none for nothing (B8, C14)", async () => {
  const { http, clock, sent } = new ScriptedServer([used(), "silence"]);
  const route = new Route("PUT", "/channels/{channel_id}/x", { channel_id: "1" });
  await clock.runUntil(http.request(route, { json: {} }));
  const reason = new Error("enough");
  // While it waits, and before it could.
  for (const wasAborted of [false, true]) {
    const { stream, seen } = watchedStream();
    const made: string[] = [];
    const stop = new AbortController();
    if (wasAborted) stop.abort(reason);
    const { signal } = stop;
    const once = http.request(route, { body: stream, signal });
    const again = http.request(route, {
      signal,
      body: () => {
        made.push("made");
        return watchedStream().stream;
      },
    });
    const both = Promise.allSettled([once, again]);
    await clock.advance(10);
    stop.abort(reason);
    await both;
    assertEquals([seen, made, sent.length], [["cancelled"], [], 1]);
  }
});

Deno.test("HTTPClient cancels a stream that nobody reads to its end, made by a function too (B8, C14)", async () => {
  for (const isMade of [false, true]) {
    const { stream, seen } = watchedStream();
    const { http, clock } = new ScriptedServer([new TypeError("connection refused")], { maxRetries: 0 });
    const body = isMade ? () => stream : stream;
    await assertRejects(() => clock.runUntil(http.request(messageRoute(), { body })), NoAnswerError);
    assertEquals(seen, ["cancelled"]);
  }
});

Deno.test("HTTPClient uses nothing of a turn that it gets in the moment of an abort, whichever that is (B8, C5)", async () => {
  for (const isShared of [false, true]) {
    for (let hops = 0; hops < 40; hops++) {
      const answer = Promise.withResolvers<Response>();
      const server = new ScriptedServer([answer.promise, full()], {
        globalRateLimiter: () => new LimitedGlobalRateLimiter(2),
        ...isShared && { reservations: () => countedStore(tickets) },
      });
      const tickets = new Set<string>();
      const { http, clock, sent } = server;
      const first = http.request(channelRoute());
      const stop = new AbortController();
      const second = Promise.allSettled([http.request(channelRoute(), { signal: stop.signal })]);
      for (let hop = 0; hop < 40 && sent.length === 0; hop++) await undefined;
      answer.resolve(full());
      for (let hop = 0; hop < hops; hop++) await undefined;
      stop.abort(new Error("enough"));
      await clock.runUntil(Promise.all([first, second]));
      const { globalWaitMs = NaN, buckets: [bucket] = [] } = [...http.status().limits.values()][0] ?? {};
      // What left may have been counted: that turn stays used (B5.7, B6.2).
      const isUsed = sent.length > 1;
      assert(isUsed || (bucket?.available === 4 && globalWaitMs === 0), `${isShared} ${hops}: used unsent`);
      assertEquals([bucket?.inFlight, tickets.size, clock.pendingTimers], [0, 0, 0], `${isShared} ${hops}`);
      await http.close();
    }
  }
});

/** A store that always has a turn, and writes down those that are out. */
function countedStore(tickets: Set<string>): ReservationStore {
  let count = 0;
  const end = (ticket: string): Promise<void> => Promise.resolve(void tickets.delete(ticket));
  return {
    reserve: () => {
      const ticket = String(count++);
      tickets.add(ticket);
      return Promise.resolve({ ticket });
    },
    settle: end,
    refund: end,
  };
}
