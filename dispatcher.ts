/**
 * Events, their listeners and the loops that read them: a typed dispatcher over `EventTarget`.
 *
 * @module
 */

import { type Clock, systemClock } from "./clock.ts";
import {
  type AnyEvent,
  type AnyListener,
  DispatchEvent,
  type DispatchEventListener,
  type EventName,
  type Listener,
  type ListenerError,
} from "./dispatcher/dispatch_event.ts";
import type { DispatchListenerOptions, ListenOptions, WaitForOptions } from "./dispatcher/listen_options.ts";
import { EventQueue, type EventStream, type EventStreamOptions } from "./dispatcher/event_queue.ts";
import {
  callEventListener,
  type Subscription,
  SubscriptionTable,
  undone,
  WOKEN,
} from "./dispatcher/subscriptions.ts";

export * from "./dispatcher/dispatch_event.ts";
export type * from "./dispatcher/listen_options.ts";
export {
  EventOverflowError,
  type EventStream,
  type EventStreamOptions,
  type OverflowPolicy,
} from "./dispatcher/event_queue.ts";

/** Options of a {@linkcode Dispatcher}. */
export interface DispatcherOptions {
  /** The clock of `waitFor`'s `timeoutMs`. */
  clock?: Clock | undefined;
}

/**
 * Hands events to listeners, waits and loops.
 *
 * `Events` maps names to payloads; `Context` is what each event carries besides (`shard`, from a shard). Those who asked
 * by name come first, in the order they asked; then those who get every event. As with `EventTarget`, who is added
 * during a dispatch does not get that event, and who is removed does not get it any more.
 *
 * What a listener throws or rejects with stops nobody: it goes to the listeners of `"error"` as a
 * {@linkcode ListenerError}, or without any to `console.error`. What a listener of `"error"` itself throws always goes
 * to `console.error`.
 *
 * @example
 * ```ts
 * import { Dispatcher, type DispatcherEvents } from "@nextsnake/nextcore";
 *
 * interface ClockEvents extends DispatcherEvents {
 *   tick: number;
 * }
 *
 * const dispatcher = new Dispatcher<ClockEvents>();
 * const ticks = dispatcher.events("tick");
 * dispatcher.listen("tick", (tick) => console.log("listener", tick), { once: true });
 *
 * dispatcher.dispatch("tick", 1);
 * dispatcher.dispatch("tick", 2);
 * dispatcher.close();
 * for await (const tick of ticks) console.log("loop", tick);
 * ```
 */
export class Dispatcher<Events extends object, Context extends object = object> extends EventTarget {
  readonly #clock: Clock;
  readonly #table = new SubscriptionTable();
  /** What async listeners are at; made at need. */
  #working: Set<PromiseLike<unknown>> | undefined;

  /** Takes the clock of timeouts. */
  constructor(options: DispatcherOptions = {}) {
    super();
    const { clock = systemClock } = checkOptions(options);
    this.#clock = clock;
  }

  /**
   * Calls `listener` for each event of the name, until the result is disposed of.
   *
   * A listener may listen several times, and is then called several times.
   *
   * @throws {TypeError} When the listener is no function, or the signal no `AbortSignal`.
   */
  listen<Name extends EventName<Events>>(
    name: Name,
    listener: Listener<Events[Name], Context>,
    options?: ListenOptions,
  ): Disposable;
  /** Calls `listener` with what other listeners threw or rejected with. */
  listen(name: "error", listener: Listener<ListenerError, Context>, options?: ListenOptions): Disposable;
  /** Calls `listener` for every event, with its name first. */
  listen(listener: AnyListener<Events, Context>, options?: ListenOptions): Disposable;
  listen(first: unknown, second?: unknown, third?: ListenOptions): Disposable {
    if (typeof first === "function") {
      return this.#listen(undefined, first, second as ListenOptions | undefined);
    }
    return this.#listen(keyOf(first), second, third);
  }

