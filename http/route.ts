import type { TemplateOf } from "./operations.ts";
import { PathTemplate } from "./path_template.ts";
import { digestOf } from "./secrets.ts";
import { shown } from "./shown.ts";

/** The methods Discord's API knows. */
export type HTTPMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A value for a place in a path. Snowflakes are strings or bigints: a number would lose digits. */
export type PathValue = string | bigint;

/** The names in braces of a path template. */
export type PathParameterName<Template extends string> = Template extends
  `${string}{${infer Name}}${infer Rest}` ? Name | PathParameterName<Rest>
  : never;

/** A value for each name in braces of a path template. */
export type PathParameters<Template extends string> = string extends Template
  ? Readonly<Record<string, PathValue>>
  : { readonly [Name in PathParameterName<Template>]: PathValue };

/** What follows the template in `new Route(…)`: the parameters may be left out only where there are none. */
export type RouteArguments<Template extends string> = [PathParameterName<Template>] extends [never]
  ? [parameters?: PathParameters<Template>, options?: RouteOptions]
  : [parameters: PathParameters<Template>, options?: RouteOptions];

/** Options of {@linkcode Route}. */
export interface RouteOptions {
  /**
   * Whether requests leave the global limit alone. By default true for the endpoints Discord exempts: interaction
   * callbacks, and the original response and follow-ups of an interaction.
   */
  readonly ignoreGlobal?: boolean | undefined;
}

