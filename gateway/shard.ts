import { type Clock, systemClock } from "../clock.ts";
import type { GatewayPresence } from "../discord.ts";
import { Alarms } from "./alarms.ts";
import { abortable, checkObject, signalOf, type WaitOptions } from "./abortable.ts";
import type { GuildMembersStream } from "./chunk_stream.ts";
import { CLOSE_SESSION } from "./close_codes.ts";
import { CommandQueue } from "./command_queue.ts";
import {
  channelInfoCommand,
  type ChannelInfoField,
  checkPresence,
  soundboardCommands,
  type VoiceStateCommand,
  voiceStateCommand,
} from "./commands.ts";
import { DispatcherOwner } from "./dispatcher_owner.ts";
import type { DisconnectError } from "./errors.ts";
import { EventNames } from "./event_names.ts";
import { LocalIdentifyQueue } from "./identify_queue.ts";
import { GuildTurns } from "./guild_turns.ts";
import { ignore } from "./ignore.ts";
import { ALL_MEMBERS_SPACING_MS } from "./member_requests.ts";
import type { GuildMembersQuery } from "./members_query.ts";
import { type GatewayCommand, type GatewayPayload, readyMismatch } from "./payload.ts";
import { type ResumePoint, Session, type SessionOptions } from "./session.ts";
import { sessionOptions } from "./session_options.ts";
import { checkShardOptions, type CloseOptions, type ShardOptions } from "./shard_options.ts";
import { SessionDriver } from "./session_driver.ts";
import { ShardReports } from "./shard_reports.ts";
import { SessionKeeper } from "./session_keeper.ts";
import type { SessionStore } from "./session_store.ts";
import { closeDispatchers, type ShardPlace, type ShardRelay } from "./shard_events.ts";
import type { ShardState } from "./shard_state.ts";
import type { ShardStatus } from "./shard_status.ts";

/** Payloads that wait to be sent, by default. */
const SEND_QUEUE_LIMIT = 1_000;
/** How often a session that has grown is saved, by default. */
const SAVE_INTERVAL_MS = 1_000;
/** How long closing waits for handlers, by default. */
const DRAIN_TIMEOUT_MS = 10_000;

/**
 * One shard: keeps one session alive through as many connections as it takes.
 *
 * It connects again by itself, resumes where it can, and stops only when told to or when Discord says that there is no
 * use: then `critical` is dispatched and everything that waits rejects.
 *
 * @example
 * ```ts
 * import { Intents, Shard } from "@nextsnake/nextcore";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * await using discord = Simulator.inMemory({ token: "a.b.c" });
 * await using shard = new Shard({
 *   shardId: 0,
 *   shardCount: 1,
 *   token: "a.b.c",
 *   intents: Intents.Guilds,
 *   gatewayUrl: discord.gatewayUrl,
 *   createWebSocket: discord.createWebSocket,
 * });
 * await shard.connect();
 * console.log(shard.state); // "ready"
 * ```
 */
export class Shard extends DispatcherOwner<Shard> {
  /** Which shard this is. */
  readonly id: number;
  /** Resolves after {@linkcode close}; rejects when the shard has stopped for good. */
  readonly closed: Promise<void>;
  readonly #settled: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #options: ShardOptions;
  readonly #clock: Clock;
  readonly #sessionOptions: SessionOptions;
  readonly #driver: SessionDriver<Shard>;
  readonly #keeper: SessionKeeper | undefined;
  readonly #commands: CommandQueue;
  readonly #reports: ShardReports<Shard>;
  #started: PromiseWithResolvers<void> = Promise.withResolvers();
  #isClosed = false;
  #closing: Promise<ResumePoint | undefined> | undefined;
  /** Whether it shall run as soon as its session has been restored. */
  #isWanted = false;
  /** What was kept is taken up once, at the first start. */
  #restoring: Promise<void> | undefined;
  #isRestored = false;
  #sessionStartedAt: number | undefined;

