/**
 * Guilds: who is in them and what they have.
 *
 * @module
 */

import { SimulatedChannel } from "./channel.ts";
import { GUILD_PRESENCES } from "./intents.ts";
import type { EventViewer, Stage } from "./stage.ts";
import type { SimulatedBot, SimulatedUser } from "./user.ts";
import type { WireMember, WireObject } from "./wire.ts";

/** Options of a new guild. */
export interface GuildOptions {
  /** Snowflake. By default guilds take turns over the shards, the first on shard 0 (for up to 12 shards). */
  id?: string;
  /** By default `guild` and a number. */
  name?: string;
  /** Names of its text channels; one called `general` by default. */
  channels?: readonly string[];
  /** Who is in it besides the bots; the simulator's first user by default. */
  members?: readonly SimulatedUser[];
}

/** Options of a new channel. */
export interface ChannelOptions {
  /** Snowflake; by default the next one. */
  id?: string;
  /** 0 text (default), 2 voice. */
  type?: number;
}

/** A guild. */
export class SimulatedGuild {
  /** Snowflake. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  readonly #stage: Stage;
  readonly #defaultUser: SimulatedUser;
  readonly #bots: () => readonly SimulatedBot[];
  readonly #channels: Map<string, SimulatedChannel> = new Map();
  readonly #members: Map<string, WireMember> = new Map();
  /** Since when there has been this guild, and everybody who was in it from the start. */
  readonly #since: string;
  #isAvailable = true;

  /** Made by `simulator.addGuild`. */
  constructor(
    stage: Stage,
    { id, name, defaultUser, bots }: {
      id: string;
      name: string;
      defaultUser: SimulatedUser;
      bots: () => readonly SimulatedBot[];
    },
  ) {
    this.id = id;
    this.name = name;
    this.#stage = stage;
    this.#defaultUser = defaultUser;
    this.#bots = bots;
    this.#since = stage.timestamp();
  }

