import type { HTTPMethod } from "./route.ts";

/** How an attempt ended that may be worth repeating: a status, or no answer at all. */
export type Failure = number | "timeout" | "network";

/** Statuses of which Discord or the edge says that the request was not carried out (A13). */
const NOT_EXECUTED: ReadonlySet<number> = new Set([502, 503, 521, 522, 523]);
/** Statuses after which it may have been carried out. */
const POSSIBLY_EXECUTED: ReadonlySet<number> = new Set([500, 504, 520, 524]);
/** Methods that may be repeated: a second time changes nothing more. */
const REPEATABLE: ReadonlySet<HTTPMethod> = new Set<HTTPMethod>(["GET", "HEAD", "PUT", "DELETE"]);
/** "API resource is currently overloaded": refused, and worth trying later (A13.3). */
const OVERLOADED = 130_000;

/** The first wait is up to this long, each later one up to twice the one before. */
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;

/** Whether a method may be repeated. */
export function isRepeatable(method: HTTPMethod): boolean {
  return REPEATABLE.has(method);
}

/** Whether a request that has failed may be sent again without risk of doing something twice (A13). */
export function isRetryable(failure: Failure, code: number, mayRepeat: boolean): boolean {
  if (code === OVERLOADED || (typeof failure === "number" && NOT_EXECUTED.has(failure))) return true;
  return mayRepeat && mayBeExecuted(failure, code);
}

/** Whether a request that has failed so may have been carried out (A13). */
export function mayBeExecuted(failure: Failure, code: number): boolean {
  return code !== OVERLOADED && (typeof failure !== "number" || POSSIBLY_EXECUTED.has(failure));
}

/** Milliseconds to wait before the `retry`th repetition, counted from 1: at random, below a bound that doubles. */
export function backoffMs(retry: number, random: () => number, retryAfterMs = 0): number {
  const boundMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (retry - 1));
  return Math.max(retryAfterMs, random() * boundMs);
}