/** A segment `.` or `..`, also where something in between reads `%2f` or a backslash as a slash. */
const TRAVERSAL = /(?:^|[\/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:$|[\/\\]|%2f|%5c)/i;
const NO_SECRETS: readonly string[] = [];
const METHODS: ReadonlySet<string> = new Set<HTTPMethod>(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);

/** What nearly all values are. */
const SNOWFLAKE = /^\d{1,20}$/;

/** Deleting a message is three limits: below this age, below {@linkcode OLD_MESSAGE_MS}, and older (A6.10). */
const YOUNG_MESSAGE_MS = 10_000;
const OLD_MESSAGE_MS = 14 * 24 * 60 * 60 * 1000;
/** The first moment of Discord's ids (A4.1). */
const DISCORD_EPOCH_MS = 1_420_070_400_000;

/**
 * One endpoint of the API with the ids filled in: a method, a path template and its parameters.
 *
 * The compiler knows which parameters the template needs, and for the {@linkcode Operations} of Discord's API what they
 * take and answer; any other template is as good. Values are percent-encoded. A missing, empty, extra or
 * numeric parameter, and one that is `.` or `..`, is a `TypeError` here, before anything is sent.
 *
 * @example
 * ```ts
 * import { Route } from "@nextsnake/nextcore";
 *
 * const route = new Route("GET", "/channels/{channel_id}/messages", { channel_id: "613425648685547541" });
 * console.log(route.path); // "/channels/613425648685547541/messages"
 * ```
 */
export class Route<Template extends string = string, Method extends HTTPMethod = HTTPMethod> {
  /** The HTTP method. */
  readonly method: Method;
  /** The path with names in braces; safe to show, unlike `path`. */
  readonly template: Template;
  /** Whether requests leave the global limit alone. */
  readonly ignoreGlobal: boolean;
  /** Which top-level resource the limits are counted for, such as `channels/613425648685547541`; `""` for none. */
  readonly majorKey: string;
  readonly #place: PathTemplate;
  readonly #path: string;
  readonly #secrets: readonly string[];
  readonly #messageId: bigint | undefined;

  /** Checks the parameters against the template; throws a `TypeError` that names the fault. */
  constructor(
    method: Method,
    template: Template | TemplateOf<Method>, // Inferred from the first, offered from the second.
    ...[parameters, options]: RouteArguments<Template>
  ) {
    if (!METHODS.has(method)) {
      throw new TypeError(
        `Cannot create a route: unknown method ${shown(method)}, use one of ${[...METHODS]}`,
      );
    }
    const place = PathTemplate.of(template);
    if (typeof (options?.ignoreGlobal ?? false) !== "boolean") {
      throw new TypeError(
        `Cannot create a route: ignoreGlobal is ${shown(options?.ignoreGlobal)}, it must be a boolean`,
      );
    }
    const values = checkedValues(place, parameters ?? {});
    this.method = method;
    this.template = template as Template;
    this.#place = place;
    this.#path = place.fill(values);
    this.#secrets = place.hasSecrets ? values.filter((_, index) => place.isSecret(index)) : NO_SECRETS;
    this.#messageId = place.isMessage && method === "DELETE" ? snowflake(values.at(-1)) : undefined;
    this.ignoreGlobal = options?.ignoreGlobal ?? (place.isInteractionCallback || place.isInteractionWebhook);
    this.majorKey = place.majorResource === "" ? "" : majorKeyOf(place, this.#path, values);
  }

  /** The path with the values filled in, percent-encoded. May hold a webhook or interaction token: do not log it. */
  get path(): string {
    return this.#path;
  }

  /** Values of the path that must never be shown. */
  get secrets(): readonly string[] {
    return this.#secrets;
  }

  /** Whether the path itself proves who is asking, so that no `Authorization` should go with it (A2.7). */
  get hasToken(): boolean {
    return this.#secrets.length > 0;
  }

  /** Whether this is the callback of an interaction, which must never queue behind anything (A15.2). */
  get isInteractionCallback(): boolean {
    return this.#place.isInteractionCallback;
  }

  /** Whether this is execution or management of an incoming webhook by its token. */
  get isTokenWebhook(): boolean {
    return this.#place.isTokenWebhook;
  }

  /** Whether this is Create Message, which a nonce protects from happening twice (A13.2). */
  get isCreateMessage(): boolean {
    return this.#place.isChannelMessages && this.method === "POST";
  }

  /** Whether this is Execute Webhook. */
  get isExecuteWebhook(): boolean {
    return this.#place.isWebhookExecution && this.method === "POST";
  }

  /**
   * What limits are learned for: method and template, and for deleting a message also the age of that message (B2.2).
   *
   * @param wallNow Milliseconds since the Unix epoch.
   */
  keyAt(wallNow: number): string {
    const key = this.#place.routeKey(this.method);
    if (this.#messageId === undefined) return key;
    const ageMs = wallNow - (Number(this.#messageId >> 22n) + DISCORD_EPOCH_MS);
    if (ageMs < YOUNG_MESSAGE_MS) return `${key} young`;
    return ageMs < OLD_MESSAGE_MS ? key : `${key} old`;
  }
}

/** The values in the order of the names. */
function checkedValues(place: PathTemplate, parameters: Readonly<Record<string, unknown>>): string[] {
  const { names } = place;
  for (const name of Object.keys(parameters)) {
    if (names.includes(name)) continue;
    throw new TypeError(
      `Cannot create a route: ${place.text} has no {${name}}, remove the parameter ${name}`,
    );
  }
  return names.map((name) => checkedValue(place.text, name, parameters[name]));
}

function checkedValue(template: string, name: string, value: unknown): string {
  if (typeof value === "string" && SNOWFLAKE.test(value)) return value;
  const place = `Cannot create a route: {${name}} of ${template}`;
  if (typeof value === "bigint" && value >= 0n) return String(value);
  if (typeof value === "number") {
    throw new TypeError(`${place} is a number and may have lost digits, pass a string`);
  }
  if (typeof value !== "string") {
    throw new TypeError(`${place} must be a string or a bigint, got ${kindOf(value)}`);
  }
  if (value === "") throw new TypeError(`${place} is empty`);
  if (TRAVERSAL.test(value)) {
    throw new TypeError(`${place} has a segment "." or ".." and would change the path`);
  }
  if (!value.isWellFormed()) {
    throw new TypeError(`${place} has half of a surrogate pair, pass whole characters`);
  }
  return value;
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  return value === null ? "null" : typeof value === "bigint" ? "a negative bigint" : typeof value;
}

function majorKeyOf(place: PathTemplate, path: string, values: readonly string[]): string {
  const resource = place.majorResource;
  // The path begins with the resource; behind it stands its id.
  const end = path.indexOf("/", resource.length + 2);
  const major = end === -1 ? path.slice(1) : path.slice(1, end);
  const token = resource === "webhooks" ? values.find((_, index) => place.isSecret(index)) : undefined;
  return token === undefined ? major : `${major}/${nameOfToken(token)}`;
}

/** The id that an interaction token carries in clear, or a digest: what a key may hold of it (A6.7, B2.1). */
function nameOfToken(token: string): string {
  const id = /^interaction:(\d{1,20}):/.exec(decodedOrEmpty(token))?.[1];
  return id ?? digestOf(token);
}

function decodedOrEmpty(base64: string): string {
  try {
    return atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return ""; // A webhook's token is no base64.
  }
}

function snowflake(id: string | undefined): bigint | undefined {
  return id !== undefined && SNOWFLAKE.test(id) ? BigInt(id) : undefined;
}
