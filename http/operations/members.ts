/**
 * Members of guilds, bans and requests to join: what can be asked for, and what with.
 *
 * @module
 */
import type {
  DiscordBan,
  DiscordBulkBan,
  DiscordChannel,
  DiscordMemberWithUser,
  DiscordMessage,
  DiscordThreadMember,
  DiscordUser,
  DiscordVoiceState,
} from "../../discord.ts";

/** Members, bans, voice and requests to join; and finding messages. */
export interface MemberOperations {
  /** Who is banned, by the id of the user. */
  "GET /guilds/{guild_id}/bans": { response: DiscordBan[]; query: ListBansQuery };
  /** Whether somebody is banned: 404 if not. */
  "GET /guilds/{guild_id}/bans/{user_id}": { response: DiscordBan };
  /** Bans somebody. */
  "PUT /guilds/{guild_id}/bans/{user_id}": { response: undefined; body: CreateBanBody };
  /** Lifts a ban. */
  "DELETE /guilds/{guild_id}/bans/{user_id}": { response: undefined };
  /** Bans at most 200 users. */
  "POST /guilds/{guild_id}/bulk-ban": { response: DiscordBulkBan; body: BulkBanBody };
  /** Members, by the id of the user. */
  "GET /guilds/{guild_id}/members": { response: DiscordMemberWithUser[]; query: ListMembersQuery };
  /** Changes the bot's own member. */
  "PATCH /guilds/{guild_id}/members/@me": { response: DiscordMemberWithUser; body: ModifyCurrentMemberBody };
  /** Members whose name begins like this. */
  "GET /guilds/{guild_id}/members/search": { response: DiscordMemberWithUser[]; query: SearchMembersQuery };
  /** A member. */
  "GET /guilds/{guild_id}/members/{user_id}": { response: DiscordMemberWithUser };
  /** Adds a user; without an answer if they are there already. */
  "PUT /guilds/{guild_id}/members/{user_id}": {
    response: DiscordMemberWithUser | undefined;
    body: AddMemberBody;
  };
  /** Takes a member out. */
  "DELETE /guilds/{guild_id}/members/{user_id}": { response: undefined };
  /** Changes a member. */
  "PATCH /guilds/{guild_id}/members/{user_id}": {
    response: DiscordMemberWithUser | undefined;
    body: ModifyMemberBody;
  };
  /** Gives a role. */
  "PUT /guilds/{guild_id}/members/{user_id}/roles/{role_id}": { response: undefined };
  /** Takes a role. */
  "DELETE /guilds/{guild_id}/members/{user_id}/roles/{role_id}": { response: undefined };
  /** Finds messages. */
  "GET /guilds/{guild_id}/messages/search": { response: MessageSearchResult; query: SearchMessagesQuery };
  /** How many members would go for having been away. */
  "GET /guilds/{guild_id}/prune": { response: PruneCount; query: GetPruneCountQuery };
  /** Takes out members who were away. */
  "POST /guilds/{guild_id}/prune": { response: PruneCount; body: PruneBody };
  /** Requests to join. */
  "GET /guilds/{guild_id}/requests": { response: JoinRequests; query: ListJoinRequestsQuery };
  /** Accepts or refuses a request to join. */
  "PATCH /guilds/{guild_id}/requests/{request_id}": { response: JoinRequest; body: ActionJoinRequestBody };
  /** The bot's own voice state. */
  "GET /guilds/{guild_id}/voice-states/@me": { response: DiscordVoiceState };
  /** Speaks on a stage, or asks to. */
  "PATCH /guilds/{guild_id}/voice-states/@me": { response: undefined; body: ModifyCurrentVoiceStateBody };
  /** Somebody's voice state. */
  "GET /guilds/{guild_id}/voice-states/{user_id}": { response: DiscordVoiceState };
  /** Lets somebody speak on a stage. */
  "PATCH /guilds/{guild_id}/voice-states/{user_id}": { response: undefined; body: ModifyVoiceStateBody };
}

/** Which bans; with both cursors, only `before` counts. */
export interface ListBansQuery {
  /** Those before this user. */
  readonly before?: string | bigint | null | undefined;
  /** Those after this user. */
  readonly after?: string | bigint | null | undefined;
  /** From 1 to 1,000; 1,000 by default. */
  readonly limit?: number | null | undefined;
}

