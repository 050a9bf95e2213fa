import type { Authentication } from "./authentication.ts";
import type { Route } from "./route.ts";

/** The version of this library, as it introduces itself. */
export const VERSION = "0.1.0";

/** What the library calls itself; Discord asks for this form (A2.1). */
export const DEFAULT_USER_AGENT: string = `DiscordBot (https://github.com/nextsnake/nextcore, ${VERSION})`;

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The longest reason the audit log takes (A2.6). */
const MAX_REASON_LENGTH = 512;

/** What the headers of a request are made of. */
export interface RequestHeadersInit {
  /** What is asked for. */
  readonly route: Route;
  /** Who asks. */
  readonly authentication?: Authentication | undefined;
  /** Headers of the caller, which win over all others. */
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  /** For the audit log. */
  readonly reason?: string | undefined;
  /** How the client introduces itself. */
  readonly userAgent: string;
  /** The media type of the body. */
  readonly contentType: string | undefined;
}

/** Headers as pairs: `fetch` takes them as they are, where a `Headers` has to be sorted first (5 µs). */
export type HeaderList = [name: string, value: string][];

/** The headers of a request. */
export function requestHeaders(init: RequestHeadersInit): HeaderList {
  const { route, authentication, userAgent, contentType } = init;
  // Browsers ignore this one without an error.
  const list: HeaderList = [["User-Agent", userAgent]];
  if (contentType !== undefined) list.push(["Content-Type", contentType]);
  const reason = encodeReason(init.reason);
  if (reason !== undefined) list.push(["X-Audit-Log-Reason", reason]);
  // A token in the path says who asks; a second one would only be exposed, and bind the call to its limits (A2.7).
  if (authentication !== undefined && !route.hasToken) {
    for (const [name, value] of Object.entries(authentication.headers)) {
      list.push([name, checkedHeader(name, value)]);
    }
  }
  return init.headers === undefined ? list : merged(list, checkedHeaders(init.headers));
}

/** The value of a header, whose name is given in lower case; `undefined` where there is none. */
export function headerIn(list: HeaderList, name: string): string | undefined {
  return list.find(([other]) => other.toLowerCase() === name)?.[1];
}

/** The engine's message would quote the value, which may be a secret. */
function checkedHeader(name: string, value: unknown): string {
  if (!HEADER_NAME.test(name) || typeof value !== "string" || !HEADER_VALUE.test(value)) {
    throw new TypeError(
      `Cannot send a request: the authentication's header ${JSON.stringify(name)} is none: ` +
        "use letters and dashes for its name, and text without line breaks for its value",
    );
  }
  return value;
}

function checkedHeaders(headers: HeadersInit): Headers {
  try {
    return new Headers(headers);
  } catch {
    // Without the cause, which quotes the value as well.
    throw new TypeError(
      "Cannot send a request: headers must be pairs of a name with letters and dashes and a value without line breaks",
    );
  }
}

function merged(list: HeaderList, others: Headers): HeaderList {
  return [...list.filter(([name]) => !others.has(name)), ...others];
}

function encodeReason(reason: string | undefined): string | undefined {
  if (reason === undefined || reason === "") return undefined;
  if (typeof reason !== "string") throw new TypeError(`The reason must be a string, got a ${typeof reason}`);
  const { length } = [...reason];
  if (length > MAX_REASON_LENGTH) {
    throw new RangeError(`The reason has ${length} characters, the audit log takes ${MAX_REASON_LENGTH}`);
  }
  return encodeURIComponent(reason.toWellFormed());
}

/** One value of a query. Dates become ISO 8601; `undefined` and `null` are left out. */
export type QueryValue = string | number | bigint | boolean | Date | null | undefined;

/** A query: lists repeat their key. */
export type Query = URLSearchParams | Readonly<Record<string, QueryValue | readonly QueryValue[]>>;

/** Discord's API, with the version that must always be named (A1.1). */
export const DEFAULT_BASE_URL = "https://discord.com/api/v10";

/** The base of all paths, without a slash at its end; a `TypeError` where it cannot be one (A1.3). */
export function checkedBaseUrl(baseUrl: string): string {
  if (typeof baseUrl !== "string" || !URL.canParse(baseUrl)) {
    throw new TypeError(`baseUrl must be an absolute URL such as "${DEFAULT_BASE_URL}"`);
  }
  const url = new URL(baseUrl);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(`baseUrl must be an http or https URL, not ${url.protocol}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError(
      "baseUrl must not have a user name or password in it: pass headers with each request",
    );
  }
  if (url.search !== "" || url.hash !== "" || /[?#]/.test(baseUrl)) {
    throw new TypeError("baseUrl must not have a query or a hash: paths are put behind it");
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** A query as it stands in a URL, with its question mark; `""` for none (A3.4). */
export function queryString(query: Query | null | undefined): string {
  if (query === undefined || query === null) return "";
  const parameters = query instanceof URLSearchParams ? query : new URLSearchParams(entriesOf(query));
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

function entriesOf(query: Readonly<Record<string, QueryValue | readonly QueryValue[]>>): [string, string][] {
  return Object.entries(query).flatMap(([name, value]) => {
    const values: readonly QueryValue[] = isList(value) ? value : [value];
    return values.flatMap((one): [string, string][] => {
      return one === undefined || one === null ? [] : [[name, textOf(name, one)]];
    });
  });
}

function isList(value: QueryValue | readonly QueryValue[]): value is readonly QueryValue[] {
  return Array.isArray(value);
}

function textOf(name: string, value: unknown): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new TypeError(`Cannot send a request: the query's ${name} is ${value}`);
  }
  if (["string", "number", "bigint", "boolean"].includes(typeof value)) return String(value);
  throw new TypeError(
    `Cannot send a request: the query's ${name} must be text, a number, a boolean or a date`,
  );
}
