/**
 * Users, invites, OAuth2 and where the gateway is: what can be asked for, and what with.
 *
 * @module
 */
import type {
  DiscordAccessTokenResponse,
  DiscordApplication,
  DiscordChannel,
  DiscordConnection,
  DiscordEntitlement,
  DiscordInvite,
  DiscordMemberWithUser,
  DiscordUser,
  DiscordVoiceRegion,
  GatewayBot,
} from "../../discord.ts";

/** Users, invites, OAuth2, voice regions and where the gateway is. */
export interface UserOperations {
  /** The bot itself. */
  "GET /users/@me": { response: DiscordUser };
  /** Changes the bot itself. */
  "PATCH /users/@me": { response: DiscordUser; body: ModifyCurrentUserBody };
  /** What the user has bought. */
  "GET /users/@me/applications/{application_id}/entitlements": {
    response: DiscordEntitlement[];
    query: ListUserEntitlementsQuery;
  };
  /** The account that the user has linked. */
  "GET /users/@me/applications/{application_id}/role-connection": { response: RoleConnection };
  /** Links an account. */
  "PUT /users/@me/applications/{application_id}/role-connection": {
    response: RoleConnection;
    body: RoleConnectionBody;
  };
  /** Unlinks an account. */
  "DELETE /users/@me/applications/{application_id}/role-connection": { response: undefined };
  /** The channel for direct messages with somebody. */
  "POST /users/@me/channels": { response: DiscordChannel; body: CreateDMBody };
  /** The user's accounts elsewhere. */
  "GET /users/@me/connections": { response: DiscordConnection[] };
  /** The guilds that the bot is in, by their id. */
  "GET /users/@me/guilds": { response: CurrentUserGuild[]; query: ListCurrentUserGuildsQuery };
  /** Leaves a guild. */
  "DELETE /users/@me/guilds/{guild_id}": { response: undefined };
  /** The user's member in a guild. */
  "GET /users/@me/guilds/{guild_id}/member": { response: DiscordMemberWithUser };
  /** A user. */
  "GET /users/{user_id}": { response: DiscordUser };
  /** An invite. */
  "GET /invites/{code}": { response: DiscordInvite; query: GetInviteQuery };
  /** Deletes an invite. */
  "DELETE /invites/{code}": { response: DiscordInvite };
  /** For whom an invite is, no JSON: read its `text()`, one id a line below the header `user_id`. */
  "GET /invites/{code}/target-users": { response: never };
  /** Sets for whom an invite is, as the part `target_users_file` of a form. */
  "PUT /invites/{code}/target-users": { response: undefined };
  /** How far Discord is with that. */
  "GET /invites/{code}/target-users/job-status": { response: TargetUsersJob };
  /** What the user has allowed. */
  "GET /oauth2/@me": { response: CurrentAuthorization };
  /** The bot's application. */
  "GET /oauth2/applications/@me": { response: DiscordApplication };
  /** Keys that identity tokens are signed with. */
  "GET /oauth2/keys": { response: PublicKeys };
  /** Who the user is, in OpenID Connect's form. */
  "GET /oauth2/userinfo": { response: OpenIDUser };
  /** Makes or renews a token, as an urlencoded `body`. */
  "POST /oauth2/token": { response: DiscordAccessTokenResponse };
  /** Ends a token, as an urlencoded `body`. */
  "POST /oauth2/token/revoke": { response: object };
  /** Where the gateway is. */
  "GET /gateway": { response: GatewayURL };
  /** Where the gateway is, and how many shards it recommends. */
  "GET /gateway/bot": { response: GatewayBot };
  /** Regions for voice. */
  "GET /voice/regions": { response: DiscordVoiceRegion[] };
}

/** What to change of the bot itself. */
export interface ModifyCurrentUserBody {
  /** Its name. */
  readonly username?: string | undefined;
  /** Its picture, as a `data:` URI. */
  readonly avatar?: string | null | undefined;
  /** Its wide picture, as a `data:` URI. */
  readonly banner?: string | null | undefined;
}

/** An account to link. */
export interface RoleConnectionBody {
  /** Where it is, at most 50 characters. */
  readonly platform_name?: string | null | undefined;
  /** Its name there, at most 100 characters. */
  readonly platform_username?: string | null | undefined;
  /** What roles can ask of it. */
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
}

