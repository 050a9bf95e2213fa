/**
 * A slash command that somebody used, and what the bot made of it.
 *
 * @module
 */

import type { Mailbox, WaitOptions } from "./mailbox.ts";
import type { SimulatedBot, SimulatedUser } from "./user.ts";
import type { WireMessage, WireObject } from "./wire.ts";

/** Options of a used slash command. */
export interface UseCommandOptions {
  /** Who uses it; the simulator's first user by default. */
  user?: SimulatedUser;
  /** Whose command it is; the simulator's first bot by default. */
  bot?: SimulatedBot;
  /** The command's options, as they are on the wire. */
  options?: readonly WireObject[];
  /** The locale of the user's client. */
  locale?: string;
}

/** What a bot answered to an interaction. */
export interface InteractionAnswer {
  /** The callback's type: 4 message, 5 deferred, 9 modal and so on; 0 for a later edit or follow-up. */
  type: number;
  /** The message, where the answer is one. */
  message?: WireMessage;
  /** The callback's `data`, or the body of the edit or follow-up. */
  data: WireObject;
}

/** A used slash command. */
export class SimulatedInteraction {
  /** Snowflake. */
  readonly id: string;
  /** What answers are authorised with; 15 minutes long. */
  readonly token: string;
  /** Whose command it is. */
  readonly bot: SimulatedBot;
  /** The channel where it was used. */
  readonly channelId: string;
  /** When it was used, on the simulator's clock. */
  readonly usedAt: number;
  /** The type of the callback, once there was one: a second one is refused (40060). */
  callbackType: number | undefined;
  /** The original response, once there is one. */
  original: WireMessage | undefined;
  readonly #answers: Mailbox<InteractionAnswer>;

  /** Made by `channel.useCommand`. */
  constructor(
    { id, token, bot, channelId, usedAt, answers }: {
      id: string;
      token: string;
      bot: SimulatedBot;
      channelId: string;
      usedAt: number;
      answers: Mailbox<InteractionAnswer>;
    },
  ) {
    this.id = id;
    this.token = token;
    this.bot = bot;
    this.channelId = channelId;
    this.usedAt = usedAt;
    this.#answers = answers;
  }

  /** What the bot answers: callback, edits and follow-ups in order, each once, also those that came before the call. */
  answer(options: WaitOptions = {}): Promise<InteractionAnswer> {
    return this.#answers.take(options);
  }

  /** Rejects whoever waits for an answer. */
  close(): void {
    this.#answers.close();
  }

  /** For the simulator: the bot has answered. */
  note(answer: InteractionAnswer): void {
    this.#answers.put(answer);
  }
}
