import type { Totals } from "./traffic.ts";

/** How the processes of the bench talk: JSON, a line each, with this in front, so that nobody's log is taken for it. */
export const PREFIX = "bench ";

/** What a server is started with. */
export interface ServerPlan {
  readonly shards: number;
  readonly maxConcurrency: number;
  /** How many events each piece has. */
  readonly pieces: readonly number[];
  readonly seed: number;
}

/** What a server says when it is up. */
export interface ServerAddress {
  readonly host: string;
  readonly totals: readonly Totals[];
  /** Means of the whole traffic. */
  readonly jsonBytes: number;
  readonly zlibBytes: number;
}

/** What a server is told. */
export type ServerOrder =
  | { readonly type: "play"; readonly token: string; readonly piece: number; readonly perSecond?: number }
  | { readonly type: "identifies"; readonly token: string };

/** What a client is started with. */
export interface ClientPlan {
  readonly contestant: string;
  readonly host: string;
  readonly token: string;
  readonly shards: number;
  readonly wanted: Wanted;
}

/** Which events somebody listens for. */
export type Wanted = "all" | "messages";

/** What a client is told: to count what comes, or to say what memory it takes. */
export type ClientOrder =
  | { readonly type: "expect"; readonly events: number; readonly isTimed?: boolean }
  | { readonly type: "rest" };

/** What a client says when all shards are ready. */
export interface ClientStart {
  /** From the call to the last READY. */
  readonly startMs: number;
  /** Processor time meanwhile, user and system. */
  readonly cpuMs: number;
}

/** What a client says of a piece. */
export interface ClientReport extends Totals {
  /** Processor time of the process, user and system, all threads. */
  readonly cpuUs: number;
  /** When it had the last event, as time of day. */
  readonly endedAt: number;
  /** When it had each, where that was asked for. */
  readonly receivedAt: readonly number[];
  /** The most memory it has had so far. */
  readonly peakKb: number;
}

/** What a client says of its memory when it rests. */
export interface ClientMemory {
  readonly residentKb: number;
}
