/** What somebody did. */
export const InteractionType = {
  /** Discord tries the endpoint; answered by the library. */
  Ping: 1,
  /** Used a command. */
  ApplicationCommand: 2,
  /** Pressed a button, or chose from a menu. */
  MessageComponent: 3,
  /** Types an option of a command, and waits for suggestions. */
  ApplicationCommandAutocomplete: 4,
  /** Sent a form. */
  ModalSubmit: 5,
  /** Wants to buy something that the application sells for its game. */
  SocialLayerSKUPurchaseEligibility: 6,
} as const;

/** A value of {@linkcode InteractionType}. */
export type InteractionType = typeof InteractionType[keyof typeof InteractionType];

/** How an interaction is answered (https://docs.discord.com/developers/interactions/receiving-and-responding). */
export const InteractionCallbackType = {
  /** To a ping. */
  Pong: 1,
  /** A message. */
  ChannelMessageWithSource: 4,
  /** A message, later: shows that the bot is thinking. */
  DeferredChannelMessageWithSource: 5,
  /** An edit of the component's message, later: shows nothing. */
  DeferredUpdateMessage: 6,
  /** An edit of the component's message. */
  UpdateMessage: 7,
  /** Suggestions for an option. */
  ApplicationCommandAutocompleteResult: 8,
  /** A form to fill in. */
  Modal: 9,
  /** Starts the application's activity. */
  LaunchActivity: 12,
  /** Whether it can be bought. */
  SocialLayerSKUPurchaseEligibility: 13,
} as const;

/** A value of {@linkcode InteractionCallbackType}. */
export type InteractionCallbackType = typeof InteractionCallbackType[keyof typeof InteractionCallbackType];

/** Which answers Discord takes, by the type of the interaction. */
const ANSWERS: Readonly<Record<number, readonly number[]>> = {
  [InteractionType.ApplicationCommand]: [4, 5, 9, 12],
  [InteractionType.MessageComponent]: [4, 5, 6, 7, 9, 12],
  [InteractionType.ApplicationCommandAutocomplete]: [8],
  [InteractionType.ModalSubmit]: [4, 5, 6, 7, 12],
  [InteractionType.SocialLayerSKUPurchaseEligibility]: [13],
};
/** These edit the message that an interaction came from: there must be one. */
const UPDATES: readonly number[] = [
  InteractionCallbackType.DeferredUpdateMessage,
  InteractionCallbackType.UpdateMessage,
];

/** The parts of an interaction that decide how it can be answered. */
export interface AnswerableInteraction {
  /** Its type. */
  readonly type: number;
  /** The message of the component that it came from. */
  readonly message?: unknown;
}

/** Whether Discord takes that answer; what is not known here is left to Discord (A18.3). */
export function isAnswerAllowed({ type, message }: AnswerableInteraction, answer: number): boolean {
  const answers = ANSWERS[type];
  if (answers === undefined) return true;
  return answers.includes(answer) && (message !== undefined || !UPDATES.includes(answer));
}

/**
 * How an interaction is deferred where its handler has not said how: an edit of the component's message where there is
 * one, else a message. `undefined` where it can't be deferred: suggestions, and what is not known here.
 */
export function deferralOf(interaction: AnswerableInteraction): number | undefined {
  const { DeferredUpdateMessage, DeferredChannelMessageWithSource } = InteractionCallbackType;
  return [DeferredUpdateMessage, DeferredChannelMessageWithSource]
    .find((answer) => ANSWERS[interaction.type] !== undefined && isAnswerAllowed(interaction, answer));
}
