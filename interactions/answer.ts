import type { Clock } from "../clock.ts";
import {
  CloudflareBanError,
  type DiscordInteractionCallbackResponse,
  type HTTPFile,
  HTTPRequestStatusError,
  type InteractionResponseBody,
  NoAnswerError,
  RateLimitedError,
} from "../http/mod.ts";
import { InteractionAnsweredError, InteractionExpiredError, type InteractionName } from "./errors.ts";

/** Discord waits so long for the answer (A15.1). */
export const ANSWER_WITHIN_MS = 3000;
/** An interaction's token lives so long (A15.1). */
export const TOKEN_LIFE_MS = 900_000;

const ALREADY_ACKNOWLEDGED = 40060;
const UNKNOWN_INTERACTION = 10062;

/** The answer to an interaction, ready to be sent. */
export interface Callback {
  /** What is sent as JSON. */
  readonly body: InteractionResponseBody;
  /** What is sent next to it. */
  readonly files: readonly (HTTPFile | File)[];
  /** Whether Discord is to tell what it made of it. */
  readonly withResponse: boolean;
  /** Milliseconds that it may wait for a rate limit. */
  readonly maxWaitMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal | undefined;
}

/** How answers get to Discord: a request of their own, or the response to the request that brought the interaction. */
export interface CallbackSender {
  /** How the interaction came. */
  readonly transport: "gateway" | "http";
  /** Sends it. Where it rejects, Discord may not have got it. */
  send(callback: Callback): Promise<DiscordInteractionCallbackResponse | undefined>;
}

/** What became of an answer. */
export type Given =
  /** It was sent as what it is. */
  | { readonly type: "sent"; readonly response: DiscordInteractionCallbackResponse | undefined }
  /** The interaction was deferred meanwhile, as `deferral` says: it is to be sent as an edit or a follow-up. */
  | { readonly type: "deferred"; readonly deferral: Deferral };

/** How an interaction was deferred. */
export interface Deferral {
  /** The callback's type. */
  readonly type: number;
  /** Whether only the user will see the answer. */
  readonly isEphemeral: boolean;
}

type Phase =
  | { readonly is: "open" }
  | { readonly is: "answering"; readonly isAutomatic: boolean; readonly settled: Promise<void> }
  | { readonly is: "deferred"; readonly deferral: Deferral } // By the library: the handler's own answer may come.
  | { readonly is: "answered" }
  | { readonly is: "expired"; readonly detail: string };

/** What an {@linkcode Answer} is made of. */
export interface AnswerInit {
  /** Which interaction. */
  readonly name: InteractionName;
  /** When it came. */
  readonly receivedAt: number;
  /** The clock. */
  readonly clock: Clock;
  /** Sends it. */
  readonly sender: CallbackSender;
}

/** The one answer that an interaction takes: who gives it first, and when it is too late. */
export class Answer {
  readonly #init: AnswerInit;
  #phase: Phase = { is: "open" };
  #answeredAt = Infinity;

  constructor(init: AnswerInit) {
    this.#init = init;
  }

  /** How the interaction came. */
  get transport(): "gateway" | "http" {
    return this.#init.sender.transport;
  }

  /** Whether an answer or a deferral was sent, or is on its way. */
  get isGiven(): boolean {
    return this.#phase.is !== "open" && this.#phase.is !== "expired";
  }

  /** Whether the library has deferred, and the handler has not answered yet. */
  get isOnlyDeferred(): boolean {
    return this.#phase.is === "deferred";
  }

  /** When the answer was sent; `Infinity` for not yet. */
  get answeredAt(): number {
    return this.#answeredAt;
  }

