import { type Clock, sleep, systemClock } from "../clock.ts";
import { Dispatcher } from "../dispatcher.ts";
import { WAIT_MARGIN_MS } from "./bucket.ts";
import { Cancellation } from "./cancellation.ts";
import { checkClientOptions, type HTTPClientOptions } from "./client_options.ts";
import { Deadlines } from "./deadlines.ts";
import { RateLimitedError, RateLimitingFailedError, RequestOverflowError } from "./errors.ts";
import type { HTTPEvents } from "./events.ts";
import { UNKNOWN_WAIT_MS } from "./gates.ts";
import { LimitedGlobalRateLimiter } from "./global_rate_limiter.ts";
import { Guard } from "./guard.ts";
import { Limiter, type Permit } from "./limiter.ts";
import { PlacedList } from "./placed_list.ts";
import { prepareRequest } from "./prepared_request.ts";
import type { Refusal } from "./bucket_permit.ts";
import type { HTTPStatus } from "./rate_limit_status.ts";
import { checkedBaseUrl, DEFAULT_BASE_URL, DEFAULT_USER_AGENT } from "./request_head.ts";
import { checkRequestOptions, type PlainRequestOptions, type RequestOptions } from "./request_options.ts";
import { type ReservationStore, reserveIn, sharedPermit } from "./reservations.ts";
import { backoffMs } from "./retry.ts";
import type { HTTPMethod, Route } from "./route.ts";
import { type Admission, Job, Sender } from "./sender.ts";
import { SerialLines } from "./serial_lines.ts";
import type { RequestOptionsOf, ResponseOf } from "./typed_request.ts";

