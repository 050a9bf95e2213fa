/**
 * What a guild greets with, plays and forbids: what can be asked for, and what with.
 *
 * @module
 */
import type {
  DiscordAutoModerationRule,
  DiscordGuildOnboarding,
  DiscordGuildWidgetSettings,
  DiscordSoundboardSound,
  DiscordSticker,
  DiscordStickerPack,
  DiscordTemplate,
  DiscordUser,
  DiscordWelcomeScreen,
} from "../../discord.ts";

/** Moderation, onboarding, sounds, stickers, templates and the widget. */
export interface GuildSettingsOperations {
  /** A template. */
  "GET /guilds/templates/{code}": { response: GuildTemplate };
  /** The rules of auto moderation. */
  "GET /guilds/{guild_id}/auto-moderation/rules": { response: DiscordAutoModerationRule[] };
  /** Makes a rule. */
  "POST /guilds/{guild_id}/auto-moderation/rules": {
    response: DiscordAutoModerationRule;
    body: CreateAutoModerationRuleBody;
  };
  /** A rule. */
  "GET /guilds/{guild_id}/auto-moderation/rules/{rule_id}": { response: DiscordAutoModerationRule };
  /** Deletes a rule. */
  "DELETE /guilds/{guild_id}/auto-moderation/rules/{rule_id}": { response: undefined };
  /** Changes a rule. */
  "PATCH /guilds/{guild_id}/auto-moderation/rules/{rule_id}": {
    response: DiscordAutoModerationRule;
    body: ModifyAutoModerationRuleBody;
  };
  /** What new members are shown. */
  "GET /guilds/{guild_id}/new-member-welcome": { response: MemberWelcome | undefined };
  /** What new members are asked. */
  "GET /guilds/{guild_id}/onboarding": { response: DiscordGuildOnboarding };
  /** Sets what new members are asked. */
  "PUT /guilds/{guild_id}/onboarding": { response: DiscordGuildOnboarding; body: ModifyOnboardingBody };
  /** The sounds of a guild. */
  "GET /guilds/{guild_id}/soundboard-sounds": { response: GuildSounds };
  /** Makes a sound. */
  "POST /guilds/{guild_id}/soundboard-sounds": { response: DiscordSoundboardSound; body: CreateSoundBody };
  /** A sound of a guild. */
  "GET /guilds/{guild_id}/soundboard-sounds/{sound_id}": { response: DiscordSoundboardSound };
  /** Deletes a sound. */
  "DELETE /guilds/{guild_id}/soundboard-sounds/{sound_id}": { response: undefined };
  /** Changes a sound. */
  "PATCH /guilds/{guild_id}/soundboard-sounds/{sound_id}": {
    response: DiscordSoundboardSound;
    body: ModifySoundBody;
  };
  /** Sounds that all guilds have. */
  "GET /soundboard-default-sounds": { response: DiscordSoundboardSound[] };
  /** The stickers of a guild. */
  "GET /guilds/{guild_id}/stickers": { response: DiscordSticker[] };
  /** Makes a sticker, as the form `name`, `description`, `tags` and `file`. */
  "POST /guilds/{guild_id}/stickers": { response: DiscordSticker };
  /** A sticker of a guild. */
  "GET /guilds/{guild_id}/stickers/{sticker_id}": { response: DiscordSticker };
  /** Deletes a sticker. */
  "DELETE /guilds/{guild_id}/stickers/{sticker_id}": { response: undefined };
  /** Changes a sticker. */
  "PATCH /guilds/{guild_id}/stickers/{sticker_id}": { response: DiscordSticker; body: ModifyStickerBody };
  /** Sets of stickers that everybody has. */
  "GET /sticker-packs": { response: StickerPacks };
  /** A set of stickers. */
  "GET /sticker-packs/{pack_id}": { response: DiscordStickerPack };
  /** A sticker. */
  "GET /stickers/{sticker_id}": { response: DiscordSticker };
  /** The templates of a guild. */
  "GET /guilds/{guild_id}/templates": { response: GuildTemplate[] };
  /** Makes a template. */
  "POST /guilds/{guild_id}/templates": { response: GuildTemplate; body: CreateTemplateBody };
  /** Makes a template what the guild is now. */
  "PUT /guilds/{guild_id}/templates/{code}": { response: GuildTemplate };
  /** Deletes a template. */
  "DELETE /guilds/{guild_id}/templates/{code}": { response: GuildTemplate };
  /** Changes a template. */
  "PATCH /guilds/{guild_id}/templates/{code}": { response: GuildTemplate; body: ModifyTemplateBody };
  /** What a guild greets with. */
  "GET /guilds/{guild_id}/welcome-screen": { response: DiscordWelcomeScreen };
  /** Sets what a guild greets with. */
  "PATCH /guilds/{guild_id}/welcome-screen": {
    response: DiscordWelcomeScreen;
    body: ModifyWelcomeScreenBody;
  };
  /** Whether a guild has a widget. */
  "GET /guilds/{guild_id}/widget": { response: DiscordGuildWidgetSettings };
  /** Sets whether a guild has a widget. */
  "PATCH /guilds/{guild_id}/widget": { response: DiscordGuildWidgetSettings; body: ModifyWidgetBody };
  /** What the widget shows. */
  "GET /guilds/{guild_id}/widget.json": { response: GuildWidget };
  /** The widget as a picture, no JSON: read its `bytes()`. */
  "GET /guilds/{guild_id}/widget.png": { response: never; query: GetWidgetImageQuery };
}

