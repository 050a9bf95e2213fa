import type { ShardState, ShardStatus } from "../gateway/mod.ts";
import { checkedCount, checkList } from "../http/option_checks.ts";
import type { MetricFamily, MetricSample } from "./exposition.ts";

/** Options of {@linkcode gatewayMetrics}. */
export interface GatewayMetricsOptions {
  /** Up to how many shards each has numbers of its own, by default 256. Those of all together are always there. */
  readonly shardLimit?: number;
}

/** All states, so that each is told of also when no shard is in it. */
const STATES: Readonly<Record<ShardState, number>> = {
  idle: 0,
  backoff: 0,
  connecting: 0,
  awaitingHello: 0,
  awaitingPermit: 0,
  identifying: 0,
  resuming: 0,
  ready: 0,
  dead: 0,
};
const SHARD_LIMIT = 256;
/** More reasons to reconnect than the library has; close codes are among them. */
const REASON_LIMIT = 64;
const PERCENTILES = [50, 95, 100] as const;

type Reading = (status: ShardStatus) => number | undefined;

/** What is counted up or measured for each shard: the name after `nextcore_shard_` and `nextcore_gateway_`. */
const READINGS: readonly (readonly [string, "counter" | "gauge", string, Reading])[] = [
  ["events", "counter", "Events delivered.", ({ received }) => received],
  ["events_skipped", "counter", "Events that came twice and were left out.", ({ skipped }) => skipped],
  ["connections", "counter", "Connections opened.", ({ connections }) => connections],
  ["identifies", "counter", "New sessions asked for.", ({ identifies }) => identifies],
  ["resumes", "counter", "Sessions resumed.", ({ resumes }) => resumes],
  ["queued_payloads", "gauge", "Payloads that wait to be sent.", ({ queued }) => queued],
];
const OF_ONE: typeof READINGS = [
  ["up", "gauge", "Whether the shard is ready.", ({ state }) => Number(state === "ready")],
  ["latency_seconds", "gauge", "What the last heartbeat took.", ({ latencyMs }) => seconds(latencyMs)],
  ["session_age_seconds", "gauge", "Age of the session.", ({ sessionAgeMs }) => seconds(sessionAgeMs)],
];

/** What `manager.status()` tells, as numbers. Counters begin anew where shards are replaced. */
export function gatewayMetrics(
  shards: readonly ShardStatus[],
  { shardLimit = SHARD_LIMIT }: GatewayMetricsOptions = {},
): MetricFamily[] {
  checkList("The shards", shards, "manager.status()");
  checkedCount("shardLimit", shardLimit);
  const counts = { ...STATES };
  for (const { state } of shards) counts[state] += 1;
  const families: MetricFamily[] = [
    family("nextcore_shards", "gauge", "Shards in each state.", labelled("state", Object.entries(counts))),
    family(
      "nextcore_gateway_reconnects",
      "counter",
      "Connections lost or left.",
      labelled("reason", reasons(shards)),
    ),
    family(
      "nextcore_gateway_latency_seconds",
      "gauge",
      "What the last heartbeats took.",
      latencies(shards),
    ),
  ];
  for (const [name, type, help, read] of READINGS) {
    const value = shards.reduce((sum, shard) => sum + (read(shard) ?? 0), 0);
    families.push(family(`nextcore_gateway_${name}`, type, help, [{ value }]));
  }
  if (shards.length > shardLimit) return families;
  for (const [name, type, help, read] of [...OF_ONE, ...READINGS]) {
    const known = shards.flatMap((shard): [string, number][] => {
      const value = read(shard);
      return value === undefined ? [] : [[String(shard.id), value]];
    });
    families.push(family(`nextcore_shard_${name}`, type, help, labelled("shard", known)));
  }
  return families;
}

function family(
  name: string,
  type: MetricFamily["type"],
  help: string,
  samples: readonly MetricSample[],
): MetricFamily {
  return { name, type, help, samples };
}

function labelled(label: string, values: readonly (readonly [string, number])[]): MetricSample[] {
  return values.map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function reasons(shards: readonly ShardStatus[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { reconnects } of shards) {
    for (const [reason, count] of Object.entries(reconnects)) {
      const name = counts.has(reason) || counts.size < REASON_LIMIT ? reason : "other";
      counts.set(name, (counts.get(name) ?? 0) + count);
    }
  }
  return [...counts];
}

function latencies(shards: readonly ShardStatus[]): MetricSample[] {
  const known = shards.flatMap(({ latencyMs }) => latencyMs === undefined ? [] : [latencyMs / 1000])
    .sort((one, other) => one - other);
  return PERCENTILES.flatMap((percentile) => {
    const value = known[Math.max(0, Math.ceil(known.length * percentile / 100) - 1)];
    return value === undefined ? [] : [{ labels: { percentile: String(percentile) }, value }];
  });
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
