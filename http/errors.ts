/** Whose limit it was that held a request: yours, that of a resource with everyone, or of everything you send. */
export type RateLimitScope = "user" | "shared" | "global";

/** One complaint of Discord about one field of the JSON that was sent. */
export interface FieldError {
  /** Where, such as `embeds[0].fields[2].value`; `""` for the whole request. */
  readonly path: string;
  /** A machine's name for it, such as `BASE_TYPE_REQUIRED`. */
  readonly code: string;
  /** A sentence for people. */
  readonly message: string;
}

/** What was asked for, and how far it got: the method and the template, never the values in the path. */
export interface RouteName {
  /** The HTTP method. */
  readonly method: string;
  /** The path with names in braces. */
  readonly template: string;
  /** Whether an attempt may have been carried out, for all one knows (A13). */
  mayHaveBeenExecuted?: boolean | undefined;
}

/** What an {@linkcode HTTPRequestStatusError} is made of. */
export interface HTTPRequestStatusErrorInit {
  /** What was asked for. */
  readonly route: RouteName;
  /** The HTTP status. */
  readonly status: number;
  /** The body of the answer, parsed where it was JSON; `undefined` where it was empty. */
  readonly body?: unknown;
  /** Why it never left, where the library refused it by itself. */
  readonly refusal?: string | undefined;
}

/**
 * Discord answered with a status that is not a success.
 *
 * Statuses that callers tell apart have a class of their own below this one. No error holds a token.
 */
export class HTTPRequestStatusError extends Error {
  /** The name of the class. */
  override readonly name: string = "HTTPRequestStatusError";
  /** The HTTP status. */
  readonly status: number;
  /** Discord's error code (https://docs.discord.com/developers/topics/opcodes-and-status-codes#json); 0 for none. */
  readonly code: number;
  /** What Discord says of single fields. */
  readonly errors: readonly FieldError[];
  /** The path template of what was asked for. */
  readonly route: string;
  /** The method of what was asked for. */
  readonly method: string;
  /** Whether this attempt or one before it may have been carried out all the same. */
  readonly mayHaveBeenExecuted: boolean;
  /** The body of the answer: parsed JSON, else text; `undefined` for none. */
  readonly body: unknown;

  /** For the client: made of what the answer held. */
  constructor(init: HTTPRequestStatusErrorInit) {
    const body = isRecord(init.body) ? init.body : {};
    const code = typeof body.code === "number" ? body.code : 0;
    const errors = flattenErrors(body.errors);
    super(messageOf(init, body, code, errors));
    this.status = init.status;
    this.code = code;
    this.errors = errors;
    this.route = init.route.template;
    this.method = init.route.method;
    this.mayHaveBeenExecuted = init.route.mayHaveBeenExecuted ?? false;
    this.body = init.body;
  }
}

/** Status 400: the request was malformed; `errors` says where. */
export class BadRequestError extends HTTPRequestStatusError {
  /** The name of the class. */
  override readonly name: string = "BadRequestError";
}

/** Status 401: the token is not, or no longer, valid. */
export class UnauthorizedError extends HTTPRequestStatusError {
  /** The name of the class. */
  override readonly name: string = "UnauthorizedError";
}

/** Status 403: the token is valid, but may not do this. */
export class ForbiddenError extends HTTPRequestStatusError {
  /** The name of the class. */
  override readonly name: string = "ForbiddenError";
}

/** Status 404: there is no such thing, or it may not be seen. */
export class NotFoundError extends HTTPRequestStatusError {
  /** The name of the class. */
  override readonly name: string = "NotFoundError";
}

/** Status 500 and above: Discord had trouble. `mayHaveBeenExecuted` says whether it may have been carried out. */
export class InternalServerError extends HTTPRequestStatusError {
  /** The name of the class. */
  override readonly name: string = "InternalServerError";
}

/** What a {@linkcode RateLimitedError} is made of. */
export interface RateLimitedErrorInit {
  /** What was asked for. */
  readonly route: RouteName;
  /** Milliseconds until it is worth trying. */
  readonly retryAfterMs: number;
  /** Whose limit it is. */
  readonly scope: RateLimitScope;
}

