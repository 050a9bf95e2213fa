import type { Dispatcher } from "../dispatcher.ts";
import {
  type AnswerBody,
  BufferedResponse,
  isEdgeRefusal,
  parseBody,
  readBody,
  readText,
  unreadySearch,
  verdictOf,
} from "./answer.ts";
import { NoAnswerError, RequestTimeoutError, SearchNotReadyError, statusErrorOf } from "./errors.ts";
import type { HTTPEvents } from "./events.ts";
import { Exchange, type ExchangeOptions } from "./exchange.ts";
import type { Guard, Pass } from "./guard.ts";
import type { Permit } from "./limiter.ts";
import type { Placed } from "./placed_list.ts";
import { type PreparedRequest, redactionOf } from "./prepared_request.ts";
import { parseRateLimitHeaders, type RateLimitHeaders, secondsIn } from "./rate_limit_headers.ts";
import type { Refusal } from "./bucket_permit.ts";
import { isRetryable, mayBeExecuted } from "./retry.ts";

/** What a {@linkcode Sender} works with. */
export interface SenderOptions extends ExchangeOptions {
  /** Who is told. */
  readonly dispatcher: Dispatcher<HTTPEvents>;
  /** What learns from refusals. */
  readonly guard: Guard;
  /** Whether resets are taken from dates. */
  readonly trustLocalTime: boolean;
}

/** What an attempt led to. */
export type Outcome =
  | { readonly type: "answered"; readonly response: Response }
  | { readonly type: "ended"; readonly error: unknown }
  /** Not carried out: to be sent again when its limits allow it. */
  | { readonly type: "refused"; readonly refusal: Refusal }
  /** To be sent again after a pause while there are attempts left; else it ends with the error. */
  | { readonly type: "failed"; readonly error: unknown; readonly retryAfterMs: number };

/** One request on its way through the client. */
export class Job implements Placed {
  /** Among all that is under way. */
  place = -1;
  /** What is sent. */
  readonly request: PreparedRequest;
  /** When it was asked for. */
  readonly calledAt: number;
  /** How often it has been sent, this time included. */
  attempt = 0;
  /** How often it was refused for its rate. */
  refusals = 0;
  /** How often it failed in a way that may be repeated. */
  failures = 0;
  /** Milliseconds it has waited for limits, of those it may wait. */
  waitedMs = 0;
  /** When the current attempt was due. */
  dueAt: number;
  /** Its last turn: it keeps those behind it waiting until it is over, or in line again. */
  permit: Permit | undefined;
  /** Settles when it is over. */
  answer: Promise<Response> | undefined;

  constructor(request: PreparedRequest, now: number) {
    this.request = request;
    this.calledAt = now;
    this.dueAt = now;
  }

  /** Ends it, wherever it is. */
  abort(reason: unknown): void {
    this.request.cancellation.abort(reason);
  }
}

/** Leave to send. */
export interface Admission {
  /** The turn; `undefined` for what never waits. */
  readonly permit: Permit | undefined;
  /** The way past the edge. */
  readonly pass: Pass;
}