/** Which members. */
export interface ListMembersQuery {
  /** Those after this user. */
  readonly after?: string | bigint | null | undefined;
  /** From 1 to 1,000; 1 by default. */
  readonly limit?: number | null | undefined;
}

/** Which members. */
export interface SearchMembersQuery {
  /** How their name or nick begins. */
  readonly query: string;
  /** From 1 to 1,000; 1 by default. */
  readonly limit?: number | null | undefined;
}

/** Who would go. */
export interface GetPruneCountQuery {
  /** For how many days away, from 1 to 30; 7 by default. */
  readonly days?: number | null | undefined;
  /** Even members with these roles. */
  readonly include_roles?: string | readonly string[] | null | undefined;
}

/** Which requests. */
export interface ListJoinRequestsQuery {
  /** `STARTED`, `SUBMITTED`, `REJECTED` or `APPROVED`. */
  readonly status?: string | null | undefined;
  /** Those before this one. */
  readonly before?: string | bigint | null | undefined;
  /** Those after this one. */
  readonly after?: string | bigint | null | undefined;
  /** From 1 to 100; 100 by default. */
  readonly limit?: number | null | undefined;
}

/** What to find. */
export interface SearchMessagesQuery {
  /** Words. */
  readonly content?: string | null | undefined;
  /** How many words may be between those, at most 100. */
  readonly slop?: number | null | undefined;
  /** By these users. */
  readonly author_id?: string | readonly string[] | null | undefined;
  /** By `user`, `bot` or `webhook`; not by, with `-` before it. */
  readonly author_type?: string | readonly string[] | null | undefined;
  /** That mention these users. */
  readonly mentions?: string | readonly string[] | null | undefined;
  /** That mention these roles. */
  readonly mentions_role_id?: string | readonly string[] | null | undefined;
  /** Whether they mention everybody. */
  readonly mention_everyone?: boolean | null | undefined;
  /** That answer these users. */
  readonly replied_to_user_id?: string | readonly string[] | null | undefined;
  /** That answer these messages. */
  readonly replied_to_message_id?: string | readonly string[] | null | undefined;
  /** In these channels, at most 500. */
  readonly channel_id?: string | readonly string[] | null | undefined;
  /** Those after this message. */
  readonly min_id?: string | bigint | null | undefined;
  /** Those before this message. */
  readonly max_id?: string | bigint | null | undefined;
  /**
   * With `image`, `sound`, `video`, `file`, `sticker`, `embed`, `link`, `poll` or `snapshot`; without, with
   * `-` before it.
   */
  readonly has?: string | readonly string[] | null | undefined;
  /** With links to these hosts. */
  readonly link_hostname?: string | readonly string[] | null | undefined;
  /** With embeds from these providers. */
  readonly embed_provider?: string | readonly string[] | null | undefined;
  /** With embeds of these kinds: `image`, `video`, `gif`, `sound` or `article`. */
  readonly embed_type?: string | readonly string[] | null | undefined;
  /** With files of these extensions. */
  readonly attachment_extension?: string | readonly string[] | null | undefined;
  /** With files of these names. */
  readonly attachment_filename?: string | readonly string[] | null | undefined;
  /** Whether they are pinned. */
  readonly pinned?: boolean | null | undefined;
  /** Whether channels for adults are looked through. */
  readonly include_nsfw?: boolean | null | undefined;
  /** `timestamp` or `relevance`. */
  readonly sort_by?: string | null | undefined;
  /** `asc` or `desc`. */
  readonly sort_order?: string | null | undefined;
  /** From 1 to 25; 25 by default. */
  readonly limit?: number | null | undefined;
  /** How many to leave out, at most 9,975. */
  readonly offset?: number | null | undefined;
}

/** How to ban. */
export interface CreateBanBody {
  /** Whose messages of how many seconds go as well, at most 604,800. */
  readonly delete_message_seconds?: number | null | undefined;
  /** Whose messages of how many days go as well: use `delete_message_seconds`. */
  readonly delete_message_days?: number | null | undefined;
}

/** Whom to ban. */
export interface BulkBanBody {
  /** At most 200 users. */
  readonly user_ids: readonly string[];
  /** Whose messages of how many seconds go as well, at most 604,800. */
  readonly delete_message_seconds?: number | null | undefined;
}

/** What to change of the bot's own member. */
export interface ModifyCurrentMemberBody {
  /** Its name here. */
  readonly nick?: string | null | undefined;
  /** Its picture here, as a `data:` URI. */
  readonly avatar?: string | null | undefined;
  /** Its wide picture here, as a `data:` URI. */
  readonly banner?: string | null | undefined;
  /** What it says of itself here. */
  readonly bio?: string | null | undefined;
}

