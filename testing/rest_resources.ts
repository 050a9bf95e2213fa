/**
 * Guilds, users, applications and their commands over HTTP.
 *
 * @module
 */

import { PUBLIC_KEY } from "./interactions_endpoint.ts";
import {
  botOf,
  cursorOf,
  guildOf,
  invalidForm,
  type RestAnswer,
  type RestCall,
  RestError,
  type RestRoute,
} from "./rest_route.ts";
import type { SimulatedBot } from "./user.ts";
import { isWireObject, type WireMember, type WireObject } from "./wire.ts";

const MAX_COMMANDS = 100;
const MAX_MEMBERS = 1000;

/** The routes that read what there is. */
export function resourceRoutes(): readonly RestRoute[] {
  const guild = "/guilds/{guild_id}";
  return [
    { method: "GET", path: guild, handle: (call) => ok(guildOf(call).toWire()) },
    {
      method: "GET",
      path: `${guild}/channels`,
      handle: (call) => ok(guildOf(call).channels.map((channel) => channel.toWire())),
    },
    { method: "POST", path: `${guild}/channels`, handle: createChannel },
    { method: "GET", path: `${guild}/roles`, handle: (call) => ok(guildOf(call).roles()) },
    { method: "GET", path: `${guild}/members`, handle: (call) => ok(members(call)) },
    { method: "GET", path: `${guild}/members/{user_id}`, handle: (call) => ok(memberOf(call)) },
    { method: "PATCH", path: `${guild}/members/{user_id}`, handle: editMember },
    {
      method: "PUT",
      path: `${guild}/members/{user_id}/roles/{role_id}`,
      rule: { limit: 10, windowMs: 10_000, kind: "fixed" },
      handle: (call) => (memberOf(call), { status: 204 }),
    },
    { method: "GET", path: "/users/@me", handle: (call) => ok(self(botOf(call))) },
    {
      method: "GET",
      path: "/users/@me/guilds",
      handle: (call) => ok([...call.world.guilds.values()].map(partial)),
    },
    { method: "GET", path: "/users/{user_id}", handle: user },
    { method: "GET", path: "/applications/@me", handle: (call) => ok(application(botOf(call))) },
    { method: "GET", path: "/oauth2/applications/@me", handle: (call) => ok(application(botOf(call))) },
  ];
}

/** The routes of an application's commands: everywhere, and in one guild. */
export function commandRoutes(): readonly RestRoute[] {
  return [
    "/applications/{application_id}/commands",
    "/applications/{application_id}/guilds/{guild_id}/commands",
  ]
    .flatMap((commands) => [
      { method: "GET", path: commands, handle: (call: RestCall) => ok([...commandsOf(call).values()]) },
      { method: "POST", path: commands, handle: createCommand },
      { method: "PUT", path: commands, handle: replaceCommands },
      { method: "GET", path: `${commands}/{command_id}`, handle: (call: RestCall) => ok(commandOf(call)) },
      { method: "PATCH", path: `${commands}/{command_id}`, handle: editCommand },
      { method: "DELETE", path: `${commands}/{command_id}`, handle: deleteCommand },
    ]);
}

function createChannel(call: RestCall): RestAnswer {
  const { body } = call;
  if (!isWireObject(body) || typeof body.name !== "string" || body.name === "") {
    throw invalidForm(["name"], "BASE_TYPE_REQUIRED", "This field is required");
  }
  const type = typeof body.type === "number" ? body.type : 0;
  return { status: 201, body: guildOf(call).addChannel(body.name, { type }).toWire() };
}

/** Ascending by user id; one by default (A17). */
function members(call: RestCall): readonly WireMember[] {
  const limit = Number(call.query.get("limit") ?? 1);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_MEMBERS) {
    throw invalidForm(["limit"], "NUMBER_TYPE_MAX", `int value should be between 1 and ${MAX_MEMBERS}.`);
  }
  const after = cursorOf(call.query, "after") ?? 0n;
  const all = [...guildOf(call).members].sort((one, other) => idOf(one) < idOf(other) ? -1 : 1);
  return all.filter((member) => idOf(member) > after).slice(0, limit);
}

function idOf({ user }: WireMember): bigint {
  return BigInt(user?.id ?? 0);
}

function memberOf(call: RestCall): WireMember {
  const id = call.params.user_id === "@me" ? botOf(call).id : call.params.user_id ?? "";
  const member = guildOf(call).member(id);
  if (member === undefined) throw new RestError(404, 10007, "Unknown Member");
  return member;
}

