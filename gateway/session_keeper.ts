import { type Clock, sleep } from "../clock.ts";
import type { ResumePoint } from "./session.ts";
import type { SessionStore, StoredSession } from "./session_store.ts";

/** What a session belongs to: it is not resumed by another (SEQ-1). */
export interface SessionIdentity {
  /** The shard. */
  readonly shardId: number;
  /** How many shards the bot has. */
  readonly shardCount: number;
  /** What the session asks for. */
  readonly intents: number;
  /** The bot's token. */
  readonly token: string;
}

/** Options of {@linkcode SessionKeeper}. */
export interface SessionKeeperOptions {
  /** Where sessions are kept. */
  readonly store: SessionStore;
  /** Whose session it is. */
  readonly identity: SessionIdentity;
  /** The source of time. */
  readonly clock: Clock;
  /** Milliseconds between two saves of a session whose number has grown. */
  readonly saveIntervalMs: number;
  /** Where the session stands. */
  readonly resumePoint: () => ResumePoint | undefined;
  /** Waits until all events so far are handled. */
  readonly drained: () => Promise<void>;
  /** Told what the store threw. */
  readonly failed: (error: unknown) => void;
}

/** What a store had for a shard. */
export interface KeptSession {
  /** Whether it had a session at all: if it can't be resumed, events were missed. */
  readonly isKnown: boolean;
  /** Where to resume. */
  readonly resumePoint: ResumePoint | undefined;
}

/**
 * Keeps one shard's session over restarts, never in the way of its events (SEQ-6, SEQ-10).
 *
 * What is saved is the number of the last event that was *handled*: a checkpoint takes the number that has been received,
 * waits until all handlers are done with what came before it, and only then saves it. A process that is killed comes back
 * to its last checkpoint, and sees again what it had not handled.
 */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  readonly #fingerprint: string;
  #saved: { readonly sessionId: string; readonly sequence: number } | undefined;
  #work: Promise<void> | undefined;
  #lastSave: Promise<void> = Promise.resolve();
  #timer: Disposable | undefined;
  #hasEnded = false;

  /** Keeps nothing until it is told of a change. */
  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    this.#fingerprint = fingerprintOf(options.identity.token);
  }

  /** What the store has; no session where it belongs to something else, can't be read, or the store throws. */
  async load(): Promise<KeptSession> {
    const { store, identity, failed } = this.#options;
    try {
      const stored = await store.load(identity.shardId);
      if (stored === undefined || stored === null) return { isKnown: false, resumePoint: undefined };
      const resumePoint = resumePointOf(stored, identity, this.#fingerprint);
      this.#saved = resumePoint;
      return { isKnown: true, resumePoint };
    } catch (error) {
      failed(error);
      return { isKnown: true, resumePoint: undefined }; // Something was there, or may have been.
    }
  }

  /** The session has changed: its number has grown, it is new, or it is gone. Costs nothing while a save is due. */
  changed(): void {
    if (this.#timer !== undefined || this.#work !== undefined || this.#hasEnded) return;
    const point = this.#options.resumePoint();
    // A new session is saved at once: nothing has come of it but its READY.
    if (point?.sessionId !== this.#saved?.sessionId) {
      this.#work = this.#replace(point);
      return;
    }
    this.#checkLater();
  }

  /**
   * Saves for the last time: where the session stands, once all handlers are done, or forgets it where `point` is
   * `undefined`. When they need longer than `drainTimeoutMs`, the last checkpoint stays, and events will come again.
   */
  async end(point: ResumePoint | undefined, drainTimeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    this.#hasEnded = true;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const timeout = new AbortController();
    const drained = this.#options.drained().then(() => true);
    const isDrained = point === undefined || await Promise.race([
      drained,
      sleep(clock, drainTimeoutMs, { signal: timeout.signal }).then(() => false, () => false),
    ]);
    timeout.abort();
    if (isDrained) await this.#save(point);
  }

  async #replace(point: ResumePoint | undefined): Promise<void> {
    await this.#save(point);
    this.#saved = point;
    this.#goOn();
  }

  async #checkpoint(): Promise<void> {
    const { resumePoint, drained } = this.#options;
    const point = resumePoint();
    await drained();
    if (this.#hasEnded) return;
    // The session may have died while its last events were handled.
    if (resumePoint()?.sessionId === point?.sessionId) await this.#save(point);
    this.#goOn();
  }

  #goOn(): void {
    this.#work = undefined;
    const { sessionId, sequence } = this.#options.resumePoint() ?? {};
    // A session that began while the store was busy may have events by now that are not handled yet.
    const isSaved = sessionId === this.#saved?.sessionId && sequence === this.#saved?.sequence;
    if (!isSaved && !this.#hasEnded) this.#checkLater();
  }

  #checkLater(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#work = this.#checkpoint();
    }, this.#options.saveIntervalMs);
  }

  /** One call of the store after the other: the last word is what it keeps. */
  #save(point: ResumePoint | undefined): Promise<void> {
    this.#lastSave = this.#lastSave.then(() => this.#store(point));
    return this.#lastSave;
  }

  async #store(point: ResumePoint | undefined): Promise<void> {
    const { store, identity, failed } = this.#options;
    const { shardId } = identity;
    try {
      if (point !== undefined) await store.save(shardId, storedSessionOf(point, identity, this.#fingerprint));
      else if (this.#saved !== undefined) await store.clear(shardId);
      this.#saved = point;
    } catch (error) {
      failed(error);
    }
  }
}

function storedSessionOf(
  point: ResumePoint,
  identity: SessionIdentity,
  tokenFingerprint: string,
): StoredSession {
  const { sessionId, resumeGatewayUrl, sequence } = point;
  const { shardId, shardCount, intents } = identity;
  return { sessionId, resumeGatewayUrl, sequence, shardId, shardCount, intents, tokenFingerprint };
}

/** Where to resume, if the session is whole and ours: the store may have been written by anything. */
function resumePointOf(
  stored: StoredSession,
  identity: SessionIdentity,
  tokenFingerprint: string,
): ResumePoint | undefined {
  const { sessionId, resumeGatewayUrl, sequence } = stored;
  const isWhole = typeof sessionId === "string" && sessionId !== "" && Number.isSafeInteger(sequence) &&
    sequence >= 0;
  const isOurs = stored.shardId === identity.shardId && stored.shardCount === identity.shardCount &&
    stored.intents === identity.intents && stored.tokenFingerprint === tokenFingerprint;
  if (!isWhole || !isOurs) return undefined;
  return {
    sessionId,
    sequence,
    resumeGatewayUrl: typeof resumeGatewayUrl === "string" ? resumeGatewayUrl : undefined,
  };
}

/**
 * Tells whether a token has changed. Two FNV-1a hashes of 32 bits: enough to tell tokens apart, and far too few to find
 * out a token from.
 */
export function fingerprintOf(token: string): string {
  return [0x811c9dc5, 0x01000193].map((seed) => {
    let hash = seed;
    for (let index = 0; index < token.length; index += 1) {
      hash = Math.imul(hash ^ token.charCodeAt(index), 0x01000193);
    }
    return (hash >>> 0).toString(16).padStart(8, "0");
  }).join("");
}