  /**
   * Makes a shard, which connects when told to; a manager gives it a place among the others.
   *
   * Throws a `TypeError` or a `RangeError` on options that can't be right. What gives a promise rejects with those instead,
   * and never throws.
   */
  constructor(options: ShardOptions, place: ShardPlace<Shard> = {}) {
    checkShardOptions(options);
    const { clock = systemClock } = options;
    super(clock);
    this.id = options.shardId;
    this.#options = options;
    this.#clock = clock;
    this.#reports = new ShardReports<Shard>(this, place.relay, options.logger);
    this.#commands = new CommandQueue({
      shardId: options.shardId,
      intents: options.intents,
      limit: options.sendQueueLimit ?? SEND_QUEUE_LIMIT,
      clock,
      random: options.random ?? Math.random,
      session: () => ({ isReady: this.state === "ready", sessionId: this.session?.sessionId }),
      added: () => this.#driver.flush(clock.now()),
      turns: place.memberTurns ?? new GuildTurns(clock, ALL_MEMBERS_SPACING_MS),
    });
    this.#sessionOptions = sessionOptions(options);
    this.#driver = this.#createDriver(place);
    this.#driver.session.presence = options.presence;
    this.#keeper = options.sessions && this.#createKeeper(options.sessions);
    this.closed = this.#settled.promise;
    for (const { promise } of [this.#settled, this.#started]) promise.catch(ignore);
  }

  /** What the shard is doing. */
  get state(): ShardState {
    return this.#driver.session.state;
  }

  /** Where the session can be resumed, while there is one. */
  get session(): ResumePoint | undefined {
    return this.#driver.session.resumePoint;
  }

  /** Milliseconds that the last heartbeat took; `undefined` before the first answer on a connection. */
  get latencyMs(): number | undefined {
    return this.#driver.session.latencyMs;
  }

  /** Connects, and stays connected. Resolves on READY or RESUMED; rejects when the shard stops for good, or on abort, which stops it. */
  async connect(options: WaitOptions = {}): Promise<void> {
    const signal = signalOf(options);
    signal?.throwIfAborted();
    this.start();
    try {
      await this.ready({ signal });
    } catch (error) {
      if (signal?.aborted) this.#halt(signal.reason);
      throw error;
    }
  }

  /** Stops without being closed: others that wait for this start wait no longer (SM-23). */
  #halt(reason: unknown): void {
    this.#isWanted = false;
    this.#driver.step({ type: "stop", isResumable: true });
    this.#restart(reason);
  }

  /** Who waits for the start of now waits no longer; who asks from now on waits for another. */
  #restart(reason: unknown): void {
    this.#started.reject(reason);
    this.#started = Promise.withResolvers();
    this.#started.promise.catch(ignore);
  }

  /** Begins to connect and does not wait for it. Throws after {@linkcode close}. */
  start(): void {
    if (this.#isClosed) throw new TypeError(`Shard ${this.id} has been closed: make a new one`);
    this.#isWanted = true;
    if (this.#keeper === undefined || this.#isRestored) this.#driver.step({ type: "start" });
    else this.#restoring ??= this.#restore(this.#keeper);
  }

  /** Resolves once the shard has had READY or RESUMED; rejects when it stops before. */
  async ready(options: WaitOptions = {}): Promise<void> {
    await abortable(this.#started.promise, signalOf(options));
  }

  /**
   * Sends a payload as it is, in order with the others; resolves when it was handed to the socket.
   *
   * Waits for a session and for room in Discord's limit of 120 payloads a minute. Rejects when the shard stops, and on
   * abort; with a `RangeError` for more than 4096 bytes and when too many wait; with a `TypeError` for what only the
   * session itself may send. Discord never confirms a payload.
   */
  send(payload: GatewayCommand, options: WaitOptions = {}): Promise<void> {
    return this.#commands.send(() => payload, options);
  }

  /**
   * Changes the bot's presence, now and for sessions to come. Resolves when it, or a later one in its place, was sent.
   *
   * At most five go out in 20 seconds: of those that wait, only the latest does. Rejects with a `TypeError` unless all
   * four keys are right; on abort it is still remembered for the next session.
   */
  updatePresence(presence: GatewayPresence, options: WaitOptions = {}): Promise<void> {
    try {
      checkPresence(presence);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#driver.session.presence = presence;
    return this.#commands.sendPresence(presence, options);
  }

  /**
   * Joins, moves in or leaves a voice channel of a guild; the bot must see the guild on this shard.
   *
   * Resolves when it was sent. Discord answers with `VOICE_STATE_UPDATE` and `VOICE_SERVER_UPDATE`, in either order; when
   * the channel is full, not at all.
   */
  updateVoiceState(
    guildId: string | bigint,
    state: VoiceStateCommand,
    options: WaitOptions = {},
  ): Promise<void> {
    return this.#commands.send(() => voiceStateCommand(guildId, state), options);
  }

  /** Asks for members of a guild on this shard, now, and gives them as they come: see {@linkcode GuildMembersStream}. */
  requestGuildMembers(guildId: string | bigint, query: GuildMembersQuery): GuildMembersStream {
    return this.#commands.requestMembers(guildId, query);
  }

  /** Asks for the soundboard sounds of guilds on this shard: Discord answers each with `SOUNDBOARD_SOUNDS`. Resolves when sent. */
  requestSoundboardSounds(
    guildIds: readonly (string | bigint)[],
    options: WaitOptions = {},
  ): Promise<void> {
    return this.#commands.sendAll(() => soundboardCommands(guildIds), options);
  }

  /** Asks for what is not on the channel objects of a guild: Discord answers with `CHANNEL_INFO`. Resolves when sent. */
  requestChannelInfo(
    guildId: string | bigint,
    fields: readonly ChannelInfoField[],
    options: WaitOptions = {},
  ): Promise<void> {
    return this.#commands.send(() => channelInfoCommand(guildId, fields), options);
  }

  /**
   * Closes the connection. Leaves no timer and no socket; what waits to be sent rejects.
   *
   * Gives back where the session can be resumed when it is left `resumable`. Takes two seconds at most, towards a peer
   * that does not answer. With a store for sessions, a `resumable` close also waits until all events are handled, at
   * most `drainTimeoutMs`: do not wait for it inside a handler. The store may take ten seconds. The first call decides.
   */
  async close(options: CloseOptions = {}): Promise<ResumePoint | undefined> {
    const { resumable = false } = checkObject(options, "Options");
    this.#closing ??= this.#close(resumable);
    return await this.#closing;
  }

  async #close(resumable: boolean): Promise<ResumePoint | undefined> {
    const point = resumable ? this.session : undefined;
    this.#isClosed = true;
    this.#driver.step({ type: "stop", isResumable: resumable });
    this.#finish(undefined);
    await this.#driver.ended;
    // What was not taken up yet is as it was.
    if (resumable && !this.#isRestored) this.#keeper?.leave();
    else await this.#keeper?.end(point, this.#options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS);
    this.#settled.resolve();
    return point;
  }

  /** `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Where its events go, besides its own listeners. */
  get relay(): ShardRelay<Shard> | undefined {
    return this.#reports.relay;
  }

  /** Sends its events to `relay` from now on, instead of where they went; `undefined`: to nobody but its own listeners. */
  relayTo(relay: ShardRelay<Shard> | undefined): void {
    this.#reports.relay = relay;
  }

  /** What the shard does, in numbers. */
  status(): ShardStatus {
    const startedAt = this.#sessionStartedAt;
    return {
      id: this.id,
      state: this.state,
      latencyMs: this.latencyMs,
      sequence: this.session?.sequence,
      sessionAgeMs: startedAt === undefined ? undefined : this.#clock.now() - startedAt,
      queued: this.#commands.size,
      ...this.#driver.counts,
      reconnects: this.#reports.reconnects,
    };
  }

  /** Takes up the session that was kept, or starts without one. */
  async #restore(keeper: SessionKeeper): Promise<void> {
    const { isKnown, resumePoint } = await keeper.load();
    if (this.#isClosed) return;
    const { presence } = this.#driver.session;
    this.#driver.session = new Session(this.#sessionOptions, resumePoint, isKnown);
    this.#driver.session.presence = presence;
    this.#isRestored = true;
    if (this.#isWanted) this.#driver.step({ type: "start" });
  }

  #createDriver({ names = new EventNames(), alarms }: ShardPlace<Shard>): SessionDriver<Shard> {
    const options = this.#options;
    const clock = this.#clock;
    return new SessionDriver<Shard>({
      session: new Session(this.#sessionOptions),
      clock,
      alarms: alarms ?? new Alarms(clock),
      line: {
        createWebSocket: options.createWebSocket ?? ((url) => new WebSocket(url)),
        clock,
        compression: options.compression,
        createInflater: options.createInflater,
        frameQueueBytes: options.frameQueueBytes,
        maxMessageBytes: options.maxMessageBytes,
        receiveText: options.receiveText,
        names,
      },
      identifyQueue: options.identifyQueue ?? new LocalIdentifyQueue({ clock }),
      commands: this.#commands,
      reports: this.#reports,
      look: options.sessions && (async () => await this.#keeper?.look()),
      dispatched: () => this.#keeper?.changed(),
      begun: (how, payload) => this.#begun(how, payload),
      failed: (error) => this.#fail(error),
    });
  }

  #createKeeper(store: SessionStore): SessionKeeper {
    const { shardId, shardCount, intents, token } = this.#sessionOptions;
    return new SessionKeeper({
      store,
      identity: { shardId, shardCount, intents, token },
      clock: this.#clock,
      saveIntervalMs: this.#options.saveIntervalMs ?? SAVE_INTERVAL_MS,
      resumePoint: () => this.#driver.session.resumePoint,
      drained: () => this.#reports.drained(),
      failed: (error) => this.#reports.reportError("sessions", error),
      random: this.#sessionOptions.random,
      taken: () => this.#driver.step({ type: "taken" }),
    });
  }

  #begun(how: "ready" | "resumed", payload: GatewayPayload | undefined): void {
    if (how === "ready") {
      this.#sessionStartedAt = this.#clock.now();
      this.#checkReady(payload?.d);
    }
    this.#started.resolve();
    this.#reports.report(how, this.#reports.context);
  }

  /** A READY for somebody else is no reason to stop, but one to look into (ID-12). */
  #checkReady(d: unknown): void {
    const error = readyMismatch(d, this.id, this.#options.shardCount);
    if (error !== undefined) this.#reports.report("error", { error, name: "READY", payload: undefined });
  }

  #fail(error: DisconnectError): void {
    this.#isClosed = true;
    this.#reports.report("critical", error);
    this.#finish(error);
    this.#settled.reject(error);
  }

  #finish(error: DisconnectError | undefined): void {
    const reason = error ?? new DOMException(`Shard ${this.id} was closed`, "AbortError");
    this.#driver.leave(CLOSE_SESSION, "");
    this.#commands.close(reason);
    this.#restart(reason);
    this.#started.reject(reason); // Also for who asks later, when it had been ready before.
    closeDispatchers(this, error);
  }
}
