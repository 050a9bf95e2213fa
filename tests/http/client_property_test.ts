// Clients whose server does whatever it likes, and whose callers lose patience at any moment. A failure names its seed.
import { assert, assertEquals } from "@std/assert";
import {
  BotAuthentication,
  HTTPClient,
  type HTTPClientOptions,
  LimitedGlobalRateLimiter,
  type RequestOptions,
  type ReservationStore,
  Route,
} from "../../http/mod.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { seededRandom } from "./limited_server.ts";
import { authentication, limitHeaders, tooMany } from "./scripted_server.ts";

const WALKS = 400;
const GLOBAL_LIMIT = 4;
const OTHER = new BotAuthentication("MTIzNDU2Nzg5MDEyMzQ1Njc5.secret.of-another-bot-in-tests");

interface Asked {
  readonly stop: AbortController;
  isSettled: boolean;
}

/** A store that makes callers wait, fails, and knows which of its tickets are out. */
function randomStore(
  random: () => number,
  clock: VirtualClock,
  tickets: Set<string>,
  broken: string[],
): ReservationStore {
  let count = 0;
  const end = (ticket: string): Promise<void> => {
    if (!tickets.delete(ticket)) broken.push("a ticket ended twice");
    return random() < 0.1 ? Promise.reject(new Error("the store is gone")) : Promise.resolve();
  };
  return {
    reserve: () => {
      const chance = random();
      if (chance < 0.05) return Promise.reject(new Error("the store is down"));
      if (chance < 0.2) return Promise.resolve({ waitMs: 1 + random() * 500 });
      const ticket = String(count++);
      const answer = Promise.withResolvers<{ ticket: string }>();
      const give = (): void => {
        tickets.add(ticket);
        answer.resolve({ ticket });
      };
      if (chance < 0.6) give();
      else clock.setTimeout(give, random() * 50);
      return answer.promise;
    },
    settle: end,
    refund: end,
  };
}

function randomAnswer(random: () => number): Response {
  const chance = random();
  const limit = [1, 3, 5][Math.floor(random() * 3)] ?? 1;
  const headers = limitHeaders(limit, Math.floor(random() * limit), random() * 2, random() < 0.7 ? "a" : "b");
  if (chance < 0.45) return Response.json({}, { headers });
  if (chance < 0.55) return Response.json({});
  if (chance < 0.65) {
    return tooMany(random() * 2, random() < 0.5 ? headers : { "X-RateLimit-Scope": "shared" });
  }
  if (chance < 0.7) return tooMany(random() * 2, { "X-RateLimit-Scope": "global" });
  if (chance < 0.8) return Response.json({ code: 0 }, { status: 403, headers });
  if (chance < 0.84) {
    return new Response("error code: 1015", { status: 429, headers: { "Retry-After": "1" } });
  }
  if (chance < 0.88) return Response.json({ code: 110_000, retry_after: 0.1 }, { status: 202 });
  return new Response(null, { status: [500, 502, 503][Math.floor(random() * 3)] ?? 500, headers });
}

async function walk(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const clock = new VirtualClock();
  const tickets = new Set<string>();
  /** What went wrong where an error would be taken for one of the network. */
  const broken: string[] = [];
  const sentAt = new Map<string, number[]>();
  const asked: Asked[] = [];
  const byNumber = new Map<string, Asked>();
  const store = randomStore(random, clock, tickets, broken);
  const options: HTTPClientOptions = {
    clock,
    random,
    timeoutMs: 400,
    globalRateLimiter: () => new LimitedGlobalRateLimiter(GLOBAL_LIMIT),
    ...random() < 0.5 && { maxInvalidRequests: 6 },
    ...random() < 0.5 && { reservations: () => store },
    fetch: (_input, init) => {
      const headers = new Headers(init?.headers);
      const own = byNumber.get(headers.get("X-Number") ?? "");
      if (own === undefined || own.isSettled || own.stop.signal.aborted) broken.push("sent after its end");
      const owner = headers.get("Authorization");
      // Without one it is a callback, which the global limit does not count.
      if (owner !== null) sentAt.set(owner, [...sentAt.get(owner) ?? [], clock.now()]);
      const { promise, resolve, reject } = Promise.withResolvers<Response>();
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason), { once: true });
      const chance = random();
      if (chance < 0.05) reject(new TypeError("connection refused"));
      else if (chance > 0.1) clock.setTimeout(() => resolve(randomAnswer(random)), random() * 120);
      return promise;
    },
  };
  const http = new HTTPClient(options);
  const ask = (): void => {
    const stop = new AbortController();
    const own: Asked = { stop, isSettled: false };
    const number = String(asked.push(own));
    byNumber.set(number, own);
    const channel_id = random() < 0.5 ? "1" : "2";
    const route: Route = [
      new Route("POST", "/channels/{channel_id}/messages", { channel_id }),
      new Route("GET", "/channels/{channel_id}/messages", { channel_id }),
      new Route("PATCH", "/channels/{channel_id}", { channel_id }),
      new Route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", {
        interaction_id: "1",
        interaction_token: "the-token-of-an-interaction",
      }),
    ][Math.floor(random() * 4)] ?? new Route("GET", "/gateway");
    const request: RequestOptions = {
      authentication: random() < 0.9 ? authentication : OTHER,
      headers: { "X-Number": number },
      signal: stop.signal,
      ...route.method !== "GET" && { json: { [random() < 0.5 ? "content" : "embeds"]: 1 } },
      ...random() < 0.2 && { maxWaitMs: random() * 1500 },
      ...random() < 0.1 && { wait: false },
      ...random() < 0.2 && { serialKey: random() < 0.5 ? "key" : null },
      ...random() < 0.1 && { limitHint: { limit: 2, windowMs: 500 } },
      ...random() < 0.1 && { bucketScope: "scope" },
      ...random() < 0.2 && { bucketPriority: -1 },
    };
    const end = (): void => void (own.isSettled = true);
    http.request(route, request).then(end, end);
  };
  for (let step = 0; step < 40; step++) {
    const chance = random();
    const running = asked.filter(({ isSettled }) => !isSettled);
    if (chance < 0.5) ask();
    else if (chance < 0.65 && running.length > 0) {
      for (let hops = Math.floor(random() * 12); hops > 0; hops--) await undefined;
      running[Math.floor(random() * running.length)]?.stop.abort(new Error("enough"));
    } else await clock.advance(random() * 300);
  }
  if (random() < 0.2) await clock.runUntil(http.close());
  await clock.advance(3_600_000);
  assert(asked.every(({ isSettled }) => isSettled), "a request never ends");
  assertEquals(broken, []);
  for (const times of sentAt.values()) {
    const isCrowded = times.some((at, index) => at - (times[index - GLOBAL_LIMIT] ?? -Infinity) < 1000);
    assert(!isCrowded, `more than ${GLOBAL_LIMIT} in a second: ${times.map(Math.round)}`);
  }
  const buckets = [...http.status().limits.values()].flatMap((limits) => limits.buckets);
  assertEquals([http.status().pending, tickets.size, clock.pendingTimers], [0, 0, 0]);
  assertEquals(buckets, []);
  await http.close();
}

Deno.test("HTTPClient ends each request once, and leaves nothing behind, whatever happens (C3-C5, C14, C16)", async () => {
  const first = 1 + Math.floor(Date.now() / 86_400_000) * WALKS;
  for (let seed = first; seed < first + WALKS; seed++) {
    try {
      await walk(seed);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
});