  /**
   * Events of the name as an async iterator, in order, each once.
   *
   * It listens from this call on, not from the first `next()`. Values that already wait are still given after the owner
   * has closed the dispatcher, and before the error it failed with is thrown. `break`, `return()`, `signal` and
   * `await using` stop listening.
   *
   * @throws {RangeError} When `limit` is no positive integer.
   * @throws {TypeError} When another option is wrong.
   */
  events<Name extends EventName<Events>>(name: Name, options?: EventStreamOptions): EventStream<Events[Name]>;
  /** What listeners threw or rejected with, as an async iterator. */
  events(name: "error", options?: EventStreamOptions): EventStream<ListenerError>;
  /** Every event, with its name. */
  events(options?: EventStreamOptions): EventStream<AnyEvent<Events, Context>>;
  events(first?: unknown, second?: EventStreamOptions): EventStream<unknown> {
    const isNamed = typeof first === "string" || typeof first === "number";
    if (!isNamed && first !== undefined && (typeof first !== "object" || first === null)) {
      throw new TypeError(`Cannot listen to events: expected a name or options, not ${String(first)}`);
    }
    const options = checkOptions((isNamed ? second : first as EventStreamOptions | undefined) ?? {});
    const label = isNamed ? JSON.stringify(first) : "all events";
    let subscription: Disposable | undefined = undefined;
    const stream = new EventQueue<unknown>(label, () => subscription?.[Symbol.dispose](), options);
    subscription = this.#table.add(isNamed ? keyOf(first) : undefined, {
      needsEvent: !isNamed,
      receive: isNamed
        ? (_name, payload) => stream.push(payload) ? WOKEN : undefined
        : (name, payload, event) => stream.push({ name, payload, event }) ? WOKEN : undefined,
      aborted: (reason) => stream.abort(reason),
      closed: (end) => stream.end(end.failure),
      drained: () => stream.drained(),
    }, options?.signal);
    return stream;
  }

  /**
   * The payload of the first event of the name that `check` accepts; by default, the first.
   *
   * Rejects with the signal's reason, with a `TimeoutError` after `timeoutMs`, with what `check` throws, and when the
   * dispatcher is closed: with the error it failed with, else with an `AbortError`. Also rejects, and does not throw, with
   * a `RangeError` when `timeoutMs` is negative or not finite, and with a `TypeError` when `check` is no function or the
   * signal no `AbortSignal`.
   *
   * @example
   * ```ts
   * import { Dispatcher } from "@nextsnake/nextcore";
   *
   * const dispatcher = new Dispatcher<{ tick: number }>();
   * const even = dispatcher.waitFor("tick", (tick) => tick % 2 === 0, { timeoutMs: 1000 });
   * for (const tick of [1, 2, 3]) dispatcher.dispatch("tick", tick);
   * console.log(await even); // 2
   * ```
   */
  waitFor<Name extends EventName<Events>>(
    name: Name,
    check?: (payload: Events[Name], event: DispatchEvent<Events[Name]> & Context) => boolean,
    options?: WaitForOptions,
  ): Promise<Events[Name]>;
  /** What the next listener that fails throws or rejects with. */
  waitFor(
    name: "error",
    check?: (payload: ListenerError, event: DispatchEvent<ListenerError> & Context) => boolean,
    options?: WaitForOptions,
  ): Promise<ListenerError>;
  waitFor(
    name: string | number,
    check?: (payload: never, event: never) => boolean,
    options: WaitForOptions = {},
  ): Promise<unknown> {
    try {
      return this.#waitFor(keyOf(name), check, checkOptions(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Calls `listener` with each event of the name, as `EventTarget` does: the payload is its `detail`.
   *
   * `once` and `signal` work, the same listener is added once, `capture` only tells two listeners apart, and `passive`
   * means nothing here. What it throws or rejects with is reported as `"error"`.
   */
  override addEventListener<Name extends EventName<Events>>(
    type: Name,
    listener: DispatchEventListener<Events[Name], Context> | null,
    options?: DispatchListenerOptions | boolean,
  ): void;
  /** Adds a listener of a name that the map of events does not have. */
  override addEventListener(
    type: string,
    listener: ((event: Event) => void) | { handleEvent(event: Event): void } | null,
    options?: DispatchListenerOptions | boolean,
  ): void;
  override addEventListener(
    type: string | number,
    listener: unknown,
    options?: DispatchListenerOptions | boolean,
  ): void {
    const key = keyOf(type);
    if (listener === null || listener === undefined) return;
    if (typeof listener !== "function" && typeof listener !== "object") {
      throw new TypeError(
        `Cannot add an event listener: expected a function or an object, not ${typeof listener}`,
      );
    }
    const { capture = false, once = false, signal } = typeof options === "object"
      ? options
      : { capture: options };
    const isCapture = Boolean(capture);
    if (this.#table.find(key, listener, isCapture) !== undefined) return;
    this.#table.add(key, {
      callback: listener,
      isCapture,
      isOnce: once,
      needsEvent: true,
      receive: (_name, _payload, event) => callEventListener(this, listener, event),
    }, signal);
  }

  /** Takes a listener away that `addEventListener` added, with the same `capture`. */
  override removeEventListener<Name extends EventName<Events>>(
    type: Name,
    listener: DispatchEventListener<Events[Name], Context> | null,
    options?: DispatchListenerOptions | boolean,
  ): void;
  /** Takes a listener away of a name that the map of events does not have. */
  override removeEventListener(
    type: string,
    listener: ((event: Event) => void) | { handleEvent(event: Event): void } | null,
    options?: DispatchListenerOptions | boolean,
  ): void;
  override removeEventListener(
    type: string | number,
    listener: unknown,
    options?: DispatchListenerOptions | boolean,
  ): void {
    const capture = typeof options === "object" ? options.capture : options;
    this.#table.find(keyOf(type), listener, Boolean(capture))?.[Symbol.dispose]();
  }

  /**
   * Dispatches an event made elsewhere: its `type` is the name, and its `detail` the payload. For its owner.
   *
   * Returns whether nobody called its `preventDefault()`.
   */
  override dispatchEvent(event: Event): boolean {
    if (!(event instanceof Event)) {
      throw new TypeError(
        "Cannot dispatch an event: expected an Event; dispatch() takes a name and a payload",
      );
    }
    const key = event.type;
    const payload = "detail" in event ? event.detail : undefined;
    // Through the platform, so that the event knows its target and cannot be dispatched twice at once.
    const onEvent = (): void => {
      if (!this.#table.isClosed) this.#deliver(key, key, payload, undefined, event);
    };
    super.addEventListener(key, onEvent, { once: true });
    try {
      return super.dispatchEvent(event);
    } finally {
      super.removeEventListener(key, onEvent);
    }
  }

  /**
   * Gives an event to all who want it, before it returns. For its owner; does nothing after `close`.
   *
   * The fields of `context` appear on the event. Without anybody who needs it, no event object is made.
   *
   * Returns whether somebody has waited for it who gets one event only, or reads one by one: they go on in turns to come.
   */
  dispatch<Name extends EventName<Events>>(name: Name, payload: Events[Name], context?: Context): boolean {
    if (this.#table.isClosed || this.#table.isEmpty) return false;
    const key: string = typeof name === "number" ? String(name) : name;
    return this.#deliver(key, name, payload, context, undefined);
  }

  /**
   * Dispatches, and gives what resolves when this one event has been handled: async listeners have settled, what they
   * failed with has been reported, and loops have asked for the value after it. `undefined` where it has been already. For
   * its owner.
   */
  dispatchTracked<Name extends EventName<Events>>(
    name: Name,
    payload: Events[Name],
    context?: Context,
  ): Promise<void> | undefined {
    if (this.#table.isClosed || this.#table.isEmpty) return undefined;
    const key = String(name);
    const receivers = [...this.#table.named(key), ...this.#table.every];
    const begun: PromiseLike<void>[] = [];
    this.#deliver(key, name, payload, context, undefined, begun);
    const works = [...begun, ...undone(receivers)];
    return works.length === 0 ? undefined : Promise.all(works).then(() => {});
  }

  /**
   * Resolves when everything dispatched so far has been handled: async listeners have settled, and loops have asked for
   * the value after the last one that they were given.
   *
   * It also works after {@linkcode close}. It never resolves while somebody has called `events()` and does not read.
   */
  async drained(): Promise<void> {
    await Promise.allSettled([...this.#working ?? [], ...this.#table.undone()]);
  }

  /**
   * Reports what went wrong for `name`, to the listeners of `"error"`, or without any to `console.error`. For its owner.
   */
  reportError(failure: ListenerError, context?: Context): void {
    // A failing listener of "error" must not be told of its own failure, again and again.
    const isHeard = failure.name !== "error" && this.#table.named("error").length > 0;
    if (failure.name !== "error") this.#deliver("error", "error", failure, context, undefined);
    if (!isHeard) console.error(`${JSON.stringify(failure.name)} failed:`, failure.error);
  }

  /** How many would get an event of the name: listeners, waits and loops, also those of every event. */
  listenerCount(name: EventName<Events> | "error"): number {
    if (this.#table.isClosed || this.#table.isEmpty) return 0;
    return this.#table.named(keyOf(name)).length + this.#table.every.length;
  }

  /**
   * Ends it for good: nothing is dispatched any more, and nothing is left on the signals that were given. For its owner.
   *
   * Loops get what still waits and then end, or throw `error`; waits reject. Only listeners of `"error"` are kept, for
   * async listeners that fail later. A second call does nothing.
   */
  close(error?: unknown): void {
    this.#table.close({ failure: error === undefined ? undefined : { error } });
  }

  #listen(key: string | undefined, listener: unknown, options: ListenOptions = {}): Disposable {
    if (typeof listener !== "function") {
      throw new TypeError(`Cannot listen to events: the listener must be a function, not ${typeof listener}`);
    }
    const isNamed = key !== undefined;
    const { once = false, signal } = checkOptions(options);
    return this.#table.add(key, {
      isOnce: once,
      needsEvent: true,
      receive: isNamed
        ? (_name, payload, event) => listener(payload, event)
        : (name, payload, event) => listener(name, payload, event),
    }, signal);
  }

  #waitFor(
    key: string,
    check: ((payload: never, event: never) => boolean) | undefined,
    { signal, timeoutMs }: WaitForOptions,
  ): Promise<unknown> {
    if (check !== undefined && typeof check !== "function") {
      throw new TypeError(`Cannot wait for an event: "check" must be a function, not ${typeof check}`);
    }
    if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs >= 0)) {
      throw new RangeError(
        `Cannot wait for an event: "timeoutMs" must be a number of milliseconds from 0 on, not ${timeoutMs}; ` +
          "leave it out to wait without end",
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    let timer: Disposable | undefined = undefined;
    let subscription: Subscription | undefined = undefined;
    const settle = (): void => {
      timer?.[Symbol.dispose]();
      subscription?.[Symbol.dispose]();
    };
    subscription = this.#table.add(key, {
      needsEvent: check !== undefined,
      receive(_name, payload, event): unknown {
        try {
          if (check !== undefined && !check(payload as never, event as never)) return undefined;
          resolve(payload);
        } catch (error) {
          reject(error);
        }
        settle();
        return WOKEN;
      },
      aborted(reason): void {
        settle();
        reject(reason);
      },
      closed({ failure }): void {
        settle();
        reject(failure === undefined ? closedWhileWaiting(key) : failure.error);
      },
    }, signal);
    if (timeoutMs === undefined || !subscription.isActive) return promise;
    timer = this.#clock.setTimeout(() => {
      settle();
      reject(new DOMException(`No "${key}" came within ${timeoutMs} ms`, "TimeoutError"));
    }, timeoutMs);
    return promise;
  }

  #deliver(
    key: string,
    name: string | number,
    payload: unknown,
    context: Context | undefined,
    given: Event | undefined,
    begun?: PromiseLike<void>[],
  ): boolean {
    const { every } = this.#table;
    let event = given;
    let isAwaited = false;
    for (const subscription of this.#table.named(key)) {
      if (subscription.receiver.needsEvent) event ??= this.#createEvent(key, payload, context);
      if (this.#call(subscription, name, payload, context, event, begun)) isAwaited = true;
    }
    for (const subscription of every) {
      if (subscription.receiver.needsEvent) event ??= this.#createEvent(key, payload, context);
      if (this.#call(subscription, name, payload, context, event, begun)) isAwaited = true;
    }
    return isAwaited;
  }

  #createEvent(key: string, payload: unknown, context: Context | undefined): Event {
    const event = new DispatchEvent(key, payload, this);
    return context === undefined ? event : Object.assign(event, context);
  }

  /** Calls a receiver, and adds what it is at to `begun`; whether it, or somebody behind it, has waited. */
  #call(
    subscription: Subscription,
    name: string | number,
    payload: unknown,
    context: Context | undefined,
    event: Event | undefined,
    begun: PromiseLike<void>[] | undefined,
  ): boolean {
    if (!subscription.isActive) return false; // Somebody before it took it away.
    if (subscription.receiver.isOnce) subscription[Symbol.dispose]();
    try {
      const result = subscription.receiver.receive(name, payload, event);
      if (result === WOKEN) return true;
      if (!isThenable(result)) return !subscription.isActive; // Who takes itself away has waited for it.
      const working = this.#working ??= new Set();
      working.add(result);
      const settled = result.then(() => void working.delete(result), (error: unknown) => {
        working.delete(result);
        this.reportError({ error, name, payload }, context);
      });
      begun?.push(settled);
    } catch (error) {
      this.reportError({ error, name, payload }, context);
    }
    return !subscription.isActive;
  }
}

function keyOf(name: unknown): string {
  if (typeof name === "string" || typeof name === "number") return String(name);
  throw new TypeError(`Cannot listen to events: a name must be a string or a number, not ${typeof name}`);
}

function checkOptions<Options>(options: Options): Options {
  if (typeof options === "object" && options !== null) return options;
  throw new TypeError(`Options must be an object, or left out: got ${String(options)}`);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function closedWhileWaiting(key: string): DOMException {
  return new DOMException(`The dispatcher was closed before "${key}" came`, "AbortError");
}
