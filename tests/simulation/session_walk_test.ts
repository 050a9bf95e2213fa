import { assert } from "@std/assert";
import { walk } from "./session_walk.ts";

/** The dice of a history always show the same: the waits are the shortest, middling or the longest. */
const WALKS = [
  { chance: 0.5, mayReconnect: true, depth: 8, leastStates: 10_000 },
  { chance: 0, mayReconnect: true, depth: 7, leastStates: 2_000 },
  { chance: 0.999, mayReconnect: true, depth: 7, leastStates: 2_000 },
  { chance: 0.5, mayReconnect: false, depth: 7, leastStates: 2_000 },
] as const;

for (const { chance, mayReconnect, depth, leastStates } of WALKS) {
  const how = `dice at ${chance}${mayReconnect ? "" : ", no new sessions"}`;
  Deno.test(`Session keeps every rule on all ways of ${depth} moves, ${how} (SM-1 to SM-24)`, () => {
    const { states, steps } = walk(depth, chance, mayReconnect);
    console.log(`${states} states, ${steps} steps`);
    assert(states > leastStates, `${states} states: the moves lead nowhere any more`);
  });
}
