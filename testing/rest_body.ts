/**
 * Reads the bodies of requests: JSON, forms, and files beside JSON (A2.3, A14).
 *
 * @module
 */

import { invalidForm, RestError } from "./rest_route.ts";
import { isWireObject, type WireAttachment, type WireObject } from "./wire.ts";

/** What was in a body. */
export interface RestBody {
  /** The JSON, or the form's fields. */
  readonly body: unknown;
  /** Uploaded files. */
  readonly files: readonly WireAttachment[];
}

const MAX_BODY_BYTES = 26_214_400;

/** Reads the body of a request, or of a response to one of Discord's; throws what Discord answers to a wrong one. */
export async function readBody(request: Request | Response, nextId: () => string): Promise<RestBody> {
  // First: Bun forgets the type of a form once the form is read.
  const type = request.headers.get("content-type") ?? "";
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > MAX_BODY_BYTES) throw new RestError(413, 40005, "Request entity too large");
  if (bytes.byteLength === 0) return { body: undefined, files: [] };
  if (type.startsWith("application/json")) return { body: parse(new TextDecoder().decode(bytes)), files: [] };
  if (type.startsWith("application/x-www-form-urlencoded")) {
    return { body: Object.fromEntries(new URLSearchParams(new TextDecoder().decode(bytes))), files: [] };
  }
  if (!type.startsWith("multipart/form-data")) {
    const expected = "application/json, application/x-www-form-urlencoded or multipart/form-data";
    throw invalidForm([], "CONTENT_TYPE_INVALID", `Expected "Content-Type" header to be one of ${expected}.`);
  }
  return await readForm(bytes, type, nextId);
}

async function readForm(bytes: ArrayBuffer, type: string, nextId: () => string): Promise<RestBody> {
  let form: FormData;
  try {
    form = await new Response(bytes, { headers: { "content-type": type } }).formData();
  } catch {
    throw new RestError(400, 50109, "The request body contains invalid multipart data.");
  }
  const fields: WireObject = {};
  const uploads: [name: string, file: File][] = [];
  let body: unknown;
  for (const [name, value] of form) {
    if (name === "payload_json") body = parse(typeof value === "string" ? value : await value.text());
    else if (typeof value === "string") fields[name] = value;
    else uploads.push([name, value]);
  }
  body ??= fields;
  return { body, files: uploads.map(([name, file]) => attachmentOf(name, file, body, nextId())) };
}

function attachmentOf(name: string, file: File, body: unknown, id: string): WireAttachment {
  const index = /^files\[(\d+)\]$/.exec(name)?.[1];
  const described = describedAttachments(body).find((one) => String(one.id) === index) ?? {};
  const filename = typeof described.filename === "string" ? described.filename : file.name;
  return {
    id,
    filename,
    size: file.size,
    url: `https://cdn.invalid/attachments/${id}/${encodeURIComponent(filename)}`,
    proxy_url: `https://media.invalid/attachments/${id}/${encodeURIComponent(filename)}`,
    content_type: file.type,
    ...(typeof described.description === "string" ? { description: described.description } : {}),
  };
}

/** `attachments` of a message body, which an interaction's callback has inside `data` (A14.3). */
function describedAttachments(body: unknown): readonly WireObject[] {
  if (!isWireObject(body)) return [];
  const inner = isWireObject(body.data) ? body.data : body;
  return Array.isArray(inner.attachments) ? inner.attachments.filter(isWireObject) : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RestError(400, 50109, "The request body contains invalid JSON.");
  }
}
