/**
 * Applications and what they sell: what can be asked for, and what with.
 *
 * @module
 */
import type {
  DiscordActivityInstance,
  DiscordApplication,
  DiscordAttachment,
  DiscordEmoji,
  DiscordEntitlement,
  DiscordSubscription,
} from "../../discord.ts";

/** Applications, their emojis, purchases and role connections. */
export interface ApplicationOperations {
  /** The bot's application. */
  "GET /applications/@me": { response: DiscordApplication };
  /** Changes the bot's application. */
  "PATCH /applications/@me": { response: DiscordApplication; body: ModifyApplicationBody };
  /** An application. */
  "GET /applications/{application_id}": { response: DiscordApplication };
  /** Changes an application. */
  "PATCH /applications/{application_id}": { response: DiscordApplication; body: ModifyApplicationBody };
  /** An activity that is running. */
  "GET /applications/{application_id}/activity-instances/{instance_id}": {
    response: DiscordActivityInstance;
  };
  /** Uploads a picture for an activity, as the part `file` of a form. */
  "POST /applications/{application_id}/attachment": { response: ActivityAttachment };
  /** The emojis of an application. */
  "GET /applications/{application_id}/emojis": { response: ApplicationEmojis };
  /** Makes an emoji. */
  "POST /applications/{application_id}/emojis": { response: DiscordEmoji; body: CreateApplicationEmojiBody };
  /** An emoji of an application. */
  "GET /applications/{application_id}/emojis/{emoji_id}": { response: DiscordEmoji };
  /** Deletes an emoji. */
  "DELETE /applications/{application_id}/emojis/{emoji_id}": { response: undefined };
  /** Renames an emoji. */
  "PATCH /applications/{application_id}/emojis/{emoji_id}": { response: DiscordEmoji; body: RenameEmojiBody };
  /** Purchases. */
  "GET /applications/{application_id}/entitlements": {
    response: DiscordEntitlement[];
    query: ListEntitlementsQuery;
  };
  /** Makes a purchase to test with. */
  "POST /applications/{application_id}/entitlements": {
    response: DiscordEntitlement;
    body: CreateEntitlementBody;
  };
  /** A purchase. */
  "GET /applications/{application_id}/entitlements/{entitlement_id}": { response: DiscordEntitlement };
  /** Takes back a purchase made to test with. */
  "DELETE /applications/{application_id}/entitlements/{entitlement_id}": { response: undefined };
  /** Uses up what was bought for one time. */
  "POST /applications/{application_id}/entitlements/{entitlement_id}/consume": { response: undefined };
  /** What roles can ask of linked accounts. */
  "GET /applications/{application_id}/role-connections/metadata": { response: RoleConnectionMetadata[] };
  /** Sets what roles can ask of linked accounts. */
  "PUT /applications/{application_id}/role-connections/metadata": {
    response: RoleConnectionMetadata[];
    body: readonly RoleConnectionMetadataBody[];
  };
  /** Subscriptions of something sold. */
  "GET /skus/{sku_id}/subscriptions": { response: DiscordSubscription[]; query: ListSubscriptionsQuery };
  /** A subscription. */
  "GET /skus/{sku_id}/subscriptions/{subscription_id}": {
    response: DiscordSubscription;
    query: GetSubscriptionQuery;
  };
}

/** What to change of an application. */
export interface ModifyApplicationBody {
  /** What it is for. */
  readonly description?: string | LocalizedTextBody | null | undefined;
  /** Its picture, as a `data:` URI. */
  readonly icon?: string | null | undefined;
  /** Its picture in the shop, as a `data:` URI. */
  readonly cover_image?: string | null | undefined;
  /** The team that it belongs to. */
  readonly team_id?: string | null | undefined;
  /** Bits; only those of limited intents can be changed. */
  readonly flags?: number | null | undefined;
  /** Where interactions are sent. */
  readonly interactions_endpoint_url?: string | null | undefined;
  /** 0 as in the guild, 1 always. */
  readonly explicit_content_filter?: number | null | undefined;
  /** How many can take part in its activity. */
  readonly max_participants?: number | null | undefined;
  /** Its kind. */
  readonly type?: number | null | undefined;
  /** What it is, at most five words of at most 20 characters. */
  readonly tags?: readonly string[] | null | undefined;
  /** Where its button to add leads. */
  readonly custom_install_url?: string | null | undefined;
  /** What it asks for when it is added. */
  readonly install_params?: InstallParamsBody | null | undefined;
  /** Where accounts are linked. */
  readonly role_connections_verification_url?: string | null | undefined;
  /** By where it is installed: 0 guilds, 1 users. */
  readonly integration_types_config?: Readonly<Record<string, IntegrationTypeBody | null>> | null | undefined;
  /** 1 off, 2 on. */
  readonly event_webhooks_status?: number | null | undefined;
  /** Where events are sent. */
  readonly event_webhooks_url?: string | null | undefined;
  /** Which events. */
  readonly event_webhooks_types?: readonly string[] | null | undefined;
}

