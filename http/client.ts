import { type Clock, sleep, systemClock } from "../clock.ts";
import { Dispatcher } from "../dispatcher.ts";
import { isEdgeRefusal, parseBody, readText, verdictOf } from "./answer.ts";
import { WAIT_MARGIN_MS } from "./bucket.ts";
import { EdgeBlocks, type EdgePass } from "./edge_blocks.ts";
import {
  CloudflareBanError,
  RateLimitedError,
  RateLimitingFailedError,
  type RateLimitScope,
  statusErrorOf,
} from "./errors.ts";
import type { HTTPEvents } from "./events.ts";
import { Exchange, type ExchangeOptions } from "./exchange.ts";
import { type GlobalRateLimiter, LimitedGlobalRateLimiter } from "./global_rate_limiter.ts";
import { InvalidRequestCount } from "./invalid_requests.ts";
import { KnownRefusals } from "./known_refusals.ts";
import { Limiter, type Permit } from "./limiter.ts";
import { checkedMs, type PreparedRequest, prepareRequest, type RequestOptions } from "./prepared_request.ts";
import { parseRateLimitHeaders, type RateLimitHeaders, secondsIn } from "./rate_limit_headers.ts";
import type { Refusal } from "./rate_limit_storage.ts";
import { DEFAULT_USER_AGENT } from "./request_headers.ts";
import { checkedBaseUrl, DEFAULT_BASE_URL } from "./request_url.ts";
import { backoffMs, isRetryable } from "./retry.ts";
import type { Route } from "./route.ts";
import { SerialLines } from "./serial_lines.ts";

/** Options of {@linkcode HTTPClient}. */
export interface HTTPClientOptions {
  /** Where Discord's API is, with its version; for proxies and tests. `https://discord.com/api/v10` by default. */
  readonly baseUrl?: string | undefined;
  /** Milliseconds for one attempt, from sending to the answer. 60,000 by default. */
  readonly timeoutMs?: number | undefined;
  /** How often a request is sent again that was refused for its rate. 10 by default. */
  readonly maxRateLimitRetries?: number | undefined;
  /** How often a request is sent again after a failure that allows it. 3 by default. */
  readonly maxRetries?: number | undefined;
  /** Whether this machine's clock is right: then resets are taken from dates. `false` by default. */
  readonly trustLocalTime?: boolean | undefined;
  /** Makes the global limit of each owner of limits; `null` is what is sent without credentials. */
  readonly globalRateLimiter?: ((rateLimitKey: string | null) => GlobalRateLimiter) | undefined;
  /** In how many milliseconds of waiting a priority improves by 1; 0 for never. 5,000 by default. */
  readonly agingMs?: number | undefined;
  /** At so many invalid requests in ten minutes everything waits, except callbacks of interactions. No limit by default. */
  readonly maxInvalidRequests?: number | undefined;
  /** At which counts `invalidRequests` is dispatched; by default at each. */
  readonly invalidRequestThresholds?: readonly number[] | undefined;
  /** What sends. */
  readonly fetch?: typeof fetch | undefined;
  /** The clock. */
  readonly clock?: Clock | undefined;
  /** Numbers from 0 to 1, for the waits after failures. */
  readonly random?: (() => number) | undefined;
  /** How to introduce itself, instead of with the library's name. Discord asks for `DiscordBot (<url>, <version>)`. */
  readonly userAgent?: string | undefined;
}

/** Discord blocks an address with so many invalid requests in ten minutes (A9.1). */
const INVALID_REQUEST_LIMIT = 10_000;

/** What an attempt led to. */
type Outcome =
  | { readonly type: "answer"; readonly response: Response }
  | { readonly type: "error"; readonly error: unknown }
  /** Refused for its rate: to be sent again when its limits allow it. */
  | { readonly type: "refused"; readonly refusal: Refusal }
  /** To be sent again after a backoff, if there is a try left; else it ends with the error. */
  | { readonly type: "failed"; readonly error: unknown; readonly retryAfterMs: number };

/** Leave to send: the turn under the limits (none for what never waits), and the way past the edge. */
interface Admission {
  readonly permit: Permit | undefined;
  readonly pass: OpenPass;
}

type OpenPass = EdgePass & { readonly isBlocked: false };

/**
 * Sends requests to Discord's API, within its rate limits.
 *
 * Limits are learned from the answers. A request that would be refused waits for its turn; one that is refused all the
 * same is sent again. Failures are repeated only where nothing can be done twice by it. Everything else that is not a
 * success rejects with an error of its own class.
 *
 * @example
 * ```ts
 * import { HTTPClient, Route } from "@nextsnake/nextcore";
 *
 * await using http = new HTTPClient({
 *   fetch: () => Promise.resolve(Response.json({ url: "wss://gateway.discord.gg" })), // Left out: the runtime's.
 * });
 * const response = await http.request(new Route("GET", "/gateway"));
 * console.log(await response.json());
 * ```
 */
