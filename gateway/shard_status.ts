import type { ShardState } from "./shard_state.ts";

/** What a shard does, in numbers. */
export interface ShardStatus {
  /** Which shard this is. */
  readonly id: number;
  /** What it is doing. */
  readonly state: ShardState;
  /** Milliseconds that the last heartbeat took. */
  readonly latencyMs: number | undefined;
  /** The number of the last event. */
  readonly sequence: number | undefined;
  /** Milliseconds since the session began. */
  readonly sessionAgeMs: number | undefined;
  /** Payloads that wait to be sent. */
  readonly queued: number;
  /** Events delivered since the shard was made. */
  readonly received: number;
  /** Events that came a second time, and were left out (SEQ-7). */
  readonly skipped: number;
  /** How often a connection was lost or left since the shard was made, by reason. */
  readonly reconnects: Readonly<Record<string, number>>;
  /** Connections opened since the shard was made. */
  readonly connections: number;
  /** New sessions asked for since the shard was made. */
  readonly identifies: number;
  /** Sessions resumed since the shard was made. */
  readonly resumes: number;
  /** Bytes of messages as they came, compressed or not, since the shard was made; text counts a byte a character. */
  readonly bytesReceived: number;
  /** The same bytes after inflation; equal where nothing is compressed. */
  readonly bytesInflated: number;
}

/** What a shard counts, for its status: from zero on, and never back. */
export class ShardCounts {
  /** Events delivered. */
  received = 0;
  /** Events that came a second time. */
  skipped = 0;
  /** Connections opened. */
  connections = 0;
  /** New sessions asked for. */
  identifies = 0;
  /** Sessions resumed. */
  resumes = 0;
  /** Bytes of frames. */
  bytesReceived = 0;
  /** Bytes after inflation. */
  bytesInflated = 0;
}
