import type { ListenerError } from "../dispatcher.ts";
import type { GatewayPayload } from "./payload.ts";
import {
  deliver,
  drained,
  type GatewayDispatchers,
  isWanted,
  type ShardContext,
  type ShardEvents,
  type ShardRelay,
} from "./shard_events.ts";
import { logEvent, type Logger } from "./shard_log.ts";
import type { ShardState } from "./shard_state.ts";

/** What a shard tells: its own listeners, its relay, and the log. */
export class ShardReports<Shard extends GatewayDispatchers<Shard> & { readonly id: number }> {
  readonly #shard: Shard;
  readonly #logger: Logger | undefined;
  readonly #reconnects: Record<string, number> = {};
  /** What each event carries: one object for the life of the shard. */
  readonly context: ShardContext<Shard>;
  /** Who gets everything as well. */
  relay: ShardRelay<Shard> | undefined;

  /** Tells what `shard` does. */
  constructor(shard: Shard, relay: ShardRelay<Shard> | undefined, logger: Logger | undefined) {
    this.#shard = shard;
    this.#logger = logger;
    this.context = { shard };
    this.relay = relay;
  }

  /** How often a connection was lost or left, by reason. */
  get reconnects(): Readonly<Record<string, number>> {
    return { ...this.#reconnects };
  }

  /** Tells one of the library's own events. */
  report<Name extends keyof ShardEvents<Shard>>(name: Name, payload: ShardEvents<Shard>[Name]): void {
    this.#log(name, payload);
    this.#shard.dispatcher.dispatch(name, payload, this.context);
    this.relay?.report(name, payload, this.context);
  }

  /** Tells that something outside of the session has failed: nobody must overlook it. */
  reportError(name: string, error: unknown): void {
    const failure: ListenerError = { error, name, payload: undefined };
    if (this.relay !== undefined) return this.report("error", failure);
    this.#log("error", failure);
    this.#shard.dispatcher.reportError(failure, this.context);
  }

  /** A logger that throws does not stop the shard, which may be in the middle of something (SM-25). */
  #log(name: string, payload: unknown): void {
    if (this.#logger === undefined) return;
    try {
      logEvent(this.#logger, this.#shard.id, name, payload);
    } catch (error) {
      this.#shard.dispatcher.reportError({ error, name: "logger", payload: undefined }, this.context);
    }
  }

  /** Tells that the shard does something else than before. */
  changed(from: ShardState, to: ShardState, reason: string): void {
    if (to === "backoff") this.#reconnects[reason] = (this.#reconnects[reason] ?? 0) + 1;
    this.report("stateChange", { from, to, reason, shard: this.#shard });
  }

  /** Whether somebody listens to events of this name; a relay that does not say so does. */
  wants(name: string): boolean {
    if (isWanted(this.#shard, name)) return true;
    const { relay } = this;
    return relay !== undefined && (relay.wants?.(name) ?? true);
  }

  /** Hands on what Discord has sent; whether somebody has waited for it, who goes on in a turn to come. */
  deliver(payload: GatewayPayload): boolean {
    const isAwaited = deliver(this.#shard, payload, this.context);
    return this.relay?.receive(payload, this.context) === true || isAwaited;
  }

  /** Resolves when all that was handed on so far has been handled. */
  async drained(): Promise<void> {
    await Promise.all([drained(this.#shard), this.relay?.drained()]);
  }
}
