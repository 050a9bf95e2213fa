import { isRecord } from "./interaction_payload.ts";

/**
 * Something happened to an application, sent to its webhook events URL
 * (https://docs.discord.com/developers/events/webhook-events). It may come more than once.
 */
export interface WebhookEvent {
  /** The application. */
  readonly application_id: string;
  /** Its name, such as `APPLICATION_AUTHORIZED` or `ENTITLEMENT_CREATE`. */
  readonly type: string;
  /** When it happened, as ISO 8601. */
  readonly timestamp: string;
  /** What it is about; its shape depends on the type. */
  readonly data: unknown;
}

/** What a webhook events URL gets. */
export type WebhookPayload =
  /** Discord tries the URL. */
  | { readonly type: "ping" }
  /** Something happened. */
  | { readonly type: "event"; readonly event: WebhookEvent };

const PING = 0;
const EVENT = 1;

/** Reads what comes to a webhook events URL; `undefined` for anything else. */
export function webhookPayloadOf(payload: unknown): WebhookPayload | undefined {
  if (!isRecord(payload) || "token" in payload) return undefined;
  const { type, event, application_id } = payload;
  if (type === PING) return { type: "ping" };
  if (type !== EVENT || !isRecord(event) || typeof application_id !== "string") return undefined;
  const { type: name, timestamp, data } = event;
  if (typeof name !== "string" || name === "" || typeof timestamp !== "string") return undefined;
  return { type: "event", event: { application_id, type: name, timestamp, data } };
}
