import { digestOf } from "./digest.ts";
import type { Route } from "./route.ts";

/** How long a webhook that does not exist is not asked for again (A10.3). */
const DEAD_WEBHOOK_MS = 10 * 60 * 1000;
const MAX_ENTRIES = 1000;
const UNKNOWN_WEBHOOK = 10015;

/** What is known to be refused, so that it need not be asked: each refusal brings a block nearer. */
export class KnownRefusals {
  readonly #credentials = new Set<string>();
  /** Until when which webhooks count as gone. */
  readonly #webhooks = new Map<string, number>();

  /** The status a request would get; `undefined` where it may succeed. */
  statusOf(route: Route, authorization: string | null, now: number): 401 | 404 | undefined {
    if (authorization !== null && this.#credentials.has(credentialKey(route, authorization))) return 401;
    const until = route.isTokenWebhook ? this.#webhooks.get(route.majorKey) : undefined;
    return until !== undefined && now < until ? 404 : undefined;
  }

  /** Learns from an answer (A10.2, A10.3). */
  note(route: Route, authorization: string | null, status: number, code: number, now: number): void {
    if (status === 401 && authorization !== null && !route.hasToken) {
      this.#credentials.add(credentialKey(route, authorization));
      const [oldest] = this.#credentials;
      if (this.#credentials.size > MAX_ENTRIES && oldest !== undefined) this.#credentials.delete(oldest);
    }
    if (status === 404 && code === UNKNOWN_WEBHOOK && route.isTokenWebhook) {
      this.#webhooks.delete(route.majorKey);
      this.#webhooks.set(route.majorKey, now + DEAD_WEBHOOK_MS);
      const [oldest] = this.#webhooks.keys();
      if (this.#webhooks.size > MAX_ENTRIES && oldest !== undefined) this.#webhooks.delete(oldest);
    }
  }
}

/** A bot's token is good or not; a user's grant can lack a scope for one route only. */
function credentialKey(route: Route, authorization: string): string {
  const digest = digestOf(authorization);
  return /^bot /i.test(authorization) ? digest : `${digest} ${route.method} ${route.template}`;
}
