/**
 * Guilds, their channels, roles and look: what can be asked for, and what with.
 *
 * @module
 */
import type {
  DiscordAuditLog,
  DiscordChannel,
  DiscordEmoji,
  DiscordGuild,
  DiscordGuildPreview,
  DiscordIntegration,
  DiscordInviteMetadata,
  DiscordRole,
  DiscordVoiceRegion,
  DiscordWebhook,
} from "../../discord.ts";
import type { CreateChannelBody } from "./channels.ts";

/** Guilds, their channels, roles, emojis, invites and log. */
export interface GuildOperations {
  /** A guild. */
  "GET /guilds/{guild_id}": { response: DiscordGuild; query: GetGuildQuery };
  /** Changes a guild. */
  "PATCH /guilds/{guild_id}": { response: DiscordGuild; body: ModifyGuildBody };
  /** What a guild shows to those outside. */
  "GET /guilds/{guild_id}/preview": { response: DiscordGuildPreview };
  /** Who has changed what. */
  "GET /guilds/{guild_id}/audit-logs": { response: DiscordAuditLog; query: GetAuditLogQuery };
  /** The channels of a guild, without threads. */
  "GET /guilds/{guild_id}/channels": { response: DiscordChannel[] };
  /** Makes a channel. */
  "POST /guilds/{guild_id}/channels": { response: DiscordChannel; body: CreateChannelBody };
  /** Moves channels. */
  "PATCH /guilds/{guild_id}/channels": { response: undefined; body: readonly ChannelPositionBody[] };
  /** The emojis of a guild. */
  "GET /guilds/{guild_id}/emojis": { response: DiscordEmoji[] };
  /** Makes an emoji. */
  "POST /guilds/{guild_id}/emojis": { response: DiscordEmoji; body: CreateEmojiBody };
  /** An emoji of a guild. */
  "GET /guilds/{guild_id}/emojis/{emoji_id}": { response: DiscordEmoji };
  /** Deletes an emoji. */
  "DELETE /guilds/{guild_id}/emojis/{emoji_id}": { response: undefined };
  /** Changes an emoji. */
  "PATCH /guilds/{guild_id}/emojis/{emoji_id}": { response: DiscordEmoji; body: ModifyEmojiBody };
  /** Closes invites or direct messages for a while. */
  "PUT /guilds/{guild_id}/incident-actions": { response: IncidentsData; body: IncidentActionsBody };
  /** The integrations of a guild, at most 50. */
  "GET /guilds/{guild_id}/integrations": { response: DiscordIntegration[] };
  /** Removes an integration, with its webhooks and bot. */
  "DELETE /guilds/{guild_id}/integrations/{integration_id}": { response: undefined };
  /** The invites of a guild. */
  "GET /guilds/{guild_id}/invites": { response: DiscordInviteMetadata[] };
  /** The voice regions of a guild. */
  "GET /guilds/{guild_id}/regions": { response: DiscordVoiceRegion[] };
  /** The roles of a guild. */
  "GET /guilds/{guild_id}/roles": { response: DiscordRole[] };
  /** Makes a role. */
  "POST /guilds/{guild_id}/roles": { response: DiscordRole; body: RoleBody };
  /** Moves roles. */
  "PATCH /guilds/{guild_id}/roles": { response: DiscordRole[]; body: readonly RolePositionBody[] };
  /** How many members each role has, by its id. */
  "GET /guilds/{guild_id}/roles/member-counts": { response: Record<string, number> };
  /** A role. */
  "GET /guilds/{guild_id}/roles/{role_id}": { response: DiscordRole };
  /** Deletes a role. */
  "DELETE /guilds/{guild_id}/roles/{role_id}": { response: undefined };
  /** Changes a role. */
  "PATCH /guilds/{guild_id}/roles/{role_id}": { response: DiscordRole; body: RoleBody };
  /** The invite with a name of its own. */
  "GET /guilds/{guild_id}/vanity-url": { response: VanityURL };
  /** The webhooks of a guild. */
  "GET /guilds/{guild_id}/webhooks": { response: DiscordWebhook[] };
}

/** How much to tell of a guild. */
export interface GetGuildQuery {
  /** Whether with how many members it has, and how many are online. */
  readonly with_counts?: boolean | null | undefined;
}

/** Which entries of the log. */
export interface GetAuditLogQuery {
  /** What this user did. */
  readonly user_id?: string | bigint | null | undefined;
  /** What was done to this. */
  readonly target_id?: string | bigint | null | undefined;
  /** What was done in this way. */
  readonly action_type?: number | null | undefined;
  /** Those before this entry, the newest first. */
  readonly before?: string | bigint | null | undefined;
  /** Those after this entry, the oldest first. */
  readonly after?: string | bigint | null | undefined;
  /** From 1 to 100; 50 by default. */
  readonly limit?: number | null | undefined;
}

