import { sleep, systemClock } from "../../../../clock.ts";
import { BUCKET, channelId, endsOf, lastAt, ROUND_TRIP_MS, type Row, unanswered } from "../row.ts";

const MESSAGES = 60;
/** These are on their way when the others are taken back. */
const FIRST = 10;
const ABORT_AT_MS = 500;
const PATIENCE_MS = 15_000;

/** Half of those who wait in line are taken back. */
export const aborts: Row = {
  name: "aborts",
  title: `Abort of half of a queue of ${MESSAGES - FIRST}`,
  figures: [
    { name: "ms until all have settled", target: 5, isStrict: true },
    { name: "aborted, yet sent", target: 0, isStrict: true },
    { name: "others lost", target: 0, isStrict: true },
    { name: "refused", target: 0, isStrict: true },
  ],
  rules: (seed) => ({ seed, roundTripMs: ROUND_TRIP_MS, bucket: BUCKET }),
  async run({ contestant, report }) {
    if (!contestant.canAbort) {
      return {
        "ms until all have settled": null,
        "aborted, yet sent": null,
        "others lost": null,
        "refused": null,
      };
    }
    const requests = Array.from({ length: MESSAGES }, (_, index) => {
      const controller = new AbortController();
      const promise = contestant.request({
        method: "POST",
        template: "/channels/{channel_id}/messages",
        parameters: { channel_id: channelId(0) },
        json: { content: String(index) },
        signal: controller.signal,
      });
      promise.catch(() => {});
      return { index, promise, controller };
    });
    await sleep(systemClock, ABORT_AT_MS);
    const dropped = requests.filter(({ index }) => index >= FIRST && index % 2 === 1);
    const kept = requests.filter((request) => !dropped.includes(request));
    const abortedAt = performance.now();
    for (const { controller } of dropped) controller.abort(new Error("No longer wanted"));
    const droppedEnds = await endsOf(dropped.map(({ promise }) => promise), PATIENCE_MS);
    const keptEnds = await endsOf(kept.map(({ promise }) => promise), PATIENCE_MS);
    const { executed, refusedByBucket } = await report();
    const contents = new Set(executed.map((key) => key.split(" ").at(-1)));
    return {
      "ms until all have settled": lastAt(droppedEnds) - abortedAt,
      "aborted, yet sent": dropped.filter(({ index }) => contents.has(String(index))).length,
      "others lost": unanswered(keptEnds),
      "refused": refusedByBucket,
    };
  },
};
