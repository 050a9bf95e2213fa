/**
 * Lets some bots live, apart from the others, so that all cores have something to do.
 *
 * @module
 */

/// <reference lib="deno.worker" />
import { addFigures, type LifeFigures, liveThrough, NO_FIGURES } from "./bot_life.ts";

/** Seeds to live through. */
export interface Share {
  readonly from: number;
  readonly count: number;
}

/** What came of them; `failure` is the history of the first that broke a rule. */
export interface ShareResult {
  readonly figures: LifeFigures;
  readonly failure: string | undefined;
}

/** Lives through some seeds. */
export async function liveThroughAll({ from, count }: Share): Promise<ShareResult> {
  const figures = { ...NO_FIGURES };
  try {
    for (let seed = from; seed < from + count; seed += 1) addFigures(figures, await liveThrough(seed));
    return { figures, failure: undefined };
  } catch (error) {
    return { figures, failure: String(error) };
  }
}

// Also imported where there are no workers.
if ("WorkerGlobalScope" in globalThis) {
  self.onmessage = async ({ data }: MessageEvent<Share>) => self.postMessage(await liveThroughAll(data));
}
