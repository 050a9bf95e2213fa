import type { Dispatcher, DispatcherEvents } from "../dispatcher.ts";
import type { Alarms } from "./alarms.ts";
import type { DisconnectError } from "./errors.ts";
import type { EventNames } from "./event_names.ts";
import type { GatewayEvents } from "./events.ts";
import type { GuildTurns } from "./guild_turns.ts";
import type { IdentifyBudget } from "./identify_budget.ts";
import { type GatewayCommand, GatewayOpcode, type GatewayPayload } from "./payload.ts";
import type { ShardState } from "./shard_state.ts";

/** What every event of a shard carries besides its payload. */
export interface ShardContext<Shard> {
  /**
   * The shard that it came from.
   *
   * Missing at run time where an event is about the bot as a whole: `critical` for a token that is refused before there is a
   * shard, an `error` of the manager's own, and what is said of the identify budget.
   */
  readonly shard: Shard;
}

/** A connection has ended. */
export interface ShardDisconnect<Shard> extends ShardContext<Shard> {
  /** The close code; 1006 when there was none. */
  readonly code: number;
  /** What Discord said about it; may be empty. */
  readonly reason: string;
  /** Whether the session will be resumed; else a new one is started. */
  readonly willResume: boolean;
}

/** The shard has closed its connection itself. */
export interface ShardClientDisconnect<Shard> extends ShardContext<Shard> {
  /** Whether the session lives on. */
  readonly resumable: boolean;
  /** Why. */
  readonly reason: string;
}

/** A shard does something else than before. */
export interface ShardStateChange<Shard> extends ShardContext<Shard> {
  /** What it did. */
  readonly from: ShardState;
  /** What it does. */
  readonly to: ShardState;
  /** Why, in a few words: for people, not for programs. */
  readonly reason: string;
}

/** The library's own events, from name to payload. */
export interface ShardEvents<Shard> extends DispatcherEvents {
  /** The shard has stopped for good. */
  critical: DisconnectError;
  /** A connection has ended; the shard connects again by itself. */
  disconnect: ShardDisconnect<Shard>;
  /** The shard has closed its connection itself. */
  clientDisconnect: ShardClientDisconnect<Shard>;
  /** The shard does something else than before. */
  stateChange: ShardStateChange<Shard>;
  /** A payload was handed to the socket; tokens are left out. */
  sent: GatewayCommand;
  /** A new session was asked for 15 seconds ago and has not begun: Discord may have an outage. The shard waits on. */
  slowReady: ShardContext<Shard>;
  /** A new session has begun. */
  ready: ShardContext<Shard>;
  /** A session goes on, and everything that was missed has been delivered. */
  resumed: ShardContext<Shard>;
  /** A session was replaced by a new one: events were missed, so look again at what you remember. */
  sessionLost: ShardContext<Shard>;
  /** The number of sessions that may still be started was learned from Discord. */
  identifyBudget: IdentifyBudget;
  /** A fifth of the day's sessions or less is left: something starts too many. Once, until there are more. */
  identifyBudgetLow: IdentifyBudget;
  /** Shards wait to start sessions, since only the reserve is left. Once, until there are more. */
  identifyPaused: IdentifyBudget;
}

/** Every payload as it came, by opcode. */
export interface GatewayRawEvents extends DispatcherEvents {
  /** The whole `{ op, d, s, t }`. */
  [opcode: number]: GatewayPayload;
}

/** The three dispatchers of a shard, and of a manager. */
export interface GatewayDispatchers<Shard> {
  /** The library's own events. */
  readonly dispatcher: Dispatcher<ShardEvents<Shard>, ShardContext<Shard>>;
  /** Every payload, by opcode. */
  readonly rawDispatcher: Dispatcher<GatewayRawEvents, ShardContext<Shard>>;
  /** Discord's events, by name. */
  readonly eventDispatcher: Dispatcher<GatewayEvents, ShardContext<Shard>>;
}

/** Who gets what a shard gets: a manager, which may hold back or leave out what it likes. */
export interface ShardRelay<Shard> {
  /** One of the library's own events. */
  report<Name extends keyof ShardEvents<Shard>>(
    name: Name,
    payload: ShardEvents<Shard>[Name],
    context: ShardContext<Shard>,
  ): void;
  /**
   * Whether events of this name are of any use now: those that are not may be left out, as their data need not be parsed
   * then. Asked for each event; all are by default.
   */
  wants?(name: string): boolean;
  /** A payload, each once and in order; gives whether somebody has waited for it, who goes on in a turn to come. */
  receive(payload: GatewayPayload, context: ShardContext<Shard>): boolean;
  /** Resolves when everything so far has been handled. */
  drained(): Promise<void>;
}

/** What shards of one manager have from it. */
export interface ShardPlace<Shard> {
  /** Who gets the events as well. */
  readonly relay?: ShardRelay<Shard> | undefined;
  /** The turns to ask for all members of a guild: Discord counts them for the bot, not for a shard (MR-4). */
  readonly memberTurns?: GuildTurns | undefined;
  /** The one timer of all of them. */
  readonly alarms?: Alarms | undefined;
  /** The names of events that have come to any of them. */
  readonly names?: EventNames | undefined;
}

/** Ends all three: waiting values are still given, then loops end, or throw `error`. */
export function closeDispatchers<Shard>(dispatchers: GatewayDispatchers<Shard>, error?: unknown): void {
  dispatchers.eventDispatcher.close(error);
  dispatchers.rawDispatcher.close(error);
  dispatchers.dispatcher.close(error);
}

/** Gives a payload to those who want it raw, and a dispatch to those who want it by name; whether any has waited for it. */
export function deliver<Shard>(
  { rawDispatcher, eventDispatcher }: GatewayDispatchers<Shard>,
  payload: GatewayPayload,
  context: ShardContext<Shard>,
): boolean {
  const isRawAwaited = rawDispatcher.dispatch(payload.op, payload, context);
  // An event named "error" is not one of Discord's: it would pass for the failure of a listener.
  if (payload.op !== GatewayOpcode.Dispatch || payload.t === "error") return isRawAwaited;
  // The name is whatever Discord says: the map of events is a promise about those we know, not a check.
  const name = payload.t as keyof GatewayEvents;
  return eventDispatcher.dispatch(name, payload.d as GatewayEvents[typeof name], context) || isRawAwaited;
}

/** Whether somebody listens to events of this name, or to all payloads. */
export function isWanted<Shard>(
  { rawDispatcher, eventDispatcher }: GatewayDispatchers<Shard>,
  name: string,
): boolean {
  return eventDispatcher.listenerCount(name as keyof GatewayEvents) > 0 ||
    rawDispatcher.listenerCount(GatewayOpcode.Dispatch) > 0;
}

/** Resolves when everything that Discord has sent so far has been handled. */
export async function drained<Shard>(
  { rawDispatcher, eventDispatcher }: GatewayDispatchers<Shard>,
): Promise<void> {
  await Promise.all([rawDispatcher.drained(), eventDispatcher.drained()]);
}
