import {
  BUCKET,
  channelId,
  endsOf,
  lastAt,
  MEAN_ROUND_TRIP_MS,
  ROUND_TRIP_MS,
  type Row,
  unanswered,
} from "../row.ts";
import { idealMs, type LimitRule } from "../server_limit.ts";

const MESSAGES = 50;
const PATIENCE_MS = 20_000;

function messagesRow(kind: LimitRule["kind"]): Row {
  const bucket = { ...BUCKET, kind };
  // A fixed window begins when a request arrives, and only an answer tells when it ends: a way there and back for each.
  const windows = kind === "fixed" ? Math.ceil(MESSAGES / BUCKET.limit) : 1;
  const ideal = idealMs(bucket, MESSAGES) + windows * MEAN_ROUND_TRIP_MS;
  return {
    name: `messages-${kind}`,
    title: `${MESSAGES} messages, one bucket (${kind} window)`,
    idealMs: ideal,
    figures: [
      { name: "time ÷ ideal", target: 1.03 },
      { name: "time, ms" },
      { name: "refused", target: 0, isStrict: true },
      { name: "out of order", target: 0, isStrict: true },
      { name: "not answered", target: 0, isStrict: true },
    ],
    rules: (seed) => ({ seed, roundTripMs: ROUND_TRIP_MS, bucket }),
    async run({ contestant, report }) {
      const startedAt = performance.now();
      const sent = Array.from({ length: MESSAGES }, (_, index) =>
        contestant.request({
          method: "POST",
          template: "/channels/{channel_id}/messages",
          parameters: { channel_id: channelId(0) },
          json: { content: String(index) },
        }));
      const ends = await endsOf(sent, PATIENCE_MS);
      const tookMs = lastAt(ends) - startedAt;
      const { refusedByBucket, outOfOrder } = await report();
      return {
        "time ÷ ideal": tookMs / ideal,
        "time, ms": tookMs,
        "refused": refusedByBucket,
        "out of order": outOfOrder,
        "not answered": unanswered(ends),
      };
    },
  };
}

/** All messages of one channel at once: at most five a second. */
export const messagesFixed: Row = messagesRow("fixed");
/** The same where turns come back one by one. */
export const messagesSliding: Row = messagesRow("sliding");