/** A request would have had to wait longer than its `wait` or `maxWaitMs` allow. */
export class RateLimitedError extends Error {
  /** The name of the class. */
  override readonly name: string = "RateLimitedError";
  /** Milliseconds until it is worth trying; an estimate where the limit was only foreseen. */
  readonly retryAfterMs: number;
  /** Whose limit it is. */
  readonly scope: RateLimitScope;
  /** The path template of what was asked for. */
  readonly route: string;
  /** The method of what was asked for. */
  readonly method: string;
  /** Whether an attempt before it failed in a way that leaves open whether it was carried out. */
  readonly mayHaveBeenExecuted: boolean;

  /** For the client: made of what the answer held. */
  constructor({ route, retryAfterMs, scope }: RateLimitedErrorInit) {
    super(`Cannot ${nameOf(route)}: rate limited (${scope}), try again in ${Math.ceil(retryAfterMs)} ms`);
    this.retryAfterMs = retryAfterMs;
    this.scope = scope;
    this.route = route.template;
    this.method = route.method;
    this.mayHaveBeenExecuted = route.mayHaveBeenExecuted ?? false;
  }
}

/** Discord refused a request for its rate each time, more often than `maxRateLimitRetries` allows. */
export class RateLimitingFailedError extends Error {
  /** The name of the class. */
  override readonly name: string = "RateLimitingFailedError";
  /** How often the request was sent again. */
  readonly maxRetries: number;
  /** Milliseconds the last refusal asked to wait. */
  readonly retryAfterMs: number;
  /** Whose limit the last refusal was about. */
  readonly scope: RateLimitScope;
  /** The path template of what was asked for. */
  readonly route: string;
  /** The method of what was asked for. */
  readonly method: string;
  /** Whether an attempt before it failed in a way that leaves open whether it was carried out. */
  readonly mayHaveBeenExecuted: boolean;

  /** For the client: made of what the answer held. */
  constructor({ route, retryAfterMs, scope }: RateLimitedErrorInit, maxRetries: number) {
    super(`Cannot ${nameOf(route)}: still rate limited (${scope}) after ${maxRetries} retries`);
    this.maxRetries = maxRetries;
    this.retryAfterMs = retryAfterMs;
    this.scope = scope;
    this.route = route.template;
    this.method = route.method;
    this.mayHaveBeenExecuted = route.mayHaveBeenExecuted ?? false;
  }
}

/**
 * The edge in front of Discord blocks this address, usually for too many invalid requests. Nothing more is sent until
 * the block is over.
 */
export class CloudflareBanError extends Error {
  /** The name of the class. */
  override readonly name: string = "CloudflareBanError";
  /** Milliseconds until the block is tried again. */
  readonly retryAfterMs: number;
  /** The path template of what was asked for. */
  readonly route: string;
  /** The method of what was asked for. */
  readonly method: string;
  /** Whether an attempt before it failed in a way that leaves open whether it was carried out. */
  readonly mayHaveBeenExecuted: boolean;

  /** For the client: made of what the answer held. */
  constructor(route: RouteName, retryAfterMs: number) {
    super(`Cannot ${nameOf(route)}: blocked at the edge, nothing is sent for ${Math.ceil(retryAfterMs)} ms`);
    this.retryAfterMs = retryAfterMs;
    this.route = route.template;
    this.method = route.method;
    this.mayHaveBeenExecuted = route.mayHaveBeenExecuted ?? false;
  }
}

/** There was no answer, or it broke off: the connection failed. The `cause` is the runtime's error without secrets. */
export class NoAnswerError extends Error {
  /** The name of the class. */
  override readonly name: string = "NoAnswerError";
  /** The path template of what was asked for. */
  readonly route: string;
  /** The method of what was asked for. */
  readonly method: string;
  /** Whether it may have been carried out all the same; `false` only where it never left. */
  readonly mayHaveBeenExecuted: boolean;

  /** For the client: made of what happened. */
  constructor(route: RouteName, detail: string, cause?: unknown) {
    super(`Cannot ${nameOf(route)}: ${detail}`, cause === undefined ? {} : { cause });
    this.route = route.template;
    this.method = route.method;
    this.mayHaveBeenExecuted = route.mayHaveBeenExecuted ?? false;
  }
}

/** There was no answer within `timeoutMs`. Its `name` is `"TimeoutError"`, as everywhere on the web. */
export class RequestTimeoutError extends NoAnswerError {
  /** `"TimeoutError"`. */
  override readonly name: string = "TimeoutError";
}

