/**
 * Everything that exists: guilds, channels, users, bots and the interactions between them.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import { SimulatedChannel } from "./channel.ts";
import { ALL_PERMISSIONS, type GuildOptions, SimulatedGuild } from "./guild.ts";
import { PRIVILEGED } from "./intents.ts";
import {
  type InteractionAnswer,
  type InteractOptions,
  SimulatedInteraction,
  type UseCommandOptions,
} from "./interaction.ts";
import { Mailbox } from "./mailbox.ts";
import { type CommandPlace, Snowflakes, type Stage, type WorldEvent } from "./stage.ts";
import { botIdOf, type BotOptions, SimulatedBot, SimulatedUser, tokenFor, type UserOptions } from "./user.ts";
import type { WireObject, WireUser } from "./wire.ts";

/** Interactions that are remembered; the oldest go first. */
const MAX_INTERACTIONS = 10_000;
const EVERY_FILE_BYTES = 10_485_760;

/** Where an application gets its interactions instead of over the gateway. */
export interface InteractionSink {
  /** Sends one there. */
  deliver(interaction: SimulatedInteraction, payload: WireObject): void;
}

/** The state of the simulated Discord. Who should hear of a change is somebody else's business: see `publish`. */
export class World implements Stage {
  readonly clock: Clock;
  readonly publish: (event: WorldEvent) => void;
  readonly guilds: Map<string, SimulatedGuild> = new Map();
  readonly users: Map<string, SimulatedUser> = new Map();
  readonly bots: SimulatedBot[] = [];
  readonly directChannels: Map<string, SimulatedChannel> = new Map();
  readonly interactions: Map<string, SimulatedInteraction> = new Map();
  /** Endpoints of applications, by the bot's id. */
  readonly endpoints: Map<string, InteractionSink> = new Map();
  readonly #ids: Snowflakes;
  readonly #firstUser: SimulatedUser;
  #isClosed = false;

  constructor(clock: Clock, publish: (event: WorldEvent) => void) {
    this.clock = clock;
    this.publish = publish;
    this.#ids = new Snowflakes(clock);
    this.#firstUser = this.addUser({ username: "tester" });
  }

  get firstUser(): SimulatedUser {
    return this.#firstUser;
  }

  nextId(): string {
    return this.#ids.next();
  }

  timestamp(): string {
    return new Date(this.clock.wallNow()).toISOString().replace("Z", "000+00:00");
  }

  findUser(id: string): WireUser | undefined {
    return (this.users.get(id) ?? this.bots.find((bot) => bot.id === id))?.toWire();
  }

  addUser(
    { id = this.nextId(), username = `user${this.users.size + 1}`, isBot = false }: UserOptions = {},
  ): SimulatedUser {
    const user = new SimulatedUser(id, username, isBot);
    this.users.set(id, user);
    return user;
  }

  addBot(
    { token, id, username = `bot${this.bots.length + 1}`, privilegedIntents }: BotOptions = {},
  ): SimulatedBot {
    const botId = id ?? (token === undefined ? undefined : botIdOf(token)) ?? this.nextId();
    const secret = token ?? tokenFor(botId);
    const bot = new SimulatedBot(botId, username, secret, privilegedIntents ?? PRIVILEGED, this.timestamp());
    if (this.bots.some((other) => other.token === bot.token)) {
      throw new TypeError("Another bot already has this token: give each bot its own");
    }
    this.bots.push(bot);
    return bot;
  }