/** With whom. */
export interface CreateDMBody {
  /** The user. */
  readonly recipient_id?: string | null | undefined;
  /** For a group: tokens of its users, with the scope `gdm.join`. */
  readonly access_tokens?: readonly string[] | null | undefined;
  /** For a group: names, by the user's id. */
  readonly nicks?: Readonly<Record<string, string | null>> | null | undefined;
}

/** Which purchases. */
export interface ListUserEntitlementsQuery {
  /** Those of these; several with commas between. */
  readonly sku_ids?: string | readonly string[] | null | undefined;
  /** Whether without those that are used up. */
  readonly exclude_consumed?: boolean | null | undefined;
}

/** Which guilds. */
export interface ListCurrentUserGuildsQuery {
  /** Those before this one. */
  readonly before?: string | bigint | null | undefined;
  /** Those after this one. */
  readonly after?: string | bigint | null | undefined;
  /** From 1 to 200; 200 by default. */
  readonly limit?: number | null | undefined;
  /** Whether with how many members they have, and how many are online. */
  readonly with_counts?: boolean | null | undefined;
}

/** How much to tell of an invite. */
export interface GetInviteQuery {
  /** Whether with how many members there are, and how many are online. */
  readonly with_counts?: boolean | null | undefined;
  /** With this event. */
  readonly guild_scheduled_event_id?: string | bigint | null | undefined;
  /** To this channel. */
  readonly target_channel_id?: string | bigint | null | undefined;
  /** To this message. */
  readonly target_message_id?: string | bigint | null | undefined;
}

/** Where the gateway is. */
export interface GatewayURL {
  /** Where to open the WebSocket, without a query. */
  url: string;
}

/** A guild that the bot is in, with what a list tells of it. */
export interface CurrentUserGuild {
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
  /** Its picture. */
  icon: string | null;
  /** Its wide picture. */
  banner: string | null;
  /** Whether it is the bot's own. */
  owner: boolean;
  /** What the bot may do, as permission bits. */
  permissions: string;
  /** What it has. */
  features: string[];
  /** How many members it has, where that was asked for. */
  approximate_member_count?: number | null;
  /** How many are online, where that was asked for. */
  approximate_presence_count?: number | null;
}

/** How far Discord is with for whom an invite is. */
export interface TargetUsersJob {
  /** 0 unknown, 1 going on, 2 done, 3 failed. */
  status: number;
  /** How many there are. */
  total_users: number;
  /** How many it has dealt with. */
  processed_users: number;
  /** When it began, in ISO 8601. */
  created_at: string | null;
  /** When it ended, in ISO 8601. */
  completed_at: string | null;
  /** Why it failed. */
  error_message: string | null;
}

/** Keys that identity tokens are signed with. */
export interface PublicKeys {
  /** The keys. */
  keys: PublicKey[];
}

/** A key, in JSON Web Key's form. */
export interface PublicKey {
  /** Its kind. */
  kty: string;
  /** What it is for. */
  use: string;
  /** Its id. */
  kid: string;
  /** The modulus. */
  n: string;
  /** The exponent. */
  e: string;
  /** The algorithm. */
  alg: string;
}

/** Who a user is, in OpenID Connect's form. */
export interface OpenIDUser {
  /** The user's id. */
  sub: string;
  /** The mail address. */
  email?: string | null;
  /** Whether that is known to be right. */
  email_verified?: boolean;
  /** The name. */
  preferred_username?: string;
  /** The name that is shown. */
  nickname?: string | null;
  /** The picture. */
  picture?: string;
  /** The language. */
  locale?: string;
}

/** An account that a user has linked. */
export interface RoleConnection {
  /** Where it is. */
  platform_name?: string | null;
  /** Its name there. */
  platform_username?: string | null;
  /** What roles can ask of it. */
  metadata?: Record<string, string>;
}

/** What a user has allowed an application. */
export interface CurrentAuthorization {
  /** The application. */
  application: Partial<DiscordApplication>;
  /** What is allowed. */
  scopes: string[];
  /** Until when, in ISO 8601. */
  expires: string;
  /** The user, with the scope `identify`. */
  user?: DiscordUser;
}
