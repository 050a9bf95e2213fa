import type { DiscordInteractionCallbackResponse, HTTPFile, InteractionCreate } from "../http/mod.ts";
import type { Callback, CallbackSender } from "./answer.ts";
import { InteractionExpiredError } from "./errors.ts";
import { plain } from "./signed_request.ts";

/**
 * Answers by the response to the request that brought the interaction; by a request of its own where what Discord makes
 * of it is asked for, and then the response is a 202 without a body (A15.5).
 */
export class CallbackResponse implements CallbackSender {
  readonly transport = "http";
  /** What to respond with. */
  readonly response: Promise<Response>;
  readonly #respond: (response: Response) => void;
  readonly #interaction: InteractionCreate;
  readonly #request: CallbackSender;
  #isOver = false;

  /** Takes the interaction, and what answers by a request. */
  constructor(interaction: InteractionCreate, request: CallbackSender) {
    const { promise, resolve } = Promise.withResolvers<Response>();
    this.response = promise;
    this.#respond = resolve;
    this.#interaction = interaction;
    this.#request = request;
  }

  async send(callback: Callback): Promise<DiscordInteractionCallbackResponse | undefined> {
    this.#checkOpen();
    if (!callback.withResponse) {
      const response = await responseOf(callback);
      this.#checkOpen();
      this.#end(response);
      return undefined;
    }
    const made = await this.#request.send(callback);
    this.#end(new Response(null, { status: 202 }));
    return made;
  }

  /** Responds with a fault, unless there was an answer. */
  fail(status: number, text: string): void {
    this.#end(plain(status, text));
  }

  #end(response: Response): void {
    this.#isOver = true;
    this.#respond(response);
  }

  #checkOpen(): void {
    if (!this.#isOver) return;
    throw new InteractionExpiredError(this.#interaction, "nobody waits for its answer any more");
  }
}

/** As JSON, or with files as a form (A14.3). Rejects with a `TypeError` where that can't be made: nothing is sent then. */
async function responseOf({ body, files }: Callback): Promise<Response> {
  const json = jsonOf(body);
  if (files.length === 0) return new Response(json, { headers: { "Content-Type": "application/json" } });
  const form = new FormData();
  form.set("payload_json", json);
  for (const [index, file] of files.entries()) {
    const name: unknown = file.name;
    if (typeof name !== "string" || name === "") {
      throw new TypeError(`Cannot answer: files[${index}] has no name, give it one`);
    }
    form.set(`files[${index}]`, file instanceof Blob ? file : await blobOf(file, index), name);
  }
  return new Response(form);
}

function jsonOf(body: Callback["body"]): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    // Circles and bigints; the engine's message quotes no values.
    throw new TypeError("Cannot answer: it can't be written as JSON, see the cause", { cause });
  }
}

async function blobOf({ data, contentType }: HTTPFile, index: number): Promise<Blob> {
  const type = contentType ?? (data instanceof Blob ? data.type : "application/octet-stream");
  if (typeof data === "function") {
    try {
      return new Blob([await new Response(data()).arrayBuffer()], { type });
    } catch (cause) {
      throw new TypeError(`Cannot answer: files[${index}] can't be read, see the cause`, { cause });
    }
  }
  const isData = typeof data === "string" || data instanceof Blob || data instanceof ArrayBuffer ||
    ArrayBuffer.isView(data);
  if (isData) return new Blob([data as BlobPart], { type });
  throw new TypeError(
    `Cannot answer: the data of files[${index}] must be a Blob, bytes, text or a function that makes a stream`,
  );
}
