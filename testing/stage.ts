/**
 * What guilds, channels and users need of the world they are in.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import type { InteractOptions, SimulatedInteraction, UseCommandOptions } from "./interaction.ts";
import type { WireChannel, WireObject, WireUser } from "./wire.ts";

/** Who looks at an event. */
export interface EventViewer {
  /** The bot's user id. */
  readonly botId: string;
  /** What it asked for. */
  readonly intents: number;
  /** Above so many members a guild is not sent whole (GL-5). */
  readonly largeThreshold: number;
}

/** Something that happened, on its way to the sessions. */
export interface WorldEvent {
  /** As in the gateway's `t`. */
  readonly name: string;
  /** The gateway's `d`, where it depends on who looks as a function. */
  readonly payload: WireObject | ((viewer: EventViewer) => WireObject);
  /** Where it happened; without it the event goes to shard 0. */
  readonly guildId?: string | undefined;
  /** Only for the bot with this user id. */
  readonly botId?: string | undefined;
}

/** The world, as its parts see it. */
export interface Stage {
  /** Everything's time. */
  readonly clock: Clock;
  /** A snowflake of now, higher than every one before. */
  nextId(): string;
  /** Now, as ISO 8601. */
  timestamp(): string;
  /** Tells every session that should know. */
  publish(event: WorldEvent): void;
  /** A user or bot, wherever they are. */
  findUser(id: string): WireUser | undefined;
  /** A user uses a slash command. */
  useCommand(place: CommandPlace, name: string, options: UseCommandOptions): SimulatedInteraction;
  /** A user uses a command, a component or a form. */
  interact(place: CommandPlace, options: InteractOptions): SimulatedInteraction;
}

/** The channel in which a command is used. */
export interface CommandPlace {
  /** Snowflake. */
  readonly id: string;
  /** Its guild. */
  readonly guildId: string | undefined;
  /** As Discord sends it. */
  toWire(): WireChannel;
}

/** Milliseconds of the first snowflake since the Unix epoch (A4.1). */
const DISCORD_EPOCH = 1_420_070_400_000n;
/** Snowflakes in one millisecond. */
const PER_MILLISECOND = 22n;
/** Guilds are made one millisecond apart from here on: divisible by every shard count up to 12, so they fall evenly. */
const FIRST_GUILD_AT = 27_720n * 10_000_000n;

/** Makes ids. */
export class Snowflakes {
  readonly #clock: Clock;
  #last = 0n;
  #guilds = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A snowflake of now, higher than every one before. */
  next(): string {
    const now = (BigInt(Math.floor(this.#clock.wallNow())) - DISCORD_EPOCH) << PER_MILLISECOND;
    this.#last = now > this.#last ? now : this.#last + 1n;
    return this.#last.toString();
  }

  /** The id of the next guild: with n shards (n up to 12) the guilds take turns, the first on shard 0. */
  nextGuild(): string {
    return ((FIRST_GUILD_AT + this.#guilds++) << PER_MILLISECOND).toString();
  }
}

/** Whether `value` is an id as Discord writes them (A3.3). */
export function isSnowflake(value: unknown): value is string {
  return typeof value === "string" && /^\d{1,20}$/.test(value);
}

/** The shard that a guild is on (SH-1). */
export function shardOf(guildId: string, shardCount: number): number {
  return Number((BigInt(guildId) >> PER_MILLISECOND) % BigInt(shardCount));
}
