/**
 * Channels: what can be asked for, and what with.
 *
 * @module
 */
import type {
  DiscordChannel,
  DiscordFollowedChannel,
  DiscordInvite,
  DiscordInviteMetadata,
  DiscordWebhook,
} from "../../discord.ts";

/** Channels, their permissions, invites and webhooks. */
export interface ChannelOperations {
  /** A channel or a thread. */
  "GET /channels/{channel_id}": { response: DiscordChannel };
  /** Deletes a channel, or closes a direct one. */
  "DELETE /channels/{channel_id}": { response: DiscordChannel };
  /** Changes a channel or a thread. */
  "PATCH /channels/{channel_id}": { response: DiscordChannel; body: ModifyChannelBody };
  /** Has an announcement channel's messages sent to another channel. */
  "POST /channels/{channel_id}/followers": { response: DiscordFollowedChannel; body: FollowChannelBody };
  /** The invites of a channel. */
  "GET /channels/{channel_id}/invites": { response: DiscordInviteMetadata[] };
  /** Makes an invite. */
  "POST /channels/{channel_id}/invites": { response: DiscordInvite | undefined; body: CreateInviteBody };
  /** Sets what a role or a member may do in a channel. */
  "PUT /channels/{channel_id}/permissions/{overwrite_id}": { response: undefined; body: SetPermissionsBody };
  /** Takes back what was set for a role or a member. */
  "DELETE /channels/{channel_id}/permissions/{overwrite_id}": { response: undefined };
  /** Adds somebody to a group. */
  "PUT /channels/{channel_id}/recipients/{user_id}": {
    response: DiscordChannel | undefined;
    body: AddRecipientBody;
  };
  /** Takes somebody out of a group. */
  "DELETE /channels/{channel_id}/recipients/{user_id}": { response: undefined };
  /** Plays a sound in the voice channel where the bot is. */
  "POST /channels/{channel_id}/send-soundboard-sound": { response: undefined; body: SendSoundBody };
  /** Shows for some seconds that the bot writes. */
  "POST /channels/{channel_id}/typing": { response: object | undefined };
  /** Sets the status of a voice channel. */
  "PUT /channels/{channel_id}/voice-status": { response: undefined; body: SetVoiceStatusBody };
  /** The webhooks of a channel. */
  "GET /channels/{channel_id}/webhooks": { response: DiscordWebhook[] };
  /** Makes a webhook. */
  "POST /channels/{channel_id}/webhooks": { response: DiscordWebhook; body: CreateWebhookBody };
}

/** What is said of a channel when it is made and when it is changed. */
export interface ChannelBody {
  /** Its place in the list. */
  readonly position?: number | null | undefined;
  /** What it is for, at most 1,024 characters; 4,096 in a forum. */
  readonly topic?: string | null | undefined;
  /** Of voice, in bits a second, from 8,000 on. */
  readonly bitrate?: number | null | undefined;
  /** How many can be in a voice channel; 0 for all. */
  readonly user_limit?: number | null | undefined;
  /** Whether it is for adults. */
  readonly nsfw?: boolean | null | undefined;
  /** How many seconds a user has to wait between messages, at most 21,600. */
  readonly rate_limit_per_user?: number | null | undefined;
  /** Its category. */
  readonly parent_id?: string | null | undefined;
  /** Who may do what. */
  readonly permission_overwrites?: readonly PermissionOverwriteBody[] | null | undefined;
  /** The region of its voice; `null` chooses by itself. */
  readonly rtc_region?: string | null | undefined;
  /** 1 automatic, 2 full. */
  readonly video_quality_mode?: number | null | undefined;
  /** Minutes without a message after which its threads are archived: 60, 1440, 4320 or 10080. */
  readonly default_auto_archive_duration?: number | null | undefined;
  /** The emoji below posts of a forum. */
  readonly default_reaction_emoji?: DefaultReactionBody | null | undefined;
  /** What new threads get for `rate_limit_per_user`. */
  readonly default_thread_rate_limit_per_user?: number | null | undefined;
  /** Posts of a forum: 0 by the last message, 1 by age. */
  readonly default_sort_order?: number | null | undefined;
  /** 0 none, 1 list, 2 gallery. */
  readonly default_forum_layout?: number | null | undefined;
  /** How posts are found by tags: `match_all` or `match_some`. */
  readonly default_tag_setting?: string | null | undefined;
  /** The tags of a forum, at most 20. */
  readonly available_tags?: readonly ForumTagBody[] | null | undefined;
}

