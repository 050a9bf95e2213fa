import { sleep, systemClock } from "../../../clock.ts";
import type { Contestant } from "./contestants/contestant.ts";
import type { LimitRule } from "./server_limit.ts";
import type { WorldRules } from "./world.ts";
import type { WorldReport } from "./world_record.ts";

/** What a row measures: values by the names of its figures; `null` where a contestant cannot do what it takes. */
export type Measures = Readonly<Record<string, number | null>>;

/** Something that a row measures. Lower is better. */
export interface Figure {
  /** What it is, in a few words. */
  readonly name: string;
  /** The most this library may need; without it the figure is only shown. */
  readonly target?: number;
  /** Whether it must hold in each round; else in the median of all. */
  readonly isStrict?: boolean;
}

/** Shown in each row whose world has ways: a mean far from {@linkcode MEAN_ROUND_TRIP_MS} means that nothing counts. */
export const ROUND_TRIP: Figure = { name: "round trip at the server, ms" };

/** A contestant, and the world it is in. */
export interface Workbench {
  readonly contestant: Contestant;
  /** Where the contestant's API is, without the version. */
  readonly apiUrl: string;
  /** What the server has counted so far. */
  report(): Promise<WorldReport>;
}

/** One comparison: what is to be done, in which world, and what is measured. */
export interface Row {
  readonly name: string;
  readonly title: string;
  /** What the server's own arithmetic gives as the shortest time, where that is compared. */
  readonly idealMs?: number;
  /** Whether contestants are measured one after the other: what takes processor time does. */
  readonly isAlone?: boolean;
  /** Whether whoever sends again until it is taken would disturb the others. */
  readonly isStormy?: boolean;
  /** The global limit that contestants are told; Discord's 50 by default. */
  readonly requestsPerSecond?: number;
  /** Whether contestants are told to forget at once what is idle. */
  readonly isForgetful?: boolean;
  readonly figures: readonly Figure[];
  rules(seed: number): WorldRules;
  run(bench: Workbench): Promise<Measures>;
}

/** All that is measured in a row. */
export function figuresOf(row: Row): readonly Figure[] {
  return row.rules(0).roundTripMs === undefined ? row.figures : [...row.figures, ROUND_TRIP];
}

/** The time from a request to its answer; half of it passes before the server counts. */
export const ROUND_TRIP_MS: readonly [number, number] = [20, 40];
/** Its mean. */
export const MEAN_ROUND_TRIP_MS = 30;
/** The limit of each route on each channel. */
export const BUCKET: LimitRule = { kind: "fixed", limit: 5, windowMs: 1000 };
/** The limit on everything. */
export const GLOBAL: LimitRule = { kind: "fixed", limit: 50, windowMs: 1000 };

/** The id of the channel with this number. */
export function channelId(number: number): string {
  return String(613_425_648_000_000_000n + BigInt(number) * 1_000_000n);
}

/** How a promise ended, or that it had not when the time was over. */
export type End =
  | { readonly type: "answered"; readonly at: number }
  | { readonly type: "failed"; readonly at: number; readonly error: unknown }
  | { readonly type: "pending" };

/** How each promise ended, once all have, or `withinMs` have passed: one that never settles must not hold up the rest. */
export async function endsOf(
  promises: readonly Promise<unknown>[],
  withinMs: number,
): Promise<readonly End[]> {
  const ends: End[] = promises.map(() => ({ type: "pending" }));
  const all = promises.map((promise, index) =>
    promise.then(
      () => void (ends[index] = { type: "answered", at: performance.now() }),
      (error: unknown) => void (ends[index] = { type: "failed", at: performance.now(), error }),
    )
  );
  const patience = new AbortController();
  const timer = sleep(systemClock, withinMs, { signal: patience.signal }).catch(() => {});
  await Promise.race([Promise.all(all), timer]);
  patience.abort();
  return [...ends];
}

/** When the last of them was over; `NaN` while one is not. */
export function lastAt(ends: readonly End[]): number {
  return Math.max(...ends.map((end) => end.type === "pending" ? NaN : end.at));
}

/** How many did not get an answer. */
export function unanswered(ends: readonly End[]): number {
  return ends.filter(({ type }) => type !== "answered").length;
}
