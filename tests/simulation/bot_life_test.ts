import { assert, assertEquals } from "@std/assert";
import { addFigures, historyOf, liveThrough, NO_FIGURES } from "./bot_life.ts";

/** Seeds of a run of the tests; `deno task simulate` takes as many as wanted. */
const SEEDS = 200;
const SEEDS_A_TEST = 50;

for (let from = 0; from < SEEDS; from += SEEDS_A_TEST) {
  const until = from + SEEDS_A_TEST;
  Deno.test(`A bot keeps every rule while all goes wrong, with seeds ${from} to ${until - 1} (§23)`, async () => {
    const sum = { ...NO_FIGURES };
    for (let seed = from; seed < until; seed += 1) {
      addFigures(sum, await liveThrough(seed));
    }
    // Else nothing was tried.
    assert(
      sum.misfortunes > 10 * SEEDS_A_TEST && sum.delivered > 50 * SEEDS_A_TEST && sum.switches > 0,
      JSON.stringify(sum),
    );
  });
}

Deno.test("A seed always gives the same history", async () => {
  const first = await historyOf(7);
  assertEquals(first.failure, undefined);
  assert(first.history.length > 100);
  assertEquals(await historyOf(7), first);
});
