/**
 * Discord's payloads, as they are on the wire: types only.
 *
 * They come from `@discordeno/types`; what that package lacks of today's Discord is described here. This is the one
 * file that knows where payload types come from.
 *
 * That package takes some fields for a value or missing that Discord may send as `null` too, such as a user's
 * `accent_color` and `banner`, or the `description` of a sticker or a planned event: look twice before relying on them.
 *
 * @module
 */
import type * as wire from "@discordeno/types";

/** A token that was made or renewed. */
export type DiscordAccessTokenResponse = wire.DiscordAccessTokenResponse;
/** An activity that is running. */
export type DiscordActivityInstance = wire.DiscordActivityInstance;
/** An application: what a bot belongs to. */
export type DiscordApplication = wire.DiscordApplication;
/** A command of an application. */
export type DiscordApplicationCommand = wire.DiscordApplicationCommand;
/** A file of a message. */
export type DiscordAttachment = wire.DiscordAttachment;
/** A part of a guild's audit log. */
export type DiscordAuditLog = wire.DiscordAuditLog;
/** An entry of a guild's audit log. */
export type DiscordAuditLogEntry = wire.DiscordAuditLogEntry;
/** What an auto moderation rule did. */
export type DiscordAutoModerationActionExecution = wire.DiscordAutoModerationActionExecution;
/** A rule of auto moderation. */
export type DiscordAutoModerationRule = wire.DiscordAutoModerationRule;
/** A ban. */
export type DiscordBan = wire.DiscordBan;
/** Who was banned of many, and who could not be. */
export type DiscordBulkBan = wire.DiscordBulkBan;
/** A channel as far as the types know it: see {@linkcode DiscordChannel}. */
export type WireChannel = wire.DiscordChannel;
/** A channel or a thread. */
export interface DiscordChannel extends Omit<WireChannel, "application_id"> {
  /** The application that made a thread or a group; may be `null`. */
  application_id?: string | null;
}
/** Which channel's pins have changed. */
export type DiscordChannelPinsUpdate = wire.DiscordChannelPinsUpdate;
/** An account that a user has elsewhere. */
export type DiscordConnection = wire.DiscordConnection;
/** An emoji. */
export type DiscordEmoji = wire.DiscordEmoji;
/** What a user or a guild has access to in an application. */
export type DiscordEntitlement = wire.DiscordEntitlement;
/** A channel whose announcements are sent to another one. */
export type DiscordFollowedChannel = wire.DiscordFollowedChannel;
/** Who has chosen an answer of a poll. */
export type DiscordGetAnswerVotesResponse = wire.DiscordGetAnswerVotesResponse;
/** A guild; over the gateway with its channels, members, threads and more. */
export type DiscordGuild = wire.DiscordGuild;
/** Who may use a command in a guild. */
export type DiscordGuildApplicationCommandPermissions = wire.DiscordGuildApplicationCommandPermissions;
/** Who was banned, or is no longer, and where. */
export type DiscordGuildBanAddRemove = wire.DiscordGuildBanAddRemove;
/** All emojis of a guild. */
export type DiscordGuildEmojisUpdate = wire.DiscordGuildEmojisUpdate;
/** Which guild's integrations have changed. */
export type DiscordGuildIntegrationsUpdate = wire.DiscordGuildIntegrationsUpdate;
/** A member who has joined. */
export type DiscordGuildMemberAdd = wire.DiscordGuildMemberAdd;
/** A user who has left, and where. */
export type DiscordGuildMemberRemove = wire.DiscordGuildMemberRemove;
/** A part of the answer to a request for members. */
export type DiscordGuildMembersChunk = wire.DiscordGuildMembersChunk;
/** A member who was changed. */
export type DiscordGuildMemberUpdate = wire.DiscordGuildMemberUpdate;
/** What a guild asks new members. */
export type DiscordGuildOnboarding = wire.DiscordGuildOnboarding;
/** What a guild shows to those outside. */
export type DiscordGuildPreview = wire.DiscordGuildPreview;
/** A role that was made. */
export type DiscordGuildRoleCreate = wire.DiscordGuildRoleCreate;
/** A role that was deleted. */
export type DiscordGuildRoleDelete = wire.DiscordGuildRoleDelete;
/** A role that was changed. */
export type DiscordGuildRoleUpdate = wire.DiscordGuildRoleUpdate;
/** All stickers of a guild. */
export type DiscordGuildStickersUpdate = wire.DiscordGuildStickersUpdate;
/** Whether a guild has a widget. */
export type DiscordGuildWidgetSettings = wire.DiscordGuildWidgetSettings;
/** An integration of a guild. */
export type DiscordIntegration = wire.DiscordIntegration;
/** An integration that was removed. */
export type DiscordIntegrationDelete = wire.DiscordIntegrationDelete;
/** A command, component or form that somebody has used. */
export type DiscordInteraction = wire.DiscordInteraction;
/** What the answer to an interaction has made. */
export type DiscordInteractionCallbackResponse = wire.DiscordInteractionCallbackResponse;
/** An invite. */
export type DiscordInvite = wire.DiscordInvite;
/** Users, roles, channels and more that were chosen, by id. */
export type DiscordInteractionDataResolved = wire.DiscordInteractionDataResolved;
/** An invite that was made. */
export type DiscordInviteCreate = wire.DiscordInviteCreate;
/** An invite that was deleted. */
export type DiscordInviteDelete = wire.DiscordInviteDelete;
/** An invite, with how often it was used. */
export type DiscordInviteMetadata = wire.DiscordInviteMetadata;
/** The threads of a guild that are not archived, and in which of them the bot is. */
export type DiscordListActiveThreads = wire.DiscordListActiveThreads;
/** Some archived threads, and in which of them the bot is. */
export type DiscordListArchivedThreads = wire.DiscordListArchivedThreads;
/** A member of a guild. */
export type DiscordMember = wire.DiscordMember;
/** A member of a guild, with the user. */
export type DiscordMemberWithUser = wire.DiscordMemberWithUser;
/** A message as far as the types know it: see {@linkcode DiscordMessage}. */
export type WireMessage = wire.DiscordMessage;
/** A message; its content is empty for who may not see it (IN-1). */
export interface DiscordMessage extends WireMessage {
  /** What it says. */
  content: string;
  /** What was bought or renewed, in the message that tells of it. */
  role_subscription_data?: RoleSubscriptionData;
  /** Users, roles and channels that its select menus have chosen by themselves. */
  resolved?: DiscordInteractionDataResolved;
}
/** A message that was deleted. */
export type DiscordMessageDelete = wire.DiscordMessageDelete;
/** Messages that were deleted at once. */
export type DiscordMessageDeleteBulk = wire.DiscordMessageDeleteBulk;
/** A reaction that was added. */
export type DiscordMessageReactionAdd = wire.DiscordMessageReactionAdd;
/** A reaction that was taken back. */
export type DiscordMessageReactionRemove = wire.DiscordMessageReactionRemove;
/** A message that has lost all reactions. */
export type DiscordMessageReactionRemoveAll = wire.DiscordMessageReactionRemoveAll;
/** A message that has lost all reactions with one emoji. */
export type DiscordMessageReactionRemoveEmoji = wire.DiscordMessageReactionRemoveEmoji;
/** A vote in a poll. */
export type DiscordPollVoteAdd = wire.DiscordPollVoteAdd;
/** A vote in a poll that was taken back. */
export type DiscordPollVoteRemove = wire.DiscordPollVoteRemove;
/** A user's presence. */
export type DiscordPresenceUpdate = wire.DiscordPresenceUpdate;
/** What a new session begins with. */
export type DiscordReady = wire.DiscordReady;
/** A role. */
export type DiscordRole = wire.DiscordRole;
/** A planned event. */
export type DiscordScheduledEvent = wire.DiscordScheduledEvent;
/** A user who is interested in a planned event. */
export type DiscordScheduledEventUserAdd = wire.DiscordScheduledEventUserAdd;
/** A user who is no longer interested in a planned event. */
export type DiscordScheduledEventUserRemove = wire.DiscordScheduledEventUserRemove;
/** A sound. */
export type DiscordSoundboardSound = wire.DiscordSoundboardSound;
/** A sound that was deleted. */
export type DiscordSoundboardSoundDelete = wire.DiscordSoundboardSoundDelete;
/** All sounds of a guild. */
export type DiscordSoundboardSounds = wire.DiscordSoundboardSounds;
/** Sounds of a guild that were changed. */
export type DiscordSoundboardSoundsUpdate = wire.DiscordSoundboardSoundsUpdate;
/** A stage that is live. */
export type DiscordStageInstance = wire.DiscordStageInstance;
/** A sticker. */
export type DiscordSticker = wire.DiscordSticker;
/** A set of stickers. */
export type DiscordStickerPack = wire.DiscordStickerPack;
/** A user's subscription. */
export type DiscordSubscription = wire.DiscordSubscription;
/** What a new guild can be made from. */
export type DiscordTemplate = wire.DiscordTemplate;
/** The active threads of channels that the bot can see now. */
export type DiscordThreadListSync = wire.DiscordThreadListSync;
/** Somebody in a thread. */
export type DiscordThreadMember = wire.DiscordThreadMember;
/** Who was added to a thread, or removed. */
export type DiscordThreadMembersUpdate = wire.DiscordThreadMembersUpdate;
/** The bot's own membership of a thread. */
export type DiscordThreadMemberUpdate = wire.DiscordThreadMemberUpdate;
/** Who has started to type, and where. */
export type DiscordTypingStart = wire.DiscordTypingStart;
/** A guild that can't be reached. */
export type DiscordUnavailableGuild = wire.DiscordUnavailableGuild;
/** A user. */
export type DiscordUser = wire.DiscordUser;
/** An effect in a voice channel. */
export type DiscordVoiceChannelEffectSend = wire.DiscordVoiceChannelEffectSend;
/** A region for voice. */
export type DiscordVoiceRegion = wire.DiscordVoiceRegion;
/** Where to connect for voice. */
export interface DiscordVoiceServerUpdate {
  /** What the voice connection is authorised with. */
  token: string;
  /** The guild. */
  guild_id: string;
  /** The host, or `null` while there is none: wait for another of these events (VS-2). */
  endpoint: string | null;
}
/** Who is in which voice channel, and how. */
export type DiscordVoiceState = wire.DiscordVoiceState;
/** A webhook. */
export type DiscordWebhook = wire.DiscordWebhook;
/** Which channel's webhooks have changed. */
export type DiscordWebhookUpdate = wire.DiscordWebhookUpdate;
/** What a guild greets with. */
export type DiscordWelcomeScreen = wire.DiscordWelcomeScreen;

