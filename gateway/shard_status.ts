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
}
