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

/**
 * A store as one set of shards sees it: sets that replace each other share ids, but not sessions.
 *
 * Before a set is current it finds nothing and what it saves is only remembered; after that, it saves no more.
 */
export class SessionStoreView implements SessionStore {
  readonly #store: SessionStore;
  #phase: "waiting" | "current" | "over";
  readonly #remembered = new Map<number, StoredSession>();
  #takingOver: Promise<void> | undefined;

  /** Makes a view that is current already, or not yet. */
  constructor(store: SessionStore, isCurrent: boolean) {
    this.#store = store;
    this.#phase = isCurrent ? "current" : "waiting";
  }

  /** What the store has; nothing for a set that is not current. */
  load(shardId: number): ReturnType<SessionStore["load"]> {
    return this.#phase === "current" ? this.#store.load(shardId) : undefined;
  }

  /** Saves, or remembers. */
  save(shardId: number, session: StoredSession): Promise<void> | void {
    if (this.#phase === "waiting") this.#remembered.set(shardId, session);
    else if (this.#phase === "current") return this.#inTurn(() => this.#store.save(shardId, session));
  }

  /** Forgets. */
  clear(shardId: number): Promise<void> | void {
    if (this.#phase === "waiting") this.#remembered.delete(shardId);
    else if (this.#phase === "current") return this.#inTurn(() => this.#store.clear(shardId));
  }

  /**
   * The set is the one that counts from now on: what was remembered is saved, once what it had got is `handled` (SEQ-6).
   */
  async takeOver(from: SessionStoreView, gone: readonly number[], handled: Promise<void>): Promise<void> {
    from.#phase = "over";
    this.#phase = "current";
    this.#takingOver = this.#replace(gone, handled);
    try {
      await this.#takingOver;
    } finally {
      this.#takingOver = undefined;
    }
  }

  async #replace(gone: readonly number[], handled: Promise<void>): Promise<void> {
    await handled;
    for (const id of gone) await this.#store.clear(id);
    for (const [id, session] of this.#remembered) await this.#store.save(id, session);
    this.#remembered.clear();
  }

  /** What comes meanwhile is newer, and must be the last word. */
  #inTurn(act: () => Promise<void> | void): Promise<void> | void {
    return this.#takingOver === undefined ? act() : this.#takingOver.catch(() => {}).then(act);
  }
}

/** How many of the shards have no session in the store; what can't be read is none. */
export async function missingSessions(
  store: SessionStore | undefined,
  shardIds: readonly number[],
): Promise<number> {
  let missing = 0;
  for (const id of shardIds) {
    try {
      missing += await store?.load(id) ? 0 : 1;
    } catch {
      missing += 1;
    }
  }
  return missing;
}