/** Which picture. */
export interface GetWidgetImageQuery {
  /** `shield` or `banner1` to `banner4`; `shield` by default. */
  readonly style?: string | null | undefined;
}

/** What to change of a rule. */
export interface ModifyAutoModerationRuleBody {
  /** At most 100 characters. */
  readonly name?: string | undefined;
  /** What it looks at: 1 messages, 2 members' profiles. */
  readonly event_type?: number | undefined;
  /** What it looks for: 1 words, 3 spam, 4 lists of words, 5 mentions, 6 words in profiles. */
  readonly trigger_type?: number | undefined;
  /** What it looks for exactly. */
  readonly trigger_metadata?: AutoModerationTriggerBody | null | undefined;
  /** What it does. */
  readonly actions?: readonly AutoModerationActionBody[] | null | undefined;
  /** Whether it counts. */
  readonly enabled?: boolean | null | undefined;
  /** Roles that it is not for, at most 20. */
  readonly exempt_roles?: readonly string[] | null | undefined;
  /** Channels that it is not for, at most 50. */
  readonly exempt_channels?: readonly string[] | null | undefined;
}

/** A new rule. */
export interface CreateAutoModerationRuleBody extends ModifyAutoModerationRuleBody {
  /** At most 100 characters. */
  readonly name: string;
  /** What it looks at: 1 messages, 2 members' profiles. */
  readonly event_type: number;
  /** What it looks for: 1 words, 3 spam, 4 lists of words, 5 mentions, 6 words in profiles. */
  readonly trigger_type: number;
}

/** What a rule looks for. Which fields it takes depends on the trigger. */
export interface AutoModerationTriggerBody {
  /** Words, at most 1,000. */
  readonly keyword_filter?: readonly string[] | null | undefined;
  /** Patterns of Rust's kind, at most ten. */
  readonly regex_patterns?: readonly string[] | null | undefined;
  /** Words that are let through. */
  readonly allow_list?: readonly string[] | null | undefined;
  /** Lists of words: 1 profanity, 2 sexual content, 3 slurs. */
  readonly presets?: readonly number[] | null | undefined;
  /** How many mentions a message may have, at most 50. */
  readonly mention_total_limit?: number | null | undefined;
  /** Whether to look for raids of mentions. */
  readonly mention_raid_protection_enabled?: boolean | null | undefined;
}

