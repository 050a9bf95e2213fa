/**
 * Webhooks and interactions: what can be asked for, and what with.
 *
 * @module
 */
import type { DiscordInteractionCallbackResponse, DiscordMessage, DiscordWebhook } from "../../discord.ts";
import type { MessageBody, PollBody } from "./message_bodies.ts";
import type { CommandChoiceBody } from "./commands.ts";

/** Webhooks, and answers to interactions. */
export interface WebhookOperations {
  /** A webhook. */
  "GET /webhooks/{webhook_id}": { response: DiscordWebhook };
  /** Deletes a webhook. */
  "DELETE /webhooks/{webhook_id}": { response: undefined };
  /** Changes a webhook. */
  "PATCH /webhooks/{webhook_id}": { response: DiscordWebhook; body: ModifyWebhookBody };
  /** A webhook, by its token. */
  "GET /webhooks/{webhook_id}/{webhook_token}": { response: DiscordWebhook };
  /** Writes a message; answers with it if `wait` is set. */
  "POST /webhooks/{webhook_id}/{webhook_token}": {
    response: DiscordMessage | undefined;
    body: ExecuteWebhookBody;
    query: ExecuteWebhookQuery;
  };
  /** Deletes a webhook, by its token. */
  "DELETE /webhooks/{webhook_id}/{webhook_token}": { response: undefined };
  /** Changes a webhook, by its token. */
  "PATCH /webhooks/{webhook_id}/{webhook_token}": { response: DiscordWebhook; body: ModifyTokenWebhookBody };
  /** Writes a message about an event of GitHub, whose payload is the body. */
  "POST /webhooks/{webhook_id}/{webhook_token}/github": { response: undefined; query: WebhookWaitQuery };
  /** The webhook's first message, or an interaction's response. */
  "GET /webhooks/{webhook_id}/{webhook_token}/messages/@original": {
    response: DiscordMessage;
    query: WebhookThreadQuery;
  };
  /** Deletes the first message. */
  "DELETE /webhooks/{webhook_id}/{webhook_token}/messages/@original": {
    response: undefined;
    query: WebhookThreadQuery;
  };
  /** Edits the first message. */
  "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original": {
    response: DiscordMessage;
    body: EditWebhookMessageBody;
    query: EditWebhookMessageQuery;
  };
  /** A message of the webhook. */
  "GET /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}": {
    response: DiscordMessage;
    query: WebhookThreadQuery;
  };
  /** Deletes a message of the webhook. */
  "DELETE /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}": {
    response: undefined;
    query: WebhookThreadQuery;
  };
  /** Edits a message of the webhook. */
  "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}": {
    response: DiscordMessage;
    body: EditWebhookMessageBody;
    query: EditWebhookMessageQuery;
  };
  /** Writes a message in Slack's form. */
  "POST /webhooks/{webhook_id}/{webhook_token}/slack": {
    response: string | null;
    body: SlackWebhookBody;
    query: WebhookWaitQuery;
  };
  /** Answers an interaction, within three seconds. */
  "POST /interactions/{interaction_id}/{interaction_token}/callback": {
    response: DiscordInteractionCallbackResponse | undefined;
    body: InteractionResponseBody;
    query: InteractionResponseQuery;
  };
  /** Writes one more message about an interaction. */
  "POST /webhooks/{application_id}/{interaction_token}": {
    response: DiscordMessage;
    body: FollowupBody;
    query: EditWebhookMessageQuery;
  };
  /** The response to an interaction. */
  "GET /webhooks/{application_id}/{interaction_token}/messages/@original": { response: DiscordMessage };
  /** Deletes the response to an interaction. */
  "DELETE /webhooks/{application_id}/{interaction_token}/messages/@original": { response: undefined };
  /** Edits the response to an interaction. */
  "PATCH /webhooks/{application_id}/{interaction_token}/messages/@original": {
    response: DiscordMessage;
    body: EditWebhookMessageBody;
    query: EditWebhookMessageQuery;
  };
  /** One more message about an interaction. */
  "GET /webhooks/{application_id}/{interaction_token}/messages/{message_id}": { response: DiscordMessage };
  /** Deletes a message about an interaction. */
  "DELETE /webhooks/{application_id}/{interaction_token}/messages/{message_id}": { response: undefined };
  /** Edits a message about an interaction. */
  "PATCH /webhooks/{application_id}/{interaction_token}/messages/{message_id}": {
    response: DiscordMessage;
    body: EditWebhookMessageBody;
    query: EditWebhookMessageQuery;
  };
}

/** What to change of a webhook. */
export interface ModifyTokenWebhookBody {
  /** At most 80 characters. */
  readonly name?: string | undefined;
  /** Its picture, as a `data:` URI. */
  readonly avatar?: string | null | undefined;
}

