import type { Authentication } from "./authentication.ts";
import type { Route } from "./route.ts";

/** The version of this library, as it introduces itself. */
export const VERSION = "0.1.0";

/** What the library calls itself; Discord asks for this form (A2.1). */
export const DEFAULT_USER_AGENT: string = `DiscordBot (https://github.com/nextsnake/nextcore, ${VERSION})`;

/** The longest reason the audit log takes (A2.6). */
const MAX_REASON_LENGTH = 512;

/** What the headers of a request are made of. */
export interface RequestHeadersInit {
  /** What is asked for. */
  readonly route: Route;
  /** Who asks. */
  readonly authentication?: Authentication | undefined;
  /** Headers of the caller, which win over all others. */
  readonly headers?: HeadersInit | undefined;
  /** For the audit log. */
  readonly reason?: string | undefined;
  /** How the client introduces itself. */
  readonly userAgent: string;
  /** The media type of the body. */
  readonly contentType: string | undefined;
}

/** The headers of a request. */
export function requestHeaders(init: RequestHeadersInit): Headers {
  const { route, authentication, reason, userAgent, contentType } = init;
  const headers = new Headers();
  // Browsers ignore this one without an error.
  headers.set("User-Agent", userAgent);
  if (contentType !== undefined) headers.set("Content-Type", contentType);
  const encodedReason = encodeReason(reason);
  if (encodedReason !== undefined) headers.set("X-Audit-Log-Reason", encodedReason);
  // A token in the path says who asks; a second one would only be exposed, and bind the call to its limits (A2.7).
  if (authentication !== undefined && !route.hasToken) {
    for (const [name, value] of Object.entries(authentication.headers)) headers.set(name, value);
  }
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
  return headers;
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
export function queryString(query: Query | undefined): string {
  const parameters = query instanceof URLSearchParams ? query : new URLSearchParams(entriesOf(query ?? {}));
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