/** A text with translations. */
export interface LocalizedTextBody {
  /** The text. */
  readonly default: string;
  /** Translations, by locale. */
  readonly localizations?: Readonly<Record<string, string>> | null | undefined;
}

/** What an application asks for when it is added. */
export interface InstallParamsBody {
  /** Scopes. */
  readonly scopes?: readonly string[] | null | undefined;
  /** Permission bits, as text. */
  readonly permissions?: string | number | null | undefined;
}

/** How an application is added. */
export interface IntegrationTypeBody {
  /** What it asks for. */
  readonly oauth2_install_params?: InstallParamsBody | null | undefined;
}

/** A new emoji. */
export interface CreateApplicationEmojiBody {
  /** From 2 to 32 characters. */
  readonly name: string;
  /** The picture, as a `data:` URI. */
  readonly image: string;
}

/** The name of an emoji. */
export interface RenameEmojiBody {
  /** From 2 to 32 characters. */
  readonly name?: string | undefined;
}

/** A purchase to test with. */
export interface CreateEntitlementBody {
  /** What is bought. */
  readonly sku_id: string;
  /** The guild or the user who gets it. */
  readonly owner_id: string;
  /** 1 a guild, 2 a user. */
  readonly owner_type: number;
}

/** Something that roles can ask of linked accounts. */
export interface RoleConnectionMetadataBody {
  /**
   * How it is compared: integers 1 at most, 2 at least, 3 equal, 4 unequal; moments 5 before, 6 after;
   * booleans 7 equal, 8 unequal.
   */
  readonly type: number;
  /** Its name in the account, at most 50 characters. */
  readonly key: string;
  /** What is shown, at most 100 characters. */
  readonly name: string;
  /** Translations of the name. */
  readonly name_localizations?: Readonly<Record<string, string | null>> | null | undefined;
  /** Explains it, at most 200 characters. */
  readonly description: string;
  /** Translations of the description. */
  readonly description_localizations?: Readonly<Record<string, string | null>> | null | undefined;
}

/** Which purchases. */
export interface ListEntitlementsQuery {
  /** Those of this user. */
  readonly user_id?: string | bigint | null | undefined;
  /** Those of these; several with commas between. */
  readonly sku_ids?: string | readonly string[] | null | undefined;
  /** Those of this guild. */
  readonly guild_id?: string | bigint | null | undefined;
  /** Those before this one. */
  readonly before?: string | bigint | null | undefined;
  /** Those after this one. */
  readonly after?: string | bigint | null | undefined;
  /** From 1 to 100; 100 by default. */
  readonly limit?: number | null | undefined;
  /** Whether without those that are over. */
  readonly exclude_ended?: boolean | null | undefined;
  /** Whether without those that were taken back. */
  readonly exclude_deleted?: boolean | null | undefined;
  /** Whether only those that count now. */
  readonly only_active?: boolean | null | undefined;
}

/** Whose subscription. */
export interface GetSubscriptionQuery {
  /** The user; needed without a bot's token. */
  readonly user_id?: string | bigint | null | undefined;
}

/** Which subscriptions. */
export interface ListSubscriptionsQuery extends GetSubscriptionQuery {
  /** Those before this one. */
  readonly before?: string | bigint | null | undefined;
  /** Those after this one. */
  readonly after?: string | bigint | null | undefined;
  /** From 1 to 100; 50 by default. */
  readonly limit?: number | null | undefined;
}

/** A picture that was uploaded. */
export interface ActivityAttachment {
  /** The picture. */
  attachment: DiscordAttachment;
}

/** The emojis of an application. */
export interface ApplicationEmojis {
  /** The emojis. */
  items: DiscordEmoji[];
}

/** Something that roles can ask of linked accounts. */
export interface RoleConnectionMetadata {
  /** How it is compared. */
  type: number;
  /** Its name in the account. */
  key: string;
  /** What is shown. */
  name: string;
  /** Translations of the name. */
  name_localizations?: Record<string, string> | null;
  /** Explains it. */
  description: string;
  /** Translations of the description. */
  description_localizations?: Record<string, string> | null;
}
