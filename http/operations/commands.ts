/**
 * Commands of applications: what can be asked for, and what with.
 *
 * @module
 */
import type { DiscordApplicationCommand, DiscordGuildApplicationCommandPermissions } from "../../discord.ts";

/** Commands, everywhere and in one guild, and who may use them. */
export interface CommandOperations {
  /** The commands everywhere. */
  "GET /applications/{application_id}/commands": {
    response: DiscordApplicationCommand[];
    query: ListCommandsQuery;
  };
  /** Replaces all commands everywhere. */
  "PUT /applications/{application_id}/commands": {
    response: DiscordApplicationCommand[];
    body: readonly CommandUpdateBody[];
  };
  /** Makes a command everywhere, or replaces the one of its name. */
  "POST /applications/{application_id}/commands": { response: DiscordApplicationCommand; body: CommandBody };
  /** A command. */
  "GET /applications/{application_id}/commands/{command_id}": { response: DiscordApplicationCommand };
  /** Deletes a command. */
  "DELETE /applications/{application_id}/commands/{command_id}": { response: undefined };
  /** Changes a command. */
  "PATCH /applications/{application_id}/commands/{command_id}": {
    response: DiscordApplicationCommand;
    body: CommandPatchBody;
  };
  /** The commands in a guild. */
  "GET /applications/{application_id}/guilds/{guild_id}/commands": {
    response: DiscordApplicationCommand[];
    query: ListCommandsQuery;
  };
  /** Replaces all commands in a guild. */
  "PUT /applications/{application_id}/guilds/{guild_id}/commands": {
    response: DiscordApplicationCommand[];
    body: readonly CommandUpdateBody[];
  };
  /** Makes a command in a guild, or replaces the one of its name. */
  "POST /applications/{application_id}/guilds/{guild_id}/commands": {
    response: DiscordApplicationCommand;
    body: CommandBody;
  };
  /** Who may use the commands in a guild. */
  "GET /applications/{application_id}/guilds/{guild_id}/commands/permissions": {
    response: DiscordGuildApplicationCommandPermissions[];
  };
  /** A command in a guild. */
  "GET /applications/{application_id}/guilds/{guild_id}/commands/{command_id}": {
    response: DiscordApplicationCommand;
  };
  /** Deletes a command in a guild. */
  "DELETE /applications/{application_id}/guilds/{guild_id}/commands/{command_id}": { response: undefined };
  /** Changes a command in a guild. */
  "PATCH /applications/{application_id}/guilds/{guild_id}/commands/{command_id}": {
    response: DiscordApplicationCommand;
    body: CommandPatchBody;
  };
  /** Who may use a command in a guild. */
  "GET /applications/{application_id}/guilds/{guild_id}/commands/{command_id}/permissions": {
    response: DiscordGuildApplicationCommandPermissions;
  };
  /** Sets who may use a command in a guild. */
  "PUT /applications/{application_id}/guilds/{guild_id}/commands/{command_id}/permissions": {
    response: DiscordGuildApplicationCommandPermissions;
    body: SetCommandPermissionsBody;
  };
}

/** How much to tell of commands. */
export interface ListCommandsQuery {
  /** Whether with all translations. */
  readonly with_localizations?: boolean | null | undefined;
}

/** Translations, by locale. */
export type LocalizationsBody = Readonly<Record<string, string>>;

/** What to change of a command. */
export interface CommandPatchBody {
  /** At most 32 characters; lower case where it is written after a slash. */
  readonly name?: string | undefined;
  /** Translations of the name. */
  readonly name_localizations?: LocalizationsBody | null | undefined;
  /** At most 100 characters; none for commands of users and messages. */
  readonly description?: string | null | undefined;
  /** Translations of the description. */
  readonly description_localizations?: LocalizationsBody | null | undefined;
  /** What is asked for, at most 25; what must be given comes first. */
  readonly options?: readonly CommandOptionBody[] | null | undefined;
  /** Permission bits, as text: who may use it at first. */
  readonly default_member_permissions?: string | number | null | undefined;
  /** Whether it is there in direct messages; use `contexts`. */
  readonly dm_permission?: boolean | null | undefined;
  /** Where it can be used: 0 guilds, 1 direct messages with the bot, 2 other direct messages. */
  readonly contexts?: readonly number[] | null | undefined;
  /** Where it is installed: 0 guilds, 1 users. */
  readonly integration_types?: readonly number[] | null | undefined;
  /** Who answers an entry point: 1 the bot, 2 Discord starts the activity. */
  readonly handler?: number | null | undefined;
  /** Whether it is for adults. */
  readonly nsfw?: boolean | null | undefined;
}

/** A new command. */
export interface CommandBody extends CommandPatchBody {
  /** At most 32 characters; lower case where it is written after a slash. */
  readonly name: string;
  /** 1 after a slash, 2 of users, 3 of messages, 4 entry point; 1 by default. */
  readonly type?: number | null | undefined;
}

/** A command, with its id where it is there already. */
export interface CommandUpdateBody extends CommandBody {
  /** The id. */
  readonly id?: string | null | undefined;
}

/** Something that a command asks for. */
export interface CommandOptionBody {
  /**
   * 1 command below, 2 group of commands, 3 text, 4 integer, 5 boolean, 6 user, 7 channel, 8 role, 9
   * mentionable, 10 number, 11 file.
   */
  readonly type: number;
  /** At most 32 characters, lower case. */
  readonly name: string;
  /** Translations of the name. */
  readonly name_localizations?: LocalizationsBody | null | undefined;
  /** At most 100 characters. */
  readonly description: string;
  /** Translations of the description. */
  readonly description_localizations?: LocalizationsBody | null | undefined;
  /** Whether it must be given. */
  readonly required?: boolean | null | undefined;
  /** What the command below asks for, or which commands the group has. */
  readonly options?: readonly CommandOptionBody[] | null | undefined;
  /** What can be chosen, at most 25; anything without it. */
  readonly choices?: readonly CommandChoiceBody[] | null | undefined;
  /** Whether the bot suggests values. */
  readonly autocomplete?: boolean | null | undefined;
  /** Which kinds of channels. */
  readonly channel_types?: readonly number[] | null | undefined;
  /** The smallest number. */
  readonly min_value?: number | null | undefined;
  /** The largest number. */
  readonly max_value?: number | null | undefined;
  /** The shortest text. */
  readonly min_length?: number | null | undefined;
  /** The longest text. */
  readonly max_length?: number | null | undefined;
}

/** Something that can be chosen. */
export interface CommandChoiceBody {
  /** What is shown, at most 100 characters. */
  readonly name: string;
  /** Translations of the name. */
  readonly name_localizations?: LocalizationsBody | null | undefined;
  /** What comes back. */
  readonly value: string | number;
}

/** Who may use a command. */
export interface SetCommandPermissionsBody {
  /** Whom it is said for, at most 100. */
  readonly permissions?: readonly CommandPermissionBody[] | null | undefined;
}

/** Whether somebody may use a command. */
export interface CommandPermissionBody {
  /** A role, a user or a channel. */
  readonly id: string;
  /** 1 a role, 2 a user, 3 a channel. */
  readonly type: number;
  /** Whether they may. */
  readonly permission: boolean;
}
