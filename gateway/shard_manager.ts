import { systemClock } from "../clock.ts";
import type { GatewayPresence } from "../discord.ts";
import type { ListenerError } from "../dispatcher.ts";
import { type BotAuthentication, type HTTPClient, Route, UnauthorizedError } from "../http/mod.ts";
import { abortable, allOf, checkObject, signalOf, type WaitOptions } from "./abortable.ts";
import { BudgetedIdentifyQueue } from "./budgeted_identify_queue.ts";
import type { GuildMembersStream } from "./chunk_stream.ts";
import { type ChannelInfoField, checkGuildIds, checkPresence, type VoiceStateCommand } from "./commands.ts";
import { chooseCompression } from "./compression.ts";
import { DispatcherOwner } from "./dispatcher_owner.ts";
import { DisconnectError, InvalidShardCountError, InvalidTokenError, SessionTakenError } from "./errors.ts";
import { fillOf, GatewayGuide } from "./gateway_guide.ts";
import { GuildTurns } from "./guild_turns.ts";
import { LocalIdentifyQueue } from "./identify_queue.ts";
import { ignore } from "./ignore.ts";
import type { TransportCompression } from "./inflater.ts";
import { checkIntents, Intents } from "./intents.ts";
import { ALL_MEMBERS_SPACING_MS } from "./member_requests.ts";
import type { GuildMembersQuery } from "./members_query.ts";
import { rescale } from "./rescale.ts";
import type { Shard } from "./shard.ts";
import {
  closeDispatchers,
  deliver,
  drained,
  isWanted,
  type ShardContext,
  type ShardRelay,
} from "./shard_events.ts";
import { checkShard, type CloseOptions } from "./shard_options.ts";
import { createShardSet, shardOf, type ShardSet } from "./shard_set.ts";
import { shown } from "./shown.ts";
import type { ShardStatus } from "./shard_status.ts";
import { checkManagerArguments, checkShards, type ShardManagerOptions } from "./shard_manager_options.ts";

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
export class ShardManager extends DispatcherOwner<Shard> {
  /** Resolves after {@linkcode close}; rejects when the manager has failed for good. */
  readonly closed: Promise<void>;
  readonly #authentication: BotAuthentication;
  readonly #intents: number;
  readonly #options: ShardManagerOptions;
  readonly #identifyQueue: BudgetedIdentifyQueue;
  readonly #guide: GatewayGuide;
  /** Of the bot, not of a shard: a change of the number of shards does not begin it anew (MR-4). */
  readonly #memberTurns: GuildTurns;
  readonly #settled: PromiseWithResolvers<void> = Promise.withResolvers();
  /** What all shards give goes on to the manager's own listeners; a failure for good is judged first. */
  readonly #relay: ShardRelay<Shard> = {
    report: (name, payload, context) => {
      if (payload instanceof DisconnectError) this.#failed(payload, context);
      else if (name === "error") this.#reportError(payload as ListenerError, context);
      else this.dispatcher.dispatch(name, payload, context);
    },
    wants: (name) => isWanted(this, name),
    receive: (payload, context) => deliver(this, payload, context),
    drained: () => drained(this),
  };
  /** Aborts when the manager stops, for whatever reason. */
  readonly #stop = new AbortController();
  readonly #connected: PromiseWithResolvers<void> = Promise.withResolvers();
  #isConnecting = false;
  #active: ShardSet | undefined;
  /** The shards that shall replace the active ones, and how that goes on. */
  #next: ShardSet | undefined;
  #rescaling: Promise<void> | undefined;
  #compression: TransportCompression | undefined;
  #presence: GatewayPresence | undefined;

  /**
   * Makes a manager, which connects when told to.
   *
   * Throws a `TypeError` or a `RangeError` on arguments that can't be right. What gives a promise rejects with those
   * instead, and never throws.
   */
  constructor(
    authentication: BotAuthentication,
    intents: number,
    http: HTTPClient,
    options: ShardManagerOptions = {},
  ) {
    checkManagerArguments(authentication, http, options);
    checkIntents(intents);
    const { clock = systemClock, identifyReserve: reserve, presence } = options;
    super(clock);
    this.#authentication = authentication;
    this.#intents = intents;
    this.#options = options;
    this.#identifyQueue = new BudgetedIdentifyQueue({
      queue: options.identifyQueue ?? new LocalIdentifyQueue({ clock }),
      reserve,
      clock,
      refresh: () => this.#guide.ask(this.#stop.signal),
      report: (name, budget) => this.dispatcher.dispatch(name, budget),
      failed: (error) => {
        if (this.#stop.signal.aborted) return;
        this.#reportError({ error, name: "identifyBudget", payload: undefined });
      },
    });
    const route = new Route("GET", "/gateway/bot");
    this.#guide = new GatewayGuide(
      (signal) => http.request(route, { authentication, signal }),
      this.#identifyQueue,
      clock,
    );
    this.#memberTurns = new GuildTurns(clock, ALL_MEMBERS_SPACING_MS);
    this.#presence = presence;
    this.closed = this.#settled.promise;
    for (const { promise } of [this.#settled, this.#connected]) promise.catch(ignore);
  }

  /** The shards that run here. */
  get activeShards(): readonly Shard[] {
    return this.#active?.shards ?? [];
  }

  /** The shards that are on their way: not ready yet, or to replace the active ones when all of them are. */
  get pendingShards(): readonly Shard[] {
    const next = this.#next?.shards ?? [];
    return [...this.activeShards.filter((shard) => shard.state !== "ready"), ...next];
  }

  /** How many shards the bot has; `undefined` before Discord has recommended a number. */
  get shardCount(): number | undefined {
    return this.#active?.shardCount ?? this.#options.shardCount;
  }

  /** How many shards may identify at the same time. */
  get maxConcurrency(): number {
    return this.#guide.maxConcurrency;
  }

  /** The mean latency of the shards that know theirs, in milliseconds. */
  get latencyMs(): number | undefined {
    const known = this.activeShards.map((shard) => shard.latencyMs).filter((latency) =>
      latency !== undefined
    );
    return known.length === 0 ? undefined : known.reduce((sum, latency) => sum + latency, 0) / known.length;
  }

  /**
   * Asks Discord where to connect and starts the shards; resolves once every shard has started to connect.
   *
   * Rejects with an `InvalidTokenError` when Discord does not accept the token, with an `IdentifyBudgetError` when it grants
   * too few sessions for all shards, and with what the request failed with otherwise (it may then be called again), and on
   * abort. Throws after {@linkcode close} and when called twice.
   */
  async connect(options: WaitOptions = {}): Promise<void> {
    const signal = signalOf(options);
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
  async ready(options: WaitOptions = {}): Promise<void> {
    const signal = signalOf(options);
    this.#stop.signal.throwIfAborted();
    await abortable(this.#connected.promise, signal);
    await Promise.all(this.activeShards.map((shard) => shard.ready({ signal })));
  }

  /**
   * The shard of a guild (SH-1).
   *
   * Throws a `TypeError` for what is no id, and a `RangeError` when that shard does not run here.
   */
  shardFor(guildId: string | bigint): Shard {
    return shardOf(this.#active, guildId);
  }

  /**
   * Changes the presence on every shard, and for sessions to come. Resolves when all have sent it, or a later one.
   *
   * Rejects with a `TypeError` unless all four keys are right. See `Shard.updatePresence`.
   */
  updatePresence(presence: GatewayPresence, options: WaitOptions = {}): Promise<void> {
    try {
      checkPresence(presence);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#presence = presence;
    const shards = [...this.activeShards, ...this.#next?.shards ?? []];
    return allOf(shards.map((shard) => shard.updatePresence(presence, options)));
  }

  /** Joins, moves in or leaves a voice channel of a guild. Resolves when it was sent; Discord answers with events. */
  updateVoiceState(
    guildId: string | bigint,
    state: VoiceStateCommand,
    options: WaitOptions = {},
  ): Promise<void> {
    return this.#on(guildId, (shard) => shard.updateVoiceState(guildId, state, options));
  }

  /**
   * Asks for members of a guild, now, and gives them as they come, up to a thousand in a chunk.
   *
   * See {@linkcode GuildMembersStream} for what can go wrong. Throws what `shardFor` throws, and a `TypeError` or a
   * `RangeError` on a query that can't be right.
   *
   * @example
   * ```ts
   * import { BotAuthentication, HTTPClient, Intents, ShardManager } from "@nextsnake/nextcore";
   * import { Simulator } from "@nextsnake/nextcore/testing";
   *
   * await using discord = Simulator.inMemory({ token: "a.b.c" });
   * const { baseUrl, fetch, createWebSocket } = discord;
   * await using http = new HTTPClient({ baseUrl, fetch });
   * const intents = Intents.Guilds | Intents.GuildMembers;
   * await using manager = new ShardManager(new BotAuthentication("a.b.c"), intents, http, { createWebSocket });
   * await manager.connect();
   *
   * for await (const chunk of manager.requestGuildMembers(discord.guild.id, { query: "", limit: 0 })) {
   *   console.log(chunk.members.length); // 2: the user and the bot
   * }
   * ```
   */
  requestGuildMembers(guildId: string | bigint, query: GuildMembersQuery): GuildMembersStream {
    return this.shardFor(guildId).requestGuildMembers(guildId, query);
  }

  /** Asks for the soundboard sounds of guilds: Discord answers each with `SOUNDBOARD_SOUNDS`. Resolves when sent. */
  requestSoundboardSounds(
    guildIds: readonly (string | bigint)[],
    options: WaitOptions = {},
  ): Promise<void> {
    try {
      checkGuildIds(guildIds);
      const shards = Map.groupBy(guildIds, (guildId) => this.shardFor(guildId)); // Others do not answer (SB-1).
      return allOf([...shards].map(([shard, ids]) => shard.requestSoundboardSounds(ids, options)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Asks for what is not on the channel objects of a guild: Discord answers with `CHANNEL_INFO`. Resolves when sent. */
  requestChannelInfo(
    guildId: string | bigint,
    fields: readonly ChannelInfoField[],
    options: WaitOptions = {},
  ): Promise<void> {
    return this.#on(guildId, (shard) => shard.requestChannelInfo(guildId, fields, options));
  }

  /** What each shard does, in numbers. */
  status(): ShardStatus[] {
    return this.activeShards.map((shard) => shard.status());
  }

  /**
   * Changes the number of shards, and which of them run here, while the bot goes on; resolves when the new ones are heard.
   *
   * No event is lost, and none is delivered twice: the new shards start beside the old ones and replace them in one step
   * when they have all their guilds, and heartbeats have shown that the old ones lack nothing; where those can't catch up
   * in three minutes, `sessionLost` tells. Takes at least five seconds for each `maxConcurrency` shards. Where a new shard fails,
   * or `signal` aborts, the old ones go on as before, and the promise rejects: with an `IdentifyBudgetError` when
   * Discord grants too few sessions for it, and with a `RangeError` when it can't be so many shards.
   */
  async rescaleShards(
    shardCount: number,
    shardIds?: readonly number[],
    options: WaitOptions = {},
  ): Promise<void> {
    const signal = signalOf(options);
    checkShard(0, shardCount);
    checkShards(shardCount, shardIds);
    if (this.#active === undefined) throw new TypeError("This manager is not connected: connect first");
    if (this.#rescaling !== undefined) {
      throw new TypeError("This manager is rescaling already: wait for that");
    }
    await this.#rescale(shardCount, shardIds, signal);
  }

  /**
   * Asks Discord how many shards it recommends, and rescales to that when the shards of now are fuller than `fill`.
   *
   * `fill` is a part of the 2500 guilds that a shard may have; Discord recommends a shard for about a thousand (SH-8).
   * Resolves with whether the number was changed.
   */
  async rescaleWhenFull(fill = 0.8, options: WaitOptions = {}): Promise<boolean> {
    const signal = signalOf(options);
    if (!(fill > 0 && fill <= 1)) {
      throw new RangeError(`fill must be above 0 and at most 1: got ${shown(fill)}`);
    }
    const { shards } = await this.#guide.ask(signal ?? this.#stop.signal);
    if (fillOf(this.shardCount ?? shards, shards) < fill) return false;
    await this.rescaleShards(shards, undefined, { signal });
    return true;
  }

  /**
   * Ends the sessions, or leaves them `resumable` for a while. Leaves no timer and no socket.
   *
   * Loops over events get what still waits, and end.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const { resumable = false } = checkObject(options, "Options");
    await this.#end({ failure: undefined, resumable });
  }

  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Has the shard of a guild do something; rejects where that shard does not run. */
  #on(guildId: string | bigint, act: (shard: Shard) => Promise<void>): Promise<void> {
    try {
      return act(this.shardFor(guildId));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { shardIds } = this.#options;
    const gateway = await this.#guide.ask(signal);
    const compression = await this.#chooseCompression();
    signal.throwIfAborted();
    const shardCount = this.#options.shardCount ?? gateway.shards;
    this.#compression = compression;
    const active = this.#createSet(shardCount, shardIds, gateway.url, this.#relay);
    await abortable(this.#guide.plan(active, gateway, this.#options.sessions), signal);
    signal.throwIfAborted();
    this.#active = active;
    for (const shard of active.shards) shard.start();
    this.#connected.resolve();
  }

  async #rescale(
    shardCount: number,
    shardIds: readonly number[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const stop = this.#stop.signal;
    this.#rescaling = this.#change(shardCount, shardIds, signal ? AbortSignal.any([signal, stop]) : stop);
    try {
      await this.#rescaling;
    } finally {
      this.#rescaling = undefined;
      this.#next = undefined;
    }
  }

  async #change(
    shardCount: number,
    shardIds: readonly number[] | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const old = this.#active;
    if (old === undefined) throw new TypeError("This manager is not connected: connect first");
    const { url } = await this.#guide.ask(signal);
    const set = this.#createSet(shardCount, shardIds, url, undefined);
    set.turns.plan(set.ids);
    this.#next = set;
    await this.#replace(old, set, signal).finally(() => set.turns.unplan());
  }

  async #replace(old: ShardSet, set: ShardSet, signal: AbortSignal): Promise<void> {
    await rescale({
      old: old.shards,
      next: set.shards,
      shardCount: set.shardCount,
      relay: this.#relay,
      clock: this.#options.clock ?? systemClock,
      hasGuilds: (this.#intents & Intents.Guilds) !== 0,
      signal,
      limit: RESCALE_LIMIT,
      switched: () => {
        this.#active = set;
      },
    });
    void this.#takeOver(old, set);
    await Promise.all(old.shards.map((shard) => shard.close()));
  }

  /** The store changes hands when all is handled: nobody waits for that, as a handler may wait for the change itself. */
  async #takeOver(old: ShardSet, set: ShardSet): Promise<void> {
    try {
      await set.takeOver(old, () => abortable(drained(this), this.#stop.signal));
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#reportError({ error, name: "sessions", payload: undefined });
    }
  }

  /** To whoever listens, to the manager or to the shard; else to the console. */
  #reportError(failure: ListenerError, context?: ShardContext<Shard>): void {
    const isHeard = context !== undefined && context.shard.dispatcher.listenerCount("error") > 0;
    if (isHeard) this.dispatcher.dispatch("error", failure, context);
    else this.dispatcher.reportError(failure, context);
  }

  /** In place of a shard that has failed, unless that is done already. */
  async #rescaleToRecommended(failed: Shard): Promise<void> {
    if (!this.activeShards.includes(failed)) return;
    const { shards } = await this.#guide.ask(this.#stop.signal);
    if (this.#rescaling !== undefined) return await this.#rescaling;
    if (shards !== this.shardCount) await this.#rescale(shards, undefined, undefined);
  }

  /** A shard has failed for good. A wrong number of shards can be mended, where the number was left to us (4010, 4011). */
  async #failed(error: DisconnectError, context: ShardContext<Shard>): Promise<void> {
    if (error instanceof InvalidShardCountError && this.#options.shardCount === undefined) {
      await this.#rescaling?.catch(ignore); // To a number that may be no better.
      await this.#rescaleToRecommended(context.shard).catch(ignore);
      if (!this.activeShards.includes(context.shard)) return;
    }
    if (this.#stop.signal.aborted) return;
    this.dispatcher.dispatch("critical", error, context);
    // Where another process takes over, it resumes the sessions of the other shards as well.
    await this.#end({ failure: error, resumable: error instanceof SessionTakenError });
  }

  /** Decides how to compress before any URL is built (Z-10). */
  async #chooseCompression(): Promise<TransportCompression | undefined> {
    const { compression, createInflater } = this.#options;
    return compression === "none" ? undefined : await chooseCompression(compression, createInflater);
  }

  #createSet(
    shardCount: number,
    shardIds: readonly number[] | undefined,
    url: string,
    relay: ShardRelay<Shard> | undefined,
  ): ShardSet {
    const { shardCount: _, shardIds: __, compression: ___, sessions: store, gatewayUrl = url, ...options } =
      this.#options;
    const presence = this.#presence;
    const common = {
      ...options,
      ...(presence === undefined ? {} : { presence }),
      token: this.#authentication.token,
      intents: this.#intents,
      gatewayUrl,
      compression: this.#compression,
    };
    const [memberTurns, turns] = [this.#memberTurns, this.#identifyQueue.forSet()];
    return createShardSet({ shardCount, shardIds, common, store, relay, memberTurns, turns });
  }

  /** The one way to end; the first call decides how. */
  async #end({ failure, resumable }: { failure: unknown; resumable: boolean }): Promise<void> {
    if (this.#stop.signal.aborted) return await this.closed.catch(ignore);
    const reason = failure ?? new DOMException("The manager was closed", "AbortError");
    this.#stop.abort(reason);
    this.#connected.reject(reason);
    const closing = this.activeShards.map((shard) => shard.close({ resumable }));
    closeDispatchers(this, failure);
    await Promise.all([...closing, this.#rescaling?.catch(ignore)]);
    if (failure === undefined) this.#settled.resolve();
    else this.#settled.reject(failure);
  }
}

/** How many events the old shards may lag behind the new ones when they are replaced. */
const RESCALE_LIMIT = 100_000;
