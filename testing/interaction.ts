/**
 * A command, component or form that somebody used, and what the bot made of it.
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

/** What somebody did, and with which of a bot's messages. */
export interface InteractOptions {
  /** The interaction's type: 2 command, 3 component, 4 suggestions wanted, 5 form. */
  type: number;
  /** What it is about, as it is on the wire. */
  data: WireObject;
  /** The message of the component. */
  message?: WireMessage;
  /** Who does it; the simulator's first user by default. */
  user?: SimulatedUser;
  /** Whose interaction it is; the simulator's first bot by default. */
  bot?: SimulatedBot;
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

/** A used command, component or form. */
export class SimulatedInteraction {
  /** Snowflake. */
  readonly id: string;
  /** What answers are authorised with; 15 minutes long. */
  readonly token: string;
  /** 2 command, 3 component, 4 suggestions wanted, 5 form. */
  readonly type: number;
  /** Whose command it is. */
  readonly bot: SimulatedBot;
  /** The message of the component that it came from. */
  readonly source: WireMessage | undefined;
  /** The channel where it was used. */
  readonly channelId: string;
  /** When it was used, on the simulator's clock. */
  readonly usedAt: number;
  /** The type of the callback, once there was one: a second one is refused (40060). */
  callbackType: number | undefined;
  /** The original response, once there is one. */
  original: WireMessage | undefined;
  readonly #answers: Mailbox<InteractionAnswer>;

  /** Made by `channel.useCommand` and `channel.interact`. */
  constructor(
    { id, token, type, bot, source, channelId, usedAt, answers }: {
      id: string;
      token: string;
      type: number;
      bot: SimulatedBot;
      source: WireMessage | undefined;
      channelId: string;
      usedAt: number;
      answers: Mailbox<InteractionAnswer>;
    },
  ) {
    this.id = id;
    this.token = token;
    this.type = type;
    this.bot = bot;
    this.source = source;
    this.channelId = channelId;
    this.usedAt = usedAt;
    this.#answers = answers;
  }

  /** What the bot answers: callback, edits and follow-ups in order, each once, also those that came before the call. */
  answer(options: WaitOptions = {}): Promise<InteractionAnswer> {
    return this.#answers.take(options);
  }

  /** Rejects whoever waits for an answer. */
  close(reason?: string): void {
    this.#answers.close(reason);
  }

  /** For the simulator: the bot has answered. */
  note(answer: InteractionAnswer): void {
    this.#answers.put(answer);
  }
}
