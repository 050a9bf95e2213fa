import {
  type Attributes,
  context,
  type MeterProvider,
  metrics,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
  type TracerProvider,
} from "@opentelemetry/api";
import { type Clock, systemClock } from "../clock.ts";
import type { Listener } from "../dispatcher.ts";
import type { ShardManager } from "../gateway/mod.ts";
import type { HTTPClient, HTTPClientOptions } from "../http/mod.ts";
import { checkClock, checkObject, checkType } from "../http/option_checks.ts";
import { kindOf } from "../http/shown.ts";
import { ERROR_TYPE, errorAttributes, eventAttributes, eventLabel, markFailed } from "./attributes.ts";
import { Instruments } from "./instruments.ts";
import { ShardWatch } from "./shard_watch.ts";
import { TracedHTTPClient } from "./traced_client.ts";

/** What makes tracers: a `TracerProvider` of OpenTelemetry. */
export interface TracerSource {
  /** Gives the `Tracer` of a library. */
  getTracer(name: string, version?: string): object;
}

/** What makes meters: a `MeterProvider` of OpenTelemetry. */
export interface MeterSource {
  /** Gives the `Meter` of a library. */
  getMeter(name: string, version?: string): object;
}

/** Options of {@linkcode Telemetry}. */
export interface TelemetryOptions {
  /** Who gets spans. The provider that the program has registered by default. */
  readonly tracerProvider?: TracerSource | undefined;
  /** Who gets metrics. The provider that the program has registered by default. */
  readonly meterProvider?: MeterSource | undefined;
  /** What durations are measured by. */
  readonly clock?: Clock | undefined;
}

/** Options of {@linkcode Telemetry.watch}. */
export interface WatchOptions {
  /** Whether events are counted by name: this listens to all of them. `false` by default. */
  readonly countEvents?: boolean | undefined;
}

/**
 * Gives spans and metrics of a bot to OpenTelemetry. Register the provider first, if there is none yet.
 *
 * | what       | spans                                                                | metrics                                                                                                    |
 * | ---------- | -------------------------------------------------------------------- | ---------------------------------------------------------------------------------------------------------- |
 * | requests   | `request POST /channels/{channel_id}/messages`, below it one each try | `http.client.request.duration`, `nextcore.http.queue.duration`, `.rate_limited`, `.pending`, `.invalid`, `.buckets` |
 * | shards     | `connect shard`, from the socket to the session                       | `nextcore.shard.count`, `.heartbeat.duration`, `.disconnects`, `.sessions`                                 |
 * | handlers   | `process MESSAGE_CREATE`, the parent of the requests made in it       | `messaging.process.duration`, `messaging.client.consumed.messages`                                         |
 *
 * Names and attributes are those of OpenTelemetry's conventions for HTTP clients and messaging, else begin with
 * `nextcore.`. Paths are templates: no id, no token, no content and no error message is given away, for which
 * `url.full` is missing. Spans that the runtime's own `fetch` makes have it: a client that was made here keeps them
 * out, or empty (a span `fetch` of no length, unless `OTEL_TRACES_SAMPLER` is `parentbased_always_on`). Where you give
 * it another `fetch`, that is up to you.
 *
 * @example
 * ```ts
 * import { BotAuthentication, Intents, ShardManager } from "@nextsnake/nextcore";
 * import { Telemetry } from "@nextsnake/nextcore/otel";
 *
 * const telemetry = new Telemetry();
 * await using http = telemetry.createHTTPClient();
 * await using manager = new ShardManager(new BotAuthentication("a.b.c"), Intents.GuildMessages, http);
 * telemetry.watch(manager);
 *
 * manager.listen("MESSAGE_CREATE", telemetry.handler((message) => {
 *   console.log(message.id); // Requests made here are children of the span "process MESSAGE_CREATE".
 * }));
 * // await manager.connect();
 * ```
 */
export class Telemetry {
  readonly #instruments: Instruments;

