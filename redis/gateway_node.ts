import { type Clock, sleep, systemClock } from "../clock.ts";
import type { GatewayPresence } from "../discord.ts";
import {
  canInflate,
  checkShardOptions,
  DisconnectError,
  DispatcherOwner,
  fingerprintOf,
  GatewayOpcode,
  type IdentifyQueue,
  Shard,
  type ShardConnectionOptions,
  type ShardRelay,
  type TransportCompression,
} from "../gateway/mod.ts";
import { type BotAuthentication, type HTTPClient, Route } from "../http/mod.ts";
import { CommandDesk } from "./command_desk.ts";
import { checkFleetOptions, Fleet, type FleetOptions } from "./fleet.ts";
import { fleetShardCount } from "./fleet_config.ts";
import type { Lease } from "./lease.ts";
import { Publisher } from "./publisher.ts";
import { RedisIdentifyQueue } from "./redis_identify_queue.ts";
import { KeptPresence } from "./kept_presence.ts";
import { checkCount, checkMs, RedisLink, type RedisOptions } from "./redis_link.ts";
import { StreamSessionStore } from "./stream_session_store.ts";

/** Options of a {@linkcode GatewayNode}. */
export interface GatewayNodeOptions
  extends
    RedisOptions,
    Pick<FleetOptions, "name" | "shardIds" | "ttlMs" | "beatMs" | "handoverMs">,
    Omit<ShardConnectionOptions, "sessions" | "identifyQueue" | "receiveText" | "clock" | "reconnect"> {
  /** How many shards the bot has: the same for all. What Discord recommends to the first member by default. */
  readonly shardCount?: number | undefined;
  /** Which events go into the streams, by name; all by default. `READY` always does. */
  readonly publish?: readonly string[] | undefined;
  /** About how many events a stream keeps: beyond, the oldest are dropped, handled or not. 10 000 by default. */
  readonly streamLength?: number | undefined;
  /** How many characters of events of a shard may wait for Redis: beyond, the shard waits, too. 16 Mi by default. */
  readonly queueLength?: number | undefined;
  /** Milliseconds between two looks for commands from elsewhere; `false`: commands are not read. 100 by default. */
  readonly commandPollMs?: number | false | undefined;
  /** Where turns to identify are shared, when not over `send`: where several Redis have a part of the shards each. */
  readonly identifyQueue?: IdentifyQueue | undefined;
  /** How connections are compressed: `zlib-stream` by default, where this runtime can. */
  readonly compression?: TransportCompression | "none";
  /** Where to connect, instead of the URL that Discord names. */
  readonly gatewayUrl?: string;
}

const STREAM_LENGTH = 10_000;
const QUEUE_LENGTH = 2 ** 24;
const COMMAND_POLL_MS = 100;
const FIRST_OPEN_PAUSE_MS = 100;
const LONGEST_OPEN_PAUSE_MS = 2_000;
/** Its number in between is in the stream. */
const NOTE_INTERVAL_MS = 5_000;

/** A stream that was taken over, and what is kept beside it. */
interface OpenedShard {
  readonly publisher: Publisher;
  readonly sessions: StreamSessionStore;
  readonly presences: KeptPresence;
  /** The presence that was sent last, whoever had the shard then. */
  readonly presence: GatewayPresence | undefined;
}

/** What is the same for all shards. */
interface Surroundings {
  readonly shardCount: number;
  readonly gatewayUrl: string;
  readonly compression: TransportCompression | undefined;
}

/**
 * One gateway process of several: runs its share of the shards, and writes what they receive into streams.
 *
 * Shards that another process had go on where its stream ends: their sessions are resumed, no identify is spent, and no
 * event is lost or written twice. What it tells (`dispatcher`) is what a `ShardManager` tells; events are for the workers:
 * see {@linkcode EventSource}.
 *
 * @example
 * ```ts ignore
 * const node = new GatewayNode(authentication, Intents.GuildMessages, http, {
 *   send: (command) => client.sendCommand([...command]),
 * });
 * await node.start();
 * // On SIGTERM: hands its shards over to the others.
 * await node.close();
 * ```
 */
