/**
 * What a route of the simulated HTTP API is, and how a path finds it.
 *
 * @module
 */

import type { SimulatedChannel } from "./channel.ts";
import type { SimulatedGuild } from "./guild.ts";
import type { RateLimitRule } from "./rate_limits.ts";
import { isSnowflake } from "./stage.ts";
import type { SimulatedBot } from "./user.ts";
import type { WireAttachment, WireObject } from "./wire.ts";
import type { World } from "./world.ts";

/** One request, for its handler. */
export interface RestCall {
  /** Everything there is. */
  readonly world: World;
  /** Values of the template's parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The query. */
  readonly query: URLSearchParams;
  /** The JSON body; `undefined` without one. */
  readonly body: unknown;
  /** Uploaded files. */
  readonly files: readonly WireAttachment[];
  /** Who asks; `undefined` on routes without authorisation. */
  readonly bot: SimulatedBot | undefined;
}

/** What a handler answers: a status and a JSON body, without a body nothing. */
export interface RestAnswer {
  /** HTTP status. */
  readonly status: number;
  /** JSON. */
  readonly body?: unknown;
}

/** A route. */
export interface RestRoute {
  /** HTTP method. */
  readonly method: string;
  /** Path with `{name}` parameters, without the version. */
  readonly path: string;
  /** Whether a bot's token is needed. By default it is. */
  readonly isOpen?: boolean;
  /** Whether the global limit does not count it (A7.2). */
  readonly isExempt?: boolean;
  /** The limit; `undefined` for the default one, `null` for none and no headers. */
  readonly rule?: RateLimitRule | null;
  /** Answers. Throws {@linkcode RestError} to refuse. */
  readonly handle: (call: RestCall) => RestAnswer;
}

/** An error answer of the API. */
export class RestError extends Error {
  override readonly name = "RestError";
  /** HTTP status. */
  readonly status: number;
  /** Discord's code. */
  readonly code: number;
  /** Discord's tree of errors. */
  readonly errors: WireObject | undefined;

  constructor(status: number, code: number, message: string, errors?: WireObject) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** Where a path leads. */
export type RouteMatch =
  | { readonly kind: "found"; readonly route: RestRoute; readonly params: Record<string, string> }
  | { readonly kind: "wrongMethod" }
  | { readonly kind: "none" };

/** Finds the route of a path (without the version). */
export function matchRoute(routes: readonly RestRoute[], method: string, path: string): RouteMatch {
  let isKnownPath = false;
  for (const route of routes) {
    const params = paramsOf(route.path, path);
    if (params === undefined) continue;
    if (route.method === method) return { kind: "found", route, params };
    isKnownPath = true;
  }
  return { kind: isKnownPath ? "wrongMethod" : "none" };
}

/** The top-level resource that separates buckets (A6.2); the interaction's or webhook's token is part of it (A6.7). */
export function majorOf({ path }: RestRoute, params: Readonly<Record<string, string>>): string {
  const name = /^\/(?:channels|guilds|webhooks)\/\{(\w+)\}/.exec(path)?.[1];
  if (name === undefined) return "";
  return `${params[name] ?? ""}/${params.webhook_token ?? params.interaction_token ?? ""}`;
}

/** The channel that the path names; 404 without one. */
export function channelOf({ world, params }: RestCall): SimulatedChannel {
  const channel = world.channel(params.channel_id ?? "");
  if (channel === undefined) throw new RestError(404, 10003, "Unknown Channel");
  return channel;
}

/** The guild that the path names; 404 without one. */
export function guildOf({ world, params }: RestCall): SimulatedGuild {
  const guild = world.guilds.get(params.guild_id ?? "");
  if (guild === undefined) throw new RestError(404, 10004, "Unknown Guild");
  return guild;
}

/** The bot that asks, on a route that needs one. */
export function botOf({ bot }: RestCall): SimulatedBot {
  if (bot === undefined) throw new RestError(401, 0, "401: Unauthorized");
  return bot;
}

/** A refused field of a body (A12.2): `path` leads to it. */
export function invalidForm(path: readonly (string | number)[], code: string, message: string): RestError {
  let tree: WireObject = { _errors: [{ code, message }] };
  for (const step of [...path].reverse()) tree = { [step]: tree };
  return new RestError(400, 50035, "Invalid Form Body", tree);
}

/** An id of the query (A17); `undefined` without one. */
export function cursorOf(query: URLSearchParams, name: string): bigint | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  if (isSnowflake(value)) return BigInt(value);
  throw invalidForm([name], "NUMBER_TYPE_COERCE", `Value "${value}" is not snowflake.`);
}

function paramsOf(template: string, path: string): Record<string, string> | undefined {
  const expected = template.split("/");
  const given = path.split("/");
  if (expected.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of expected.entries()) {
    const value = decode(given[index] ?? "");
    if (part.startsWith("{")) {
      if (value === "") return undefined;
      params[part.slice(1, -1)] = value;
    } else if (part !== value) return undefined;
  }
  return params;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
