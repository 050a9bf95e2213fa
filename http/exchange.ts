import type { Clock } from "../clock.ts";
import { discard } from "./answer.ts";
import type { Cancelled } from "./cancellation.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import type { PreparedRequest } from "./prepared_request.ts";
import type { BodyContent } from "./request_body.ts";
import { headerIn } from "./request_head.ts";
import { streamedBlob } from "./streamed_blob.ts";

/** What an {@linkcode Exchange} needs of its client. */
export interface ExchangeOptions {
  /** What sends. */
  readonly fetch: typeof fetch;
  /** Whether {@linkcode ExchangeOptions.fetch} is the runtime's own. */
  readonly isOwnFetch: boolean;
  /** The clock. */
  readonly clock: Clock;
  /** Ends what takes too long. */
  readonly deadlines: Deadlines;
}

/** The platform's types lack this member, which a stream as a body needs. */
interface StreamRequestInit extends RequestInit {
  duplex?: "half";
}

/** Bodies from this size on are sent in pieces, so that a slow upload is told from one that has stopped (A14.8). */
const LARGE_BODY_BYTES = 1024 * 1024;

/** One attempt to send a request: it ends with the answer, a timeout, an abort or a failure. Dispose of it. */
export class Exchange implements Disposable, Timed, Cancelled {
  /** Among all that has a deadline. */
  place = -1;
  /** Aborts with the attempt. */
  readonly signal: AbortSignal;
  readonly #request: PreparedRequest;
  readonly #options: ExchangeOptions;
  /** Rejects what is waited for. */
  #reject: ((reason: unknown) => void) | undefined;
  /** When a part of the body was taken last. */
  #movedAt = 0;
  #hasTimedOut = false;
  #init: RequestInit | undefined;
  /** What is read for the body and not at its end. */
  #upload: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(request: PreparedRequest, options: ExchangeOptions) {
    this.#request = request;
    this.#options = options;
    this.signal = request.cancellation.signal;
    request.cancellation.attempt = this;
  }

  /** Whether it took too long. */
  get hasTimedOut(): boolean {
    return this.#hasTimedOut;
  }

  /** When it has taken too long: an upload that goes on moves it. */
  get deadlineAt(): number {
    return this.#movedAt + this.#request.timeoutMs;
  }

  /** Whether it may have left: before, nothing can have been carried out. */
  get isOpen(): boolean {
    return this.#init !== undefined;
  }

  /** Makes the body; throws where the caller's function fails. */
  open(): void {
    this.#init = this.#makeInit();
  }

  /** Sends the request, in this turn. */
  send(now: number): Promise<Response> {
    const { fetch, deadlines } = this.#options;
    this.#movedAt = now;
    deadlines.add(this, now);
    if (this.#init === undefined) this.open();
    return this.within(() => fetch(this.#request.url, this.#init), (response) => void discard(response));
  }

  /** The value of a promise, unless the attempt ends before. */
  within<Value>(start: () => Promise<Value>, drop?: (late: Value) => void): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const { signal } = this;
    this.#reject = reject;
    try {
      signal.throwIfAborted();
      start().then((value) => signal.aborted ? drop?.(value) : resolve(value), reject);
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  /** It has taken too long. */
  expire(): void {
    const { timeoutMs, cancellation } = this.#request;
    if (cancellation.attempt !== this) return;
    this.#hasTimedOut = true;
    cancellation.interrupt(new DOMException(`There was no answer within ${timeoutMs} ms`, "TimeoutError"));
  }

  /** Ends the timeout, and listens to no signal any more. */
  [Symbol.dispose](): void {
    this.#options.deadlines.delete(this);
    this.#request.cancellation.attempt = undefined;
    this.#upload?.cancel().catch(() => {});
  }

  /** Rejects what is waited for: not every `fetch` obeys its signal. */
  end(reason: unknown): void {
    this.#reject?.(reason);
  }

  #makeInit(): RequestInit {
    const { route, headers } = this.#request;
    const init: StreamRequestInit = {
      method: route.method,
      headers,
      redirect: "manual", // A redirect would forward what authorises, or turn a POST into a GET (A11.4).
      signal: this.signal,
    };
    const body = this.#body();
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
    const { body, isRepeatable, route, headers } = this.#request;
    const content = body.create();
    if (content instanceof ReadableStream) return this.#watched(content);
    const large = largeBlob(content);
    if (large !== undefined && !isBrowser()) {
      if (large.type !== "" && headerIn(headers, "content-type") === undefined) {
        headers["Content-Type"] = large.type;
      }
      return this.#watched(large.stream());
    }
    if (!this.#options.isOwnFetch || isRepeatable) return content;
    if (content === undefined) {
      return route.method === "POST" || route.method === "PATCH" ? new Blob([]) : undefined;
    }
    if (typeof content === "string") {
      return streamedBlob(content, headerIn(headers, "content-type") ?? "text/plain;charset=UTF-8");
    }
    return content instanceof Uint8Array ? streamedBlob(content) : content;
  }

  /** The same stream: each part that is taken from it shows that the upload goes on. */
  #watched(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = stream.getReader();
    this.#upload = reader;
    return new ReadableStream({
      pull: async (controller): Promise<void> => {
        const { done, value } = await reader.read();
        this.#movedAt = this.#options.clock.now();
        if (!done) return controller.enqueue(value);
        this.#upload = undefined;
        controller.close();
      },
      cancel: (reason): Promise<void> => reader.cancel(reason),
    }, { highWaterMark: 0 });
  }
}

/** Browsers send streams over HTTP/2 at most, and some of them not at all: there, large bodies go as they are. */
function isBrowser(): boolean {
  return /^Mozilla\//.test(globalThis.navigator?.userAgent);
}

function largeBlob(content: BodyContent | undefined): Blob | undefined {
  if (content instanceof Blob) return content.size >= LARGE_BODY_BYTES ? content : undefined;
  return content instanceof Uint8Array && content.length >= LARGE_BODY_BYTES
    ? new Blob([content])
    : undefined;
}
