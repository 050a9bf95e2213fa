/** Shorter words are left: they would turn messages into holes, and are no tokens. */
const MIN_SECRET_LENGTH = 4;
/** As many causes of causes are kept. */
const MAX_CAUSES = 4;

/** Takes secrets out of what others wrote: errors of the runtime quote URLs, answers may quote requests. */
export class Redaction {
  readonly #secrets: readonly string[];

  /** Takes the values that must not be shown; their percent-encoded forms are taken out too. */
  constructor(secrets: readonly string[]) {
    const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]);
    this.#secrets = forms.filter((form) => form.length >= MIN_SECRET_LENGTH);
  }

  /** The text without the secrets. */
  text(text: string): string {
    return this.#secrets.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
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
