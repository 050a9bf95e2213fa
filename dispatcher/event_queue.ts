/**
 * A bounded queue of values that a loop reads: what `events()` of a dispatcher gives.
 *
 * @module
 */

/** What happens to a value when as many as the limit allows already wait. */
export type OverflowPolicy = "error" | "dropOldest" | "dropNewest";

/** Options of `events()`. */
export interface EventStreamOptions {
  /** Ends the stream: its loop throws the signal's reason at once, and values that still wait are dropped. */
  signal?: AbortSignal | undefined;
  /** How many values may wait to be read: a positive integer, by default 16 384. */
  limit?: number | undefined;
  /**
   * What happens past the limit: `"error"` (default) ends the stream with an {@linkcode EventOverflowError} after the
   * values that wait; `"dropOldest"` and `"dropNewest"` go on and count what they drop.
   */
  overflow?: OverflowPolicy | undefined;
}

/** More values came than a stream may keep, and its policy was `"error"`. */
export class EventOverflowError extends Error {
  /** How many values were waiting. */
  readonly limit: number;

  /** Takes the limit that was reached, and the name of what was read. */
  constructor(limit: number, label: string) {
    super(
      `Cannot keep more than ${limit} values of ${label} waiting: read them faster, or raise "limit", or set ` +
        `"overflow" to "dropOldest" or "dropNewest"`,
    );
    this.name = "EventOverflowError";
    this.limit = limit;
  }
}

/** What `events()` gives: values in order, each once, for one reader. Breaking off, or `return()`, stops listening. */
export interface EventStream<Value> extends AsyncIterableIterator<Value, undefined>, AsyncDisposable {
  /** How many values were dropped because too many waited. */
  readonly dropped: number;
  /** Stops listening, as `break` does: values that wait are dropped, pending reads find the stream done. */
  return(value?: undefined): Promise<IteratorResult<Value, undefined>>;
  /** The stream itself. */
  [Symbol.asyncIterator](): EventStream<Value>;
}

const DEFAULT_LIMIT = 16_384;
/** Most streams are read as fast as they fill: start small, grow by doubling. */
const FIRST_CAPACITY = 16;
const POLICIES: readonly string[] = ["error", "dropOldest", "dropNewest"] satisfies OverflowPolicy[];

/** Open; or ended, with an error that is still to be thrown; or over, when all has been said. */
type State = { phase: "open" } | { phase: "failing"; error: unknown } | { phase: "over" };

const OPEN: State = { phase: "open" };
const OVER: State = { phase: "over" };

/**
 * An {@linkcode EventStream} for the one who fills it.
 *
 * Several `next()` may be pending; they are answered in order. An error is thrown once, after that the stream is done.
 */
export class EventQueue<Value> implements EventStream<Value> {
  readonly #limit: number;
  readonly #overflow: OverflowPolicy;
  readonly #label: string;
  readonly #onEnd: () => void;
  #state: State = OPEN;
  #dropped = 0;
  // A ring: `#size` values from `#head` on. While somebody reads (`#readers`), nothing waits.
  #slots: (Value | undefined)[];
  #head = 0;
  #size = 0;
  #readers: PromiseWithResolvers<IteratorResult<Value, undefined>>[] = [];
  /** How many values were handed out or dropped, and how many of those their loop has done with. */
  #given = 0;
  #handled = 0;
  /** Who waits until so many are: ascending, as they have come. */
  readonly #watchers: { readonly count: number; resolve(): void }[] = [];