export class HTTPClient implements AsyncDisposable {
  /** Tells what happens. */
  readonly dispatcher: Dispatcher<HTTPEvents>;
  /** Where Discord's API is, without a slash at the end. */
  readonly baseUrl: string;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #timeoutMs: number;
  readonly #maxRateLimitRetries: number;
  readonly #maxRetries: number;
  readonly #trustLocalTime: boolean;
  readonly #agingMs: number;
  readonly #maxInvalidRequests: number;
  readonly #thresholds: ReadonlySet<number> | undefined;
  readonly #userAgent: string;
  readonly #exchange: ExchangeOptions;
  readonly #limiter: Limiter;
  readonly #edge = new EdgeBlocks();
  readonly #refusals = new KnownRefusals();
  readonly #invalid = new InvalidRequestCount();
  readonly #serial = new SerialLines();
  /** Aborts when the client closes. */
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #sequence = 0;

  /** Makes a client; throws a `TypeError` or a `RangeError` on options that can't be right. */
  constructor(options: HTTPClientOptions = {}) {
    const { clock = systemClock, random = Math.random, fetch: given, globalRateLimiter } = options;
    this.baseUrl = checkedBaseUrl(options.baseUrl ?? DEFAULT_BASE_URL);
    this.dispatcher = new Dispatcher({ clock });
    this.#clock = clock;
    this.#random = random;
    this.#timeoutMs = checkedMs("timeoutMs", options.timeoutMs ?? 60_000);
    this.#maxRateLimitRetries = checkedCount("maxRateLimitRetries", options.maxRateLimitRetries ?? 10);
    this.#maxRetries = checkedCount("maxRetries", options.maxRetries ?? 3);
    this.#trustLocalTime = options.trustLocalTime ?? false;
    this.#agingMs = checkedMs("agingMs", options.agingMs ?? 5_000);
    this.#maxInvalidRequests = checkedMs("maxInvalidRequests", options.maxInvalidRequests ?? Infinity);
    this.#thresholds = options.invalidRequestThresholds && new Set(options.invalidRequestThresholds);
    this.#userAgent = options.userAgent ?? DEFAULT_USER_AGENT;
    this.#exchange = { fetch: given ?? fetch, isOwnFetch: given === undefined, clock };
    this.#limiter = new Limiter({
      clock,
      globalRateLimiter: globalRateLimiter ?? (() => new LimitedGlobalRateLimiter(50, { clock })),
    });
  }

  /**
   * Sends a request; resolves with an answer whose status is a success, its body read already.
   *
   * Rejects with the error class of the status otherwise; with a {@linkcode RateLimitedError} when `wait` or `maxWaitMs`
   * forbid to wait as long as it takes, and a {@linkcode RateLimitingFailedError} when it was refused too often; with a
   * {@linkcode CloudflareBanError} while the edge blocks; with a `TimeoutError` when an attempt took too long; with the
   * reason of `signal` when that aborts; with a `TypeError` or a `RangeError` when it can't be sent as it is.
   */
  async request(route: Route, options: RequestOptions = {}): Promise<Response> {
    const signal = options.signal === undefined
      ? this.#stop.signal
      : AbortSignal.any([options.signal, this.#stop.signal]);
    signal.throwIfAborted();
    const request = prepareRequest(route, options, {
      baseUrl: this.baseUrl,
      userAgent: this.#userAgent,
      timeoutMs: this.#timeoutMs,
      clock: this.#clock,
      agingMs: this.#agingMs,
      sequence: ++this.#sequence,
      signal,
    });
    const running = this.#run(request);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Aborts what is under way and refuses what is to come. Resolves when nothing is left. */
  async close(): Promise<void> {
    const reason = new DOMException("The HTTP client was closed", "AbortError");
    this.#stop.abort(reason);
    this.#limiter.close(reason);
    await Promise.allSettled(this.#running);
    this.dispatcher.close();
  }

  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(request: PreparedRequest): Promise<Response> {
    const { serialKey, limited, signal } = request;
    if (serialKey === undefined) return await this.#repeat(request);
    if (limited.maxWaitMs === 0 && this.#serial.isBusy(serialKey)) throw limitedError(request, 0, "user");
    const turn = await this.#serial.enter(serialKey, signal);
    try {
      return await this.#repeat(request);
    } finally {
      turn[Symbol.dispose]();
    }
  }

  /** Tries until there is an answer, or no sense in trying. */
  async #repeat(request: PreparedRequest): Promise<Response> {
    let refusals = 0;
    let failures = 0;
    for (let attempt = 1;; attempt += 1) {
      const outcome = await this.#attempt(request, attempt, refusals);
      switch (outcome.type) {
        case "answer":
          return outcome.response;
        case "error":
          throw outcome.error;
        case "refused":
          refusals += 1;
          await this.#refused(request, outcome.refusal, refusals);
          break;
        case "failed":
          failures += 1;
          if (failures > this.#maxRetries || !request.body.isReplayable) throw outcome.error;
          await this.#sleep(request, backoffMs(failures, this.#random, outcome.retryAfterMs));
      }
    }
  }

  async #refused(
    request: PreparedRequest,
    { scope, retryAfterMs }: Refusal,
    refusals: number,
  ): Promise<void> {
    const { name, limited, body } = request;
    if (refusals > this.#maxRateLimitRetries) {
      throw new RateLimitingFailedError({ route: name, retryAfterMs, scope }, this.#maxRateLimitRetries);
    }
    if (retryAfterMs > limited.maxWaitMs || !body.isReplayable) {
      throw limitedError(request, retryAfterMs, scope);
    }
    // What no limiter holds back must wait by itself (A7.4, A15.2).
    const isUnheld = request.route.isInteractionCallback || (scope === "global" && limited.isGlobalExempt);
    if (isUnheld) await this.#sleep(request, retryAfterMs + WAIT_MARGIN_MS);
  }

  async #attempt(request: PreparedRequest, attempt: number, refusals: number): Promise<Outcome> {
    const { name } = request;
    const askedAt = this.#clock.now();
    const { permit, pass } = await this.#admit(request);
    const exchange = new Exchange(request, this.#exchange);
    const sentAt = this.#clock.now();
    permit?.send();
    try {
      const response = await exchange.send();
      const roundTripMs = this.#clock.now() - sentAt;
      if (this.dispatcher.listenerCount("requestResponse") > 0) {
        this.dispatcher.dispatch("requestResponse", {
          method: name.method,
          route: name.template,
          status: response.status,
          headers: new Headers(response.headers),
          attempt,
          queuedMs: sentAt - askedAt,
          roundTripMs,
        });
      }
      const headers = parseRateLimitHeaders(
        response.headers,
        this.#trustLocalTime ? { wallNow: this.#clock.wallNow() } : {},
      );
      if (response.status === 429) {
        return await this.#tooMany(
          request,
          response,
          headers,
          { permit, pass },
          refusals,
          roundTripMs,
          exchange.signal,
        );
      }
      permit?.settle({ headers, isSuccess: response.ok }, roundTripMs);
      return await this.#answered(request, response, pass, exchange.signal);
    } catch (error) {
      return this.#broken(request, exchange, error);
    } finally {
      exchange[Symbol.dispose]();
      pass.end("unknown");
      permit?.release();
    }
  }

  /** Waits until nothing is in the way; throws where the answer is known before asking. */
  async #admit(request: PreparedRequest): Promise<Admission> {
    const { route, limited, name } = request;
    this.#refuseKnown(request);
    for (;;) {
      const permit = route.isInteractionCallback ? undefined : await this.#acquire(request);
      const pass = this.#edge.enter(limited.routeKey, this.#clock.now());
      if (!pass.isBlocked) {
        const waitMs = this.#invalidWaitMs(request);
        if (waitMs === 0) return { permit, pass };
        pass.end("unknown");
        permit?.release();
        if (waitMs > limited.maxWaitMs) throw limitedError(request, waitMs, "user");
        await this.#sleep(request, waitMs);
        continue;
      }
      permit?.release();
      throw new CloudflareBanError(name, pass.retryAfterMs);
    }
  }

  #refuseKnown({ route, authorization, limited, name }: PreparedRequest): void {
    const now = this.#clock.now();
    const edgeMs = this.#edge.waitMs(limited.routeKey, now);
    if (edgeMs > 0) throw new CloudflareBanError(name, edgeMs);
    const status = this.#refusals.statusOf(route, authorization, now);
    if (status === undefined) return;
    const refusal = status === 401
      ? "these credentials were refused before, replace them"
      : "this webhook no longer exists";
    throw statusErrorOf({ route: name, status, refusal });
  }

  #acquire(request: PreparedRequest): Permit | Promise<Permit> {
    const permit = this.#limiter.acquire(request.limited);
    if (permit instanceof Promise && this.dispatcher.listenerCount("rateLimited") > 0) {
      const { waitMs, scope } = this.#limiter.estimate(request.limited);
      this.#reportLimit(request, scope, waitMs, true);
    }
    return permit;
  }

  /** How long to hold a request back because too many were invalid already (A10.1). */
  #invalidWaitMs({ route }: PreparedRequest): number {
    const now = this.#clock.now();
    if (route.isInteractionCallback || this.#invalid.count(now) < this.#maxInvalidRequests) return 0;
    return Math.max(1, this.#invalid.lowerAt(now) - now);
  }

  async #tooMany(
    request: PreparedRequest,
    response: Response,
    headers: RateLimitHeaders | undefined,
    { permit, pass }: Admission,
    refusals: number,
    roundTripMs: number,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const verdict = verdictOf(response, parseBody(await readText(response, signal)), refusals);
    if (verdict.type === "edge") {
      permit?.settle({ headers, isSuccess: false }, roundTripMs);
      this.#countInvalid();
      return { type: "error", error: this.#blocked(request, verdict.retryAfterMs) };
    }
    pass.end("passed");
    const { refusal } = verdict;
    permit?.settle({ headers, isSuccess: false, refusal }, roundTripMs);
    if (refusal.scope !== "shared") this.#countInvalid();
    this.#reportLimit(request, refusal.scope, refusal.retryAfterMs, false);
    return { type: "refused", refusal };
  }

  async #answered(
    request: PreparedRequest,
    response: Response,
    pass: OpenPass,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { route, authorization, redaction, name, isRepeatable } = request;
    const { status } = response;
    if (response.ok) {
      pass.end("passed");
      return { type: "answer", response: await buffered(response) };
    }
    const text = redaction.text(await readText(response, signal));
    if (status === 403 && isEdgeRefusal(response, text)) {
      this.#countInvalid();
      return { type: "error", error: this.#blocked(request, secondsIn(response.headers, "retry-after")) };
    }
    pass.end("passed");
    const error = statusErrorOf({ route: name, status, body: parseBody(text) });
    if (status === 401 || status === 403) this.#countInvalid();
    this.#refusals.note(route, authorization, status, error.code, this.#clock.now());
    if (!isRetryable(status, error.code, isRepeatable)) return { type: "error", error };
    const retryAfterMs = status === 503 ? secondsIn(response.headers, "retry-after") ?? 0 : 0;
    return { type: "failed", error, retryAfterMs };
  }

  /** What became of an attempt without an answer. */
  #broken({ signal, redaction, isRepeatable }: PreparedRequest, exchange: Exchange, error: unknown): Outcome {
    if (signal.aborted) return { type: "error", error: signal.reason };
    const failure = exchange.hasTimedOut ? "timeout" : "network";
    const shown = exchange.hasTimedOut ? exchange.signal.reason : redaction.error(error);
    if (!isRetryable(failure, 0, isRepeatable)) return { type: "error", error: shown };
    return { type: "failed", error: shown, retryAfterMs: 0 };
  }

  #blocked({ limited, name }: PreparedRequest, retryAfterMs: number | undefined): CloudflareBanError {
    const block = this.#edge.block(limited.routeKey, retryAfterMs, this.#clock.now());
    this.dispatcher.dispatch("edgeBlocked", { method: name.method, route: name.template, ...block });
    return new CloudflareBanError(name, block.retryAfterMs);
  }

  #countInvalid(): void {
    const count = this.#invalid.add(this.#clock.now());
    if (this.#thresholds !== undefined && !this.#thresholds.has(count)) return;
    this.dispatcher.dispatch("invalidRequests", { count, limit: INVALID_REQUEST_LIMIT });
  }

  #reportLimit(
    { name, limited }: PreparedRequest,
    scope: RateLimitScope,
    retryAfterMs: number,
    isForeseen: boolean,
  ): void {
    const { method, template: route } = name;
    const { majorKey } = limited;
    this.dispatcher.dispatch("rateLimited", { method, route, scope, retryAfterMs, majorKey, isForeseen });
  }

  #sleep({ signal }: PreparedRequest, delayMs: number): Promise<void> {
    return sleep(this.#clock, delayMs, { signal });
  }
}

/** The answer with its body in memory: nobody has to remember to read it, so that its connection is free again. */
async function buffered(response: Response): Promise<Response> {
  const { status, statusText, headers } = response;
  const bytes = await response.arrayBuffer();
  return new Response(bytes.byteLength === 0 ? null : bytes, { status, statusText, headers });
}

function limitedError(
  { name }: PreparedRequest,
  retryAfterMs: number,
  scope: RateLimitScope,
): RateLimitedError {
  return new RateLimitedError({ route: name, retryAfterMs, scope });
}

function checkedCount(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${name} is ${value}, it must be an integer from 0 on`);
}
