import { systemClock } from "../clock.ts";
import type { GatewayBot, GatewayPresence } from "../discord.ts";
import type {
  Dispatcher,
  EventName,
  EventStream,
  EventStreamOptions,
  Listener,
  ListenOptions,
  WaitForOptions,
} from "../dispatcher.ts";
import { type BotAuthentication, type HTTPClient, Route, UnauthorizedError } from "../http/mod.ts";
import { abortable } from "./abortable.ts";
import { chooseCompression } from "./compression.ts";
import { InvalidTokenError } from "./errors.ts";
import type { GatewayEvents } from "./events.ts";
import { isGatewayUrl } from "./gateway_url.ts";
import { type IdentifyQueue, LocalIdentifyQueue } from "./identify_queue.ts";
import type { TransportCompression } from "./inflater.ts";
import { checkIntents } from "./intents.ts";
import { parseGatewayBot } from "./payload.ts";
import {
  type CloseOptions,
  Shard,
  type ShardStatus,
  type VoiceStateCommand,
  type WaitOptions,
} from "./shard.ts";
import {
  closeDispatchers,
  createDispatchers,
  deliver,
  drained,
  type GatewayDispatchers,
  type GatewayRawEvents,
  type ShardContext,
  type ShardEvents,
  type ShardRelay,
} from "./shard_events.ts";
import { checkConnectionOptions, checkShard, type ShardConnectionOptions } from "./shard_options.ts";

/** Options of {@linkcode ShardManager}. */
export interface ShardManagerOptions extends ShardConnectionOptions {
  /** How many shards the bot has, here and elsewhere. What Discord recommends by default. */
  readonly shardCount?: number;
  /** Which of them run here; needs `shardCount`. All by default. */
  readonly shardIds?: readonly number[];
  /** How connections are compressed: the best that this runtime can by default, and where it can't do what is asked. */
  readonly compression?: TransportCompression | "none";
  /** Where to connect, instead of the URL that Discord names: that of a proxy, say. */
  readonly gatewayUrl?: string;
}

/**
 * Runs the shards of a bot, and gives their events as one.
 *
 * Listen before you connect: nothing is missed then. It reconnects and resumes by itself; when Discord says that there is
 * no use, `critical` is dispatched, {@linkcode ShardManager.closed} rejects and every loop over events throws.
 *
 * @example
 * ```ts
 * import { BotAuthentication, HTTPClient, Intents, ShardManager } from "@nextsnake/nextcore";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * await using discord = Simulator.inMemory({ token: "a.b.c" });
 * const { baseUrl, fetch, createWebSocket } = discord;
 * await using http = new HTTPClient({ baseUrl, fetch });
 * const intents = Intents.GuildMessages | Intents.MessageContent;
 * await using manager = new ShardManager(new BotAuthentication("a.b.c"), intents, http, { createWebSocket });
 *
 * const messages = manager.events("MESSAGE_CREATE");
 * await manager.connect();
 * await manager.ready();
 * discord.channel.say("hello");
 * for await (const message of messages) {
 *   console.log(message.content); // hello
 *   break;
 * }
 * ```
 */