/**
 * Sends requests to Discord's API, within its rate limits.
 *
 * Limits are learned from the answers. A request that would be refused waits for its turn; one that is refused all the
 * same is sent again. Failures are repeated only where nothing can be done twice by it. Every other answer that is not a
 * success rejects with an error of its class.
 *
 * @example
 * ```ts
 * import { HTTPClient, Route } from "@nextsnake/nextcore";
 *
 * await using http = new HTTPClient({
 *   // Instead of the network, so that this runs anywhere.
 *   fetch: () => Promise.resolve(Response.json({ url: "wss://gateway.discord.gg" })),
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
  readonly #timeoutMs: number;
  readonly #maxRateLimitRetries: number;
  readonly #maxRetries: number;
  readonly #maxPending: number;
  readonly #agingMs: number;
  readonly #reservations: HTTPClientOptions["reservations"];
  readonly #userAgent: string;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #limiter: Limiter;
  readonly #guard: Guard;
  readonly #sender: Sender;
  readonly #serial: SerialLines;
  /** What is under way, to be aborted when the client closes. */
  readonly #running = new PlacedList<Job>();
  #sequence = 0;
  /** Begins the nonces of this client. */
  #nonceStem: string | undefined;
  #closing: DOMException | undefined;

  /** A `TypeError` or `RangeError` says which option is wrong. */
  constructor(options: HTTPClientOptions = {}) {
    checkClientOptions(options);
    const { clock = systemClock, random = Math.random, globalRateLimiter, invalidRequestThresholds } =
      options;
    this.baseUrl = checkedBaseUrl(options.baseUrl ?? DEFAULT_BASE_URL);
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#agingMs = options.agingMs ?? 5000;
    this.#maxRateLimitRetries = options.maxRateLimitRetries ?? 10;
    this.#reservations = options.reservations;
    this.#maxRetries = options.maxRetries ?? 3;
    this.#maxPending = options.maxPending ?? 100_000;
    this.#userAgent = options.userAgent ?? DEFAULT_USER_AGENT;
    this.#clock = clock;
    this.#random = random;
    this.#serial = new SerialLines(clock);
    this.dispatcher = new Dispatcher<HTTPEvents>({ clock });
    this.#limiter = new Limiter({
      clock,
      globalRateLimiter: globalRateLimiter ?? (() => new LimitedGlobalRateLimiter()),
    });
    this.#guard = new Guard({
      clock,
      dispatcher: this.dispatcher,
      maxInvalidRequests: options.maxInvalidRequests ?? Infinity,
      thresholds: invalidRequestThresholds && new Set(invalidRequestThresholds),
    });
    this.#sender = new Sender({
      clock,
      dispatcher: this.dispatcher,
      guard: this.#guard,
      trustLocalTime: options.trustLocalTime ?? false,
      deadlines: new Deadlines(clock),
      fetch: options.fetch ?? ((input, init) => fetch(input, init)),
      isOwnFetch: options.fetch === undefined,
    });
  }

  /** How many rate limit buckets are remembered. */
  get bucketCount(): number {
    return this.#limiter.size;
  }

  /** What it is doing now: requests, buckets, holds. Plain data without secrets; walks over all that is remembered. */
  status(): HTTPStatus {
    return {
      pending: this.#running.size,
      invalidRequests: this.#guard.invalidRequests,
      limits: this.#limiter.status(),
    };
  }

  /**
   * Sends a request, and resolves with its answer once that is a success (2xx), its body read already.
   *
   * Rejects with a {@linkcode HTTPRequestStatusError} or one of its kin for other statuses, with a
   * {@linkcode RateLimitedError} where it may not wait as long as it would have to, with a
   * {@linkcode RateLimitingFailedError} when it was refused too often, with a {@linkcode CloudflareBanError} while the
   * edge blocks this address, with a {@linkcode RequestOverflowError} when too many are under way, with a
   * {@linkcode NoAnswerError} when the connection failed, or its kin {@linkcode RequestTimeoutError} when there was no
   * answer in time, with a {@linkcode SearchNotReadyError} when a search has no index yet, with the reason of `signal`, and
   * with a `TypeError` or `RangeError` when it cannot be made.
   *
   * @example
   * ```ts
   * import { BotAuthentication, HTTPClient, Route } from "@nextsnake/nextcore";
   *
   * const authentication = new BotAuthentication("MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs");
   * await using http = new HTTPClient({ fetch: () => Promise.resolve(Response.json({ id: "1", content: "pong" })) });
   *
   * const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: "613425648685547541" });
   * const response = await http.request(route, { authentication, json: { content: "pong" } });
   * console.log((await response.json()).content); // "pong"
   * ```
   */
  request<Template extends string, Method extends HTTPMethod>(
    route: Route<Template, Method>,
    // In a literal, the compiler checks what it knows of the operation; a variable of type `RequestOptions` fits too.
    options?: RequestOptionsOf<Method, Template> | PlainRequestOptions,
  ): Promise<ResponseOf<Method, Template>>;
  request(route: Route, options: RequestOptions = {}): Promise<Response> {
    try {
      const job = this.#open(route, options);
      return job.answer = this.#carryOut(job, options.signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #open(route: Route, options: RequestOptions): Job {
    checkRequestOptions(options);
    const cancellation = new Cancellation();
    const now = this.#clock.now();
    const { signal } = options;
    const request = prepareRequest(route, options, {
      baseUrl: this.baseUrl,
      userAgent: this.#userAgent,
      timeoutMs: this.#timeoutMs,
      now,
      wallNow: this.#clock.wallNow(),
      agingMs: this.#agingMs,
      random: this.#random,
      nonce: () => this.#nonce(),
      sequence: this.#sequence++,
      cancellation,
    });
    const isFull = this.#running.size >= this.#maxPending && !route.isInteractionCallback;
    if (isFull || this.#closing !== undefined || signal?.aborted) {
      request.body.discard?.();
      if (this.#closing !== undefined) throw this.#closing;
      signal?.throwIfAborted();
      throw new RequestOverflowError(request.name, this.#maxPending);
    }
    return new Job(request, now);
  }

  async #carryOut(job: Job, signal: AbortSignal | undefined): Promise<Response> {
    const { serialKey, body } = job.request;
    const onAbort = signal && ((): void => job.abort(signal.reason));
    if (onAbort !== undefined) signal?.addEventListener("abort", onAbort, { once: true });
    this.#running.add(job);
    let turn: Disposable | undefined;
    try {
      if (serialKey !== undefined) turn = await this.#inLine(job, serialKey);
      for (;;) {
        job.attempt += 1;
        // Asked for before there is a turn that could be lost when it throws.
        const store = this.#reservations?.(job.request.limited.rateLimitKey);
        // What may go at once is sent in this very turn: nothing is awaited that does not have to be (A15.2).
        const admission = this.#admit(job);
        let leave = admission instanceof Promise ? await admission : admission;
        if (store !== undefined) leave = await this.#reserve(job, store, leave);
        const outcome = await this.#sender.send(job, leave);
        if (outcome.type === "answered") return outcome.response;
        if (outcome.type === "ended") throw outcome.error;
        if (outcome.type === "refused") await this.#acceptRefusal(job, outcome.refusal);
        else await this.#acceptFailure(job, outcome.error, outcome.retryAfterMs);
        job.dueAt = Math.max(job.dueAt, this.#clock.now());
      }
    } finally {
      job.permit?.leave();
      turn?.[Symbol.dispose]();
      body.discard?.();
      if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
      this.#running.remove(job);
    }
  }

  /** Rejects all that wait or are under way with an `AbortError`, and those to come. Resolves when nothing is left. */
  async close(): Promise<void> {
    this.#closing ??= new DOMException("The HTTPClient was closed", "AbortError");
    this.#limiter.close(this.#closing);
    const running = [...this.#running];
    for (const job of running) job.abort(this.#closing);
    await Promise.allSettled(running.map(({ answer }) => answer));
    this.dispatcher.close();
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** At most 25 characters (A13.2): 15 by chance, so that no other client has them, and a number. */
  #nonce(): string {
    this.#nonceStem ??= [this.#random(), this.#random()]
      .map((chance, index) => Math.floor(chance * 36 ** (7 + index)).toString(36)).join("-");
    return `${this.#nonceStem}-${this.#sequence.toString(36)}`;
  }

  async #inLine(job: Job, serialKey: string): Promise<Disposable> {
    const { name, limited: { maxWaitMs, signal } } = job.request;
    const startedAt = this.#clock.now();
    const turn = await this.#serial.enter(serialKey, {
      signal,
      maxWaitMs,
      late: () => new RateLimitedError({ route: name, retryAfterMs: UNKNOWN_WAIT_MS, scope: "user" }),
    });
    job.waitedMs += this.#clock.now() - startedAt;
    return turn;
  }

  #admit(job: Job): Admission | Promise<Admission> {
    const { request } = job;
    request.limited.signal.throwIfAborted();
    const startedAt = this.#clock.now();
    this.#guard.check(request, startedAt);
    const held = this.#guard.hold(request, startedAt);
    if (held !== undefined) return held.then(() => this.#admit(job));
    if (request.route.isInteractionCallback) {
      return { permit: undefined, pass: this.#guard.enter(request, startedAt) };
    }
    const { limited } = request;
    // A pause after a failure is spent in line where order matters, and is no wait for a limit.
    const pauseMs = Math.max(0, job.dueAt - startedAt);
    const acquired = this.#limiter.acquire(
      job.attempt === 1 && job.waitedMs === 0 ? limited : {
        ...limited,
        bodyKeys: limited.bodyKeys, // They are no fields of its own.
        signal: limited.signal,
        maxWaitMs: Math.max(0, limited.maxWaitMs - job.waitedMs) + pauseMs,
        notBefore: limited.isOrdered ? job.dueAt : undefined,
      },
    );
    // It is in line again, before all that it kept waiting.
    job.permit?.leave();
    if (!(acquired instanceof Promise)) return this.#enter(job, acquired, startedAt);
    this.#tellForeseen(job);
    return acquired.then((permit) => {
      const now = this.#clock.now();
      job.waitedMs += Math.max(0, now - startedAt - pauseMs);
      return this.#enter(job, permit, now);
    });
  }

  #enter(job: Job, permit: Permit, now: number): Admission | Promise<Admission> {
    const { request } = job;
    // It is in the way of those behind it, also while it is held: until it is in line again.
    job.permit = permit;
    try {
      // While it waited, too many others may have been invalid.
      const held = this.#guard.hold(request, now);
      if (held === undefined) {
        request.limited.signal.throwIfAborted();
        return { permit, pass: this.#guard.enter(request, now) };
      }
      permit.release();
      return held.then(() => this.#admit(job));
    } catch (error) {
      permit.release();
      throw error;
    }
  }

  /** A turn among all clients that share a count (B12): after the own one, so that it is used at once. */
  async #reserve(job: Job, store: ReservationStore, own: Admission): Promise<Admission> {
    const { limited, name } = job.request;
    const { signal } = limited;
    let admission = own;
    while (admission.permit !== undefined) {
      const { permit, pass } = admission;
      try {
        const { routeKey, majorKey, bodyKeys } = limited;
        const reservation = await reserveIn(
          store,
          { routeKey, majorKey, bodyKeys: [...bodyKeys ?? []] },
          signal,
        );
        if ("ticket" in reservation) {
          return { pass, permit: sharedPermit(permit, store, reservation.ticket) };
        }
        const { waitMs } = reservation;
        if (job.waitedMs + waitMs > limited.maxWaitMs) {
          throw new RateLimitedError({ route: name, retryAfterMs: waitMs, scope: "user" });
        }
        permit.release();
        pass.end("unknown");
        await sleep(this.#clock, waitMs, { signal });
        job.waitedMs += waitMs;
      } catch (error) {
        permit.release();
        pass.end("unknown");
        throw error;
      }
      admission = await this.#admit(job);
    }
    return admission;
  }

  /** A refused request was not carried out: it is sent again, as often as that is allowed (A8.3, A8.4). */
  async #acceptRefusal(job: Job, refusal: Refusal): Promise<void> {
    const { request } = job;
    const { name, limited, body, route } = request;
    const { retryAfterMs, scope } = refusal;
    job.refusals += 1;
    if (!body.isReplayable || job.waitedMs + retryAfterMs > limited.maxWaitMs) {
      throw new RateLimitedError({ route: name, retryAfterMs, scope });
    }
    if (job.refusals > this.#maxRateLimitRetries) {
      throw new RateLimitingFailedError({ route: name, retryAfterMs, scope }, this.#maxRateLimitRetries);
    }
    // Elsewhere the refusal has gone to the bucket, the line or the global limit, and is waited for there.
    const isOwnWait = route.isInteractionCallback || (scope === "global" && limited.isGlobalExempt);
    if (!isOwnWait) return;
    await sleep(this.#clock, retryAfterMs + WAIT_MARGIN_MS, { signal: limited.signal });
    job.waitedMs += retryAfterMs;
  }

  async #acceptFailure(job: Job, error: unknown, retryAfterMs: number): Promise<void> {
    job.failures += 1;
    const { body, limited } = job.request;
    const isTooLong = retryAfterMs > limited.maxWaitMs;
    if (job.failures > this.#maxRetries || !body.isReplayable || isTooLong) throw error;
    const pauseMs = backoffMs(job.failures, this.#random, retryAfterMs);
    // Where order matters it pauses in line, and keeps those behind it waiting.
    if (limited.isOrdered) job.dueAt = this.#clock.now() + pauseMs;
    else await sleep(this.#clock, pauseMs, { signal: limited.signal });
  }

  #tellForeseen({ request, attempt }: Job): void {
    if (attempt > 1 || this.dispatcher.listenerCount("rateLimited") === 0) return;
    const { waitMs, scope, isGuess } = this.#limiter.estimate(request.limited);
    if (waitMs > 0 && !isGuess) this.#sender.tellRateLimited(request, scope, waitMs, true);
  }
}
