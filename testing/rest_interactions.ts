/**
 * Answers to interactions: the callback, the original response and follow-ups (A15).
 *
 * @module
 */

import type { SimulatedInteraction } from "./interaction.ts";
import { contentOf, editedFields, messageFields } from "./rest_messages.ts";
import { invalidForm, type RestAnswer, type RestCall, RestError, type RestRoute } from "./rest_route.ts";
import { isWireObject, type WireMessage, type WireObject } from "./wire.ts";

const CALLBACK_WITHIN_MS = 3000;
const TOKEN_LIFE_MS = 900_000;
const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
const CALLBACK_TYPES = [1, 4, 5, 6, 7, 8, 9, 10, 12, 13];
const WEBHOOK_RULE = { limit: 5, windowMs: 2000, kind: "sliding" } as const;

/** The routes of interaction tokens: none needs authorisation, none counts globally (A7.2). */
export function interactionRoutes(): readonly RestRoute[] {
  const hook = "/webhooks/{application_id}/{interaction_token}";
  const original = `${hook}/messages/@original`;
  const message = `${hook}/messages/{message_id}`;
  const open = { isOpen: true, isExempt: true, rule: WEBHOOK_RULE };
  return [
    {
      method: "POST",
      path: "/interactions/{interaction_id}/{interaction_token}/callback",
      isOpen: true,
      isExempt: true,
      rule: null,
      handle: callback,
    },
    {
      method: "GET",
      path: original,
      ...open,
      handle: (call) => ({ status: 200, body: originalOf(call).message }),
    },
    { method: "PATCH", path: original, ...open, handle: editOriginal },
    { method: "DELETE", path: original, ...open, handle: deleteOriginal },
    { method: "POST", path: hook, ...open, handle: followUp },
    { method: "GET", path: message, ...open, handle: (call) => ({ status: 200, body: messageOf(call) }) },
    { method: "PATCH", path: message, ...open, handle: editFollowUp },
    { method: "DELETE", path: message, ...open, handle: deleteFollowUp },
  ];
}

function callback(call: RestCall): RestAnswer {
  const { params, world, query } = call;
  const interaction = world.interactions.get(params.interaction_token ?? "");
  const isLate = interaction === undefined || world.clock.now() - interaction.usedAt > CALLBACK_WITHIN_MS;
  if (isLate || interaction.id !== params.interaction_id) {
    throw new RestError(404, 10062, "Unknown interaction");
  }
  const type = acknowledge(call, interaction);
  if (query.get("with_response") !== "true") return { status: 204 };
  const resource = interaction.original === undefined
    ? {}
    : { resource: { type, message: interaction.original } };
  return { status: 200, body: { interaction: { id: interaction.id, type: interaction.type }, ...resource } };
}

/** What of a call an answer is made of. */
export type AnswerCall = Pick<RestCall, "body" | "files" | "world">;

/** Takes the answer to an interaction, from a callback or from the response of an endpoint; gives its type. */
export function acknowledge(call: AnswerCall, interaction: SimulatedInteraction): number {
  const { body } = call;
  const type = isWireObject(body) ? body.type : undefined;
  if (typeof type !== "number" || !CALLBACK_TYPES.includes(type)) {
    throw invalidForm(["type"], "BASE_TYPE_CHOICES", `Value must be one of (${CALLBACK_TYPES.join(", ")}).`);
  }
  if (interaction.callbackType !== undefined) {
    throw new RestError(400, 40060, "Interaction has already been acknowledged.");
  }
  const data = isWireObject(body) && isWireObject(body.data) ? body.data : {};
  const message = type === 4 ? post(call, interaction, data) : undefined;
  const original = message ?? originalAfter(type, call, interaction, data);
  interaction.callbackType = type;
  interaction.original = original;
  interaction.note({ type, data, ...(message === undefined ? {} : { message }) });
  return type;
}

/** What `@original` is after an answer that is no message: a deferred one, or the component's. */
function originalAfter(
  type: number,
  call: AnswerCall,
  interaction: SimulatedInteraction,
  data: WireObject,
): WireMessage | undefined {
  if (type === 5) return loading(call, interaction, data);
  const { source } = interaction;
  if (type !== 7 || source === undefined) return type === 6 ? source : undefined;
  const fields = editedFields(
    { body: data, files: call.files },
    source,
    messageFields({ body: data, files: call.files }, true),
  );
  return call.world.channel(interaction.channelId)?.edit(source.id, fields) ?? { ...source, ...fields };
}

/** The first follow-up after a deferred answer becomes that answer. */
function followUp(call: RestCall): RestAnswer {
  const interaction = interactionOf(call);
  const isLoading = ((interaction.original?.flags ?? 0) & LOADING) !== 0;
  if (isLoading) return editOriginal(call);
  const data = isWireObject(call.body) ? call.body : {};
  const message = post(call, interaction, data);
  interaction.note({ type: 0, data, message });
  return { status: 200, body: message };
}

