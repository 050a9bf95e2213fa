/**
 * Lets many bots live, each with a seed of its own; the first seed that breaks a rule ends the run with its history.
 *
 *     deno task simulate                      10 000 seeds
 *     deno task simulate 1000000 20000        a million seeds, from 20 000 on
 *     deno task simulate seed 4711            the whole history of one
 *     deno task simulate walk 10              all ways of ten moves through a bare session
 *
 * @module
 */
import { historyOf, liveThrough } from "./bot_life.ts";
import { walk } from "./session_walk.ts";

const DEFAULT_SEEDS = 10_000;
const HOUR_MS = 3_600_000;
const REPORT_EVERY = 1_000;

if (import.meta.main) {
  if (Deno.args[0] === "seed") await showHistory(Number(Deno.args[1]));
  else if (Deno.args[0] === "walk") console.log(walk(Number(Deno.args[1]), 0.5));
  else await simulate(Number(Deno.args[0] ?? DEFAULT_SEEDS), Number(Deno.args[1] ?? 0));
}

async function simulate(count: number, from: number): Promise<void> {
  const startedAt = performance.now();
  const sum = { livedMs: 0, misfortunes: 0, identifies: 0, switches: 0, delivered: 0 };
  for (let done = 1; done <= count; done += 1) {
    const { livedMs, misfortunes, identifies, switches, delivered } = await liveThrough(from + done - 1);
    sum.livedMs += livedMs;
    sum.misfortunes += misfortunes;
    sum.identifies += identifies;
    sum.switches += switches;
    sum.delivered += delivered;
    if (done % REPORT_EVERY !== 0 && done !== count) continue;
    const seconds = (performance.now() - startedAt) / 1_000;
    console.log(
      `${done} seeds from ${from} on, ${seconds.toFixed(0)} s: ${
        (sum.livedMs / HOUR_MS).toFixed(0)
      } hours, ` +
        `${sum.misfortunes} misfortunes, ${sum.identifies} sessions asked for, ${sum.switches} sets replaced, ${sum.delivered} events`,
    );
  }
}

async function showHistory(seed: number): Promise<void> {
  const { history, failure } = await historyOf(seed);
  for (const line of history) console.log(line);
  if (failure === undefined) return console.log(`Seed ${seed} keeps every rule`);
  console.error(`Seed ${seed}: ${failure}`);
  Deno.exit(1);
}