function editMember(call: RestCall): RestAnswer {
  const id = memberOf(call).user?.id ?? "";
  const member = guildOf(call).editMember(id, isWireObject(call.body) ? call.body : {});
  return ok(member);
}

function user({ world, params }: RestCall): RestAnswer {
  const found = world.findUser(params.user_id ?? "");
  if (found === undefined) throw new RestError(404, 10013, "Unknown User");
  return ok(found);
}

function self(bot: SimulatedBot): WireObject {
  return { ...bot.toWire(), verified: true, mfa_enabled: true, email: null, flags: 0, locale: "en-US" };
}

function partial({ id, name }: { id: string; name: string }): WireObject {
  return { id, name, icon: null, banner: null, owner: false, permissions: "0", features: [] };
}

function application(bot: SimulatedBot): WireObject {
  return {
    id: bot.applicationId,
    name: bot.username,
    icon: null,
    description: "",
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: PUBLIC_KEY,
    flags: 0,
    flags_new: "0",
    team: null,
    owner: null,
    bot: bot.toWire(),
  };
}

function createCommand(call: RestCall): RestAnswer {
  const commands = commandsOf(call);
  const draft = commandDraft(call.body, []);
  const known = [...commands.values()].find((command) => isNamesake(command, draft));
  if (known === undefined && commands.size >= MAX_COMMANDS) {
    throw new RestError(400, 30032, `Maximum number of application commands reached (${MAX_COMMANDS}).`);
  }
  const command = completeCommand(call, draft, known?.id ?? call.world.nextId());
  commands.set(command.id, command);
  return { status: known === undefined ? 201 : 200, body: command };
}

function replaceCommands(call: RestCall): RestAnswer {
  if (!Array.isArray(call.body)) {
    throw invalidForm([], "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
  }
  const commands = commandsOf(call);
  const old = [...commands.values()];
  const drafts = call.body.map((body: unknown, index) => commandDraft(body, [index]));
  commands.clear();
  for (const draft of drafts) {
    const id = old.find((command) => isNamesake(command, draft))?.id ?? call.world.nextId();
    commands.set(id, completeCommand(call, draft, id));
  }
  return ok([...commands.values()]);
}

function editCommand(call: RestCall): RestAnswer {
  const old = commandOf(call);
  const command = { ...old, ...(isWireObject(call.body) ? call.body : {}), id: old.id };
  commandsOf(call).set(old.id, command);
  return ok(command);
}

function deleteCommand(call: RestCall): RestAnswer {
  commandsOf(call).delete(commandOf(call).id);
  return { status: 204 };
}

function commandDraft(body: unknown, path: readonly (string | number)[]): WireObject & { name: string } {
  const name = isWireObject(body) ? body.name : undefined;
  if (typeof name !== "string" || !isWireObject(body)) {
    throw invalidForm([...path, "name"], "BASE_TYPE_REQUIRED", "This field is required");
  }
  if (!/^[-_'\p{L}\p{N} ]{1,32}$/u.test(name)) {
    throw invalidForm([...path, "name"], "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
  }
  return { ...body, name };
}

function completeCommand(
  call: RestCall,
  draft: WireObject & { name: string },
  id: string,
): WireObject & { id: string; name: string } {
  return {
    type: 1,
    description: "",
    default_member_permissions: null,
    nsfw: false,
    ...draft,
    id,
    application_id: botOf(call).applicationId,
    ...(call.params.guild_id === undefined ? {} : { guild_id: call.params.guild_id }),
    version: call.world.nextId(),
  };
}

/** Commands of one name may differ in type: one to type, one for users, one for messages. */
function isNamesake(one: WireObject, other: WireObject): boolean {
  return one.name === other.name && (one.type ?? 1) === (other.type ?? 1);
}

function commandsOf(call: RestCall): SimulatedBot["commands"] {
  const bot = botOf(call);
  if (call.params.application_id !== bot.applicationId) {
    throw new RestError(403, 20012, "You are not authorized to perform this action on this application");
  }
  const { guild_id } = call.params;
  if (guild_id === undefined) return bot.commands;
  if (!call.world.guilds.has(guild_id)) throw new RestError(403, 50001, "Missing Access");
  const commands = bot.guildCommands.get(guild_id) ?? new Map();
  bot.guildCommands.set(guild_id, commands);
  return commands;
}

function commandOf(call: RestCall): WireObject & { id: string; name: string } {
  const command = commandsOf(call).get(call.params.command_id ?? "");
  if (command === undefined) throw new RestError(404, 10063, "Unknown application command");
  return command;
}

function ok(body: unknown): RestAnswer {
  return { status: 200, body };
}
