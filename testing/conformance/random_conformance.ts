import { casesOf, type ConformanceCase, demand, demandMaker, type Rule } from "./conformance_case.ts";

/** Enough that chance fails a good source less than once in a billion runs. */
const DRAWS = 10_000;
/** How many of ten equal parts' draws may be off, and how much neighbours may have to do with each other. */
const LARGEST_SHARE_ERROR = 0.025;
const LARGEST_CORRELATION = 0.08;

/** Options of {@linkcode randomConformance}. */
export interface RandomConformanceOptions {
  /** Gives a source as one process would have it; called again, as another process would. */
  create(): () => number;
}

/**
 * What a `random` must do: draw from 0 to below 1, evenly, and not the same in every process. Jitter depends on it.
 *
 * @example
 * ```ts
 * import { checkConformance, randomConformance } from "@nextsnake/nextcore/testing";
 *
 * await checkConformance(randomConformance({ create: () => Math.random }));
 * ```
 */
export function randomConformance(options: RandomConformanceOptions): readonly ConformanceCase[] {
  demandMaker("randomConformance", options, "create");
  const { create } = options;
  return casesOf("random", RULES, async (check) => await check(create));
}

type Source = RandomConformanceOptions["create"];

const RULES: readonly Rule<Source>[] = [
  { name: "draws from 0 to below 1", check: drawsInRange },
  { name: "draws evenly", check: drawsEvenly },
  { name: "draws each number without regard to the one before", check: drawsFreely },
  { name: "draws other numbers in another process (BO-1)", check: drawsOtherwise },
];

function drawsInRange(create: Source): void {
  for (const drawn of draw(create())) {
    demand(typeof drawn === "number" && drawn >= 0 && drawn < 1, `it drew ${String(drawn)}`);
  }
}

function drawsEvenly(create: Source): void {
  const counts = new Array<number>(10).fill(0);
  for (const drawn of draw(create())) {
    counts[Math.floor(drawn * 10)] = (counts[Math.floor(drawn * 10)] ?? 0) + 1;
  }
  for (const [part, count] of counts.entries()) {
    const share = count / DRAWS;
    const isFair = Math.abs(share - 0.1) <= LARGEST_SHARE_ERROR;
    demand(
      isFair,
      `${(100 * share).toFixed(1)} % were from ${part / 10} to ${(part + 1) / 10} instead of 10 %`,
    );
  }
}

function drawsFreely(create: Source): void {
  const drawn = draw(create());
  let product = 0;
  for (const [index, value] of drawn.entries()) product += (value - 0.5) * ((drawn[index + 1] ?? 0.5) - 0.5);
  // The variance of an even draw is a twelfth.
  const correlation = (12 * product) / DRAWS;
  const isFree = Math.abs(correlation) <= LARGEST_CORRELATION;
  demand(isFree, `neighbours have a correlation of ${correlation.toFixed(2)} instead of none`);
}

function drawsOtherwise(create: Source): void {
  const [one, other] = [draw(create()), draw(create())];
  const same = one.filter((value, index) => value === other[index]).length;
  demand(
    same < DRAWS / 100,
    `${same} of ${DRAWS} draws were the same: all would reconnect at the same moment`,
  );
}

function draw(random: () => number): number[] {
  return Array.from({ length: DRAWS }, () => random());
}
