/**
 * Discord's payloads, as they are on the wire: types only.
 *
 * They come from `@discordeno/types`; what that package lacks of today's Discord is described here. This is the one
 * file that knows where payload types come from.
 *
 * @module
 */
import type { DiscordIntegration } from "@discordeno/types";

export type {
  DiscordApplication,
  DiscordAuditLogEntry,
  DiscordAutoModerationActionExecution,
  DiscordAutoModerationRule,
  DiscordChannel,
  DiscordChannelPinsUpdate,
  DiscordEntitlement,
  DiscordGuild,
  DiscordGuildApplicationCommandPermissions,
  DiscordGuildBanAddRemove,
  DiscordGuildEmojisUpdate,
  DiscordGuildIntegrationsUpdate,
  DiscordGuildMemberAdd,
  DiscordGuildMemberRemove,
  DiscordGuildMembersChunk,
  DiscordGuildMemberUpdate,
  DiscordGuildRoleCreate,
  DiscordGuildRoleDelete,
  DiscordGuildRoleUpdate,
  DiscordGuildStickersUpdate,
  DiscordIntegration,
  DiscordIntegrationDelete,
  DiscordInteraction,
  DiscordInviteCreate,
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
  DiscordPresenceUpdate,
  DiscordReady,
  DiscordScheduledEvent,
  DiscordScheduledEventUserAdd,
  DiscordScheduledEventUserRemove,
  DiscordSoundboardSound,
  DiscordSoundboardSoundDelete,
  DiscordSoundboardSounds,
  DiscordSoundboardSoundsUpdate,
  DiscordStageInstance,
  DiscordSubscription,
  DiscordThreadListSync,
  DiscordThreadMembersUpdate,
  DiscordThreadMemberUpdate,
  DiscordTypingStart,
  DiscordUnavailableGuild,
  DiscordUser,
  DiscordVoiceChannelEffectSend,
  DiscordVoiceServerUpdate,
  DiscordVoiceState,
  DiscordWebhookUpdate,
} from "@discordeno/types";

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
