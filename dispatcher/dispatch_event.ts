/**
 * One event of a dispatcher, and the shapes of those who get it.
 *
 * @module
 */

/** An event on its way: its payload is `detail`. It cannot be cancelled, and no listener keeps it from another. */
export class DispatchEvent<Payload = unknown> extends Event {
  /** What the event carries. */
  readonly detail: Payload;
  readonly #target: EventTarget | null;

  /** Takes a name and what the event carries; a dispatcher also gives itself, as `target`. */
  constructor(type: string, detail: Payload, target: EventTarget | null = null) {
    super(type);
    this.detail = detail;
    this.#target = target;
  }

  /** The dispatcher. */
  override get target(): EventTarget | null {
    return this.#target ?? super.target;
  }

  /** The dispatcher. */
  override get currentTarget(): EventTarget | null {
    return this.#target ?? super.currentTarget;
  }
}

/** The names of a map of events. A number and its decimal text are the same name. */
export type EventName<Events> = keyof Events & (string | number);

/** What every dispatcher reports by itself; maps of events extend it. */
export interface DispatcherEvents {
  /** A listener threw or rejected. */
  error: ListenerError;
}

/** A listener threw or rejected. */
export interface ListenerError {
  /** What it threw. */
  readonly error: unknown;
  /** The event it was called for. */
  readonly name: string | number;
  /** What that event carried. */
  readonly payload: unknown;
}

/** Gets one kind of event. May be async: a rejection is reported like a throw. */
export type Listener<Payload, Context extends object = object> = (
  payload: Payload,
  event: DispatchEvent<Payload> & Context,
) => unknown;

/** Gets every event, after those who asked for it by name. */
export type AnyListener<Events extends object, Context extends object = object> = (
  name: EventName<Events>,
  payload: Events[EventName<Events>],
  event: DispatchEvent<Events[EventName<Events>]> & Context,
) => unknown;

/** One event of any name. */
export interface AnyEvent<Events extends object, Context extends object = object> {
  /** Its name. */
  readonly name: EventName<Events>;
  /** What it carries. */
  readonly payload: Events[EventName<Events>];
  /** The event itself. */
  readonly event: DispatchEvent<Events[EventName<Events>]> & Context;
}

/** What `addEventListener` takes: a function or an object with a method `handleEvent`. */
export type DispatchEventListener<Payload, Context extends object = object> =
  | ((event: DispatchEvent<Payload> & Context) => unknown)
  | { handleEvent(event: DispatchEvent<Payload> & Context): unknown };
