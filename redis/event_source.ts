import { type Clock, sleep, systemClock } from "../clock.ts";
import { Dispatcher, type DispatcherEvents } from "../dispatcher.ts";
import { DispatcherOwner, type GatewayEvents } from "../gateway/mod.ts";
import { type Delivery, EventGroup, type PoisonEvent } from "./event_group.ts";
import { knownShardCount } from "./fleet_config.ts";
import {
  checkCount,
  checkMs,
  messageOf,
  RedisLink,
  type RedisOptions,
  type RedisSend,
} from "./redis_link.ts";
import { recordIn } from "./reply.ts";
import { type ShardLag, ShardLags } from "./shard_lags.ts";

/** Options of an {@linkcode EventSource}. */
export interface EventSourceOptions extends RedisOptions {
  /**
   * Sends on a connection of its own, which may wait for events (`XREADGROUP … BLOCK`). Without it the streams are looked at
   * every `pollMs`.
   */
  readonly read?: RedisSend | undefined;
  /** Who shares the events: each goes to one worker of a group, and to each group. `workers` by default. */
  readonly group?: string | undefined;
  /** How this worker is called; a random part is added. `worker` by default. */
  readonly name?: string | undefined;
  /** Which shards; all by default. */
  readonly shardIds?: readonly number[] | undefined;
  /** Whether all streams are in one place: `false` for Redis Cluster, where each is asked for by itself. `true` by default. */
  readonly isOnePlace?: boolean | undefined;
  /** How many events may be in handlers at once; no more are taken. 1000 by default. */
  readonly limit?: number | undefined;
  /** Milliseconds between two looks, without `read`. 20 by default. */
  readonly pollMs?: number | undefined;
  /** Milliseconds after which an event that a worker does not acknowledge goes to another. 15 000 by default. */
  readonly reclaimMs?: number | undefined;
  /** How often an event is tried before it is set aside. 5 by default. */
  readonly maxTries?: number | undefined;
  /** Milliseconds before an event whose listener has failed is tried again; twice as many each time. 1000 by default. */
  readonly retryMs?: number | undefined;
  /** Milliseconds that closing waits for handlers. 10 000 by default. */
  readonly drainTimeoutMs?: number | undefined;
  /** Numbers from 0 to 1, for names. */
  readonly random?: (() => number) | undefined;
}

/** Where an event of an {@linkcode EventSource} comes from. */
export interface EventOrigin {
  /** The shard's id. */
  readonly id: number;
}

/** What an {@linkcode EventSource} tells of itself. */
export interface EventSourceEvents extends DispatcherEvents {
  /** An event was set aside: look into the stream `{<prefix>:<shard>}:poison`. */
  poison: PoisonEvent;
}

const BLOCK_MS = 1_000;
const PAUSE_MS = 500;
const NAMES = 2 ** 40;

/**
 * The events of all shards, for workers: each event goes to one worker of the group, and is acknowledged when its listeners,
 * and the loops over it, are done.
 *
 * Only events that somebody listens for are parsed. What a worker had when it died goes to another, so an event may come
 * twice: handlers should not mind. An event whose listener throws, or rejects, comes again, `maxTries` times in all, and is
 * then set aside with the reason. An error that a loop ends with is not seen here. Within a shard, one worker alone gets
 * events in order.
 *
 * @example
 * ```ts ignore
 * await using source = new EventSource({ send, read });
 * const messages = source.events("MESSAGE_CREATE");
 * await source.start();
 * for await (const message of messages) console.log(message.content);
 * ```
 */
export class EventSource extends DispatcherOwner<EventOrigin> implements AsyncDisposable {
  /** Tells of the source itself: `poison`, `error`. */
  readonly sourceDispatcher: Dispatcher<EventSourceEvents>;
  readonly #clock: Clock;
  readonly #options: EventSourceOptions;
  readonly #link: RedisLink;
  readonly #limit: number;
  readonly #stop = new AbortController();
  /** The listeners that failed, by what they were given. */
  readonly #failures = new Map<unknown, unknown>();
  readonly #handling = new Set<Promise<void>>();
  #inHand = 0;
  #room = Promise.withResolvers<void>();
  #group: EventGroup | undefined;
  #reading: Promise<void> | undefined;

