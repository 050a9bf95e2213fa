/** What a shard is doing (§6). */
export type ShardState =
  /** Nothing: never started, or stopped. */
  | "idle"
  /** Waiting before the next connection. */
  | "backoff"
  /** A socket is opening. */
  | "connecting"
  /** The socket is open, Discord has not greeted yet. */
  | "awaitingHello"
  /** Waiting for its turn to identify. */
  | "awaitingPermit"
  /** IDENTIFY was sent, READY has not come. */
  | "identifying"
  /** RESUME was sent; what was missed is on its way. */
  | "resuming"
  /** READY or RESUMED has come. */
  | "ready"
  /** It has failed for good. */
  | "dead";
