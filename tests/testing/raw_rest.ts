/**
 * Bare HTTP for tests of the simulator.
 *
 * @module
 */

import type { Simulator } from "../../testing/mod.ts";

/** An answer, read to its end. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON; the text of anything else. */
  readonly body: unknown;
}

/** Options of {@linkcode call}. */
export interface CallOptions {
  readonly json?: unknown;
  readonly body?: BodyInit;
  readonly headers?: Record<string, string>;
  /** `null` sends none; the simulator's own by default. */
  readonly token?: string | null;
}

/** Calls `"METHOD /path"` of the simulated API. */
export async function call(
  discord: Simulator,
  request: string,
  options: CallOptions = {},
): Promise<RawAnswer> {
  const [method = "", path = ""] = request.split(" ");
  const { json, token = discord.token } = options;
  const response = await discord.fetch(discord.baseUrl + path, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bot ${token}` }),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    body: json === undefined ? options.body ?? null : JSON.stringify(json),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** `[status, code]` of an error. */
export function codeOf({ status, body }: RawAnswer): readonly [status: number, code: unknown] {
  return [status, typeof body === "object" && body !== null && "code" in body ? body.code : undefined];
}
