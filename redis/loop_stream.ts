import type { EventStream } from "../dispatcher.ts";

/** Options of a {@linkcode LoopStream}. */
export interface LoopStreamOptions<Value> {
  /** What the loop reads. */
  readonly stream: EventStream<Value>;
  /** The event in a value. */
  readonly payloadOf: (value: Value) => unknown;
  /** Begins to tell of each event that the stream is given. */
  readonly listen: (given: (payload: unknown) => void) => Disposable;
  /** Ends the loop. */
  readonly signal: AbortSignal | undefined;
  /** Told of each event that the loop had not read when it ended. */
  readonly unread: (payload: unknown) => void;
}

/**
 * A stream that tells what its loop has left unread: a loop that ends, by an error perhaps, has only handled what it has read,
 * and the rest must come again.
 */
export class LoopStream<Value> implements EventStream<Value> {
  readonly #options: LoopStreamOptions<Value>;
  readonly #subscription: Disposable;
  /** What was given and not read, in order. */
  #waiting: unknown[] = [];

  /** Listens from now on. */
  constructor(options: LoopStreamOptions<Value>) {
    this.#options = options;
    this.#subscription = options.listen((payload) => {
      this.#waiting.push(payload);
    });
    options.signal?.addEventListener("abort", this.#leave, { once: true });
    if (options.signal?.aborted) this.#leave();
  }

  /** How many values were dropped because too many waited. */
  get dropped(): number {
    return this.#options.stream.dropped;
  }

  /** The next value. */
  async next(): Promise<IteratorResult<Value, undefined>> {
    const { stream, payloadOf } = this.#options;
    try {
      const result = await stream.next();
      if (result.done) this.#leave();
      else this.#waiting.splice(0, this.#waiting.indexOf(payloadOf(result.value)) + 1);
      return result;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** Ends the loop. */
  async return(): Promise<IteratorResult<Value, undefined>> {
    this.#leave();
    return await this.#options.stream.return();
  }

  /** The stream itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The same as {@linkcode LoopStream.return}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Before the stream itself forgets what it holds: who waits for that must know that it was not handled. */
  readonly #leave = (): void => {
    this.#options.signal?.removeEventListener("abort", this.#leave);
    this.#subscription[Symbol.dispose]();
    for (const payload of this.#waiting.splice(0)) this.#options.unread(payload);
  };
}