/** Sends requests, once each time, and makes of what comes back what it means. */
export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Sends it once, learns from the answer, and says what it led to. */
  async send(job: Job, { permit, pass }: Admission): Promise<Outcome> {
    const { request } = job;
    const { clock } = this.#options;
    const exchange = new Exchange(request, this.#options);
    try {
      // Aborted since it got its turn: nothing is used of that (B8).
      request.cancellation.signal.throwIfAborted();
      exchange.open();
      const sentAt = clock.now();
      permit?.send();
      const response = await exchange.send(sentAt);
      const roundTripMs = clock.now() - sentAt;
      this.#tellResponse(job, response, permit, sentAt);
      const { status, ok: isSuccess } = response;
      const headers = parseRateLimitHeaders(
        response.headers,
        this.#options.trustLocalTime ? { wallNow: clock.wallNow() } : undefined,
      );
      this.#options.guard.noteStatus(request, status);
      if (status !== 429) permit?.settle({ headers, isSuccess }, roundTripMs);
      if (!isSuccess) {
        return await this.#receiveError(job, response, exchange, { permit, pass }, headers, roundTripMs);
      }
      pass.end("passed");
      const contentType = response.headers.get("content-type");
      const body = await exchange.within(() => readBody(response, contentType));
      return succeed(request, response, body, contentType);
    } catch (error) {
      return this.#fail(request, error, exchange);
    } finally {
      // Without effect where the answer has settled them.
      permit?.release();
      pass.end("unknown");
      exchange[Symbol.dispose]();
    }
  }

  async #receiveError(
    job: Job,
    response: Response,
    exchange: Exchange,
    { permit, pass }: Admission,
    headers: RateLimitHeaders | undefined,
    roundTripMs: number,
  ): Promise<Outcome> {
    const { request } = job;
    const { status } = response;
    const text = redactionOf(request).text(await readText(response, exchange.signal));
    request.cancellation.signal.throwIfAborted();
    const body = parseBody(text);
    const verdict = status === 429 ? verdictOf(response, body, job.refusals) : undefined;
    if (verdict?.type === "edge" || (status === 403 && isEdgeRefusal(response, text))) {
      return {
        type: "ended",
        error: this.#options.guard.block(request, secondsIn(response.headers, "retry-after")),
      };
    }
    pass.end("passed");
    if (verdict === undefined) return this.#classify(request, response, body);
    const { refusal } = verdict;
    permit?.settle({ headers, isSuccess: false, refusal }, roundTripMs);
    if (refusal.scope !== "shared") this.#options.guard.countInvalid();
    this.tellRateLimited(request, refusal.scope, refusal.retryAfterMs, false);
    return { type: "refused", refusal };
  }

  #classify(request: PreparedRequest, response: Response, body: unknown): Outcome {
    const { status, headers } = response;
    if (mayBeExecuted(status, codeOf(body))) request.name.mayHaveBeenExecuted = true;
    const error = statusErrorOf({ route: request.name, status, body });
    this.#options.guard.note(request, status, error.code);
    if (!isRetryable(status, error.code, request.isRepeatable)) return { type: "ended", error };
    return { type: "failed", error, retryAfterMs: secondsIn(headers, "retry-after") ?? 0 };
  }

  #fail(request: PreparedRequest, error: unknown, exchange: Exchange): Outcome {
    // An abort of the caller is final.
    const { signal } = request.cancellation;
    if (signal.aborted) return { type: "ended", error: signal.reason };
    if (!exchange.isOpen) return { type: "ended", error };
    request.name.mayHaveBeenExecuted = true;
    const failure = exchange.hasTimedOut ? "timeout" : "network";
    const shown = exchange.hasTimedOut
      ? new RequestTimeoutError(request.name, `no answer within ${request.timeoutMs} ms`)
      : networkErrorOf(request, error);
    if (!isRetryable(failure, 0, request.isRepeatable)) return { type: "ended", error: shown };
    return { type: "failed", error: shown, retryAfterMs: 0 };
  }

  #tellResponse(job: Job, response: Response, permit: Permit | undefined, sentAt: number): void {
    if (this.#options.dispatcher.listenerCount("requestResponse") === 0) return;
    const { method, template: route } = job.request.name;
    const now = this.#options.clock.now();
    const queuedMs = sentAt - job.dueAt;
    const globalMs = permit?.globalMs ?? 0;
    const { status } = response;
    const headers = redactionOf(job.request).headers(response.headers);
    this.#options.dispatcher.dispatch("requestResponse", {
      method,
      route,
      status,
      headers,
      attempt: job.attempt,
      queuedMs,
      // A pause after a failure may have been spent in line.
      bucketMs: Math.min(permit?.bucketMs ?? 0, queuedMs - globalMs),
      globalMs,
      headersMs: now - sentAt,
      totalMs: now - job.calledAt,
    });
  }

  /** Tells of a limit that was met. */
  tellRateLimited(
    { name, limited }: PreparedRequest,
    scope: Refusal["scope"],
    retryAfterMs: number,
    isForeseen: boolean,
  ): void {
    if (this.#options.dispatcher.listenerCount("rateLimited") === 0) return;
    const { method, template: route } = name;
    const { majorKey } = limited;
    this.#options.dispatcher.dispatch("rateLimited", {
      method,
      route,
      scope,
      retryAfterMs,
      majorKey,
      isForeseen,
    });
  }
}

function succeed(
  { name }: PreparedRequest,
  response: Response,
  body: AnswerBody,
  contentType: string | null,
): Outcome {
  const unready = response.status === 202 ? unreadySearch(body) : undefined;
  if (unready === undefined) {
    return { type: "answered", response: new BufferedResponse(response, body, contentType) };
  }
  const { retryAfterMs, documentsIndexed } = unready;
  return {
    type: "failed",
    error: new SearchNotReadyError(name, retryAfterMs, documentsIndexed),
    retryAfterMs,
  };
}

/** The runtime's own error quotes the URL, which may hold a token. */
function networkErrorOf(request: PreparedRequest, error: unknown): NoAnswerError {
  const cause = redactionOf(request).error(error);
  return new NoAnswerError(
    request.name,
    cause instanceof Error ? cause.message : "the connection failed",
    cause,
  );
}

function codeOf(body: unknown): number {
  const { code }: { code?: unknown } = typeof body === "object" && body !== null ? body : {};
  return typeof code === "number" ? code : 0;
}
