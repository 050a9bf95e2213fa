import { context, type Span, trace, TraceFlags } from "@opentelemetry/api";

/**
 * Sends by the runtime's own `fetch`, without the span that it makes by itself.
 *
 * Such a span has the whole URL, with the ids in it and with the tokens of webhooks and interactions. It is kept out of
 * the exporter in two ways: its parent is not sampled, which samplers that look at parents obey; and in Deno, whose
 * default one does not, it is ended before it learns the URL. It has begun when `init` is read.
 */
export function quietFetch(url: RequestInfo | URL, init: RequestInit, span: Span): Promise<Response> {
  const { spanId, ...rest } = span.spanContext();
  const parent = { ...rest, spanId, traceFlags: TraceFlags.NONE };
  const { method = "GET" } = init;
  const watched = Object.defineProperty({ ...init }, "method", {
    enumerable: true,
    get(): string {
      const active = trace.getActiveSpan();
      if (active !== undefined && active.spanContext().spanId !== spanId) active.end();
      return method;
    },
  });
  return context.with(trace.setSpanContext(context.active(), parent), () => fetch(url, watched));
}

/**
 * A runtime may send a request again by itself when a connection that was kept alive dies, unless its body is streamed.
 * The client sees to that where it has no `fetch` but the runtime's own; here, where it was given one, we do.
 */
export function streamed(init: RequestInit): RequestInit {
  const { body, method, headers } = init;
  if (body === undefined || body === null) {
    return method === "POST" || method === "PATCH" ? { ...init, body: new Blob([]) } : init;
  }
  if (typeof body !== "string" && !(body instanceof Uint8Array)) return init;
  const type = new Headers(headers).get("Content-Type") ?? "";
  return { ...init, body: new Blob([typeof body === "string" ? body : new Uint8Array(body)], { type }) };
}
