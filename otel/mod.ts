/**
 * Spans and metrics for OpenTelemetry: of requests, shards and handlers.
 *
 * An entry point of its own, the only one with a dependency: `npm:@opentelemetry/api`. It gives to whatever provider the
 * program has registered, and costs next to nothing where there is none. Deno has one built in: start the bot with
 * `OTEL_DENO=true`. See {@linkcode Telemetry}.
 *
 * @module
 */
export {
  type MeterSource,
  Telemetry,
  type TelemetryOptions,
  type TracerSource,
  type WatchOptions,
} from "./telemetry.ts";
