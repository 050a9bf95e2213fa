/** What Discord says of a limit in the headers of an answer (A5). */
export interface RateLimitHeaders {
  /** The opaque id of the limit, without the top-level resource; `undefined` where it is not told. */
  readonly bucket: string | undefined;
  /** How many requests a window holds. */
  readonly limit: number;
  /** How many are left after this one. */
  readonly remaining: number;
  /** Milliseconds from the answer until the limit is whole again. */
  readonly resetAfterMs: number;
  /** The same moment by the server's clock, in milliseconds; only good for putting answers in order. */
  readonly resetAt: number | undefined;
}

/** Options of {@linkcode parseRateLimitHeaders}. */
export interface RateLimitHeadersOptions {
  /** What the wall clock shows, to take the wait from `X-RateLimit-Reset`; left out where it is not to be trusted. */
  readonly wallNow?: number | undefined;
}

/** Far beyond any limit that exists; what is larger is no limit but a mistake. */
const MAX_LIMIT = 1_000_000;
/** The longest window known is two days (A6.5). */
const MAX_RESET_MS = 31 * 24 * 60 * 60 * 1000;

const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** Reads the limit out of an answer; `undefined` where a part is missing or absurd (A5.1, A5.2). */
export function parseRateLimitHeaders(
  headers: Headers,
  { wallNow }: RateLimitHeadersOptions = {},
): RateLimitHeaders | undefined {
  const limit = numberIn(headers, "x-ratelimit-limit");
  if (limit === undefined) return undefined;
  const remaining = numberIn(headers, "x-ratelimit-remaining");
  const resetAt = secondsIn(headers, "x-ratelimit-reset");
  const resetAfterMs = wallNow !== undefined && resetAt !== undefined
    ? Math.max(0, resetAt - wallNow)
    : secondsIn(headers, "x-ratelimit-reset-after");
  if (remaining === undefined || resetAfterMs === undefined) return undefined;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) return undefined;
  if (!Number.isInteger(remaining) || remaining > limit || resetAfterMs > MAX_RESET_MS) return undefined;
  return { bucket: headers.get("x-ratelimit-bucket") || undefined, limit, remaining, resetAfterMs, resetAt };
}

/** A number of a header that is finite and not negative; else `undefined`. */
export function numberIn(headers: Headers, name: string): number | undefined {
  const text = headers.get(name)?.trim();
  if (text === undefined || !isDecimal(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Seconds of a header, in milliseconds. */
export function secondsIn(headers: Headers, name: string): number | undefined {
  const ms = (numberIn(headers, name) ?? NaN) * 1000;
  return Number.isFinite(ms) ? ms : undefined;
}

/** Digits, perhaps with a point behind the first. By hand: expressions took 6 µs of a request sent alone. */
function isDecimal(text: string): boolean {
  let hasPoint = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isPoint = code === POINT && at > 0 && !hasPoint;
    if (isPoint) hasPoint = true;
    else if (code < ZERO || code > NINE) return false;
  }
  return text !== "";
}