export class ShardManager implements GatewayDispatchers<Shard> {
  /** The library's own events. */
  readonly dispatcher: Dispatcher<ShardEvents<Shard>, ShardContext<Shard>>;
  /** Every payload as it came, by opcode. */
  readonly rawDispatcher: Dispatcher<GatewayRawEvents, ShardContext<Shard>>;
  /** Discord's events, by name. */
  readonly eventDispatcher: Dispatcher<GatewayEvents, ShardContext<Shard>>;
  /** Resolves after {@linkcode close}; rejects when the manager has failed for good. */
  readonly closed: Promise<void>;
  readonly #authentication: BotAuthentication;
  readonly #intents: number;
  readonly #http: HTTPClient;
  readonly #options: ShardManagerOptions;
  readonly #identifyQueue: IdentifyQueue;
  readonly #settled: PromiseWithResolvers<void> = Promise.withResolvers();
  /** What all shards give goes on to the manager's own listeners. */
  readonly #relay: ShardRelay<Shard> = {
    report: (name, payload, context) => this.dispatcher.dispatch(name, payload, context),
    receive: (payload, context) => deliver(this, payload, context),
    drained: () => drained(this),
  };
  /** Aborts when the manager stops, for whatever reason. */
  readonly #stop = new AbortController();
  readonly #connected: PromiseWithResolvers<void> = Promise.withResolvers();
  #isConnecting = false;
  #shards: readonly Shard[] = [];
  #shardCount: number | undefined;
  #maxConcurrency = 1;
  #presence: GatewayPresence | undefined;

  /**
   * Makes a manager, which connects when told to.
   *
   * Throws a `TypeError` or a `RangeError` on arguments that can't be right.
   */
  constructor(
    authentication: BotAuthentication,
    intents: number,
    http: HTTPClient,
    options: ShardManagerOptions = {},
  ) {
    checkArguments(authentication, http, options);
    checkIntents(intents);
    const { clock = systemClock, identifyQueue, presence, shardCount } = options;
    this.#authentication = authentication;
    this.#intents = intents;
    this.#http = http;
    this.#options = options;
    this.#identifyQueue = identifyQueue ?? new LocalIdentifyQueue({ clock });
    this.#presence = presence;
    this.#shardCount = shardCount;
    const { dispatcher, rawDispatcher, eventDispatcher } = createDispatchers<Shard>(clock);
    this.dispatcher = dispatcher;
    this.rawDispatcher = rawDispatcher;
    this.eventDispatcher = eventDispatcher;
    this.closed = this.#settled.promise;
    for (const { promise } of [this.#settled, this.#connected]) promise.catch(ignore);
  }

  /** The shards that run here. */
  get activeShards(): readonly Shard[] {
    return this.#shards;
  }

  /** The shards that are on their way to READY or RESUMED. */
  get pendingShards(): readonly Shard[] {
    return this.#shards.filter((shard) => shard.state !== "ready");
  }

  /** How many shards the bot has; `undefined` before Discord has recommended a number. */
  get shardCount(): number | undefined {
    return this.#shardCount;
  }

  /** How many shards may identify at the same time. */
  get maxConcurrency(): number {
    return this.#maxConcurrency;
  }

  /** The mean latency of the shards that know theirs, in milliseconds. */
  get latencyMs(): number | undefined {
    const known = this.#shards.map((shard) => shard.latencyMs).filter((latency) => latency !== undefined);
    return known.length === 0 ? undefined : known.reduce((sum, latency) => sum + latency, 0) / known.length;
  }

  /**
   * Asks Discord where to connect and starts the shards; resolves once every shard has started to connect.
   *
   * Rejects with an `InvalidTokenError` when Discord does not accept the token, with what the request failed with
   * otherwise (it may then be called again), and on abort. Throws after {@linkcode close} and when called twice.
   */
  async connect({ signal }: WaitOptions = {}): Promise<void> {
    if (this.#stop.signal.aborted) throw new TypeError("This manager has been closed: make a new one");
    if (this.#isConnecting) throw new TypeError("This manager is already connected");
    this.#isConnecting = true;
    try {
      await this.#start(signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal);
    } catch (error) {
      this.#isConnecting = false;
      const failure = error instanceof UnauthorizedError
        ? new InvalidTokenError({ code: error.status, reason: error.message, cause: error })
        : error;
      if (failure instanceof InvalidTokenError) {
        this.dispatcher.dispatch("critical", failure);
        await this.#end({ failure, resumable: false });
      }
      throw failure;
    }
  }

  /** Resolves when every shard has had READY or RESUMED; rejects when the manager fails or is closed before. */
  async ready({ signal }: WaitOptions = {}): Promise<void> {
    await abortable(this.#connected.promise, signal);
    await Promise.all(this.#shards.map((shard) => shard.ready({ signal })));
  }

  /** Short for `eventDispatcher.events`. */
  events<Name extends EventName<GatewayEvents>>(
    name: Name,
    options?: EventStreamOptions,
  ): EventStream<GatewayEvents[Name]> {
    return this.eventDispatcher.events(name, options);
  }

  /** Short for `eventDispatcher.listen`. */
  listen<Name extends EventName<GatewayEvents>>(
    name: Name,
    listener: Listener<GatewayEvents[Name], ShardContext<Shard>>,
    options?: ListenOptions,
  ): Disposable {
    return this.eventDispatcher.listen(name, listener, options);
  }

  /** Short for `eventDispatcher.waitFor`. */
  waitFor<Name extends EventName<GatewayEvents>>(
    name: Name,
    check?: (payload: GatewayEvents[Name]) => boolean,
    options?: WaitForOptions,
  ): Promise<GatewayEvents[Name]> {
    return this.eventDispatcher.waitFor(name, check, options);
  }

  /**
   * The shard of a guild (SH-1).
   *
   * Throws a `TypeError` for what is no id, and a `RangeError` when that shard does not run here.
   */
  shardFor(guildId: string | bigint): Shard {
    if (typeof guildId !== "bigint" && !/^\d{1,20}$/.test(guildId)) {
      throw new TypeError(`A guild id must be a string of digits or a bigint: got ${String(guildId)}`);
    }
    const id = Number((BigInt(guildId) >> 22n) % BigInt(this.#shardCount ?? 1));
    const shard = this.#shards.find((candidate) => candidate.id === id);
    if (shard === undefined) {
      throw new RangeError(
        `Guild ${guildId} is on shard ${id}, which does not run here: connect first, or ask elsewhere`,
      );
    }
    return shard;
  }

  /** Changes the presence on every shard, and for sessions to come. Resolves when all have sent it. */
  async updatePresence(presence: GatewayPresence, options: WaitOptions = {}): Promise<void> {
    this.#presence = presence;
    await Promise.all(this.#shards.map((shard) => shard.updatePresence(presence, options)));
  }

  /** Joins, moves in or leaves a voice channel of a guild. Resolves when it was sent; Discord answers with events. */
  updateVoiceState(
    guildId: string | bigint,
    state: VoiceStateCommand,
    options: WaitOptions = {},
  ): Promise<void> {
    return this.shardFor(guildId).updateVoiceState(guildId, state, options);
  }

  /** What each shard does, in numbers. */
  status(): ShardStatus[] {
    return this.#shards.map((shard) => shard.status());
  }

  /**
   * Ends the sessions, or leaves them `resumable` for a while. Leaves no timer and no socket.
   *
   * Loops over events get what still waits, and end.
   */
  close({ resumable = false }: CloseOptions = {}): Promise<void> {
    return this.#end({ failure: undefined, resumable });
  }

  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { shardIds } = this.#options;
    const gateway = await this.#askGateway(signal);
    const compression = await this.#chooseCompression();
    signal.throwIfAborted();
    const shardCount = this.#options.shardCount ?? gateway.shards;
    const ids = shardIds ?? Array.from({ length: shardCount }, (_, id) => id);
    this.#shardCount = shardCount;
    const shards = ids.map((shardId) => this.#createShard(shardId, shardCount, gateway.url, compression));
    this.#shards = shards;
    for (const shard of shards) {
      shard.closed.catch((failure) => this.#end({ failure, resumable: false }));
      shard.start();
    }
    this.#connected.resolve();
  }

  /** Decides how to compress before any URL is built (Z-10). */
  async #chooseCompression(): Promise<TransportCompression | undefined> {
    const { compression, createInflater } = this.#options;
    return compression === "none" ? undefined : await chooseCompression(compression, createInflater);
  }

  async #askGateway(signal: AbortSignal): Promise<GatewayBot> {
    const route = new Route("GET", "/gateway/bot");
    const response = await this.#http.request(route, { authentication: this.#authentication, signal });
    const gateway = parseGatewayBot(await response.json());
    const { max_concurrency, total, remaining, reset_after } = gateway.session_start_limit;
    this.#maxConcurrency = max_concurrency;
    const budget = { total, remaining, resetAfterMs: reset_after };
    this.#identifyQueue.update({ maxConcurrency: max_concurrency, ...budget });
    this.dispatcher.dispatch("identifyBudget", budget);
    return gateway;
  }

  #createShard(
    shardId: number,
    shardCount: number,
    url: string,
    compression: TransportCompression | undefined,
  ): Shard {
    const { shardIds: _, compression: __, gatewayUrl = url, ...options } = this.#options;
    const presence = this.#presence;
    return new Shard({
      ...options,
      ...(presence === undefined ? {} : { presence }),
      shardId,
      shardCount,
      token: this.#authentication.token,
      intents: this.#intents,
      gatewayUrl,
      compression,
      identifyQueue: this.#identifyQueue,
    }, this.#relay);
  }

  /** The one way to end; the first call decides how. */
  async #end({ failure, resumable }: { failure: unknown; resumable: boolean }): Promise<void> {
    if (this.#stop.signal.aborted) return await this.closed.catch(ignore);
    const reason = failure ?? new DOMException("The manager was closed", "AbortError");
    this.#stop.abort(reason);
    this.#connected.reject(reason);
    const closing = this.#shards.map((shard) => shard.close({ resumable }));
    closeDispatchers(this, failure);
    await Promise.all(closing);
    if (failure === undefined) this.#settled.resolve();
    else this.#settled.reject(failure);
  }
}

function checkArguments(
  authentication: BotAuthentication,
  http: HTTPClient,
  options: ShardManagerOptions,
): void {
  if (typeof authentication?.token !== "string") {
    throw new TypeError("The first argument of ShardManager must be a BotAuthentication");
  }
  if (typeof http?.request !== "function") {
    throw new TypeError("The third argument of ShardManager must be an HTTPClient");
  }
  const { shardCount, shardIds, gatewayUrl, compression } = options;
  checkConnectionOptions(options);
  if (gatewayUrl !== undefined && !isGatewayUrl(gatewayUrl)) {
    throw new TypeError(
      `gatewayUrl must be a ws: or wss: URL without credentials: got ${JSON.stringify(gatewayUrl)}`,
    );
  }
  if (compression !== undefined && !COMPRESSIONS.includes(compression)) {
    throw new TypeError(
      `compression must be one of ${COMPRESSIONS.join(", ")}: got ${JSON.stringify(compression)}`,
    );
  }
  checkShards(shardCount, shardIds);
}

const COMPRESSIONS: readonly string[] = ["zlib-stream", "zstd-stream", "none"];

function checkShards(shardCount: number | undefined, shardIds: readonly number[] | undefined): void {
  if (shardIds === undefined) {
    if (shardCount !== undefined) checkShard(0, shardCount);
    return;
  }
  if (shardCount === undefined) {
    throw new TypeError("shardIds needs shardCount: an id means nothing without the number of shards");
  }
  if (!Array.isArray(shardIds) || shardIds.length === 0) {
    throw new TypeError("shardIds must be an array of at least one id: leave it out to run all shards");
  }
  for (const id of shardIds) checkShard(id, shardCount);
  const doubled = shardIds.find((id, index) => shardIds.indexOf(id) !== index);
  if (doubled !== undefined) {
    throw new RangeError(`shardIds must name each shard once: ${doubled} is there twice`);
  }
}

function ignore(): void {}