  /**
   * Takes a name for error messages, and what to call once when nothing more is wanted.
   *
   * @throws {RangeError} When `limit` is no positive integer.
   * @throws {TypeError} When `overflow` is none of the three.
   */
  constructor(label: string, onEnd: () => void, options: EventStreamOptions = {}) {
    const { limit = DEFAULT_LIMIT, overflow = "error" } = options;
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new RangeError(
        `Cannot listen to events: "limit" must be a positive integer, not ${String(limit)}`,
      );
    }
    if (!POLICIES.includes(overflow)) {
      throw new TypeError(
        `Cannot listen to events: "overflow" must be "error", "dropOldest" or "dropNewest", not ${
          String(overflow)
        }`,
      );
    }
    this.#label = label;
    this.#onEnd = onEnd;
    this.#limit = limit;
    this.#overflow = overflow;
    this.#slots = new Array(Math.min(limit, FIRST_CAPACITY));
  }

  /** How many values were dropped because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds a value, and gives whether somebody has waited for it; does nothing once the stream has ended. */
  push(value: Value): boolean {
    if (this.#state.phase !== "open") return false;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      this.#given += 1;
      reader.resolve({ value, done: false });
    } else if (this.#size < this.#limit) {
      this.#store(value);
    } else {
      this.#overflowWith(value);
    }
    return reader !== undefined;
  }

  /** Ends the stream after the values that wait; then it throws `end.error`, when `end` is given. */
  end(end?: { readonly error: unknown }): void {
    if (this.#state.phase !== "open") return;
    this.#state = end === undefined ? OVER : { phase: "failing", error: end.error };
    this.#onEnd();
    // The first pending read gets the error; the others find the stream done.
    for (const reader of this.#readers.splice(0)) this.next().then(reader.resolve, reader.reject);
  }

  /**
   * Resolves when the values that have come so far are handled: read, and followed by another read, or dropped.
   *
   * A loop that nobody runs never handles anything.
   */
  drained(): Promise<void> | undefined {
    const count = this.#given + this.#size;
    if (this.#handled >= count) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#watchers.push({ count, resolve });
    return promise;
  }

  /** Ends the stream at once, throwing `reason`: values that wait are dropped. */
  abort(reason: unknown): void {
    if (this.#state.phase !== "open") return;
    this.#clear();
    this.end({ error: reason });
  }

  /** The next value; `done` after the end. Rejects once with what the stream failed with. */
  next(): Promise<IteratorResult<Value, undefined>> {
    this.#handle(this.#given);
    if (this.#size > 0) return Promise.resolve({ value: this.#take(), done: false });
    if (this.#state.phase === "open") {
      const reader = Promise.withResolvers<IteratorResult<Value, undefined>>();
      this.#readers.push(reader);
      return reader.promise;
    }
    const state = this.#state;
    this.#state = OVER;
    return state.phase === "failing"
      ? Promise.reject(state.error)
      : Promise.resolve({ value: undefined, done: true });
  }

  /** Ends the stream quietly, as `break` does: values that wait are dropped, pending reads find it done. */
  return(): Promise<IteratorResult<Value, undefined>> {
    this.#clear();
    this.end();
    this.#state = OVER;
    return Promise.resolve({ value: undefined, done: true });
  }

  /** The stream itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The same as {@linkcode EventQueue.return}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #overflowWith(value: Value): void {
    if (this.#overflow === "error") {
      this.end({ error: new EventOverflowError(this.#limit, this.#label) });
      return;
    }
    this.#dropped += 1;
    if (this.#overflow === "dropNewest") return;
    this.#take();
    this.#store(value);
  }

  #store(value: Value): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#size) % this.#slots.length] = value;
    this.#size += 1;
  }

  #take(): Value {
    const value = this.#slots[this.#head] as Value;
    this.#slots[this.#head] = undefined; // A value that was read must not be kept alive.
    this.#head = (this.#head + 1) % this.#slots.length;
    this.#size -= 1;
    this.#given += 1;
    return value;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array(Math.min(old.length * 2, this.#limit));
    for (let index = 0; index < this.#size; index++) {
      this.#slots[index] = old[(this.#head + index) % old.length];
    }
    this.#head = 0;
  }

  #handle(count: number): void {
    this.#handled = count;
    while ((this.#watchers[0]?.count ?? Infinity) <= count) this.#watchers.shift()?.resolve();
  }

  #clear(): void {
    this.#given += this.#size;
    this.#handle(this.#given);
    this.#slots = new Array(Math.min(this.#limit, FIRST_CAPACITY));
    this.#head = 0;
    this.#size = 0;
  }
}
