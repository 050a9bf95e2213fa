/** Redis has not answered in time. What was asked may still be done, or may have been done. */
export class RedisTimeoutError extends Error {
  /** The class. */
  override readonly name = "RedisTimeoutError";
  /** How many milliseconds were waited. */
  readonly timeoutMs: number;

  /** Says what was not answered. */
  constructor(command: string, timeoutMs: number) {
    super(`Redis has not answered ${command} within ${timeoutMs} ms`);
    this.timeoutMs = timeoutMs;
  }
}

/** A shard is no longer ours: the lease has ended, or somebody else has it. */
export class LeaseLostError extends Error {
  /** The class. */
  override readonly name = "LeaseLostError";
  /** The shard. */
  readonly shardId: number;

  /** Says whose lease was lost, and why. */
  constructor(shardId: number, why: string) {
    super(`The lease of shard ${shardId} is lost: ${why}`);
    this.shardId = shardId;
  }
}

/** Why a command to a shard was not carried out. */
export type ShardCommandFailure =
  /** Nobody owns the shard now. */
  | "noOwner"
  /** No answer has come in time: it may have been carried out. */
  | "timeout"
  /** The shard has refused it, or could not do it. */
  | "refused"
  /** Too many wait at the owner. */
  | "busy";

/** A command to a shard elsewhere was not carried out, or nobody knows. */
export class ShardCommandError extends Error {
  /** The class. */
  override readonly name = "ShardCommandError";
  /** Why. */
  readonly code: ShardCommandFailure;
  /** The shard. */
  readonly shardId: number;
  /** The class of what the shard threw, where it did. */
  readonly remoteName: string | undefined;

  /** Says what has failed where. */
  constructor(code: ShardCommandFailure, shardId: number, message: string, remoteName?: string) {
    super(message);
    this.code = code;
    this.shardId = shardId;
    this.remoteName = remoteName;
  }
}