  /** Resolves when none is on its way. */
  async settled(): Promise<void> {
    while (this.#phase.is === "answering") await this.#phase.settled;
  }

  /** Nobody waits for it any more. */
  expire(detail: string): void {
    if (this.#phase.is === "open") this.#phase = { is: "expired", detail };
  }

  /** Defers, unless there is an answer already. */
  async defer(callback: Callback): Promise<void> {
    if (this.#phase.is === "open") await this.#send(callback, true);
  }

  /**
   * Gives the answer.
   *
   * Rejects with an {@linkcode InteractionAnsweredError} when there is one, and an {@linkcode InteractionExpiredError}
   * when it is too late. When Discord refuses what was sent, another answer can be given.
   */
  async give(callback: Callback): Promise<Given> {
    while (this.#phase.is === "answering" && this.#phase.isAutomatic) await this.#phase.settled;
    callback.signal?.throwIfAborted();
    const { name, clock, receivedAt } = this.#init;
    const phase = this.#phase;
    if (phase.is === "deferred") {
      this.#phase = { is: "answered" };
      return { type: "deferred", deferral: phase.deferral };
    }
    if (phase.is === "open" && clock.now() - receivedAt >= ANSWER_WITHIN_MS) {
      this.expire(`${ANSWER_WITHIN_MS} ms have passed`);
    }
    if (this.#phase.is === "expired") {
      throw new InteractionExpiredError(name, `it is too late to answer, ${this.#phase.detail}`);
    }
    if (this.#phase.is !== "open") {
      throw new InteractionAnsweredError(
        name,
        "it was answered already, go on with editOriginal() or followUp()",
      );
    }
    return { type: "sent", response: await this.#send(callback, false) };
  }

  /** The handler goes on from a deferral of the library by itself, with an edit or a follow-up. */
  takeOver(): void {
    if (this.#phase.is === "deferred") this.#phase = { is: "answered" };
  }

  /** What was to be sent as an edit or a follow-up was refused: another answer may be tried. */
  giveBack(deferral: Deferral): void {
    if (this.#phase.is === "answered") this.#phase = { is: "deferred", deferral };
  }

  async #send(
    callback: Callback,
    isAutomatic: boolean,
  ): Promise<DiscordInteractionCallbackResponse | undefined> {
    const { sender, clock } = this.#init;
    const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
    this.#phase = { is: "answering", isAutomatic, settled };
    try {
      const response = await sender.send(callback);
      this.#answeredAt = clock.now();
      this.#phase = isAutomatic ? { is: "deferred", deferral: deferralOf(callback) } : { is: "answered" };
      return response;
    } catch (error) {
      throw this.#failed(error, callback, isAutomatic);
    } finally {
      settle();
    }
  }

  #failed(error: unknown, callback: Callback, isAutomatic: boolean): unknown {
    const { name } = this.#init;
    if (error instanceof InteractionExpiredError) {
      this.#phase = { is: "expired", detail: "nobody waits for it" };
      return error;
    }
    const code = error instanceof HTTPRequestStatusError ? error.code : 0;
    if (code === UNKNOWN_INTERACTION) {
      this.#phase = { is: "expired", detail: "Discord does not know it any more" };
      return new InteractionExpiredError(name, "it came too late for Discord", { cause: error });
    }
    if (code !== ALREADY_ACKNOWLEDGED) {
      // Where that is not known it may have arrived: what is sent next will tell.
      const arrived: Phase = isAutomatic
        ? { is: "deferred", deferral: deferralOf(callback) }
        : { is: "answered" };
      this.#phase = wasRefused(error) ? { is: "open" } : arrived;
      return error;
    }
    this.#phase = { is: "answered" };
    return new InteractionAnsweredError(name, "it was answered already, by another program", {
      cause: error,
    });
  }
}

/** Whether it is sure that Discord has not taken it. */
export function wasRefused(error: unknown): boolean {
  // Made on this side, before anything was sent.
  if (error instanceof TypeError || error instanceof RangeError) return true;
  const isKnown = error instanceof HTTPRequestStatusError || error instanceof RateLimitedError ||
    error instanceof CloudflareBanError || error instanceof NoAnswerError;
  return isKnown && !error.mayHaveBeenExecuted;
}

const EPHEMERAL = 1 << 6;

/** Whether the flags of a message hide it from all but the user. */
export function isEphemeral(flags: unknown): boolean {
  return typeof flags === "number" && (flags & EPHEMERAL) !== 0;
}

function deferralOf({ body }: Callback): Deferral {
  return { type: body.type, isEphemeral: isEphemeral(body.data?.flags) };
}
