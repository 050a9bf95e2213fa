import { assertEquals } from "@std/assert";
import { type Placed, PlacedList } from "../../http/placed_list.ts";

interface Guest extends Placed {
  readonly name: string;
}

function listOf(names: string): { list: PlacedList<Guest>; guests: Guest[] } {
  const list = new PlacedList<Guest>();
  const guests = [...names].map((name) => ({ name, place: -1 }));
  for (const guest of guests) list.add(guest);
  return { list, guests };
}

function namesIn(list: PlacedList<Guest>): string {
  return [...list].map(({ name }) => name).toSorted().join("");
}

Deno.test("PlacedList takes out any of what it holds, and the others know where they are", () => {
  const { list, guests } = listOf("abcd");
  const left = guests.map((guest) => {
    assertEquals(list.remove(guest), true);
    assertEquals([...list].map(({ place }) => list.at(place)), [...list]);
    return namesIn(list);
  });
  assertEquals(left, ["bcd", "cd", "d", ""]);
  assertEquals([list.size, guests.map(({ place }) => place)], [0, [-1, -1, -1, -1]]);
});

Deno.test("PlacedList leaves all in place when one is taken out that is not there", () => {
  const { list, guests } = listOf("abc");
  const [first, ...others] = guests;
  if (first !== undefined) assertEquals([list.remove(first), list.remove(first)], [true, false]);
  assertEquals([list.remove({ name: "x", place: -1 }), namesIn(list)], [false, "bc"]);
  for (const guest of others) list.remove(guest);
  assertEquals(list.size, 0);
});
