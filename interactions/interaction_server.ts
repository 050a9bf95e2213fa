import { type Clock, systemClock } from "../clock.ts";
import type { HTTPClient, InteractionCreate } from "../http/mod.ts";
import { checkedCount, checkedTimeMs, checkType } from "../http/option_checks.ts";
import { CallbackRequest } from "./callback_request.ts";
import { CallbackResponse } from "./callback_response.ts";
import { InteractionCallbackType, InteractionType } from "./interaction_kinds.ts";
import { isInteraction, isRecord } from "./interaction_payload.ts";
import { type InteractionOptions, InteractionRunner } from "./interaction_runner.ts";
import { SeenInteractions } from "./seen_interactions.ts";
import { SignatureVerifier } from "./signature.ts";
import { plain, readSignedRequest, type SignedRequestLimits } from "./signed_request.ts";
import { type WebhookEvent, webhookPayloadOf } from "./webhook_event.ts";

/** Options of {@linkcode InteractionServer}. */
export interface InteractionServerOptions extends InteractionOptions {
  /** The application's public key, as the developer portal shows it. */
  readonly publicKey: string;
  /** Handles webhook events, once they have been acknowledged. Without it their URL can't be set. */
  readonly onWebhookEvent?: ((event: WebhookEvent) => unknown) | undefined;
  /** The most bytes of a request's body; more is a 413. 1 MiB by default. */
  readonly maxBodyBytes?: number | undefined;
  /** Milliseconds for a request's body to come; then it is a 408. 2,000 by default. */
  readonly readTimeoutMs?: number | undefined;
  /**
   * Milliseconds that the time of a signature may be away from this machine's, so that an old request can't be replayed;
   * more is a 401, and reported: the machine's clock may be wrong. 900,000 by default, since Discord repeats a webhook
   * event for ten minutes; `Infinity` where there is no clock to go by.
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * How many ids of interactions are remembered, as long as their signatures are taken: one that comes again is refused
   * (409) and not handled twice. Discord sends each once; who repeats it is a proxy, or somebody who got hold of it.
   * 100,000 by default; other processes know nothing of them. Webhook events have no id: they may come again.
   */
  readonly maxRememberedIds?: number | undefined;
  /** Where the platform stops what runs on after the response: keeps it up, as `waitUntil` of Cloudflare Workers does. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined;
}

/**
 * Has interactions handled that Discord sends over HTTP, and webhook events.
 *
 * `fetch` takes a `Request` and resolves with a `Response`, so that it runs wherever that is spoken:
 * `Deno.serve(server.fetch)`, or `export default { fetch: server.fetch }` on platforms that ask for it. It never rejects.
 *
 * Every request is verified by its Ed25519 signature over the raw bytes before anything of it is parsed; whatever is
 * wrong with it is a 401. Pings are answered. An interaction that the handler has not answered after `deferAfterMs` is
 * deferred, and the handler's answer is then sent as an edit; see {@linkcode InteractionOptions}.
 *
 * @example
 * ```ts
 * import { HTTPClient } from "@nextsnake/nextcore";
 * import { InteractionServer } from "@nextsnake/nextcore/interactions";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * await using discord = Simulator.inMemory(); // In a real bot, leave it out, and the options it gives.
 * await using http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
 * await using server = new InteractionServer({
 *   publicKey: discord.publicKey,
 *   http,
 *   onInteraction: (context) => context.reply({ content: `You used /${context.interaction.data?.name}` }),
 * });
 * await discord.setInteractionsEndpoint(server.fetch); // In a real bot: Deno.serve(server.fetch)
 *
 * const used = discord.channel.useCommand("ping");
 * console.log((await used.answer()).data.content); // "You used /ping"
 * ```
 */
export class InteractionServer implements AsyncDisposable {
  /** Answers a request of Discord. Bound: it can be handed on as it is. */
  readonly fetch: (request: Request) => Promise<Response> = (request) => this.#fetch(request);
  readonly #runner: InteractionRunner;
  readonly #verifier: SignatureVerifier;
  readonly #limits: SignedRequestLimits;
  readonly #http: HTTPClient;
  readonly #clock: Clock;
  readonly #onWebhookEvent: InteractionServerOptions["onWebhookEvent"];
  readonly #seen: SeenInteractions;
  readonly #keepAlive: InteractionServerOptions["waitUntil"];

