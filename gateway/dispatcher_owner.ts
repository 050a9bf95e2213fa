import type { Clock } from "../clock.ts";
import {
  type AnyEvent,
  type AnyListener,
  Dispatcher,
  type DispatchEvent,
  type EventName,
  type EventStream,
  type EventStreamOptions,
  type Listener,
  type ListenOptions,
  type WaitForOptions,
} from "../dispatcher.ts";
import type { GatewayEvents } from "./events.ts";
import type { GatewayDispatchers, GatewayRawEvents, ShardContext, ShardEvents } from "./shard_events.ts";

/** What has the three dispatchers of the gateway, with short ways to the one that is used most. */
export class DispatcherOwner<Shard> implements GatewayDispatchers<Shard> {
  /** The library's own events. */
  readonly dispatcher: Dispatcher<ShardEvents<Shard>, ShardContext<Shard>>;
  /** Every payload as it came, by opcode. */
  readonly rawDispatcher: Dispatcher<GatewayRawEvents, ShardContext<Shard>>;
  /** Discord's events, by name. */
  readonly eventDispatcher: Dispatcher<GatewayEvents, ShardContext<Shard>>;

  /** Makes dispatchers whose waits go by `clock`. */
  constructor(clock: Clock) {
    this.dispatcher = new Dispatcher({ clock });
    this.rawDispatcher = new Dispatcher({ clock });
    this.eventDispatcher = new Dispatcher({ clock });
  }

  /** Short for `eventDispatcher.events`. */
  events<Name extends EventName<GatewayEvents>>(
    name: Name,
    options?: EventStreamOptions,
  ): EventStream<GatewayEvents[Name]>;
  /** Events that this library does not know, as they come (ENV-2). */
  events(name: string, options?: EventStreamOptions): EventStream<unknown>;
  /** Every event, with its name. */
  events(options?: EventStreamOptions): EventStream<AnyEvent<GatewayEvents, ShardContext<Shard>>>;
  events(...given: readonly unknown[]): EventStream<unknown> {
    return this.eventDispatcher.events(...given as [EventName<GatewayEvents>]);
  }

  /** Short for `eventDispatcher.listen`. */
  listen<Name extends EventName<GatewayEvents>>(
    name: Name,
    listener: Listener<GatewayEvents[Name], ShardContext<Shard>>,
    options?: ListenOptions,
  ): Disposable;
  /** Calls `listener` with events that this library does not know, as they come (ENV-2). */
  listen(name: string, listener: Listener<unknown, ShardContext<Shard>>, options?: ListenOptions): Disposable;
  /** Calls `listener` for every event, with its name first. */
  listen(listener: AnyListener<GatewayEvents, ShardContext<Shard>>, options?: ListenOptions): Disposable;
  listen(...given: readonly unknown[]): Disposable {
    return this.eventDispatcher.listen(...given as [EventName<GatewayEvents>, () => void]);
  }

  /** Short for `eventDispatcher.waitFor`. */
  waitFor<Name extends EventName<GatewayEvents>>(
    name: Name,
    check?: (
      payload: GatewayEvents[Name],
      event: DispatchEvent<GatewayEvents[Name]> & ShardContext<Shard>,
    ) => boolean,
    options?: WaitForOptions,
  ): Promise<GatewayEvents[Name]>;
  /** The payload of an event that this library does not know. */
  waitFor(
    name: string,
    check?: (payload: unknown, event: DispatchEvent & ShardContext<Shard>) => boolean,
    options?: WaitForOptions,
  ): Promise<unknown>;
  waitFor(
    name: string,
    check?: (payload: never, event: never) => boolean,
    options?: WaitForOptions,
  ): Promise<unknown> {
    const isWanted = check as ((payload: unknown) => boolean) | undefined;
    return this.eventDispatcher.waitFor(name as EventName<GatewayEvents>, isWanted, options);
  }
}
