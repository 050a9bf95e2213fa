/**
 * Threads: what can be asked for, and what with.
 *
 * @module
 */
import type {
  DiscordChannel,
  DiscordListActiveThreads,
  DiscordListArchivedThreads,
  DiscordMember,
  DiscordMessage,
  DiscordThreadMember,
} from "../../discord.ts";
import type { MessageBody, PollBody, SharedClientThemeBody } from "./message_bodies.ts";

/** Threads, posts of forums, and who is in them. */
export interface ThreadOperations {
  /** Begins a thread below a message. */
  "POST /channels/{channel_id}/messages/{message_id}/threads": {
    response: DiscordChannel;
    body: StartThreadBody;
  };
  /** Who is in a thread. */
  "GET /channels/{channel_id}/thread-members": { response: ThreadMember[]; query: ListThreadMembersQuery };
  /** Joins a thread. */
  "PUT /channels/{channel_id}/thread-members/@me": { response: undefined };
  /** Leaves a thread. */
  "DELETE /channels/{channel_id}/thread-members/@me": { response: undefined };
  /** Whether somebody is in a thread: 404 if not. */
  "GET /channels/{channel_id}/thread-members/{user_id}": {
    response: ThreadMember;
    query: GetThreadMemberQuery;
  };
  /** Adds somebody to a thread. */
  "PUT /channels/{channel_id}/thread-members/{user_id}": { response: undefined };
  /** Takes somebody out of a thread. */
  "DELETE /channels/{channel_id}/thread-members/{user_id}": { response: undefined };
  /** Begins a thread without a message, or a post of a forum. */
  "POST /channels/{channel_id}/threads": { response: CreatedThread; body: CreateThreadBody };
  /** Archived private threads, the one archived last first. */
  "GET /channels/{channel_id}/threads/archived/private": {
    response: DiscordListArchivedThreads;
    query: ListArchivedThreadsQuery;
  };
  /** Archived public threads, the one archived last first. */
  "GET /channels/{channel_id}/threads/archived/public": {
    response: DiscordListArchivedThreads;
    query: ListArchivedThreadsQuery;
  };
  /** Finds threads of a channel. */
  "GET /channels/{channel_id}/threads/search": { response: ThreadSearchResult; query: SearchThreadsQuery };
  /** Archived private threads that the bot has joined, the newest first. */
  "GET /channels/{channel_id}/users/@me/threads/archived/private": {
    response: DiscordListArchivedThreads;
    query: ListJoinedArchivedThreadsQuery;
  };
  /** The threads of a guild that are not archived. */
  "GET /guilds/{guild_id}/threads/active": { response: DiscordListActiveThreads };
}

/** A new thread below a message. */
export interface StartThreadBody {
  /** At most 100 characters. */
  readonly name: string;
  /** Minutes without a message after which it is archived: 60, 1440, 4320 or 10080. */
  readonly auto_archive_duration?: number | null | undefined;
  /** How many seconds a user has to wait between messages, at most 21,600. */
  readonly rate_limit_per_user?: number | null | undefined;
}

/** A new thread, or a new post. */
export interface CreateThreadBody extends StartThreadBody {
  /** A thread's kind: 10 of announcements, 11 public, 12 private. */
  readonly type?: number | null | undefined;
  /** Whether everybody can invite to a private thread. */
  readonly invitable?: boolean | null | undefined;
  /** A post's tags, at most five. */
  readonly applied_tags?: readonly string[] | null | undefined;
  /** A post's first message; needed there. */
  readonly message?: ForumMessageBody | undefined;
}

/** The first message of a post. */
export interface ForumMessageBody extends MessageBody {
  /** At most three. */
  readonly sticker_ids?: readonly string[] | null | undefined;
  /** A poll. */
  readonly poll?: PollBody | null | undefined;
  /** A look for the client that others can take over. */
  readonly shared_client_theme?: SharedClientThemeBody | null | undefined;
}

/** How much to tell of who is in a thread. */
export interface GetThreadMemberQuery {
  /** Whether with the member of the guild. */
  readonly with_member?: boolean | null | undefined;
}

/** Who of those in a thread. Only lists with members come in pages. */
export interface ListThreadMembersQuery extends GetThreadMemberQuery {
  /** Those after this user. */
  readonly after?: string | bigint | null | undefined;
  /** From 1 to 100; 100 by default. */
  readonly limit?: number | null | undefined;
}

/** Which archived threads. */
export interface ListArchivedThreadsQuery {
  /** Those archived before this moment. */
  readonly before?: string | Date | null | undefined;
  /** From 2 to 100. */
  readonly limit?: number | null | undefined;
}

/** Which archived threads. */
export interface ListJoinedArchivedThreadsQuery {
  /** Those before this thread. */
  readonly before?: string | bigint | null | undefined;
  /** From 2 to 100. */
  readonly limit?: number | null | undefined;
}

/** What to find. */
export interface SearchThreadsQuery {
  /** Words of its name. */
  readonly name?: string | null | undefined;
  /** How many words may be between those, at most 100. */
  readonly slop?: number | null | undefined;
  /** Those after this thread. */
  readonly min_id?: string | bigint | null | undefined;
  /** Those before this thread. */
  readonly max_id?: string | bigint | null | undefined;
  /** Those with these tags. */
  readonly tag?: string | readonly string[] | null | undefined;
  /** `match_all` or `match_some` of the tags. */
  readonly tag_setting?: string | null | undefined;
  /** Whether it is archived. */
  readonly archived?: boolean | null | undefined;
  /** `last_message_time`, `archive_time`, `relevance` or `creation_time`. */
  readonly sort_by?: string | null | undefined;
  /** `asc` or `desc`. */
  readonly sort_order?: string | null | undefined;
  /** From 1 to 25; 25 by default. */
  readonly limit?: number | null | undefined;
  /** How many to leave out, at most 9,975. */
  readonly offset?: number | null | undefined;
}

/** Somebody in a thread. */
export interface ThreadMember extends DiscordThreadMember {
  /** The member of the guild, where it was asked for. */
  member?: DiscordMember;
}

/** A thread that was made; a post comes with its first message. */
export interface CreatedThread extends DiscordChannel {
  /** The first message. */
  message?: DiscordMessage;
}

/** Threads that were found. */
export interface ThreadSearchResult extends DiscordListArchivedThreads {
  /** Their first messages. */
  first_messages?: DiscordMessage[];
  /** How many there are in all. */
  total_results: number;
}
