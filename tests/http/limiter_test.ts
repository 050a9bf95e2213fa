// The limiter by itself: random walks, and small worlds walked whole (http-protocol part C).
import { assertEquals, assertGreater } from "@std/assert";
import { LimitedGlobalRateLimiter } from "../../http/global_rate_limiter.ts";
import { Limiter } from "../../http/limiter.ts";
import { type Ask, LimiterWorld, settle, StepClock, type WorldRoute } from "./limiter_world.ts";
import { takeWalks } from "./limiter_walk.ts";

/** Each of them takes about 25 steps, with all invariants checked after each. */
const WALKS = 100_000;

Deno.test(`Limiter holds its invariants on ${WALKS} random walks (C1-C5, C8, C11, C16, C17)`, async () => {
  // Other walks each day: whatever fails says its seed.
  const first = 1 + Math.floor(Date.now() / 86_400_000) * WALKS;
  console.log(`walks from seed ${first}`);
  const report = await takeWalks(first, WALKS);
  assertGreater(report.steps, WALKS * 15);
  assertGreater(report.refusals, 0, "the server refuses in some");
});

const ONE: WorldRoute = { routeKey: "GET one", bucket: "a", isOrdered: false };
const TWO: WorldRoute = { routeKey: "POST two", bucket: "b", isOrdered: true };

/** Something that can happen in a small world. */
interface Move {
  readonly name: string;
  make(): Promise<void>;
}

/** All that can happen next: asking in order, and for each request what can become of it. */
function movesIn(world: LimiterWorld, asked: number, routes: readonly WorldRoute[], lost: number): Move[] {
  const moves: Move[] = [];
  const route = routes[asked];
  if (route !== undefined) {
    moves.push({ name: "ask", make: () => world.ask({ route, majorKey: "channels/1" }) });
  }
  const add = (ask: Ask, name: string, make: () => Promise<void>): void => {
    moves.push({ name: `${name} ${ask.request.sequence}`, make });
  };
  for (const ask of world.in("flying")) {
    if (ask.answer === undefined) add(ask, "arrive", () => world.arrive(ask));
    else add(ask, "answer", () => world.end(ask, { type: "answer" }));
    if (lost > 0) add(ask, "lose", () => world.end(ask, { type: "lost" }));
  }
  for (const ask of lost > 0 ? world.in("waiting") : []) add(ask, "abort", () => world.abort(ask));
  if (world.clock.nextAt < Infinity) {
    moves.push({ name: "wait", make: () => world.advance(world.clock.nextAt - world.clock.now()) });
  }
  return moves;
}

/** Walks every path through a world: at each fork, each way. Gives how many there were. */
async function walkWhole(routes: readonly WorldRoute[], kind: "fixed" | "sliding"): Promise<number> {
  const limits = { a: { kind, limit: 1, windowMs: 1000 }, b: { kind, limit: 2, windowMs: 300 } };
  /** Which way was taken at each fork. */
  let path: number[] = [];
  for (let count = 1;; count++) {
    const world = new LimiterWorld({ limits, globalLimit: 2, isTruthful: false });
    const widths: number[] = [];
    const names: string[] = [];
    let asked = 0;
    let lost = 1;
    try {
      for (let depth = 0; depth < 40; depth++) {
        const moves = movesIn(world, asked, routes, lost);
        const move = moves[path[depth] ?? 0];
        if (move === undefined) break;
        widths.push(moves.length);
        names.push(move.name);
        if (move.name === "ask") asked += 1;
        if (/^(?:lose|abort)/.test(move.name)) lost -= 1;
        await move.make();
      }
      await world.drain();
    } catch (cause) {
      throw new Error(`${names.join(", ")}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
    // The next path: the last fork that has a way left.
    path = widths.map((_, depth) => path[depth] ?? 0);
    while (path.length > 0 && (path.at(-1) ?? 0) + 1 >= (widths[path.length - 1] ?? 0)) path.pop();
    const last = path.pop();
    if (last === undefined) return count;
    path.push(last + 1);
  }
}

Deno.test("Limiter holds its invariants on every path of three requests to two buckets (C1-C5)", async () => {
  for (const kind of ["fixed", "sliding"] as const) {
    for (const routes of [[ONE, ONE, TWO], [TWO, ONE, TWO], [TWO, TWO, TWO]]) {
      const count = await walkWhole(routes, kind);
      assertGreater(count, 100);
    }
  }
});

Deno.test("Limiter forgets no owner whose turns are still counted (A7.1, B10.1, C2)", async () => {
  const clock = new StepClock();
  const globalRateLimiter = (): LimitedGlobalRateLimiter => new LimitedGlobalRateLimiter(5, { clock });
  const limiter = new Limiter({ clock, globalRateLimiter, maxStorages: 1 });
  const sentAt: number[] = [];
  let sequence = 0;
  const send = async (rateLimitKey: string): Promise<void> => {
    const permit = await limiter.acquire({
      rateLimitKey,
      routeKey: "GET free",
      majorKey: "",
      rank: 0,
      globalRank: 0,
      sequence: sequence++,
      bodyKeys: undefined,
      isGlobalExempt: false,
      route: { method: "GET", template: "/free" },
      maxWaitMs: Infinity,
      signal: new AbortController().signal,
    });
    permit.send();
    if (rateLimitKey === "one") sentAt.push(clock.now());
    permit.settle({ headers: undefined, isSuccess: true }, 0);
    permit.leave();
  };
  for (let time = 0; time < 2; time++) {
    // One less than the limit: the next would not have to wait, and yet these count.
    const all = Array.from({ length: 4 }, () => send("one"));
    await settle();
    await send("two");
    void Promise.all(all);
  }
  await clock.moveTo(10_000);
  const [first = NaN] = sentAt;
  assertEquals(sentAt.filter((at) => at < first + 1000).length, 5);
  assertEquals(sentAt.length, 8);
  assertEquals(limiter.status().size, 2);
  await send("three");
  assertEquals([...limiter.status().keys()], ["three"], "now they are idle");
});