/** What to change of a member. */
export interface ModifyMemberBody {
  /** Their name here. */
  readonly nick?: string | null | undefined;
  /** Their roles. */
  readonly roles?: readonly string[] | null | undefined;
  /** Whether nobody hears them. */
  readonly mute?: boolean | null | undefined;
  /** Whether they hear nobody. */
  readonly deaf?: boolean | null | undefined;
  /** Which voice channel they are moved to; `null` disconnects. */
  readonly channel_id?: string | null | undefined;
  /** Until when they can't write or speak, at most 28 days; `null` for now. */
  readonly communication_disabled_until?: string | null | undefined;
  /** Bits. */
  readonly flags?: number | null | undefined;
}

/** A new member. */
export interface AddMemberBody {
  /** The user's token, with the scope `guilds.join`. */
  readonly access_token: string;
  /** Their name here. */
  readonly nick?: string | null | undefined;
  /** Their roles. */
  readonly roles?: readonly string[] | null | undefined;
  /** Whether nobody hears them. */
  readonly mute?: boolean | null | undefined;
  /** Whether they hear nobody. */
  readonly deaf?: boolean | null | undefined;
  /** Bits. */
  readonly flags?: number | null | undefined;
}

/** Who is to go. */
export interface PruneBody {
  /** For how many days away, from 1 to 30; 7 by default. */
  readonly days?: number | null | undefined;
  /** Whether to count them; don't in large guilds. */
  readonly compute_prune_count?: boolean | null | undefined;
  /** Even members with these roles. */
  readonly include_roles?: string | readonly string[] | null | undefined;
}

/** Whether a request is accepted. */
export interface ActionJoinRequestBody {
  /** `APPROVED` or `REJECTED`. */
  readonly action?: string | undefined;
  /** Why not. */
  readonly rejection_reason?: string | null | undefined;
}

/** Whether a member speaks on a stage. */
export interface ModifyVoiceStateBody {
  /** The stage, where they are already. */
  readonly channel_id?: string | null | undefined;
  /** Whether they only listen. */
  readonly suppress?: boolean | null | undefined;
}

/** Whether the bot speaks on a stage. */
export interface ModifyCurrentVoiceStateBody extends ModifyVoiceStateBody {
  /** Since when it asks to speak, in ISO 8601; `null` takes that back. */
  readonly request_to_speak_timestamp?: string | null | undefined;
}

/** How many members go for having been away. */
export interface PruneCount {
  /** How many; `null` where they weren't counted. */
  pruned: number | null;
}

/** Some requests to join. */
export interface JoinRequests {
  /** How many there are in all. */
  total?: number;
  /** The requests. */
  guild_join_requests?: JoinRequest[];
}

/** A request to join. */
export interface JoinRequest {
  /** Its id. */
  id: string;
  /** When it was made, in ISO 8601. */
  created_at: string;
  /** When it was answered, in ISO 8601. */
  reviewed_at: string | null;
  /** `STARTED`, `SUBMITTED`, `REJECTED` or `APPROVED`. */
  application_status: string | null;
  /** Why it was refused. */
  rejection_reason: string | null;
  /** The guild. */
  guild_id: string;
  /** Who asks. */
  user_id: string;
  /** Who asks. */
  user?: DiscordUser | null;
  /** What they have answered. */
  form_responses?: JoinRequestAnswer[] | null;
  /** Who has accepted or refused. */
  actioned_by_user?: DiscordUser | null;
}

/** An answer to a question of those who want to join. More depends on the kind of question. */
export interface JoinRequestAnswer {
  /** The kind of question. */
  field_type: string;
  /** The question. */
  label?: string;
  /** The answer. */
  response?: unknown | null;
}

/** Messages that were found. */
export interface MessageSearchResult {
  /** The messages, each in a list of its own. */
  messages: DiscordMessage[][];
  /** How many there are in all. */
  total_results: number;
  /** Whether old messages are still being looked through. */
  doing_deep_historical_index: boolean;
  /** How many were looked through. */
  documents_indexed?: number | null;
  /** The threads that they are in. */
  threads?: DiscordChannel[] | null;
  /** The bot's memberships of those threads. */
  members?: DiscordThreadMember[] | null;
}
