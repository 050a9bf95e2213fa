import { numberIn, parseRateLimitHeaders, secondsIn } from "./rate_limit_headers.ts";
import type { RateLimitScope } from "./errors.ts";
import type { Refusal } from "./bucket_permit.ts";

/** As much of an error's body as is kept (A12.5). */
const MAX_BODY_BYTES = 64 * 1024;
/** The rounding of `Retry-After`: it counts only when it is larger than the body's wait by more (A8.1). */
const RETRY_AFTER_ROUNDING_MS = 1000;
/** The wait where nothing names one; doubled for each repetition. */
const DEFAULT_WAIT_MS = 1000;
const MAX_DEFAULT_WAIT_MS = 60_000;

/** What the edge in front of Discord says in plain text when it blocks. */
const EDGE_TEXT = /error code: 1\d\d\d/i;

/** "Index not yet available". */
const INDEX_NOT_READY = 110_000;

/** How far a search is. */
export interface UnreadySearch {
  /** Milliseconds until it is worth asking again. */
  readonly retryAfterMs: number;
  /** How many documents have been indexed. */
  readonly documentsIndexed: number | undefined;
}

/** What a refusal for the rate is: a limit of Discord, or a block at the edge. */
export type Verdict =
  | { readonly type: "limit"; readonly refusal: Refusal }
  | { readonly type: "edge"; readonly retryAfterMs: number | undefined };

/** The text of a body up to a limit, whatever happens to it; what is beyond the limit is cancelled. */
export async function readText(response: Response, signal?: AbortSignal): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const onAbort = (): void => void reader.cancel().catch(() => {});
  signal?.addEventListener("abort", onAbort, { once: true });
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    while (bytes < MAX_BODY_BYTES) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      const chunk = value.subarray(0, MAX_BODY_BYTES - bytes);
      bytes += chunk.length;
      text += decoder.decode(chunk, { stream: true });
    }
    // Not waited for: a stream may take as long as it likes to end.
    reader.cancel().catch(() => {});
  } catch {
    // A body that breaks off says as much as an empty one.
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
  return text;
}

/** A body in memory. */
export type AnswerBody = string | ArrayBuffer;

/** Reads all of a body: as text where it is JSON, since that is what becomes of it; else as bytes. */
export function readBody(response: Response, contentType: string | null): Promise<AnswerBody> {
  return contentType?.startsWith("application/json") ? response.text() : response.arrayBuffer();
}

/**
 * The answer with its body in memory: nobody has to remember to read it, so that its connection is free again.
 *
 * Its headers are those of the answer itself: filling them into another `Response` took 10 µs. What says how to read its
 * body is in both, for whoever hands the answer on to a server of their own.
 */
export class BufferedResponse extends Response {
  readonly #answer: Response;
  readonly #body: AnswerBody;
  readonly #contentType: string | null;

  constructor(answer: Response, body: AnswerBody, contentType: string | null) {
    const { status } = answer;
    const headers = contentType === null ? {} : { "Content-Type": contentType };
    super(isEmpty(body) ? null : body, { status, headers });
    this.#answer = answer;
    this.#body = body;
    this.#contentType = contentType;
  }

  override get statusText(): string {
    return this.#answer.statusText;
  }

  override get headers(): Headers {
    return this.#answer.headers;
  }

  override get url(): string {
    return this.#answer.url;
  }

