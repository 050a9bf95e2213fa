import { type Clock, sleep } from "../clock.ts";
import type { GuildMembersChunk } from "../discord.ts";
import { ChunkStream, type GuildMembersStream } from "./chunk_stream.ts";
import { GatewayRateLimitedError, SessionLostError } from "./errors.ts";
import type { GuildTurns } from "./guild_turns.ts";
import { ignore } from "./ignore.ts";
import { type CheckedQuery, checkQuery, type GuildMembersQuery, membersCommand } from "./members_query.ts";
import { type GatewayCommand, GatewayOpcode, type GatewayPayload } from "./payload.ts";

/** All members of a guild once in 30 s (MR-4), and a margin for what travels slowly. */
export const ALL_MEMBERS_SPACING_MS: number = 30_000 + 500;
/** The longest wait that is believed to be Discord's. */
const RETRY_AFTER_LIMIT_MS = 86_400_000;

/** What requests for members need of their shard. */
export interface MemberRequestsOptions {
  /** The shard's id. */
  readonly shardId: number;
  /** What the session asked for. */
  readonly intents: number;
  /** How many requests may be under way. */
  readonly limit: number;
  /** The source of time. */
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
  /** Resolves when the payload was handed to the socket. */
  readonly send: (command: GatewayCommand, options: { readonly signal: AbortSignal }) => Promise<void>;
  /** The session that is alive, by its id, and whether it is ready. */
  readonly session: () => { readonly isReady: boolean; readonly sessionId: string | undefined };
  /** The turns to ask for all members of a guild. */
  readonly turns: GuildTurns;
}

/** One call: it may take several payloads, one after the other. */
interface Request {
  readonly query: CheckedQuery;
  readonly stream: ChunkStream;
  readonly controller: AbortController;
}

/** One payload that waits for its chunks. */
interface Flight {
  readonly request: Request;
  /** Indices that have come: they are counted, since the last index need not come last (MR-6). */
  readonly seen: Set<number>;
  readonly done: PromiseWithResolvers<void>;
  /** The session that was asked, once it was. */
  sessionId: string | undefined;
  timer: Disposable | undefined;
}

/**
 * The requests for members of one shard: chunks are collected by nonce, and each request ends by itself (§16).
 *
 * A resume keeps them waiting, a new session ends those that were sent (MR-7). Time runs only while the shard is ready.
 */
export class MemberRequests {
  readonly #options: MemberRequestsOptions;
  readonly #turns: GuildTurns;
  #noncePrefix: string | undefined;
  readonly #requests = new Set<Request>();
  /** By nonce. */
  readonly #flights = new Map<string, Flight>();
  #count = 0;
  #isReady = false;

  /** No request yet. */
  constructor(options: MemberRequestsOptions) {
    this.#options = options;
    this.#turns = options.turns;
  }

