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
import { addFigures, historyOf, type LifeFigures, NO_FIGURES } from "./bot_life.ts";
import { liveThroughAll, type Share, type ShareResult } from "./simulate_worker.ts";
import { walk } from "./session_walk.ts";

const DEFAULT_SEEDS = 10_000;
const HOUR_MS = 3_600_000;
const REPORT_EVERY = 1_000;
/** Seeds that are lived through in one go. */
const SHARE = 50;

if (import.meta.main) {
  if (Deno.args[0] === "seed") await showHistory(Number(Deno.args[1]));
  else if (Deno.args[0] === "walk") console.log(walk(Number(Deno.args[1]), 0.5));
  else await simulate(Number(Deno.args[0] ?? DEFAULT_SEEDS), Number(Deno.args[1] ?? 0));
}

async function simulate(count: number, from: number): Promise<void> {
  const startedAt = performance.now();
  const sum = { ...NO_FIGURES };
  let [next, done, reportAt] = [from, 0, REPORT_EVERY];
  const work = async (live: (share: Share) => Promise<ShareResult>): Promise<void> => {
    while (next < from + count) {
      const share = { from: next, count: Math.min(SHARE, from + count - next) };
      next += share.count;
      const { figures, failure } = await live(share);
      if (failure !== undefined) throw new Error(failure);
      addFigures(sum, figures);
      done += share.count;
      if (done < reportAt && done < count) continue;
      reportAt = done + REPORT_EVERY;
      report(sum, done, from, (performance.now() - startedAt) / 1_000);
    }
  };
  const workers = await canWorkApart() ? navigator.hardwareConcurrency : 0;
  if (workers < 2) return await work(liveThroughAll);
  await Promise.all(Array.from({ length: workers }, () => apart(work)));
}

function report(sum: LifeFigures, done: number, from: number, seconds: number): void {
  console.log(
    `${done} seeds from ${from} on, ${seconds.toFixed(0)} s: ${(sum.livedMs / HOUR_MS).toFixed(0)} hours, ` +
      `${sum.misfortunes} misfortunes, ${sum.identifies} sessions asked for, ` +
      `${sum.switches} sets of shards replaced, ${sum.delivered} events`,
  );
}

/** A worker reads its own program, which needs permission. */
async function canWorkApart(): Promise<boolean> {
  return (await Deno.permissions.query({ name: "read", path: "." })).state === "granted";
}

/** Does work in a worker of its own. */
async function apart(
  work: (live: (share: Share) => Promise<ShareResult>) => Promise<void>,
): Promise<void> {
  const worker = new Worker(new URL("./simulate_worker.ts", import.meta.url), { type: "module" });
  try {
    await work((share) => {
      const { promise, resolve, reject } = Promise.withResolvers<ShareResult>();
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage(share);
      return promise;
    });
  } finally {
    worker.terminate();
  }
}

async function showHistory(seed: number): Promise<void> {
  const { history, failure } = await historyOf(seed);
  for (const line of history) console.log(line);
  if (failure === undefined) return console.log(`Seed ${seed} keeps every rule`);
  console.error(`Seed ${seed}: ${failure}`);
  Deno.exit(1);
}
