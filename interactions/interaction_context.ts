import { type Clock, sleep } from "../clock.ts";
import {
  type DiscordInteractionCallbackResponse,
  type DiscordMessage,
  type EditWebhookMessageBody,
  type FollowupBody,
  type HTTPClient,
  type HTTPFile,
  HTTPRequestStatusError,
  type InteractionCreate,
  type InteractionResponseBody,
  type InteractionResponseDataBody,
  NotFoundError,
  type RequestOptions,
  Route,
} from "../http/mod.ts";
import { checkList, checkObject, checkSignal, checkType } from "../http/option_checks.ts";
import {
  type Answer,
  ANSWER_WITHIN_MS,
  type Callback,
  type Deferral,
  isEphemeral,
  TOKEN_LIFE_MS,
  wasRefused,
} from "./answer.ts";
import { InteractionExpiredError, InteractionNotAnsweredError } from "./errors.ts";
import { InteractionCallbackType, isAnswerAllowed } from "./interaction_kinds.ts";

/** Options of whatever is sent about an interaction. */
export interface SendOptions {
  /** Files, sent next to the JSON. */
  readonly files?: readonly (HTTPFile | File)[] | undefined;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of an answer. */
export interface AnswerOptions extends SendOptions {
  /** Whether to wait for what Discord made of it. Sent as a request of its own then, also when it came over HTTP. */
  readonly withResponse?: boolean | undefined;
}

/** What an {@linkcode InteractionContext} is made of. */
export interface InteractionContextInit {
  /** What came. */
  readonly interaction: InteractionCreate;
  /** Its answer. */
  readonly answer: Answer;
  /** Sends what comes after the answer. */
  readonly http: HTTPClient;
  /** The clock. */
  readonly clock: Clock;
  /** When it came. */
  readonly receivedAt: number;
  /** Aborts when nobody waits for the handler any more. */
  readonly signal: AbortSignal;
}

/** Bits of a message's flags that an edit can't set. */
const EPHEMERAL = 1 << 6;
/** Over HTTP, Discord knows the answer only when it has read the response (A10.3): so long it may not know it. */
const SETTLING_MS = 5000;
const FIRST_RETRY_MS = 150;
const UNKNOWN_MESSAGE = 10008;
const UNKNOWN_WEBHOOK = 10015;
const INVALID_WEBHOOK_TOKEN = 50027;

const ORIGINAL = "/webhooks/{application_id}/{interaction_token}/messages/@original";
const FOLLOW_UP = "/webhooks/{application_id}/{interaction_token}/messages/{message_id}";

/**
 * An interaction and the ways to answer it: the same over the gateway and over HTTP.
 *
 * Each takes one answer, within three seconds: {@linkcode reply}, {@linkcode update}, {@linkcode autocomplete},
 * {@linkcode modal}, or a deferral. After it come edits and follow-ups, for fifteen minutes. What is sent keeps
 * Discord's names. All of it rejects with an `InteractionAnsweredError` for a second answer, an
 * `InteractionExpiredError` when it is too late, and the errors of `HTTPClient.request`; none of them holds the token.
 *
 * Where the library has deferred because the handler was slow, {@linkcode reply} and {@linkcode update} still work:
 * they are then sent as an edit of the original response, or as a follow-up.
 */
export class InteractionContext {
  /** Aborts when nobody waits for the handler any more: closed, or the interaction's token has expired. */
  readonly signal: AbortSignal;
  readonly #init: InteractionContextInit;

  /** For the library. */
  constructor(init: InteractionContextInit) {
    this.#init = init;
    this.signal = init.signal;
  }

  /** What came, as it came. Holds the token that answers are authorised with: do not log it. */
  get interaction(): InteractionCreate {
    return this.#init.interaction;
  }

  /** How it came. */
  get transport(): "gateway" | "http" {
    return this.#init.answer.transport;
  }

  /** Whether there was an answer or a deferral, also one by the library. */
  get isAnswered(): boolean {
    return this.#init.answer.isGiven;
  }

  /** Answers with a message (type 4). Resolves with it if `withResponse` is set. */
  reply(data: InteractionResponseDataBody, options: AnswerOptions = {}): Promise<DiscordMessage | undefined> {
    return this.#answerMessage(InteractionCallbackType.ChannelMessageWithSource, data, options);
  }

  /** Edits the message of the component (type 7). Resolves with it if `withResponse` is set. */
  update(
    data: InteractionResponseDataBody,
    options: AnswerOptions = {},
  ): Promise<DiscordMessage | undefined> {
    return this.#answerMessage(InteractionCallbackType.UpdateMessage, data, options);
  }

  /** Shows that the bot is thinking (type 5): {@linkcode editOriginal} then answers. `flags` 64: only for the user. */
  async defer(data: InteractionResponseDataBody = {}, options: AnswerOptions = {}): Promise<void> {
    await this.#answerKind(InteractionCallbackType.DeferredChannelMessageWithSource, data, options);
  }

