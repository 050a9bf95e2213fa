/**
 * A Discord to test bots against.
 *
 * @module
 */

import { type Clock, systemClock } from "../clock.ts";
import { checkClock, checkObject } from "../http/option_checks.ts";
import { kindOf, shown } from "../http/shown.ts";
import type { SimulatedChannel } from "./channel.ts";
import type { Door } from "./door.ts";
import { SimulatorFaults } from "./faults.ts";
import { Gateway } from "./gateway.ts";
import type { SimulatedConnection } from "./gateway_connection.ts";
import { GatewayFaults } from "./gateway_faults.ts";
import type { SimulatedSession } from "./gateway_session.ts";
import type { GuildOptions, SimulatedGuild } from "./guild.ts";
import { type Endpoint, InteractionsEndpoint, PUBLIC_KEY } from "./interactions_endpoint.ts";
import { openInMemory } from "./in_memory.ts";
import { openLoopback } from "./loopback.ts";
import type { RateLimitRule } from "./rate_limits.ts";
import { ExpectedRequests } from "./expected_requests.ts";
import type { WaitOptions } from "./mailbox.ts";
import { Rest, type SimulatedRequest } from "./rest.ts";
import { RestFaults } from "./rest_faults.ts";
import { interactionRoutes } from "./rest_interactions.ts";
import { messageRoutes } from "./rest_messages.ts";
import { commandRoutes, resourceRoutes } from "./rest_resources.ts";
import { botOf, type RestRoute } from "./rest_route.ts";
import { isSnowflake } from "./stage.ts";
import type { BotOptions, SimulatedBot, SimulatedUser, UserOptions } from "./user.ts";
import type { WireObject } from "./wire.ts";
import { World } from "./world.ts";

/** Options of a simulator, whichever door it has. */
export interface SimulatorOptions {
  /** The first bot's token. By default one is made, which names the bot as Discord's do. */
  token?: string;
  /** How many shards `GET /gateway/bot` recommends. 1 by default. */
  shards?: number;
  /** How many shards may identify in one window of five seconds. 1 by default. */
  maxConcurrency?: number;
  /** Sessions a bot may start in a day. 1000 by default. When they are spent the token is reset, as at Discord. */
  sessionStartTotal?: number;
  /** Other shard counts than multiples of it are refused with 4010, as for large bots. 1 by default. */
  shardMultiple?: number;
  /** What HELLO says. 41 250 by default. */
  heartbeatIntervalMs?: number;
  /** How many events a session keeps for a resume; a resume from before is refused. 10 000 by default. */
  historyLimit?: number;
  /** How long a session without a connection can be resumed. 180 000 by default. */
  resumeWindowMs?: number;
  /** Requests in one second for one bot. 50 by default. */
  globalLimit?: number;
  /** Limits by `"METHOD /template"` instead of the built-in ones; `null`: no limit and no headers. */
  rateLimits?: Readonly<Record<string, RateLimitRule | null>>;
  /** The privileged intents that the first bot may ask for. All by default. */
  privilegedIntents?: number;
}

/** Options of {@linkcode Simulator.start}. */
export interface LoopbackOptions extends SimulatorOptions {
  /** The API's port; by default any that is free. */
  port?: number;
  /** The gateway's port; by default any that is free. */
  gatewayPort?: number;
}

/** Options of {@linkcode Simulator.inMemory}. */
export interface InMemoryOptions extends SimulatorOptions {
  /** The time that everything goes by. The runtime's by default; see `VirtualClock`. */
  clock?: Clock;
  /** How long everything takes one way. 0 by default: delivered in the next microtask. */
  latencyMs?: number;
}

/**
 * A Discord of one's own: gateway and HTTP API with its rules, limits and close codes, users who write, and faults at
 * will. It starts with one guild, one text channel, one user and one bot.
 *
 * @example
 * ```ts
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * await using discord = Simulator.inMemory();
 * const answer = await discord.fetch(`${discord.baseUrl}/channels/${discord.channel.id}/messages`, {
 *   method: "POST",
 *   headers: { authorization: `Bot ${discord.token}`, "content-type": "application/json" },
 *   body: JSON.stringify({ content: "pong" }),
 * });
 * await answer.body?.cancel();
 * const message = await discord.channel.nextMessage();
 * console.log(message.content); // "pong"
 * ```
 */