  /** Takes the providers; makes every metric once. */
  constructor(options: TelemetryOptions = {}) {
    checkOptions(options);
    const { tracerProvider, meterProvider, clock = systemClock } = options;
    const tracers = tracerProvider as TracerProvider | undefined;
    const meters = meterProvider as MeterProvider | undefined;
    this.#instruments = new Instruments(
      tracers ?? trace.getTracerProvider(),
      meters ?? metrics.getMeterProvider(),
      clock,
    );
  }

  /** Makes an `HTTPClient` whose requests have spans and metrics; a manager's requests too, when it is given one. */
  createHTTPClient(options: HTTPClientOptions = {}): HTTPClient {
    return new TracedHTTPClient(options, this.#instruments);
  }

  /** Tells of the shards of a manager, until it is closed or the result is disposed of. Call it before you connect. */
  watch(manager: ShardManager, options: WatchOptions = {}): Disposable {
    if (typeof manager?.status !== "function" || typeof manager.rawDispatcher?.listen !== "function") {
      throw new TypeError("Cannot watch: the first argument must be a ShardManager");
    }
    checkObject("The options", options, "{ countEvents: true }");
    checkType("countEvents", options.countEvents, "boolean");
    return new ShardWatch(manager, this.#instruments, options.countEvents ?? false);
  }

  /** Makes a listener each of whose calls is a span, the root of a trace of its own. What it throws is thrown on. */
  handler<Payload, Context extends object>(listener: Listener<Payload, Context>): Listener<Payload, Context> {
    if (typeof listener !== "function") {
      throw new TypeError(`A handler must be a function, got ${kindOf(listener)}`);
    }
    return (payload, event) => {
      const shard = "shard" in event ? event.shard : undefined;
      const shardId = typeof shard === "object" && shard !== null && "id" in shard
        ? Number(shard.id)
        : undefined;
      const attributes = shardId === undefined ? {} : { "nextcore.shard.id": shardId };
      const span = this.#begin(event.type, true, attributes);
      return this.#within(span, event.type, ROOT_CONTEXT, () => listener(payload, event));
    };
  }

  /**
   * Calls `act` in a span, for the body of a loop over events: the span ends when the result has settled.
   *
   * Where another span is active, it is the parent.
   *
   * @example
   * ```ts
   * import { Telemetry } from "@nextsnake/nextcore/otel";
   *
   * const telemetry = new Telemetry();
   * for (const message of [{ content: "ping" }]) { // for await (const message of manager.events("MESSAGE_CREATE"))
   *   await telemetry.run("MESSAGE_CREATE", async () => {
   *     await Promise.resolve(message);
   *   });
   * }
   * ```
   */
  run<Result>(name: string, act: () => Result): Result {
    if (typeof name !== "string") {
      throw new TypeError(`The name of an event must be a string, got ${kindOf(name)}`);
    }
    if (typeof act !== "function") throw new TypeError(`What is run must be a function, got ${kindOf(act)}`);
    return this.#within(this.#begin(name, false, {}), name, context.active(), act);
  }

  #begin(name: string, isRoot: boolean, more: Attributes): Span {
    const attributes = { ...eventAttributes(name), ...more };
    const options = { kind: SpanKind.CONSUMER, root: isRoot, attributes };
    return this.#instruments.tracer.startSpan(`process ${eventLabel(name)}`, options);
  }

  #within<Result>(span: Span, name: string, outside: typeof ROOT_CONTEXT, act: () => Result): Result {
    const { clock, processDuration } = this.#instruments;
    const startedAt = clock.now();
    const end = (failure: Attributes): void => {
      if (ERROR_TYPE in failure) markFailed(span, failure);
      span.end();
      processDuration.record((clock.now() - startedAt) / 1000, { ...eventAttributes(name), ...failure });
    };
    try {
      const result = context.with(trace.setSpan(outside, span), act);
      if (isThenable(result)) result.then(() => end({}), (error: unknown) => end(errorAttributes(error)));
      else end({});
      return result;
    } catch (error) {
      end(errorAttributes(error));
      throw error;
    }
  }
}

function checkOptions(options: TelemetryOptions): void {
  checkObject("The options", options, "{ tracerProvider }");
  const { tracerProvider, meterProvider, clock } = options;
  if (tracerProvider !== undefined && typeof tracerProvider?.getTracer !== "function") {
    throw new TypeError(
      "tracerProvider must be a TracerProvider of OpenTelemetry: an object with getTracer()",
    );
  }
  if (meterProvider !== undefined && typeof meterProvider?.getMeter !== "function") {
    throw new TypeError("meterProvider must be a MeterProvider of OpenTelemetry: an object with getMeter()");
  }
  if (clock !== undefined) checkClock(clock);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
