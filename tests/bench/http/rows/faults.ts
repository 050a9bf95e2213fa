import { channelId, type End, endsOf, ROUND_TRIP_MS, type Row, type Workbench } from "../row.ts";

const CHANNELS = 100;
const MESSAGES = 300;
const OTHERS = 100;
const PATIENCE_MS = 20_000;
const FAULT_RATE = 0.1;

/** Messages, and POSTs that nothing keeps from being done twice. */
export const faults: Row = {
  name: "faults",
  title: `${FAULT_RATE * 100} % of ${MESSAGES + OTHERS} POSTs answered 5xx, half of them executed`,
  requestsPerSecond: 500,
  figures: [
    { name: "doubled", target: 0, isStrict: true },
    { name: "failed" },
    { name: "failed, silent on execution", target: 0, isStrict: true },
    { name: "wrong on execution", target: 0, isStrict: true },
  ],
  rules: (seed) => ({ seed, roundTripMs: ROUND_TRIP_MS, faultRate: FAULT_RATE }),
  async run(bench) {
    const { contestant, report } = bench;
    const jobs = Array.from({ length: MESSAGES + OTHERS }, (_, index) => jobOf(index));
    const ends = await endsOf(jobs.map((job) => contestant.request(job)), PATIENCE_MS);
    const { doubled, executed } = await report();
    const done = new Set(executed);
    const failed = ends.flatMap((end, index) => {
      const { parameters, place } = jobOf(index);
      const isDone = done.has(`/channels/${parameters.channel_id}/${place} ${index}`);
      return end.type === "answered" ? [] : [{ end, isDone }];
    });
    return {
      "doubled": doubled,
      "failed": failed.length,
      "failed, silent on execution": failed.filter(({ end }) => wordOf(bench, end) === undefined).length,
      "wrong on execution": failed.filter(({ end, isDone }) => isDone && wordOf(bench, end) === false).length,
    };
  },
};

interface Job {
  readonly method: "POST";
  readonly template: string;
  readonly place: string;
  readonly parameters: Readonly<Record<"channel_id", string>>;
  readonly json: Readonly<Record<string, unknown>>;
}

function jobOf(index: number): Job {
  const place = index < MESSAGES ? "messages" : "invites";
  return {
    method: "POST",
    template: `/channels/{channel_id}/${place}`,
    place,
    parameters: { channel_id: channelId(index % CHANNELS) },
    json: { content: String(index) },
  };
}

function wordOf({ contestant }: Workbench, end: End): boolean | undefined {
  return end.type === "failed" ? contestant.mayBeExecuted(end.error) : undefined;
}
