import type { SessionStore, StoredSession } from "../gateway/mod.ts";
import type { Lease } from "./lease.ts";
import type { OpenedStream, Publisher, StartedSession } from "./publisher.ts";
import type { RedisLink } from "./redis_link.ts";
import { integerIn } from "./reply.ts";
import { sessionIn } from "./session_json.ts";
import { FORGET, NOTE } from "./stream_scripts.ts";

/** What a session belongs to. */
type SessionIdentity = Pick<StoredSession, "shardId" | "shardCount" | "intents" | "tokenFingerprint">;

/**
 * Keeps the session of one shard beside its stream, under its fence.
 *
 * It begins with its first event, and its number is that of the last event in the stream: what is saved in between only
 * counts where events are left out of the stream.
 */
export class StreamSessionStore implements SessionStore {
  readonly #link: RedisLink;
  readonly #lease: Lease;
  readonly #publisher: Publisher;
  readonly #opened: StoredSession | undefined;
  /** The session that was loaded or saved last: the one to forget. */
  #keptId: string | undefined;

  /** What the stream has told when it was opened. */
  constructor(link: RedisLink, lease: Lease, publisher: Publisher, opened: OpenedStream) {
    this.#link = link;
    this.#lease = lease;
    this.#publisher = publisher;
    this.#opened = sessionIn(opened.session, opened.sequence);
    this.#keptId = this.#opened?.sessionId;
    if (this.#opened !== undefined) publisher.continues(this.#opened.sessionId);
  }

  /** The session of who had the shard before. */
  load(): StoredSession | undefined {
    return this.#opened;
  }

  /** Notes its number, as far as its events are in the stream. */
  async save(_shardId: number, session: StoredSession): Promise<void> {
    const { sessionId, isComplete, published, fence } = this.#publisher;
    this.#keptId = session.sessionId;
    if (session.sessionId !== sessionId) return; // It begins with its first event.
    const sequence = isComplete ? session.sequence : Math.min(session.sequence, published);
    const args = [fence, JSON.stringify(session), sequence, session.sessionId];
    await this.#guarded(this.#link.run(NOTE, this.#keys, args));
  }

  /** Forgets the session that was kept; not one that has begun meanwhile. */
  async clear(): Promise<void> {
    const sessionId = this.#keptId ?? "";
    await this.#publisher.flushed();
    await this.#guarded(this.#link.run(FORGET, this.#keys, [this.#publisher.fence, sessionId]));
  }

  /** A session that begins; `undefined` for a READY without one. */
  started(ready: unknown, identity: SessionIdentity): StartedSession | undefined {
    if (typeof ready !== "object" || ready === null || !("session_id" in ready)) return undefined;
    const sessionId = String(ready.session_id);
    const url = "resume_gateway_url" in ready ? ready.resume_gateway_url : undefined;
    const resumeGatewayUrl = typeof url === "string" ? url : undefined;
    return { sessionId, json: JSON.stringify({ ...identity, sessionId, resumeGatewayUrl, sequence: 0 }) };
  }

  get #keys(): string[] {
    return [this.#link.shardKey(this.#lease.shardId, "session")];
  }

  async #guarded(reply: Promise<unknown>): Promise<void> {
    if (integerIn(await reply) === 0) this.#lease.lose("somebody else keeps its session");
  }
}
