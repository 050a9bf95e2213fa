/**
 * Compares this library's HTTP client with others, and with no client at all: see README.md beside this folder.
 *
 * `deno task bench:http [--rounds=3] [--rows=channels,cpu] [--json]`
 *
 * @module
 */

import { Arena, type Contest } from "./contest.ts";
import { CONTESTANTS, STORM } from "./contestants.ts";
import { installPeers } from "./peers.ts";
import { figuresOf, type Row } from "./row.ts";
import { WAVES } from "./rows.ts";
import { isMet, summaryOf, tableOf } from "./summary.ts";

const MAX_ROUNDS = 20;
const contestants = Object.keys(CONTESTANTS);
const { rounds, waves, isJson } = choicesOf(Deno.args);
await installPeers();
const contests = await compare();
if (isJson) printJson();
else printTables();

async function compare(): Promise<readonly Contest[]> {
  const done: Contest[] = [];
  await using arena = await Arena.open(contestants);
  for (let round = 0; round < rounds; round++) {
    // Whoever went first goes last the next time.
    const order = contestants.map((_, index) => contestants[(index + round) % contestants.length] ?? "");
    for (const wave of waves) {
      console.error(`round ${round + 1} of ${rounds}: ${wave.map(({ name }) => name).join(", ")}`);
      for (const group of groupsOf(wave, order)) done.push(...await arena.measure(wave, group, round + 1));
    }
  }
  return done;
}

/** Who is measured beside whom. */
function groupsOf(wave: readonly Row[], order: readonly string[]): readonly (readonly string[])[] {
  if (wave.some((row) => row.isAlone === true)) return order.map((contestant) => [contestant]);
  if (!wave.some((row) => row.isStormy === true)) return [order];
  return [order.filter((contestant) => contestant !== STORM), [STORM]];
}

function printTables(): void {
  console.log(`Median of ${rounds} rounds (least–most). Lower is better.`);
  for (const row of waves.flat()) console.log(`\n${tableOf(contests, row, contestants)}`);
}

/** A line for each contestant in each round, and one for each figure of each contestant over all. */
function printJson(): void {
  for (const { row, contestant, measures } of contests) {
    console.log(JSON.stringify({ type: "round", row: row.name, contestant, measures }));
  }
  for (const row of waves.flat()) {
    for (const figure of figuresOf(row)) {
      for (const contestant of contestants) {
        const summary = summaryOf(contests, row, figure, contestant);
        const { name, target } = figure;
        const verdict = contestant === contestants[0] ? { target, isMet: isMet(summary, figure) } : {};
        const about = { row: row.name, title: row.title, idealMs: row.idealMs, figure: name, contestant };
        console.log(JSON.stringify({ type: "figure", ...about, ...summary, ...verdict }));
      }
    }
  }
}

interface Choices {
  readonly rounds: number;
  readonly waves: readonly (readonly Row[])[];
  readonly isJson: boolean;
}

function choicesOf(args: readonly string[]): Choices {
  const given = new Map(args.map((arg) => arg.split("=", 2)).map(([name = "", value = ""]) => [name, value]));
  const unknown = [...given.keys()].filter((name) => !["--rounds", "--rows", "--json"].includes(name));
  if (unknown.length > 0) {
    throw new TypeError(`There is no ${unknown.join(", ")}: use --rounds=, --rows=, --json`);
  }
  const count = Number(given.get("--rounds") ?? 3);
  if (!Number.isInteger(count) || count < 1 || count > MAX_ROUNDS) {
    throw new RangeError(`--rounds must be a whole number from 1 to ${MAX_ROUNDS}`);
  }
  const names = given.get("--rows")?.split(",");
  const missing = names?.filter((name) => !WAVES.flat().some((row) => row.name === name)) ?? [];
  if (missing.length > 0) {
    throw new TypeError(
      `There is no row ${missing.join(", ")}: there are ${WAVES.flat().map(({ name }) => name).join(", ")}`,
    );
  }
  const chosen = WAVES.map((wave) => wave.filter(({ name }) => names?.includes(name) ?? true));
  return { rounds: count, waves: chosen.filter((wave) => wave.length > 0), isJson: given.has("--json") };
}
