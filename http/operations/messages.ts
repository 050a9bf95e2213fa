/**
 * Messages of channels: what can be asked for, and what with.
 *
 * @module
 */
import type { DiscordGetAnswerVotesResponse, DiscordMessage, DiscordUser } from "../../discord.ts";
import type { CreateMessageBody, EditMessageBody } from "./message_bodies.ts";

/** Messages, reactions, pins and polls. */
export interface MessageOperations {
  /** Messages of a channel, the newest first. */
  "GET /channels/{channel_id}/messages": { response: DiscordMessage[]; query: ListMessagesQuery };
  /** Writes a message. */
  "POST /channels/{channel_id}/messages": { response: DiscordMessage; body: CreateMessageBody };
  /** Deletes 2 to 100 messages, none older than two weeks. */
  "POST /channels/{channel_id}/messages/bulk-delete": { response: undefined; body: BulkDeleteMessagesBody };
  /** Pinned messages, the one pinned last first. */
  "GET /channels/{channel_id}/messages/pins": { response: PinnedMessages; query: ListPinsQuery };
  /** Pins a message. */
  "PUT /channels/{channel_id}/messages/pins/{message_id}": { response: undefined };
  /** Takes a message from the pins. */
  "DELETE /channels/{channel_id}/messages/pins/{message_id}": { response: undefined };
  /** A message. */
  "GET /channels/{channel_id}/messages/{message_id}": { response: DiscordMessage };
  /** Deletes a message. */
  "DELETE /channels/{channel_id}/messages/{message_id}": { response: undefined };
  /** Edits a message. */
  "PATCH /channels/{channel_id}/messages/{message_id}": { response: DiscordMessage; body: EditMessageBody };
  /** Sends a message of an announcement channel to its followers. */
  "POST /channels/{channel_id}/messages/{message_id}/crosspost": { response: DiscordMessage };
  /** Takes all reactions from a message. */
  "DELETE /channels/{channel_id}/messages/{message_id}/reactions": { response: undefined };
  /** Who has reacted with an emoji. */
  "GET /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}": {
    response: DiscordUser[];
    query: ListReactionsQuery;
  };
  /** Takes all reactions with an emoji from a message. */
  "DELETE /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}": { response: undefined };
  /** Reacts to a message. */
  "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me": { response: undefined };
  /** Takes the own reaction back. */
  "DELETE /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me": { response: undefined };
  /** Takes somebody's reaction from a message. */
  "DELETE /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/{user_id}": {
    response: undefined;
  };
  /** @deprecated Pinned messages: use `GET /channels/{channel_id}/messages/pins`. */
  "GET /channels/{channel_id}/pins": { response: DiscordMessage[] };
  /** @deprecated Pins a message: use `PUT /channels/{channel_id}/messages/pins/{message_id}`. */
  "PUT /channels/{channel_id}/pins/{message_id}": { response: undefined };
  /**
   * @deprecated Takes a message from the pins: use `DELETE
   * /channels/{channel_id}/messages/pins/{message_id}`.
   */
  "DELETE /channels/{channel_id}/pins/{message_id}": { response: undefined };
  /** Who has chosen an answer of a poll. */
  "GET /channels/{channel_id}/polls/{message_id}/answers/{answer_id}": {
    response: DiscordGetAnswerVotesResponse;
    query: ListPollVotersQuery;
  };
  /** Ends a poll. */
  "POST /channels/{channel_id}/polls/{message_id}/expire": { response: DiscordMessage };
}

/** Which messages; one of `around`, `before` and `after`. */
export interface ListMessagesQuery {
  /** Those around this one. */
  readonly around?: string | bigint | null | undefined;
  /** Those before this one. */
  readonly before?: string | bigint | null | undefined;
  /** Those after this one. */
  readonly after?: string | bigint | null | undefined;
  /** From 1 to 100; 50 by default. */
  readonly limit?: number | null | undefined;
}

/** Which pinned messages. */
export interface ListPinsQuery {
  /** Those pinned before this moment. */
  readonly before?: string | Date | null | undefined;
  /** From 1 to 50; 50 by default. */
  readonly limit?: number | null | undefined;
}

/** Which users. */
export interface ListReactionsQuery {
  /** Those after this one. */
  readonly after?: string | bigint | null | undefined;
  /** From 1 to 100; 25 by default. */
  readonly limit?: number | null | undefined;
  /** 0 normal reactions, 1 super reactions. */
  readonly type?: number | null | undefined;
}

/** Which users. */
export interface ListPollVotersQuery {
  /** Those after this one. */
  readonly after?: string | bigint | null | undefined;
  /** From 1 to 100; 25 by default. */
  readonly limit?: number | null | undefined;
}

/** Which messages to delete. */
export interface BulkDeleteMessagesBody {
  /** From 2 to 100. */
  readonly messages: readonly string[];
}

/** Some of the pinned messages. */
export interface PinnedMessages {
  /** The messages, the one pinned last first. */
  items: PinnedMessage[];
  /** Whether there are more before. */
  has_more: boolean;
}

/** A pinned message. */
export interface PinnedMessage {
  /** When it was pinned, in ISO 8601. */
  pinned_at: string;
  /** The message. */
  message: DiscordMessage;
}
