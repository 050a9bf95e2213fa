import type { HTTPStatus } from "../http/mod.ts";
import type { MetricFamily } from "./exposition.ts";

/** What `http.status()` tells, as numbers: of all owners and buckets together, since there are as many as channels. */
export function httpMetrics({ pending, invalidRequests, limits }: HTTPStatus): MetricFamily[] {
  const owners = [...limits.values()];
  const buckets = owners.flatMap((owner) => owner.buckets);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const gauges: readonly (readonly [string, string, number])[] = [
    ["pending_requests", "Requests that are not settled.", pending],
    ["invalid_requests", "Requests answered by 401, 403 or 429 in the last ten minutes.", invalidRequests],
    ["buckets", "Rate limit buckets that have something to tell.", buckets.length],
    ["waiting_requests", "Requests that wait for a bucket.", sum(buckets.map(({ waiting }) => waiting))],
    [
      "inflight_requests",
      "Requests of buckets that were sent.",
      sum(buckets.map(({ inFlight }) => inFlight)),
    ],
    ["holds", "Refusals that hold a route back.", sum(owners.map(({ holds }) => holds.length))],
    [
      "global_wait_seconds",
      "How long the global limit is closed.",
      owners.reduce((longest, { globalWaitMs }) => Math.max(longest, globalWaitMs), 0) / 1000,
    ],
  ];
  return gauges.map(([name, help, value]) => ({
    name: `nextcore_http_${name}`,
    type: "gauge",
    help,
    samples: [{ value }],
  }));
}
