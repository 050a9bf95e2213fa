/** A session as it is kept over a restart (SEQ-1). Holds no token. */
export interface StoredSession {
  /** The session's id. */
  readonly sessionId: string;
  /** Where to resume, or `undefined` for the URL that Discord names. */
  readonly resumeGatewayUrl: string | undefined;
  /** The sequence number of the last event that has been handled: resuming there repeats what has not. */
  readonly sequence: number;
  /** The shard whose session it is. */
  readonly shardId: number;
  /** How many shards the bot had. */
  readonly shardCount: number;
  /** What the session asked for. */
  readonly intents: number;
  /** Tells whether the token is still the same, without being it. */
  readonly tokenFingerprint: string;
}

/**
 * Keeps sessions over a restart, one for each shard.
 *
 * The library calls it apart from the receiving of events, for each shard one call at a time, and saves again what
 * could not be saved. What a store throws is reported as `error`; the shard goes on.
 */
export interface SessionStore {
  /** The session of the shard; `undefined` or `null` when there is none. */
  load(shardId: number): Promise<StoredSession | undefined | null> | StoredSession | undefined | null;
  /** Keeps the session in place of any other of the shard. */
  save(shardId: number, session: StoredSession): Promise<void> | void;
  /** Forgets the session of the shard: it has ended. */
  clear(shardId: number): Promise<void> | void;
}

/** Keeps sessions in memory: for a manager that is replaced within one process, and for tests. */
export class MemorySessionStore implements SessionStore {
  readonly #sessions = new Map<number, StoredSession>();

  /** The session of the shard. */
  load(shardId: number): StoredSession | undefined {
    return this.#sessions.get(shardId);
  }

  /** Keeps the session. */
  save(shardId: number, session: StoredSession): void {
    this.#sessions.set(shardId, session);
  }

  /** Forgets the session. */
  clear(shardId: number): void {
    this.#sessions.delete(shardId);
  }
}
