import { type Clock, systemClock } from "../clock.ts";
import type { HTTPClient, InteractionCreate } from "../http/mod.ts";
import {
  checkClock,
  checkedCount,
  checkedMs,
  checkObject,
  checkSignal,
  checkType,
} from "../http/option_checks.ts";
import { shown } from "../http/shown.ts";
import { Answer, ANSWER_WITHIN_MS, type CallbackSender, TOKEN_LIFE_MS } from "./answer.ts";
import { InteractionExpiredError, InteractionNotAnsweredError } from "./errors.ts";
import { InteractionContext } from "./interaction_context.ts";
import { deferralOf, isAnswerAllowed } from "./interaction_kinds.ts";

/**
 * Handles an interaction, over the gateway as over HTTP. It must have answered when it returns or its promise resolves;
 * what it throws or rejects with is reported.
 */
export type InteractionHandler = (context: InteractionContext) => unknown;

/**
 * Whether, and how, the library defers where the handler is slow: `true` as its kind is deferred, `false` not at all,
 * `{ flags: 64 }` so that only the user sees the answer.
 */
export type AutoDefer = boolean | { readonly flags: number };

/** Options of whatever has interactions handled. */
export interface InteractionOptions {
  /** Sends answers that are requests of their own, edits and follow-ups. */
  readonly http: HTTPClient;
  /** Handles interactions. */
  readonly onInteraction: InteractionHandler;
  /**
   * Gets what handlers throw, an `InteractionNotAnsweredError` where one has ended without an answer, and what else goes
   * wrong. While it runs, the interaction can still be answered. Without it, errors go to the listeners of `"error"` of
   * `http.dispatcher`, or without any to `console.error`.
   */
  readonly onError?: ((error: unknown, context?: InteractionContext) => unknown) | undefined;
  /** Whether and how to defer where the handler is slow; may be decided for each interaction. `true` by default. */
  readonly autoDefer?: AutoDefer | ((interaction: InteractionCreate) => AutoDefer) | undefined;
  /** After how many milliseconds without an answer to defer. 2,000 by default; Discord waits 3,000. */
  readonly deferAfterMs?: number | undefined;
  /** How many interactions may be handled at once; more are refused. 10,000 by default. */
  readonly maxPending?: number | undefined;
  /** Milliseconds that `close` waits for handlers. 10,000 by default. */
  readonly closeTimeoutMs?: number | undefined;
  /** Takes no more interactions, and aborts the signal of the handlers. */
  readonly signal?: AbortSignal | undefined;
  /** The clock. */
  readonly clock?: Clock | undefined;
}

/** Runs handlers: defers for the slow ones, reports the failed ones, waits for them all at the end. */
export class InteractionRunner {
  readonly #options: InteractionOptions;
  readonly #clock: Clock;
  readonly #deferAfterMs: number;
  readonly #maxPending: number;
  readonly #closeTimeoutMs: number;
  readonly #running = new Map<Promise<void>, AbortController>();
  #isClosed = false;
  #closing: Promise<void> | undefined;
  readonly #onAbort = (): void => this.#abort(this.#options.signal?.reason);

