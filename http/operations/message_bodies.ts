/**
 * What a message is written with. A field that is not described here is sent as it is: Discord adds new
 * ones without notice.
 *
 * @module
 */
/** What all ways to write a message have in common. */
export interface MessageBody {
  /** The text, at most 2,000 characters. */
  readonly content?: string | null | undefined;
  /** At most ten. */
  readonly embeds?: readonly EmbedBody[] | null | undefined;
  /** Who is notified; without it, everybody the text mentions. */
  readonly allowed_mentions?: AllowedMentionsBody | null | undefined;
  /** Buttons, menus and layout. */
  readonly components?: readonly ComponentBody[] | null | undefined;
  /** What is known about the files; when editing, the files to keep. */
  readonly attachments?: readonly AttachmentBody[] | null | undefined;
  /**
   * Bits: 4 without embeds, 64 only for who asked, 4096 without a sound, 32768 with the components of
   * version 2.
   */
  readonly flags?: number | null | undefined;
}

/** A new message in a channel. */
export interface CreateMessageBody extends MessageBody {
  /** A name for it, at most 25 characters, by which its event and its answer are recognised. */
  readonly nonce?: string | number | null | undefined;
  /** Whether a second message with this nonce within minutes is the first one instead. */
  readonly enforce_nonce?: boolean | null | undefined;
  /** Whether it is spoken. */
  readonly tts?: boolean | null | undefined;
  /** The message that it answers or forwards. */
  readonly message_reference?: MessageReferenceBody | null | undefined;
  /** At most three. */
  readonly sticker_ids?: readonly string[] | null | undefined;
  /** A poll. */
  readonly poll?: PollBody | null | undefined;
  /** A look for the client that others can take over. */
  readonly shared_client_theme?: SharedClientThemeBody | null | undefined;
}

/** What to change of a message; `null` takes away. */
export interface EditMessageBody extends MessageBody {
  /** At most three. */
  readonly sticker_ids?: readonly string[] | null | undefined;
}

/** A frame with text and pictures. */
export interface EmbedBody {
  /** At most 256 characters. */
  readonly title?: string | null | undefined;
  /** Always `rich`. */
  readonly type?: string | null | undefined;
  /** At most 4,096 characters. */
  readonly description?: string | null | undefined;
  /** Where its title leads. */
  readonly url?: string | null | undefined;
  /** The colour of its edge, as a number. */
  readonly color?: number | null | undefined;
  /** A moment, in ISO 8601. */
  readonly timestamp?: string | null | undefined;
  /** The line at its end. */
  readonly footer?: EmbedFooterBody | null | undefined;
  /** A big picture. */
  readonly image?: EmbedMediaBody | null | undefined;
  /** A small picture. */
  readonly thumbnail?: EmbedMediaBody | null | undefined;
  /** A film. */
  readonly video?: EmbedMediaBody | null | undefined;
  /** Where it comes from. */
  readonly provider?: EmbedProviderBody | null | undefined;
  /** Who wrote it. */
  readonly author?: EmbedAuthorBody | null | undefined;
  /** At most 25. */
  readonly fields?: readonly EmbedFieldBody[] | null | undefined;
}

/** The last line of an embed. */
export interface EmbedFooterBody {
  /** At most 2,048 characters. */
  readonly text?: string | null | undefined;
  /** A small picture. */
  readonly icon_url?: string | null | undefined;
}

/** A picture or a film of an embed. */
export interface EmbedMediaBody {
  /** Its address, or `attachment://` and the name of a file of the message. */
  readonly url?: string | null | undefined;
  /** In pixels. */
  readonly width?: number | null | undefined;
  /** In pixels. */
  readonly height?: number | null | undefined;
  /** For those who can't see it. */
  readonly description?: string | null | undefined;
}

/** Where an embed comes from. */
export interface EmbedProviderBody {
  /** Its name. */
  readonly name?: string | null | undefined;
  /** Where the name leads. */
  readonly url?: string | null | undefined;
}

