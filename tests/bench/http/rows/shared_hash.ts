import { sleep, systemClock } from "../../../../clock.ts";
import type { Contestant } from "../contestants/contestant.ts";
import { BUCKET, channelId, endsOf, ROUND_TRIP_MS, type Row, unanswered } from "../row.ts";

const ROUTES = 20;
const PATIENCE_MS = 12_000;

/** Routes of which nobody can guess that one limit counts them all: twenty at once, and later the same again. */
export const sharedHash: Row = {
  name: "shared-hash",
  title: `${ROUTES} routes sharing one hash, at once`,
  figures: [
    { name: "refused, hash unknown", target: 15, isStrict: true },
    { name: "refused, hash known", target: 0, isStrict: true },
    { name: "not answered", target: 0, isStrict: true },
  ],
  rules: (seed) => ({ seed, roundTripMs: ROUND_TRIP_MS, bucket: BUCKET, isOneBucket: true }),
  async run({ contestant, report }) {
    const first = await endsOf(all(contestant), PATIENCE_MS);
    const unknown = await report();
    await sleep(systemClock, BUCKET.windowMs + 100);
    const second = await endsOf(all(contestant), PATIENCE_MS);
    const known = await report();
    return {
      "refused, hash unknown": unknown.refusedByBucket,
      "refused, hash known": known.refusedByBucket - unknown.refusedByBucket,
      "not answered": unanswered([...first, ...second]),
    };
  },
};

function all(contestant: Contestant): Promise<unknown>[] {
  return Array.from({ length: ROUTES }, (_, index) => {
    // A last segment of its own each, since some clients take it for an id.
    const place = String.fromCharCode(97 + index);
    const template = `/channels/{channel_id}/place-${place}/{message_id}`;
    const parameters = { channel_id: channelId(0), message_id: channelId(index) };
    return contestant.request({ method: "GET", template, parameters });
  });
}