  /** Says that the component was heard, and shows nothing (type 6): {@linkcode editOriginal} then edits its message. */
  async deferUpdate(options: AnswerOptions = {}): Promise<void> {
    await this.#answerKind(InteractionCallbackType.DeferredUpdateMessage, undefined, options);
  }

  /** Suggests values for an option (type 8), at most 25. */
  async autocomplete(
    choices: NonNullable<InteractionResponseDataBody["choices"]>,
    options: AnswerOptions = {},
  ): Promise<void> {
    await this.#answerKind(
      InteractionCallbackType.ApplicationCommandAutocompleteResult,
      { choices },
      options,
    );
  }

  /** Shows a form (type 9): what is filled in comes as an interaction of its own. */
  async modal(data: InteractionResponseDataBody, options: AnswerOptions = {}): Promise<void> {
    await this.#answerKind(InteractionCallbackType.Modal, data, options);
  }

  /** Answers with any callback, as Discord documents it; the library checks nothing of it. */
  async respond(
    body: InteractionResponseBody,
    options: AnswerOptions = {},
  ): Promise<DiscordInteractionCallbackResponse | undefined> {
    checkObject("A callback", body, '{ type: 4, data: { content: "pong" } }');
    checkSendOptions(options);
    checkType("withResponse", options.withResponse, "boolean");
    const { files = [], withResponse = false, signal } = options;
    const { answer, clock, receivedAt, interaction } = this.#init;
    const maxWaitMs = Math.max(0, receivedAt + ANSWER_WITHIN_MS - clock.now());
    const callback: Callback = { body, files, withResponse, maxWaitMs, signal };
    const given = await answer.give(callback);
    if (given.type === "sent") return given.response;
    const message = await this.#afterDeferral(given.deferral, callback);
    if (!withResponse || message === undefined) return undefined;
    return {
      interaction: { id: interaction.id, type: interaction.type },
      resource: { type: body.type, message },
    };
  }

