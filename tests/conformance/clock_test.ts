import { type Clock, systemClock } from "../../clock.ts";
import { clockConformance } from "../../testing/conformance/clock_conformance.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { testConformance, testFaults } from "./conformance_tests.ts";

testConformance("systemClock", clockConformance({ create: () => systemClock }));
testConformance("VirtualClock", clockConformance({ create: () => new VirtualClock() }));

/** The clock that is right, with something of it done wrong. */
function altered(alter: (clock: VirtualClock) => Partial<Clock>) {
  const clocks = new WeakMap<Clock, VirtualClock>();
  return clockConformance({
    create() {
      const clock = new VirtualClock();
      const other: Clock = {
        now: () => clock.now(),
        wallNow: () => clock.wallNow(),
        setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
        ...alter(clock),
      };
      clocks.set(other, clock);
      return other;
    },
    pass: async (clock, ms) => await clocks.get(clock)?.advance(ms),
  });
}

testFaults("Clock", [
  {
    name: "runs backwards now and then",
    cases: altered((clock) => {
      let readings = 0;
      return { now: () => clock.now() - (++readings % 100 === 99 ? 40 : 0) };
    }),
    complaint: "never runs backwards: now() went back by 40 ms",
  },
  {
    name: "counts seconds",
    cases: altered((clock) => ({ now: () => clock.now() / 1_000 })),
    complaint: "counts milliseconds: 100 ms passed, and now() has moved by 0.1",
  },
  {
    name: "stands still",
    cases: altered(() => ({ now: () => 0 })),
    complaint: "counts milliseconds: 100 ms passed, and now() has moved by 0",
  },
  {
    name: "shows the date in seconds",
    cases: altered((clock) => ({ wallNow: () => clock.wallNow() / 1_000 })),
    complaint: "shows the date in milliseconds since 1970: wallNow() is 1767225600, which is no date",
  },
  {
    name: "calls back too early",
    cases: altered((clock) => ({ setTimeout: (callback, ms) => clock.setTimeout(callback, ms / 2) })),
    complaint: "not before the time: it called after 25 ms instead of 50",
  },
  {
    name: "calls back again and again",
    cases: altered((clock) => ({
      setTimeout(callback, ms) {
        const timers = [1, 2, 3].map((time) => clock.setTimeout(callback, time * ms));
        return { [Symbol.dispose]: () => timers.forEach((timer) => timer[Symbol.dispose]()) };
      },
    })),
    complaint: "calls back once, and not before the time: it called 3 times",
  },
  {
    name: "calls back from within setTimeout where there is no delay",
    cases: altered((clock) => ({
      setTimeout(callback, ms) {
        if (ms > 0) return clock.setTimeout(callback, ms);
        callback();
        return { [Symbol.dispose]() {} };
      },
    })),
    complaint: "never calls back from within setTimeout: it called before setTimeout(…, 0) had returned",
  },
  {
    name: "calls the last timer first",
    cases: altered((clock) => ({ setTimeout: (callback, ms) => clock.setTimeout(callback, 100 - ms) })),
    complaint: "delays of 60, 20 and 40 ms were called in the order 60, 40, 20",
  },
  {
    name: "cannot be prevented from calling back",
    cases: altered((clock) => ({
      setTimeout(callback, ms) {
        clock.setTimeout(callback, ms);
        return { [Symbol.dispose]() {} };
      },
    })),
    complaint: "not call back what was disposed of: it called what another callback had disposed of",
  },
  {
    name: "takes timers with one callback for one timer",
    cases: altered((clock) => {
      const timers = new Map<() => void, Disposable[]>();
      return {
        setTimeout(callback, ms) {
          timers.set(callback, [...timers.get(callback) ?? [], clock.setTimeout(callback, ms)]);
          return {
            [Symbol.dispose]: () => timers.get(callback)?.forEach((timer) => timer[Symbol.dispose]()),
          };
        },
      };
    }),
    complaint: "of two timers with one callback, one disposed of, 0 called",
  },
  {
    name: "uses the places of timers that are over for new ones",
    cases: altered((clock) => {
      const places: (Disposable | undefined)[] = [];
      return {
        setTimeout(callback, ms) {
          const free = places.indexOf(undefined);
          const place = free === -1 ? places.length : free;
          places[place] = clock.setTimeout(() => {
            callback();
            places[place] = undefined;
          }, ms);
          return {
            [Symbol.dispose]() {
              places[place]?.[Symbol.dispose]();
              places[place] = undefined;
            },
          };
        },
      };
    }),
    complaint:
      "more than once: of two timers, 1 called: disposing of one that is over must not touch the other",
  },
  {
    name: "is deaf while it calls back",
    cases: altered((clock) => {
      let isCalling = false;
      return {
        setTimeout(callback, ms) {
          if (isCalling) return { [Symbol.dispose]() {} };
          return clock.setTimeout(() => {
            isCalling = true;
            callback();
            isCalling = false;
          }, ms);
        },
      };
    }),
    complaint: "lets a callback set another timer: 5 calls, each set by the one before, became 1",
  },
  {
    name: "cannot count past 31 bits",
    cases: altered((clock) => ({ setTimeout: (callback, ms) => clock.setTimeout(callback, ms | 0) })),
    complaint: "delays of more than four weeks: it called at once: the delay has overflowed",
  },
]);
