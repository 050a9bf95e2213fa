import type { Authentication } from "./authentication.ts";
import type { LimitHint } from "./bucket.ts";
import type { HTTPFile } from "./multipart.ts";
import {
  checkedCount,
  checkedMs,
  checkedTimeMs,
  checkList,
  checkObject,
  checkSignal,
  checkType,
} from "./option_checks.ts";
import type { RequestBody } from "./request_body.ts";
import type { Query } from "./request_head.ts";
import { kindOf, shown } from "./shown.ts";

/** Options of a request besides its JSON and its query. */
export interface PlainRequestOptions {
  /** Who asks. Left out, and without `headers`, nothing is authorised. */
  readonly authentication?: Authentication | undefined;
  /** Whose limits count the request, where `headers` authorise it. Must not contain a token. */
  readonly rateLimitKey?: string | undefined;
  /** Headers; they win over those that the library sets. */
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  /** Sent as it is; excludes `json` and `files`. A stream can be sent once only: give a function that makes it. */
  readonly body?: RequestBody | undefined;
  /** Files, sent next to the JSON. */
  readonly files?: readonly (HTTPFile | File)[] | undefined;
  /** For the audit log: at most 512 characters. */
  readonly reason?: string | undefined;
  /** Its place among requests of the same limit: lower goes first, negative is urgent. 0 by default. */
  readonly bucketPriority?: number | undefined;
  /** Its place in the global limit: lower goes first. 0 by default. */
  readonly globalPriority?: number | undefined;
  /** `false`: reject with a `RateLimitedError` instead of waiting for a rate limit. */
  readonly wait?: boolean | undefined;
  /** Milliseconds it may wait for rate limits; beyond them, it rejects with a `RateLimitedError`. */
  readonly maxWaitMs?: number | undefined;
  /** Milliseconds for one attempt, from sending to the answer; instead of the client's. */
  readonly timeoutMs?: number | undefined;
  /** Whether it may be carried out twice: decides what is sent again after a failure. By default by the method. */
  readonly idempotent?: boolean | undefined;
  /**
   * Requests of the same key never overlap, and go in the order of their calls.
   *
   * By default messages that are sent to one channel, or through one webhook, neither overlap nor overtake each other,
   * unless they may not wait; `null` lets them.
   */
  readonly serialKey?: string | null | undefined;
  /**
   * What its limit is counted for, instead of the top-level resource in its path: up to 100 characters, no secret.
   *
   * Threads of one guild may share a limit that their paths do not show: give them one scope, such as the guild's id.
   */
  readonly bucketScope?: string | undefined;
  /**
   * What you know of its limit: then several requests go at once before an answer has told of it. What answers tell
   * takes its place; where they tell of none, it is what counts.
   */
  readonly limitHint?: LimitHint | undefined;
  /** Aborts it, wherever it is. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `HTTPClient.request`. As they are, they fit any route; those of a known operation are `RequestOptionsOf` it. */
export interface RequestOptions<Body = unknown, Parameters = Query> extends PlainRequestOptions {
  /** Sent as JSON. */
  readonly json?: Body | undefined;
  /** The query. Lists repeat their key, `undefined` and `null` are left out. */
  readonly query?: Parameters | undefined;
}

/** The longest scope: it becomes part of a key. */
const MAX_SCOPE_LENGTH = 100;

/**
 * Throws a `TypeError` or `RangeError` that says which option of a request is wrong, and what it must be.
 *
 * Looks at nothing that is left out, and quotes nothing that may be a secret. What is in the body, in the query and in
 * the headers is checked where they are made.
 */
export function checkRequestOptions(options: RequestOptions<unknown, unknown>): void {
  checkObject("The options of a request", options, '{ json: { content: "pong" } }');
  const { authentication, headers, files, query, signal, serialKey, limitHint, bucketScope } = options;
  if (authentication !== undefined) checkAuthentication(authentication);
  if (headers !== undefined && (typeof headers !== "object" || headers === null)) {
    throw new TypeError(`headers must be an object such as { Authorization: "…" }, got ${kindOf(headers)}`);
  }
  if (files !== undefined) checkFiles(files);
  if (query !== undefined && query !== null) checkQuery(query);
  if (signal !== undefined) checkSignal(signal);
  if (serialKey !== undefined && serialKey !== null) checkType("serialKey", serialKey, "string");
  if (limitHint !== undefined) checkHint(limitHint);
  if (bucketScope !== undefined) checkScope(bucketScope);
  checkType("rateLimitKey", options.rateLimitKey, "string");
  checkType("reason", options.reason, "string");
  checkType("wait", options.wait, "boolean");
  checkType("idempotent", options.idempotent, "boolean");
  if (options.maxWaitMs !== undefined) checkedMs("maxWaitMs", options.maxWaitMs);
  if (options.timeoutMs !== undefined) checkedTimeMs("timeoutMs", options.timeoutMs);
  checkPriority("bucketPriority", options.bucketPriority);
  checkPriority("globalPriority", options.globalPriority);
}

function checkAuthentication(authentication: Authentication): void {
  if (typeof authentication !== "object" || authentication === null) {
    throw new TypeError(
      `authentication must be an object such as new BotAuthentication(token), got ${kindOf(authentication)}`,
    );
  }
  const { rateLimitKey, headers } = authentication;
  if (typeof rateLimitKey === "string" && typeof headers === "object" && headers !== null) return;
  throw new TypeError(
    "authentication must have a rateLimitKey and headers: use new BotAuthentication(token) or one of its kin",
  );
}

function checkFiles(files: readonly unknown[]): void {
  checkList("files", files, '[{ name: "a.txt", data: "…" }]');
  for (let index = 0; index < files.length; index++) {
    checkObject(`files[${index}]`, files[index], '{ name: "a.txt", data: "…" }');
  }
}

/** Of what can be walked over only `URLSearchParams` has pairs: others would be left out without a word. */
function checkQuery(query: unknown): void {
  const isQuery = typeof query === "object" && query !== null &&
    (query instanceof URLSearchParams || !(Symbol.iterator in query));
  if (isQuery) return;
  throw new TypeError(
    `query must be an object such as { limit: 5 }, or URLSearchParams, got ${kindOf(query)}`,
  );
}

function checkHint(hint: LimitHint): void {
  checkObject("limitHint", hint, "{ limit: 5, windowMs: 2000 }");
  const limit = checkedCount("limitHint.limit", hint.limit, 1);
  const windowMs = checkedTimeMs("limitHint.windowMs", hint.windowMs);
  if (limit < Infinity && windowMs < Infinity) return;
  throw new RangeError(
    "limitHint must have a finite limit and a finite windowMs, leave it out where there is none",
  );
}

function checkScope(scope: string): void {
  checkType("bucketScope", scope, "string");
  if (scope !== "" && scope.length <= MAX_SCOPE_LENGTH) return;
  throw new RangeError(
    `bucketScope has ${scope.length} characters, it must have 1 to ${MAX_SCOPE_LENGTH}: use an id`,
  );
}

function checkPriority(name: string, priority: number | undefined): void {
  if (priority === undefined || Number.isFinite(priority)) return;
  const message = `${name} is ${shown(priority)}, it must be a finite number: lower goes first`;
  throw typeof priority === "number" ? new RangeError(message) : new TypeError(message);
}
