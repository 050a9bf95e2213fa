import { assertEquals } from "@std/assert";
import { Ring, type Ringed, type RingedState } from "../../http/ring.ts";

interface Entry extends Ringed {
  readonly name: string;
  readonly state: RingedState;
}

function entry(name: string, state: RingedState, wasUsed = false): Entry {
  return { name, state, wasUsed, place: -1 };
}

function ringOf(limit: number, ...entries: Entry[]): Ring<Entry> {
  const ring = new Ring<Entry>(limit);
  for (const one of entries) ring.add(one);
  return ring;
}

/** What is left after a look at so many. */
function left(ring: Ring<Entry>, steps: number): string {
  ring.sweep(steps, 0, ({ state }) => state, (one) => ring.remove(one));
  return [...ring].map(({ name }) => name).toSorted().join("");
}

Deno.test("Ring forgets what is fresh, and goes on where it stopped looking (B10.1)", () => {
  const ring = ringOf(9, entry("a", "busy"), entry("b", "fresh"), entry("c", "idle"), entry("d", "fresh"));
  assertEquals([left(ring, 1), left(ring, 1), left(ring, 1), left(ring, 5)], ["abcd", "acd", "ac", "ac"]);
  assertEquals(ring.size, 2);
});

Deno.test("Ring beyond its limit forgets what is idle, unused entries first, and never busy ones (B10.1)", () => {
  const ring = ringOf(1, entry("a", "busy"), entry("b", "idle", true), entry("c", "idle"));
  assertEquals([left(ring, 3), left(ring, 2), left(ring, 9)], ["ab", "a", "a"]);
});