  /**
   * Checks the options; nothing is awaited or opened.
   *
   * @throws {TypeError} When the public key is none, or an option has the wrong type.
   * @throws {RangeError} When a number is out of its range.
   */
  constructor(options: InteractionServerOptions) {
    this.#runner = new InteractionRunner(options);
    this.#verifier = new SignatureVerifier(options.publicKey);
    const {
      clock = systemClock,
      maxBodyBytes = 1024 * 1024,
      readTimeoutMs = 2000,
      maxAgeMs = 900_000,
      maxRememberedIds = 100_000,
    } = options;
    for (const name of ["onWebhookEvent", "waitUntil"] as const) checkType(name, options[name], "function");
    this.#limits = {
      maxBodyBytes: checkedCount("maxBodyBytes", maxBodyBytes, 1),
      readTimeoutMs: checkedTimeMs("readTimeoutMs", readTimeoutMs),
      maxAgeMs: checkedTimeMs("maxAgeMs", maxAgeMs),
      clock,
    };
    // A signature may be as far ahead of this machine's time as behind it.
    this.#seen = new SeenInteractions(
      checkedCount("maxRememberedIds", maxRememberedIds),
      maxAgeMs * 2,
      clock,
    );
    this.#http = options.http;
    this.#clock = clock;
    this.#onWebhookEvent = options.onWebhookEvent;
    this.#keepAlive = options.waitUntil;
  }

  /** How many interactions and webhook events are being handled. */
  get pending(): number {
    return this.#runner.pending;
  }

  /** Refuses requests from now on (503), and waits for the handlers that run; where that takes too long their signals are aborted. */
  close(): Promise<void> {
    return this.#runner.close();
  }

  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #fetch(request: Request): Promise<Response> {
    const receivedAt = this.#clock.now();
    try {
      if (this.#runner.isClosed) return plain(503, "Closed");
      const signed = await readSignedRequest(request, this.#verifier, this.#limits);
      if (!signed.isValid) {
        if (signed.problem !== undefined) this.#waitUntil(this.#runner.report(signed.problem));
        return signed.refusal;
      }
      return await this.#answer(parse(signed.body), receivedAt);
    } catch (error) {
      this.#waitUntil(this.#runner.report(error));
      return plain(500, "Internal error");
    }
  }

  #answer(payload: unknown, receivedAt: number): Response | Promise<Response> {
    if (!isRecord(payload)) return this.#refuse("is no JSON object");
    const webhook = webhookPayloadOf(payload);
    if (webhook !== undefined && this.#onWebhookEvent === undefined) {
      return plain(501, "Webhook events are not handled here");
    }
    if (webhook?.type === "ping") return new Response(null, { status: 204 });
    if (payload.type === InteractionType.Ping && !("event" in payload)) {
      return Response.json({ type: InteractionCallbackType.Pong });
    }
    if (!this.#runner.hasRoom) return plain(503, "Too many at once");
    if (webhook?.type === "event") return this.#acknowledge(webhook.event);
    if (!isInteraction(payload)) return this.#refuse("is no interaction and no webhook event");
    if (this.#seen.isAgain(payload.id)) return plain(409, "This interaction came before");
    return this.#handle(payload, receivedAt);
  }

  /** Never throws: what the platform has against it is reported. */
  #waitUntil(work: Promise<unknown>): void {
    try {
      this.#keepAlive?.(work);
    } catch (error) {
      void this.#runner.report(error);
    }
  }

  /** Signed, but nothing that can be answered. What it holds is not told: it may have a token. */
  #refuse(what: string): Response {
    this.#waitUntil(this.#runner.report(new TypeError(`A request of Discord was refused: its body ${what}`)));
    return plain(400, `The body ${what}`);
  }

  #acknowledge(event: WebhookEvent): Response {
    // In a turn of its own: the response need not wait for it.
    this.#waitUntil(this.#runner.runTask(async () => {
      await Promise.resolve();
      await this.#onWebhookEvent?.(event);
    }));
    return new Response(null, { status: 204 });
  }

  async #handle(interaction: InteractionCreate, receivedAt: number): Promise<Response> {
    const callback = new CallbackRequest(this.#http, interaction);
    const sender = new CallbackResponse(interaction, callback);
    const done = this.#runner.run(
      interaction,
      sender,
      receivedAt,
      () => sender.fail(504, "No answer in time"),
    );
    this.#waitUntil(done.then(() => sender.fail(500, "No answer")));
    return await sender.response;
  }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
