/**
 * Random walks around a limiter: `deno task walk` takes a million. The seed of a walk decides everything in it.
 *
 * @module
 */

import { seededRandom } from "./limited_server.ts";
import { type Ending, LimiterWorld, type WorldLimit, type WorldRoute } from "./limiter_world.ts";

/** What some walks were like together. */
export interface WalkReport {
  steps: number;
  requests: number;
  refusals: number;
}

const STEPS = 24;
/** How many walks are taken in one turn of the event loop. */
const TURN_WALKS = 500;
const LIMITS = [1, 2, 3, 5] as const;
const WINDOWS_MS = [300, 1000, 5000] as const;
const MAJORS = ["channels/1", "channels/2"] as const;
const ROUTES: readonly WorldRoute[] = [
  { routeKey: "GET one", bucket: "a", isOrdered: false },
  { routeKey: "PUT one", bucket: "a", isOrdered: false },
  { routeKey: "POST two", bucket: "b", isOrdered: true },
  { routeKey: "GET free", bucket: undefined, isOrdered: false },
];

/** Takes walks with the seeds from `first` on; throws at the first invariant that does not hold, naming the seed. */
export async function takeWalks(first: number, count: number): Promise<WalkReport> {
  const report: WalkReport = { steps: 0, requests: 0, refusals: 0 };
  for (let seed = first; seed < first + count; seed++) {
    try {
      await takeWalk(seed, report);
      // What a WeakRef has pointed to, as in signals, is kept until the event loop turns: 4 kB of each walk.
      if (seed % TURN_WALKS === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
  return report;
}

async function takeWalk(seed: number, report: WalkReport): Promise<void> {
  const random = seededRandom(seed);
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value;
  const limit = (): WorldLimit => ({
    kind: random() < 0.5 ? "fixed" : "sliding",
    limit: pick(LIMITS),
    windowMs: pick(WINDOWS_MS),
  });
  const isTruthful = seed % 2 === 0;
  const world = new LimiterWorld({
    limits: { a: limit(), b: limit() },
    globalLimit: pick([2, 5, 50]),
    isTruthful,
  });
  const ask = async (): Promise<void> => {
    report.requests += 1;
    await world.ask({
      route: pick(ROUTES),
      majorKey: pick(MAJORS),
      rank: random() < 0.2 ? -1 : 0,
      ...random() < 0.2 ? { maxWaitMs: pick([0, 200, 6000]) } : {},
      isGlobalExempt: random() < 0.1,
      ...random() < 0.3 ? { keys: [pick(["content", "embeds"])] } : {},
    });
  };
  const ending = (): Ending => {
    const chance = isTruthful ? 1 : random();
    if (chance < 0.06) return { type: "lost" };
    if (chance < 0.12) return { type: "error" };
    if (chance < 0.18) return { type: "failure", pauseMs: random() * 2000 };
    if (chance > 0.3) return { type: "answer" };
    const [scope, isSublimit] = pick(
      [["user", true], ["shared", false], ["global", false], ["user", false]] as const,
    );
    return { type: "refusal", scope, isSublimit, retryAfterMs: 1 + random() * 3000 };
  };
  // Where refusals are mistakes, it is known which routes share a limit.
  if (isTruthful) await world.learn(ROUTES);
  for (let step = 0; step < STEPS; step++) {
    report.steps += 1;
    const chance = random();
    const flying = world.in("flying");
    const waiting = world.in("waiting");
    if (chance < 0.4) await ask();
    else if (chance < 0.5 && flying.length > 0) await world.arrive(pick(flying));
    else if (chance < 0.72 && flying.length > 0) await world.end(pick(flying), ending());
    else if (chance < 0.76 && waiting.length > 0) await world.abort(pick(waiting));
    else if (chance < 0.78 && flying.length > 0 && !isTruthful) await world.abort(pick(flying));
    else if (chance < 0.8 && !isTruthful) await world.intrude(pick(ROUTES), pick(MAJORS));
    else if (chance > 0.997) {
      await world.close();
      break;
    } else if (chance > 0.9 && world.clock.nextAt < Infinity) {
      await world.advance(world.clock.nextAt - world.clock.now());
    } else await world.advance(random() * 600);
  }
  await world.drain();
  report.refusals += world.refusals;
}

if (import.meta.main) {
  const count = Number(Deno.args[0] ?? 1_000_000);
  const first = Number(Deno.args[1] ?? 1);
  const slice = 10_000;
  let steps = 0;
  for (let seed = first; seed < first + count; seed += slice) {
    steps += (await takeWalks(seed, Math.min(slice, first + count - seed))).steps;
  }
  console.log(`${count} walks of ${steps} steps from seed ${first}: every invariant held after every step`);
}
