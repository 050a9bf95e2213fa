/**
 * Which session may see which event (gateway-protocol §14).
 *
 * @module
 */

import type { EventViewer } from "./stage.ts";
import { isWireObject, type WireObject } from "./wire.ts";

/** Bits of the intents that the simulator itself asks for. */
const BIT = {
  guilds: 1 << 0,
  members: 1 << 1,
  moderation: 1 << 2,
  expressions: 1 << 3,
  integrations: 1 << 4,
  webhooks: 1 << 5,
  invites: 1 << 6,
  voiceStates: 1 << 7,
  presences: 1 << 8,
  messages: 1 << 9,
  reactions: 1 << 10,
  typing: 1 << 11,
  directMessages: 1 << 12,
  directReactions: 1 << 13,
  directTyping: 1 << 14,
  messageContent: 1 << 15,
  scheduledEvents: 1 << 16,
  autoModerationRules: 1 << 20,
  autoModerationActions: 1 << 21,
  polls: 1 << 24,
  directPolls: 1 << 25,
} as const;

/** GUILDS: without it no guild is streamed. */
export const GUILDS: number = BIT.guilds;
/** GUILD_MEMBERS. */
export const GUILD_MEMBERS: number = BIT.members;
/** GUILD_PRESENCES. */
export const GUILD_PRESENCES: number = BIT.presences;
/** The bits that Discord grants only on request. */
export const PRIVILEGED: number = BIT.members | BIT.presences | BIT.messageContent;
/** Every assigned bit; any other is answered by 4013. */
export const ASSIGNED: number = Object.values(BIT).reduce((all, bit) => all | bit, 0);

/** The events of a bit in guilds, and of one in direct messages. An event that is missing here needs no intent. */
const RULES: readonly (readonly [guild: number, direct: number, names: string])[] = [
  [
    BIT.guilds,
    0,
    "GUILD_CREATE GUILD_UPDATE GUILD_DELETE GUILD_ROLE_CREATE GUILD_ROLE_UPDATE GUILD_ROLE_DELETE CHANNEL_CREATE " +
    "CHANNEL_UPDATE CHANNEL_DELETE THREAD_CREATE THREAD_UPDATE THREAD_DELETE THREAD_LIST_SYNC " +
    "THREAD_MEMBER_UPDATE STAGE_INSTANCE_CREATE STAGE_INSTANCE_UPDATE STAGE_INSTANCE_DELETE " +
    "VOICE_CHANNEL_STATUS_UPDATE VOICE_CHANNEL_START_TIME_UPDATE",
  ],
  [BIT.guilds, BIT.directMessages, "CHANNEL_PINS_UPDATE"],
  [BIT.guilds | BIT.members, 0, "THREAD_MEMBERS_UPDATE"],
  [BIT.members, 0, "GUILD_MEMBER_ADD GUILD_MEMBER_UPDATE GUILD_MEMBER_REMOVE"],
  [BIT.moderation, 0, "GUILD_AUDIT_LOG_ENTRY_CREATE GUILD_BAN_ADD GUILD_BAN_REMOVE"],
  [
    BIT.expressions,
    0,
    "GUILD_EMOJIS_UPDATE GUILD_STICKERS_UPDATE GUILD_SOUNDBOARD_SOUND_CREATE GUILD_SOUNDBOARD_SOUND_UPDATE " +
    "GUILD_SOUNDBOARD_SOUND_DELETE GUILD_SOUNDBOARD_SOUNDS_UPDATE",
  ],
  [
    BIT.integrations,
    0,
    "GUILD_INTEGRATIONS_UPDATE INTEGRATION_CREATE INTEGRATION_UPDATE INTEGRATION_DELETE",
  ],
  [BIT.webhooks, 0, "WEBHOOKS_UPDATE"],
  [BIT.invites, 0, "INVITE_CREATE INVITE_DELETE"],
  [BIT.voiceStates, 0, "VOICE_STATE_UPDATE VOICE_CHANNEL_EFFECT_SEND"],
  [BIT.presences, 0, "PRESENCE_UPDATE"],
  [BIT.messages, BIT.directMessages, "MESSAGE_CREATE MESSAGE_UPDATE MESSAGE_DELETE MESSAGE_DELETE_BULK"],
  [
    BIT.reactions,
    BIT.directReactions,
    "MESSAGE_REACTION_ADD MESSAGE_REACTION_REMOVE MESSAGE_REACTION_REMOVE_ALL MESSAGE_REACTION_REMOVE_EMOJI",
  ],
  [BIT.typing, BIT.directTyping, "TYPING_START"],
  [
    BIT.scheduledEvents,
    0,
    "GUILD_SCHEDULED_EVENT_CREATE GUILD_SCHEDULED_EVENT_UPDATE GUILD_SCHEDULED_EVENT_DELETE " +
    "GUILD_SCHEDULED_EVENT_USER_ADD GUILD_SCHEDULED_EVENT_USER_REMOVE",
  ],
  [
    BIT.autoModerationRules,
    0,
    "AUTO_MODERATION_RULE_CREATE AUTO_MODERATION_RULE_UPDATE AUTO_MODERATION_RULE_DELETE",
  ],
  [BIT.autoModerationActions, 0, "AUTO_MODERATION_ACTION_EXECUTION"],
  [BIT.polls, BIT.directPolls, "MESSAGE_POLL_VOTE_ADD MESSAGE_POLL_VOTE_REMOVE"],
];

const NEEDED: ReadonlyMap<string, { readonly guild: number; readonly direct: number }> = new Map(
  RULES.flatMap(([guild, direct, names]) =>
    names.split(" ").map((name) => [name, { guild, direct }] as const)
  ),
);

/** What MESSAGE_CREATE and MESSAGE_UPDATE lose without MESSAGE_CONTENT, and what is left instead. */
const CONTENT_FIELDS = { content: "", embeds: [], attachments: [], components: [] } as const;

/** Whether `viewer` asked for this event. */
export function isIntended(
  name: string,
  payload: WireObject,
  isGuild: boolean,
  viewer: EventViewer,
): boolean {
  const needed = NEEDED.get(name);
  if (needed === undefined) return true;
  if (name === "GUILD_MEMBER_UPDATE" && idOf(payload.user) === viewer.botId) return true;
  return (viewer.intents & (isGuild ? needed.guild : needed.direct)) !== 0;
}

/** The event as `viewer` may see it: without MESSAGE_CONTENT most messages are empty (IN-1). */
export function asSeenBy(
  name: string,
  payload: WireObject,
  isGuild: boolean,
  viewer: EventViewer,
): WireObject {
  if ((viewer.intents & BIT.messageContent) !== 0) return payload;
  if (name === "AUTO_MODERATION_ACTION_EXECUTION") return { ...payload, content: "", matched_content: "" };
  if (name !== "MESSAGE_CREATE" && name !== "MESSAGE_UPDATE") return payload;
  const mentions: readonly unknown[] = Array.isArray(payload.mentions) ? payload.mentions : [];
  const isOpen = !isGuild || idOf(payload.author) === viewer.botId ||
    mentions.some((user) => idOf(user) === viewer.botId);
  if (isOpen) return payload;
  const { poll: _poll, ...rest } = payload;
  return { ...rest, ...CONTENT_FIELDS };
}

function idOf(user: unknown): unknown {
  return isWireObject(user) ? user.id : undefined;
}
