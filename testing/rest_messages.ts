/**
 * Messages over HTTP, and the rules that their bodies must obey.
 *
 * @module
 */

import type { SimulatedChannel } from "./channel.ts";
import {
  botOf,
  channelOf,
  cursorOf,
  invalidForm,
  type RestCall,
  RestError,
  type RestRoute,
} from "./rest_route.ts";
import { isWireObject, type WireMessage, type WireObject } from "./wire.ts";
import { forgetOldest } from "./world.ts";

const MAX_CONTENT = 2000;
const MAX_EMBEDS = 10;
const MAX_NONCE = 25;
const MAX_PAGE = 100;
const DEFAULT_PAGE = 50;
/** How long a nonce is remembered ("a few minutes"), and how many. */
const NONCE_MS = 180_000;
const MAX_NONCES = 10_000;
/** What a body may set on a message. */
const COPIED_FIELDS = ["embeds", "components", "tts", "flags", "nonce", "poll"] as const;
const MESSAGE_BODY_FIELDS = ["content", "embeds", "components", "sticker_ids", "poll"] as const;

interface NonceEntry {
  readonly messageId: string;
  readonly at: number;
}

/** The routes below `/channels/{channel_id}` that a bot needs. */
export function messageRoutes(): readonly RestRoute[] {
  const nonces: Map<string, NonceEntry> = new Map();
  const messages = "/channels/{channel_id}/messages";
  const message = `${messages}/{message_id}`;
  return [
    { method: "GET", path: "/channels/{channel_id}", handle: (call) => ok(channelOf(call).toWire()) },
    {
      method: "POST",
      path: messages,
      rule: { limit: 5, windowMs: 5000, kind: "sliding" },
      handle: (call) => ok(createMessage(call, nonces)),
    },
    { method: "GET", path: messages, handle: (call) => ok(page(channelOf(call), call.query)) },
    { method: "GET", path: message, handle: (call) => ok(messageOf(call)) },
    {
      method: "PATCH",
      path: message,
      rule: { limit: 5, windowMs: 5000, kind: "sliding" },
      handle: (call) => ok(editMessage(call)),
    },
    {
      method: "DELETE",
      path: message,
      rule: { limit: 5, windowMs: 1000, kind: "sliding" },
      handle: deleteMessage,
    },
    {
      method: "POST",
      path: "/channels/{channel_id}/typing",
      handle: (call) => (channelOf(call), { status: 204 }),
    },
    ...["PUT", "DELETE"].map((method) => ({
      method,
      path: `${message}/reactions/{emoji_name}/@me`,
      rule: { limit: 1, windowMs: 250, kind: "fixed", bucket: "reactions" } as const,
      handle: react,
    })),
    { method: "POST", path: "/users/@me/channels", handle: (call) => ok(openDirectChannel(call)) },
  ];
}

/** The fields that a body sets on a message; refuses what Discord refuses. */
export function messageFields({ body, files }: Pick<RestCall, "body" | "files">, isEdit = false): WireObject {
  if (!isWireObject(body)) {
    if (files.length > 0) return {};
    throw new RestError(400, 50006, "Cannot send an empty message");
  }
  checkContent(body);
  const hasSomething = files.length > 0 || MESSAGE_BODY_FIELDS.some((field) => isFilled(body[field]));
  const isForward = isWireObject(body.message_reference) && body.message_reference.type === 1;
  if (!hasSomething && !isEdit && !isForward) throw new RestError(400, 50006, "Cannot send an empty message");
  const fields: WireObject = {};
  for (const field of COPIED_FIELDS) {
    if (body[field] !== undefined && body[field] !== null) fields[field] = body[field];
  }
  if (isWireObject(body.message_reference)) {
    fields.message_reference = body.message_reference;
    fields.type = isForward ? 0 : 19;
  }
  return fields;
}

/** The text of a body. */
export function contentOf(body: unknown): string {
  return isWireObject(body) && typeof body.content === "string" ? body.content : "";
}

