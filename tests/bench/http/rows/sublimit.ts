import { sleep, systemClock } from "../../../../clock.ts";
import type { Contestant } from "../contestants/contestant.ts";
import { BUCKET, channelId, type End, endsOf, ROUND_TRIP_MS, type Row, unanswered } from "../row.ts";

const PATIENCE_MS = 10_000;
/** Two names in a while, which no header tells; the third waits for the rest of it. */
const SUBLIMIT = { kind: "fixed", limit: 2, windowMs: 6000, field: "name" } as const;
/** When the others are asked for: while the third name is held. */
const OTHERS_AT_MS = [200, 1500];

/** A limit on one field of one route: whoever does not set it has nothing to wait for. */
export const sublimit: Row = {
  name: "sublimit",
  title: "A hidden sublimit on one route",
  figures: [
    { name: "longest wait of others, ms", target: 2 * ROUND_TRIP_MS[1], isStrict: true },
    { name: "others not answered", target: 0, isStrict: true },
    { name: "refused", target: 1, isStrict: true },
    { name: "not answered", target: 0, isStrict: true },
  ],
  rules: (seed) => ({ seed, roundTripMs: ROUND_TRIP_MS, bucket: BUCKET, sublimit: SUBLIMIT }),
  async run({ contestant, report }) {
    const named = [0, 1, 2].map((index) => patch(contestant, 0, { name: `name ${index}` }));
    const waits = OTHERS_AT_MS.map(async (delayMs) => {
      await sleep(systemClock, delayMs);
      const startedAt = performance.now();
      const ends = await endsOf(others(contestant), PATIENCE_MS);
      return { ends, waitMs: Math.max(...ends.map((end) => waitOf(end, startedAt))) };
    });
    const batches = await Promise.all(waits);
    const namedEnds = await endsOf(named, PATIENCE_MS);
    const { refusedByBucket, refusedBySublimit } = await report();
    return {
      "longest wait of others, ms": Math.max(...batches.map(({ waitMs }) => waitMs)),
      "others not answered": unanswered(batches.flatMap(({ ends }) => ends)),
      "refused": refusedByBucket + refusedBySublimit,
      "not answered": unanswered(namedEnds),
    };
  },
};

/** The same route without the field, the same route elsewhere with it, and other routes. */
function others(contestant: Contestant): Promise<unknown>[] {
  const parameters = { channel_id: channelId(0), message_id: channelId(1) };
  return [
    patch(contestant, 0, { position: 1 }),
    patch(contestant, 0, { position: 2 }),
    patch(contestant, 1, { name: "elsewhere" }),
    contestant.request({
      method: "GET",
      template: "/channels/{channel_id}/messages/{message_id}",
      parameters,
    }),
    contestant.request({
      method: "POST",
      template: "/channels/{channel_id}/messages",
      parameters: { channel_id: channelId(0) },
      json: { content: "1" },
    }),
  ];
}

function patch(
  contestant: Contestant,
  channel: number,
  json: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  return contestant.request({
    method: "PATCH",
    template: "/channels/{channel_id}",
    parameters: { channel_id: channelId(channel) },
    json,
  });
}

function waitOf(end: End, startedAt: number): number {
  return end.type === "pending" ? PATIENCE_MS : end.at - startedAt;
}
