// An OpenTelemetry collector on loopback: takes OTLP over HTTP, as JSON.

/** A span that came. */
export interface ReceivedSpan {
  readonly scope: string;
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly isError: boolean;
}

/** A metric that came. */
export interface ReceivedMetric {
  readonly scope: string;
  readonly name: string;
  readonly unit: string;
  /** The attributes of each of its points. */
  readonly points: readonly Readonly<Record<string, unknown>>[];
}

/** What a collector has got. */
export interface Collector extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
  readonly spans: ReceivedSpan[];
  readonly metrics: ReceivedMetric[];
  /** Everything as it came, logs included. */
  readonly bodies: string[];
}

interface Pair {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface Wire {
  readonly resourceSpans?: readonly { readonly scopeSpans: readonly WireScope[] }[];
  readonly resourceMetrics?: readonly { readonly scopeMetrics: readonly WireScope[] }[];
}

interface WireScope {
  readonly scope: { readonly name: string };
  readonly spans?: readonly WireSpan[];
  readonly metrics?: readonly WireMetric[];
}

interface WireSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: readonly Pair[];
  readonly events: readonly { readonly name: string }[];
  readonly status: { readonly code: number };
}

interface WireMetric {
  readonly name: string;
  readonly unit: string;
  readonly [kind: string]: unknown;
}

/** Starts a collector on a free port. */
export function startCollector(): Collector {
  const spans: ReceivedSpan[] = [];
  const metrics: ReceivedMetric[] = [];
  const bodies: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const body = await request.text();
    bodies.push(body);
    const { resourceSpans = [], resourceMetrics = [] }: Wire = JSON.parse(body);
    for (const { scope, spans: some = [] } of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)) {
      spans.push(...some.map((span) => spanOf(scope.name, span)));
    }
    for (const { scope, metrics: some = [] } of resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics)) {
      metrics.push(...some.map((metric) => metricOf(scope.name, metric)));
    }
    return Response.json({});
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    spans,
    metrics,
    bodies,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function spanOf(scope: string, { attributes, events, status, ...span }: WireSpan): ReceivedSpan {
  const { name, kind, traceId, spanId, parentSpanId } = span;
  return {
    scope,
    name,
    kind,
    traceId,
    spanId,
    parentSpanId,
    attributes: attributesOf(attributes),
    events: events.map((event) => event.name),
    isError: status.code === 2,
  };
}

function metricOf(scope: string, metric: WireMetric): ReceivedMetric {
  const [data] = ["histogram", "sum", "gauge"].map((kind) => metric[kind]).filter((one) => one !== undefined);
  const { dataPoints = [] } = data as { dataPoints?: readonly { attributes: readonly Pair[] }[] };
  const points = dataPoints.map(({ attributes }) => attributesOf(attributes));
  return { scope, name: metric.name, unit: metric.unit, points };
}

function attributesOf(pairs: readonly Pair[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
}
