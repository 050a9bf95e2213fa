import { type Clock, sleep, systemClock } from "../../clock.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { casesOf, type ConformanceCase, demand, demandMaker, type Rule } from "./conformance_case.ts";

/** A timer may be this early (see `Clock.setTimeout`). */
const EARLY_MS = 1;
/** What counts as a sensible date: this century, until its end. */
const EARLIEST_WALL = 946_684_800_000;
const LATEST_WALL = 4_102_444_800_000;
/** Longer than the timers of platforms can count. */
const FOUR_WEEKS_AND_MORE_MS = 2 ** 31 + 5_000;

/** Options of {@linkcode clockConformance}. */
export interface ClockConformanceOptions {
  /** Makes a clock, or gives the one there is; called for each case. */
  create(): Clock;
  /**
   * Lets milliseconds pass, and everything that is due happen. By default a `VirtualClock` is moved, and for any other
   * clock real time is waited for: about a second for all cases.
   */
  pass?(clock: Clock, ms: number): Promise<void>;
}

/**
 * What a {@linkcode Clock} must do: run forward, and call back in time, once, and not at all when that was prevented.
 *
 * @example
 * ```ts
 * import { checkConformance, clockConformance, VirtualClock } from "@nextsnake/nextcore/testing";
 *
 * await checkConformance(clockConformance({ create: () => new VirtualClock() }));
 * ```
 */
export function clockConformance(options: ClockConformanceOptions): readonly ConformanceCase[] {
  demandMaker("clockConformance", options, "create");
  const { create, pass = passes } = options;
  return casesOf("Clock", RULES, async (check) => {
    const clock = create();
    await check({ clock, pass: (ms) => pass(clock, ms) });
  });
}

async function passes(clock: Clock, ms: number): Promise<void> {
  if (clock instanceof VirtualClock) await clock.advance(ms);
  // Two timers need not fire in order when they were set on different clocks: leave some room.
  else await sleep(systemClock, ms + 30);
}

interface ClockTrial {
  readonly clock: Clock;
  readonly pass: (ms: number) => Promise<void>;
}

const RULES: readonly Rule<ClockTrial>[] = [
  { name: "never runs backwards", check: neverBackwards },
  { name: "counts milliseconds", check: countsMilliseconds },
  { name: "shows the date in milliseconds since 1970", check: showsDate },
  { name: "calls back once, and not before the time", check: callsOnce },
  { name: "never calls back from within setTimeout", check: callsLater },
  { name: "calls back in the order of time", check: callsInOrder },
  { name: "does not call back what was disposed of", check: disposes },
  { name: "lets timers be disposed of at any time, and more than once", check: disposesAnyTime },
  { name: "lets a callback set another timer", check: callsFromCallback },
  { name: "honours delays of more than four weeks", check: callsAfterWeeks },
];

async function neverBackwards({ clock, pass }: ClockTrial): Promise<void> {
  let last = clock.now();
  for (let reading = 0; reading < 1_000; reading += 1) {
    if (reading % 200 === 0) await pass(1);
    const now = clock.now();
    demand(Number.isFinite(now), `now() is ${now}`);
    demand(now >= last, `now() went back by ${last - now} ms`);
    last = now;
  }
}

async function countsMilliseconds({ clock, pass }: ClockTrial): Promise<void> {
  const [start, wallStart] = [clock.now(), clock.wallNow()];
  await pass(100);
  const [elapsed, wallElapsed] = [clock.now() - start, clock.wallNow() - wallStart];
  // Real time may be long on a machine that is busy.
  demand(elapsed >= 100 - EARLY_MS && elapsed < 60_000, `100 ms passed, and now() has moved by ${elapsed}`);
  demand(
    wallElapsed >= 90 && wallElapsed < 60_000,
    `100 ms passed, and wallNow() has moved by ${wallElapsed}`,
  );
}

