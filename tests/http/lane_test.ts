import { assertEquals } from "@std/assert";
import { Lane, type Turn } from "../../http/lane.ts";
import type { Queued } from "../../http/wait_queue.ts";

interface Waiting extends Queued {
  readonly turn: Turn;
}

function waiter(sequence: number, turn: Partial<Turn> = {}): Waiting {
  const full = { routeKey: "POST /x", majorKey: "", rank: 0, sequence, bodyKeys: undefined, ...turn };
  return { rank: full.rank, sequence, place: -1, turn: full };
}

function keys(...names: string[]): ReadonlySet<string> {
  return new Set(names);
}

function laneOf(...waiters: Waiting[]): Lane<Waiting> {
  const lane = new Lane<Waiting>();
  for (const one of waiters) lane.push(one);
  return lane;
}

/** The order in which all go that may. */
function take(lane: Lane<Waiting>, now: number): number[] {
  const taken: number[] = [];
  for (let next = lane.next(now); next !== undefined; next = lane.next(now)) {
    lane.remove(next);
    taken.push(next.sequence);
  }
  return taken;
}

Deno.test("Lane holds everything until a hold is over (B5.9)", () => {
  const lane = laneOf(waiter(1), waiter(2, { isOrdered: true }));
  lane.hold({ until: 1000, scope: "shared" });
  lane.hold({ until: 500, scope: "user" });
  assertEquals([lane.next(999), lane.wakeAt(0)], [undefined, 1000]);
  assertEquals(lane.holdOf(waiter(3).turn, 999), { until: 1000, scope: "shared" });
  assertEquals(lane.holdOf(waiter(3).turn, 1000), undefined);
  assertEquals(take(lane, 1000), [1, 2]);
});

Deno.test("Lane holds requests that set a limited field, and lets others pass (B5.10, C9)", () => {
  const lane = laneOf(
    waiter(1, { bodyKeys: keys("name") }),
    waiter(2, { bodyKeys: keys("topic") }),
    waiter(3, { bodyKeys: keys("topic", "name") }),
    waiter(4),
  );
  lane.holdFields({ until: 1000, scope: "user" }, keys("name"), 0);
  assertEquals(take(lane, 0), [2, 4]);
  assertEquals([lane.size, lane.wakeAt(0)], [2, 1000]);
  assertEquals(take(lane, 1000), [1, 3]);
});

Deno.test("Lane holds everything when it was not about fields (B5.10)", () => {
  for (const second of [keys("topic"), keys(), undefined]) {
    const lane = laneOf(waiter(1, { bodyKeys: keys("other") }));
    lane.holdFields({ until: 1000, scope: "user" }, keys("name"), 0);
    lane.holdFields({ until: 900, scope: "user" }, second, 0);
    assertEquals([lane.next(899), lane.next(900)?.sequence], [undefined, 1]);
  }
});

Deno.test("Lane lets those that must not overtake go one after the other, others past them (B7.3)", () => {
  const lane = laneOf(waiter(1, { isOrdered: true }), waiter(2, { isOrdered: true }), waiter(3));
  const first = lane.next(0);
  assertEquals(first?.sequence, 1);
  if (first !== undefined) lane.remove(first);
  lane.occupy();
  assertEquals(take(lane, 0), [3]);
  assertEquals([lane.wakeAt(0), lane.isFresh(0)], [Infinity, false]);
  lane.vacate();
  assertEquals([lane.wakeAt(0), take(lane, 0)], [0, [2]]);
  assertEquals(lane.isFresh(0), true);
});

Deno.test("Lane waits for one that pauses after a failure, if order matters (B7.1, B7.3)", () => {
  const lane = laneOf(
    waiter(1, { isOrdered: true, notBefore: 500 }),
    waiter(2, { isOrdered: true }),
    waiter(3),
  );
  assertEquals([lane.wakeAt(0), take(lane, 0)], [0, [3]]);
  assertEquals(lane.wakeAt(0), 500);
  assertEquals(take(lane, 500), [1, 2]);
});

Deno.test("Lane passes one that is held for a field, also in order (C9)", () => {
  const lane = laneOf(
    waiter(1, { isOrdered: true, bodyKeys: keys("embeds") }),
    waiter(2, { isOrdered: true, bodyKeys: keys("content") }),
  );
  lane.holdFields({ until: 1000, scope: "user" }, keys("embeds"), 0);
  assertEquals([take(lane, 0), take(lane, 1000)], [[2], [1]]);
});

Deno.test("Lane lets go of any that waits, held or not (B8)", () => {
  const [held, queued, ordered] = [
    waiter(1, { bodyKeys: keys("a") }),
    waiter(2),
    waiter(3, { isOrdered: true }),
  ];
  const lane = laneOf(held, queued, ordered);
  lane.holdFields({ until: 1000, scope: "user" }, keys("a"), 0);
  assertEquals(lane.next(0), queued);
  for (const one of [held, queued, ordered]) lane.remove(one);
  assertEquals([lane.size, lane.next(2000), lane.takeAny()], [0, undefined, undefined]);
});
