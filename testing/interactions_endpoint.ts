/**
 * Discord's side of interactions and webhook events over HTTP: signs, posts, and takes the answers (A15.5).
 *
 * @module
 */

import { systemClock } from "../clock.ts";
import { kindOf, shown } from "../http/shown.ts";
import type { SimulatedInteraction } from "./interaction.ts";
import { readBody } from "./rest_body.ts";
import { acknowledge } from "./rest_interactions.ts";
import type { WireObject } from "./wire.ts";
import type { InteractionSink, World } from "./world.ts";

/** Where a bot listens: a URL, or the function that would listen there. */
export type Endpoint = string | URL | ((request: Request) => Response | Promise<Response>);

/** Options of {@linkcode signedRequest}. */
export interface SignedRequestOptions {
  /** When it was signed, in milliseconds since the Unix epoch; now by default. */
  readonly signedAt?: number;
  /** Where it goes. */
  readonly url?: string | URL;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** The public key of all simulated applications. */
export const PUBLIC_KEY = "596bdb7377cf8ba58c1a518f3089ee3f37554abf0656ebb305e16b785030e487";
/** What its private key is made of: no secret. */
const SEED = "nextcore: simulated interactions";
/** What comes before the 32 bytes of a seed in PKCS #8. */
const PKCS8_HEAD = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const ANSWER_WITHIN_MS = 3000;
const NOBODY = "http://bot.invalid/interactions";

/**
 * A request as Discord sends it to a bot's endpoint, signed with the key that belongs to `simulator.publicKey`. For tests
 * of what a bot does with requests that are not as they should be.
 *
 * Needs a WebCrypto with Ed25519: Deno, Node from 22 on and Bun have it.
 *
 * @example
 * ```ts
 * import { signedRequest } from "@nextsnake/nextcore/testing";
 *
 * const request = await signedRequest(JSON.stringify({ type: 1 }));
 * console.log(request.headers.get("X-Signature-Ed25519")?.length); // 128
 * ```
 */
export async function signedRequest(
  body: string | Uint8Array<ArrayBuffer>,
  { signedAt = systemClock.wallNow(), url = NOBODY, signal }: SignedRequestOptions = {},
): Promise<Request> {
  if (!Number.isFinite(signedAt)) throw new RangeError(`signedAt is ${shown(signedAt)}: give milliseconds`);
  if (typeof body !== "string" && !(body instanceof Uint8Array)) {
    throw new TypeError(`The body must be text or bytes, got ${kindOf(body)}`);
  }
  const encoder = new TextEncoder();
  const timestamp = String(Math.floor(signedAt / 1000));
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const pkcs8 = Uint8Array.from([...PKCS8_HEAD, ...encoder.encode(SEED)]);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  const signed = Uint8Array.from([...encoder.encode(timestamp), ...bytes]);
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", key, signed));
  return new Request(url, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "User-Agent": "Discord-Interactions/1.0 (+https://discord.com)",
      "X-Signature-Ed25519": Array.from(signature, (byte) => byte.toString(16).padStart(2, "0")).join(""),
      "X-Signature-Timestamp": timestamp,
    },
    body: bytes,
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A bot's endpoint, as Discord sees it. */
export class InteractionsEndpoint implements InteractionSink {
  readonly #world: World;
  readonly #target: Endpoint;

  constructor(world: World, target: Endpoint) {
    if (typeof target !== "function" && !URL.canParse(String(target))) {
      throw new TypeError(
        `An endpoint must be a URL or a function such as server.fetch, got ${shown(target)}`,
      );
    }
    this.#world = world;
    this.#target = target;
  }

  /** As when the URL of interactions is saved: pings, and tries whether wrong signatures are refused. */
  async checkInteractions(applicationId: string): Promise<void> {
    const ping = {
      id: this.#world.nextId(),
      application_id: applicationId,
      type: 1,
      token: "ping",
      version: 1,
    };
    const answer = await this.post(ping);
    const text = await answer.text();
    if (answer.status !== 200 || !/^\s*\{\s*"type"\s*:\s*1\b/.test(text)) {
      throw new TypeError(`The endpoint answered a ping with ${answer.status}, not with {"type":1}`);
    }
    await this.#checkSignatures(ping);
  }

  /** As when the URL of webhook events is saved. */
  async checkWebhookEvents(applicationId: string): Promise<void> {
    const ping = { version: 1, application_id: applicationId, type: 0 };
    const answer = await this.post(ping);
    await answer.body?.cancel();
    if (answer.status !== 204) {
      throw new TypeError(`The endpoint answered a ping with ${answer.status}, not with 204`);
    }
    await this.#checkSignatures(ping);
  }

  deliver(interaction: SimulatedInteraction, payload: WireObject): void {
    this.#deliver(interaction, payload).catch((error) => interaction.close(String(error)));
  }

  /** Signs and sends something, and gives up after three seconds. */
  async post(payload: WireObject, isForged = false): Promise<Response> {
    const { clock } = this.#world;
    const controller = new AbortController();
    const url = typeof this.#target === "function" ? NOBODY : this.#target;
    const { signal } = controller;
    const request = await signedRequest(JSON.stringify(payload), { signedAt: clock.wallNow(), url, signal });
    if (isForged) request.headers.set("X-Signature-Ed25519", "0".repeat(128));
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = clock.setTimeout(() => {
      const reason = new DOMException(`The bot did not answer within ${ANSWER_WITHIN_MS} ms`, "TimeoutError");
      controller.abort(reason);
      reject(reason);
    }, ANSWER_WITHIN_MS);
    try {
      const answer = typeof this.#target === "function" ? this.#target(request) : fetch(request);
      return await Promise.race([answer, late]);
    } finally {
      timer[Symbol.dispose]();
    }
  }

  async #checkSignatures(payload: WireObject): Promise<void> {
    const answer = await this.post(payload, true);
    await answer.body?.cancel();
    if (answer.status === 401) return;
    throw new TypeError(`The endpoint answered a wrong signature with ${answer.status}, not with 401`);
  }

  async #deliver(interaction: SimulatedInteraction, payload: WireObject): Promise<void> {
    const answer = await this.post(payload);
    if (answer.status === 202) return void await answer.body?.cancel(); // The callback comes as a request.
    if (answer.status !== 200) {
      throw new TypeError(`The bot's endpoint answered with ${answer.status}: ${await answer.text()}`);
    }
    const { body, files } = await readBody(answer, () => this.#world.nextId());
    acknowledge({ body, files, world: this.#world }, interaction);
  }
}