function showsDate({ clock }: ClockTrial): void {
  const wall = clock.wallNow();
  demand(
    wall >= EARLIEST_WALL && wall <= LATEST_WALL,
    `wallNow() is ${wall}, which is no date of this century`,
  );
}

async function callsOnce({ clock, pass }: ClockTrial): Promise<void> {
  const start = clock.now();
  const calls: number[] = [];
  const timer = clock.setTimeout(() => calls.push(clock.now() - start), 50);
  await pass(50 - 2 * EARLY_MS);
  await pass(200);
  timer[Symbol.dispose]();
  const [first = NaN] = calls;
  demand(calls.length === 1, `it called ${calls.length} times`);
  demand(first >= 50 - EARLY_MS, `it called after ${first} ms instead of 50`);
}

async function callsLater({ clock, pass }: ClockTrial): Promise<void> {
  for (const delayMs of [0, -5, 1]) {
    const calls: string[] = [];
    const timer = clock.setTimeout(() => calls.push("call"), delayMs);
    const callsWithin = calls.length;
    demand(callsWithin === 0, `it called before setTimeout(…, ${delayMs}) had returned`);
    await pass(10);
    timer[Symbol.dispose]();
    demand(calls.length === 1, `setTimeout(…, ${delayMs}) called ${calls.length} times`);
  }
}

async function callsInOrder({ clock, pass }: ClockTrial): Promise<void> {
  const order: number[] = [];
  const timers = [60, 20, 40].map((delayMs) => clock.setTimeout(() => order.push(delayMs), delayMs));
  await pass(120);
  for (const timer of timers) timer[Symbol.dispose]();
  demand(
    order.join() === "20,40,60",
    `delays of 60, 20 and 40 ms were called in the order ${order.join(", ")}`,
  );
}

async function disposes({ clock, pass }: ClockTrial): Promise<void> {
  const calls: string[] = [];
  const callback = (): void => void calls.push("shared");
  const prevented = clock.setTimeout(callback, 20);
  const other = clock.setTimeout(callback, 20);
  const last = clock.setTimeout(() => calls.push("disposed of at the last moment"), 40);
  const before = clock.setTimeout(() => last[Symbol.dispose](), 20);
  prevented[Symbol.dispose]();
  await pass(100);
  for (const timer of [other, last, before]) timer[Symbol.dispose]();
  demand(
    !calls.includes("disposed of at the last moment"),
    "it called what another callback had disposed of",
  );
  demand(calls.length === 1, `of two timers with one callback, one disposed of, ${calls.length} called`);
}

async function disposesAnyTime({ clock, pass }: ClockTrial): Promise<void> {
  let calls = 0;
  const over = clock.setTimeout(() => {
    calls += 1;
    over[Symbol.dispose]();
  }, 5);
  await pass(10);
  const other = clock.setTimeout(() => calls += 1, 5);
  over[Symbol.dispose]();
  over[Symbol.dispose]();
  await pass(50);
  other[Symbol.dispose]();
  demand(
    calls === 2,
    `of two timers, ${calls} called: disposing of one that is over must not touch the other`,
  );
}

async function callsFromCallback({ clock, pass }: ClockTrial): Promise<void> {
  const timers: Disposable[] = [];
  let calls = 0;
  const again = (): void => {
    calls += 1;
    if (calls < 5) timers.push(clock.setTimeout(again, 5));
  };
  timers.push(clock.setTimeout(again, 5));
  await pass(30);
  await pass(100);
  for (const timer of timers) timer[Symbol.dispose]();
  demand(calls === 5, `5 calls, each set by the one before, became ${calls}`);
}

async function callsAfterWeeks({ clock, pass }: ClockTrial): Promise<void> {
  let calls = 0;
  const timers = [FOUR_WEEKS_AND_MORE_MS, 2 * FOUR_WEEKS_AND_MORE_MS].map((delayMs) =>
    clock.setTimeout(() => calls += 1, delayMs)
  );
  await pass(20);
  for (const timer of timers) timer[Symbol.dispose]();
  demand(calls === 0, "it called at once: the delay has overflowed");
}
