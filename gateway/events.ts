import type { DispatcherEvents } from "../dispatcher.ts";
import type {
  AuditLogEntryCreate,
  ChannelInfo,
  DiscordAutoModerationActionExecution,
  DiscordAutoModerationRule,
  DiscordChannel,
  DiscordChannelPinsUpdate,
  DiscordEntitlement,
  DiscordGuildApplicationCommandPermissions,
  DiscordGuildBanAddRemove,
  DiscordGuildEmojisUpdate,
  DiscordGuildIntegrationsUpdate,
  DiscordGuildMemberAdd,
  DiscordGuildMemberRemove,
  DiscordGuildRoleCreate,
  DiscordGuildRoleDelete,
  DiscordGuildRoleUpdate,
  DiscordGuildStickersUpdate,
  DiscordIntegrationDelete,
  DiscordInviteDelete,
  DiscordMessage,
  DiscordMessageDelete,
  DiscordMessageDeleteBulk,
  DiscordMessageReactionAdd,
  DiscordMessageReactionRemove,
  DiscordMessageReactionRemoveAll,
  DiscordMessageReactionRemoveEmoji,
  DiscordPollVoteAdd,
  DiscordPollVoteRemove,
  DiscordScheduledEvent,
  DiscordScheduledEventUserAdd,
  DiscordScheduledEventUserRemove,
  DiscordSoundboardSound,
  DiscordSoundboardSoundDelete,
  DiscordSoundboardSounds,
  DiscordSoundboardSoundsUpdate,
  DiscordSubscription,
  DiscordThreadListSync,
  DiscordThreadMembersUpdate,
  DiscordTypingStart,
  DiscordUser,
  DiscordVoiceChannelEffectSend,
  DiscordVoiceServerUpdate,
  DiscordVoiceState,
  DiscordWebhookUpdate,
  GatewayRateLimited,
  GuildCreate,
  GuildDelete,
  GuildMembersChunk,
  GuildMemberUpdate,
  GuildUpdate,
  IntegrationChange,
  InteractionCreate,
  InviteCreate,
  PresenceUpdate,
  Ready,
  StageInstanceChange,
  ThreadDelete,
  ThreadMemberUpdate,
  VoiceChannelStartTimeUpdate,
  VoiceChannelStatusUpdate,
} from "../discord.ts";

/**
 * What Discord sends, from the name on the wire to the payload (§22 of the protocol).
 *
 * Events that are not here are delivered as well: Discord adds new ones without notice.
 */
