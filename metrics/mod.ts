/**
 * What an operator looks at: `/metrics` for Prometheus, and whether the bot lives and is ready.
 *
 * An entry point of its own, which needs nothing but `Request` and `Response`: see {@linkcode metricsHandler}.
 *
 * @module
 */
export { formatMetrics, type MetricFamily, type MetricSample, type MetricsFormat } from "./exposition.ts";
export { gatewayMetrics, type GatewayMetricsOptions } from "./gateway_metrics.ts";
export { checkHealth, type Health, type HealthOptions } from "./health.ts";
export { httpMetrics } from "./http_metrics.ts";
export { metricsHandler, type MetricsOptions } from "./metrics_handler.ts";
export { routeLabel } from "./route_label.ts";
