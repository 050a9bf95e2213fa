/**
 * Lobbies and accounts of games: what can be asked for, and what with.
 *
 * @module
 */
import type { DiscordChannel, DiscordUser } from "../../discord.ts";
import type { CreateMessageBody } from "./message_bodies.ts";

/** Lobbies of games, and accounts that games make. */
export interface LobbyOperations {
  /** Joins the lobby of a secret, and makes it if there is none. */
  "PUT /lobbies": { response: Lobby; body: JoinLobbyBody };
  /** Makes a lobby. */
  "POST /lobbies": { response: Lobby; body: CreateLobbyBody };
  /** A lobby. */
  "GET /lobbies/{lobby_id}": { response: Lobby };
  /** Deletes a lobby. */
  "DELETE /lobbies/{lobby_id}": { response: undefined };
  /** Changes a lobby. */
  "PATCH /lobbies/{lobby_id}": { response: Lobby; body: LobbyBody };
  /** Links a lobby to a channel, or unlinks it. */
  "PATCH /lobbies/{lobby_id}/channel-linking": { response: Lobby; body: LinkLobbyBody };
  /** Leaves a lobby. */
  "DELETE /lobbies/{lobby_id}/members/@me": { response: undefined };
  /** An invite to the guild that the lobby is linked to. */
  "POST /lobbies/{lobby_id}/members/@me/invites": { response: LobbyInvite };
  /** Adds, changes and removes members of a lobby. */
  "POST /lobbies/{lobby_id}/members/bulk": { response: LobbyMember[]; body: readonly BulkLobbyMemberBody[] };
  /** Adds a member to a lobby, or changes it. */
  "PUT /lobbies/{lobby_id}/members/{user_id}": { response: LobbyMember; body: AddLobbyMemberBody };
  /** Removes a member of a lobby. */
  "DELETE /lobbies/{lobby_id}/members/{user_id}": { response: undefined };
  /** An invite for somebody to the guild that the lobby is linked to. */
  "POST /lobbies/{lobby_id}/members/{user_id}/invites": { response: LobbyInvite };
  /** The last messages of a lobby. */
  "GET /lobbies/{lobby_id}/messages": { response: LobbyMessage[]; query: ListLobbyMessagesQuery };
  /** Writes a message to a lobby. */
  "POST /lobbies/{lobby_id}/messages": { response: LobbyMessage; body: CreateMessageBody };
  /** Says what a game's moderation thinks of a message. */
  "PUT /lobbies/{lobby_id}/messages/{message_id}/moderation-metadata": {
    response: undefined;
    body: Readonly<Record<string, string>>;
  };
  /** Says what a game's moderation thinks of a direct message. */
  "PUT /partner-sdk/dms/{user_id_1}/{user_id_2}/messages/{message_id}/moderation-metadata": {
    response: undefined;
    body: Readonly<Record<string, string>>;
  };
  /** Parts an account of a game from a user. */
  "POST /partner-sdk/provisional-accounts/unmerge": { response: undefined; body: ExternalAccountBody };
  /** Parts an account of a game from a user, with a bot's token. */
  "POST /partner-sdk/provisional-accounts/unmerge/bot": { response: undefined; body: UnmergeAccountBody };
  /** A token for an account of a game. */
  "POST /partner-sdk/token": { response: ProvisionalToken; body: ExternalAccountBody };
  /** A token for an account of a game, with a bot's token. */
  "POST /partner-sdk/token/bot": { response: ProvisionalToken; body: ProvisionalTokenBody };
}

/** What to change of a lobby. */
export interface LobbyBody {
  /** Seconds until an empty lobby is deleted, from 5 to 604,800. */
  readonly idle_timeout_seconds?: number | null | undefined;
  /** Words about it. */
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  /** Who is in it, at most 25. */
  readonly members?: readonly LobbyMemberBody[] | null | undefined;
  /** Bits: 1 only the application may write. */
  readonly flags?: number | null | undefined;
  /** Where its events are sent. */
  readonly override_event_webhooks_url?: string | null | undefined;
}

/** A new lobby. */
export interface CreateLobbyBody extends LobbyBody {
  /** Seconds until an empty lobby is deleted, from 5 to 604,800; 300 by default. */
  readonly idle_timeout_seconds?: number | null | undefined;
}

/** A lobby to join. */
export interface JoinLobbyBody {
  /** Who has it can join, at most 250 characters. */
  readonly secret: string;
  /** Seconds until an empty lobby is deleted, from 5 to 604,800. */
  readonly idle_timeout_seconds?: number | null | undefined;
  /** Words about the lobby. */
  readonly lobby_metadata?: Readonly<Record<string, string>> | null | undefined;
  /** Words about the member. */
  readonly member_metadata?: Readonly<Record<string, string>> | null | undefined;
  /** Bits of the lobby. */
  readonly flags?: number | null | undefined;
}

