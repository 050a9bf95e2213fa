import { sleep } from "../clock.ts";
import type { Lease } from "./lease.ts";
import type { RedisLink } from "./redis_link.ts";
import { integerIn, listIn, textIn } from "./reply.ts";
import { BEGIN, OPEN, PUBLISH } from "./stream_scripts.ts";

/** What a shard has received, on its way into the stream. */
export interface ReceivedEvent {
  /** Its number. */
  readonly sequence: number;
  /** Its name. */
  readonly name: string;
  /** The whole message, as it came. */
  readonly text: string;
  /** For the first event of a session: the session, as it is kept. */
  readonly session?: StartedSession | undefined;
}

/** A session that begins. */
export interface StartedSession {
  /** Its id. */
  readonly sessionId: string;
  /** All that is kept of it, as JSON. */
  readonly json: string;
}

/** Options of a {@linkcode Publisher}. */
export interface PublisherOptions {
  /** The way to Redis. */
  readonly link: RedisLink;
  /** The right to write. */
  readonly lease: Lease;
  /** How many events the stream keeps, about. */
  readonly maxLength: number;
  /** How many characters of events may wait. */
  readonly queueLength: number;
  /** Called when more would wait: the shard must stop, and take up its session where the stream ends. */
  readonly overflowed: () => void;
  /** Told what went wrong; it is tried again. */
  readonly failed: (error: unknown) => void;
}

/** The session that a shard had, and the number of its last event that is in the stream. */
export interface OpenedStream {
  /** The session as it was kept; empty for none. */
  readonly session: string;
  /** The number of the last event of it. */
  readonly sequence: number;
}

const BATCH_EVENTS = 128;
const BATCH_LENGTH = 262_144;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Writes the events of one shard into its stream, in order, each once.
 *
 * One command is under way at a time: events that come meanwhile go together with the next. What fails is sent again until
 * it is there, or the lease is lost; Redis refuses what is there already.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #keys: readonly string[];
  readonly #queue: ReceivedEvent[] = [];
  #queuedLength = 0;
  #fence: number;
  #published = 0;
  #sessionId: string | undefined;
  #working: Promise<void> | undefined;
  /** Whether an event was turned away: the stream has a gap there, until the session is resumed before it. */
  #hasRefused = false;

  /** Writes nothing before {@linkcode open}. */
  constructor(options: PublisherOptions) {
    this.#options = options;
    const { link, lease: { shardId, fence } } = options;
    this.#keys = [link.shardKey(shardId, "events"), link.shardKey(shardId, "session")];
    this.#fence = fence;
  }

  /** The fence of what is written now; that of the lease, or larger, where a session has begun since. */
  get fence(): number {
    return this.#fence;
  }

  /** The number of the last event that is in the stream. */
  get published(): number {
    return this.#published;
  }

  /** The session that the events of now are from; `undefined` before one is known. */
  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  /** How many events wait. */
  get size(): number {
    return this.#queue.length;
  }

  /** Whether all that was received is in the stream: nothing waits, and nothing was turned away. */
  get isComplete(): boolean {
    return this.#queue.length === 0 && !this.#hasRefused;
  }

  /** Takes the stream over. Gives the fence that stands in the way, or what is there. */
  async open(): Promise<OpenedStream | { readonly staleBelow: number }> {
    const { link, lease } = this.#options;
    const [state, ...rest] = listIn(await link.run(OPEN, this.#keys, [lease.fence, lease.memberId]));
    if (textIn(state) === "stale") return { staleBelow: integerIn(rest[0]) };
    this.#fence = lease.fence;
    const [session, , sequence] = rest;
    this.#published = integerIn(sequence);
    return { session: textIn(session), sequence: this.#published };
  }

  /** What is in the stream is of this session. */
  continues(sessionId: string): void {
    this.#sessionId = sessionId;
  }

  /** Adds an event; returns at once. */
  push(event: ReceivedEvent): void {
    const { lease, queueLength, overflowed } = this.#options;
    if (this.#hasRefused || lease.signal.aborted) {
      this.#hasRefused = true; // What came after it would hide the gap.
      return;
    }
    if (this.#queue.length > 0 && this.#queuedLength + event.text.length > queueLength) {
      this.#hasRefused = true;
      return overflowed();
    }
    this.#queue.push(event);
    this.#queuedLength += event.text.length;
    this.#working ??= this.#work();
  }

  /** Resolves when all that was added is in the stream, or the lease is lost. */
  async flushed(): Promise<void> {
    await this.#working;
  }

  async #work(): Promise<void> {
    const { link, lease, failed } = this.#options;
    await undefined; // What comes in the same turn goes together.
    let pauseMs = FIRST_PAUSE_MS;
    while (this.#queue.length > 0 && lease.isHeld) {
      try {
        await this.#writeNext();
        pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        if (!lease.isHeld) break;
        failed(error);
        await sleep(link.clock, pauseMs, { signal: lease.signal }).catch(ignore);
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      }
    }
    this.#working = undefined;
  }

  async #writeNext(): Promise<void> {
    const [first] = this.#queue;
    if (first?.session === undefined) return await this.#writeBatch();
    const { link, maxLength } = this.#options;
    const { sequence, name, text, session } = first;
    const args = [this.#fence, maxLength, sequence, name, text, session.json, session.sessionId];
    const reply = await link.run(BEGIN, this.#keys, args);
    const [state, fence] = listIn(reply);
    if (await this.#isWritten(textIn(state))) {
      this.#fence = integerIn(fence);
      this.#sessionId = session.sessionId;
      this.#shift(1);
    }
  }

  async #writeBatch(): Promise<void> {
    const { link, maxLength } = this.#options;
    const args: (string | number)[] = [this.#fence, maxLength];
    let [count, length] = [0, 0];
    for (const { sequence, name, text, session } of this.#queue) {
      if (count === BATCH_EVENTS || session !== undefined || (count > 0 && length > BATCH_LENGTH)) break;
      args.push(sequence, name, text);
      length += text.length;
      count += 1;
    }
    const [state] = listIn(await link.run(PUBLISH, this.#keys.slice(0, 1), args));
    if (await this.#isWritten(textIn(state))) this.#shift(count);
  }

  #shift(count: number): void {
    for (const { sequence, text } of this.#queue.splice(0, count)) {
      this.#published = sequence;
      this.#queuedLength -= text.length;
    }
  }

  /** Whether it is there; else it is to be tried again, where there is still a point in that. */
  async #isWritten(state: string): Promise<boolean> {
    const { link, lease } = this.#options;
    if (state === "missing") {
      // Redis has lost the stream. What it had is gone; ours begins it anew.
      const reply = listIn(await link.run(OPEN, this.#keys, [this.#fence, lease.memberId]));
      if (textIn(reply[0]) !== "stale") return false;
    }
    if (state === "ok") return true;
    lease.lose("somebody else writes its events");
    return false;
  }
}

function ignore(): void {}