  /** Asks now; throws what is wrong with the query. */
  ask(guildId: string | bigint, options: GuildMembersQuery): GuildMembersStream {
    const query = checkQuery(guildId, options, this.#options.intents);
    this.#checkRoom(query.nonce);
    const controller = new AbortController();
    const stream = new ChunkStream(query.chunkLimit, () => controller.abort());
    const request: Request = { query, stream, controller };
    const { signal } = options;
    const onAbort = (): void => {
      stream.abort(signal?.reason);
      controller.abort(signal?.reason);
    };
    this.#requests.add(request);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
    this.#run(request)
      .then(() => stream.end(), (error) => stream.fail(error))
      .finally(() => {
        signal?.removeEventListener("abort", onAbort);
        this.#requests.delete(request);
      });
    return stream;
  }

  /** Whether an event of this name may be for one of the requests. */
  wants(name: string): boolean {
    return this.#flights.size > 0 && (name === "GUILD_MEMBERS_CHUNK" || name === "RATE_LIMITED");
  }

  /** Takes what was received, if it may be for one of the requests; gives whether it may. */
  received({ t, d }: GatewayPayload): boolean {
    if (t === null || !this.wants(t) || !isRecord(d)) return false;
    if (t === "GUILD_MEMBERS_CHUNK") this.#chunk(d);
    else this.#rateLimited(d);
    return true;
  }

  /** Looks at the session again: it may have become ready, or have been lost. */
  follow(): void {
    if (this.#flights.size === 0) return;
    const { isReady, sessionId } = this.#options.session();
    for (const { done, sessionId: asked } of this.#flights.values()) {
      if (asked !== undefined && asked !== sessionId) {
        done.reject(new SessionLostError(this.#options.shardId));
      }
    }
    if (isReady === this.#isReady) return;
    this.#isReady = isReady;
    for (const flight of this.#flights.values()) this.#arm(flight);
  }

  /** Ends all requests. */
  close(reason: unknown): void {
    for (const { controller, stream } of this.#requests) {
      stream.fail(reason);
      controller.abort(reason);
    }
  }

  async #run(request: Request): Promise<void> {
    const { query: { parts, retry, guildId, isAll }, controller: { signal } } = request;
    for (const part of parts) {
      for (let attempt = 0;; attempt += 1) {
        const refusal = await this.#fly(request, part);
        if (refusal === undefined) break;
        this.#turns.delay(guildId, refusal.retryAfterMs);
        if (attempt >= retry) throw refusal;
        if (!isAll) await sleep(this.#options.clock, refusal.retryAfterMs, { signal });
      }
    }
  }

  /** Sends one payload and waits until its answer is complete, or gives back how Discord refused it. */
  async #fly(
    request: Request,
    part: CheckedQuery["parts"][number],
  ): Promise<GatewayRateLimitedError | undefined> {
    const { query: { isAll, guildId }, controller: { signal } } = request;
    signal.throwIfAborted();
    if (isAll) await this.#turns.take(guildId, signal);
    const nonce = request.query.nonce ?? this.#nextNonce();
    const flight: Flight = {
      request,
      seen: new Set(),
      done: Promise.withResolvers(),
      sessionId: undefined,
      timer: undefined,
    };
    const onAbort = (): void => flight.done.reject(signal.reason);
    flight.done.promise.catch(ignore);
    this.#flights.set(nonce, flight);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await this.#send(membersCommand(part, nonce), request);
      this.#sent(flight);
      await flight.done.promise;
    } catch (error) {
      if (error instanceof GatewayRateLimitedError) return error;
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
      flight.timer?.[Symbol.dispose]();
      this.#flights.delete(nonce);
    }
  }

  /** Sends, and uses the turn that was taken for it. */
  async #send(command: GatewayCommand, { query: { isAll, guildId }, controller }: Request): Promise<void> {
    try {
      await this.#options.send(command, { signal: controller.signal });
    } catch (error) {
      if (isAll) this.#turns.giveBack(guildId);
      throw error;
    }
    if (isAll) this.#turns.used(guildId);
  }

  #nextNonce(): string {
    // Chunks that a process before this one asked for may still be replayed: hence some chance.
    const { shardId, random } = this.#options;
    this.#noncePrefix ??= `${shardId.toString(36)}-${Math.floor(random() * 2 ** 40).toString(36)}-`;
    return this.#noncePrefix + (this.#count++).toString(36);
  }

  #sent(flight: Flight): void {
    const { isReady, sessionId } = this.#options.session();
    this.#isReady = isReady;
    flight.sessionId = sessionId;
    this.#arm(flight);
  }

  /** Lets the time to the next chunk begin, while the session is ready (MR-6). */
  #arm(flight: Flight): void {
    flight.timer?.[Symbol.dispose]();
    flight.timer = undefined;
    if (!this.#isReady || flight.sessionId === undefined) return;
    const { gapTimeoutMs, guildId } = flight.request.query;
    flight.timer = this.#options.clock.setTimeout(() => {
      const message = `No members of guild ${guildId} came for ${gapTimeoutMs} ms`;
      flight.done.reject(new DOMException(message, "TimeoutError"));
    }, gapTimeoutMs);
  }

  #chunk(d: Record<string, unknown>): void {
    const flight = typeof d.nonce === "string" ? this.#flights.get(d.nonce) : undefined;
    if (flight === undefined || d.guild_id !== flight.request.query.guildId || !isChunk(d)) return;
    if (flight.seen.has(d.chunk_index)) return;
    flight.seen.add(d.chunk_index);
    flight.request.stream.push(d);
    if (flight.seen.size >= d.chunk_count) flight.done.resolve();
    else this.#arm(flight);
  }

  #rateLimited({ opcode, retry_after, meta }: Record<string, unknown>): void {
    if (opcode !== GatewayOpcode.RequestGuildMembers || !isRecord(meta)) return; // MR-8: an event like any other.
    const flight = this.#refused(meta);
    if (flight === undefined) return;
    const isSensible = typeof retry_after === "number" && retry_after >= 0;
    const waitMs = isSensible ? Math.ceil(retry_after * 1_000) : ALL_MEMBERS_SPACING_MS;
    const retryAfterMs = Math.min(waitMs, RETRY_AFTER_LIMIT_MS);
    const { guildId } = flight.request.query;
    flight.done.reject(new GatewayRateLimitedError({ opcode, retryAfterMs, guildId }));
  }

  /** Which request was refused: no chunk of it can have come (MR-4). */
  #refused({ nonce, guild_id }: Record<string, unknown>): Flight | undefined {
    if (typeof nonce === "string") return this.#flights.get(nonce);
    const candidates = [...this.#flights.values()]
      .filter(({ request, seen, sessionId }) =>
        request.query.guildId === guild_id && seen.size === 0 && sessionId !== undefined
      );
    return candidates.find(({ request }) => request.query.isAll) ?? candidates[0];
  }

  #checkRoom(nonce: string | undefined): void {
    const { limit } = this.#options;
    if (this.#requests.size >= limit) {
      throw new RangeError(
        `${limit} requests for members are already under way: wait for those first, or raise sendQueueLimit`,
      );
    }
    if (nonce === undefined) return;
    for (const { query } of this.#requests) {
      if (query.nonce === nonce) {
        throw new RangeError(
          "nonce belongs to another request that is under way: leave it out to have one made",
        );
      }
    }
  }
}

type Chunk = Record<string, unknown> & GuildMembersChunk;

/** Whether it has what is needed to tell chunks apart; the members are as unchecked as all that Discord sends. */
function isChunk(d: Record<string, unknown>): d is Chunk {
  const { chunk_index, chunk_count, members } = d;
  return Number.isSafeInteger(chunk_index) && Number.isSafeInteger(chunk_count) && Array.isArray(members) &&
    Number(chunk_index) >= 0 && Number(chunk_index) < Number(chunk_count);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
