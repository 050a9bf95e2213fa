import process from "node:process";
import { createRawFetch } from "../contestants/raw_fetch.ts";
import type { Contestant, ContestantRequest } from "../contestants/contestant.ts";
import { channelId, type Figure, type Measures, type Row } from "../row.ts";

/** Requests of one block, and pairs of blocks: one of the contestant's, one of raw `fetch`. */
const BLOCK = 200;
const PAIRS = 20;
/** Requests of each kind before the first pair: with 2000, what is compiled later is half of what a request seems to take. */
const WARM_UP = 8000;
const WARM_UP_AT_ONCE = 20;
const CHANNELS = 50;
/** A limit that is never reached: its headers have to be read all the same. */
const NEVER = { kind: "fixed", limit: 1_000_000, windowMs: 1000 } as const;
/** Told to clients as the global limit, since 50 a second would leave nothing to measure. */
const REQUESTS_PER_SECOND = 20_000;
const TARGET_US = 12;

interface Work {
  readonly name: string;
  readonly atOnce: number;
  requestOf(index: number): ContestantRequest;
}

const WORKS: readonly Work[] = [
  { name: "GET, one by one", atOnce: 1, requestOf: get },
  { name: "GET, 10 at once", atOnce: 10, requestOf: get },
  { name: "POST a message, 10 at once", atOnce: 10, requestOf: (index) => post(index, "messages") },
  { name: "POST another, 10 at once", atOnce: 10, requestOf: (index) => post(index, "invites") },
];

/**
 * Processor time of the process, in pairs of neighbouring blocks, so that what the machine does otherwise meets both. For
 * raw `fetch` the row shows what such a measurement is good for.
 */
export const cpu: Row = {
  name: "cpu",
  title: "Processor time a request, µs more than raw fetch",
  isAlone: true,
  requestsPerSecond: REQUESTS_PER_SECOND,
  figures: WORKS.flatMap(({ name }): Figure[] => [
    { name, target: TARGET_US },
    { name: `${name}: raw fetch` },
  ]),
  rules: (seed) => ({ seed, bucket: NEVER }),
  async run({ contestant, apiUrl }) {
    const raw = createRawFetch({ apiUrl, requestsPerSecond: REQUESTS_PER_SECOND, isForgetful: false });
    for (const work of WORKS) {
      const warmUp = { ...work, atOnce: WARM_UP_AT_ONCE };
      for (const one of [raw, contestant]) await timeOf(warmUp, one, WARM_UP);
    }
    const measures: Record<string, number> = {};
    for (const work of WORKS) Object.assign(measures, await measure(work, contestant, raw));
    return measures;
  },
};

async function measure(work: Work, contestant: Contestant, raw: Contestant): Promise<Measures> {
  const differences: number[] = [];
  const rawTimes: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    // Who goes first alternates: the second may pay for what the first has left to collect.
    const isRawFirst = pair % 2 === 0;
    const first = await timeOf(work, isRawFirst ? raw : contestant);
    const second = await timeOf(work, isRawFirst ? contestant : raw);
    const [rawTime, ownTime] = isRawFirst ? [first, second] : [second, first];
    differences.push(ownTime - rawTime);
    rawTimes.push(rawTime);
  }
  return { [work.name]: medianOf(differences), [`${work.name}: raw fetch`]: medianOf(rawTimes) };
}

/** Microseconds of processor time a request, user and system, all threads. */
async function timeOf({ atOnce, requestOf }: Work, contestant: Contestant, count = BLOCK): Promise<number> {
  const before = process.cpuUsage();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await contestant.request(requestOf(next++));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function get(index: number): ContestantRequest {
  return {
    method: "GET",
    template: "/channels/{channel_id}",
    parameters: { channel_id: channelId(index % CHANNELS) },
  };
}

function post(index: number, place: string): ContestantRequest {
  return {
    method: "POST",
    template: `/channels/{channel_id}/${place}`,
    parameters: { channel_id: channelId(index % CHANNELS) },
    json: { content: "A message of a usual length, neither very short nor very long", tts: false },
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
