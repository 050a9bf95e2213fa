import { assertThrows } from "@std/assert";
import { type Clock, sleep } from "../../clock.ts";
import { type IdentifyQueue, LocalIdentifyQueue } from "../../gateway/identify_queue.ts";
import { identifyQueueConformance } from "../../testing/conformance/identify_queue_conformance.ts";
import { testConformance, testFaults } from "./conformance_tests.ts";

const conformanceOf = (create: (clock: Clock) => IdentifyQueue) => identifyQueueConformance({ create });

/** The queue that is right, with something of it done wrong. */
function altered(alter: (queue: LocalIdentifyQueue, clock: Clock) => Partial<IdentifyQueue>) {
  return conformanceOf((clock) => {
    const queue = new LocalIdentifyQueue({ clock });
    return {
      acquire: (shardId, options) => queue.acquire(shardId, options),
      update: (limits) => queue.update(limits),
      ...alter(queue, clock),
    };
  });
}

const never = new AbortController().signal;

testConformance("LocalIdentifyQueue", conformanceOf((clock) => new LocalIdentifyQueue({ clock })));

testFaults("IdentifyQueue", [
  {
    name: "lets everyone pass at once",
    cases: altered(() => ({ acquire: () => Promise.resolve() })),
    complaint:
      "at least five seconds apart (ID-2): shards 0 and 1 got turns 0 ms apart, at least 5000 are needed",
  },
  {
    name: "lets nobody pass",
    cases: altered(() => ({ acquire: () => new Promise(() => {}) })),
    complaint:
      "the first turn at once (ID-3): a turn that nothing stands in the way of did not come within 2000 ms",
  },
  {
    name: "waits before each turn instead of after it",
    cases: altered((queue, clock) => ({
      async acquire(shardId, options) {
        await sleep(clock, 4_000, options);
        await queue.acquire(shardId, options);
      },
    })),
    complaint:
      "a turn at once after a quiet time (ID-2): a turn that nothing stands in the way of did not come",
  },
  {
    name: "has a window of four seconds",
    cases: conformanceOf((clock) => new LocalIdentifyQueue({ clock: fasterClock(clock) })),
    complaint: "(ID-2): shards 0 and 1 got turns 4240 ms apart",
  },
  {
    name: "knows of one key only",
    cases: altered(() => ({ update: () => {} })),
    complaint: "different keys identify at the same time (ID-2): a turn that nothing stands in the way of",
  },
  {
    name: "has a window for each shard instead of each key",
    cases: altered((queue) => ({
      update: (limits) => queue.update({ ...limits, maxConcurrency: 1_000 }),
    })),
    complaint: "shards 0 and 1 got turns 0 ms apart",
  },
  {
    name: "does not listen to the signal",
    cases: altered((queue) => ({ acquire: (shardId) => queue.acquire(shardId, { signal: never }) })),
    complaint: "rejected with the signal's reason: it got a turn",
  },
  {
    name: "rejects with a reason of its own",
    cases: altered((queue) => ({
      acquire: (shardId, options) =>
        queue.acquire(shardId, options).catch(() => Promise.reject(new Error("gone"))),
    })),
    complaint: "rejected with the signal's reason: of another reason",
  },
  {
    name: "spends the turns of those who have left",
    cases: altered((queue) => ({
      acquire: (shardId, { signal }) => {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener("abort", () => reject(signal.reason));
        queue.acquire(shardId, { signal: never }).then(resolve);
        return promise;
      },
    })),
    complaint: "no turn for who left while waiting (SM-7): the turn of who left, for the next did not come",
  },
  {
    name: "takes a turn back when its shard leaves",
    cases: conformanceOf((clock) => {
      let queue = new LocalIdentifyQueue({ clock });
      return {
        acquire(shardId, { signal }) {
          signal.addEventListener("abort", () => queue = new LocalIdentifyQueue({ clock }));
          return queue.acquire(shardId, { signal });
        },
        update: (limits) => queue.update(limits),
      };
    }),
    complaint: "no turn back from who leaves after it (ID-3): shards 0 and 1 got turns 0 ms apart",
  },
  {
    name: "begins anew at each update",
    cases: conformanceOf((clock) => {
      let queue = new LocalIdentifyQueue({ clock });
      return {
        acquire: (shardId, options) => queue.acquire(shardId, options),
        update(limits) {
          queue = new LocalIdentifyQueue({ clock });
          queue.update(limits);
        },
      };
    }),
    complaint:
      "when there are fewer keys (ID-8): shards 0 and 4 have the same key now, and got turns 0 ms apart",
  },
  {
    name: "lets everyone pass at each update",
    cases: altered((queue) => {
      let letPass = Promise.withResolvers<void>();
      return {
        acquire: (shardId, options) => Promise.race([queue.acquire(shardId, options), letPass.promise]),
        update(limits) {
          queue.update(limits);
          letPass.resolve();
          letPass = Promise.withResolvers();
        },
      };
    }),
    complaint: "an update that changes nothing (ID-8): shards 0 and 1 got turns 1000 ms apart",
  },
  {
    name: "does not look at those who wait when there are more keys",
    cases: conformanceOf((clock) => {
      const queues: LocalIdentifyQueue[] = [];
      return {
        acquire: async (shardId, options) => await queues.at(-1)?.acquire(shardId, options),
        update(limits) {
          queues.push(new LocalIdentifyQueue({ clock }));
          queues.at(-1)?.update(limits);
        },
      };
    }),
    complaint: "when there are more keys (ID-8): the turns of shards with keys of their own did not come",
  },
  {
    name: "serves the highest id first",
    cases: altered((queue) => ({
      acquire: (shardId, options) => queue.acquire(999 - shardId, options),
    })),
    complaint: "ascending order in that order (ID-4): the turns were of 0, 3, 2, 1",
  },
  {
    name: "looks every second whether somebody waits",
    cases: conformanceOf((clock) => {
      const tick = (): void => void clock.setTimeout(tick, 1_000);
      tick();
      return new LocalIdentifyQueue({ clock });
    }),
    complaint: "no timer when nobody waits (WS-10): 1 timers are left",
  },
  {
    name: "throws",
    cases: altered(() => ({
      acquire: () => {
        throw new TypeError("not connected");
      },
    })),
    complaint: "gives the first turn at once (ID-3): not connected",
  },
]);

Deno.test("identifyQueueConformance wants a tolerance that tells late turns from lost ones", () => {
  for (const toleranceMs of [-1, 5_000, NaN]) {
    const create = () => new LocalIdentifyQueue();
    assertThrows(() => identifyQueueConformance({ create, toleranceMs }), RangeError, "toleranceMs");
  }
});

/** A clock whose timers are early, and that knows nothing of it. */
function fasterClock(clock: Clock): Clock {
  return {
    now: () => clock.now() * 1.25,
    wallNow: () => clock.wallNow(),
    setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs / 1.25),
  };
}
