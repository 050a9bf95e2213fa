import type { Clock } from "../clock.ts";
import type { SignatureVerifier } from "./signature.ts";

/** What a signed request must keep to. */
export interface SignedRequestLimits {
  /** The most bytes of a body. */
  readonly maxBodyBytes: number;
  /** Milliseconds for the body to come. */
  readonly readTimeoutMs: number;
  /** Milliseconds that the signature's timestamp may be away from this machine's time. */
  readonly maxAgeMs: number;
  /** The clock. */
  readonly clock: Clock;
}

/** A request that Discord has signed, or why it is none. */
export type SignedRequest =
  | { readonly isValid: true; readonly body: Uint8Array }
  | {
    readonly isValid: false;
    readonly refusal: Response;
    /** What whoever runs the bot should know. */
    readonly problem?: Error;
  };

type Body = Uint8Array | "tooLarge" | "late" | "broken";

const SIGNATURE_HEADER = "X-Signature-Ed25519";
const TIMESTAMP_HEADER = "X-Signature-Timestamp";
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

/**
 * Reads a request and verifies its signature over the raw bytes, before anything of it is parsed (A15.5).
 *
 * What is cheap to see is refused without reading on; every fault of the signature is a 401, whatever it is.
 */
export async function readSignedRequest(
  request: Request,
  verifier: SignatureVerifier,
  limits: SignedRequestLimits,
): Promise<SignedRequest> {
  const { headers } = request;
  const signature = headers.get(SIGNATURE_HEADER);
  const timestamp = headers.get(TIMESTAMP_HEADER);
  const early = earlyRefusal(request, limits) ??
    (signature === null || timestamp === null ? unauthorized() : undefined);
  if (early !== undefined) {
    // Nobody will read it. A broken stream has ended already.
    if (request.body !== null && !request.body.locked) await request.body.cancel().catch(() => {});
    return refused(early);
  }
  const body = await readBody(request, limits);
  if (body === "tooLarge") return refused(plain(413, "The body is too large"));
  if (body === "late") return refused(plain(408, "The body did not come in time"));
  if (body === "broken") return refused(plain(400, "The body broke off"));
  const isFresh = isRecent(timestamp, limits);
  if (!await verifier.verify(signature, timestamp, body)) return refused(unauthorized());
  return isFresh
    ? { isValid: true, body }
    : { ...refused(unauthorized()), problem: stale(timestamp, limits) };
}

/** An answer of a status and a sentence. */
export function plain(status: number, text: string, headers: HeadersInit = {}): Response {
  return new Response(text, { status, headers });
}

function refused(refusal: Response): { readonly isValid: false; readonly refusal: Response } {
  return { isValid: false, refusal };
}

function unauthorized(): Response {
  return plain(401, "Invalid request signature");
}

function earlyRefusal(
  { method, headers }: Request,
  { maxBodyBytes }: SignedRequestLimits,
): Response | undefined {
  if (method !== "POST") return plain(405, "Interactions are posted", { Allow: "POST" });
  const type = headers.get("Content-Type");
  if (type !== null && !JSON_TYPE.test(type)) return plain(415, "The body must be application/json");
  if (Number(headers.get("Content-Length")) > maxBodyBytes) return plain(413, "The body is too large");
  return undefined;
}

function isRecent(timestamp: string | null, { maxAgeMs, clock }: SignedRequestLimits): boolean {
  if (maxAgeMs === Infinity) return true;
  if (timestamp === null || !/^\d{1,12}$/.test(timestamp)) return false;
  return Math.abs(clock.wallNow() - Number(timestamp) * 1000) <= maxAgeMs;
}

function stale(timestamp: string | null, { maxAgeMs, clock }: SignedRequestLimits): RangeError {
  const ageMs = Math.round(clock.wallNow() - Number(timestamp) * 1000);
  return new RangeError(
    `A request was refused: its signature is ${ageMs} ms old, which may be ${maxAgeMs} ms at most. ` +
      "Either it was replayed, or the clock of this machine is wrong",
  );
}

async function readBody(
  request: Request,
  { maxBodyBytes, readTimeoutMs, clock }: SignedRequestLimits,
): Promise<Body> {
  if (request.body === null) return new Uint8Array();
  if (request.body.locked || request.bodyUsed) {
    throw new TypeError("The request's body was read by somebody else: hand the request on as it came");
  }
  // An aborted request breaks off its body. Its signal is left alone, here and later: Deno warns of whoever looks at it
  // in a server, since there it also aborts when a request was answered.
  const reader = request.body.getReader();
  let end: Body | undefined;
  const stop = (why: Body): void => {
    end ??= why;
    // The read that is pending then ends.
    reader.cancel().catch(() => {});
  };
  const timer = readTimeoutMs === Infinity ? undefined : clock.setTimeout(() => stop("late"), readTimeoutMs);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      size += read.value.byteLength;
      if (size > maxBodyBytes) stop("tooLarge");
      else chunks.push(read.value);
    }
    return end ?? joined(chunks, size);
  } catch {
    return end ?? "broken";
  } finally {
    timer?.[Symbol.dispose]();
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
