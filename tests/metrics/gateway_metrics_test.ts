import { assertEquals } from "@std/assert";
import type { ShardStatus } from "../../gateway/mod.ts";
import { formatMetrics } from "../../metrics/exposition.ts";
import { gatewayMetrics } from "../../metrics/gateway_metrics.ts";
import { parseExposition, valuesOf } from "./parse_exposition.ts";

Deno.test("gatewayMetrics tells of every state, also of those that no shard is in", () => {
  const shards = [shard(0), shard(1, { state: "backoff", latencyMs: undefined })];
  const states = valuesOf(read(shards), "nextcore_shards");
  assertEquals(Object.keys(states).length, 9);
  assertEquals([states.ready, states.backoff, states.dead], [1, 1, 0]);
});

Deno.test("gatewayMetrics adds up what shards count, and tells of each", () => {
  const families = read([
    shard(0, { received: 3, reconnects: { "Closed with 1006": 2 } }),
    shard(1, { received: 4, reconnects: { "Closed with 1006": 1, "op 7": 1 } }),
  ]);
  assertEquals(valuesOf(families, "nextcore_gateway_events_total"), { "": 7 });
  assertEquals(valuesOf(families, "nextcore_shard_events_total"), { 0: 3, 1: 4 });
  assertEquals(valuesOf(families, "nextcore_gateway_reconnects_total"), { "Closed with 1006": 3, "op 7": 1 });
  assertEquals(valuesOf(families, "nextcore_shard_up"), { 0: 1, 1: 1 });
});

Deno.test("gatewayMetrics tells latencies in seconds, and leaves unknown ones out", () => {
  const shards = Array.from({ length: 101 }, (_, id) => shard(id, { latencyMs: id === 0 ? undefined : id }));
  const families = read(shards);
  assertEquals(valuesOf(families, "nextcore_gateway_latency_seconds"), { 50: 0.05, 95: 0.095, 100: 0.1 });
  assertEquals(valuesOf(families, "nextcore_shard_latency_seconds")[0], undefined);
  assertEquals(valuesOf(families, "nextcore_shard_latency_seconds")[100], 0.1);
});

Deno.test("gatewayMetrics leaves single shards out above shardLimit, and other reasons above 64", () => {
  const shards = Array.from({ length: 300 }, (_, id) => shard(id, { reconnects: { [`reason ${id}`]: 1 } }));
  const families = read(shards);
  assertEquals(families.filter(({ name }) => name.startsWith("nextcore_shard_")), []);
  const reasons = valuesOf(families, "nextcore_gateway_reconnects_total");
  assertEquals([Object.keys(reasons).length, reasons.other], [65, 236]);
  assertEquals(gatewayMetrics(shards, { shardLimit: 300 }).length > families.length, true);
});

function read(shards: readonly ShardStatus[]) {
  return parseExposition(formatMetrics(gatewayMetrics(shards)));
}

function shard(id: number, given: Partial<ShardStatus> = {}): ShardStatus {
  return {
    id,
    state: "ready",
    latencyMs: 10,
    sequence: 1,
    sessionAgeMs: 1000,
    queued: 0,
    received: 0,
    skipped: 0,
    reconnects: {},
    connections: 1,
    identifies: 1,
    resumes: 0,
    bytesReceived: 0,
    bytesInflated: 0,
    ...given,
  };
}