export interface GatewayEvents extends DispatcherEvents {
  /** A session has begun. Comes again with every new session (OD-5). */
  READY: Ready;
  /** The session goes on; everything that was missed has been delivered. */
  RESUMED: unknown;
  /** A gateway request was refused. */
  RATE_LIMITED: GatewayRateLimited;
  /** Permissions of a command have changed. */
  APPLICATION_COMMAND_PERMISSIONS_UPDATE: DiscordGuildApplicationCommandPermissions;
  /** A rule was made. */
  AUTO_MODERATION_RULE_CREATE: DiscordAutoModerationRule;
  /** A rule was changed. */
  AUTO_MODERATION_RULE_UPDATE: DiscordAutoModerationRule;
  /** A rule was deleted. */
  AUTO_MODERATION_RULE_DELETE: DiscordAutoModerationRule;
  /** A rule has struck. */
  AUTO_MODERATION_ACTION_EXECUTION: DiscordAutoModerationActionExecution;
  /** A channel was made. */
  CHANNEL_CREATE: DiscordChannel;
  /** A channel was changed. */
  CHANNEL_UPDATE: DiscordChannel;
  /** A channel was deleted. */
  CHANNEL_DELETE: DiscordChannel;
  /** The answer to a request for channel information. */
  CHANNEL_INFO: ChannelInfo;
  /** A message was pinned or unpinned. */
  CHANNEL_PINS_UPDATE: DiscordChannelPinsUpdate;
  /** The status of a voice channel has changed. */
  VOICE_CHANNEL_STATUS_UPDATE: VoiceChannelStatusUpdate;
  /** A voice channel was entered first, or left last. */
  VOICE_CHANNEL_START_TIME_UPDATE: VoiceChannelStartTimeUpdate;
  /** A thread was made, or the bot was added to one. */
  THREAD_CREATE: DiscordChannel;
  /** A thread was changed. */
  THREAD_UPDATE: DiscordChannel;
  /** A thread was deleted. */
  THREAD_DELETE: ThreadDelete;
  /** The bot can see a channel now: its active threads. */
  THREAD_LIST_SYNC: DiscordThreadListSync;
  /** The bot's own membership of a thread has changed. */
  THREAD_MEMBER_UPDATE: ThreadMemberUpdate;
  /** Somebody was added to a thread, or removed. */
  THREAD_MEMBERS_UPDATE: DiscordThreadMembersUpdate;
  /** Somebody has bought something. */
  ENTITLEMENT_CREATE: DiscordEntitlement;
  /** A purchase has changed. */
  ENTITLEMENT_UPDATE: DiscordEntitlement;
  /** A purchase was taken back. */
  ENTITLEMENT_DELETE: DiscordEntitlement;
  /** A guild is available, at the start, after an outage, or newly joined; or is not: see `unavailable` (GL-2). */
  GUILD_CREATE: GuildCreate;
  /** A guild was changed. */
  GUILD_UPDATE: GuildUpdate;
  /** A guild is not available, or the bot has left it (GL-3). */
  GUILD_DELETE: GuildDelete;
  /** An entry was added to the audit log. */
  GUILD_AUDIT_LOG_ENTRY_CREATE: AuditLogEntryCreate;
  /** Somebody was banned. */
  GUILD_BAN_ADD: DiscordGuildBanAddRemove;
  /** A ban was lifted. */
  GUILD_BAN_REMOVE: DiscordGuildBanAddRemove;
  /** The emojis of a guild: all of them. */
  GUILD_EMOJIS_UPDATE: DiscordGuildEmojisUpdate;
  /** The stickers of a guild: all of them. */
  GUILD_STICKERS_UPDATE: DiscordGuildStickersUpdate;
  /** An integration of a guild has changed. */
  GUILD_INTEGRATIONS_UPDATE: DiscordGuildIntegrationsUpdate;
  /** Somebody has joined. */
  GUILD_MEMBER_ADD: DiscordGuildMemberAdd;
  /** Somebody has left. */
  GUILD_MEMBER_REMOVE: DiscordGuildMemberRemove;
  /** A member was changed. */
  GUILD_MEMBER_UPDATE: GuildMemberUpdate;
  /** A part of the answer to a request for members. */
  GUILD_MEMBERS_CHUNK: GuildMembersChunk;
  /** A role was made. */
  GUILD_ROLE_CREATE: DiscordGuildRoleCreate;
  /** A role was changed. */
  GUILD_ROLE_UPDATE: DiscordGuildRoleUpdate;
  /** A role was deleted. */
  GUILD_ROLE_DELETE: DiscordGuildRoleDelete;
  /** An event was planned. */
  GUILD_SCHEDULED_EVENT_CREATE: DiscordScheduledEvent;
  /** A planned event was changed. */
  GUILD_SCHEDULED_EVENT_UPDATE: DiscordScheduledEvent;
  /** A planned event was called off. */
  GUILD_SCHEDULED_EVENT_DELETE: DiscordScheduledEvent;
  /** Somebody is interested in an event. */
  GUILD_SCHEDULED_EVENT_USER_ADD: DiscordScheduledEventUserAdd;
  /** Somebody is no longer interested in an event. */
  GUILD_SCHEDULED_EVENT_USER_REMOVE: DiscordScheduledEventUserRemove;
  /** A sound was added. */
  GUILD_SOUNDBOARD_SOUND_CREATE: DiscordSoundboardSound;
  /** A sound was changed. */
  GUILD_SOUNDBOARD_SOUND_UPDATE: DiscordSoundboardSound;
  /** A sound was deleted. */
  GUILD_SOUNDBOARD_SOUND_DELETE: DiscordSoundboardSoundDelete;
  /** Several sounds were changed. */
  GUILD_SOUNDBOARD_SOUNDS_UPDATE: DiscordSoundboardSoundsUpdate;
  /** The answer to a request for soundboard sounds, one per guild. */
  SOUNDBOARD_SOUNDS: DiscordSoundboardSounds;
  /** An integration was added. */
  INTEGRATION_CREATE: IntegrationChange;
  /** An integration was changed. */
  INTEGRATION_UPDATE: IntegrationChange;
  /** An integration was removed. */
  INTEGRATION_DELETE: DiscordIntegrationDelete;
  /** Somebody has used a command, a component or a form. */
  INTERACTION_CREATE: InteractionCreate;
  /** An invite was made. */
  INVITE_CREATE: InviteCreate;
  /** An invite was deleted. */
  INVITE_DELETE: DiscordInviteDelete;
  /** A message was written. */
  MESSAGE_CREATE: DiscordMessage;
  /** A message was changed. */
  MESSAGE_UPDATE: DiscordMessage;
  /** A message was deleted. */
  MESSAGE_DELETE: DiscordMessageDelete;
  /** Several messages were deleted at once. */
  MESSAGE_DELETE_BULK: DiscordMessageDeleteBulk;
  /** Somebody has reacted. */
  MESSAGE_REACTION_ADD: DiscordMessageReactionAdd;
  /** Somebody has taken a reaction back. */
  MESSAGE_REACTION_REMOVE: DiscordMessageReactionRemove;
  /** All reactions were removed. */
  MESSAGE_REACTION_REMOVE_ALL: DiscordMessageReactionRemoveAll;
  /** All reactions with one emoji were removed. */
  MESSAGE_REACTION_REMOVE_EMOJI: DiscordMessageReactionRemoveEmoji;
  /** Somebody has voted. */
  MESSAGE_POLL_VOTE_ADD: DiscordPollVoteAdd;
  /** Somebody has taken a vote back. */
  MESSAGE_POLL_VOTE_REMOVE: DiscordPollVoteRemove;
  /** Somebody's presence has changed; only `user.id` is certain (ENV-4). */
  PRESENCE_UPDATE: PresenceUpdate;
  /** A stage has begun. */
  STAGE_INSTANCE_CREATE: StageInstanceChange;
  /** A stage was changed. */
  STAGE_INSTANCE_UPDATE: StageInstanceChange;
  /** A stage has ended. */
  STAGE_INSTANCE_DELETE: StageInstanceChange;
  /** Somebody has subscribed. */
  SUBSCRIPTION_CREATE: DiscordSubscription;
  /** A subscription has changed. */
  SUBSCRIPTION_UPDATE: DiscordSubscription;
  /** A subscription has ended. */
  SUBSCRIPTION_DELETE: DiscordSubscription;
  /** Somebody has started to type. */
  TYPING_START: DiscordTypingStart;
  /** The bot's own user was changed. */
  USER_UPDATE: DiscordUser;
  /** Somebody has sent an effect in a voice channel. */
  VOICE_CHANNEL_EFFECT_SEND: DiscordVoiceChannelEffectSend;
  /** Somebody has joined, moved in or left a voice channel. */
  VOICE_STATE_UPDATE: DiscordVoiceState;
  /** Where to connect for voice; without an endpoint, wait for another one (VS-2). */
  VOICE_SERVER_UPDATE: DiscordVoiceServerUpdate;
  /** A webhook of a channel was made, changed or deleted. */
  WEBHOOKS_UPDATE: DiscordWebhookUpdate;
}
