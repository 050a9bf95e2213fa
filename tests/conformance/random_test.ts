import { randomConformance } from "../../testing/conformance/random_conformance.ts";
import { seededRandom } from "../gateway/seeded_random.ts";
import { testConformance, testFaults } from "./conformance_tests.ts";

let seed = 0;
testConformance("Math.random", randomConformance({ create: () => Math.random }));
testConformance("seededRandom", randomConformance({ create: () => seededRandom(seed += 1) }));

/** A source that draws from another one, and does something wrong to it. */
function altered(alter: (drawn: number, count: number) => number) {
  return randomConformance({
    create() {
      const random = seededRandom(seed += 1);
      let count = 0;
      return () => alter(random(), count++);
    },
  });
}

testFaults("random", [
  {
    name: "draws percents",
    cases: altered((drawn) => drawn * 100),
    complaint: "from 0 to below 1: it drew ",
  },
  {
    name: "draws 1 now and then",
    cases: altered((drawn) => Math.round(drawn * 100) / 100),
    complaint: "from 0 to below 1: it drew 1",
  },
  { name: "draws no number", cases: altered(() => NaN), complaint: "it drew NaN" },
  { name: "draws the same always", cases: altered(() => 0.5), complaint: "evenly: 0.0 % were from 0 to 0.1" },
  {
    name: "draws small numbers more often",
    cases: altered((drawn) => drawn ** 2),
    complaint: "evenly: 3",
  },
  {
    name: "counts up",
    cases: altered((_, count) => (count % 1_000) / 1_000),
    complaint: "without regard to the one before: neighbours have a correlation of 0.99",
  },
  {
    name: "begins with the same number in each process",
    cases: randomConformance({ create: () => seededRandom(1) }),
    complaint: "in another process (BO-1): 10000 of 10000 draws were the same",
  },
]);
