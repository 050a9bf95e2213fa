import type { ShardManager } from "../gateway/mod.ts";
import type { HTTPClient } from "../http/mod.ts";
import { checkObject, checkSignal, checkType } from "../http/option_checks.ts";
import { formatMetrics, type MetricFamily, type MetricsFormat } from "./exposition.ts";
import { gatewayMetrics, type GatewayMetricsOptions } from "./gateway_metrics.ts";
import { checkHealth, type Health, type HealthOptions } from "./health.ts";
import { httpMetrics } from "./http_metrics.ts";
import { routeLabel } from "./route_label.ts";
import { Counter, Histogram } from "./tally.ts";

/** Options of {@linkcode metricsHandler}. */
export interface MetricsOptions extends HealthOptions, GatewayMetricsOptions {
  /** The manager whose shards are told of. */
  readonly manager?: Pick<ShardManager, "status" | "closed" | "eventDispatcher"> | undefined;
  /** The client whose requests are told of. */
  readonly http?: Pick<HTTPClient, "status" | "dispatcher"> | undefined;
  /** Numbers of your own, asked for each time. */
  readonly families?: (() => readonly MetricFamily[]) | undefined;
  /** Whether events are counted by name: this listens to all of them. `false` by default. */
  readonly countEvents?: boolean | undefined;
  /** Stops counting. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes what answers an operator's questions: a function from `Request` to `Response`, for `Deno.serve` and the like.
 *
 * - `GET /metrics`: numbers for Prometheus, or as OpenMetrics for who asks for that. Their names begin with `nextcore_`.
 * - `GET /livez`: 200, or 503 when a shard has failed for good: restart the bot.
 * - `GET /readyz`: 200, or 503 while too few shards are ready. Both answer with `reasons` as JSON.
 *
 * It counts from the call on, and until the manager and the client are closed or `signal` aborts. No label holds an id or
 * a token, and there are at most 500 combinations of labels for each name. Serve it where strangers can't reach it.
 *
 * @example
 * ```ts
 * import { BotAuthentication, HTTPClient, Intents, ShardManager } from "@nextsnake/nextcore";
 * import { metricsHandler } from "@nextsnake/nextcore/metrics";
 *
 * await using http = new HTTPClient();
 * await using manager = new ShardManager(new BotAuthentication("a.b.c"), Intents.Guilds, http);
 * const handler = metricsHandler({ manager, http });
 * // Deno.serve({ port: 9090, hostname: "127.0.0.1" }, handler);
 *
 * const response = handler(new Request("http://127.0.0.1:9090/readyz"));
 * console.log(response.status, await response.json()); // 503, and that no shard runs
 * ```
 */
export function metricsHandler(options: MetricsOptions): (request: Request) => Response {
  checkOptions(options);
  const { manager, http } = options;
  const counted = [...countRequests(options), ...countEvents(options)];
  let hasFailed = false;
  manager?.closed.catch(() => hasFailed = true);
  const families = (): MetricFamily[] => [
    ...(manager === undefined ? [] : gatewayMetrics(manager.status(), options)),
    ...(http === undefined ? [] : httpMetrics(http.status())),
    ...counted.map((one) => one.family()),
    ...(options.families?.() ?? []),
  ];
  return (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("Only GET and HEAD\n", { status: 405, headers: { Allow: "GET, HEAD" } });
    }
    const { pathname } = new URL(request.url);
    if (pathname === "/metrics") return metricsResponse(families(), formatFor(request));
    if (pathname !== "/livez" && pathname !== "/readyz") {
      return new Response("There are /metrics, /livez and /readyz\n", { status: 404 });
    }
    const health = healthOf(options, hasFailed);
    return healthResponse(health, pathname === "/livez" ? health.isLive : health.isReady);
  };
}

function checkOptions(options: MetricsOptions): void {
  checkObject("The options", options, "{ manager, http }");
  const { manager, http, signal } = options;
  checkHealth([], options);
  gatewayMetrics([], options);
  const isManager = typeof manager?.status === "function" && typeof manager.closed?.then === "function" &&
    typeof manager.eventDispatcher?.listen === "function";
  if (manager !== undefined && !isManager) {
    throw new TypeError("manager must be a ShardManager: an object with status()");
  }
  const isClient = typeof http?.status === "function" && typeof http.dispatcher?.listen === "function";
  if (http !== undefined && !isClient) {
    throw new TypeError("http must be an HTTPClient: an object with status()");
  }
  checkType("families", options.families, "function");
  checkType("countEvents", options.countEvents, "boolean");
  if (signal !== undefined) checkSignal(signal);
}

function healthOf({ manager, readyShare = 1 }: MetricsOptions, hasFailed: boolean): Health {
  if (hasFailed) {
    return { isLive: false, isReady: false, reasons: ["The manager has failed for good: see its log"] };
  }
  return manager === undefined
    ? { isLive: true, isReady: true, reasons: [] }
    : checkHealth(manager.status(), { readyShare });
}

function healthResponse({ reasons }: Health, isGood: boolean): Response {
  const body = { status: isGood ? "ok" : "unavailable", reasons };
  return Response.json(body, { status: isGood ? 200 : 503, headers: { "Cache-Control": "no-store" } });
}

function formatFor(request: Request): MetricsFormat {
  const accept = request.headers.get("Accept") ?? "";
  return accept.includes("application/openmetrics-text") ? "openmetrics" : "prometheus";
}

function metricsResponse(families: readonly MetricFamily[], format: MetricsFormat): Response {
  return new Response(formatMetrics(families, format), {
    headers: { "Content-Type": MEDIA_TYPES[format], "Cache-Control": "no-store" },
  });
}

const MEDIA_TYPES: Readonly<Record<MetricsFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

function countRequests({ http, signal }: MetricsOptions): (Counter | Histogram)[] {
  if (http === undefined) return [];
  const answers = new Counter("nextcore_http_requests", "Answers, by status.");
  const durations = new Histogram("nextcore_http_request_duration_seconds", "From sending to the answer.");
  const waits = new Histogram("nextcore_http_queue_duration_seconds", "Waits before a request was sent.");
  const limits = new Counter("nextcore_http_rate_limited", "Rate limits that requests met.");
  http.dispatcher.listen("requestResponse", ({ method, route, status, headersMs, queuedMs }) => {
    const labels = { method, route: routeLabel(route) };
    answers.add({ ...labels, status: String(status) });
    durations.add(labels, headersMs);
    waits.add({}, queuedMs);
  }, { signal });
  http.dispatcher.listen("rateLimited", ({ scope, isForeseen }) => {
    limits.add({ scope, foreseen: String(isForeseen) });
  }, { signal });
  return [answers, durations, waits, limits];
}

function countEvents({ manager, countEvents: isWanted = false, signal }: MetricsOptions): Counter[] {
  if (manager === undefined || !isWanted) return [];
  const events = new Counter("nextcore_events", "Events delivered, by name.");
  manager.eventDispatcher.listen((name) => {
    // Names come from the network.
    events.add({ event: /^[A-Z_]{1,64}$/.test(String(name)) ? String(name) : "other" });
  }, { signal });
  return [events];
}