function editOriginal(call: RestCall): RestAnswer {
  const { interaction, message: old } = originalOf(call);
  const fields = editedFields(call, old, messageFields(call, true));
  const flags = old.flags & ~LOADING;
  const channel = call.world.channel(interaction.channelId);
  const isHidden = (old.flags & EPHEMERAL) !== 0;
  const isFirst = (old.flags & LOADING) !== 0;
  let message: WireMessage = { ...old, ...fields, flags, edited_timestamp: call.world.timestamp() };
  // A deferred answer becomes a message only now.
  if (isFirst && channel !== undefined) {
    const { content, attachments, ...rest } = message;
    message = channel.add({ author: interaction.bot, content, attachments, fields: rest }, isHidden);
  } else if (!isHidden) message = channel?.edit(old.id, { ...fields, flags }) ?? message;
  interaction.original = message;
  interaction.note({ type: 0, data: isWireObject(call.body) ? call.body : {}, message });
  return { status: 200, body: message };
}

function deleteOriginal(call: RestCall): RestAnswer {
  const { interaction, message } = originalOf(call);
  call.world.channel(interaction.channelId)?.delete(message.id);
  interaction.original = undefined;
  return { status: 204 };
}

function editFollowUp(call: RestCall): RestAnswer {
  const interaction = interactionOf(call);
  const old = messageOf(call);
  const fields = editedFields(call, old, messageFields(call, true));
  const message = call.world.channel(interaction.channelId)?.edit(old.id, fields) ?? old;
  interaction.note({ type: 0, data: isWireObject(call.body) ? call.body : {}, message });
  return { status: 200, body: message };
}

function deleteFollowUp(call: RestCall): RestAnswer {
  const interaction = interactionOf(call);
  call.world.channel(interaction.channelId)?.delete(messageOf(call).id);
  return { status: 204 };
}

function post(call: AnswerCall, interaction: SimulatedInteraction, data: WireObject): WireMessage {
  const { channelId, bot, id } = interaction;
  const fields = {
    ...messageFields({ body: data, files: call.files }),
    ...originFields(interaction),
    type: 20,
  };
  const channel = call.world.channel(channelId);
  if (channel === undefined) throw new RestError(404, 10003, "Unknown Channel");
  const isHidden = (Number(data.flags ?? 0) & EPHEMERAL) !== 0;
  const draft = { author: bot, content: contentOf(data), attachments: [...call.files], fields };
  return channel.add({
    ...draft,
    fields: { ...fields, interaction_metadata: { id, type: interaction.type } },
  }, isHidden);
}

/** What `@original` is until the bot has something to say. */
function loading({ world }: AnswerCall, interaction: SimulatedInteraction, data: WireObject): WireMessage {
  const flags = (Number(data.flags ?? 0) & EPHEMERAL) | LOADING;
  const channel = world.channel(interaction.channelId);
  if (channel === undefined) throw new RestError(404, 10003, "Unknown Channel");
  const fields = { ...originFields(interaction), type: 20, flags };
  return channel.add({ author: interaction.bot, content: "", fields }, true);
}

function originFields({ bot, id, type }: SimulatedInteraction): WireObject {
  return {
    application_id: bot.applicationId,
    webhook_id: bot.applicationId,
    interaction_metadata: { id, type },
  };
}

function interactionOf({ world, params }: RestCall): SimulatedInteraction {
  const interaction = world.interactions.get(params.interaction_token ?? "");
  if (interaction === undefined || interaction.bot.applicationId !== params.application_id) {
    throw new RestError(404, 10015, "Unknown Webhook");
  }
  if (world.clock.now() - interaction.usedAt > TOKEN_LIFE_MS) {
    throw new RestError(401, 50027, "Invalid Webhook Token");
  }
  // What the bot's endpoint has not answered has no webhook yet (A10.3).
  const isUnanswered = interaction.callbackType === undefined && world.endpoints.has(interaction.bot.id);
  if (isUnanswered) throw new RestError(404, 10015, "Unknown Webhook");
  return interaction;
}

function originalOf(call: RestCall): { interaction: SimulatedInteraction; message: WireMessage } {
  const interaction = interactionOf(call);
  const message = interaction.original;
  if (message === undefined) throw new RestError(404, 10008, "Unknown Message");
  return { interaction, message };
}

function messageOf(call: RestCall): WireMessage {
  const message = call.world.channel(interactionOf(call).channelId)?.message(call.params.message_id ?? "");
  if (message === undefined) throw new RestError(404, 10008, "Unknown Message");
  return message;
}
