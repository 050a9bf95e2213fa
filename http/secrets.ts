/**
 * A short name for a secret, so that the secret itself is never kept in a key.
 *
 * Two 32-bit multiply-and-mix lanes give 64 bits: far too few to recover a token of 400 bits from, plenty to tell the
 * tokens of one program apart. Not a cryptographic hash; an equal digest of two tokens would only make them share a
 * rate limit.
 */
export function digestOf(secret: string): string {
  let high = 0x243f6a88;
  let low = 0x85a308d3;
  for (let index = 0; index < secret.length; index++) {
    const unit = secret.charCodeAt(index);
    high = Math.imul(high ^ unit, 0x9e3779b1);
    low = Math.imul(low ^ unit, 0x85ebca77);
    high ^= low >>> 15;
    low ^= high >>> 13;
  }
  high = Math.imul(high ^ (high >>> 16), 0xc2b2ae3d);
  low = Math.imul(low ^ (low >>> 16), 0x27d4eb2f);
  return hex(high ^ (low >>> 15)) + hex(low ^ (high >>> 13));
}

/** What of an `Authorization` must not be shown: all of it, what follows the scheme, and the password of Basic ones. */
export function secretsOf(authorization: string): string[] {
  const credentials = authorization.replace(/^\S+\s+/, "");
  const secrets = [authorization, credentials];
  if (!/^basic\s/i.test(authorization)) return secrets;
  try {
    const bytes = Uint8Array.from(atob(credentials), (byte) => byte.charCodeAt(0));
    const pair = new TextDecoder().decode(bytes);
    secrets.push(pair, pair.slice(pair.indexOf(":") + 1));
  } catch {
    // Not base64: whatever it is, it has been listed.
  }
  return secrets;
}

/** Fields of OAuth2 forms that let whoever knows them act. */
const SECRET_FIELDS = ["client_secret", "code", "code_verifier", "refresh_token", "token"] as const;

/** What of a form must not be shown. */
export function secretsInForm(form: URLSearchParams): string[] {
  return SECRET_FIELDS.flatMap((name) => form.getAll(name));
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}

/** Shorter words are left: they would turn messages into holes, and are no tokens. */
const MIN_SECRET_LENGTH = 4;
/** As many causes of causes are kept. */
const MAX_CAUSES = 4;

/** Takes secrets out of what others wrote: errors of the runtime quote URLs, answers may quote requests. */
export class Redaction {
  readonly #given: readonly string[];
  #forms: readonly string[] | undefined;

  /** Takes the values that must not be shown; their percent-encoded forms are taken out too. */
  constructor(secrets: readonly string[]) {
    this.#given = secrets;
  }

  /** Made when they are first needed: most requests show nothing. */
  get #secrets(): readonly string[] {
    return this.#forms ??= this.#given.flatMap((secret) => [secret, encodeURIComponent(secret)])
      .filter((form) => form.length >= MIN_SECRET_LENGTH);
  }

  /** The text without the secrets. */
  text(text: string): string {
    return this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
  }

  /** A copy of the headers without the secrets: a redirect names the path that was asked for. */
  headers(headers: Headers): Headers {
    const copy = new Headers(headers);
    for (const [name, value] of headers) {
      const text = this.text(value);
      if (text !== value) copy.set(name, text);
    }
    return copy;
  }

  /** An error like this one, without the secrets and without its stack, which would repeat them. */
  error(error: unknown, depth = 0): unknown {
    if (!(error instanceof Error)) return typeof error === "string" ? this.text(error) : undefined;
    const hasCause = error.cause !== undefined && depth < MAX_CAUSES;
    const copy = new Error(
      this.text(error.message),
      hasCause ? { cause: this.error(error.cause, depth + 1) } : {},
    );
    copy.name = error.name;
    delete copy.stack;
    return copy;
  }
}
