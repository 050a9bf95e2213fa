/**
 * The HTTP API: finds the route, authorises, counts, answers, and misbehaves where it was told to.
 *
 * @module
 */

import { sleep } from "../clock.ts";
import {
  bucketHeaders,
  bucketIdOf,
  type BucketReading,
  type RateLimitRule,
  RateLimits,
} from "./rate_limits.ts";
import { readBody } from "./rest_body.ts";
import type { OutcomeFault, RestFault, RestFaults } from "./rest_faults.ts";
import {
  majorOf,
  matchRoute,
  type RestAnswer,
  type RestCall,
  RestError,
  type RestRoute,
} from "./rest_route.ts";
import type { SimulatedBot } from "./user.ts";
import type { World } from "./world.ts";

/** A request that the simulator has answered or lost. */
export interface SimulatedRequest {
  /** HTTP method. */
  readonly method: string;
  /** The path's template, or the path itself where there is no such route. */
  readonly route: string;
  /** When it came, on the simulator's clock. */
  readonly at: number;
  /** The answer's status; 0 for a request whose answer was lost. */
  readonly status: number;
  /** The audit-log reason, decoded. */
  readonly reason: string | undefined;
  /** The JSON body, where it was read. */
  readonly body: unknown;
  /** The `User-Agent`. */
  readonly userAgent: string | null;
}

/** The API's limits and habits. */
export interface RestSetup {
  /** All routes. */
  readonly routes: readonly RestRoute[];
  /** Requests in a second for one bot. */
  readonly globalLimit: number;
  /** Limits by `"METHOD /template"`, before those that the routes bring; `null` for none. */
  readonly rules: Map<string, RateLimitRule | null>;
  /** Hears of each request when it has been answered or lost. */
  readonly noted: (request: SimulatedRequest) => void;
}

/** How far a request got before it was answered. */
interface Progress {
  readonly method: string;
  route: string;
  body: unknown;
  headers: Record<string, string>;
}

const DEFAULT_RULE: RateLimitRule = { limit: 30, windowMs: 5000, kind: "sliding" };
const MAX_LOG = 10_000;
const PREFIX = /^\/api\/v(\d+)(\/.*)$/;
const VERSIONS = ["9", "10"];
const BLOCK_PAGE = "<!doctype html><title>Access denied</title><p>error code: 1015</p>";
const HTML_PAGE = "<!doctype html><title>Something else</title><p>This is no JSON.</p>";

/** The HTTP API. */
export class Rest {
  /** The newest requests, oldest first, at most 10 000. */
  readonly requests: SimulatedRequest[] = [];
  /** Answers that Discord counts against the address: 401, 403 and 429 of a scope other than `shared` (A10.1). */
  invalidRequestCount = 0;
  readonly #world: World;
  readonly #faults: RestFaults;
  readonly #setup: RestSetup;
  readonly #limits: RateLimits;
  readonly #closing: AbortController = new AbortController();

  constructor(world: World, faults: RestFaults, setup: RestSetup) {
    this.#world = world;
    this.#faults = faults;
    this.#setup = setup;
    this.#limits = new RateLimits(world.clock, setup.globalLimit);
  }