export class GatewayNode extends DispatcherOwner<Shard> implements AsyncDisposable {
  /** Resolves after {@linkcode close}; rejects when Discord says that there is no use. */
  readonly closed: Promise<void>;
  /** Whose turn it is to identify, over all processes. */
  readonly identifyQueue: IdentifyQueue;
  /** Ours, in use unless another was given. */
  readonly #ownQueue: RedisIdentifyQueue;
  readonly #settled: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #authentication: BotAuthentication;
  readonly #intents: number;
  readonly #http: HTTPClient;
  readonly #options: GatewayNodeOptions;
  readonly #clock: Clock;
  readonly #link: RedisLink;
  readonly #published: ReadonlySet<string> | undefined;
  readonly #shards = new Map<number, Shard>();
  readonly #desk: CommandDesk;
  readonly #relay: ShardRelay<Shard> = {
    report: (name, payload, context) => {
      if (payload instanceof DisconnectError) this.#fail(payload);
      this.dispatcher.dispatch(name, payload, context);
    },
    wants: () => false, // Events go on as they came: only what the session needs is parsed.
    receive: () => false,
    drained: () => Promise.resolve(),
  };
  #fleet: Fleet | undefined;
  #surroundings: Surroundings | undefined;
  #phase: "new" | "starting" | "running" | "closed" = "new";

  /** Throws a `TypeError` or a `RangeError` on options that can't be right. */
  constructor(
    authentication: BotAuthentication,
    intents: number,
    http: HTTPClient,
    options: GatewayNodeOptions,
  ) {
    const { clock = systemClock, commandPollMs = COMMAND_POLL_MS, publish } = options;
    super(clock);
    for (const name of ["streamLength", "queueLength", "shardCount"] as const) {
      const value = options[name];
      if (value !== undefined) checkCount(name, value);
    }
    if (commandPollMs !== false) checkMs("commandPollMs", commandPollMs);
    checkFleetOptions(options);
    if (publish !== undefined && !Array.isArray(publish)) {
      throw new TypeError("publish must be a list of names of events; leave it out for all");
    }
    this.#authentication = authentication;
    this.#intents = intents;
    this.#http = http;
    this.#options = options;
    this.#clock = clock;
    this.#link = new RedisLink(options);
    this.#published = publish && new Set([...publish, "READY"]);
    const failed = (error: unknown): void => this.#report("identify", error);
    this.#ownQueue = new RedisIdentifyQueue({ ...options, clock, failed, isInFleet: true });
    this.identifyQueue = options.identifyQueue ?? this.#ownQueue;
    // Else each lease would find it out anew.
    const { identifyQueue } = this;
    const { token } = authentication;
    const compression = options.compression === "none" ? undefined : options.compression;
    const { shardCount = 1 } = options;
    const parts = { clock, identifyQueue, token, intents, compression };
    checkShardOptions({ ...options, ...parts, shardId: 0, shardCount });
    this.#desk = new CommandDesk({
      link: this.#link,
      memberId: () => this.#fleet?.memberId ?? "",
      shardFor: (shardId) => this.#shards.get(shardId),
      pollMs: commandPollMs || COMMAND_POLL_MS,
      failed: (error) => this.#report("commands", error),
    });
    this.closed = this.#settled.promise;
    this.closed.catch(ignore);
  }

  /** The shards that run here now. */
  get activeShards(): readonly Shard[] {
    return [...this.#shards.values()];
  }

  /** How many shards the bot has; `undefined` before {@linkcode start}. */
  get shardCount(): number | undefined {
    return this.#surroundings?.shardCount;
  }

  /** The leases, and who else is there; `undefined` before {@linkcode start}. */
  get fleet(): Fleet | undefined {
    return this.#fleet;
  }

  /**
   * Asks Discord where to connect, and joins the fleet.
   *
   * Rejects with what the request, or Redis, failed with: it may be called again then.
   */
  async start(): Promise<void> {
    if (this.#phase !== "new") {
      throw new TypeError("This node has been started already, or closed: make a new one");
    }
    this.#phase = "starting";
    try {
      await this.#start();
    } catch (error) {
      if (this.#phase === "starting") this.#phase = "new";
      throw error;
    }
  }

  async #start(): Promise<void> {
    const route = new Route("GET", "/gateway/bot");
    const response = await this.#http.request(route, { authentication: this.#authentication });
    const { url, shards, session_start_limit: limit } = await response.json();
    const { gatewayUrl = url, compression } = this.#options;
    this.identifyQueue.update({
      maxConcurrency: limit.max_concurrency,
      total: limit.total,
      remaining: limit.remaining,
      resetAfterMs: limit.reset_after,
    });
    const shardCount = await fleetShardCount(this.#link, this.#options.shardCount, shards);
    this.#surroundings = { shardCount, gatewayUrl, compression: await chosen(compression) };
    const fleet = new Fleet({ ...this.#options, shardCount, run: (lease) => this.#run(lease) });
    fleet.dispatcher.listen("error", ({ error }) => this.#report("fleet", error));
    this.#fleet = fleet;
    if (this.#phase === "closed") return;
    this.#phase = "running";
    fleet.start();
    if (this.#options.commandPollMs !== false) this.#desk.start();
  }

  /** Hands the shards over to the others, so that they resume, and leaves. */
  async close(): Promise<void> {
    if (this.#phase !== "closed") await this.#end(undefined);
    await this.closed.catch(ignore);
  }

  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #fail(error: DisconnectError): void {
    if (this.#phase !== "closed") void this.#end(error);
  }

  async #end(error: DisconnectError | undefined): Promise<void> {
    this.#phase = "closed";
    this.#desk.close();
    await this.#fleet?.close();
    await this.#ownQueue.close();
    for (const dispatcher of [this.dispatcher, this.rawDispatcher, this.eventDispatcher]) {
      dispatcher.close(error);
    }
    if (error === undefined) this.#settled.resolve();
    else this.#settled.reject(error);
  }

  /** Runs a shard for as long as its lease lasts; again where it had to wait for Redis. */
  async #run(lease: Lease): Promise<void> {
    for (let isToGoOn = true; isToGoOn && lease.isHeld && !lease.handover.aborted;) {
      const end = Promise.withResolvers<"over" | "overflow">();
      const publisher = this.#createPublisher(lease, () => end.resolve("overflow"));
      const opened = await this.#openInTime(lease, publisher);
      if (opened === undefined) return;
      const shard = this.#createShard(lease, opened);
      const stop = (): void => end.resolve("over");
      for (const signal of [lease.signal, lease.handover]) {
        if (signal.aborted) stop();
        signal.addEventListener("abort", stop, { once: true });
      }
      shard.closed.then(stop, stop); // A critical error is dealt with where it is reported.
      this.#shards.set(lease.shardId, shard);
      shard.start();
      isToGoOn = await end.promise === "overflow";
      this.#shards.delete(lease.shardId);
      await shard.close({ resumable: true });
      await publisher.flushed();
    }
  }

  #createPublisher(lease: Lease, overflowed: () => void): Publisher {
    const { streamLength = STREAM_LENGTH, queueLength = QUEUE_LENGTH } = this.#options;
    return new Publisher({
      link: this.#link,
      lease,
      maxLength: streamLength,
      queueLength,
      overflowed,
      failed: (error) => this.#report("publish", error),
    });
  }

  /** Takes the stream over; tries again while the lease is ours, less and less often: to give it back would only cost time. */
  async #openInTime(lease: Lease, publisher: Publisher): Promise<OpenedShard | undefined> {
    const signal = AbortSignal.any([lease.signal, lease.handover]);
    for (let pauseMs = FIRST_OPEN_PAUSE_MS; lease.isHeld && !signal.aborted;) {
      try {
        const sessions = await this.#open(lease, publisher);
        if (sessions === undefined) return undefined;
        const presences = new KeptPresence(this.#link, lease.shardId, publisher);
        return { publisher, sessions, presences, presence: await presences.load() };
      } catch (error) {
        this.#report("open", error);
        await sleep(this.#clock, pauseMs, { signal }).catch(ignore);
        pauseMs = Math.min(LONGEST_OPEN_PAUSE_MS, 2 * pauseMs);
      }
    }
  }

  /** Takes the stream over; where its fence is ahead (clocks of two Redis differ), the lease gets a larger one. */
  async #open(lease: Lease, publisher: Publisher): Promise<StreamSessionStore | undefined> {
    const opened = await publisher.open();
    if (!("staleBelow" in opened)) return new StreamSessionStore(this.#link, lease, publisher, opened);
    if (!lease.isHeld || await this.#fleet?.raise(lease, opened.staleBelow) !== true) return undefined;
    const again = await publisher.open();
    return "staleBelow" in again ? undefined : new StreamSessionStore(this.#link, lease, publisher, again);
  }

  #createShard(lease: Lease, { publisher, sessions, presences, presence }: OpenedShard): Shard {
    const { shardCount = 1, gatewayUrl = "", compression } = this.#surroundings ?? {};
    const { token } = this.#authentication;
    const { shardId } = lease;
    const identity = { shardId, shardCount, intents: this.#intents, tokenFingerprint: fingerprintOf(token) };
    const shard = new Shard({
      saveIntervalMs: NOTE_INTERVAL_MS,
      ...this.#options,
      ...(presence === undefined ? {} : { presence }),
      shardId,
      shardCount,
      token,
      intents: this.#intents,
      gatewayUrl,
      compression,
      clock: this.#clock,
      identifyQueue: this.identifyQueue,
      sessions,
      receiveText: (text, payload) => {
        const { s: sequence, t: name } = payload;
        if (sequence === null || name === null || this.#published?.has(name) === false) return;
        const session = name === "READY" ? sessions.started(payload.d, identity) : undefined;
        publisher.push({ sequence, name, text, session });
      },
    }, { relay: this.#relay });
    shard.dispatcher.listen("sent", ({ op, d }) => {
      if (op !== GatewayOpcode.PresenceUpdate) return;
      presences.keep(d).catch((error) => this.#report("presence", error));
    });
    return shard;
  }

  #report(name: string, error: unknown): void {
    this.dispatcher.reportError({ error, name, payload: undefined });
  }
}

async function chosen(
  compression: TransportCompression | "none" | undefined,
): Promise<TransportCompression | undefined> {
  if (compression === "none") return undefined;
  const format = compression ?? "zlib-stream";
  return await canInflate(format) ? format : undefined;
}

function ignore(): void {}
