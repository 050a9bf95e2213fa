/**
 * The gateway: who may connect, which sessions there are, who gets which event.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import { GatewayCommands, isPresence, shardPair } from "./gateway_commands.ts";
import { type ConnectionOwner, GatewayConnection } from "./gateway_connection.ts";
import type { GatewayFaults } from "./gateway_faults.ts";
import type { GatewayPort } from "./gateway_port.ts";
import { GatewaySession } from "./gateway_session.ts";
import { IdentifyGate } from "./identify_gate.ts";
import { ASSIGNED, GUILDS, PRIVILEGED } from "./intents.ts";
import type { WorldEvent } from "./stage.ts";
import type { SimulatedBot } from "./user.ts";
import type { WireObject } from "./wire.ts";
import type { World } from "./world.ts";

/** The gateway's limits and habits. */
export interface GatewaySetup {
  /** The time. */
  readonly clock: Clock;
  /** For HELLO. */
  readonly heartbeatIntervalMs: number;
  /** How many shards are recommended. */
  readonly shards: number;
  /** The keys of the identify window. */
  readonly maxConcurrency: number;
  /** Sessions a day. */
  readonly sessionStartTotal: number;
  /** Other shard counts must be multiples of it (SH-4); 1 for none. */
  readonly shardMultiple: number;
  /** How many events a session keeps for a resume. */
  readonly historyLimit: number;
  /** How long a session without a connection can be resumed. */
  readonly resumeWindowMs: number;
  /** Where resumes go; the session's id is put behind it. */
  readonly resumeUrl: string;
}

const MAX_GUILDS_PER_SHARD = 2500;
/** Ended connections stay to be looked at; the oldest go first. */
const MAX_CONNECTIONS = 1000;
const INTENTS_LIMIT = 2 ** 31;

/** The gateway. */
export class Gateway implements ConnectionOwner {
  readonly connections: GatewayConnection[] = [];
  readonly sessions: Map<string, GatewaySession> = new Map();
  /** How many shards are recommended. */
  shards: number;
  readonly #world: World;
  readonly #faults: GatewayFaults;
  readonly #setup: GatewaySetup;
  readonly #commands: GatewayCommands;
  readonly #gates: Map<string, IdentifyGate> = new Map();
  readonly #timers: Set<Disposable> = new Set();
  #sessionCount = 0;

  constructor(world: World, faults: GatewayFaults, setup: GatewaySetup) {
    this.#world = world;
    this.#faults = faults;
    this.#setup = setup;
    this.shards = setup.shards;
    this.#commands = new GatewayCommands(world);
  }

  /** The HTTP status that refuses the handshake, or `undefined`. */
  refusalOf(url: URL): number | undefined {
    return this.#faults.refusalOf(this.#isAtResumeUrl(url));
  }

  /** Takes a WebSocket that has been opened. */
  open(port: GatewayPort, url: URL): GatewayConnection {
    const connection = new GatewayConnection(port, this, {
      clock: this.#setup.clock,
      url,
      isAtResumeUrl: this.#isAtResumeUrl(url),
      heartbeatIntervalMs: this.#setup.heartbeatIntervalMs,
      isSilent: this.#faults.isNextSilent(),
    });
    this.connections.push(connection);
    this.#forgetEnded();
    connection.start();
    return connection;
  }

  /** Gives an event to every session that should see it. */
  publish(event: WorldEvent): void {
    for (const session of this.sessions.values()) session.offer(event);
  }

  /** The `session_start_limit` of a bot. */
  sessionStartLimit(bot: SimulatedBot): WireObject {
    const now = this.#setup.clock.now();
    const gate = this.#gateOf(bot);
    return {
      total: this.#setup.sessionStartTotal,
      remaining: gate.remaining(now),
      reset_after: gate.resetAfterMs(now),
      max_concurrency: this.#setup.maxConcurrency,
    };
  }