/** The answer of `GET /gateway/bot` (https://docs.discord.com/developers/events/gateway#get-gateway-bot). */
export interface GatewayBot {
  /** Where to open the WebSocket, without a query. */
  url: string;
  /** How many shards Discord recommends. */
  shards: number;
  /** How many sessions may still be started. */
  session_start_limit: SessionStartLimit;
}

/** How many sessions a bot may start (https://docs.discord.com/developers/events/gateway#session-start-limit-object). */
export interface SessionStartLimit {
  /** Sessions a day. */
  total: number;
  /** Sessions left until the reset. */
  remaining: number;
  /** Milliseconds until the reset; `0` while nothing has been used. */
  reset_after: number;
  /** How many shards may identify in one window of five seconds. */
  max_concurrency: number;
}

/** What a bot shows of itself: the data of a presence update, all four keys present. */
export interface GatewayPresence {
  /** Unix milliseconds since when the bot is idle, or `null`. */
  since: number | null;
  /** What the bot is doing. */
  activities: GatewayActivity[];
  /** How it shows; `offline` has no effect, send `invisible`. */
  status: "online" | "dnd" | "idle" | "invisible" | "offline";
  /** Whether the bot is away. */
  afk: boolean;
}

/** One thing that a bot is doing. */
export interface GatewayActivity {
  /** Its name. */
  name: string;
  /** Its kind: 0 playing, 1 streaming, 2 listening, 3 watching, 4 custom, 5 competing. */
  type: number;
  /** Where a stream is. */
  url?: string | null;
  /** The text of a custom status. */
  state?: string | null;
}

