import {
  type Authentication,
  type CommandBody,
  type CommandUpdateBody,
  type DiscordApplication,
  type DiscordApplicationCommand,
  type HTTPClient,
  Route,
} from "../http/mod.ts";
import { checkObject } from "../http/option_checks.ts";
import { type CommandDefaults, commandKey, type CommandScope, isSameCommand } from "./command_comparison.ts";
import { isRecord } from "./interaction_payload.ts";

/** Options of {@linkcode syncCommands}. */
export interface SyncCommandsOptions {
  /** Who asks: the bot, or a bearer with the scope `applications.commands.update`. */
  readonly authentication: Authentication;
  /** Whose commands they are. */
  readonly applicationId: string | bigint;
  /**
   * What `GET /applications/@me` says of it. With it, a command that leaves out `integration_types` is compared with
   * where the application can be installed; without it, such a command keeps those it had.
   */
  readonly application?: Pick<DiscordApplication, "integration_types_config"> | undefined;
  /** The guild that they are for; everywhere without it. */
  readonly guildId?: string | bigint | undefined;
  /** All commands that there are to be, as Discord takes them. What is not among them is deleted. */
  readonly commands: readonly CommandBody[];
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

/** What {@linkcode syncCommands} did. */
export interface CommandSync {
  /** Whether anything was sent. */
  readonly isChanged: boolean;
  /** Names of commands that are new. */
  readonly created: readonly string[];
  /** Names of commands that have changed. */
  readonly updated: readonly string[];
  /** Names of commands that are gone. */
  readonly deleted: readonly string[];
  /** Names of commands that were as they are. */
  readonly unchanged: readonly string[];
  /** What Discord has now. */
  readonly commands: readonly DiscordApplicationCommand[];
}

/** Opens an activity. Discord makes it, and refuses to lose it by a list without it (50240). */
const ENTRY_POINT = 4;

/**
 * Registers commands, only when they are not as Discord has them: one request to look, and one to replace them all where
 * something differs.
 *
 * What Discord adds by itself is no difference. A left out `integration_types` is what the application is set to, and
 * compared where `application` says what that is. A left out `handler` is not compared: to take one back, write the other
 * one. An entry point command that is not among those wanted stays.
 *
 * Rejects with the errors of `HTTPClient.request`; a `BadRequestError` says in `errors` which command Discord refused.
 *
 * @throws {TypeError} When a command has no name, or two have the same name and type.
 *
 * @example
 * ```ts
 * import { BotAuthentication, HTTPClient } from "@nextsnake/nextcore";
 * import { syncCommands } from "@nextsnake/nextcore/interactions";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * await using discord = Simulator.inMemory({ token: "a.b.c" });
 * await using http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
 * const options = {
 *   authentication: new BotAuthentication("a.b.c"),
 *   applicationId: discord.bot.applicationId,
 *   commands: [{ name: "ping", description: "Answers with pong" }],
 * };
 * console.log((await syncCommands(http, options)).created); // ["ping"]
 * console.log((await syncCommands(http, options)).isChanged); // false
 * ```
 */
export async function syncCommands(http: HTTPClient, options: SyncCommandsOptions): Promise<CommandSync> {
  checkOptions(http, options);
  const { authentication, applicationId, guildId, commands, signal } = options;
  const defaults = defaultsOf(options);
  const scope: CommandScope = guildId === undefined ? "global" : "guild";
  const registered = await registeredCommands(http, options);
  const known = new Map(registered.map((command) => [commandKey(command), command]));
  const wanted = new Map(commands.map((command) => [commandKey(command), command]));
  const isKnown = (command: CommandBody): boolean => known.has(commandKey(command));
  const isSame = (command: CommandBody): boolean =>
    isSameCommand(command, known.get(commandKey(command)), scope, defaults);
  const rest = registered.filter((command) => !wanted.has(commandKey(command)));
  const kept = rest.filter(({ type }) => Number(type) === ENTRY_POINT);
  const deleted = namesOf(rest.filter((command) => !kept.includes(command)));
  const created = namesOf(commands.filter((command) => !isKnown(command)));
  const updated = namesOf(commands.filter((command) => isKnown(command) && !isSame(command)));
  const unchanged = [...namesOf(commands.filter(isSame)), ...namesOf(kept)];
  const isChanged = created.length + updated.length + deleted.length > 0;
  if (!isChanged) return { isChanged, created, updated, deleted, unchanged, commands: registered };
  const json = [...commands, ...kept.map(bodyOf)];
  const request = { authentication, json, signal };
  const answer = guildId === undefined
    ? await http.request(
      new Route("PUT", "/applications/{application_id}/commands", { application_id: applicationId }),
      request,
    )
    : await http.request(
      new Route("PUT", "/applications/{application_id}/guilds/{guild_id}/commands", {
        application_id: applicationId,
        guild_id: guildId,
      }),
      request,
    );
  return { isChanged, created, updated, deleted, unchanged, commands: checkedList(await answer.json()) };
}

async function registeredCommands(
  http: HTTPClient,
  { authentication, applicationId, guildId, signal }: SyncCommandsOptions,
): Promise<DiscordApplicationCommand[]> {
  const request = { authentication, query: { with_localizations: true }, signal };
  const answer = guildId === undefined
    ? await http.request(
      new Route("GET", "/applications/{application_id}/commands", { application_id: applicationId }),
      request,
    )
    : await http.request(
      new Route("GET", "/applications/{application_id}/guilds/{guild_id}/commands", {
        application_id: applicationId,
        guild_id: guildId,
      }),
      request,
    );
  return checkedList(await answer.json());
}

function checkOptions(http: HTTPClient, options: SyncCommandsOptions): void {
  if (typeof http?.request !== "function") {
    throw new TypeError("Cannot register commands: the first argument must be an HTTPClient");
  }
  checkObject("The options", options, "{ authentication, applicationId, commands }");
  const { authentication, application, commands } = options;
  checkObject("authentication", authentication, "new BotAuthentication(token)");
  if (application !== undefined) {
    checkObject("application", application, "what GET /applications/@me answers");
  }
  checkCommands(commands);
}

function defaultsOf({ application }: SyncCommandsOptions): CommandDefaults {
  const config: unknown = application?.integration_types_config;
  return isRecord(config) ? { integration_types: Object.keys(config).map(Number) } : {};
}

function checkCommands(commands: readonly CommandBody[]): void {
  if (!Array.isArray(commands)) throw new TypeError("commands must be a list of commands");
  const seen = new Set<string>();
  for (const [index, command] of commands.entries()) {
    if (!isRecord(command) || typeof command.name !== "string" || command.name === "") {
      throw new TypeError(
        `commands[${index}] has no name: a command is an object such as { name, description }`,
      );
    }
    const key = commandKey(command);
    if (seen.has(key)) {
      throw new TypeError(`Two commands are called ${JSON.stringify(command.name)}: give one`);
    }
    seen.add(key);
  }
}

function checkedList(commands: unknown): DiscordApplicationCommand[] {
  if (
    Array.isArray(commands) &&
    commands.every((command) => isRecord(command) && typeof command.name === "string")
  ) {
    return commands;
  }
  throw new TypeError("Discord answered with something else than a list of commands");
}

function namesOf(commands: readonly { readonly name: string }[]): string[] {
  return commands.map(({ name }) => name);
}

/** A registered command as it is sent: without what Discord adds by itself. */
function bodyOf(command: DiscordApplicationCommand): CommandUpdateBody {
  const sent: Record<string, unknown> = { ...command };
  for (const field of ["application_id", "guild_id", "version", "name_localized", "description_localized"]) {
    delete sent[field];
  }
  return { ...sent, name: command.name };
}
