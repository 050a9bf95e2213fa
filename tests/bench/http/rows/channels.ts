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
import { idealMs } from "../server_limit.ts";

const CHANNELS = 60;
const MESSAGES = 300;
const PATIENCE_MS = 20_000;
const IDEAL_MS = idealMs(GLOBAL, MESSAGES) + MEAN_ROUND_TRIP_MS;

/** So many channels that only the global limit is in the way. */
export const channels: Row = {
  name: "channels",
  title: `${MESSAGES} messages, ${CHANNELS} channels`,
  idealMs: IDEAL_MS,
  isStormy: true,
  figures: [
    { name: "time ÷ ideal", target: 1.04 },
    { name: "time, ms" },
    { name: "refused", target: 0, isStrict: true },
    { name: "out of order", target: 0, isStrict: true },
    { name: "most in a second", target: GLOBAL.limit, isStrict: true },
    { name: "not answered", target: 0, isStrict: true },
  ],
  rules: (seed) => ({ seed, roundTripMs: ROUND_TRIP_MS, bucket: BUCKET, global: GLOBAL }),
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
    const { refusedByBucket, refusedByGlobal, outOfOrder, mostInSecond } = await report();
    return {
      "time ÷ ideal": tookMs / IDEAL_MS,
      "time, ms": tookMs,
      "refused": refusedByBucket + refusedByGlobal,
      "out of order": outOfOrder,
      "most in a second": mostInSecond,
      "not answered": unanswered(ends),
    };
  },
};
