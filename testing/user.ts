/**
 * People, as a test moves them.
 *
 * @module
 */

import type { WireUser } from "./wire.ts";

/** Options of a new user. */
export interface UserOptions {
  /** Snowflake; by default the next one. */
  id?: string;
  /** By default `user` and a number. */
  username?: string;
  /** Whether the user is a bot (not one of the simulator's). */
  isBot?: boolean;
}

/** A user of the simulated Discord. */
export class SimulatedUser {
  /** Snowflake. */
  readonly id: string;
  /** Unique name. */
  readonly username: string;
  /** Whether a bot. */
  readonly isBot: boolean;

  /** Made by `simulator.addUser`. */
  constructor(id: string, username: string, isBot: boolean) {
    this.id = id;
    this.username = username;
    this.isBot = isBot;
  }

  /** How the user is written in a message that mentions them. */
  get mention(): string {
    return `<@${this.id}>`;
  }

  /** As Discord sends it. */
  toWire(): WireUser {
    return {
      id: this.id,
      username: this.username,
      global_name: this.isBot ? null : this.username,
      discriminator: this.isBot ? "0001" : "0",
      avatar: null,
      bot: this.isBot,
      public_flags: 0,
    };
  }
}

/** Options of a new bot. */
export interface BotOptions {
  /** Its secret. By default one that names the bot's user id, as Discord's do. */
  token?: string;
  /** Snowflake; by default what the token names, else the next one. */
  id?: string;
  /** By default `bot` and a number. */
  username?: string;
  /** The intents that this bot may ask for, of the privileged ones. All by default; see close code 4014. */
  privilegedIntents?: number;
}

/** A registered command, as it is on the wire. */
export interface SimulatedCommand {
  /** Snowflake. */
  id: string;
  /** Its name. */
  name: string;
  /** Whatever else it has. */
  [field: string]: unknown;
}

/** A bot of the simulated Discord, and its application. */
export class SimulatedBot extends SimulatedUser {
  /** What it logs in with. */
  readonly token: string;
  /** Snowflake of the application. The same as the user's. */
  readonly applicationId: string;
  /** Since when there has been this bot, as ISO 8601. */
  readonly since: string;
  /** The privileged intents that it may ask for. May be changed. */
  privilegedIntents: number;
  /** Whether the token still works: Discord resets it when the identify budget is spent (ID-6). */
  isTokenValid = true;
  /** The commands that are registered everywhere, by id. */
  readonly commands: Map<string, SimulatedCommand> = new Map();
  /** Those of single guilds, by the guild's id and their own. */
  readonly guildCommands: Map<string, Map<string, SimulatedCommand>> = new Map();

  /** Made by `simulator.addBot`. */
  constructor(id: string, username: string, token: string, privilegedIntents: number, since: string) {
    super(id, username, true);
    this.token = token;
    this.applicationId = id;
    this.privilegedIntents = privilegedIntents;
    this.since = since;
  }
}

/** The user id that a token names in its first part (B2.3), if it does. */
export function botIdOf(token: string): string | undefined {
  try {
    const id = atob(token.split(".")[0]?.replaceAll("-", "+").replaceAll("_", "/") ?? "");
    return /^\d{15,20}$/.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

/** A token as Discord would make it, though a useless one. */
export function tokenFor(botId: string): string {
  return `${btoa(botId).replaceAll("=", "")}.c2ltdWxhdGVk.not-a-real-token-just-for-a-simulator`;
}