/** A guild was not reachable, or the bot has left it: `unavailable` tells them apart (GL-3). */
export interface GuildDelete {
  /** The guild. */
  id: string;
  /** `true` in an outage; missing when the bot was removed. */
  unavailable?: boolean;
}

/** An integration was made or changed: the integration and its guild. */
export interface IntegrationChange extends DiscordIntegration {
  /** The guild. */
  guild_id: string;
}

/** A request was refused because there were too many of its kind (MR-4). */
export interface GatewayRateLimited {
  /** What was refused. */
  opcode: number;
  /** Seconds until it may be tried again. */
  retry_after: number;
  /** What the request was about, by opcode. */
  meta: Record<string, unknown>;
}

/** The answer to a request for channel information (CI-1). */
export interface ChannelInfo {
  /** The guild. */
  guild_id: string;
  /** Its channels that have something to tell. */
  channels: ChannelInfoEntry[];
}

/** What is not on a channel object. */
export interface ChannelInfoEntry {
  /** The channel. */
  id: string;
  /** The status of a voice channel. */
  status?: string | null;
  /** Unix seconds since when somebody is in the voice channel. */
  voice_start_time?: number | null;
}

/** The status of a voice channel has changed. */
export interface VoiceChannelStatusUpdate {
  /** The channel. */
  id: string;
  /** The guild. */
  guild_id: string;
  /** What it shows now. */
  status: string | null;
}

/** A voice channel was entered first, or left last. */
export interface VoiceChannelStartTimeUpdate {
  /** The channel. */
  id: string;
  /** The guild. */
  guild_id: string;
  /** Unix seconds, or `null` when it is empty. */
  voice_start_time: number | null;
}

