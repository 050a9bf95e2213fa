import { ignore } from "./ignore.ts";

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
  /** Who has taken the session up; the name means nothing to others. Records of older versions have none. */
  readonly holder?: string | undefined;
  /** Higher by one each time that somebody takes the session up. */
  readonly fence?: number | undefined;
}

/**
 * Keeps sessions over a restart, one for each shard.
 *
 * The library calls it apart from the receiving of events, for each shard one call at a time, and saves again what
 * could not be saved. What a store throws is reported as `error`; the shard goes on. A store that does not answer holds
 * nothing up for long: a shard waits 30 seconds for it at its start, five before a new connection, ten at its end.
 *
 * **Two at once.** Whoever takes a session up marks its record with `holder` and a higher `fence`, before it connects. A
 * shard looks at the record before each save and before each new connection; where somebody else has taken it up since,
 * it fails with a `SessionTakenError` and touches neither the record nor the session any more. So of two processes that
 * were given the same shard the newer one stays, and the older one stops at its next save or reconnect, whichever is
 * first; until then both get events. A store must keep the two fields: one that loses them can't tell, and nobody is stopped.
 * Between the look and the save somebody may come in between: then the newer one writes its mark anew at its next save,
 * and stays. A store that several machines share can close that gap by refusing, in one step, to save a record whose
 * `fence` is lower than the one it has.
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
  /** Who has saved through this view, and through those before it: those are no strangers. */
  readonly #holders = new Set<string>();
  readonly #formerHolders = new Set<string>();
  /** Whose records are this set's own by now; what a set finds that takes over is of nobody who took that from it. */
  readonly #written = new Set<number>();
  readonly #hasTakenOver: boolean;
  #takingOver: Promise<void> | undefined;

  /** Makes a view that is current already, or not yet. */
  constructor(store: SessionStore, isCurrent: boolean) {
    this.#store = store;
    this.#phase = isCurrent ? "current" : "waiting";
    this.#hasTakenOver = !isCurrent;
  }

  /** What the store has; nothing for a set that is not current. */
  load(shardId: number): ReturnType<SessionStore["load"]> {
    return this.#phase === "current" ? this.#withoutFormer(shardId) : undefined;
  }

  async #withoutFormer(shardId: number): Promise<StoredSession | undefined | null> {
    const stored = await this.#inTurn(() => this.#store.load(shardId));
    if (stored?.holder === undefined) return stored;
    const isOlder = this.#hasTakenOver && !this.#written.has(shardId);
    return isOlder || this.#formerHolders.has(stored.holder) ? { ...stored, holder: undefined } : stored;
  }

  /** Saves, or remembers. */
  save(shardId: number, session: StoredSession): Promise<void> | void {
    if (session.holder !== undefined) this.#holders.add(session.holder);
    if (this.#phase === "waiting") this.#remembered.set(shardId, session);
    else if (this.#phase === "current") return this.#write(shardId, session);
  }

  async #write(shardId: number, session: StoredSession): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#isOver) return;
      await this.#store.save(shardId, session);
      this.#written.add(shardId);
    });
  }

  /** Forgets. */
  clear(shardId: number): Promise<void> | void {
    if (this.#phase === "waiting") this.#remembered.delete(shardId);
    else if (this.#phase === "current") {
      return this.#inTurn(() => this.#isOver ? undefined : this.#store.clear(shardId));
    }
  }

  /**
   * The set is the one that counts from now on: what was remembered is saved, once what it had got is `handled` (SEQ-6).
   */
  async takeOver(from: SessionStoreView, gone: readonly number[], handled: Promise<void>): Promise<void> {
    from.#phase = "over";
    for (const holder of [...from.#holders, ...from.#formerHolders]) this.#formerHolders.add(holder);
    this.#phase = "current";
    this.#takingOver = this.#replace(from.#takingOver, gone, handled);
    try {
      await this.#takingOver;
    } finally {
      this.#takingOver = undefined;
    }
  }

  async #replace(
    former: Promise<void> | undefined,
    gone: readonly number[],
    handled: Promise<void>,
  ): Promise<void> {
    await Promise.all([handled, former?.catch(ignore)]);
    const failures: unknown[] = [];
    const attempt = async (act: () => Promise<void> | void): Promise<void> => {
      try {
        await act();
      } catch (error) {
        failures.push(error);
      }
    };
    for (const id of gone) await attempt(() => this.#store.clear(id));
    for (const [id, session] of this.#remembered) await attempt(() => this.#replaceOne(id, session));
    this.#remembered.clear();
    if (failures.length > 0) throw failures[0];
  }

  /** A set that begins anew has not looked at what was there: it comes after that. */
  async #replaceOne(id: number, session: StoredSession): Promise<void> {
    const fence = ((await this.#store.load(id))?.fence ?? 0) + 1;
    await this.#store.save(id, { ...session, fence });
    this.#written.add(id);
  }

  /** Whether another set counts by now: what waited for its turn comes too late then. */
  get #isOver(): boolean {
    return this.#phase === "over";
  }

  /** What comes meanwhile is newer, and must be the last word. */
  #inTurn<Value>(act: () => Promise<Value> | Value): Promise<Value> | Value {
    return this.#takingOver === undefined ? act() : this.#takingOver.catch(ignore).then(act);
  }
}
