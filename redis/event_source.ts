import { type Clock, sleep, systemClock } from "../clock.ts";
import {
  type AnyEvent,
  Dispatcher,
  type DispatcherEvents,
  type EventName,
  type EventStream,
  type EventStreamOptions,
} from "../dispatcher.ts";
import { DispatcherOwner, type GatewayEvents, type ShardContext } from "../gateway/mod.ts";
import { Acknowledger } from "./acknowledger.ts";
import { type Delivery, EventGroup, type PoisonEvent } from "./event_group.ts";
import { checkSourceOptions, type EventSourceOptions } from "./event_source_options.ts";
import { knownShardCount } from "./fleet_config.ts";
import { LoopStream } from "./loop_stream.ts";
import { messageOf, RedisLink } from "./redis_link.ts";
import { recordIn } from "./reply.ts";
import { type ShardLag, ShardLags } from "./shard_lags.ts";

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
/** What listeners have had for so long is told, and again when as much time has gone by. */
const STALL_MS = 60_000;
/** How many rounds of looking for what others have left go by between two for workers that are no more. */
const SWEEP_ROUNDS = 60;
const RECLAIM_MS = 15_000;
const MAX_TRIES = 5;
const POISON_LENGTH = 1_000;
/** Where many tries are allowed, the pauses between them do not grow beyond this. */
const LONGEST_RETRY_MS = 60_000;
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
  /** What is being handled, or waits to be tried again. */
  readonly #handling = new Set<Promise<void>>();
  /** What listeners and loops are at, the oldest first, and since when. */
  readonly #begun = new Map<Delivery, number>();
  #inHand = 0;
  /** When events that are long in hand were last told. */
  #toldAt = -Infinity;
  #room = Promise.withResolvers<void>();
  #group: EventGroup | undefined;
  #acknowledger: Acknowledger | undefined;
  #isStarting = false;
  /** Reading, and taking over. */
  #working: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;

  /** Throws a `TypeError` or a `RangeError` on options that can't be right. */
  constructor(options: EventSourceOptions) {
    const { clock = systemClock, limit = 1_000 } = options;
    super(clock);
    checkSourceOptions(options);
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

  /**
   * Short for `eventDispatcher.events`; what a loop has not read when it ends is not taken for handled, but comes again.
   */
  override events<Name extends EventName<GatewayEvents>>(
    name: Name,
    options?: EventStreamOptions,
  ): EventStream<GatewayEvents[Name]>;
  /** Events that this library does not know, as they come (ENV-2). */
  override events(name: string, options?: EventStreamOptions): EventStream<unknown>;
  /** Every event, with its name. */
  override events(
    options?: EventStreamOptions,
  ): EventStream<AnyEvent<GatewayEvents, ShardContext<EventOrigin>>>;
  override events(first?: unknown, second?: EventStreamOptions): EventStream<unknown> {
    const name = typeof first === "string" ? first as EventName<GatewayEvents> : undefined;
    const options = name === undefined ? first as EventStreamOptions | undefined : second;
    const stream: EventStream<unknown> = name === undefined
      ? super.events(options)
      : super.events(name, options);
    if (first === "error" || (options?.overflow ?? "error") !== "error") return stream;
    return new LoopStream<unknown>({
      stream,
      payloadOf: name === undefined ? payloadIn : (value) => value,
      listen: (given) =>
        name === undefined ? this.listen((_name, payload) => given(payload)) : this.listen(name, given),
      signal: options?.signal,
      unread: (payload) => this.#failures.set(payload, new Error("The loop has ended that was to read it")),
    });
  }

  /**
   * Begins to read; waits until the fleet has said how many shards there are. Call it once somebody listens.
   *
   * Rejects with what Redis failed with, and may be called again then; on abort; and with an `AbortError` when the source is
   * closed meanwhile.
   */
  async start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (this.#isStopped) throw new TypeError("This source has been closed: make a new one");
    if (this.#isStarting || this.#working !== undefined) {
      throw new TypeError("This source has been started already");
    }
    signal?.throwIfAborted();
    this.#isStarting = true;
    try {
      const shardIds = this.#options.shardIds ?? await this.#allShardIds(signal);
      const group = this.#createGroup(shardIds);
      await group.create(this.#options.from);
      signal?.throwIfAborted();
      this.#stop.signal.throwIfAborted();
      this.#begin(group);
    } finally {
      this.#isStarting = false;
    }
  }

  #createGroup(shardIds: readonly number[]): EventGroup {
    const { group = "workers", name = "worker", random = Math.random, read } = this.#options;
    return new EventGroup({
      link: this.#link,
      readLink: read && new RedisLink({ ...this.#options, send: read }),
      group,
      consumer: `${name}-${Math.floor(random() * NAMES).toString(36)}`,
      shardIds,
      isOnePlace: this.#options.isOnePlace ?? true,
      reclaimMs: this.#options.reclaimMs ?? RECLAIM_MS,
      maxTries: this.#options.maxTries ?? MAX_TRIES,
      poisonLength: this.#options.poisonLength ?? POISON_LENGTH,
      poisoned: (event) => this.sourceDispatcher.dispatch("poison", event),
      failed: (error) => this.#report(error),
    });
  }

  #begin(group: EventGroup): void {
    this.#group = group;
    this.#acknowledger = new Acknowledger({
      tell: (shardId, deliveries) => this.#untilDone(() => group.acknowledge(shardId, deliveries)),
      told: (count) => this.#release(count),
    });
    this.#working = Promise.all([this.#readOn(group), this.#reclaimOn(group)]);
  }

  /** How far the group is behind, for each shard. Costs two commands a shard. */
  async lag(): Promise<readonly ShardLag[]> {
    const { group = "workers" } = this.#options;
    const shardIds = this.#options.shardIds ?? await this.#allShardIds(this.#stop.signal);
    return await new ShardLags(this.#link, group).of(shardIds);
  }

  /** Reads no more, waits for handlers, and ends all loops. What is not acknowledged by then goes to others. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stop.abort(new DOMException("The source was closed", "AbortError"));
    this.#room.resolve();
    for (const dispatcher of [this.eventDispatcher, this.rawDispatcher, this.dispatcher]) dispatcher.close();
    const patience = new AbortController();
    await Promise.race([
      this.#idle(),
      sleep(this.#clock, this.#options.drainTimeoutMs ?? 10_000, { signal: patience.signal }).catch(ignore),
    ]);
    patience.abort();
    await this.#working; // A read that blocks ends by itself, within a second.
    await this.#group?.dismiss().catch(ignore);
    this.sourceDispatcher.close();
  }

  async #idle(): Promise<void> {
    while (this.#handling.size > 0) await Promise.all(this.#handling);
    await this.#acknowledger?.idle();
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
        const askedAt = this.#clock.now();
        const deliveries = await group.read(this.#limit - this.#inHand, read && BLOCK_MS);
        this.#take(group, deliveries);
        // What should have waited for events, and has not, must not be asked all the time.
        const isQuick = read === undefined || this.#clock.now() - askedAt < pollMs;
        if (deliveries.length === 0 && isQuick) await this.#pause(pollMs);
      } catch (error) {
        if (this.#isStopped) return;
        this.#report(error);
        await this.#pause(PAUSE_MS);
      }
    }
  }

  async #reclaimOn(group: EventGroup): Promise<void> {
    const { reclaimMs = RECLAIM_MS } = this.#options;
    for (let round = 1; !this.#isStopped; round += 1) {
      await this.#pause(reclaimMs / 3);
      if (this.#isStopped) return;
      this.#checkProgress();
      try {
        await group.touch();
        await this.#reclaim(group);
        if (round % SWEEP_ROUNDS === 0) await group.sweep();
      } catch (error) {
        if (!this.#isStopped) this.#report(error);
      }
    }
  }

  /** Takes over all that others have left, as far as there is room. */
  async #reclaim(group: EventGroup): Promise<void> {
    for (let isMore = true; isMore && !this.#isStopped && this.#inHand < this.#limit;) {
      const found = await group.reclaim(this.#limit - this.#inHand);
      this.#take(group, found.deliveries);
      isMore = found.isMore;
    }
  }

  #checkProgress(): void {
    const now = this.#clock.now();
    const old = [...this.#begun.values()].filter((since) => now - since >= STALL_MS);
    if (old.length === 0 || now - this.#toldAt < STALL_MS) return;
    this.#toldAt = now;
    this.#report(
      new Error(
        `${old.length} of ${this.#inHand} events in hand have been there for a minute or longer: a handler does not end, ` +
          "or nobody reads a loop, or not as fast as events come",
      ),
    );
  }

  async #pause(delayMs: number): Promise<void> {
    await sleep(this.#clock, delayMs, { signal: this.#stop.signal }).catch(ignore);
  }

  #take(group: EventGroup, deliveries: readonly Delivery[]): void {
    this.#inHand += deliveries.length;
    for (const delivery of deliveries) {
      if (!this.#isStopped) this.#handle(group, delivery);
      else {
        // After close nobody would hear of it: it stays with the group, for another worker.
        group.forget([delivery]);
        this.#release(1);
      }
    }
  }

  #track(work: Promise<void>): void {
    this.#handling.add(work);
    void work.then(() => this.#handling.delete(work));
  }

  /** So many are off our hands. */
  #release(count: number): void {
    this.#inHand -= count;
    this.#room.resolve();
  }

  /** Gives the event to whoever wants it. It is done with once they are: no other event has to wait for that. */
  #handle(group: EventGroup, delivery: Delivery): void {
    const { shardId, name, text } = delivery;
    const known = name as keyof GatewayEvents;
    if (name === undefined || name === "error" || this.eventDispatcher.listenerCount(known) === 0) {
      this.#acknowledger?.add(delivery);
      return;
    }
    const message = recordIn(text);
    const payload = message?.d;
    if (payload === undefined) {
      // Nobody has looked inside of it before; and to look again would not help.
      const why = message === undefined ? "is not JSON" : "has no data";
      return this.#track(this.#setAside(group, delivery, new SyntaxError(`The text of the event ${why}`)));
    }
    const origin = { shard: { id: shardId } };
    const handled = this.eventDispatcher.dispatchTracked(
      known,
      payload as GatewayEvents[typeof known],
      origin,
    );
    if (handled === undefined) return this.#finish(group, delivery, payload);
    this.#begun.set(delivery, this.#clock.now());
    this.#track(handled.then(() => {
      this.#begun.delete(delivery);
      this.#finish(group, delivery, payload);
    }));
  }

  #finish(group: EventGroup, delivery: Delivery, payload: unknown): void {
    const failure = this.#failureOf(payload);
    if (failure === undefined) this.#acknowledger?.add(delivery);
    else this.#track(this.#retry(group, delivery, failure.error));
  }

  #failureOf(payload: unknown): { readonly error: unknown } | undefined {
    if (!this.#failures.has(payload)) return undefined;
    const error = this.#failures.get(payload);
    this.#failures.delete(payload);
    return { error };
  }

  /** It comes again after a while, or is set aside. */
  async #retry(group: EventGroup, delivery: Delivery, error: unknown): Promise<void> {
    const { maxTries = MAX_TRIES, retryMs = 1_000 } = this.#options;
    if (delivery.tries >= maxTries) return await this.#setAside(group, delivery, error);
    await this.#pause(Math.min(retryMs * 2 ** (delivery.tries - 1), LONGEST_RETRY_MS));
    let again: readonly Delivery[] = [];
    await this.#untilDone(async () => {
      again = this.#isStopped ? [] : await group.claimAgain(delivery);
    });
    if (this.#isStopped) group.forget([delivery, ...again]);
    this.#release(1);
    if (!this.#isStopped) this.#take(group, again);
  }

  async #setAside(group: EventGroup, delivery: Delivery, error: unknown): Promise<void> {
    await this.#untilDone(() => group.setAside(delivery, messageOf(error)));
    this.#release(1);
  }

  /** What is not told Redis now, is told later; a worker that is stopped leaves it to others. */
  async #untilDone(act: () => Promise<void>): Promise<void> {
    for (;;) {
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

function payloadIn(value: unknown): unknown {
  return typeof value === "object" && value !== null && "payload" in value ? value.payload : undefined;
}

function ignore(): void {}