  /** Its channels, oldest first. */
  get channels(): readonly SimulatedChannel[] {
    return [...this.#channels.values()];
  }

  /** Its members, bots included. */
  get members(): readonly WireMember[] {
    return [...this.#bots().map((bot) => this.#botMember(bot)), ...this.#members.values()];
  }

  /** Whether the guild can be reached; see {@linkcode SimulatedGuild.setAvailable}. */
  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  /** Starts (GUILD_DELETE with `unavailable`) or ends (GUILD_CREATE) an outage of this guild. */
  setAvailable(isAvailable: boolean): void {
    if (isAvailable === this.#isAvailable) return;
    this.#isAvailable = isAvailable;
    if (isAvailable) this.announce();
    else {
      const payload = { id: this.id, unavailable: true };
      this.#stage.publish({ name: "GUILD_DELETE", guildId: this.id, payload });
    }
  }

  /** Makes a channel: CHANNEL_CREATE. */
  addChannel(name: string, { id = this.#stage.nextId(), type = 0 }: ChannelOptions = {}): SimulatedChannel {
    const channel = this.placeChannel(name, { id, type });
    this.#stage.publish({ name: "CHANNEL_CREATE", guildId: this.id, payload: channel.toWire() });
    return channel;
  }

  /** Lets a user in: GUILD_MEMBER_ADD. */
  addMember(user: SimulatedUser): void {
    const member = this.placeMember(user);
    const payload: WireObject = { ...member, guild_id: this.id };
    this.#stage.publish({ name: "GUILD_MEMBER_ADD", guildId: this.id, payload });
  }

  /** Lets a user go: GUILD_MEMBER_REMOVE. */
  removeMember(user: SimulatedUser): void {
    if (!this.#members.delete(user.id)) return;
    const payload = { guild_id: this.id, user: user.toWire() };
    this.#stage.publish({ name: "GUILD_MEMBER_REMOVE", guildId: this.id, payload });
  }

  /** For the simulator: somebody changes a member: GUILD_MEMBER_UPDATE. Bots stay as they are. */
  editMember(userId: string, fields: WireObject): WireMember | undefined {
    const old = this.#members.get(userId);
    if (old === undefined) return this.member(userId);
    const member: WireMember = { ...old, ...fields, ...(old.user === undefined ? {} : { user: old.user }) };
    this.#members.set(userId, member);
    const payload: WireObject = { ...member, guild_id: this.id };
    this.#stage.publish({ name: "GUILD_MEMBER_UPDATE", guildId: this.id, payload });
    return member;
  }

  /** A channel by id. */
  channel(id: string): SimulatedChannel | undefined {
    return this.#channels.get(id);
  }

  /** A member by user id. */
  member(userId: string): WireMember | undefined {
    const bot = this.#bots().find(({ id }) => id === userId);
    return bot === undefined ? this.#members.get(userId) : this.#botMember(bot);
  }

  /** For the simulator: a channel that nobody is told about. */
  placeChannel(name: string, { id, type }: { id: string; type: number }): SimulatedChannel {
    const place = {
      guildId: this.id,
      defaultUser: this.#defaultUser,
      memberOf: (userId: string) => this.member(userId),
    };
    const channel = new SimulatedChannel(this.#stage, place, { id, name, type });
    this.#channels.set(id, channel);
    return channel;
  }

  /** For the simulator: a member that nobody is told about. */
  placeMember(user: SimulatedUser): WireMember {
    const member = memberOf(user, this.#stage.timestamp());
    this.#members.set(user.id, member);
    return member;
  }

  /** For the simulator: GUILD_CREATE to everybody. */
  announce(): void {
    this.#stage.publish({
      name: "GUILD_CREATE",
      guildId: this.id,
      payload: (viewer) => this.toCreate(viewer),
    });
  }

  /** As `GET /guilds/{guild_id}` gives it. */
  toWire(): WireObject {
    return {
      id: this.id,
      name: this.name,
      icon: null,
      splash: null,
      discovery_splash: null,
      banner: null,
      description: null,
      owner_id: this.#defaultUser.id,
      afk_channel_id: null,
      afk_timeout: 300,
      verification_level: 0,
      default_message_notifications: 0,
      explicit_content_filter: 0,
      mfa_level: 0,
      nsfw_level: 0,
      roles: this.roles(),
      emojis: [],
      stickers: [],
      features: [],
      application_id: null,
      system_channel_id: null,
      system_channel_flags: 0,
      rules_channel_id: null,
      public_updates_channel_id: null,
      safety_alerts_channel_id: null,
      vanity_url_code: null,
      premium_tier: 0,
      premium_subscription_count: 0,
      preferred_locale: "en-US",
      premium_progress_bar_enabled: false,
    };
  }

  /** As GUILD_CREATE gives it: with all members only if presences were asked for and the guild is not large (GL-5). */
  toCreate({ botId, intents, largeThreshold }: EventViewer): WireObject {
    const members = this.members;
    const own = members.find(({ user }) => user?.id === botId);
    const isLarge = members.length > largeThreshold;
    const hasAll = (intents & GUILD_PRESENCES) !== 0 && !isLarge;
    return {
      ...this.toWire(),
      joined_at: own?.joined_at ?? this.#since,
      large: isLarge,
      unavailable: false,
      member_count: members.length,
      members: members.filter((member) => hasAll || member.user?.id === botId),
      channels: this.channels.map((channel) => channel.toWire()),
      threads: [],
      voice_states: [],
      presences: [],
      stage_instances: [],
      guild_scheduled_events: [],
      soundboard_sounds: [],
    };
  }

  /** Its roles: everybody's, with every permission. */
  roles(): readonly WireObject[] {
    return [{
      id: this.id,
      name: "@everyone",
      color: 0,
      colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
      hoist: false,
      icon: null,
      unicode_emoji: null,
      position: 0,
      permissions: ALL_PERMISSIONS,
      managed: false,
      mentionable: false,
      flags: 0,
    }];
  }

  /** Bots are in every guild, from the moment on when there are both. */
  #botMember(bot: SimulatedBot): WireMember {
    return memberOf(bot, bot.since > this.#since ? bot.since : this.#since);
  }
}

function memberOf(user: SimulatedUser, joined_at: string): WireMember {
  return { user: user.toWire(), nick: null, roles: [], joined_at, deaf: false, mute: false, flags: 0 };
}

/** Every permission bit that Discord has given a meaning. */
export const ALL_PERMISSIONS: string = String((1n << 51n) - 1n);
