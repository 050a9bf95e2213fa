/**
 * A server that answers as a test tells it to.
 *
 * @module
 */

import { BotAuthentication, HTTPClient, type HTTPClientOptions, Route } from "../../http/mod.ts";
import { VirtualClock } from "../../testing/mod.ts";

/** A request as it was sent. */
export interface Sent {
  readonly at: number;
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
  readonly signal: AbortSignal | undefined;
}

/** What becomes of one request: an answer, nothing at all, or an error. */
export type Answer =
  | Response
  | Error
  | "silence"
  | Promise<Response>
  | ((sent: Sent) => Response | Promise<Response>);

/** Answers requests in the order they come, then by the last answer again. */
export class ScriptedServer {
  readonly clock: VirtualClock = new VirtualClock();
  readonly sent: Sent[] = [];
  readonly http: HTTPClient;
  readonly #answers: Answer[];

  constructor(answers: readonly Answer[], options: HTTPClientOptions = {}) {
    this.#answers = [...answers];
    this.http = new HTTPClient({ clock: this.clock, random: () => 0.5, fetch: this.fetch, ...options });
  }

  readonly fetch = (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const sent: Sent = {
      at: this.clock.now(),
      url: String(input),
      method: init.method ?? "GET",
      headers: new Headers(init.headers),
      body: init.body,
      signal: init.signal ?? undefined,
    };
    this.sent.push(sent);
    const [answer] = this.#answers;
    if (this.#answers.length > 1) this.#answers.shift();
    if (answer === undefined || answer === "silence") return silence(sent);
    if (answer instanceof Error) return Promise.reject(answer);
    if (typeof answer === "function") return Promise.resolve(answer(sent));
    return answer instanceof Response ? Promise.resolve(answer.clone()) : answer;
  };
}

function silence({ signal }: Sent): Promise<Response> {
  const { promise, reject } = Promise.withResolvers<Response>();
  if (signal?.aborted) reject(signal.reason);
  signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}

/** Headers of a bucket. */
export function limitHeaders(
  limit: number,
  remaining: number,
  resetAfterSeconds: number,
  bucket = "b",
): Record<string, string> {
  return {
    "X-RateLimit-Limit": String(limit),
    "X-RateLimit-Remaining": String(remaining),
    "X-RateLimit-Reset-After": String(resetAfterSeconds),
    "X-RateLimit-Bucket": bucket,
  };
}

/** A refusal for the rate. */
export function tooMany(retry_after: number, headers: Record<string, string> = {}): Response {
  return Response.json({ message: "You are being rate limited.", retry_after, global: false }, {
    status: 429,
    headers: { "X-RateLimit-Scope": "user", ...headers },
  });
}

/** Who asks in tests. */
export const authentication: BotAuthentication = new BotAuthentication(
  "MTIzNDU2Nzg5MDEyMzQ1Njc4.secret.of-the-bot-in-tests",
);

/** A route on one channel; order does not matter there. */
export function channelRoute(channel_id = "1"): Route {
  return new Route("GET", "/channels/{channel_id}", { channel_id });
}

/** Posting a message to one channel. */
export function messageRoute(channel_id = "1"): Route {
  return new Route("POST", "/channels/{channel_id}/messages", { channel_id });
}
