import type { RateLimitHeaders } from "./rate_limit_headers.ts";

/** What is known of how a route is counted: with the others that name the same limit, or apart from them (B4.7). */
export interface RouteCounts {
  /** How often in a row its answers contradicted those of other routes. */
  doubts: number;
  /** The id of the limit that it names, and yet has for itself. */
  apartFrom: string | undefined;
  /** Whether it turned out not to be apart after all: then it is believed no second time. */
  hasRejoined: boolean;
}

/** An answer of another route that has the same bucket, as far as is known. */
export interface EarlierAnswer {
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly limit: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
}

/** What one answer says of another: counted together, apart, or nothing. */
export type CountEvidence = "together" | "apart" | "none";

/** So often in a row two counts must contradict each other (B4.7). */
const APART_EVIDENCE = 2;
/** Rounding and early timers. */
const TOLERANCE_MS = 5;

/**
 * What an answer to a request sent at `sentAt` says, given one to another route before (B4.7).
 *
 * Several turns had been spent when the request was counted, and their window was not over: a bucket that has lost just
 * one by then is another one, be it fixed or sliding.
 */
export function countEvidence(
  earlier: EarlierAnswer,
  { limit, remaining }: RateLimitHeaders,
  sentAt: number,
  now: number,
): CountEvidence {
  const isAfter = sentAt >= earlier.receivedAt;
  // The earliest moment at which its window may have ended, and the latest at which this request was counted.
  const isSameWindow = now < earlier.sentAt + earlier.resetAfterMs - TOLERANCE_MS;
  if (!isAfter || !isSameWindow || limit !== earlier.limit) return "none";
  if (earlier.remaining <= limit - 2 && remaining === limit - 1) return "apart";
  return remaining < earlier.remaining ? "together" : "none";
}

/** Notes what an answer said; whether the route is to be counted apart from now on. */
export function isToPart(route: RouteCounts, evidence: CountEvidence): boolean {
  if (evidence === "together") route.doubts = 0;
  if (evidence === "apart") route.doubts += 1;
  return route.doubts >= APART_EVIDENCE && route.apartFrom === undefined && !route.hasRejoined;
}