  addGuild(options: GuildOptions = {}): SimulatedGuild {
    const { id = this.#ids.nextGuild(), name = `guild${this.guilds.size + 1}` } = options;
    if (this.guilds.has(id)) throw new TypeError(`There already is a guild ${id}: give another id`);
    const guild = new SimulatedGuild(this, { id, name, defaultUser: this.#firstUser, bots: () => this.bots });
    for (const channel of options.channels ?? ["general"]) {
      guild.placeChannel(channel, { id: this.nextId(), type: 0 });
    }
    for (const member of options.members ?? [this.#firstUser]) guild.placeMember(member);
    this.guilds.set(id, guild);
    guild.announce();
    return guild;
  }

  removeGuild(guild: SimulatedGuild): void {
    if (!this.guilds.delete(guild.id)) return;
    this.publish({ name: "GUILD_DELETE", guildId: guild.id, payload: { id: guild.id } });
    for (const channel of guild.channels) channel.close();
  }

  /** The direct messages between a user and the bots. */
  directChannel(user: SimulatedUser): SimulatedChannel {
    const known = this.directChannels.get(user.id);
    if (known !== undefined) return known;
    const place = { recipient: user, defaultUser: user, memberOf: () => undefined };
    const channel = new SimulatedChannel(this, place, { id: this.nextId(), name: "", type: 1 });
    this.directChannels.set(user.id, channel);
    return channel;
  }

  channel(id: string): SimulatedChannel | undefined {
    for (const guild of this.guilds.values()) {
      const channel = guild.channel(id);
      if (channel !== undefined) return channel;
    }
    return [...this.directChannels.values()].find((channel) => channel.id === id);
  }

  /** A user uses a slash command. */
  useCommand(channel: CommandPlace, name: string, options: UseCommandOptions = {}): SimulatedInteraction {
    const { options: given = [], ...rest } = options;
    const bot = options.bot ?? this.bots[0];
    const known = [bot?.commands, ...bot?.guildCommands.values() ?? []].flatMap((
      commands,
    ) => [...commands?.values() ?? []]);
    const command = known.find((one) => one.name === name);
    const data = { id: command?.id ?? this.nextId(), name, type: 1, options: given };
    return this.interact(channel, { ...rest, type: 2, data });
  }

  /** A user uses a command, a component or a form: INTERACTION_CREATE to its bot, or a request to its endpoint. */
  interact(channel: CommandPlace, options: InteractOptions): SimulatedInteraction {
    const { bot = this.bots[0], type, message } = options;
    if (bot === undefined) throw new TypeError("There is no bot that could have a command: add one");
    if (this.#isClosed) throw new TypeError("The simulator is closed: make a new one");
    const id = this.nextId();
    const name = typeof options.data.name === "string" ? `/${options.data.name}` : `interaction ${id}`;
    const interaction = new SimulatedInteraction({
      id,
      token: urlSafe(btoa(`interaction:${id}:simulated-${this.interactions.size}`)),
      type,
      bot,
      source: message,
      channelId: channel.id,
      usedAt: this.clock.now(),
      answers: new Mailbox<InteractionAnswer>(this.clock, `answer to ${name}`),
    });
    this.interactions.set(interaction.token, interaction);
    forgetOldest(this.interactions, MAX_INTERACTIONS);
    const payload = this.#interactionPayload(interaction, channel, options);
    const endpoint = this.endpoints.get(bot.id);
    if (endpoint !== undefined) endpoint.deliver(interaction, payload);
    else this.publish({ name: "INTERACTION_CREATE", guildId: channel.guildId, botId: bot.id, payload });
    return interaction;
  }

  close(): void {
    this.#isClosed = true;
    for (const guild of this.guilds.values()) for (const channel of guild.channels) channel.close();
    for (const channel of this.directChannels.values()) channel.close();
    for (const interaction of this.interactions.values()) interaction.close();
  }

  #interactionPayload(
    { id, token, type, bot }: SimulatedInteraction,
    channel: CommandPlace,
    { user = this.#firstUser, data, message, locale = "en-US" }: InteractOptions,
  ): WireObject {
    const guild = channel.guildId === undefined ? undefined : this.guilds.get(channel.guildId);
    const member = guild?.member(user.id);
    return {
      id,
      application_id: bot.applicationId,
      type,
      token,
      version: 1,
      data,
      ...(message === undefined ? {} : { message }),
      channel_id: channel.id,
      channel: channel.toWire(),
      locale,
      context: guild === undefined ? 1 : 0,
      app_permissions: ALL_PERMISSIONS,
      attachment_size_limit: EVERY_FILE_BYTES,
      entitlements: [],
      authorizing_integration_owners: guild === undefined ? {} : { "0": guild.id },
      ...(guild === undefined ? { user: user.toWire() } : {
        guild_id: guild.id,
        guild: { id: guild.id, locale: "en-US", features: [] },
        guild_locale: "en-US",
        member: { ...member, user: user.toWire(), permissions: ALL_PERMISSIONS },
      }),
    };
  }
}

/** Drops what was put in first until at most `limit` entries are left. */
export function forgetOldest(map: Map<unknown, unknown>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}

function urlSafe(base64: string): string {
  return base64.replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
}
