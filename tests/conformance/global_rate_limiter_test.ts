import { assertThrows } from "@std/assert";
import { type Clock, sleep } from "../../clock.ts";
import {
  type GlobalPermit,
  type GlobalRateLimiter,
  LimitedGlobalRateLimiter,
} from "../../http/global_rate_limiter.ts";
import { globalRateLimiterConformance } from "../../testing/conformance/global_rate_limiter_conformance.ts";
import { testConformance, testFaults } from "./conformance_tests.ts";

/** The limiter that is right, with something of it done wrong. */
function altered(alter: (limiter: LimitedGlobalRateLimiter, clock: Clock) => Partial<GlobalRateLimiter>) {
  return globalRateLimiterConformance({
    create(clock, limit) {
      const limiter = new LimitedGlobalRateLimiter(limit, { clock });
      return {
        waitMs: () => limiter.waitMs(),
        acquire: (options) => limiter.acquire(options),
        update: (retryAfterMs) => limiter.update(retryAfterMs),
        close: (reason) => limiter.close(reason),
        ...alter(limiter, clock),
      };
    },
  });
}

/** The limiter that is right, with something of its permits done wrong. */
function alteredPermits(alter: (permit: GlobalPermit) => Partial<GlobalPermit>) {
  return altered((limiter) => ({
    async acquire(options) {
      const permit = await limiter.acquire(options);
      return {
        send: () => permit.send(),
        release: (roundTripMs) => permit.release(roundTripMs),
        ...alter(permit),
      };
    },
  }));
}

const free: GlobalPermit = { send() {}, release() {} };

testConformance(
  "LimitedGlobalRateLimiter",
  globalRateLimiterConformance({
    create: (clock, limit) => new LimitedGlobalRateLimiter(limit, { clock }),
  }),
);

testFaults("GlobalRateLimiter", [
  {
    name: "lets one more go than it should",
    cases: globalRateLimiterConformance({
      create: (clock, limit) => new LimitedGlobalRateLimiter(limit + 1, { clock }),
    }),
    complaint: "more requests than the limit (B6.1): 7 requests went within 0 ms",
  },
  {
    name: "lets one go at a time",
    cases: globalRateLimiterConformance({ create: (clock) => new LimitedGlobalRateLimiter(1, { clock }) }),
    complaint:
      "as many turns at once as the limit has (A7): 6 turns that are free did not come within 600 ms",
  },
  {
    name: "keeps what was not used",
    cases: alteredPermits(() => ({ release() {} })),
    complaint: "and only once (B6.2): the turn that was given back did not come within 600 ms",
  },
  {
    name: "takes a turn back twice",
    cases: altered((limiter) => {
      const extra = Promise.withResolvers<GlobalPermit>();
      return {
        async acquire(options) {
          let isOver = false;
          const permit = await Promise.race([limiter.acquire(options), extra.promise]);
          return {
            send: () => permit.send(),
            release(roundTripMs) {
              if (isOver) extra.resolve(free);
              isOver = true;
              permit.release(roundTripMs);
            },
          };
        },
      };
    }),
    complaint: "and only once (B6.2): a turn that was given back twice was given out twice",
  },
  {
    name: "takes back what was used",
    cases: alteredPermits(() => ({ send() {} })),
    complaint: "no turn back that was used (B6.2): a turn that was used was given out again",
  },
  {
    name: "knows no priorities",
    cases: altered((limiter) => ({ acquire: ({ signal } = {}) => limiter.acquire({ signal }) })),
    complaint: "by place and priority, went 0 (1), 1 (0), 2 (-1), 3 (0)",
  },
  {
    name: "serves the last of equals first",
    cases: altered((limiter) => {
      let sequence = 0;
      return { acquire: (options) => limiter.acquire({ ...options, sequence: sequence-- }) };
    }),
    complaint: "by place and priority, went 2 (-1), 3 (0), 1 (0), 0 (1)",
  },
  {
    name: "lets nobody leave",
    cases: altered((limiter) => ({ acquire: ({ priority } = {}) => limiter.acquire({ priority }) })),
    complaint: "with the reason: instead of a rejection with the reason came a turn",
  },
  {
    name: "gives a turn to who has left",
    cases: altered((limiter) => ({
      acquire(options = {}) {
        const { signal } = options;
        if (signal?.aborted) return Promise.reject(signal.reason);
        return new Promise((resolve, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason));
          Promise.resolve(limiter.acquire({ ...options, signal: undefined })).then(resolve, reject);
        });
      },
    })),
    complaint: "the turns of who asked after one who left did not come",
  },
  {
    name: "does not mind a refusal",
    cases: altered(() => ({ update() {} })),
    complaint: "for as long as it says, and all after it (B6.3): a request went 0 ms after a refusal of 3000",
  },
  {
    name: "never forgets a refusal",
    cases: altered((limiter) => ({ update: (retryAfterMs) => limiter.update(100 * retryAfterMs) })),
    complaint: "and all after it (B6.3): the turns of who waits for the end of a refusal did not come",
  },
  {
    name: "goes by the last refusal",
    cases: altered((limiter, clock) => {
      let opensAt = 0;
      return {
        waitMs: () => Math.max(0, opensAt - clock.now()),
        update(retryAfterMs) {
          opensAt = clock.now() + retryAfterMs;
        },
        async acquire(options) {
          if (opensAt > clock.now()) await sleep(clock, opensAt - clock.now(), options);
          return await limiter.acquire(options);
        },
      };
    }),
    complaint: "two refusals (B6.3): a later, shorter refusal has ended the longer one",
  },
  {
    name: "says that nothing ever waits",
    cases: altered(() => ({ waitMs: () => 0 })),
    complaint: "how long a request would wait (B3.3): after a refusal of 3000 ms, waitMs() is 0",
  },
  {
    name: "is never closed",
    cases: altered(() => ({ close() {} })),
    complaint: "when it is closed: the rejection of who is closed did not come",
  },
]);

Deno.test("globalRateLimiterConformance refuses a tolerance that would let everything pass", () => {
  const create = (): GlobalRateLimiter => new LimitedGlobalRateLimiter();
  assertThrows(() => globalRateLimiterConformance({ create, toleranceMs: 1_000 }), RangeError, "below 1000");
});
