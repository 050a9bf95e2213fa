import type {
  Counter,
  Histogram,
  Meter,
  MeterProvider,
  ObservableResult,
  Tracer,
  TracerProvider,
} from "@opentelemetry/api";
import type { Clock } from "../clock.ts";
import type { ShardManager } from "../gateway/mod.ts";
import type { HTTPClient } from "../http/mod.ts";

/** What OpenTelemetry advises for the durations of requests and of handlers, in seconds. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const SCOPE = "@nextsnake/nextcore";

/** Where everything is given to: one tracer, and each metric once. */
export class Instruments {
  readonly tracer: Tracer;
  readonly clock: Clock;
  /** Those whose state is observed: several clients or managers are told of together. */
  readonly clients: Set<HTTPClient> = new Set();
  readonly managers: Set<ShardManager> = new Set();
  readonly requestDuration: Histogram;
  readonly queueDuration: Histogram;
  readonly rateLimited: Counter;
  readonly processDuration: Histogram;
  readonly consumed: Counter;
  readonly heartbeat: Histogram;
  readonly disconnects: Counter;
  readonly sessions: Counter;

  constructor(tracers: TracerProvider, meters: MeterProvider, clock: Clock) {
    const meter = meters.getMeter(SCOPE);
    this.tracer = tracers.getTracer(SCOPE);
    this.clock = clock;
    this.requestDuration = histogram(
      meter,
      "http.client.request.duration",
      "Duration of HTTP client requests.",
    );
    this.queueDuration = histogram(
      meter,
      "nextcore.http.queue.duration",
      "Waits before a request was sent, for limits above all.",
    );
    this.rateLimited = meter.createCounter("nextcore.http.rate_limited", {
      description: "Rate limits that requests met.",
      unit: "{request}",
    });
    this.processDuration = histogram(
      meter,
      "messaging.process.duration",
      "Duration of processing operation.",
    );
    this.consumed = meter.createCounter("messaging.client.consumed.messages", {
      description: "Number of messages that were delivered to the application.",
      unit: "{message}",
    });
    this.heartbeat = histogram(meter, "nextcore.shard.heartbeat.duration", "What heartbeats took.");
    this.disconnects = meter.createCounter("nextcore.shard.disconnects", {
      description: "Connections that have ended.",
      unit: "{connection}",
    });
    this.sessions = meter.createCounter("nextcore.shard.sessions", {
      description: "Sessions begun, resumed and lost.",
      unit: "{session}",
    });
    this.#observe(meter);
  }

  #observe(meter: Meter): void {
    const gauge = (
      name: string,
      unit: string,
      description: string,
      read: (result: ObservableResult) => void,
    ) => meter.createObservableUpDownCounter(name, { unit, description }).addCallback(read);
    gauge("nextcore.shard.count", "{shard}", "Shards in each state.", (result) => {
      const counts = new Map<string, number>();
      for (const { state } of [...this.managers].flatMap(({ activeShards }) => activeShards)) {
        counts.set(state, (counts.get(state) ?? 0) + 1);
      }
      for (const [state, count] of counts) result.observe(count, { "nextcore.shard.state": state });
    });
    gauge("nextcore.http.pending", "{request}", "Requests that are not settled.", (result) => {
      result.observe(sum([...this.clients].map((client) => client.status().pending)));
    });
    gauge("nextcore.http.invalid", "{request}", "Requests answered by 401, 403 or 429 of late.", (result) => {
      result.observe(sum([...this.clients].map((client) => client.status().invalidRequests)));
    });
    gauge("nextcore.http.buckets", "{bucket}", "Rate limit buckets that are remembered.", (result) => {
      result.observe(sum([...this.clients].map(({ bucketCount }) => bucketCount)));
    });
  }
}

function histogram(meter: Meter, name: string, description: string): Histogram {
  return meter.createHistogram(name, {
    description,
    unit: "s",
    advice: { explicitBucketBoundaries: DURATIONS },
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
