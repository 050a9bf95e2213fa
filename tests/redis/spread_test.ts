import { assert, assertEquals } from "@std/assert";
import { movesOf } from "../../redis/spread.ts";
import { seededRandom } from "../gateway/seeded_random.ts";

function idsOf(shardCount: number): number[] {
  return Array.from({ length: shardCount }, (_, id) => id);
}

/** Members that do what they should, in turn, until nobody has anything to do; gives how many shards were given up. */
function settle(members: readonly string[], shardCount: number, owners: Map<number, string>): number {
  let given = 0;
  for (let round = 0;; round += 1) {
    assert(round < 20, "it never settles");
    let hasMoved = false;
    for (const me of members) {
      const { claim, give } = movesOf({ me, members, shardIds: idsOf(shardCount), owners });
      for (const id of give) owners.delete(id);
      for (const id of claim) owners.set(id, me);
      given += give.length;
      hasMoved ||= claim.length + give.length > 0;
    }
    if (!hasMoved) return given;
  }
}

function counts(members: readonly string[], owners: ReadonlyMap<number, string>): number[] {
  return members.map((member) => [...owners.values()].filter((owner) => owner === member).length);
}

Deno.test("movesOf gives all shards at once, evenly, to members that start together", () => {
  const members = ["a", "b", "c"];
  const claims = members.map((me) => movesOf({ me, members, shardIds: idsOf(16), owners: new Map() }).claim);
  assertEquals(claims.map(({ length }) => length).toSorted(), [5, 5, 6]);
  assertEquals(new Set(claims.flat()).size, 16);
});

Deno.test("movesOf moves no shard for a member that dies but its own", () => {
  const owners = new Map<number, string>();
  settle(["a", "b", "c"], 16, owners);
  const before = new Map(owners);
  assertEquals(settle(["a", "c"], 16, owners), 0);
  for (const [id, owner] of before) if (owner !== "b") assertEquals(owners.get(id), owner);
  assertEquals(counts(["a", "c"], owners), [8, 8]);
});

Deno.test("movesOf moves to a member that joins only what it should have", () => {
  const owners = new Map<number, string>();
  settle(["a", "b"], 16, owners);
  assertEquals(settle(["a", "b", "c"], 16, owners), 5);
  assertEquals(counts(["a", "b", "c"], owners).toSorted(), [5, 5, 6]);
});

Deno.test("movesOf tells who is not a member to do nothing", () => {
  assertEquals(movesOf({ me: "x", members: ["a"], shardIds: idsOf(4), owners: new Map() }), {
    claim: [],
    give: [],
  });
});

Deno.test("movesOf gives up what is above its share, and nothing that is free", () => {
  const owners = new Map([[0, "a"], [1, "a"], [2, "a"]]);
  assertEquals(movesOf({ me: "a", members: ["a", "b"], shardIds: idsOf(4), owners }), {
    claim: [],
    give: [2],
  });
  assertEquals(movesOf({ me: "b", members: ["a", "b"], shardIds: idsOf(4), owners }), {
    claim: [3],
    give: [],
  });
});

Deno.test("movesOf settles evenly after any history of members, and moves no more than it must", () => {
  const random = seededRandom(7);
  for (let history = 0; history < 300; history += 1) {
    const shardCount = 1 + Math.floor(random() * 40);
    const owners = new Map<number, string>();
    for (let step = 0; step < 6; step += 1) {
      const members = Array.from(
        { length: 1 + Math.floor(random() * 6) },
        (_, index) => `m${step % 2 * 3 + index}`,
      );
      const heldBefore = counts(members, owners);
      const moved = settle(members, shardCount, owners);
      const held = counts(members, owners);
      assertEquals(held.reduce((sum, count) => sum + count), shardCount);
      assert(Math.max(...held) - Math.min(...held) <= 1);
      const must = heldBefore.reduce((sum, count, index) => sum + Math.max(0, count - (held[index] ?? 0)), 0);
      assertEquals(moved, must);
    }
  }
});

Deno.test("movesOf gives what fails at one member to the others, and lets all try where all fail", () => {
  const members = ["a", "b", "c"];
  const view = { members, shardIds: idsOf(9) };
  const owners = new Map([[0, "a"], [1, "a"], [3, "b"], [4, "b"], [5, "b"], [6, "c"], [7, "c"], [8, "c"]]);
  const claims = (failing: readonly string[]): number[][] =>
    members.map((me) => [...movesOf({ ...view, me, owners, failing }).claim]);
  assertEquals(claims([]), [[2], [], []]);
  assertEquals(claims(["a"]), [[], [2], []]);
  assertEquals(claims(members), [[2], [], []]);
  // It keeps what it has, up to its share, and gets it back when that is over.
  const all = new Map(idsOf(9).map((id) => [id, id < 5 ? "a" : "b"]));
  assertEquals(movesOf({ ...view, me: "a", owners: all, failing: ["a"] }).give, [3, 4]);
  all.set(3, "b").set(4, "b");
  assertEquals(movesOf({ ...view, me: "c", owners: all, failing: ["a"] }), { claim: [], give: [] });
  assertEquals(movesOf({ ...view, me: "b", owners: all, failing: ["a"] }).give, [6, 7, 8]);
});
