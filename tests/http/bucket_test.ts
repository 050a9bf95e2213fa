import { assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import { Bucket, BucketMetadata, type BucketTurn, type RateLimitHeaders } from "../../http/mod.ts";

/** The server's clock, which is not ours. */
const SERVER_AT = 1_000_000;

function answer(remaining: number, resetAfterMs: number, at: number, limit = 5): RateLimitHeaders {
  return { bucket: "b", limit, remaining, resetAfterMs, resetAt: SERVER_AT + at + resetAfterMs };
}

function sent(bucket: Bucket, now: number): BucketTurn {
  const turn = bucket.reserve(now);
  turn.sentAt = now;
  return turn;
}

/** A bucket whose server has told that so many turns are left. */
function known(remaining: number, resetAfterMs = 5000, limit = 5): Bucket {
  const bucket = new Bucket();
  bucket.settle(sent(bucket, 0), answer(remaining, resetAfterMs, 0, limit), 0);
  return bucket;
}

Deno.test("Bucket lets one go while nothing is known (B4.1)", () => {
  const bucket = new Bucket();
  assertEquals(bucket.available(0), 1);
  const turn = bucket.reserve(0);
  assertEquals([bucket.available(0), bucket.opensAt(0), bucket.waitMs(0, 0)], [0, Infinity, undefined]);
  bucket.giveBack(turn);
  assertEquals([bucket.available(0), bucket.inFlight], [1, 0]);
});

Deno.test("Bucket of a known limit starts full (B4.6)", () => {
  assertEquals(new Bucket(new BucketMetadata(7)).available(0), 7);
});

Deno.test("Bucket subtracts what is under way from what the server says is left (B5.1, B5.2)", () => {
  const bucket = known(4);
  const turns = [1, 2, 3, 4].map(() => sent(bucket, 0));
  assertEquals([bucket.available(0), bucket.opensAt(0)], [0, 5002]);
  bucket.settle(turns[0] ?? bucket.reserve(0), answer(3, 4990, 10), 10);
  assertEquals(bucket.available(10), 0);
  // Another process has used the rest (A5.4, B12).
  bucket.settle(turns[1] ?? bucket.reserve(0), answer(0, 4980, 20), 20);
  assertEquals(bucket.available(20), -2);
});

Deno.test("Bucket is whole when its window is over (B5.4)", () => {
  const bucket = known(0, 5000);
  assertEquals([bucket.available(5001), bucket.available(5002)], [0, 5]);
});

Deno.test("Bucket ignores the numbers of an answer that was overtaken (B5.3)", () => {
  const bucket = known(4, 1000);
  const [late, early] = [sent(bucket, 0), sent(bucket, 0)];
  bucket.settle(early, answer(4, 1000, 1500), 1500); // The next window.
  bucket.settle(late, answer(0, 500, 500), 1600);
  assertEquals(bucket.available(1600), 4);
});

Deno.test("Bucket takes the lower number of two answers of one window (B5.3)", () => {
  const bucket = known(4, 1000);
  const [one, other] = [sent(bucket, 0), sent(bucket, 0)];
  bucket.settle(one, answer(2, 990, 10), 10);
  bucket.settle(other, answer(3, 995, 5), 20);
  assertEquals(bucket.available(20), 2);
});

Deno.test("Bucket orders answers without a date by when they came (B5.3)", () => {
  const bucket = new Bucket();
  bucket.settle(sent(bucket, 0), { ...answer(4, 1000, 0), resetAt: undefined }, 50);
  bucket.settle(sent(bucket, 50), { ...answer(3, 950, 0), resetAt: undefined }, 100);
  assertEquals(bucket.available(100), 3);
});

Deno.test("Bucket is closed by a refusal, then lets one find out (B5.8)", () => {
  const bucket = known(3);
  const turn = sent(bucket, 100);
  bucket.settle(turn, answer(0, 4900, 100), 110);
  bucket.refuse(2000, 110);
  assertEquals([bucket.available(2111), bucket.opensAt(500), bucket.available(2112)], [0, 2112, 1]);
  const probe = sent(bucket, 2112);
  assertEquals([bucket.available(2112), bucket.waitMs(2112, 0)], [0, undefined]);
  bucket.settle(probe, answer(4, 5000, 2120), 2120);
  assertEquals(bucket.available(2120), 4);
});

Deno.test("Bucket counts a lost request until an answer to a later one includes it (B5.7)", () => {
  const bucket = known(4);
  bucket.lose(sent(bucket, 0), 100);
  assertEquals(bucket.available(100), 3);
  bucket.settle(sent(bucket, 50), answer(2, 4910, 90), 110); // Sent before the other was lost: proves nothing.
  assertEquals(bucket.available(110), 1);
  bucket.settle(sent(bucket, 200), answer(1, 4800, 200), 210);
  assertEquals(bucket.available(210), 1);
});

Deno.test("Bucket forgets no lost request when its window ends, and is never closed by them alone (B5.7)", () => {
  const bucket = new Bucket(new BucketMetadata(1));
  bucket.lose(sent(bucket, 0), 10);
  assertEquals(bucket.available(20), 1);
  const probe = sent(bucket, 20);
  assertEquals(bucket.available(20), 0);
  bucket.lose(probe, 30);
  assertEquals(bucket.available(40), 1);
});

Deno.test("Bucket takes a request that was never sent for not counted (B5.7)", () => {
  const bucket = known(4);
  bucket.lose(bucket.reserve(0), 10);
  assertEquals(bucket.available(10), 4);
});

Deno.test("Bucket needs two signs to take a window for a sliding one (B5.6)", () => {
  const bucket = known(4, 1000);
  bucket.settle(sent(bucket, 100), answer(3, 1900, 100), 100);
  assertEquals(bucket.metadata.kind, "unknown");
  bucket.settle(sent(bucket, 200), answer(2, 2800, 200), 200);
  assertEquals(bucket.metadata.kind, "sliding");
  assertAlmostEquals(bucket.metadata.tokenMs(200) ?? 0, 997.5, 3);
});

Deno.test("Bucket gives back turns one by one in a sliding window, rather late than early (B5.5)", () => {
  const bucket = known(4, 1000);
  bucket.settle(sent(bucket, 1), answer(3, 1999, 1), 1);
  bucket.settle(sent(bucket, 2), answer(2, 2998, 2), 2);
  bucket.settle(sent(bucket, 3), answer(1, 3997, 3), 3);
  bucket.settle(sent(bucket, 4), answer(0, 4996, 4), 4);
  assertEquals(bucket.available(4), 0);
  const opensAt = bucket.opensAt(4);
  assertGreater(opensAt, 1000);
  assertAlmostEquals(opensAt, 1000, 20);
  assertEquals([bucket.available(999), bucket.available(Math.ceil(opensAt))], [0, 1]);
});

Deno.test("Bucket takes two counts in a window that stands for a fixed one (B5.6)", () => {
  const bucket = known(4, 1000);
  bucket.metadata.sawSliding();
  bucket.settle(sent(bucket, 10), answer(3, 990, 10), 10);
  assertEquals(bucket.metadata.kind, "fixed");
  bucket.metadata.sawSliding();
  assertEquals(bucket.metadata.kind, "fixed");
});

Deno.test("BucketMetadata gives up a model that a window contradicts, and rests it after a refusal (B5.6)", () => {
  const metadata = new BucketMetadata();
  metadata.learn(answer(4, 1000, 0));
  metadata.sawSliding();
  metadata.sawSliding();
  assertEquals(metadata.kind, "sliding");
  metadata.refuse(0, true);
  assertEquals(metadata.tokenMs(59_999), undefined);
  assertEquals(metadata.tokenMs(60_000) !== undefined, true);
  metadata.learn(answer(0, 1000, 0));
  assertEquals(metadata.kind, "fixed");
});

Deno.test("BucketMetadata begins anew when the limit has another size", () => {
  const metadata = new BucketMetadata();
  metadata.learn(answer(4, 1000, 0));
  metadata.learn(answer(9, 300, 0, 10));
  assertEquals([metadata.limit, metadata.windowMs, metadata.kind], [10, 300, "unknown"]);
});

Deno.test("Bucket without a limit lets all go, until a refusal (B4.3)", () => {
  const bucket = new Bucket();
  bucket.metadata.setUnlimited(600_000);
  assertEquals([bucket.available(0), bucket.available(599_999), bucket.available(600_000)], [
    Infinity,
    Infinity,
    1,
  ]);
  bucket.lose(sent(bucket, 0), 1);
  assertEquals(bucket.available(1), Infinity);
  bucket.refuse(1000, 2);
  assertEquals(bucket.available(1002), 0);
});

Deno.test("Bucket is as good as new when nothing is to be remembered (B10.1)", () => {
  const bucket = known(0, 5000);
  assertEquals([bucket.isFresh(5001), bucket.isFresh(5002)], [false, true]);
  const turn = sent(bucket, 5002);
  assertEquals(bucket.isFresh(9000), false);
  bucket.lose(turn, 9000);
  assertEquals([bucket.isFresh(13_999), bucket.isFresh(14_000)], [false, true]);
});

Deno.test("Bucket takes over what runs under its former name (B4.2)", () => {
  const unnamed = new Bucket();
  const turn = sent(unnamed, 0);
  const bucket = known(3);
  bucket.adopt(unnamed, 0);
  assertEquals([bucket.inFlight, unnamed.inFlight, bucket.available(0)], [1, 0, 2]);
  bucket.settle(turn, answer(2, 4990, 10), 10);
  assertEquals([bucket.inFlight, bucket.available(10)], [0, 2]);
});

Deno.test("Bucket estimates by whole windows (B3.3)", () => {
  const bucket = known(0, 5000);
  assertEquals([bucket.waitMs(0, 0), bucket.waitMs(0, 4), bucket.waitMs(0, 5)], [5002, 5002, 10_002]);
  assertEquals(known(2).waitMs(0, 1), 0);
});

Deno.test("Bucket goes by the earliest word of a window that stands: the others took longer to come (B5.3)", () => {
  const bucket = known(4, 1000);
  const turns = [sent(bucket, 0), sent(bucket, 0)];
  bucket.settle(turns[0] ?? sent(bucket, 0), answer(3, 980, 20), 60); // 40 ms on its way.
  bucket.settle(turns[1] ?? sent(bucket, 0), answer(2, 970, 30), 35); // 5 ms.
  assertEquals(bucket.available(1001), 2);
  assertEquals(bucket.available(1002), 5);
});