  override clone(): Response {
    if (this.bodyUsed || this.body?.locked) {
      throw new TypeError("Cannot clone an answer whose body is being read, or has been");
    }
    return new BufferedResponse(this.#answer, this.#body, this.#contentType);
  }

  /** As JSON an empty body is `undefined`, where a plain `Response` would reject (A11.3). */
  override json(): Promise<unknown> {
    return isEmpty(this.#body) ? Promise.resolve(undefined) : super.json();
  }
}

function isEmpty(body: AnswerBody): boolean {
  return (typeof body === "string" ? body.length : body.byteLength) === 0;
}

/** What a success is that is no result: the index of a search is still being made (A11.1). */
export function unreadySearch(answer: AnswerBody): UnreadySearch | undefined {
  const start = answer.slice(0, MAX_BODY_BYTES);
  const body = parseBody(typeof start === "string" ? start : new TextDecoder().decode(start));
  if (typeof body !== "object" || body === null) return undefined;
  const { code, retry_after, documents_indexed }: {
    code?: unknown;
    retry_after?: unknown;
    documents_indexed?: unknown;
  } = body;
  if (code !== INDEX_NOT_READY) return undefined;
  const isKnown = typeof retry_after === "number" && Number.isFinite(retry_after) && retry_after > 0;
  return {
    retryAfterMs: isKnown ? Math.min(retry_after * 1000, MAX_DEFAULT_WAIT_MS) : DEFAULT_WAIT_MS,
    documentsIndexed: typeof documents_indexed === "number" ? documents_indexed : undefined,
  };
}

/** Lets go of an answer nobody will read. */
export async function discard(response: Response): Promise<void> {
  try {
    await response.body?.cancel();
  } catch {
    // It had broken off already.
  }
}

/** The JSON of a text; the text itself where it is none; `undefined` where it is empty. */
export function parseBody(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Whether a 403 comes from the edge and not from Discord (A9.3). */
export function isEdgeRefusal(response: Response, text: string): boolean {
  if (EDGE_TEXT.test(text) && typeof parseBody(text) === "string") return true;
  return response.headers.get("content-type")?.includes("text/html") === true ||
    /^\s*<(?:!doctype|html)/i.test(text);
}

/**
 * What a 429 means (A8, A9.3).
 *
 * @param repetition How often the same request was refused before: the wait doubles where the answer names none.
 */
export function verdictOf({ headers }: Response, body: unknown, repetition: number): Verdict {
  const fields: { retry_after?: unknown; global?: unknown } = typeof body === "object" && body !== null
    ? body
    : {};
  const hasWait = typeof fields.retry_after === "number";
  const isDiscords = hasWait || [...headers.keys()].some((name) => name.startsWith("x-ratelimit-"));
  if (!isDiscords) return { type: "edge", retryAfterMs: secondsIn(headers, "retry-after") };
  const scope = scopeOf(headers, fields.global === true);
  const isSublimit = scope === "user" && (numberIn(headers, "x-ratelimit-remaining") ?? 0) > 0;
  return {
    type: "limit",
    refusal: { scope, isSublimit, retryAfterMs: waitOf(headers, fields.retry_after, repetition) },
  };
}

function scopeOf(headers: Headers, isGlobalBody: boolean): RateLimitScope {
  const scope = headers.get("x-ratelimit-scope")?.toLowerCase();
  const isGlobal = scope === "global" || headers.get("x-ratelimit-global")?.toLowerCase() === "true";
  if (isGlobal || isGlobalBody) return "global";
  return scope === "shared" ? "shared" : "user";
}

/** Body and header have both been wrong; the larger one is the safe one (A8.1). Never 0 (A8.4). */
function waitOf(headers: Headers, retryAfter: unknown, repetition: number): number {
  const saidMs = typeof retryAfter === "number" ? retryAfter * 1000 : 0;
  const bodyMs = Number.isFinite(saidMs) ? saidMs : 0;
  const headerMs = secondsIn(headers, "retry-after") ?? 0;
  const namedMs = bodyMs > 0 && headerMs <= bodyMs + RETRY_AFTER_ROUNDING_MS ? bodyMs : headerMs;
  if (namedMs > 0) return namedMs;
  const resetMs = parseRateLimitHeaders(headers)?.resetAfterMs ??
    secondsIn(headers, "x-ratelimit-reset-after") ?? 0;
  return resetMs > 0 ? resetMs : Math.min(MAX_DEFAULT_WAIT_MS, DEFAULT_WAIT_MS * 2 ** repetition);
}
