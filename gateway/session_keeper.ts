import { type Clock, sleep } from "../clock.ts";
import { ignore } from "./ignore.ts";
import type { ResumePoint } from "./session.ts";
import { SessionHold } from "./session_hold.ts";
import type { SessionStore, StoredSession } from "./session_store.ts";

/** How long a store may take to say whether the session is still ours, before a connection is opened all the same. */
const LOOK_TIMEOUT_MS = 5_000;
/** How long it may take to give a session, and to mark it, before the shard starts all the same. */
const LOAD_TIMEOUT_MS = 30_000;
/** How long it may take at the end. */
const END_TIMEOUT_MS = 10_000;

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
  /** A number from 0 to 1. */
  readonly random: () => number;
  /** Told once that somebody else has taken the session up. */
  readonly taken: () => void;
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
  readonly #hold: SessionHold;
  #isTaken = false;
  #saved: { readonly sessionId: string; readonly sequence: number } | undefined;
  #work: Promise<void> | undefined;
  #lastSave: Promise<void> = Promise.resolve();
  #timer: Disposable | undefined;
  #hasEnded = false;
  /** Aborts when nobody waits for the store any more: what it says then is too late. */
  readonly #over = new AbortController();

  /** Keeps nothing until it is told of a change. */
  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    this.#fingerprint = fingerprintOf(options.identity.token);
    this.#hold = new SessionHold(options.random);
  }

  /**
   * What the store has, and takes it up; no session where it belongs to something else, can't be read, or the store
   * throws or does not answer.
   */
  async load(): Promise<KeptSession> {
    const { store, identity } = this.#options;
    try {
      const stored = await this.#within(LOAD_TIMEOUT_MS, () => store.load(identity.shardId));
      if (stored === undefined || stored === null) return { isKnown: false, resumePoint: undefined };
      const resumePoint = resumePointOf(stored, identity, this.#fingerprint);
      if (resumePoint !== undefined) await this.#takeUp(stored);
      this.#saved = resumePoint;
      return { isKnown: true, resumePoint };
    } catch (error) {
      this.#failed(error);
      return { isKnown: true, resumePoint: undefined }; // Something was there, or may have been.
    }
  }

  /** Marks what was stored as ours, before anything is resumed: whoever had it sees that, and stops. */
  async #takeUp(stored: StoredSession): Promise<void> {
    const { store, identity } = this.#options;
    this.#hold.take(stored);
    try {
      const marked = { ...stored, ...this.#hold.mark };
      await this.#within(LOAD_TIMEOUT_MS, () => store.save(identity.shardId, marked));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** That nobody waits any more is no failure of the store. */
  #failed(error: unknown): void {
    if (!this.#over.signal.aborted) this.#options.failed(error);
  }

  /** What `act` gives; rejects with a `TimeoutError` after `limitMs`, and when nobody waits for the store any more. */
  async #within<Value>(limitMs: number, act: () => Promise<Value> | Value): Promise<Value> {
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, this.#over.signal]);
    const late = sleep(this.#options.clock, limitMs, { signal }).then(() => {
      throw new DOMException(`The store for sessions has not answered within ${limitMs} ms`, "TimeoutError");
    });
    late.catch(ignore);
    try {
      return await Promise.race([act(), late]);
    } finally {
      waiting.abort();
    }
  }

  /** Looks whether somebody else has taken the session up, and tells; gives up on a store that takes too long. */
  async look(): Promise<void> {
    const failed = (error: unknown): void => this.#failed(error);
    const isTaken = await this.#within(LOOK_TIMEOUT_MS, () => this.#isLost(failed)).catch(() => false);
    if (isTaken) this.#lose();
  }

  /** Whether somebody else has taken the session up, as far as the store can tell; takes up what nobody has. */
  async #isLost(failed: (error: unknown) => void): Promise<boolean> {
    const { store, identity } = this.#options;
    try {
      const stored = await store.load(identity.shardId);
      // The session of another bot is not this one, whoever has it: their stores were mixed up.
      const isOurs = stored?.tokenFingerprint === this.#fingerprint;
      if (isOurs && this.#hold.isLostTo(stored)) return true;
      this.#hold.take(stored);
    } catch (error) {
      failed(error);
    }
    return false;
  }

  #lose(): void {
    if (this.#isTaken || this.#over.signal.aborted) return;
    this.#isTaken = true;
    this.#stop();
    this.#options.taken();
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
   * `undefined`. When they need longer than `drainTimeoutMs`, the last checkpoint stays, and events will come again; the
   * same when the store does not answer, which is reported.
   */
  async end(point: ResumePoint | undefined, drainTimeoutMs: number): Promise<void> {
    this.#stop();
    try {
      const isDrained = point === undefined || await this.#drained(drainTimeoutMs);
      if (isDrained) await this.#within(END_TIMEOUT_MS, () => this.#save(point));
    } catch (error) {
      this.#options.failed(error);
    }
    this.#over.abort();
  }

  /** Ends, and leaves what is stored as it is. */
  leave(): void {
    this.#stop();
    this.#over.abort();
  }

  #stop(): void {
    this.#hasEnded = true;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  async #drained(limitMs: number): Promise<boolean> {
    const waiting = new AbortController();
    const isDrained = await Promise.race([
      this.#options.drained().then(() => true),
      sleep(this.#options.clock, limitMs, { signal: waiting.signal }).then(() => false, () => false),
    ]);
    waiting.abort();
    return isDrained;
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
    if (this.#isTaken) return;
    // A store that can't be read may still be written: that is what mends a damaged record.
    if (await this.#isLost(ignore)) return this.#lose();
    if (this.#over.signal.aborted) return; // Whoever comes next may have it by now.
    try {
      const { mark } = this.#hold;
      if (point !== undefined) {
        await store.save(shardId, { ...storedSessionOf(point, identity, this.#fingerprint), ...mark });
      } else if (this.#saved !== undefined) await store.clear(shardId);
      this.#saved = point;
    } catch (error) {
      failed(error);
    }
  }
}

/** How many of the shards have no session in the store that could be resumed; what can't be read, or soon, is none. */
export async function missingSessions(
  store: SessionStore | undefined,
  shards: readonly SessionIdentity[],
  clock: Clock,
): Promise<number> {
  if (store === undefined) return shards.length;
  const kept = new Set<number>();
  const look = async (identity: SessionIdentity): Promise<void> => {
    const stored = await store.load(identity.shardId);
    if (stored && resumePointOf(stored, identity, fingerprintOf(identity.token))) kept.add(identity.shardId);
  };
  const late = new AbortController();
  await Promise.race([
    Promise.allSettled(shards.map(look)),
    sleep(clock, LOOK_TIMEOUT_MS, { signal: late.signal }).catch(ignore),
  ]);
  late.abort();
  return shards.length - kept.size;
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
