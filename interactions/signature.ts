import { kindOf } from "../http/shown.ts";

const KEY_HEX = /^[0-9a-f]{64}$/i;
const SIGNATURE_HEX = /^[0-9a-f]{128}$/i;
const ALGORITHM = "Ed25519";

/** Verifies what Discord has signed: interactions and webhook events (A15.5). */
export class SignatureVerifier {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #key: Promise<CryptoKey> | undefined;

  /**
   * Takes the application's public key as the developer portal shows it.
   *
   * @throws {TypeError} When it is not 64 hexadecimal digits, or a placeholder of zeros.
   */
  constructor(publicKey: string) {
    if (typeof publicKey !== "string" || !KEY_HEX.test(publicKey)) {
      throw new TypeError(
        `The public key must be 64 hexadecimal digits, got ${nameOf(publicKey)}: ` +
          'copy "Public Key" from the application\'s page in the developer portal',
      );
    }
    // Zeros are a point of small order: with them signatures could be forged.
    if (/^0+$/.test(publicKey)) {
      throw new TypeError("The public key is a placeholder of zeros: give your own");
    }
    this.#bytes = bytesOf(publicKey);
  }

  /**
   * Whether `signature` (the header `X-Signature-Ed25519`) signs `timestamp` (`X-Signature-Timestamp`) and `body`, which
   * must be the bytes as they came. Whatever is missing or malformed is no signature.
   *
   * @throws {TypeError} When the runtime has no Ed25519, or `body` is no bytes.
   */
  async verify(
    signature: string | null,
    timestamp: string | null,
    body: Uint8Array,
  ): Promise<boolean> {
    if (!(body instanceof Uint8Array)) {
      throw new TypeError(
        `The body must be the bytes as they came, a Uint8Array, got ${kindOf(body)}: ` +
          "new Uint8Array(await request.arrayBuffer())",
      );
    }
    if (signature === null || timestamp === null || timestamp === "" || !SIGNATURE_HEX.test(signature)) {
      return false;
    }
    const stamp = new TextEncoder().encode(timestamp);
    const signed = new Uint8Array(stamp.length + body.length);
    signed.set(stamp);
    signed.set(body, stamp.length);
    const key = await (this.#key ??= importKey(this.#bytes));
    return await crypto.subtle.verify(ALGORITHM, key, bytesOf(signature), signed);
  }
}

async function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("raw", bytes, ALGORITHM, false, ["verify"]);
  } catch (cause) {
    throw new TypeError(
      "Cannot verify signatures: either this runtime's WebCrypto has no Ed25519 (Deno, Node from 22 on, Bun and " +
        "Cloudflare Workers have it), or the public key is none",
      { cause },
    );
  }
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    { length: hex.length / 2 },
    (_, index) => parseInt(hex.slice(index * 2, index * 2 + 2), 16),
  );
}

function nameOf(value: unknown): string {
  return typeof value === "string" ? `${value.length} characters` : `${value === null ? null : typeof value}`;
}