/** What to change of a guild. */
export interface ModifyGuildBody {
  /** From 2 to 100 characters. */
  readonly name?: string | undefined;
  /** What it is for. */
  readonly description?: string | null | undefined;
  /** The region of its voice: no longer used. */
  readonly region?: string | null | undefined;
  /** Its picture, as a `data:` URI. */
  readonly icon?: string | null | undefined;
  /** What members must have: 0 nothing, 1 a mail address, 2 five minutes, 3 ten minutes, 4 a telephone. */
  readonly verification_level?: number | null | undefined;
  /** 0 for all messages, 1 for mentions. */
  readonly default_message_notifications?: number | null | undefined;
  /** Whose media are looked through: 0 nobody's, 1 of members without roles, 2 everybody's. */
  readonly explicit_content_filter?: number | null | undefined;
  /** Its language. */
  readonly preferred_locale?: string | null | undefined;
  /** Seconds until a silent member is moved: 60, 300, 900, 1800 or 3600. */
  readonly afk_timeout?: number | null | undefined;
  /** Where to. */
  readonly afk_channel_id?: string | null | undefined;
  /** Where Discord tells who has joined. */
  readonly system_channel_id?: string | null | undefined;
  /** Bits: what it doesn't tell there. */
  readonly system_channel_flags?: number | null | undefined;
  /** The picture behind its invites, as a `data:` URI. */
  readonly splash?: string | null | undefined;
  /** The picture above its channels, as a `data:` URI. */
  readonly banner?: string | null | undefined;
  /** What it has; only some can be changed. */
  readonly features?: readonly string[] | null | undefined;
  /** The picture by which it is found, as a `data:` URI. */
  readonly discovery_splash?: string | null | undefined;
  /** The picture above its guide, as a `data:` URI. */
  readonly home_header?: string | null | undefined;
  /** Where its rules are. */
  readonly rules_channel_id?: string | null | undefined;
  /** Where Discord warns of dangers. */
  readonly safety_alerts_channel_id?: string | null | undefined;
  /** Where Discord tells its moderators what is new. */
  readonly public_updates_channel_id?: string | null | undefined;
  /** Whether it shows how many boosts it has. */
  readonly premium_progress_bar_enabled?: boolean | null | undefined;
}

/** Where to move a channel. */
export interface ChannelPositionBody {
  /** The channel. */
  readonly id?: string | null | undefined;
  /** Its new place. */
  readonly position?: number | null | undefined;
  /** Its new category. */
  readonly parent_id?: string | null | undefined;
  /** Whether it takes over the permissions of that. */
  readonly lock_permissions?: boolean | null | undefined;
}

/** A new emoji. */
export interface CreateEmojiBody {
  /** From 2 to 32 characters. */
  readonly name: string;
  /** The picture, as a `data:` URI. */
  readonly image: string;
  /** Who may use it. */
  readonly roles?: readonly string[] | null | undefined;
}

/** What to change of an emoji. */
export interface ModifyEmojiBody {
  /** From 2 to 32 characters. */
  readonly name?: string | undefined;
  /** Who may use it. */
  readonly roles?: readonly string[] | null | undefined;
}

/** What to close for a while. */
export interface IncidentActionsBody {
  /** Until when there are no invites, at most a day; `null` opens them again. */
  readonly invites_disabled_until?: string | null | undefined;
  /** Until when there are no direct messages, at most a day; `null` opens them again. */
  readonly dms_disabled_until?: string | null | undefined;
}

/** A role, or what to change of it. */
export interface RoleBody {
  /** At most 100 characters. */
  readonly name?: string | null | undefined;
  /** Permission bits, as text: they may outgrow a number. */
  readonly permissions?: string | number | null | undefined;
  /** Its colour, as a number. */
  readonly color?: number | null | undefined;
  /** Its colours, where it has several. */
  readonly colors?: RoleColorsBody | null | undefined;
  /** Whether its members are shown by themselves. */
  readonly hoist?: boolean | null | undefined;
  /** Whether everybody can mention it. */
  readonly mentionable?: boolean | null | undefined;
  /** Its picture, as a `data:` URI. */
  readonly icon?: string | null | undefined;
  /** An emoji instead of a picture. */
  readonly unicode_emoji?: string | null | undefined;
}

/** The colours of a role, as numbers. */
export interface RoleColorsBody {
  /** The first. */
  readonly primary_color?: number | null | undefined;
  /** The second: makes a gradient. */
  readonly secondary_color?: number | null | undefined;
  /** The third: makes it holographic. */
  readonly tertiary_color?: number | null | undefined;
}

/** Where to move a role. */
export interface RolePositionBody {
  /** The role. */
  readonly id?: string | null | undefined;
  /** Its new place. */
  readonly position?: number | null | undefined;
}

/** What is closed for a while. */
export interface IncidentsData {
  /** Until when there are no invites. */
  invites_disabled_until: string | null;
  /** Until when there are no direct messages. */
  dms_disabled_until: string | null;
}

/** An invite with a name of its own. */
export interface VanityURL {
  /** The name. */
  code: string | null;
  /** How often it was used. */
  uses: number;
}