/** A new channel of a guild. */
export interface CreateChannelBody extends ChannelBody {
  /** At most 100 characters. */
  readonly name: string;
  /** Its kind: 0 text, 2 voice, 4 category, 5 announcements, 13 stage, 14 directory, 15 forum, 16 media. */
  readonly type?: number | null | undefined;
}

/** What to change of a channel or a thread. Each kind takes only some of it. */
export interface ModifyChannelBody extends ChannelBody {
  /** Its name. */
  readonly name?: string | null | undefined;
  /** Its kind: a text channel can become one for announcements, and the other way round. */
  readonly type?: number | null | undefined;
  /** The picture of a group, as a `data:` URI. */
  readonly icon?: string | null | undefined;
  /** Bits: 2 a post stands on top, 16 posts need a tag, 32768 without the buttons to download. */
  readonly flags?: number | null | undefined;
  /** Whether a thread is archived. */
  readonly archived?: boolean | null | undefined;
  /** Whether only moderators can open the thread again. */
  readonly locked?: boolean | null | undefined;
  /** Whether everybody can invite to a private thread. */
  readonly invitable?: boolean | null | undefined;
  /** Minutes without a message after which a thread is archived: 60, 1440, 4320 or 10080. */
  readonly auto_archive_duration?: number | null | undefined;
  /** The tags of a post, at most five. */
  readonly applied_tags?: readonly string[] | null | undefined;
}

/** What a role or a member may do in a channel. */
export interface PermissionOverwriteBody {
  /** The role or the member. */
  readonly id: string;
  /** 0 a role, 1 a member. */
  readonly type?: number | null | undefined;
  /** Permission bits, as text: they may outgrow a number. */
  readonly allow?: string | number | null | undefined;
  /** Permission bits, as text: they may outgrow a number. */
  readonly deny?: string | number | null | undefined;
}

/** What a role or a member may do in a channel. */
export interface SetPermissionsBody {
  /** 0 a role, 1 a member. */
  readonly type?: number | null | undefined;
  /** Permission bits, as text: they may outgrow a number. */
  readonly allow?: string | number | null | undefined;
  /** Permission bits, as text: they may outgrow a number. */
  readonly deny?: string | number | null | undefined;
}

/** An emoji: one of a guild by its id, one of Unicode by its name. */
export interface DefaultReactionBody {
  /** The id. */
  readonly emoji_id?: string | null | undefined;
  /** The name. */
  readonly emoji_name?: string | null | undefined;
}

/** A tag of a forum. */
export interface ForumTagBody {
  /** Its id, where there is one. */
  readonly id?: string | null | undefined;
  /** At most 50 characters. */
  readonly name: string;
  /** Whether only moderators can give it. */
  readonly moderated?: boolean | null | undefined;
  /** Its emoji: one of the guild. */
  readonly emoji_id?: string | null | undefined;
  /** Its emoji: one of Unicode. */
  readonly emoji_name?: string | null | undefined;
}

/** Where to send announcements. */
export interface FollowChannelBody {
  /** The channel that gets them. */
  readonly webhook_channel_id: string;
}

/** A new invite. */
export interface CreateInviteBody {
  /** How many seconds it lasts, at most 604,800; 0 for ever, 86,400 by default. */
  readonly max_age?: number | null | undefined;
  /** How often it can be used, at most 100; 0 as often as one likes. */
  readonly max_uses?: number | null | undefined;
  /** Whether members by it go when they disconnect, unless they were given a role. */
  readonly temporary?: boolean | null | undefined;
  /** Whether it must be a new one. */
  readonly unique?: boolean | null | undefined;
  /** What it leads to: 1 a stream, 2 an activity. */
  readonly target_type?: number | null | undefined;
  /** Whose stream. */
  readonly target_user_id?: string | null | undefined;
  /** Which activity. */
  readonly target_application_id?: string | null | undefined;
  /** Roles that it gives. */
  readonly role_ids?: readonly string[] | null | undefined;
}

/** Somebody new in a group. */
export interface AddRecipientBody {
  /** The user's token, with the scope `gdm.join`. */
  readonly access_token?: string | null | undefined;
  /** A name for the user. */
  readonly nick?: string | null | undefined;
}

/** A sound to play. */
export interface SendSoundBody {
  /** The sound. */
  readonly sound_id: string;
  /** Its guild, when that is another one. */
  readonly source_guild_id?: string | null | undefined;
}

/** The status of a voice channel. */
export interface SetVoiceStatusBody {
  /** At most 500 characters. */
  readonly status?: string | null | undefined;
}

/** A new webhook. */
export interface CreateWebhookBody {
  /** At most 80 characters, without "clyde" and "discord". */
  readonly name: string;
  /** Its picture, as a `data:` URI. */
  readonly avatar?: string | null | undefined;
}