/** What a rule does. */
export interface AutoModerationActionBody {
  /** 1 blocks the message, 2 sends an alert, 3 stops the user for a while, 4 shuts the member off. */
  readonly type: number;
  /** How. */
  readonly metadata?: AutoModerationActionMetadataBody | null | undefined;
}

/** How a rule does it. */
export interface AutoModerationActionMetadataBody {
  /** Where the alert is sent. */
  readonly channel_id?: string | undefined;
  /** For how long, at most four weeks. */
  readonly duration_seconds?: number | null | undefined;
  /** What the user is told, at most 150 characters. */
  readonly custom_message?: string | null | undefined;
}

/** What new members are asked. */
export interface ModifyOnboardingBody {
  /** Questions. */
  readonly prompts?: readonly OnboardingPromptBody[] | null | undefined;
  /** Channels that everybody gets. */
  readonly default_channel_ids?: readonly string[] | null | undefined;
  /** Whether they are asked. */
  readonly enabled?: boolean | null | undefined;
  /** What counts as enough: 0 the default channels, 1 the questions as well. */
  readonly mode?: number | null | undefined;
}

/** A question to new members. */
export interface OnboardingPromptBody {
  /** Its id; any number for a new one. */
  readonly id: string;
  /** The question. */
  readonly title: string;
  /** Answers. */
  readonly options: readonly OnboardingOptionBody[];
  /** 0 shows all answers, 1 a menu. */
  readonly type?: number | null | undefined;
  /** Whether only one answer can be chosen. */
  readonly single_select?: boolean | null | undefined;
  /** Whether it must be answered. */
  readonly required?: boolean | null | undefined;
  /** Whether it is asked at once; else only later. */
  readonly in_onboarding?: boolean | null | undefined;
}

/** An answer of new members. */
export interface OnboardingOptionBody {
  /** Its id, where there is one. */
  readonly id?: string | null | undefined;
  /** The answer. */
  readonly title: string;
  /** Explains it. */
  readonly description?: string | null | undefined;
  /** Its emoji: one of the guild. */
  readonly emoji_id?: string | null | undefined;
  /** Its emoji: one of Unicode, or the name of the guild's. */
  readonly emoji_name?: string | null | undefined;
  /** Whether the emoji moves. */
  readonly emoji_animated?: boolean | null | undefined;
  /** Roles that it gives. */
  readonly role_ids?: readonly string[] | null | undefined;
  /** Channels that it shows. */
  readonly channel_ids?: readonly string[] | null | undefined;
}

/** What to change of a sound. */
export interface ModifySoundBody {
  /** From 2 to 32 characters. */
  readonly name?: string | undefined;
  /** From 0 to 1. */
  readonly volume?: number | null | undefined;
  /** Its emoji: one of the guild. */
  readonly emoji_id?: string | null | undefined;
  /** Its emoji: one of Unicode. */
  readonly emoji_name?: string | null | undefined;
}

/** A new sound. */
export interface CreateSoundBody extends ModifySoundBody {
  /** From 2 to 32 characters. */
  readonly name: string;
  /** MP3 or Ogg, as a `data:` URI; at most 512 kB and 5.2 seconds. */
  readonly sound: string;
}

/** What to change of a sticker. */
export interface ModifyStickerBody {
  /** From 2 to 30 characters. */
  readonly name?: string | undefined;
  /** Words by which it is found. */
  readonly tags?: string | undefined;
  /** At most 100 characters. */
  readonly description?: string | null | undefined;
}

/** What to change of a template. */
export interface ModifyTemplateBody {
  /** At most 100 characters. */
  readonly name?: string | undefined;
  /** At most 120 characters. */
  readonly description?: string | null | undefined;
}

/** A new template. */
export interface CreateTemplateBody extends ModifyTemplateBody {
  /** At most 100 characters. */
  readonly name: string;
}