  identify(connection: GatewayConnection, data: WireObject): void {
    const bot = this.#botOf(data.token);
    if (bot === undefined) return connection.close(4004, "Authentication failed.", true);
    const shard = this.#shardOf(connection, data.shard);
    if (shard === undefined || !this.#areIntentsRight(connection, bot, data.intents)) return;
    if (!isPresence(data.presence)) return connection.close(4001, "An IDENTIFY's presence is an object.");
    const verdict = this.#gateOf(bot).pass(shard[0], this.#setup.clock.now());
    if (verdict === "exhausted") return this.#exhaust(connection, bot);
    if (verdict === "tooSoon") return this.invalidate(connection, false);
    if (data.compress === true) connection.compressPayloads();
    const session = new GatewaySession({
      id: `${"0".repeat(16)}${(++this.#sessionCount).toString(16)}`.slice(-16),
      bot,
      shardId: shard[0],
      shardCount: shard[1],
      intents: Number(data.intents),
      largeThreshold: Number(data.large_threshold ?? 50),
      historyLimit: this.#setup.historyLimit,
    });
    for (const other of this.sessions.values()) this.#isTooOld(other);
    this.sessions.set(session.id, session);
    connection.join(session);
    const withheldMs = this.#faults.takeWithheldReady();
    if (withheldMs === undefined) return this.#welcome(session);
    if (withheldMs < Infinity) this.#welcomeLater(session, withheldMs);
  }

  resume(connection: GatewayConnection, { token, session_id, seq }: WireObject): void {
    const bot = this.#botOf(token);
    if (bot === undefined) return connection.close(4004, "Authentication failed.", true);
    if (this.#faults.isNextResumeBroken()) return connection.cut();
    const session = this.sessions.get(String(session_id));
    if (session === undefined || session.bot !== bot || session.isDoomed || this.#isTooOld(session)) {
      return this.invalidate(connection, false);
    }
    if (!Number.isInteger(seq) || Number(seq) < 0) {
      return connection.close(4001, "A RESUME has token, session_id and seq.");
    }
    if (Number(seq) > session.sequence) {
      this.#forget(session);
      return connection.close(4007, "Invalid seq.");
    }
    if (!session.canReplayAfter(Number(seq))) {
      this.#forget(session);
      return this.invalidate(connection, false);
    }
    for (const other of this.connections) {
      if (other.session === session && other.isOpen) other.cut();
    }
    connection.join(session);
    session.replayAfter(Number(seq));
  }

  command(connection: GatewayConnection, session: GatewaySession, opcode: number, data: WireObject): void {
    const fault = this.#commands.run(session, opcode, data);
    if (fault !== undefined) connection.close(4001, fault);
  }

  ended(connection: GatewayConnection, isSessionOver: boolean): void {
    if (isSessionOver && connection.session !== undefined) this.#forget(connection.session);
  }

  /** Op 9 on a connection; without `resumable` its session is over. */
  invalidate(connection: GatewayConnection, isResumable: boolean): void {
    if (!isResumable && connection.session !== undefined) {
      connection.session.detach(connection, this.#setup.clock.now());
      this.#forget(connection.session);
    }
    connection.push({ t: null, s: null, op: 9, d: isResumable });
  }

  /** Cuts every line; no session is left. */
  close(): void {
    for (const connection of this.connections) connection.cut();
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#timers.clear();
    this.sessions.clear();
  }

  #welcomeLater(session: GatewaySession, delayMs: number): void {
    const timer = this.#setup.clock.setTimeout(() => {
      this.#timers.delete(timer);
      if (this.sessions.has(session.id)) this.#welcome(session);
    }, delayMs);
    this.#timers.add(timer);
  }