/** Who wrote an embed. */
export interface EmbedAuthorBody {
  /** At most 256 characters. */
  readonly name?: string | null | undefined;
  /** Where the name leads. */
  readonly url?: string | null | undefined;
  /** A small picture. */
  readonly icon_url?: string | null | undefined;
}

/** A name and a value in an embed. */
export interface EmbedFieldBody {
  /** At most 256 characters. */
  readonly name: string;
  /** At most 1,024 characters. */
  readonly value: string;
  /** Whether others may stand beside it. */
  readonly inline?: boolean | null | undefined;
}

/** Who is notified by a message. */
export interface AllowedMentionsBody {
  /** Kinds that the text may mention: `users`, `roles`, `everyone`. */
  readonly parse?: readonly string[] | null | undefined;
  /** These users. */
  readonly users?: readonly string[] | null | undefined;
  /** These roles. */
  readonly roles?: readonly string[] | null | undefined;
  /** Whether the author of the message that is answered. */
  readonly replied_user?: boolean | null | undefined;
}

/** What is known about a file of a message. */
export interface AttachmentBody {
  /** The number of the file in this request, or the id of one that is there. */
  readonly id: string | number;
  /** Its name. */
  readonly filename?: string | null | undefined;
  /** Its title. */
  readonly title?: string | null | undefined;
  /** For those who can't see it, at most 1,024 characters. */
  readonly description?: string | null | undefined;
  /** How many seconds a voice message lasts. */
  readonly duration_secs?: number | null | undefined;
  /** The loudness of a voice message over time, in base64. */
  readonly waveform?: string | null | undefined;
  /** Whether it is hidden until it is clicked. */
  readonly is_spoiler?: boolean | null | undefined;
}

/** A message that another one answers or forwards. */
export interface MessageReferenceBody {
  /** The message. */
  readonly message_id: string;
  /** 0 answers, 1 forwards. */
  readonly type?: number | null | undefined;
  /** Its channel; needed to forward. */
  readonly channel_id?: string | null | undefined;
  /** Its guild. */
  readonly guild_id?: string | null | undefined;
  /** Whether to refuse when it is gone; `true` by default. */
  readonly fail_if_not_exists?: boolean | null | undefined;
}

/** A question and its answers. */
export interface PollBody {
  /** The question, at most 300 characters. */
  readonly question: PollMediaBody;
  /** At most ten. */
  readonly answers: readonly PollAnswerBody[];
  /** Whether a user may choose several. */
  readonly allow_multiselect?: boolean | null | undefined;
  /** 1 is the only one. */
  readonly layout_type?: number | null | undefined;
  /** In hours, at most 768; 24 by default. */
  readonly duration?: number | null | undefined;
}

/** An answer of a poll. */
export interface PollAnswerBody {
  /** Its text, at most 55 characters. */
  readonly poll_media: PollMediaBody;
}

/** A text of a poll. */
export interface PollMediaBody {
  /** The text. */
  readonly text?: string | null | undefined;
  /** Stands before it. */
  readonly emoji?: EmojiBody | null | undefined;
}

/** An emoji: one of a guild by its id, one of Unicode by its name. */
export interface EmojiBody {
  /** The id. */
  readonly id?: string | null | undefined;
  /** The name. */
  readonly name?: string | null | undefined;
  /** Whether it moves. */
  readonly animated?: boolean | null | undefined;
}

/** A look for the client. */
export interface SharedClientThemeBody {
  /** At most five, six hexadecimal digits each. */
  readonly colors: readonly string[];
  /** From 0 to 360. */
  readonly gradient_angle: number;
  /** How strong the colours are, from 0 to 100. */
  readonly base_mix: number;
  /** 0 unset, 1 dark, 2 light, 3 darker, 4 midnight. */
  readonly base_theme?: number | null | undefined;
}

