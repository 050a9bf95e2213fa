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