/** What a new session begins with. */
export interface Ready extends Omit<DiscordReady, "application"> {
  /** The bot's application, in short. */
  application: ReadyApplication;
}

/** An application, as READY tells of it. */
export interface ReadyApplication extends Omit<Partial<DiscordApplication>, "flags"> {
  /** Its id. */
  id: string;
  /** Its flags, as far as bit 30. */
  flags: number;
  /** All flags, as digits: those past bit 30 are only here. */
  flags_new?: string;
}

/** A user, of whom only the `id` is certain. */
export interface PresenceUser extends Partial<DiscordUser> {
  /** The user's id. */
  id: string;
}

/** An entry that was added to a guild's audit log. */
export interface AuditLogEntryCreate extends DiscordAuditLogEntry {
  /** The guild. */
  guild_id: string;
}

/** A presence has changed. */
export interface PresenceUpdate extends Omit<Partial<DiscordPresenceUpdate>, "user"> {
  /** Whose it is: only the `id` is certain (ENV-4). */
  user: PresenceUser;
}

/** A guild, as events tell of it. */
export interface GuildUpdate extends DiscordGuild {
  /** What is shut for a while after an attack, and when one was noticed. */
  incidents_data?: GuildIncidents | null;
}

/** A stage has begun, was changed or has ended. */
export interface StageInstanceChange extends DiscordStageInstance {
  /** Who may see it: 1 for everybody (no longer given to new ones), 2 for members of the guild. */
  privacy_level?: number;
}

/** The bot's own membership of a thread has changed. */
export interface ThreadMemberUpdate extends Omit<DiscordThreadMemberUpdate, "joined_at"> {
  /** The bot's own id. */
  user_id?: string;
  /** When the bot joined the thread. */
  join_timestamp: string;
}

/** An invite was made. */
export interface InviteCreate extends Omit<DiscordInviteCreate, "target_type"> {
  /** What it invites to besides: a stream or an activity. */
  target_type?: DiscordInviteCreate["target_type"];
  /** When it ends to be valid; `null` for never. */
  expires_at?: string | null;
  /** The roles that it gives. */
  role_ids?: string[];
}

/** Somebody has used a command, a component or a form. */
export interface InteractionCreate extends DiscordInteraction {
  /** The most bytes that a file of the answer may have. */
  attachment_size_limit?: number;
}

/**
 * A guild with all that a bot is told of it once.
 *
 * In an outage Discord may send one of which there is only the `id`, and `unavailable` is `true`: look at that before the
 * rest (GL-2). The type does not say so, since each use of a guild would have to.
 */
export interface GuildCreate extends GuildUpdate {
  /** Whether it can't be reached, and nothing but its `id` is here. */
  unavailable?: boolean;
  /** The events that are planned. */
  guild_scheduled_events?: DiscordScheduledEvent[];
}

/** A thread was deleted: nothing else is told of it. */
export interface ThreadDelete extends Pick<DiscordChannel, "id" | "guild_id" | "parent_id" | "type"> {}

/** A member was changed; Discord has `null` for what there is not. */
export interface GuildMemberUpdate extends
  Omit<
    DiscordGuildMemberUpdate,
    "avatar" | "avatar_decoration_data" | "banner" | "communication_disabled_until" | "joined_at"
  > {
  /** The hash of the avatar in this guild. */
  avatar: string | null;
  /** The hash of the banner in this guild. */
  banner: string | null;
  /** When the user joined; `null` for a guest. */
  joined_at: string | null;
  /** What adorns the avatar in this guild. */
  avatar_decoration_data?: DiscordGuildMemberUpdate["avatar_decoration_data"] | null;
  /** Until when the member may not take part. */
  communication_disabled_until?: string | null;
}

/** A part of the answer to a request for members. */
export interface GuildMembersChunk extends Omit<DiscordGuildMembersChunk, "presences"> {
  /** Their presences, where they were asked for: only `user.id` of each is certain (ENV-4). */
  presences?: PresenceUpdate[];
}

/** What is shut in a guild for a while after an attack; instants as ISO 8601. */
export interface GuildIncidents {
  /** Until when nobody can be invited. */
  invites_disabled_until: string | null;
  /** Until when members who are not friends can't write to each other. */
  dms_disabled_until: string | null;
  /** When much unwanted writing to members was noticed. */
  dm_spam_detected_at?: string | null;
  /** When many joined to do harm. */
  raid_detected_at?: string | null;
}

/** A subscription to a role that somebody has bought or renewed. */
export interface RoleSubscriptionData {
  /** What it was sold as. */
  role_subscription_listing_id: string;
  /** The name of the tier. */
  tier_name: string;
  /** For how many months altogether. */
  total_months_subscribed: number;
  /** Whether it was renewed, and not bought. */
  is_renewal: boolean;
}