  /** Answers a request; with `undefined` its connection is to be cut without an answer. */
  async handle(request: Request): Promise<Response | undefined> {
    const at = this.#world.clock.now();
    const progress: Progress = {
      method: request.method,
      route: withoutTokens(new URL(request.url).pathname),
      body: undefined,
      headers: {},
    };
    let response: Response | undefined;
    try {
      response = await this.#answer(request, progress);
    } catch (error) {
      if (this.#closing.signal.aborted) return undefined;
      response = errorResponse(error, progress.headers);
    }
    this.#note(request, progress, at, response);
    return response;
  }

  /** Changes a route's limit; `null` for none. Everything is counted anew. */
  setRule(route: string, rule: RateLimitRule | null): void {
    this.checkRoute(route);
    this.#setup.rules.set(route, rule);
    this.#limits.reset();
  }

  /** Throws unless `route` is `"METHOD /template"` of a known route. */
  checkRoute(route: string | undefined): void {
    if (route === undefined || this.#setup.routes.some((known) => nameOf(known) === route)) return;
    throw new TypeError(
      `There is no route "${route}": write it as "POST /channels/{channel_id}/messages" is written`,
    );
  }

  /** Ends what still waits. */
  close(): void {
    this.#closing.abort();
  }

  async #answer(request: Request, progress: Progress): Promise<Response | undefined> {
    const url = new URL(request.url);
    const [, version, path] = PREFIX.exec(url.pathname) ?? [];
    if (path === undefined || version === undefined) {
      if (/^\/api\//.test(url.pathname)) throw new RestError(400, 50041, "Invalid API version");
      throw new RestError(404, 0, "404: Not Found");
    }
    if (!VERSIONS.includes(version)) throw new RestError(400, 50041, "Invalid API version");
    const match = matchRoute(this.#setup.routes, request.method, path);
    if (match.kind === "wrongMethod") throw new RestError(405, 0, "405: Method Not Allowed");
    if (match.kind === "none") throw new RestError(404, 0, "404: Not Found");
    const { route, params } = match;
    progress.route = route.path;
    const delayMs = this.#faults.takeDelay(nameOf(route));
    if (delayMs !== undefined) await sleep(this.#world.clock, delayMs, { signal: this.#closing.signal });
    const fault = this.#faults.take(nameOf(route));
    if (fault?.kind === "edgeBlock") return await discard(request, edgeBlock(fault));
    const bot = this.#authorise(request, route);
    const refusal = this.#count(route, params, bot, fault, progress);
    if (refusal !== undefined) return await discard(request, refusal);
    if (isDue(fault, false)) return await this.#misbehave(fault, request, progress.headers);
    const { body, files } = await readBody(request, () => this.#world.nextId());
    progress.body = body;
    const call: RestCall = { world: this.#world, params, query: url.searchParams, body, files, bot };
    const answer = route.handle(call);
    if (isDue(fault, true)) return await this.#misbehave(fault, request, progress.headers);
    return answerResponse(answer, progress.headers);
  }

  #authorise(request: Request, { isOpen = false }: RestRoute): SimulatedBot | undefined {
    const [scheme, token] = (request.headers.get("authorization") ?? "").split(" ");
    const bot = this.#world.bots.find((known) =>
      scheme === "Bot" && known.token === token && known.isTokenValid
    );
    if (bot === undefined && !isOpen) throw new RestError(401, 0, "401: Unauthorized");
    return bot;
  }

  /** Counts globally, then in the bucket; gives the 429 for a request too many. */
  #count(
    route: RestRoute,
    params: Readonly<Record<string, string>>,
    bot: SimulatedBot | undefined,
    fault: RestFault | undefined,
    progress: Progress,
  ): Response | undefined {
    const who = bot?.id ?? "address";
    const waitMs = route.isExempt === true ? undefined : this.#limits.spendGlobal(who);
    if (waitMs !== undefined) return tooMany("global", waitMs, {});
    const override = this.#setup.rules.get(nameOf(route));
    const rule = override === undefined ? route.rule : override;
    const forced = fault?.kind === "rateLimit" ? fault : undefined;
    if (forced?.scope === "global") return tooMany("global", forced.retryAfterMs, {});
    if (rule === null) return forced && tooMany(forced.scope, forced.retryAfterMs, {});
    const used = rule ?? DEFAULT_RULE;
    const bucketId = bucketIdOf(used.bucket ?? nameOf(route));
    const reading = this.#limits.spend(who, bucketId, majorOf(route, params), used);
    const wallNow = this.#world.clock.wallNow();
    const shown = forced?.scope === "user" ? emptied(reading, forced.retryAfterMs) : reading;
    progress.headers = bucketHeaders(bucketId, shown, wallNow);
    if (forced !== undefined) return tooMany(forced.scope, forced.retryAfterMs, progress.headers);
    return reading.isAllowed ? undefined : tooMany("user", reading.retryAfterMs, progress.headers);
  }

  async #misbehave(
    fault: OutcomeFault,
    request: Request,
    headers: Record<string, string>,
  ): Promise<Response | undefined> {
    if (fault.kind === "lose") return await this.#lose(request, fault.isSilent);
    if (fault.kind === "respond") return await discard(request, fault.make());
    if (fault.kind === "serverError") return await discard(request, serverError(fault.status));
    return page(fault.status, HTML_PAGE, { ...VIA, ...headers });
  }

  /** No answer: the connection is cut, or nothing ever comes. */
  async #lose(request: Request, isSilent: boolean): Promise<undefined> {
    if (!request.bodyUsed) await request.body?.cancel();
    if (!isSilent) return undefined;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    // Until the simulator is closed; a client that gives up before has long gone.
    this.#closing.signal.addEventListener("abort", () => resolve(undefined), { once: true });
    return await promise;
  }

  #note(request: Request, progress: Progress, at: number, response: Response | undefined): void {
    const status = response?.status ?? 0;
    const isShared = response?.headers.get("x-ratelimit-scope") === "shared";
    if ((status === 401 || status === 403 || status === 429) && !isShared) this.invalidRequestCount++;
    const { method, route, body } = progress;
    const reason = decodeReason(request.headers.get("x-audit-log-reason"));
    const userAgent = request.headers.get("user-agent");
    const noted: SimulatedRequest = { method, route, at, status, reason, body, userAgent };
    this.requests.push(noted);
    if (this.requests.length > MAX_LOG) this.requests.shift();
    this.#setup.noted(noted);
  }
}

