import type { Wanted } from "./orders.ts";

/** One comparison. */
export type Row = TrafficRow | IdleRow | StartRow;

interface RowOfAnyKind {
  readonly name: string;
  readonly title: string;
  /** The most a figure of a contestant may be of the floor's on the same runtime. */
  readonly targets: readonly Target[];
}

/** What is asked of this library. */
export interface Target {
  readonly contestant: string;
  readonly figure: FigureName;
  readonly ratio: number;
}

/** Events come, as fast as they are taken or at a pace. */
export interface TrafficRow extends RowOfAnyKind {
  readonly kind: "traffic";
  readonly shards: number;
  readonly wanted: Wanted;
  /** Of each shard: what comes before anything is measured, then what is. */
  readonly pieces: readonly [warmUp: number, ...measured: readonly number[]];
  readonly perSecond?: number;
}

/** Shards have had some events and rest. */
export interface IdleRow extends RowOfAnyKind {
  readonly kind: "idle";
  /** The memory of a shard is the difference between many and few. */
  readonly few: number;
  readonly many: number;
  /** What each has had before. */
  readonly events: number;
}

/** Shards start, as the identify rule allows. */
export interface StartRow extends RowOfAnyKind {
  readonly kind: "start";
  readonly few: number;
  readonly many: number;
  readonly maxConcurrency: number;
}

/** What is measured; lower is better but for `rate`. */
export type FigureName = "cpu" | "rate" | "p50" | "p99" | "peak" | "memory" | "start" | "ideal";

/** What they are called. */
export const FIGURES: Readonly<Record<FigureName, string>> = {
  cpu: "CPU µs",
  rate: "1000/s",
  p50: "p50 ms",
  p99: "p99 ms",
  peak: "peak MB",
  memory: "kB a shard",
  start: "start s",
  ideal: "ideal s",
};

/** Compilers are done with the most of it after so many; and a short piece says more of its collector than of an event. */
const BURST = [100_000, 25_000, 25_000, 25_000] as const;

/** All comparisons. */
export const ROWS: readonly Row[] = [
  {
    kind: "traffic",
    name: "all",
    title: "burst, zlib-stream, all events wanted, one shard",
    shards: 1,
    wanted: "all",
    pieces: BURST,
    targets: [
      { contestant: "nextcore/deno", figure: "cpu", ratio: 1.1 },
      { contestant: "nextcore/deno", figure: "peak", ratio: 2 },
      { contestant: "nextcore/node", figure: "cpu", ratio: 1.2 },
      { contestant: "nextcore/bun", figure: "cpu", ratio: 1.2 },
    ],
  },
  {
    kind: "traffic",
    name: "messages",
    title: "the same, only MESSAGE_CREATE (30 %) wanted",
    shards: 1,
    wanted: "messages",
    pieces: BURST,
    targets: [{ contestant: "nextcore/deno", figure: "cpu", ratio: 0.7 }],
  },
  {
    kind: "traffic",
    name: "shards",
    title: "burst, zlib-stream, all events wanted, 16 shards",
    shards: 16,
    wanted: "all",
    pieces: [6_250, 1_600, 1_600, 1_600],
    targets: [{ contestant: "nextcore/deno", figure: "cpu", ratio: 1.15 }],
  },
  {
    kind: "traffic",
    name: "paced",
    title: "2000 events a second, one shard: from the server's send to the listener",
    shards: 1,
    wanted: "all",
    pieces: [4_000, 8_000],
    perSecond: 2_000,
    targets: [{ contestant: "nextcore/deno", figure: "p99", ratio: 1.3 }],
  },
  {
    kind: "idle",
    name: "idle",
    title: "500 shards at rest, after 20 events each",
    few: 20,
    many: 500,
    events: 20,
    targets: [{ contestant: "nextcore/deno", figure: "memory", ratio: 1.15 }],
  },
  {
    kind: "start",
    name: "start",
    title: "250 and 1000 shards start, 16 together: CPU and memory for each shard",
    few: 250,
    many: 1_000,
    maxConcurrency: 16,
    targets: [],
  },
];
