import {
  BUCKET,
  channelId,
  endsOf,
  GLOBAL,
  lastAt,
  MEAN_ROUND_TRIP_MS,
  ROUND_TRIP_MS,
  type Row,
  unanswered,
} from "../row.ts";

const CHANNELS = 40;
const MESSAGES = 200;
const PATIENCE_MS = 20_000;
/** Refused from the 121st on, in the third second, until that is over: then 50 and 30 are left. */
const PAUSE = { after: 120, ms: 1000 };
const IDEAL_MS = 4 * GLOBAL.windowMs + MEAN_ROUND_TRIP_MS;

/** Somebody else uses the global limit up. */
export const globalRefusal: Row = {
  name: "global-429",
  title: `A global 429 in the middle of ${MESSAGES} messages`,
  idealMs: IDEAL_MS,
  isStormy: true,
  figures: [
    { name: "time ÷ ideal", target: 1.05 },
    { name: "time, ms" },
    { name: "refused" },
    { name: "refused, not in flight", target: 0, isStrict: true },
    { name: "not answered", target: 0, isStrict: true },
  ],
  rules: (seed) => ({ seed, roundTripMs: ROUND_TRIP_MS, bucket: BUCKET, global: GLOBAL, pause: PAUSE }),
  async run({ contestant, report }) {
    const startedAt = performance.now();
    const sent = Array.from({ length: MESSAGES }, (_, index) =>
      contestant.request({
        method: "POST",
        template: "/channels/{channel_id}/messages",
        parameters: { channel_id: channelId(index % CHANNELS) },
        json: { content: String(Math.floor(index / CHANNELS)) },
      }));
    const ends = await endsOf(sent, PATIENCE_MS);
    const tookMs = lastAt(ends) - startedAt;
    const { refusedByGlobal, refusedByBucket, refusedLate } = await report();
    return {
      "time ÷ ideal": tookMs / IDEAL_MS,
      "time, ms": tookMs,
      "refused": refusedByGlobal + refusedByBucket,
      "refused, not in flight": refusedLate,
      "not answered": unanswered(ends),
    };
  },
};