/** A search answered that its index is still being made (status 202), each time it was asked (A11.1). */
export class SearchNotReadyError extends Error {
  /** The name of the class. */
  override readonly name: string = "SearchNotReadyError";
  /** Milliseconds until it is worth asking again. */
  readonly retryAfterMs: number;
  /** How many documents have been indexed, where that was told. */
  readonly documentsIndexed: number | undefined;
  /** The path template of what was asked for. */
  readonly route: string;
  /** The method of what was asked for. */
  readonly method: string;

  /** For the client: made of what the answer held. */
  constructor(route: RouteName, retryAfterMs: number, documentsIndexed?: number) {
    super(`Cannot ${nameOf(route)}: the index is not ready, try again in ${Math.ceil(retryAfterMs)} ms`);
    this.retryAfterMs = retryAfterMs;
    this.documentsIndexed = documentsIndexed;
    this.route = route.template;
    this.method = route.method;
  }
}

/** More requests were under way than `maxPending` allows: it was not sent. */
export class RequestOverflowError extends Error {
  /** The name of the class. */
  override readonly name: string = "RequestOverflowError";
  /** How many requests may be under way at once. */
  readonly limit: number;
  /** The path template of what was asked for. */
  readonly route: string;
  /** The method of what was asked for. */
  readonly method: string;

  /** For the client. */
  constructor(route: RouteName, limit: number) {
    super(
      `Cannot ${nameOf(route)}: ${limit} requests are under way already, wait for some or raise maxPending`,
    );
    this.limit = limit;
    this.route = route.template;
    this.method = route.method;
  }
}

const CLASSES: Readonly<Record<number, typeof HTTPRequestStatusError>> = {
  400: BadRequestError,
  401: UnauthorizedError,
  403: ForbiddenError,
  404: NotFoundError,
};

/** The error for an answer that is no success, of the class for its status (A12.6). */
export function statusErrorOf(init: HTTPRequestStatusErrorInit): HTTPRequestStatusError {
  const Class = CLASSES[init.status] ?? (init.status >= 500 ? InternalServerError : HTTPRequestStatusError);
  return new Class(init);
}

/** Deeper than any payload of Discord; keeps hostile answers from exhausting the stack. */
const MAX_ERROR_DEPTH = 32;
/** As many complaints as an error keeps. */
const MAX_FIELD_ERRORS = 256;

/** Lists the leaves of Discord's tree of errors; whatever has another shape is left out (A12.2). */
export function flattenErrors(tree: unknown): FieldError[] {
  const found: FieldError[] = [];
  collectErrors(tree, "", 0, found);
  return found;
}

function collectErrors(node: unknown, path: string, depth: number, found: FieldError[]): void {
  if (!isRecord(node) || depth > MAX_ERROR_DEPTH) return;
  for (const [key, value] of Object.entries(node)) {
    if (found.length >= MAX_FIELD_ERRORS) return;
    if (key === "_errors" && Array.isArray(value)) {
      for (const leaf of value) {
        if (!isRecord(leaf) || found.length >= MAX_FIELD_ERRORS) continue;
        found.push({ path, code: textOf(leaf.code), message: textOf(leaf.message) });
      }
    } else {
      collectErrors(value, joinPath(path, key), depth + 1, found);
    }
  }
}

function joinPath(path: string, key: string): string {
  if (/^\d+$/.test(key)) return `${path}[${key}]`;
  return path === "" ? key : `${path}.${key}`;
}

function messageOf(
  { route, status, refusal }: HTTPRequestStatusErrorInit,
  body: Readonly<Record<string, unknown>>,
  code: number,
  errors: readonly FieldError[],
): string {
  // OAuth2 endpoints have `error` and `error_description` instead of `message` (A12.1).
  const said = [body.message, body.error_description, body.error].find((text) => typeof text === "string");
  const parts = [`Cannot ${nameOf(route)}: ${status}`];
  if (typeof said === "string" && said !== "") parts.push(said);
  if (code !== 0) parts.push(`(code ${code})`);
  const fields = errors.slice(0, 3).map(({ path, message }) => path === "" ? message : `${path}: ${message}`);
  const more = errors.length > fields.length ? `, and ${errors.length - fields.length} more` : "";
  const detail = refusal ?? (fields.length === 0 ? undefined : fields.join("; ") + more);
  return parts.join(" ") + (detail === undefined ? "" : ` - ${detail}`);
}

function nameOf({ method, template }: RouteName): string {
  return `${method} ${template}`;
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
