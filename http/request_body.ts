import type { HTTPMethod } from "./route.ts";

/** A file to send along. */
export interface HTTPFile {
  /** The name it will have; referenced ones should keep to `[A-Za-z0-9._-]`. */
  readonly name: string;
  /** What is in it. A `Blob` is sent without being read into memory first. */
  readonly data: Blob | Uint8Array | ArrayBuffer | string;
  /** The media type; by default that of the `Blob`, else none. */
  readonly contentType?: string | undefined;
}

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
  readonly files?: readonly HTTPFile[] | undefined;
}

/** A body that is ready to be sent, if possible more than once. */
export interface PreparedBody {
  /** The media type to announce; `undefined` where the runtime knows better. */
  readonly contentType: string | undefined;
  /** Whether it can be sent again. */
  readonly isReplayable: boolean;
  /** The top-level keys of the JSON. */
  readonly keys: ReadonlySet<string> | undefined;
  /** The body for one attempt. */
  create(): BodyInit | undefined;
}

/** Makes the body of a request; a `TypeError` where the options contradict each other. */
export function prepareBody(method: HTTPMethod, { json, body, files }: RequestBodyOptions): PreparedBody {
  const hasFiles = files !== undefined && files.length > 0;
  if (body !== undefined && (json !== undefined || hasFiles)) {
    throw new TypeError("Cannot send a request: body excludes json and files, give one or the other");
  }
  if ((method === "GET" || method === "HEAD") && (body !== undefined || json !== undefined || hasFiles)) {
    throw new TypeError(`Cannot send a request: a ${method} has no body, use query or another method`);
  }
  if (typeof body === "function") return prepared(undefined, true, undefined, body);
  if (body !== undefined) {
    return prepared(undefined, !(body instanceof ReadableStream), undefined, () => ownedBody(body));
  }
  const text = json === undefined ? undefined : jsonText(json);
  const keys = typeof json === "object" && json !== null && !Array.isArray(json)
    ? new Set(Object.keys(json))
    : undefined;
  if (hasFiles) {
    const form = formOf(text, files);
    return prepared(undefined, true, keys, () => form);
  }
  return text === undefined
    ? prepared(undefined, true, undefined, () => undefined)
    : prepared("application/json", true, keys, () => text);
}

function prepared(
  contentType: string | undefined,
  isReplayable: boolean,
  keys: ReadonlySet<string> | undefined,
  create: () => BodyInit | undefined,
): PreparedBody {
  return { contentType, isReplayable, keys, create };
}

function jsonText(json: unknown): string {
  const text: string | undefined = JSON.stringify(json);
  if (text === undefined) {
    throw new TypeError(`Cannot send a request: json is a ${typeof json}, which JSON has not`);
  }
  return text;
}

/** Bytes are copied: what is sent again later must be what was given now. */
function ownedBody(body: Exclude<RequestBody, () => unknown>): BodyInit {
  return body instanceof Uint8Array ? new Uint8Array(body).buffer : body;
}

/** The JSON and the files in one form; the runtime adds the boundary (A2.3, A14.1). */
function formOf(json: string | undefined, files: readonly HTTPFile[]): FormData {
  const form = new FormData();
  if (json !== undefined) form.append("payload_json", json);
  for (const [index, { name, data, contentType }] of files.entries()) {
    if (typeof name !== "string" || name === "") {
      throw new TypeError(`Cannot send a request: files[${index}] has no name`);
    }
    const type = contentType ?? (data instanceof Blob ? data.type : "");
    const part = data instanceof Uint8Array ? new Uint8Array(data) : data;
    form.append(`files[${index}]`, new Blob([part], { type }), name);
  }
  return form;
}
