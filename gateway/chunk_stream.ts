import type { GuildMembersChunk } from "../discord.ts";

/**
 * The members of a guild as they come, a chunk at a time, for one reader.
 *
 * Breaking off, `return()` and `await using` take the request back. After the chunks that wait, the loop throws
 *
 * - a `GatewayRateLimitedError` when Discord refuses, which it does for all members of a guild twice in 30 seconds; such
 *   requests of one shard wait for each other, so that it should not;
 * - a `SessionLostError` when the session ends before all chunks have come; a resume does no harm;
 * - a `TimeoutError` when no chunk comes for `gapTimeoutMs` while the shard is ready;
 * - a `RangeError` when more than `chunkLimit` chunks wait to be read;
 * - why the shard stopped, when it did.
 */
export interface GuildMembersStream
  extends AsyncIterableIterator<GuildMembersChunk, undefined>, AsyncDisposable {
  /** Takes the request back: chunks that wait are dropped. */
  return(value?: undefined): Promise<IteratorResult<GuildMembersChunk, undefined>>;
  /** The stream itself. */
  [Symbol.asyncIterator](): GuildMembersStream;
}

type ChunkResult = IteratorResult<GuildMembersChunk, undefined>;

/** Open; or ended, with an error that is still to be thrown; or over. */
type State = { readonly phase: "open" | "over" } | { readonly phase: "failing"; readonly error: unknown };

/** A {@linkcode GuildMembersStream} for the one who fills it. */
export class ChunkStream implements GuildMembersStream {
  readonly #limit: number;
  readonly #onReturn: () => void;
  readonly #chunks: GuildMembersChunk[] = [];
  readonly #readers: PromiseWithResolvers<ChunkResult>[] = [];
  #state: State = { phase: "open" };

  /** A stream in which `limit` chunks may wait to be read; `onReturn` is called when nobody will. */
  constructor(limit: number, onReturn: () => void) {
    this.#limit = limit;
    this.#onReturn = onReturn;
  }

  /** Adds a chunk; does nothing once the stream has ended. Past the limit it ends with a `RangeError`. */
  push(chunk: GuildMembersChunk): void {
    if (this.#state.phase !== "open") return;
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader.resolve({ value: chunk, done: false });
    if (this.#chunks.length < this.#limit) {
      this.#chunks.push(chunk);
      return;
    }
    const error = new RangeError(
      `${this.#limit} chunks of members already wait to be read: read them faster, or raise chunkLimit`,
    );
    this.#end({ phase: "failing", error });
    this.#onReturn();
  }

  /** Ends the stream after the chunks that wait. */
  end(): void {
    this.#end({ phase: "over" });
  }

  /** Ends the stream with an error, after the chunks that wait. */
  fail(error: unknown): void {
    this.#end({ phase: "failing", error });
  }

  /** Ends the stream with an error at once. */
  abort(error: unknown): void {
    this.#chunks.length = 0;
    this.#end({ phase: "failing", error });
  }

  /** The next chunk; rejects once with what the request failed with. */
  next(): Promise<ChunkResult> {
    const value = this.#chunks.shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    const state = this.#state;
    if (state.phase === "failing") {
      this.#state = { phase: "over" };
      return Promise.reject(state.error);
    }
    if (state.phase === "over") return Promise.resolve({ value: undefined, done: true });
    const reader = Promise.withResolvers<ChunkResult>();
    this.#readers.push(reader);
    return reader.promise;
  }

  /** Takes the request back. */
  return(): Promise<ChunkResult> {
    this.#chunks.length = 0;
    this.#end({ phase: "over" });
    this.#state = { phase: "over" };
    this.#onReturn();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** The stream itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The same as {@linkcode ChunkStream.return}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #end(state: State): void {
    if (this.#state.phase !== "open") return;
    this.#state = state;
    // The first pending read gets the error; the others find the stream done.
    for (const reader of this.#readers.splice(0)) this.next().then(reader.resolve, reader.reject);
  }
}
