import { assertEquals } from "@std/assert";
import { type Queued, WaitQueue } from "../../http/wait_queue.ts";
import { seededRandom } from "./limited_server.ts";

function item(rank: number, sequence: number): Queued {
  return { rank, sequence, place: -1 };
}

Deno.test("WaitQueue gives the lowest rank first, and equals in order (B7.1)", () => {
  const queue = new WaitQueue<Queued>();
  for (const [rank, sequence] of [[0, 2], [1, 0], [0, 1], [-1, 3]] as const) queue.push(item(rank, sequence));
  assertEquals(queue.countBefore({ rank: 0, sequence: 2 }), 2);
  assertEquals([...drain(queue)].map(({ rank, sequence }) => [rank, sequence]), [[-1, 3], [0, 1], [0, 2], [
    1,
    0,
  ]]);
  assertEquals([queue.pop(), queue.peek(), queue.size], [undefined, undefined, 0]);
});

Deno.test("WaitQueue lets go of any, and keeps the others in order (B8)", () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = seededRandom(seed);
    const queue = new WaitQueue<Queued>();
    const kept = new Set<Queued>();
    for (let step = 0; step < 60; step++) {
      const known = [...kept];
      const victim = known[Math.floor(random() * known.length)];
      if (victim !== undefined && random() < 0.4) {
        queue.remove(victim);
        kept.delete(victim);
        assertEquals([queue.has(victim), victim.place], [false, -1]);
      } else {
        const one = item(Math.floor(random() * 4), step);
        queue.push(one);
        kept.add(one);
      }
    }
    const expected = [...kept].toSorted((one, other) =>
      one.rank - other.rank || one.sequence - other.sequence
    );
    assertEquals([...drain(queue)], expected, `seed ${seed}`);
  }
});

function* drain(queue: WaitQueue<Queued>): Generator<Queued> {
  for (let one = queue.pop(); one !== undefined; one = queue.pop()) yield one;
}
