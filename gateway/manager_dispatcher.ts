import type {
  AnyListener,
  Dispatcher,
  DispatchEvent,
  DispatchEventListener,
  Listener,
  ListenOptions,
  WaitForOptions,
} from "../dispatcher.ts";
import type { ShardContext, ShardEvents } from "./shard_events.ts";

/** What an event of a manager carries besides its payload. */
export interface ManagerContext<Shard> {
  /** The shard that it came from; `undefined` where it is about the bot as a whole. */
  readonly shard: Shard | undefined;
}

/** The events of a manager that may be about the bot as a whole: a token that is refused, a budget, a store. */
export type ManagerEventName =
  | "critical"
  | "error"
  | "identifyBudget"
  | "identifyBudgetLow"
  | "identifyPaused";

/** How to listen to what may be about the bot as a whole. */
export interface ManagerListening<Shard> {
  /** Calls `listener` with what may be about the bot as a whole. */
  listen<Name extends ManagerEventName>(
    name: Name,
    listener: Listener<ShardEvents<Shard>[Name], ManagerContext<Shard>>,
    options?: ListenOptions,
  ): Disposable;
  /** Calls `listener` for every event, with its name first. */
  listen(
    listener: AnyListener<ShardEvents<Shard>, ManagerContext<Shard>>,
    options?: ListenOptions,
  ): Disposable;
  /** Waits for what may be about the bot as a whole. */
  waitFor<Name extends ManagerEventName>(
    name: Name,
    check?: (
      payload: ShardEvents<Shard>[Name],
      event: DispatchEvent<ShardEvents<Shard>[Name]> & ManagerContext<Shard>,
    ) => boolean,
    options?: WaitForOptions,
  ): Promise<ShardEvents<Shard>[Name]>;
  /** Calls `listener` with what may be about the bot as a whole, as `EventTarget` does. */
  addEventListener<Name extends ManagerEventName>(
    type: Name,
    listener: DispatchEventListener<ShardEvents<Shard>[Name], ManagerContext<Shard>> | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
}

/** The dispatcher for a manager's own events: each has its shard, but for those of {@linkcode ManagerEventName}. */
export type ManagerDispatcher<Shard> =
  & ManagerListening<Shard>
  & Dispatcher<ShardEvents<Shard>, ShardContext<Shard>>;