  /** Sends one more message about the interaction. The first one after {@linkcode defer} becomes the answer. */
  async followUp(data: FollowupBody, options: SendOptions = {}): Promise<DiscordMessage> {
    const route = new Route("POST", "/webhooks/{application_id}/{interaction_token}", this.#address());
    const response = await this.#request((sent) => this.#init.http.request(route, sent), data, options);
    return await response.json();
  }

  /** Edits a message that {@linkcode followUp} has sent, also one that only the user sees. */
  async editFollowUp(
    messageId: string | bigint,
    data: EditWebhookMessageBody,
    options: SendOptions = {},
  ): Promise<DiscordMessage> {
    const route = new Route("PATCH", FOLLOW_UP, { ...this.#address(), message_id: messageId });
    const response = await this.#request((sent) => this.#init.http.request(route, sent), data, options);
    return await response.json();
  }

  /** Deletes a message that {@linkcode followUp} has sent. */
  async deleteFollowUp(
    messageId: string | bigint,
    options: Pick<SendOptions, "signal"> = {},
  ): Promise<void> {
    const route = new Route("DELETE", FOLLOW_UP, { ...this.#address(), message_id: messageId });
    await this.#request((sent) => this.#init.http.request(route, sent), undefined, options);
  }

  /** Asks for the answer as it is now, or after {@linkcode deferUpdate} and {@linkcode update} the component's message. */
  async getOriginal(options: Pick<SendOptions, "signal"> = {}): Promise<DiscordMessage> {
    const route = new Route("GET", ORIGINAL, this.#address());
    const response = await this.#request((sent) => this.#init.http.request(route, sent), undefined, options);
    return await response.json();
  }

  /** Edits the answer, or after {@linkcode deferUpdate} and {@linkcode update} the message of the component. */
  async editOriginal(data: EditWebhookMessageBody, options: SendOptions = {}): Promise<DiscordMessage> {
    const route = new Route("PATCH", ORIGINAL, this.#address());
    const response = await this.#request((sent) => this.#init.http.request(route, sent), data, options);
    return await response.json();
  }

  /** Deletes the answer. */
  async deleteOriginal(options: Pick<SendOptions, "signal"> = {}): Promise<void> {
    const route = new Route("DELETE", ORIGINAL, this.#address());
    await this.#request((sent) => this.#init.http.request(route, sent), undefined, options);
  }

  async #answerMessage(
    type: number,
    data: InteractionResponseDataBody,
    options: AnswerOptions,
  ): Promise<DiscordMessage | undefined> {
    const response = await this.#answerKind(type, data, options);
    const message: unknown = response?.resource?.message;
    return message as DiscordMessage | undefined;
  }

  async #answerKind(
    type: number,
    data: InteractionResponseDataBody | undefined,
    options: AnswerOptions,
  ): Promise<DiscordInteractionCallbackResponse | undefined> {
    const { interaction } = this.#init;
    if (!isAnswerAllowed(interaction, type)) {
      throw new TypeError(
        `Interaction ${interaction.id} of type ${interaction.type} can't be answered with a callback of type ${type}` +
          (interaction.message === undefined ? ", or only where it came from a message" : ""),
      );
    }
    if (data !== undefined) checkObject("An answer", data, '{ content: "pong" }');
    return await this.respond(data === undefined ? { type } : { type, data }, options);
  }

  /** The handler answers what the library has deferred: with a message or an edit, or by deferring itself. */
  async #afterDeferral(deferral: Deferral, callback: Callback): Promise<DiscordMessage | undefined> {
    const { body } = callback;
    const {
      ChannelMessageWithSource,
      DeferredChannelMessageWithSource,
      UpdateMessage,
      DeferredUpdateMessage,
    } = InteractionCallbackType;
    const isMessage = deferral.type === DeferredChannelMessageWithSource;
    try {
      if (body.type === deferral.type) return undefined;
      if (body.type === ChannelMessageWithSource) {
        return await this.#replyLater(deferral, isMessage, callback);
      }
      if (body.type === UpdateMessage && deferral.type === DeferredUpdateMessage) {
        return await this.editOriginal(editOf(callback), callback);
      }
    } catch (error) {
      if (wasRefused(error)) this.#init.answer.giveBack(deferral);
      throw error;
    }
    this.#init.answer.giveBack(deferral);
    throw new InteractionExpiredError(
      this.#init.interaction,
      `it was deferred meanwhile (callback ${deferral.type}), which a callback of type ${body.type} can't follow: ` +
        "answer faster, or switch autoDefer off",
    );
  }

  async #replyLater(deferral: Deferral, isMessage: boolean, callback: Callback): Promise<DiscordMessage> {
    const { body: { data }, files, signal } = callback;
    const isPrivate = isEphemeral(data?.flags) && !deferral.isEphemeral;
    if (isMessage && !isPrivate) return await this.editOriginal(editOf(callback), { files, signal });
    // An edit would show to everybody what was meant for one: it goes as a message of its own.
    if (isMessage) {
      await this.deleteOriginal({ signal }).catch((error) => {
        if (!(error instanceof NotFoundError)) throw error;
      });
    }
    return await this.followUp(data ?? {}, { files, signal });
  }

  #address(): { application_id: string; interaction_token: string } {
    const { application_id, token } = this.#init.interaction;
    return { application_id, interaction_token: token };
  }

  async #request<Result>(
    send: (options: RequestOptions<never>) => Promise<Result>,
    json: unknown,
    given: SendOptions,
  ): Promise<Result> {
    checkSendOptions(given);
    const { files, signal } = given;
    const { answer, interaction, clock, receivedAt } = this.#init;
    await answer.settled();
    if (!answer.isGiven) {
      throw new InteractionNotAnsweredError(
        interaction,
        "it was not answered yet, call reply() or defer() first",
      );
    }
    if (clock.now() - receivedAt >= TOKEN_LIFE_MS) {
      throw new InteractionExpiredError(
        interaction,
        `its token has expired, ${TOKEN_LIFE_MS} ms have passed`,
      );
    }
    answer.takeOver();
    const ended = signal === undefined ? this.signal : AbortSignal.any([signal, this.signal]);
    const options = { ...(json === undefined ? {} : { json: json as never }), files, signal: ended };
    for (let pauseMs = FIRST_RETRY_MS;; pauseMs *= 2) {
      try {
        return await send(options);
      } catch (error) {
        if (error instanceof HTTPRequestStatusError && error.code === INVALID_WEBHOOK_TOKEN) {
          throw new InteractionExpiredError(interaction, "its token has expired", { cause: error });
        }
        if (!this.#mayBeTooEarly(error, pauseMs)) throw error;
      }
      await sleep(clock, pauseMs, { signal: ended });
    }
  }

  #mayBeTooEarly(error: unknown, pauseMs: number): boolean {
    const { answer, clock } = this.#init;
    const isUnknown = error instanceof NotFoundError &&
      (error.code === UNKNOWN_WEBHOOK || error.code === UNKNOWN_MESSAGE);
    return isUnknown && answer.transport === "http" &&
      clock.now() + pauseMs <= answer.answeredAt + SETTLING_MS;
  }
}

function checkSendOptions(options: SendOptions): void {
  checkObject("The options", options, '{ files: [{ name: "a.txt", data: "…" }] }');
  const { files, signal } = options;
  if (signal !== undefined) checkSignal(signal);
  if (files === undefined) return;
  checkList("files", files, '[{ name: "a.txt", data: "…" }]');
  for (const [index, file] of files.entries()) {
    checkObject(`files[${index}]`, file, '{ name: "a.txt", data: "…" }');
  }
}

/** An edit has no flag for who sees it, and is not spoken. */
function editOf({ body: { data } }: Callback): EditWebhookMessageBody {
  const { tts: _, flags, ...rest } = data ?? {};
  const left = typeof flags === "number" ? flags & ~EPHEMERAL : 0;
  return left === 0 ? rest : { ...rest, flags: left };
}
