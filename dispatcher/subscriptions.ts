/**
 * Who gets which event of a dispatcher: the lists it goes through.
 *
 * @module
 */

/** How a dispatcher ended: quietly, or with an error. */
export interface End {
  readonly failure: { readonly error: unknown } | undefined;
}

/** What a receiver gives when somebody who has waited for the event goes on, in a turn to come. */
export const WOKEN: unique symbol = Symbol("woken");

/** Who gets events: a listener, a wait or a stream. */
export interface Receiver {
  readonly isOnce?: boolean;
  /** Whether `receive` looks at its event: none is made for those who do not. */
  readonly needsEvent: boolean;
  /** What `addEventListener` was given, to know it again. */
  readonly callback?: unknown;
  readonly isCapture?: boolean;
  /** Gives what a listener gives, or {@linkcode WOKEN}. */
  receive(name: string | number, payload: unknown, event: unknown): unknown;
  aborted?(reason: unknown): void;
  closed?(end: End): void;
  /** Waits until what it has got is handled; `undefined` where it is already. */
  drained?(): Promise<void> | undefined;
}

const NOBODY: readonly Subscription[] = [];

/** One receiver's place in a list. */
export class Subscription implements Disposable {
  isActive = true;
  readonly receiver: Receiver;
  readonly #remove: (subscription: Subscription) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => {
    this[Symbol.dispose]();
    this.receiver.aborted?.(this.#signal?.reason);
  };

  constructor(
    receiver: Receiver,
    signal: AbortSignal | undefined,
    remove: (subscription: Subscription) => void,
  ) {
    this.receiver = receiver;
    this.#remove = remove;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Leaves nothing behind on the signal, which may outlive us by far. */
  detach(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  [Symbol.dispose](): void {
    if (!this.isActive) return;
    this.isActive = false;
    this.detach();
    this.#remove(this);
  }
}

/**
 * The lists of a dispatcher: one for each name that somebody asked for, and one for who gets every event.
 *
 * Lists are replaced, never changed: a dispatch goes through the ones it began with.
 */
export class SubscriptionTable {
  /** No list in it is empty. Made at need: of the dispatchers of shards that a manager has, most have no listener. */
  #named: Map<string, readonly Subscription[]> | undefined;
  #every: readonly Subscription[] = NOBODY;
  #end: End | undefined;
  /** Those who were let go of, but still have something to handle. */
  #leaving: readonly Promise<void>[] = [];

  /** Whether it has been closed: then nobody gets anything, except that listeners of `"error"` stay in their list. */
  get isClosed(): boolean {
    return this.#end !== undefined;
  }

  /** Whether nobody gets anything. */
  get isEmpty(): boolean {
    return (this.#named?.size ?? 0) === 0 && this.#every === NOBODY;
  }

  /** Who gets every event. */
  get every(): readonly Subscription[] {
    return this.#every;
  }

  /** Who asked for the name. */
  named(key: string): readonly Subscription[] {
    return this.#named?.get(key) ?? NOBODY;
  }

  /** Adds a receiver to a list; without a key, to that of every event. After the end, or an abort, it is told at once. */
  add(key: string | undefined, receiver: Receiver, signal: AbortSignal | undefined): Subscription {
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new TypeError(`Cannot listen to events: "signal" must be an AbortSignal, not ${typeof signal}`);
    }
    const isRefused = this.#end !== undefined || signal?.aborted === true;
    const subscription = new Subscription(receiver, signal, (gone) => {
      this.#replace(key, this.#list(key).filter((it) => it !== gone));
    });
    if (!isRefused) {
      this.#replace(key, [...this.#list(key), subscription]);
      return subscription;
    }
    subscription[Symbol.dispose]();
    if (signal?.aborted) receiver.aborted?.(signal.reason);
    else if (this.#end !== undefined) receiver.closed?.(this.#end);
    return subscription;
  }

  /** The subscription of a listener that `addEventListener` added. */
  find(key: string, callback: unknown, isCapture: boolean): Subscription | undefined {
    return this.named(key).find(({ receiver }) =>
      receiver.callback !== undefined && receiver.callback === callback && receiver.isCapture === isCapture
    );
  }

  /** What waits until all who are here have handled what they have got. */
  undone(): readonly Promise<void>[] {
    return [...this.#leaving, ...undone(this.#all)];
  }

  /** Lets go of everybody, and tells them; a second call does nothing. */
  close(end: End): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const kept = this.named("error").filter(({ receiver }) => receiver.closed === undefined);
    const gone = this.#all.filter((it) => !kept.includes(it));
    this.#named = undefined;
    this.#every = NOBODY;
    this.#replace("error", kept);
    for (const subscription of kept) subscription.detach();
    this.#leaving = undone(gone);
    for (const subscription of gone) {
      subscription[Symbol.dispose]();
      subscription.receiver.closed?.(end);
    }
  }

  get #all(): readonly Subscription[] {
    return [...this.#named?.values() ?? [], this.#every].flat();
  }

  #list(key: string | undefined): readonly Subscription[] {
    return key === undefined ? this.#every : this.named(key);
  }

  #replace(key: string | undefined, list: readonly Subscription[]): void {
    if (key === undefined) this.#every = list.length > 0 ? list : NOBODY;
    else if (list.length > 0) (this.#named ??= new Map()).set(key, list);
    else this.#named?.delete(key);
  }
}

/** What waits until they have handled what they have got. */
export function undone(subscriptions: readonly Subscription[]): readonly Promise<void>[] {
  return subscriptions.map(({ receiver }) => receiver.drained?.()).filter((promise) => promise !== undefined);
}

/** Calls what `addEventListener` was given: a function or an object. */
export function callEventListener(target: EventTarget, listener: object, event: unknown): unknown {
  if (typeof listener === "function") return listener.call(target, event);
  const handleEvent = "handleEvent" in listener ? listener.handleEvent : undefined;
  if (typeof handleEvent === "function") return handleEvent.call(listener, event);
  throw new TypeError("Cannot call an event listener: an object must have a method handleEvent");
}