/** What to change of a webhook. */
export interface ModifyWebhookBody extends ModifyTokenWebhookBody {
  /** Where it writes. */
  readonly channel_id?: string | null | undefined;
}

/** One more message about an interaction. */
export interface FollowupBody extends MessageBody {
  /** Whether it is spoken. */
  readonly tts?: boolean | null | undefined;
  /** A poll. */
  readonly poll?: PollBody | null | undefined;
}

/** A message of a webhook. */
export interface ExecuteWebhookBody extends FollowupBody {
  /** Its name this time. */
  readonly username?: string | null | undefined;
  /** Its picture this time. */
  readonly avatar_url?: string | null | undefined;
  /** In a forum: the name of the new post. */
  readonly thread_name?: string | null | undefined;
  /** In a forum: the tags of the new post. */
  readonly applied_tags?: readonly string[] | null | undefined;
}

/** What to change of a message; `null` takes away. */
export interface EditWebhookMessageBody extends MessageBody {
  /** A poll, for a response that was put off. */
  readonly poll?: PollBody | null | undefined;
}

/** A message in Slack's form. */
export interface SlackWebhookBody {
  /** The text. */
  readonly text?: string | null | undefined;
  /** Its name this time. */
  readonly username?: string | null | undefined;
  /** Its picture this time. */
  readonly icon_url?: string | null | undefined;
  /** Frames with text and pictures. */
  readonly attachments?: readonly SlackAttachmentBody[] | null | undefined;
}

/** A frame with text and pictures, in Slack's form. */
export interface SlackAttachmentBody {
  /** Its title. */
  readonly title?: string | null | undefined;
  /** Where the title leads. */
  readonly title_link?: string | null | undefined;
  /** The text. */
  readonly text?: string | null | undefined;
  /** The colour of its edge. */
  readonly color?: string | null | undefined;
  /** A moment, in seconds since 1970. */
  readonly ts?: number | null | undefined;
  /** Stands before it. */
  readonly pretext?: string | null | undefined;
  /** Its last line. */
  readonly footer?: string | null | undefined;
  /** A small picture. */
  readonly footer_icon?: string | null | undefined;
  /** Who wrote it. */
  readonly author_name?: string | null | undefined;
  /** Where that leads. */
  readonly author_link?: string | null | undefined;
  /** A small picture. */
  readonly author_icon?: string | null | undefined;
  /** A big picture. */
  readonly image_url?: string | null | undefined;
  /** A small picture. */
  readonly thumb_url?: string | null | undefined;
  /** Names and values. */
  readonly fields?: readonly SlackFieldBody[] | null | undefined;
}

/** A name and a value, in Slack's form. */
export interface SlackFieldBody {
  /** The name. */
  readonly name?: string | null | undefined;
  /** The value. */
  readonly value?: string | null | undefined;
  /** Whether others may stand beside it. */
  readonly inline?: boolean | null | undefined;
}

/** Where a message is. */
export interface WebhookThreadQuery {
  /** Its thread, if it is in one. */
  readonly thread_id?: string | bigint | null | undefined;
}

/** How to write. */
export interface WebhookWaitQuery extends WebhookThreadQuery {
  /** Whether to answer only when it is stored. */
  readonly wait?: boolean | null | undefined;
}

/** How to write. */
export interface ExecuteWebhookQuery extends WebhookWaitQuery {
  /** Whether to look at the components of a webhook that belongs to no application. */
  readonly with_components?: boolean | null | undefined;
}

/** How to edit. */
export interface EditWebhookMessageQuery extends WebhookThreadQuery {
  /** Whether to look at the components of a webhook that belongs to no application. */
  readonly with_components?: boolean | null | undefined;
}

/** What to answer with. */
export interface InteractionResponseQuery {
  /** Whether to answer with what was made. */
  readonly with_response?: boolean | null | undefined;
}

/** The answer to an interaction. */
export interface InteractionResponseBody {
  /**
   * 1 to a ping, 4 a message, 5 a message later, 6 an edit later, 7 an edit, 8 suggestions, 9 a form, 12
   * starts the activity, 13 whether it can be bought.
   */
  readonly type: number;
  /** What to answer. What is taken from it depends on the type. */
  readonly data?: InteractionResponseDataBody | null | undefined;
}

/** What to answer an interaction. */
export interface InteractionResponseDataBody extends FollowupBody {
  /** Suggestions, at most 25. */
  readonly choices?: readonly CommandChoiceBody[] | null | undefined;
  /** A form's name: comes back with it, at most 100 characters. */
  readonly custom_id?: string | undefined;
  /** A form's title, at most 45 characters. */
  readonly title?: string | undefined;
  /** Whether it can be bought. */
  readonly eligible?: boolean | undefined;
  /** Why not: 0 other, 1 owned already, 2 not on this platform. */
  readonly ineligible_reason?: number | null | undefined;
  /** Why not, in words. */
  readonly ineligible_reason_description?: string | null | undefined;
}
