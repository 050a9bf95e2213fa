import type { Clock } from "../clock.ts";
import type { GlobalRateLimiter } from "./global_rate_limiter.ts";
import {
  checkClock,
  checkedCount,
  checkedMs,
  checkedTimeMs,
  checkObject,
  checkType,
} from "./option_checks.ts";
import { checkedBaseUrl } from "./request_head.ts";
import type { ReservationStore } from "./reservations.ts";
import { kindOf, shown } from "./shown.ts";

/** Options of {@linkcode HTTPClient}. */
export interface HTTPClientOptions {
  /** Where Discord's API is, with its version; for proxies and tests. `https://discord.com/api/v10` by default. */
  readonly baseUrl?: string | undefined;
  /** Milliseconds for one attempt, from sending to the answer. 60,000 by default. */
  readonly timeoutMs?: number | undefined;
  /** How often a request is sent again that was refused for its rate. 10 by default. */
  readonly maxRateLimitRetries?: number | undefined;
  /** How often a request is sent again after a failure that allows it. 3 by default. */
  readonly maxRetries?: number | undefined;
  /** Whether this machine's clock is right: then resets are taken from dates. `false` by default. */
  readonly trustLocalTime?: boolean | undefined;
  /** Makes the global limit of each owner of limits; `null` is what is sent without credentials. */
  readonly globalRateLimiter?: ((rateLimitKey: string | null) => GlobalRateLimiter) | undefined;
  /** Counts limits together with other clients, for each owner of limits; `undefined` for those that are counted here only. */
  readonly reservations?: ((rateLimitKey: string | null) => ReservationStore | undefined) | undefined;
  /** In how many milliseconds of waiting a priority improves by 1; 0 for never. 5,000 by default. */
  readonly agingMs?: number | undefined;
  /**
   * How many requests may be under way at once, those that wait for their limits included. 100,000 by default.
   *
   * Beyond it a request rejects with a {@linkcode RequestOverflowError}, unless it answers an interaction.
   */
  readonly maxPending?: number | undefined;
  /** At so many invalid requests in ten minutes all but callbacks of interactions wait. No limit by default. */
  readonly maxInvalidRequests?: number | undefined;
  /** At which counts `invalidRequests` is dispatched; by default at each. */
  readonly invalidRequestThresholds?: readonly number[] | undefined;
  /**
   * What sends; the runtime's own by default.
   *
   * A function around Deno's `fetch` gets bodies as texts or bytes, and Deno sends such a request twice when a connection
   * that was kept alive dies under it, also a `POST`: use a client made with `poolMaxIdlePerHost: 0`, or pass bodies on as
   * `Blob`s or streams, which cannot be sent twice. Without this option the library takes care of that.
   */
  readonly fetch?: typeof fetch | undefined;
  /** The clock. */
  readonly clock?: Clock | undefined;
  /** Numbers from 0 to 1, for the waits after failures. */
  readonly random?: (() => number) | undefined;
  /** How to introduce itself, instead of by the library's name. Discord asks for `DiscordBot (<url>, <version>)`. */
  readonly userAgent?: string | undefined;
}

/** What a header may hold: whatever else could end it and begin another. */
const USER_AGENT = /^[\x20-\x7e]+$/;

/** Throws a `TypeError` or `RangeError` that says which option of a client is wrong, and what it must be. */
export function checkClientOptions(options: HTTPClientOptions): void {
  checkObject("The options of an HTTPClient", options, "{ timeoutMs: 10_000 }");
  const { baseUrl, timeoutMs, agingMs, userAgent, clock, invalidRequestThresholds } = options;
  if (baseUrl !== undefined) checkedBaseUrl(baseUrl);
  if (timeoutMs !== undefined) checkedTimeMs("timeoutMs", timeoutMs);
  if (agingMs !== undefined) checkedMs("agingMs", agingMs);
  for (const name of ["maxRateLimitRetries", "maxRetries", "maxInvalidRequests"] as const) {
    if (options[name] !== undefined) checkedCount(name, options[name]);
  }
  for (const name of ["globalRateLimiter", "reservations", "fetch", "random"] as const) {
    checkType(name, options[name], "function");
  }
  if (options.maxPending !== undefined) checkedCount("maxPending", options.maxPending, 1);
  checkType("trustLocalTime", options.trustLocalTime, "boolean");
  checkType("userAgent", userAgent, "string");
  if (userAgent !== undefined && !USER_AGENT.test(userAgent)) {
    throw new TypeError(
      `userAgent is ${
        shown(userAgent)
      }, it must be one line of ASCII: as in "DiscordBot (https://example.com, 1.0)"`,
    );
  }
  if (clock !== undefined) checkClock(clock);
  if (invalidRequestThresholds !== undefined) checkThresholds(invalidRequestThresholds);
}

function checkThresholds(thresholds: readonly number[]): void {
  if (!Array.isArray(thresholds)) {
    throw new TypeError(
      `invalidRequestThresholds must be a list of numbers such as [1000, 5000], got ${kindOf(thresholds)}`,
    );
  }
  for (const one of thresholds) checkedCount("One of invalidRequestThresholds", one, 1);
}