/** A component. Which fields it takes depends on its type. */
export interface ComponentBody {
  /**
   * 1 row, 2 button, 3 menu of texts, 4 text input, 5 users, 6 roles, 7 mentionables, 8 channels, 9
   * section, 10 text, 11 thumbnail, 12 gallery, 13 file, 14 separator, 17 container, 18 label, 19 upload,
   * 21 radio group, 22 checkboxes, 23 checkbox.
   */
  readonly type: number;
  /** Its number in the message; given by Discord where it is left out. */
  readonly id?: number | null | undefined;
  /** Comes back when it is used, at most 100 characters. */
  readonly custom_id?: string | null | undefined;
  /**
   * Of a button: 1 to 6, primary, secondary, success, danger, link, premium. Of a text input: 1 short, 2
   * long.
   */
  readonly style?: number | null | undefined;
  /** What stands on it. */
  readonly label?: string | null | undefined;
  /** Stands on a button. */
  readonly emoji?: EmojiBody | null | undefined;
  /** Where a link leads. */
  readonly url?: string | null | undefined;
  /** What a premium button sells. */
  readonly sku_id?: string | null | undefined;
  /** Whether it can't be used. */
  readonly disabled?: boolean | null | undefined;
  /** Stands there while nothing is chosen or written. */
  readonly placeholder?: string | null | undefined;
  /** What can be chosen. */
  readonly options?: readonly ComponentOptionBody[] | null | undefined;
  /** What is chosen at first. */
  readonly default_values?: readonly ComponentDefaultBody[] | null | undefined;
  /** Which kinds of channels can be chosen. */
  readonly channel_types?: readonly number[] | null | undefined;
  /** How many must be chosen. */
  readonly min_values?: number | null | undefined;
  /** How many can be chosen. */
  readonly max_values?: number | null | undefined;
  /** How much must be written. */
  readonly min_length?: number | null | undefined;
  /** How much can be written. */
  readonly max_length?: number | null | undefined;
  /** Whether something must be chosen or written. */
  readonly required?: boolean | null | undefined;
  /** What is written at first. */
  readonly value?: string | null | undefined;
  /** The text of a text display. */
  readonly content?: string | null | undefined;
  /** Explains it. */
  readonly description?: string | null | undefined;
  /** Whether it is hidden until it is clicked. */
  readonly spoiler?: boolean | null | undefined;
  /** The picture of a thumbnail. */
  readonly media?: MediaBody | null | undefined;
  /** The file of a file component. */
  readonly file?: MediaBody | null | undefined;
  /** The pictures of a gallery. */
  readonly items?: readonly MediaItemBody[] | null | undefined;
  /** Whether a separator is seen. */
  readonly divider?: boolean | null | undefined;
  /** Of a separator: 1 small, 2 large. */
  readonly spacing?: number | null | undefined;
  /** The colour of a container's edge. */
  readonly accent_color?: number | null | undefined;
  /** Whether a checkbox is set at first. */
  readonly default?: boolean | null | undefined;
  /** What is inside. */
  readonly components?: readonly ComponentBody[] | null | undefined;
  /** What a label is for. */
  readonly component?: ComponentBody | null | undefined;
  /** What stands beside a section. */
  readonly accessory?: ComponentBody | null | undefined;
}

/** One of those that can be chosen. */
export interface ComponentOptionBody {
  /** What is shown. */
  readonly label: string;
  /** What comes back. */
  readonly value: string;
  /** Explains it. */
  readonly description?: string | null | undefined;
  /** Stands before it. */
  readonly emoji?: EmojiBody | null | undefined;
  /** Whether it is chosen at first. */
  readonly default?: boolean | null | undefined;
}

/** Who or what is chosen at first. */
export interface ComponentDefaultBody {
  /** Its id. */
  readonly id: string;
  /** `user`, `role` or `channel`. */
  readonly type: string;
}

/** A file. */
export interface MediaBody {
  /** Its address, or `attachment://` and the name of a file of the message. */
  readonly url: string;
}

/** A picture in a gallery. */
export interface MediaItemBody {
  /** The picture. */
  readonly media: MediaBody;
  /** For those who can't see it. */
  readonly description?: string | null | undefined;
  /** Whether it is hidden until it is clicked. */
  readonly spoiler?: boolean | null | undefined;
}
