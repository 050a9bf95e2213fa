import { type Attributes, context, createContextKey, type Span, SpanKind, trace } from "@opentelemetry/api";
import {
  HTTPClient,
  type HTTPClientOptions,
  type HTTPMethod,
  type RequestOptionsOf,
  type ResponseOf,
  Route,
} from "../http/mod.ts";
import { checkObject, checkType } from "../http/option_checks.ts";
import { routeLabel } from "../metrics/mod.ts";
import { ERROR_TYPE, errorAttributes, markFailed } from "./attributes.ts";
import type { Instruments } from "./instruments.ts";
import { quietFetch, streamed } from "./quiet_fetch.ts";

/** Where the current request is found, on its way through the client: the context goes with it through every wait. */
const CURRENT = createContextKey("nextcore: the current request");

/** One request, with all its attempts. */
interface TracedRequest {
  readonly name: string;
  readonly attributes: Attributes;
  attempts: number;
  queuedMs: number;
  globalMs: number;
}

/** An `HTTPClient` that makes a span of each request, and one below for each attempt. */
export class TracedHTTPClient extends HTTPClient {
  readonly #instruments: Instruments;

  constructor(options: HTTPClientOptions, instruments: Instruments) {
    super({ ...options, fetch: tracedFetch(options, instruments) });
    this.#instruments = instruments;
    instruments.clients.add(this);
    this.#listen();
  }

  override request<Template extends string, Method extends HTTPMethod>(
    route: Route<Template, Method>,
    options?: RequestOptionsOf<Method, Template>,
  ): Promise<ResponseOf<Method, Template>> {
    // What is wrong with it is the client's to say.
    if (!(route instanceof Route)) return super.request(route, options);
    return this.#trace(route, () => super.request(route, options));
  }

  override async close(): Promise<void> {
    await super.close();
    this.#instruments.clients.delete(this);
  }

  async #trace<Answer>(route: Route, send: () => Promise<Answer>): Promise<Answer> {
    const request = this.#describe(route);
    const { attributes } = request;
    const span = this.#instruments.tracer.startSpan(`request ${request.name}`, { attributes });
    const inside = trace.setSpan(context.active(), span).setValue(CURRENT, request);
    try {
      return await context.with(inside, send);
    } catch (error) {
      markFailed(span, errorAttributes(error));
      throw error;
    } finally {
      span.setAttributes({
        "nextcore.request.attempts": request.attempts,
        "nextcore.request.queue.duration": request.queuedMs / 1000,
        "nextcore.request.global_queue.duration": request.globalMs / 1000,
      });
      span.end();
    }
  }

  #describe({ method, template }: Route): TracedRequest {
    const { hostname, port, protocol } = new URL(this.baseUrl);
    const label = routeLabel(template);
    const attributes: Attributes = {
      "http.request.method": method,
      "url.template": label,
      "server.address": hostname,
      "server.port": port === "" ? (protocol === "http:" ? 80 : 443) : Number(port),
    };
    return { name: `${method} ${label}`, attributes, attempts: 0, queuedMs: 0, globalMs: 0 };
  }

  #listen(): void {
    const { queueDuration, rateLimited } = this.#instruments;
    this.dispatcher.listen("requestResponse", ({ method, route, queuedMs, globalMs }) => {
      queueDuration.record(queuedMs / 1000, {
        "http.request.method": method,
        "url.template": routeLabel(route),
      });
      const request = currentRequest();
      if (request === undefined) return;
      request.queuedMs += queuedMs;
      request.globalMs += globalMs;
    });
    this.dispatcher.listen("rateLimited", ({ method, route, scope, isForeseen, retryAfterMs }) => {
      const attributes = { "nextcore.limit.scope": scope, "nextcore.limit.is_foreseen": isForeseen };
      rateLimited.add(1, {
        ...attributes,
        "http.request.method": method,
        "url.template": routeLabel(route),
      });
      if (currentRequest() === undefined) return;
      const details = { ...attributes, "nextcore.limit.retry_after": retryAfterMs / 1000 };
      trace.getActiveSpan()?.addEvent("rate_limited", details);
    });
  }
}

function currentRequest(): TracedRequest | undefined {
  return context.active().getValue(CURRENT) as TracedRequest | undefined;
}

/** Each attempt comes by here: its span is a child of its request's. */
function tracedFetch(options: HTTPClientOptions, instruments: Instruments): typeof fetch {
  // The client sees another fetch than the one that was given.
  checkObject("The options of an HTTPClient", options, "{ timeoutMs: 10_000 }");
  checkType("fetch", options.fetch, "function");
  const { fetch: given } = options;
  const { tracer, requestDuration, clock } = instruments;
  return async (url, init = {}) => {
    const request = currentRequest();
    if (request !== undefined) request.attempts += 1;
    const { name = "request", attempts = 1 } = request ?? {};
    const attributes = { ...request?.attributes };
    const resent = attempts > 1 ? { "http.request.resend_count": attempts - 1 } : {};
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes: { ...attributes, ...resent } });
    const startedAt = clock.now();
    try {
      const response = await send(given, url, init, span);
      noteStatus(span, attributes, response.status);
      return response;
    } catch (error) {
      Object.assign(attributes, errorAttributes(error));
      markFailed(span, errorAttributes(error));
      throw error;
    } finally {
      span.end();
      requestDuration.record((clock.now() - startedAt) / 1000, attributes);
    }
  };
}

function send(
  given: typeof fetch | undefined,
  url: RequestInfo | URL,
  init: RequestInit,
  span: Span,
): Promise<Response> {
  if (given === undefined) return quietFetch(url, streamed(init), span);
  return context.with(trace.setSpan(context.active(), span), () => given(url, init));
}

function noteStatus(span: Span, attributes: Attributes, status: number): void {
  attributes["http.response.status_code"] = status;
  span.setAttribute("http.response.status_code", status);
  if (status < 400) return;
  attributes[ERROR_TYPE] = String(status);
  markFailed(span, { [ERROR_TYPE]: String(status) });
}
