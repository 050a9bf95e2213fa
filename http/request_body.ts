import { type HTTPFile, multipartOf, type Piece } from "./multipart.ts";
import type { HTTPMethod } from "./route.ts";
import { secretsInForm } from "./secrets.ts";
import { kindOf } from "./shown.ts";

/** What may be sent as it is. A function is called for each attempt, so that a stream can be sent again. */
export type RequestBody =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | FormData
  | URLSearchParams
  | ReadableStream<Uint8Array>
  | (() => ReadableStream<Uint8Array>);

/** The parts of a request's options that make its body. */
export interface RequestBodyOptions {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: RequestBody | undefined;
  /** Sent as `files[0]`, `files[1]`, … next to the JSON. */
  readonly files?: readonly (HTTPFile | File)[] | undefined;
}

/** What a body becomes for one attempt. */
export type BodyContent = string | Uint8Array<ArrayBuffer> | Blob | FormData | ReadableStream<Uint8Array>;

/** A body that is ready to be sent, if possible more than once. */
export interface PreparedBody {
  /** The media type to announce; `undefined` where the runtime knows better. */
  readonly contentType: string | undefined;
  /** Whether it can be sent again. */
  readonly isReplayable: boolean;
  /** The top-level keys of the JSON that say what it does. */
  readonly keys: ReadonlySet<string> | undefined;
  /** What of it must not be shown. */
  readonly secrets?: readonly string[];
  /** The body for one attempt. */
  create(): BodyContent | undefined;
  /** It will not be sent any more: lets go of a stream that nobody has begun to read. */
  discard?(): void;
}

/** Bodies up to this size are put together in memory, which is the fastest way to send them. */
const IN_MEMORY_BYTES = 4 * 1024 * 1024;

/** Keys that say nothing of what a request does. */
const SERVICE_KEYS: ReadonlySet<string> = new Set(["nonce", "enforce_nonce"]);

/** Makes the body of a request; a `TypeError` where the options contradict each other. */
export function prepareBody(
  method: HTTPMethod,
  { json, body, files }: RequestBodyOptions,
  random: () => number,
): PreparedBody {
  const hasFiles = files !== undefined && files.length > 0;
  if (body !== undefined && (json !== undefined || hasFiles)) {
    throw new TypeError("Cannot send a request: body excludes json and files, give one or the other");
  }
  if ((method === "GET" || method === "HEAD") && (body !== undefined || json !== undefined || hasFiles)) {
    throw new TypeError(`Cannot send a request: a ${method} has no body, use query or another method`);
  }
  if (body !== undefined) return rawBody(body);
  const text = json === undefined ? undefined : jsonText(json);
  if (!hasFiles) return new JSONBody(text);
  const { contentType, pieces } = multipartOf(text, files, random);
  return { contentType, isReplayable: true, keys: keysOf(text), create: joined(pieces, contentType) };
}

/** JSON, or nothing. Its keys are only asked for where a limit concerns some of them. */
class JSONBody implements PreparedBody {
  readonly contentType: string | undefined;
  readonly isReplayable = true;
  readonly #text: string | undefined;
  #keys: { readonly found: ReadonlySet<string> | undefined } | undefined;

  constructor(text: string | undefined) {
    this.contentType = text === undefined ? undefined : "application/json";
    this.#text = text;
  }

  get keys(): ReadonlySet<string> | undefined {
    this.#keys ??= { found: keysOf(this.#text) };
    return this.#keys.found;
  }

  create(): string | undefined {
    return this.#text;
  }
}

/** Read from what is sent: the caller's object may have changed since, or write itself as another. */
function keysOf(text: string | undefined): ReadonlySet<string> | undefined {
  const json: unknown = text === undefined ? undefined : JSON.parse(text);
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
  return new Set(Object.keys(json).filter((key) => !SERVICE_KEYS.has(key)));
}

function rawBody(body: RequestBody): PreparedBody {
  const known = { contentType: undefined, keys: undefined };
  if (typeof body === "function") return { ...known, isReplayable: true, create: () => madeBy(body) };
  if (body instanceof ReadableStream) {
    if (body.locked) throw new TypeError("Cannot send a request: the stream is being read by somebody else");
    const discard = (): void => {
      if (!body.locked) body.cancel().catch(() => {});
    };
    return { ...known, isReplayable: false, create: () => body, discard };
  }
  if (typeof body === "string" || body instanceof Blob || body instanceof FormData) {
    return { ...known, isReplayable: true, create: () => body };
  }
  if (body instanceof URLSearchParams) {
    // It is sent as it is now, whatever is done to it later.
    const text = body.toString();
    const contentType = "application/x-www-form-urlencoded;charset=UTF-8";
    const secrets = secretsInForm(body);
    return { contentType, isReplayable: true, keys: undefined, secrets, create: () => text };
  }
  if (body instanceof ArrayBuffer || body instanceof Uint8Array) {
    const bytes = new Uint8Array(body).slice();
    return { ...known, isReplayable: true, create: () => bytes };
  }
  throw new TypeError(
    "Cannot send a request: body must be text, bytes, a Blob, a form or a stream; objects go as json",
  );
}

/** A stream of the caller's making; a `TypeError` where there is none: then nothing has been sent. */
function madeBy(make: () => unknown): ReadableStream<Uint8Array> {
  let made: unknown;
  try {
    made = make();
  } catch (cause) {
    throw new TypeError("Cannot send a request: the function that makes the body threw, see the cause", {
      cause,
    });
  }
  if (made instanceof ReadableStream && !made.locked) return made;
  throw new TypeError(
    `Cannot send a request: the function that makes the body must return a new ReadableStream, got ${
      kindOf(made)
    }`,
  );
}

function jsonText(json: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(json);
  } catch (cause) {
    // Circles and bigints; the engine's message quotes no values.
    throw new TypeError("Cannot send a request: json can't be written as JSON, see the cause", { cause });
  }
  if (text !== undefined) return text;
  throw new TypeError(`Cannot send a request: json is a ${typeof json}, which JSON has not`);
}

/** One piece of memory where that is small, a `Blob` where it is large, and a stream where it holds one. */
function joined(pieces: readonly Piece[], type: string): () => BodyContent {
  const sizes = pieces.map((piece) => piece instanceof Uint8Array ? piece.length : Infinity);
  const size = sizes.reduce((sum, one) => sum + one, 0);
  if (size <= IN_MEMORY_BYTES) {
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      if (piece instanceof Uint8Array) bytes.set(piece, at);
      at += piece instanceof Uint8Array ? piece.length : 0;
    }
    return () => bytes;
  }
  const parts = pieces.filter((piece) => typeof piece !== "function");
  if (parts.length === pieces.length) {
    const blob = new Blob(parts, { type });
    return () => blob;
  }
  return () => streamOf(pieces);
}

/** Reads one after the other. What is being read is let go of at once when nobody wants more, also in the midst of a read. */
function streamOf(pieces: readonly Piece[]): ReadableStream<Uint8Array> {
  let left = pieces;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream({
    async pull(controller): Promise<void> {
      for (;;) {
        if (reader === undefined) {
          const [piece, ...others] = left;
          left = others;
          if (piece === undefined) return controller.close();
          if (piece instanceof Uint8Array) return controller.enqueue(piece);
          reader = (piece instanceof Blob ? piece.stream() : madeBy(piece)).getReader();
        }
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        reader = undefined;
      }
    },
    async cancel(reason): Promise<void> {
      left = [];
      await reader?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
