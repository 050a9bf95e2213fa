/**
 * Feeds the frame path with hostile input; the first that crashes or hangs it ends the run with its seed.
 *
 *     deno task fuzz                     100 000 inputs
 *     deno task fuzz 1000000 500         a million, from seed 500 on
 *
 * @module
 */
import { fuzz } from "./frame_path.ts";

const DEFAULT_INPUTS = 100_000;
const REPORT_EVERY = 100_000;

if (import.meta.main) {
  const wanted = Number(Deno.args[0] ?? DEFAULT_INPUTS);
  const from = Number(Deno.args[1] ?? 0);
  const startedAt = performance.now();
  let [inputs, seed, reportAt] = [0, from, REPORT_EVERY];
  for (; inputs < wanted; seed += 1) {
    inputs += await fuzz(seed);
    if (inputs < reportAt && inputs < wanted) continue;
    reportAt += REPORT_EVERY;
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
    console.log(`${inputs} inputs of the seeds ${from} to ${seed}, ${seconds} s`);
  }
}
