/** What an {@linkcode InteractionError} is about. */
export interface InteractionName {
  /** The id. */
  readonly id: string;
  /** Its type, one of `InteractionType`. */
  readonly type: number;
}

/** An interaction could not be answered as it was asked for. No error of its kin holds the interaction's token. */
export class InteractionError extends Error {
  /** The name of the class. */
  override readonly name: string = "InteractionError";
  /** Which interaction. */
  readonly interactionId: string;
  /** Its type, one of `InteractionType`. */
  readonly interactionType: number;

  /** For the library: made of what happened. */
  constructor({ id, type }: InteractionName, detail: string, options?: ErrorOptions) {
    super(`Interaction ${id}: ${detail}`, options);
    this.interactionId = id;
    this.interactionType = type;
  }
}

/** There was an answer already: each interaction takes one (40060); what comes later is an edit or a follow-up. */
export class InteractionAnsweredError extends InteractionError {
  /** The name of the class. */
  override readonly name: string = "InteractionAnsweredError";
}

/** There was no answer yet: what is edited or followed up must have been answered or deferred before. */
export class InteractionNotAnsweredError extends InteractionError {
  /** The name of the class. */
  override readonly name: string = "InteractionNotAnsweredError";
}

/** It is too late: Discord waits three seconds for the answer (10062), and takes edits for fifteen minutes (50027). */
export class InteractionExpiredError extends InteractionError {
  /** The name of the class. */
  override readonly name: string = "InteractionExpiredError";
}
