import type { LimitHint } from "./bucket.ts";
import type { Cancellation } from "./cancellation.ts";
import type { RouteName } from "./errors.ts";
import type { LimitedRequest } from "./limiter.ts";
import { Redaction, secretsOf } from "./secrets.ts";
import { prepareBody, type PreparedBody } from "./request_body.ts";
import { headerIn, type HeaderRecord, queryString, requestHeaders } from "./request_head.ts";
import type { RequestOptions } from "./request_options.ts";
import { isRepeatable } from "./retry.ts";
import { Route } from "./route.ts";

/** A request that has been checked and is ready to be sent, perhaps several times. */
export interface PreparedRequest {
  /** What is asked for. */
  readonly route: Route;
  /** What to call it in errors and events. */
  readonly name: RouteName;
  /** Where to. */
  readonly url: string;
  /** Its headers. */
  readonly headers: HeaderRecord;
  /** Its `Authorization`. */
  readonly authorization: string | undefined;
  /** Its body. */
  readonly body: PreparedBody;
  /** Whether it may be carried out twice. */
  readonly isRepeatable: boolean;
  /** Its place in line. */
  readonly limited: LimitedRequest;
  /** Milliseconds for one attempt. */
  readonly timeoutMs: number;
  /** The key of those it must not overlap with. */
  readonly serialKey: string | undefined;
  /** Ends it with the caller's signal, and when the client closes. */
  readonly cancellation: Cancellation;
}

/** What the client adds to a request. */
export interface PreparationOptions {
  /** The base of its URL. */
  readonly baseUrl: string;
  /** Its `User-Agent`. */
  readonly userAgent: string;
  /** Milliseconds for one attempt. */
  readonly timeoutMs: number;
  /** When that is. */
  readonly now: number;
  /** The same as a date, in milliseconds since the Unix epoch. */
  readonly wallNow: number;
  /** In how many milliseconds of waiting a priority improves by 1; 0 for never. */
  readonly agingMs: number;
  /** A number larger than that of all requests before. */
  readonly sequence: number;
  /** Numbers from 0 to 1. */
  readonly random: () => number;
  /** A word that no other request has, of at most 25 characters (A13.2). */
  readonly nonce: () => string;
  /** Ends it with the caller's signal, and when the client closes. */
  readonly cancellation: Cancellation;
}

/** Checks a request and makes it ready; throws `TypeError` or `RangeError` where it cannot be sent. */
export function prepareRequest(
  route: Route,
  options: RequestOptions,
  preparation: PreparationOptions,
): PreparedRequest {
  if (!(route instanceof Route)) {
    throw new TypeError(
      'Cannot send a request: the first argument must be a Route, as in new Route("GET", "/gateway")',
    );
  }
  const { baseUrl, userAgent, cancellation, timeoutMs } = preparation;
  const { authentication, headers: given, reason, body: rawBody, files } = options;
  const json = withNonce(route, options.json, preparation.nonce);
  const body = prepareBody(route.method, { json, body: rawBody, files }, preparation.random);
  const headers = requestHeaders({
    route,
    authentication,
    headers: given,
    reason,
    userAgent,
    contentType: body.contentType,
  });
  const name = { method: route.method, template: route.template };
  return {
    route,
    name,
    url: baseUrl + route.path + queryString(options.query),
    headers,
    authorization: headerIn(headers, "authorization"),
    body,
    isRepeatable: options.idempotent ?? (isRepeatable(route.method) || isDeduplicated(route, json)),
    limited: new PlaceInLine(route, name, body, options, preparation),
    timeoutMs: options.timeoutMs ?? timeoutMs,
    serialKey: options.serialKey ?? undefined,
    cancellation,
  };
}

/** What takes the secrets of a request out of texts. */
export function redactionOf({ url, route, authorization, body }: PreparedRequest): Redaction {
  // Errors of the runtime quote the URL, and any part of that may be a secret.
  const secrets = [url, ...route.secrets, ...body.secrets ?? []];
  return new Redaction(authorization === undefined ? secrets : [...secrets, ...secretsOf(authorization)]);
}

/** Its place in line. A class, so that the keys of its body are looked for only where a limit concerns some of them. */
class PlaceInLine implements LimitedRequest {
  readonly route: RouteName;
  readonly rateLimitKey: string | null;
  readonly routeKey: string;
  readonly majorKey: string;
  readonly rank: number;
  readonly globalRank: number;
  readonly sequence: number;
  readonly isOrdered: boolean;
  readonly isGlobalExempt: boolean;
  readonly bucketScope: string | undefined;
  readonly limitHint: LimitHint | undefined;
  readonly maxWaitMs: number;
  readonly #cancellation: Cancellation;
  readonly #body: PreparedBody;

  constructor(
    route: Route,
    name: RouteName,
    body: PreparedBody,
    options: RequestOptions,
    { now, wallNow, agingMs, sequence, cancellation }: PreparationOptions,
  ) {
    const { bucketPriority = 0, globalPriority = 0, wait = true, maxWaitMs = Infinity } = options;
    const ownKey = route.hasToken ? undefined : options.authentication?.rateLimitKey;
    // Waiting improves the places of all alike: so that it is enough to count from when each began (B7.2).
    const ages = agingMs > 0 ? now / agingMs : 0;
    this.route = name;
    this.rateLimitKey = options.rateLimitKey ?? ownKey ?? null;
    this.routeKey = route.keyAt(wallNow);
    this.majorKey = route.majorKey;
    this.rank = bucketPriority + ages;
    this.globalRank = globalPriority + ages;
    this.sequence = sequence;
    this.isOrdered = options.serialKey === undefined && wait && maxWaitMs > 0 && isMessage(route);
    this.isGlobalExempt = route.ignoreGlobal;
    this.bucketScope = options.bucketScope;
    this.limitHint = options.limitHint;
    this.maxWaitMs = wait ? maxWaitMs : 0;
    this.#cancellation = cancellation;
    this.#body = body;
  }

  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }

  get bodyKeys(): ReadonlySet<string> | undefined {
    return this.#body.keys;
  }
}

/** A new message gets a nonce, so that it can be sent again; one that the caller has given is left as it is. */
function withNonce(route: Route, json: unknown, nonce: () => string): unknown {
  if (!route.isCreateMessage || typeof json !== "object" || json === null || Array.isArray(json)) {
    return json;
  }
  const given: { nonce?: unknown; enforce_nonce?: unknown; toJSON?: unknown } = json;
  const isTaken = given.nonce !== undefined || given.enforce_nonce === false;
  if (isTaken || typeof given.toJSON === "function") return json;
  return { ...json, nonce: nonce(), enforce_nonce: true };
}

/** A message with an enforced nonce is created once, however often it is sent (A13.2). */
function isDeduplicated(route: Route, json: unknown): boolean {
  if (!route.isCreateMessage) return false;
  const { nonce, enforce_nonce }: { nonce?: unknown; enforce_nonce?: unknown } =
    typeof json === "object" && json !== null ? json : {};
  return enforce_nonce === true && nonce !== undefined && nonce !== null && nonce !== "";
}

/** Whether it posts a message: order matters to those who read them. */
function isMessage(route: Route): boolean {
  return route.isCreateMessage || route.isExecuteWebhook;
}