/** What a lobby is linked to. */
export interface LinkLobbyBody {
  /** A text channel; none unlinks it. */
  readonly channel_id?: string | null | undefined;
}

/** What to say of a member of a lobby. */
export interface AddLobbyMemberBody {
  /** Words about the member. */
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  /** Bits: 1 may link the lobby. */
  readonly flags?: number | null | undefined;
  /** A name more. */
  readonly additional_name?: string | null | undefined;
}

/** A member of a lobby. */
export interface LobbyMemberBody {
  /** The user. */
  readonly id: string;
  /** Words about the member. */
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  /** Bits: 1 may link the lobby. */
  readonly flags?: number | null | undefined;
}

/** A member of a lobby, or one to remove. */
export interface BulkLobbyMemberBody extends LobbyMemberBody {
  /** Whether to remove it. */
  readonly remove_member?: boolean | null | undefined;
  /** A name more. */
  readonly additional_name?: string | null | undefined;
}

/** An account that a game has made. */
export interface ExternalAccountBody {
  /** The application. */
  readonly client_id: string;
  /** Its secret; none for public clients. */
  readonly client_secret?: string | null | undefined;
  /** What proves whose account it is. */
  readonly external_auth_token: string;
  /**
   * Where that comes from: `OIDC`, `STEAM_SESSION_TICKET`, `EPIC_ONLINE_SERVICES_ACCESS_TOKEN`,
   * `UNITY_SERVICES_ID_TOKEN` and more.
   */
  readonly external_auth_type: string;
}

/** An account that a game has made. */
export interface UnmergeAccountBody {
  /** Its name in the game. */
  readonly external_user_id: string;
}

/** An account that a game has made. */
export interface ProvisionalTokenBody {
  /** Its name in the game. */
  readonly external_user_id: string;
  /** The user that Discord has made for it. */
  readonly provisional_user_id?: string | null | undefined;
  /** The name to show. */
  readonly preferred_global_name?: string | null | undefined;
}

/** How many messages. */
export interface ListLobbyMessagesQuery {
  /** From 1 to 200; 50 by default. */
  readonly limit?: number | null | undefined;
}

/** A lobby: where players of a game meet. */
export interface Lobby {
  /** Its id. */
  id: string;
  /** The game's application. */
  application_id: string;
  /** Words about it. */
  metadata: Record<string, string> | null;
  /** Who is in it. */
  members: LobbyMember[];
  /** The channel that it is linked to. */
  linked_channel?: DiscordChannel;
  /** Bits. */
  flags: number;
  /** Where its events are sent. */
  override_event_webhooks_url?: string | null;
}

/** A member of a lobby. */
export interface LobbyMember {
  /** The user. */
  id: string;
  /** Words about the member. */
  metadata: Record<string, string> | null;
  /** Bits: 1 may link the lobby. */
  flags: number;
  /** A name more. */
  additional_name?: string;
}

/** An invite to the guild that a lobby is linked to. */
export interface LobbyInvite {
  /** The invite. */
  code: string;
}

/** A message of a lobby. */
export interface LobbyMessage {
  /** Its id. */
  id: string;
  /** Its kind. */
  type: number;
  /** The text. */
  content: string;
  /** The lobby. */
  lobby_id: string;
  /** The channel. */
  channel_id: string;
  /** Who wrote it. */
  author: DiscordUser;
  /** What the lobby says of them. */
  lobby_member?: LobbyMessageMember;
  /** Words about it. */
  metadata?: Record<string, string>;
  /** What the game's moderation thinks of it. */
  moderation_metadata?: Record<string, string>;
  /** Bits. */
  flags: number;
  /** The application. */
  application_id?: string;
}

/** What a lobby says of who wrote a message. */
export interface LobbyMessageMember {
  /** A name more. */
  additional_name: string;
}

/** A token for an account of a game. */
export interface ProvisionalToken {
  /** How to send it: `Bearer`. */
  token_type: string;
  /** The token. */
  access_token: string;
  /** For how many seconds it is good. */
  expires_in: number;
  /** Scopes, with spaces between. */
  scope: string;
  /** Who it is for, as a signed token. */
  id_token: string;
  /** Renews it. */
  refresh_token?: string | null;
  /** Scopes. */
  scopes?: string[] | null;
  /** Until when it is good, in seconds since 1970. */
  expires_at_s?: number | null;
}