export class Simulator implements AsyncDisposable {
  /** Where the API is, with the version and without a slash at the end. */
  readonly baseUrl: string;
  /** Where the gateway is, as `GET /gateway` says. Resumes are sent elsewhere: to `/resume/…` below it. */
  readonly gatewayUrl: string;
  /** Reaches the API: the in-memory one, or the runtime's own. For the client's option of that name. */
  readonly fetch: typeof fetch;
  /** Reaches the gateway: in memory, or the runtime's own WebSocket. For the client's option of that name. */
  readonly createWebSocket: (url: string) => WebSocket;
  /** The first guild. */
  readonly guild: SimulatedGuild;
  /** The first guild's text channel. */
  readonly channel: SimulatedChannel;
  /** The first user, a member of every guild unless said otherwise. */
  readonly user: SimulatedUser;
  /** The first bot. Bots are members of all guilds. */
  readonly bot: SimulatedBot;
  /** What can be made to go wrong. */
  readonly faults: SimulatorFaults;
  readonly #door: Door;
  readonly #world: World;
  readonly #gateway: Gateway;
  readonly #rest: Rest;
  readonly #expected: ExpectedRequests;
  #webhookEvents: InteractionsEndpoint | undefined;
  #closing: Promise<void> | undefined;

  /** For the two doors: see {@linkcode Simulator.start} and {@linkcode Simulator.inMemory}. */
  private constructor(clock: Clock, door: Door, options: SimulatorOptions) {
    this.#door = door;
    this.baseUrl = door.baseUrl;
    this.gatewayUrl = door.gatewayUrl;
    this.fetch = door.fetch;
    this.createWebSocket = door.createWebSocket;
    this.#world = new World(clock, (event) => this.#gateway.publish(event));
    const gatewayFaults = new GatewayFaults();
    const restFaults = new RestFaults();
    this.#gateway = new Gateway(this.#world, gatewayFaults, {
      clock,
      resumeUrl: `${door.gatewayUrl}/resume`,
      ...gatewayLimits(options),
    });
    this.#rest = new Rest(this.#world, restFaults, {
      routes: [
        ...this.#gatewayRoutes(),
        ...messageRoutes(),
        ...interactionRoutes(),
        ...resourceRoutes(),
        ...commandRoutes(),
      ],
      globalLimit: positive("globalLimit", options.globalLimit ?? 50),
      rules: new Map(),
      noted: (request) => this.#expected.note(request),
    });
    this.#expected = new ExpectedRequests(clock, this.#rest.requests);
    for (const [route, rule] of Object.entries(options.rateLimits ?? {})) this.#rest.setRule(route, rule);
    this.faults = new SimulatorFaults(this.#gateway, gatewayFaults, this.#rest, restFaults);
    this.user = this.#world.firstUser;
    this.bot = this.#world.addBot(botOptions(options));
    this.guild = this.#world.addGuild();
    this.channel = firstOf(this.guild.channels);
    door.connect({
      handle: (request) => this.#rest.handle(request),
      refusalOf: (url) => this.#gateway.refusalOf(url),
      open: (port, url) => this.#gateway.open(port, url),
    });
  }

  /** Starts a Discord on 127.0.0.1 with real sockets. Deno only; needs permission for the network there. */
  static async start(options: LoopbackOptions = {}): Promise<Simulator> {
    checkObject("The options of a Simulator", options, '{ token: "a.b.c" }');
    const { port = 0, gatewayPort = 0 } = options;
    const door = openLoopback({ port, gatewayPort });
    try {
      return new Simulator(systemClock, door, options);
    } catch (error) {
      await door.close();
      throw error;
    }
  }

  /** Makes a Discord without sockets: reach it by its `fetch` and `createWebSocket`. Runs anywhere, without permission. */
  static inMemory(options: InMemoryOptions = {}): Simulator {
    checkObject("The options of a Simulator", options, '{ token: "a.b.c" }');
    const { clock = systemClock, latencyMs = 0 } = options;
    checkClock(clock);
    if (!(typeof latencyMs === "number" && latencyMs >= 0)) {
      throw new RangeError(`latencyMs is ${shown(latencyMs)}: give 0 or more`);
    }
    return new Simulator(clock, openInMemory(clock, latencyMs), options);
  }

  /** The first bot's token. */
  get token(): string {
    return this.bot.token;
  }

  /** What the requests to endpoints are verified with, as the developer portal shows it. */
  get publicKey(): string {
    return PUBLIC_KEY;
  }

  /** All guilds, oldest first. */
  get guilds(): readonly SimulatedGuild[] {
    return [...this.#world.guilds.values()];
  }

  /** All users, oldest first. */
  get users(): readonly SimulatedUser[] {
    return [...this.#world.users.values()];
  }

  /** All bots, oldest first. */
  get bots(): readonly SimulatedBot[] {
    return this.#world.bots;
  }

  /** The gateway's connections, oldest first, also the ended ones (at most 1000). */
  get connections(): readonly SimulatedConnection[] {
    return this.#gateway.connections;
  }

  /** The gateway's sessions that live, oldest first. */
  get sessions(): readonly SimulatedSession[] {
    return [...this.#gateway.sessions.values()];
  }

  /** The requests that came, oldest first (at most 10 000). */
  get requests(): readonly SimulatedRequest[] {
    return this.#rest.requests;
  }

  /**
   * The requests of now that did not go well: status 400 and above, or lost. `assertEquals(discord.failedRequests, [])` at
   * the end of a test tells also of what the client has mended by itself.
   */
  get failedRequests(): readonly SimulatedRequest[] {
    return this.#rest.requests.filter(({ status }) => status === 0 || status >= 400);
  }

  /**
   * Waits for a request to a route, as `"POST", "/channels/{channel_id}/messages"`, that was answered or lost; whatever
   * its status. Gives each request once, in order, also those that came before the call.
   *
   * Throws a `TypeError` where the simulator has no such route; rejects with a `TimeoutError` when none comes.
   *
   * @example
   * ```ts
   * import { Simulator } from "@nextsnake/nextcore/testing";
   *
   * await using discord = Simulator.inMemory();
   * const headers = { authorization: `Bot ${discord.token}` };
   * const url = `${discord.baseUrl}/channels/${discord.channel.id}/typing`;
   * await discord.fetch(url, { method: "POST", headers });
   * const { status } = await discord.expectRequest("POST", "/channels/{channel_id}/typing");
   * console.log(status, discord.failedRequests.length); // 204 0
   * ```
   */
  expectRequest(method: string, route: string, options: WaitOptions = {}): Promise<SimulatedRequest> {
    this.#rest.checkRoute(`${method} ${route}`);
    return this.#expected.next(`${method} ${route}`, options);
  }

  /** How many answers Discord would count as invalid: 401, 403, and 429 of another scope than `shared`. */
  get invalidRequestCount(): number {
    return this.#rest.invalidRequestCount;
  }

  /** How many shards `GET /gateway/bot` recommends; may be changed. */
  get recommendedShards(): number {
    return this.#gateway.shards;
  }

  set recommendedShards(count: number) {
    this.#gateway.shards = positive("recommendedShards", count);
  }

  /** Makes a guild that the bots are in: GUILD_CREATE. */
  addGuild(options: GuildOptions = {}): SimulatedGuild {
    return this.#world.addGuild(options);
  }

  /** Removes a guild, or the bots from it: GUILD_DELETE. */
  removeGuild(guild: SimulatedGuild): void {
    this.#world.removeGuild(guild);
  }

  /** Makes a user; `guild.addMember` lets them in. */
  addUser(options: UserOptions = {}): SimulatedUser {
    return this.#world.addUser(options);
  }

  /** Makes another bot, with a token of its own. */
  addBot(options: BotOptions = {}): SimulatedBot {
    return this.#world.addBot(options);
  }

  /** The direct messages between a user (the first by default) and the bots. */
  directChannel(user: SimulatedUser = this.user): SimulatedChannel {
    return this.#world.directChannel(user);
  }

  /**
   * Pushes an event to every session that should get it, by shard and intents.
   *
   * The guild is taken from `guild_id`, or for GUILD_CREATE, GUILD_UPDATE and GUILD_DELETE from `id`.
   */
  dispatch(name: string, payload: object = {}): void {
    const wire: WireObject = { ...payload };
    const isGuildItself = /^GUILD_(CREATE|UPDATE|DELETE)$/.test(name);
    const id = wire.guild_id ?? (isGuildItself ? wire.id : undefined);
    this.#gateway.publish({ name, payload: wire, guildId: isSnowflake(id) ? id : undefined });
  }

  /**
   * Sets where the interactions of a bot (the first by default) go instead of over the gateway: a URL, or the function
   * that would listen there. Signed as Discord signs, with the key of {@linkcode Simulator.publicKey}.
   *
   * As at Discord, the endpoint is tried first: rejects unless it answers a ping, and refuses a wrong signature with 401.
   */
  async setInteractionsEndpoint(target: Endpoint | undefined, bot: SimulatedBot = this.bot): Promise<void> {
    this.#world.endpoints.delete(bot.id);
    if (target === undefined) return;
    const endpoint = new InteractionsEndpoint(this.#world, target);
    await endpoint.checkInteractions(bot.applicationId);
    this.#world.endpoints.set(bot.id, endpoint);
  }

  /** Sets where webhook events go, and tries it first. */
  async setWebhookEventsEndpoint(target: Endpoint | undefined): Promise<void> {
    this.#webhookEvents = undefined;
    if (target === undefined) return;
    const endpoint = new InteractionsEndpoint(this.#world, target);
    await endpoint.checkWebhookEvents(this.bot.applicationId);
    this.#webhookEvents = endpoint;
  }

  /** Sends a webhook event, as `APPLICATION_AUTHORIZED`; resolves with the status that it was answered with. */
  async sendWebhookEvent(type: string, data: object = {}): Promise<number> {
    if (this.#webhookEvents === undefined) {
      throw new TypeError("Nobody gets webhook events: call setWebhookEventsEndpoint first");
    }
    const event = { type, timestamp: this.#world.timestamp(), data };
    const payload = { version: 1, application_id: this.bot.applicationId, type: 1, event };
    const answer = await this.#webhookEvents.post(payload);
    await answer.body?.cancel();
    return answer.status;
  }

  /** Changes the limit of a route, as `"POST /channels/{channel_id}/messages"`; `null`: no limit and no headers. */
  setRateLimit(route: string, rule: RateLimitRule | null): void {
    this.#rest.setRule(route, rule);
  }

  /** Cuts every connection, rejects whoever waits, and lets nobody in any more. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as {@linkcode Simulator.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#rest.close();
    this.#expected.close();
    this.#gateway.close();
    this.#world.close();
    await this.#door.close();
  }

  #gatewayRoutes(): readonly RestRoute[] {
    const url = this.gatewayUrl;
    return [
      {
        method: "GET",
        path: "/gateway",
        isOpen: true,
        rule: null,
        handle: () => ({ status: 200, body: { url } }),
      },
      {
        method: "GET",
        path: "/gateway/bot",
        rule: null,
        handle: (call) => {
          const session_start_limit = this.#gateway.sessionStartLimit(botOf(call));
          return { status: 200, body: { url, shards: this.#gateway.shards, session_start_limit } };
        },
      },
    ];
  }
}

function gatewayLimits(options: SimulatorOptions) {
  return {
    shards: positive("shards", options.shards ?? 1),
    maxConcurrency: positive("maxConcurrency", options.maxConcurrency ?? 1),
    sessionStartTotal: positive("sessionStartTotal", options.sessionStartTotal ?? 1000),
    shardMultiple: positive("shardMultiple", options.shardMultiple ?? 1),
    heartbeatIntervalMs: positive("heartbeatIntervalMs", options.heartbeatIntervalMs ?? 41_250),
    historyLimit: positive("historyLimit", options.historyLimit ?? 10_000),
    resumeWindowMs: positive("resumeWindowMs", options.resumeWindowMs ?? 180_000),
  };
}

function botOptions({ token, privilegedIntents }: SimulatorOptions): BotOptions {
  if (token !== undefined && (typeof token !== "string" || token === "")) {
    throw new TypeError(`The token must be a text such as "a.b.c", got ${kindOf(token)}`);
  }
  return {
    ...(token === undefined ? {} : { token }),
    ...(privilegedIntents === undefined ? {} : { privilegedIntents }),
  };
}

function positive(name: string, value: number): number {
  if (typeof value === "number" && value > 0 && value < Infinity) return value;
  throw new RangeError(`${name} is ${shown(value)}: give a positive number`);
}

function firstOf<T>(values: readonly T[]): T {
  const [first] = values;
  if (first === undefined) throw new TypeError("There is none");
  return first;
}