function checkContent({ content, nonce, embeds }: WireObject): void {
  if (content !== undefined && content !== null && typeof content !== "string") {
    throw invalidForm(["content"], "STRING_TYPE_CONVERT", "Could not interpret as string.");
  }
  if (typeof content === "string" && [...content].length > MAX_CONTENT) {
    const message = `Must be ${MAX_CONTENT} or fewer in length.`;
    throw invalidForm(["content"], "BASE_TYPE_MAX_LENGTH", message);
  }
  if (nonce !== undefined && nonce !== null && String(nonce).length > MAX_NONCE) {
    throw invalidForm(["nonce"], "NONCE_TYPE_TOO_LONG", `Must be ${MAX_NONCE} or fewer in length.`);
  }
  if (embeds === undefined || embeds === null) return;
  if (!Array.isArray(embeds)) {
    throw invalidForm(["embeds"], "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
  }
  if (embeds.length > MAX_EMBEDS) {
    throw invalidForm(["embeds"], "BASE_TYPE_MAX_LENGTH", `Must be ${MAX_EMBEDS} or fewer in length.`);
  }
  const wrong = embeds.findIndex((embed) => !isWireObject(embed));
  if (wrong >= 0) {
    throw invalidForm(
      ["embeds", wrong],
      "MODEL_TYPE_CONVERT",
      "Only dictionaries may be used in a ModelType",
    );
  }
}

/** POST: with `enforce_nonce` a repeat gives the first message again (A13.2). */
function createMessage(call: RestCall, nonces: Map<string, NonceEntry>): WireMessage {
  const channel = channelOf(call);
  const bot = botOf(call);
  const fields = messageFields(call);
  const isEnforced = isWireObject(call.body) && call.body.enforce_nonce === true &&
    fields.nonce !== undefined;
  const key = `${bot.id}/${channel.id}/${fields.nonce}`;
  const now = call.world.clock.now();
  const known = nonces.get(key);
  if (isEnforced && known !== undefined && now - known.at < NONCE_MS) {
    const first = channel.message(known.messageId);
    if (first === undefined) throw new RestError(404, 10008, "Unknown Message");
    return first;
  }
  const attachments = [...call.files];
  const message = channel.add({ author: bot, content: contentOf(call.body), attachments, fields });
  if (isEnforced) nonces.set(key, { messageId: message.id, at: now });
  forgetOldest(nonces, MAX_NONCES);
  return message;
}

function editMessage(call: RestCall): WireMessage {
  const old = messageOf(call);
  if (old.author.id !== botOf(call).id) {
    throw new RestError(403, 50005, "Cannot edit a message authored by another user");
  }
  const fields = messageFields(call, true);
  return channelOf(call).edit(old.id, editedFields(call, old, fields)) ?? old;
}

/** What an edit changes: `null` empties the text, files are added to those that are kept (A14.2). */
export function editedFields(
  { body, files }: Pick<RestCall, "body" | "files">,
  old: WireMessage,
  fields: WireObject,
): WireObject {
  const result: WireObject = { ...fields };
  if (isWireObject(body) && body.content !== undefined) result.content = contentOf(body);
  const kept = isWireObject(body) && Array.isArray(body.attachments)
    ? old.attachments.filter(({ id }) =>
      [body.attachments].flat().some((one) => isWireObject(one) && one.id === id)
    )
    : old.attachments;
  result.attachments = [...kept, ...files];
  return result;
}

function deleteMessage(call: RestCall): { status: number } {
  channelOf(call).delete(messageOf(call).id);
  return { status: 204 };
}

function react(call: RestCall): { status: number } {
  messageOf(call);
  const emoji = call.params.emoji_name ?? "";
  const isCustom = /^\w+:\d+$/.test(emoji);
  if (!isCustom && !/\p{Extended_Pictographic}|[\u20e3]|\p{Regional_Indicator}/u.test(emoji)) {
    throw new RestError(400, 10014, "Unknown Emoji");
  }
  return { status: 204 };
}

function openDirectChannel({ body, world }: RestCall): WireObject {
  const id = isWireObject(body) ? String(body.recipient_id) : "";
  const user = world.users.get(id);
  if (user === undefined) {
    throw invalidForm(
      ["recipient_id"],
      "NUMBER_TYPE_COERCE",
      `Value "${id}" is not the snowflake of a user.`,
    );
  }
  return world.directChannel(user).toWire();
}

function messageOf(call: RestCall): WireMessage {
  const message = channelOf(call).message(call.params.message_id ?? "");
  if (message === undefined) throw new RestError(404, 10008, "Unknown Message");
  return message;
}

/** Newest first, also with `after` (A17). */
function page(channel: SimulatedChannel, query: URLSearchParams): readonly WireMessage[] {
  const limit = Number(query.get("limit") ?? DEFAULT_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    const message = `int value should be between 1 and ${MAX_PAGE}.`;
    throw invalidForm(["limit"], "NUMBER_TYPE_MAX", message);
  }
  const all = channel.messages;
  const [before, after, around] = ["before", "after", "around"].map((name) => cursorOf(query, name));
  if (before !== undefined) return all.filter(({ id }) => BigInt(id) < before).slice(-limit).reverse();
  if (after !== undefined) return all.filter(({ id }) => BigInt(id) > after).slice(0, limit).reverse();
  if (around !== undefined) {
    const place = all.findIndex(({ id }) => BigInt(id) >= around);
    const start = Math.max(0, place - Math.floor(limit / 2));
    return all.slice(start, start + limit).reverse();
  }
  return all.slice(-limit).reverse();
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" &&
    !(Array.isArray(value) && value.length === 0);
}

function ok(body: unknown): { status: number; body: unknown } {
  return { status: 200, body };
}
