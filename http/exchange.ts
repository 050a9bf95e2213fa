import type { Clock } from "../clock.ts";
import { discard } from "./answer.ts";
import type { PreparedRequest } from "./prepared_request.ts";

/** What an {@linkcode Exchange} needs of its client. */
export interface ExchangeOptions {
  /** What sends. */
  readonly fetch: typeof fetch;
  /** Whether {@linkcode ExchangeOptions.fetch} is the runtime's own. */
  readonly isOwnFetch: boolean;
  /** The clock. */
  readonly clock: Clock;
}

/** The platform's types lack this member, which a stream as a body needs. */
interface StreamRequestInit extends RequestInit {
  duplex?: "half";
}

/** One attempt to send a request: it ends with the answer, a timeout, an abort or a failure. Dispose of it. */
export class Exchange implements Disposable {
  readonly #request: PreparedRequest;
  readonly #options: ExchangeOptions;
  readonly #controller = new AbortController();
  readonly #timer: Disposable;
  readonly #onAbort = (): void => this.#controller.abort(this.#request.signal.reason);
  #hasTimedOut = false;

  constructor(request: PreparedRequest, options: ExchangeOptions) {
    this.#request = request;
    this.#options = options;
    const { timeoutMs, route } = request;
    this.#timer = options.clock.setTimeout(() => {
      this.#hasTimedOut = true;
      const message = `${route.method} ${route.template} had no answer within ${timeoutMs} ms`;
      this.#controller.abort(new DOMException(message, "TimeoutError"));
    }, timeoutMs);
    request.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Aborts with the attempt. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether it took too long. */
  get hasTimedOut(): boolean {
    return this.#hasTimedOut;
  }

  /** Sends the request, in this turn. */
  send(): Promise<Response> {
    const { fetch } = this.#options;
    const { url } = this.#request;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const { signal } = this.#controller;
    // Not every fetch obeys its signal.
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const answered = (response: Response): void => {
      signal.removeEventListener("abort", onAbort);
      if (signal.aborted) void discard(response);
      else resolve(response);
    };
    const failed = (error: unknown): void => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
    };
    try {
      fetch(url, this.#init()).then(answered, failed);
    } catch (error) {
      failed(error);
    }
    return promise;
  }

  /** Ends the timeout, and listens to no signal any more. */
  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    this.#request.signal.removeEventListener("abort", this.#onAbort);
  }

  #init(): RequestInit {
    const { route, headers, callerSignal } = this.#request;
    const body = this.#body();
    const init: StreamRequestInit = {
      method: route.method,
      headers,
      redirect: "manual", // A redirect would forward what authorises, or turn a POST into a GET (A11.4).
      // The caller's signal also ends the reading of a body that has been handed out.
      signal: callerSignal === undefined ? this.signal : AbortSignal.any([callerSignal, this.signal]),
    };
    if (body !== undefined) init.body = body;
    if (body instanceof ReadableStream) init.duplex = "half";
    return init;
  }

  /**
   * The body of this attempt.
   *
   * A runtime may send a request again by itself when a connection that was kept alive dies: Deno does, for any method,
   * when the body is text, bytes or nothing. What may not happen twice goes as a `Blob`: it is streamed, so that nobody
   * can repeat it, and yet its length is known, so that it is not sent in chunks. A `fetch` of the caller's gets plain
   * text, which is easier to look at; what it does with it is its own affair.
   */
  #body(): BodyInit | undefined {
    const { body, isRepeatable, route } = this.#request;
    const content = body.create();
    if (!this.#options.isOwnFetch || isRepeatable) return content;
    if (content === undefined) {
      return route.method === "POST" || route.method === "PATCH" ? new Blob([]) : undefined;
    }
    if (typeof content === "string") {
      return new Blob([content], { type: body.contentType ?? "text/plain;charset=UTF-8" });
    }
    if (content instanceof URLSearchParams) {
      return new Blob([content.toString()], { type: "application/x-www-form-urlencoded;charset=UTF-8" });
    }
    return content instanceof ArrayBuffer ? new Blob([content]) : content;
  }
}