/** Long parts of an unknown path may be tokens. */
function withoutTokens(path: string): string {
  return path.replace(/[^/]{33,}/g, "(left out)");
}

/** `"METHOD /template"`. */
function nameOf({ method, path }: RestRoute): string {
  return `${method} ${path}`;
}

function emptied(reading: BucketReading, resetAfterMs: number): BucketReading {
  return { ...reading, remaining: 0, resetAfterMs };
}

/** Every answer of the API itself has passed a proxy; those of the edge have not (A9.2). */
const VIA = { via: "1.1 simulator" };

function answerResponse({ status, body }: RestAnswer, headers: Record<string, string>): Response {
  if (body === undefined) return new Response(null, { status, headers: { ...VIA, ...headers } });
  return Response.json(body, { status, headers: { ...VIA, ...headers } });
}

function errorResponse(error: unknown, headers: Record<string, string>): Response {
  if (!(error instanceof RestError)) throw error;
  const { status, code, message, errors } = error;
  return Response.json({ message, code, ...(errors === undefined ? {} : { errors }) }, {
    status,
    headers: { ...VIA, ...headers },
  });
}

/** `retry_after` is exact, `Retry-After` a whole number of seconds, rounded up (A5). */
function tooMany(scope: string, waitMs: number, headers: Record<string, string>): Response {
  const isGlobal = scope === "global";
  const message = scope === "shared"
    ? "The resource is being rate limited."
    : isGlobal
    ? "You are being blocked from accessing our API temporarily due to exceeding the global rate limit."
    : "You are being rate limited.";
  const retry_after = Math.ceil(waitMs) / 1000;
  return Response.json({ message, retry_after, global: isGlobal }, {
    status: 429,
    headers: {
      ...VIA,
      ...headers,
      "retry-after": String(Math.ceil(retry_after)),
      "x-ratelimit-scope": scope === "sublimit" ? "user" : scope,
      ...(isGlobal ? { "x-ratelimit-global": "true" } : {}),
    },
  });
}

function serverError(status: number): Response {
  if (status === 500) {
    return Response.json({ message: "500: Internal Server Error", code: 0 }, { status, headers: VIA });
  }
  return page(status, `<!doctype html><title>${status}</title>`, VIA);
}

function edgeBlock({ status, retryAfterMs }: { status: number; retryAfterMs: number | undefined }): Response {
  const wait = retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  return page(status, BLOCK_PAGE, wait);
}

function page(status: number, text: string, headers: Record<string, string>): Response {
  return new Response(text, { status, headers: { ...headers, "content-type": "text/html; charset=UTF-8" } });
}

/** Whether the fault strikes before (`false`) or after the request has taken effect. */
function isDue(fault: RestFault | undefined, isExecuted: boolean): fault is OutcomeFault {
  if (fault === undefined || fault.kind === "rateLimit" || fault.kind === "edgeBlock") return false;
  return (fault.kind === "html" || fault.isExecuted) === isExecuted;
}

async function discard(request: Request, response: Response): Promise<Response> {
  if (!request.bodyUsed) await request.body?.cancel();
  return response;
}

function decodeReason(reason: string | null): string | undefined {
  if (reason === null) return undefined;
  try {
    return decodeURIComponent(reason);
  } catch {
    return reason;
  }
}