  constructor(options: InteractionOptions) {
    checkOptions(options);
    const { clock = systemClock, deferAfterMs = 2000, maxPending = 10_000, closeTimeoutMs = 10_000, signal } =
      options;
    this.#options = options;
    this.#clock = clock;
    this.#deferAfterMs = checkedMs("deferAfterMs", deferAfterMs);
    if (deferAfterMs >= ANSWER_WITHIN_MS) {
      throw new RangeError(`deferAfterMs is ${deferAfterMs}, it must be below ${ANSWER_WITHIN_MS}`);
    }
    this.#maxPending = checkedCount("maxPending", maxPending, 1);
    this.#closeTimeoutMs = checkedMs("closeTimeoutMs", closeTimeoutMs);
    if (signal?.aborted) this.#isClosed = true;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** How many handlers run. */
  get pending(): number {
    return this.#running.size;
  }

  /** Whether one more is taken. */
  get hasRoom(): boolean {
    return !this.#isClosed && this.#running.size < this.#maxPending;
  }

  /** Whether none is taken any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Has an interaction handled. Resolves, and never rejects, when the handler is done. */
  run(
    interaction: InteractionCreate,
    sender: CallbackSender,
    receivedAt: number,
    late: () => void,
  ): Promise<void> {
    const controller = new AbortController();
    const answer = new Answer({ name: nameOf(interaction), clock: this.#clock, receivedAt, sender });
    const { http } = this.#options;
    const context = new InteractionContext({
      interaction,
      answer,
      http,
      clock: this.#clock,
      receivedAt,
      signal: controller.signal,
    });
    const timers = this.#watch(interaction, answer, context, controller, receivedAt, late);
    return this.#follow(controller, async () => {
      try {
        await this.#handle(context, answer);
      } finally {
        for (const timer of timers) timer[Symbol.dispose]();
        answer.expire("its handler has ended");
      }
    });
  }

  /** Has something else done that may fail. Resolves, and never rejects, when it is. */
  runTask(task: () => unknown): Promise<void> {
    return this.#follow(new AbortController(), async () => {
      try {
        await task();
      } catch (error) {
        await this.report(error);
      }
    });
  }

  /** Tells of an error. Never rejects. */
  async report(error: unknown, context?: InteractionContext): Promise<void> {
    const { onError, http } = this.#options;
    let failure = error;
    if (onError !== undefined) {
      try {
        await onError(error, context);
        return;
      } catch (thrown) {
        failure = thrown;
      }
    }
    http.dispatcher.reportError({ error: failure, name: "interaction", payload: context });
  }

  /** Takes no more, waits for the handlers that run, and aborts their signals where that takes too long. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const timer = this.#closeTimeoutMs === Infinity ? undefined : this.#clock.setTimeout(() => {
      this.#abort(new DOMException("The interactions were closed", "AbortError"));
      end();
    }, this.#closeTimeoutMs);
    await Promise.race([Promise.all(this.#running.keys()), ended]);
    timer?.[Symbol.dispose]();
  }

  #abort(reason: unknown): void {
    this.#isClosed = true;
    for (const controller of this.#running.values()) controller.abort(reason);
  }

  #follow(controller: AbortController, work: () => Promise<void>): Promise<void> {
    // Known before it begins: it may end in this very turn.
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.set(promise, controller);
    work().finally(() => {
      this.#running.delete(promise);
      resolve();
    });
    return promise;
  }

  async #handle(context: InteractionContext, answer: Answer): Promise<void> {
    try {
      await this.#options.onInteraction(context);
      await answer.settled();
      if (!answer.isGiven || answer.isOnlyDeferred) {
        throw new InteractionNotAnsweredError(
          nameOf(context.interaction),
          "its handler has ended without an answer, await what answers it",
        );
      }
    } catch (error) {
      await this.report(error, context);
    }
    await answer.settled();
  }

  #watch(
    interaction: InteractionCreate,
    answer: Answer,
    context: InteractionContext,
    controller: AbortController,
    receivedAt: number,
    late: () => void,
  ): Disposable[] {
    const after = (ms: number, callback: () => void): Disposable =>
      this.#clock.setTimeout(callback, Math.max(0, receivedAt + ms - this.#clock.now()));
    const life = after(
      TOKEN_LIFE_MS,
      () => controller.abort(new DOMException("The interaction has expired", "TimeoutError")),
    );
    // A handler that does not end keeps no program alive for that.
    controller.signal.addEventListener("abort", () => life[Symbol.dispose](), { once: true });
    return [
      life,
      after(this.#deferAfterMs, () => void this.#defer(interaction, answer, context)),
      after(ANSWER_WITHIN_MS, () => {
        if (answer.isGiven) return;
        answer.expire(`${ANSWER_WITHIN_MS} ms have passed`);
        late();
      }),
    ];
  }

  async #defer(interaction: InteractionCreate, answer: Answer, context: InteractionContext): Promise<void> {
    if (answer.isGiven) return;
    try {
      const { autoDefer = true } = this.#options;
      const how = typeof autoDefer === "function" ? checkedDefer(autoDefer(interaction)) : autoDefer;
      const type = deferralOf(interaction);
      if (how === false || type === undefined || !isAnswerAllowed(interaction, type)) return;
      const body = typeof how === "object" ? { type, data: { flags: how.flags } } : { type };
      const maxWaitMs = ANSWER_WITHIN_MS - this.#deferAfterMs;
      await answer.defer({ body, files: [], withResponse: false, maxWaitMs, signal: context.signal });
    } catch (error) {
      // Nobody waits any more: the handler's own answer will tell.
      if (!(error instanceof InteractionExpiredError)) await this.report(error, context);
    }
  }
}

function checkOptions(options: InteractionOptions): void {
  checkObject("The options", options, "{ http, onInteraction }");
  const { onInteraction, http, onError, autoDefer, signal, clock } = options;
  if (typeof onInteraction !== "function") {
    throw new TypeError("onInteraction must be a function that handles an interaction");
  }
  if (typeof http?.request !== "function" || typeof http.dispatcher?.reportError !== "function") {
    throw new TypeError("http must be an HTTPClient: answers, edits and follow-ups are sent with it");
  }
  checkType("onError", onError, "function");
  if (typeof autoDefer !== "function" && autoDefer !== undefined) checkedDefer(autoDefer);
  if (signal !== undefined) checkSignal(signal);
  if (clock !== undefined) checkClock(clock);
}

function checkedDefer(how: AutoDefer): AutoDefer {
  if (typeof how === "boolean") return how;
  if (typeof how === "object" && how !== null && Number.isSafeInteger(how.flags) && how.flags >= 0) {
    return how;
  }
  throw new TypeError(
    `autoDefer is ${shown(how)}, it must be true, false, or an object with flags such as { flags: 64 }`,
  );
}

function nameOf({ id, type }: InteractionCreate): { id: string; type: number } {
  return { id, type };
}