  /** Throws a `TypeError` or a `RangeError` on options that can't be right. */
  constructor(options: EventSourceOptions) {
    const { clock = systemClock, limit = 1_000, maxTries = 5 } = options;
    super(clock);
    checkCount("limit", limit);
    checkCount("maxTries", maxTries);
    for (const name of ["pollMs", "reclaimMs", "retryMs", "drainTimeoutMs"] as const) {
      const value = options[name];
      if (value !== undefined) checkMs(name, value);
    }
    this.#clock = clock;
    this.#options = options;
    this.#limit = limit;
    this.#link = new RedisLink(options);
    this.sourceDispatcher = new Dispatcher({ clock });
    this.eventDispatcher.listen("error", ({ error, name, payload }) => {
      this.#failures.set(payload, error);
      this.sourceDispatcher.reportError({ error, name, payload });
    });
  }

  /** How many events are in handlers. */
  get inHand(): number {
    return this.#inHand;
  }

  /** Begins to read; waits until the fleet has said how many shards there are. Call it once somebody listens. */
  async start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#reading !== undefined) throw new TypeError("This source has been started already");
    const { group = "workers", name = "worker", random = Math.random, read, reclaimMs = 15_000 } =
      this.#options;
    const shardIds = this.#options.shardIds ?? await this.#allShardIds(signal);
    this.#group = new EventGroup({
      link: this.#link,
      readLink: read && new RedisLink({ ...this.#options, send: read }),
      group,
      consumer: `${name}-${Math.floor(random() * NAMES).toString(36)}`,
      shardIds,
      isOnePlace: this.#options.isOnePlace ?? true,
      reclaimMs,
      maxTries: this.#options.maxTries ?? 5,
      poisoned: (event) => this.sourceDispatcher.dispatch("poison", event),
    });
    await this.#group.create();
    this.#reading = this.#readOn(this.#group);
    void this.#reclaimOn(this.#group, reclaimMs);
  }

  /** How far the group is behind, for each shard. Costs a command a shard. */
  async lag(): Promise<readonly ShardLag[]> {
    const { group = "workers" } = this.#options;
    const shardIds = this.#options.shardIds ?? await this.#allShardIds(this.#stop.signal);
    return await new ShardLags(this.#link, group).of(shardIds);
  }

  /** Reads no more, waits for handlers, and ends all loops. What is not acknowledged by then goes to others. */
  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(new DOMException("The source was closed", "AbortError"));
    this.#room.resolve();
    for (const dispatcher of [this.eventDispatcher, this.rawDispatcher, this.dispatcher]) dispatcher.close();
    const patience = new AbortController();
    await Promise.race([
      Promise.all(this.#handling),
      sleep(this.#clock, this.#options.drainTimeoutMs ?? 10_000, { signal: patience.signal }).catch(ignore),
    ]);
    patience.abort();
    await this.#reading; // A read that blocks ends by itself, within a second.
    await this.#group?.dismiss().catch(ignore);
    this.sourceDispatcher.close();
  }

  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #allShardIds(signal: AbortSignal | undefined): Promise<number[]> {
    for (;;) {
      const shardCount = await knownShardCount(this.#link);
      if (shardCount !== undefined) return Array.from({ length: shardCount }, (_, id) => id);
      const stop = this.#stop.signal;
      await sleep(this.#clock, PAUSE_MS, { signal: signal ? AbortSignal.any([signal, stop]) : stop });
    }
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #readOn(group: EventGroup): Promise<void> {
    const { read, pollMs = 20 } = this.#options;
    while (!this.#isStopped) {
      try {
        if (this.#inHand >= this.#limit) {
          this.#room = Promise.withResolvers<void>();
          await this.#room.promise;
          continue;
        }
        const deliveries = await group.read(this.#limit - this.#inHand, read && BLOCK_MS);
        this.#take(group, deliveries);
        if (deliveries.length === 0 && read === undefined) await this.#pause(pollMs);
      } catch (error) {
        if (this.#isStopped) return;
        this.#report(error);
        await this.#pause(PAUSE_MS);
      }
    }
  }

  async #reclaimOn(group: EventGroup, reclaimMs: number): Promise<void> {
    while (!this.#isStopped) {
      await this.#pause(reclaimMs / 3);
      if (this.#isStopped) return;
      try {
        await group.touch();
        const room = this.#limit - this.#inHand;
        if (room > 0) this.#take(group, await group.reclaim(room));
      } catch (error) {
        if (!this.#isStopped) this.#report(error);
      }
    }
  }

  async #pause(delayMs: number): Promise<void> {
    await sleep(this.#clock, delayMs, { signal: this.#stop.signal }).catch(ignore);
  }

  /** What came in one go is given out at once, and acknowledged together. */
  #take(group: EventGroup, deliveries: readonly Delivery[]): void {
    if (deliveries.length === 0) return;
    this.#inHand += deliveries.length;
    const handling = this.#handle(group, deliveries);
    this.#handling.add(handling);
    void handling.then(() => {
      this.#handling.delete(handling);
      this.#inHand -= deliveries.length;
      this.#room.resolve();
    });
  }

  async #handle(group: EventGroup, deliveries: readonly Delivery[]): Promise<void> {
    const payloads = new Map<Delivery, unknown>();
    for (const delivery of deliveries) {
      // After close nobody would hear of it: it stays with the group, for another worker.
      if (this.#isStopped) group.forget([delivery]);
      else payloads.set(delivery, this.#dispatch(delivery));
    }
    await this.eventDispatcher.drained();
    const done: Delivery[] = [];
    for (const [delivery, payload] of payloads) {
      const failure = this.#failureOf(payload);
      if (failure === undefined) done.push(delivery);
      else void this.#retry(group, delivery, failure.error);
    }
    await this.#untilDone(() => group.acknowledge(done));
  }

  /** Gives the event to whoever wants it, and what they were given. */
  #dispatch({ shardId, name, text }: Delivery): unknown {
    if (name === undefined || name === "error") return undefined;
    const known = name as keyof GatewayEvents;
    if (this.eventDispatcher.listenerCount(known) === 0) return undefined;
    const message = recordIn(text);
    if (message === undefined) return this.#unreadable();
    const payload = message.d;
    this.eventDispatcher.dispatch(known, payload as GatewayEvents[typeof known], { shard: { id: shardId } });
    return payload;
  }

  /** Nobody has looked inside of it before. What stands for it has failed, so that it is set aside in the end. */
  #unreadable(): object {
    const payload = {};
    this.#failures.set(payload, new SyntaxError("The text of the event is not JSON"));
    return payload;
  }

  #failureOf(payload: unknown): { readonly error: unknown } | undefined {
    if (payload === undefined || !this.#failures.has(payload)) return undefined;
    const error = this.#failures.get(payload);
    this.#failures.delete(payload);
    return { error };
  }

  /** It comes again after a while, or is set aside. */
  async #retry(group: EventGroup, delivery: Delivery, error: unknown): Promise<void> {
    const { maxTries = 5, retryMs = 1_000 } = this.#options;
    if (delivery.tries >= maxTries) {
      return await this.#untilDone(() => group.setAside(delivery, messageOf(error)));
    }
    await this.#pause(retryMs * 2 ** (delivery.tries - 1));
    if (this.#isStopped) return group.forget([delivery]);
    await this.#untilDone(async () => this.#take(group, await group.claimAgain(delivery)));
  }

  /** What is not told Redis now, is told later; a worker that is stopped leaves it to others. */
  async #untilDone(act: () => Promise<void>): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      try {
        return await act();
      } catch (error) {
        this.#report(error);
        if (this.#isStopped) return;
        await this.#pause(PAUSE_MS);
      }
    }
  }

  #report(error: unknown): void {
    this.sourceDispatcher.reportError({ error, name: "events", payload: undefined });
  }
}

function ignore(): void {}