  #welcome(session: GatewaySession): void {
    const { bot } = session;
    const guilds = [...this.#world.guilds.values()].filter((guild) => session.isFor(guild.id));
    session.dispatch("READY", {
      v: 10,
      user: { ...bot.toWire(), verified: true, mfa_enabled: true, email: null, flags: 0 },
      user_settings: {},
      session_type: "normal",
      session_id: session.id,
      resume_gateway_url: `${this.#setup.resumeUrl}/${session.id}`,
      relationships: [],
      private_channels: [],
      presences: [],
      guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
      guild_join_requests: [],
      geo_ordered_rtc_regions: [],
      shard: [session.shardId, session.shardCount],
      application: { id: bot.applicationId, flags: 0, flags_new: "0" },
      _trace: ["simulator"],
    });
    if ((session.intents & GUILDS) === 0) return;
    for (const guild of guilds) {
      if (guild.isAvailable) {
        session.dispatch("GUILD_CREATE", guild.toCreate(session));
      } else session.dispatch("GUILD_DELETE", { id: guild.id, unavailable: true });
    }
  }

  #shardOf(connection: GatewayConnection, value: unknown): readonly [id: number, count: number] | undefined {
    const shard = shardPair(value);
    if (shard === undefined || shard[1] % this.#setup.shardMultiple !== 0) {
      connection.close(4010, "Invalid shard.", true);
      return undefined;
    }
    const ids = [...this.#world.guilds.keys()];
    const guilds = ids.filter((id) => (BigInt(id) >> 22n) % BigInt(shard[1]) === BigInt(shard[0]));
    if (guilds.length <= MAX_GUILDS_PER_SHARD) return shard;
    connection.close(4011, "Sharding required.", true);
    return undefined;
  }

  #areIntentsRight(connection: GatewayConnection, bot: SimulatedBot, intents: unknown): boolean {
    const isNumber = typeof intents === "number" && Number.isInteger(intents) && intents >= 0 &&
      intents < INTENTS_LIMIT;
    if (!isNumber || (intents & ~ASSIGNED) !== 0) {
      connection.close(4013, "Invalid intent(s).", true);
      return false;
    }
    if ((intents & PRIVILEGED & ~bot.privilegedIntents) === 0) return true;
    connection.close(4014, "Disallowed intent(s).", true);
    return false;
  }

  /** The daily budget is spent: all sessions end, and the token is reset (ID-6). */
  #exhaust(connection: GatewayConnection, bot: SimulatedBot): void {
    bot.isTokenValid = false;
    for (const other of this.connections) {
      if (other.session?.bot === bot) other.close(4004, "Authentication failed.", true);
    }
    connection.close(4004, "Authentication failed.", true);
  }

  #botOf(token: unknown): SimulatedBot | undefined {
    if (typeof token !== "string") return undefined;
    const bare = token.startsWith("Bot ") ? token.slice("Bot ".length) : token;
    return this.#world.bots.find((bot) => bot.token === bare && bot.isTokenValid);
  }

  #gateOf(bot: SimulatedBot): IdentifyGate {
    const known = this.#gates.get(bot.id);
    if (known !== undefined) return known;
    const { sessionStartTotal, maxConcurrency } = this.#setup;
    const gate = new IdentifyGate({ total: sessionStartTotal, maxConcurrency });
    this.#gates.set(bot.id, gate);
    return gate;
  }

  #isTooOld(session: GatewaySession): boolean {
    const { disconnectedAt } = session;
    if (disconnectedAt === undefined) return false;
    if (this.#setup.clock.now() - disconnectedAt <= this.#setup.resumeWindowMs) return false;
    this.#forget(session);
    return true;
  }

  #forget(session: GatewaySession): void {
    this.sessions.delete(session.id);
    session.forget();
  }

  #isAtResumeUrl(url: URL): boolean {
    return url.pathname.startsWith(new URL(this.#setup.resumeUrl).pathname);
  }

  #forgetEnded(): void {
    while (this.connections.length > MAX_CONNECTIONS) {
      const place = this.connections.findIndex(({ isOpen }) => !isOpen);
      if (place < 0) return;
      this.connections.splice(place, 1);
    }
  }
}