/** What a guild greets with. */
export interface ModifyWelcomeScreenBody {
  /** What it is for. */
  readonly description?: string | null | undefined;
  /** Where to begin, at most five. */
  readonly welcome_channels?: readonly WelcomeChannelBody[] | null | undefined;
  /** Whether it greets. */
  readonly enabled?: boolean | null | undefined;
}

/** Where to begin. */
export interface WelcomeChannelBody {
  /** The channel. */
  readonly channel_id: string;
  /** What it is for. */
  readonly description: string;
  /** Its emoji: one of the guild. */
  readonly emoji_id?: string | null | undefined;
  /** Its emoji: one of Unicode, or the name of the guild's. */
  readonly emoji_name?: string | null | undefined;
}

/** Whether a guild has a widget. */
export interface ModifyWidgetBody {
  /** Whether it has. */
  readonly enabled?: boolean | null | undefined;
  /** The channel that it invites to. */
  readonly channel_id?: string | null | undefined;
}

/** What new members are shown. */
export interface MemberWelcome {
  /** The guild. */
  guild_id: string;
  /** Whether they are shown it. */
  enabled: boolean;
  /** Words of welcome. */
  welcome_message?: WelcomeMessage;
  /** What to do first. */
  new_member_actions: WelcomeAction[];
  /** What to read first. */
  resource_channels: WelcomeResource[];
}

/** Words of welcome. */
export interface WelcomeMessage {
  /** Whose. */
  author_ids: string[];
  /** The words. */
  message: string;
}

/** A channel for new members. */
export interface WelcomeResource {
  /** The channel. */
  channel_id: string;
  /** What it is about. */
  title: string;
  /** Stands before it. */
  emoji?: WelcomeEmoji;
  /** Its picture. */
  icon?: string;
  /** Explains it. */
  description: string;
}

/** Something for new members to do. */
export interface WelcomeAction {
  /** Where. */
  channel_id: string;
  /** 0 to look, 1 to write. */
  action_type: number;
  /** What. */
  title: string;
  /** Explains it. */
  description: string;
  /** Stands before it. */
  emoji?: WelcomeEmoji;
  /** Its picture. */
  icon?: string;
}

/** An emoji: one of the guild by its id, one of Unicode by its name. */
export interface WelcomeEmoji {
  /** The id. */
  id: string | null;
  /** The name. */
  name: string | null;
  /** Whether it moves. */
  animated: boolean;
}

/** The sounds of a guild. */
export interface GuildSounds {
  /** The sounds. */
  items: DiscordSoundboardSound[];
}

/** Sets of stickers. */
export interface StickerPacks {
  /** The sets. */
  sticker_packs: DiscordStickerPack[];
}

/** What the widget of a guild shows. */
export interface GuildWidget {
  /** The guild. */
  id: string;
  /** Its name. */
  name: string;
  /** An invite, where it gives one. */
  instant_invite: string | null;
  /** Voice channels that everybody can see. */
  channels: GuildWidgetChannel[];
  /** Some of those who are online. */
  members: GuildWidgetMember[];
  /** How many are online. */
  presence_count: number;
}

/** A channel in a widget. */
export interface GuildWidgetChannel {
  /** The channel. */
  id: string;
  /** Its name. */
  name: string;
  /** Its place. */
  position: number;
}

/** Somebody in a widget, without their own id. */
export interface GuildWidgetMember {
  /** A number in this list. */
  id: string;
  /** Their name here. */
  username: string;
  /** Always `0000`. */
  discriminator: string;
  /** Nothing. */
  avatar: null;
  /** How they show. */
  status: string;
  /** Their picture. */
  avatar_url: string;
  /** The voice channel that they are in. */
  channel_id?: string;
}

/** What a new guild can be made from. */
export interface GuildTemplate extends Omit<DiscordTemplate, "creator"> {
  /** Who made it, if they are still there. */
  creator: DiscordUser | null;
}
