/**
 * Compares this library's gateway client with others, and with as little as a client can do: see README.md beside this
 * folder.
 *
 * `deno task bench:gateway [--rounds=3] [--rows=all,paced] [--only=floor/deno,nextcore/deno] [--json]`
 *
 * @module
 */

import { type Fault, partsOf, Round, type Sample } from "./contest.ts";
import { CONTESTANTS } from "./contestants.ts";
import { PEERS, PEERS_FOLDER } from "./peers.ts";
import { type Row, ROWS } from "./rows.ts";
import { buildZlibSync, findRuntimes, install, versionsOf } from "./runtimes.ts";
import { summariesOf, tableOf } from "./summary.ts";

const MAX_ROUNDS = 20;
const OURS = ["floor/deno", "nextcore/deno", "floor/node", "nextcore/node", "floor/bun", "nextcore/bun"];
/** Each in the runtime and in the mode in which it takes least: see README.md. */
const PEERS_AT_BEST = [
  "@discordjs/ws/bun",
  "@discordjs/ws+zlib-sync/node",
  "@discordeno/gateway/bun",
  "@discordeno/gateway+uncompressed/deno",
  "oceanic.js+zlib-sync/node",
  "seyfert+uncompressed/bun",
  "eris+zlib-sync/node",
];
/** In their place where zlib-sync can't be compiled. */
const WITHOUT_ZLIB_SYNC: Readonly<Record<string, string>> = {
  "@discordjs/ws+zlib-sync/node": "@discordjs/ws/node",
  "oceanic.js+zlib-sync/node": "oceanic.js/bun",
  "eris+zlib-sync/node": "eris+pako/bun",
};
/** Takes five minutes, and shows what only this library promises: the others when they are asked for. */
const OURS_AT_START = ["nextcore/deno"];

const { rounds, rows, only, isJson } = choicesOf(Deno.args);
const runtimes = await findRuntimes();
const contestants = await available(only ?? [...OURS, ...PEERS_AT_BEST]);
console.error((await versionsOf(runtimes)).join(", "));
const samples: Sample[] = [];
const faults: Fault[] = [];
for (const row of rows) for (let round = 0; round < rounds; round++) await measure(row, round);
if (isJson) printJson();
else await printTables();
// A bench that loses events has measured nothing.
if (faults.some(({ contestant }) => OURS.includes(contestant))) Deno.exit(1);

async function measure(row: Row, round: number): Promise<void> {
  if (row.kind === "start" && round > 0) return; // There is nothing that differs.
  console.error(`round ${round + 1} of ${rounds}: ${row.name}`);
  const isForOurs = row.kind === "start" && only === undefined;
  const who = isForOurs ? OURS_AT_START : contestants;
  // Whoever went first goes last the next time.
  const order = who.map((_, index) => who[(index + round) % who.length] ?? "");
  const outcome = await new Round(runtimes, round).measure(row, order);
  samples.push(...outcome.samples);
  faults.push(...outcome.faults);
}

/** Who of these can be measured here, in the mode that is possible here; says who can't. */
async function available(wanted: readonly string[]): Promise<readonly string[]> {
  const here = wanted.filter((contestant) => runtimes.has(partsOf(contestant)[1]));
  if (here.every((contestant) => OURS.includes(contestant))) return here;
  try {
    await install(PEERS_FOLDER, PEERS);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return here.filter((contestant) => OURS.includes(contestant));
  }
  if (await buildZlibSync(runtimes.get("node"))) return here;
  console.error("zlib-sync can't be compiled here: those that prefer it do without");
  return here.map((contestant) => WITHOUT_ZLIB_SYNC[contestant] ?? contestant);
}

async function printTables(): Promise<void> {
  console.log((await versionsOf(runtimes)).join(", "));
  console.log(
    `Median (least–most) of ${rounds} rounds; "× floor": over the floor on the same runtime, turn by turn.`,
  );
  for (const row of rows) console.log(`\n${tableOf(row, samples, faults)}`);
}

/** A line for each turn of each contestant, one for each figure over all, and one for each fault. */
function printJson(): void {
  for (const { row, ...sample } of samples) {
    console.log(JSON.stringify({ type: "turn", row: row.name, ...sample }));
  }
  for (const { row, ...fault } of faults) {
    console.log(JSON.stringify({ type: "fault", row: row.name, ...fault }));
  }
  for (const summary of rows.flatMap((row) => summariesOf(row, samples))) {
    console.log(JSON.stringify({ type: "figure", ...summary }));
  }
}

interface Choices {
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly only: readonly string[] | undefined;
  readonly isJson: boolean;
}

function choicesOf(args: readonly string[]): Choices {
  const given = new Map(args.map((arg) => arg.split("=", 2)).map(([name = "", value = ""]) => [name, value]));
  const known = ["--rounds", "--rows", "--only", "--json"];
  const unknown = [...given.keys()].filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new TypeError(`There is no ${unknown.join(", ")}: use ${known.join(", ")}`);
  const count = Number(given.get("--rounds") ?? 3);
  if (!Number.isInteger(count) || count < 1 || count > MAX_ROUNDS) {
    throw new RangeError(`--rounds must be a whole number from 1 to ${MAX_ROUNDS}`);
  }
  const names = given.get("--rows")?.split(",");
  checkNames(names, ROWS.map(({ name }) => name), "row");
  const chosen = given.get("--only")?.split(",");
  const everybody = Object.keys(CONTESTANTS).flatMap((name) =>
    ["deno", "node", "bun"].map((runtime) => `${name}/${runtime}`)
  );
  checkNames(chosen, everybody, "contestant");
  const rows = ROWS.filter(({ name }) => names?.includes(name) ?? true);
  return { rounds: count, rows, only: chosen, isJson: given.has("--json") };
}

function checkNames(names: readonly string[] | undefined, known: readonly string[], what: string): void {
  const missing = names?.filter((name) => !known.includes(name)) ?? [];
  if (missing.length > 0) {
    throw new TypeError(`There is no ${what} ${missing.join(", ")}: there are ${known.join(", ")}`);
  }
}
