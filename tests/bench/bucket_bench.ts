// What the accounts of one request cost: take a turn, read the answer, settle.
import { systemClock } from "../../clock.ts";
import { Bucket } from "../../http/bucket.ts";
import { LimitedGlobalRateLimiter, UnlimitedGlobalRateLimiter } from "../../http/global_rate_limiter.ts";
import { type LimitedRequest, Limiter } from "../../http/limiter.ts";
import { parseRateLimitHeaders, type RateLimitHeaders } from "../../http/rate_limit_headers.ts";
import { RateLimitStorage } from "../../http/rate_limit_storage.ts";

const answered = new Headers({
  "Content-Type": "application/json",
  "X-RateLimit-Limit": "5",
  "X-RateLimit-Remaining": "4",
  "X-RateLimit-Reset": "1790000000.123",
  "X-RateLimit-Reset-After": "0.001",
  "X-RateLimit-Bucket": "80c17d2f203122d936070c88c8d10f33",
});
const headers: RateLimitHeaders = {
  bucket: "80c17d2f203122d936070c88c8d10f33",
  limit: 5,
  remaining: 4,
  resetAfterMs: 1,
  resetAt: undefined,
};

Deno.bench("read the headers of a limit", { group: "limits" }, () => {
  parseRateLimitHeaders(answered);
});

const bucket = new Bucket();
let now = 0;
Deno.bench("a turn of a bucket", { group: "limits", baseline: true }, () => {
  now += 10;
  bucket.settle(bucket.reserve(now), headers, now);
});

const storage = new RateLimitStorage();
let sequence = 0;
Deno.bench("a turn of one channel of fifty", { group: "limits" }, () => {
  sequence += 1;
  const { permit } = storage.enter({
    routeKey: "GET /channels/{channel_id}",
    majorKey: `channels/${sequence % 50}`,
    rank: 0,
    sequence,
    bodyKeys: undefined,
  });
  permit?.send();
  permit?.settle({ headers: { ...headers, limit: 100_000, remaining: 99_999 }, isSuccess: true });
});

const open: RateLimitHeaders = { ...headers, limit: 100_000, remaining: 99_999 };
const answer = { headers: open, isSuccess: true };
const limiter = new Limiter({
  clock: systemClock,
  globalRateLimiter: () => new UnlimitedGlobalRateLimiter(),
});
const requests = Array.from({ length: 50 }, (_, index): LimitedRequest => ({
  rateLimitKey: "bot",
  routeKey: "GET /channels/{channel_id}",
  majorKey: `channels/${index}`,
  rank: 0,
  globalRank: 0,
  sequence: index,
  bodyKeys: undefined,
  route: { method: "GET", template: "/channels/{channel_id}" },
  isGlobalExempt: false,
  maxWaitMs: Infinity,
  signal: new AbortController().signal,
}));
for (const request of requests) turn(request); // Before, each first turn would be taken while its bucket has no name.
Deno.bench("a turn of all limits of one request", { group: "limits" }, () => {
  turn(requests[sequence++ % 50]);
});

function turn(request: LimitedRequest | undefined): void {
  const permit = request && limiter.acquire(request);
  if (permit === undefined || permit instanceof Promise) throw new Error("The limit is never reached here");
  permit.send();
  permit.settle(answer, 30);
  permit.release();
  permit.leave();
}

let sentAt = 0;
const passing = new LimitedGlobalRateLimiter(50, {
  // A second passes with each request: the log holds one entry.
  clock: { now: () => sentAt += 2000, wallNow: () => 0, setTimeout: () => ({ [Symbol.dispose]() {} }) },
});
Deno.bench("a turn of the global limit", { group: "limits" }, () => {
  const permit = passing.acquire();
  if (permit instanceof Promise) throw new Error("The limit is never reached here");
  permit.send();
  permit.release(30);
});
