/** First path segments whose id has limits of its own (A6.2). */
const MAJOR_RESOURCES: ReadonlySet<string> = new Set(["channels", "guilds", "webhooks"]);

const CALLBACK = /^\/interactions\/[^/]+\/[^/]+\/callback$/;
const INTERACTION_WEBHOOK = /^\/webhooks\/\{application_id\}\/\{interaction_token\}(?:\/|$)/;
const MESSAGE = /^\/channels\/[^/]+\/messages\/\{message_id\}$/;
const MESSAGES = /^\/channels\/[^/]+\/messages$/;
const EXECUTE_WEBHOOK = /^\/webhooks\/[^/]+\/[^/]+$/;
const SECRET_NAMES: ReadonlySet<string> = new Set(["webhook_token", "interaction_token"]);
/** What stands behind the id of a webhook or of an interaction is its token, whatever it is called (A6.7). */
const TOKEN = /^\/(?:webhooks|interactions)\/[^/]+\/\{(\w+)\}/;
/** A token written into a template, where every key and error would show it. */
const LITERAL_TOKEN = /\/(?:webhooks|interactions)\/[^/]+\/[^/{}]{20,}(?:\/|$)/;
const NAME = /\{(\w+)\}/g;

/** A program has a few hundred templates; one that makes them up gains nothing, and loses nothing but time. */
const MAX_REMEMBERED = 1000;

/**
 * Templates that have been read. A template says the same each time, so nobody can tell that they are shared. Reading it
 * anew took 6 µs of the 8 µs that a `Route` cost, and a bot makes a route for each request.
 */
const remembered = new Map<string, PathTemplate>();

/** A path with names in braces: what it asks for, and all that follows from its words alone. */
export class PathTemplate {
  /** The path as it was written. */
  readonly text: string;
  /** The names in braces, in their order. */
  readonly names: readonly string[];
  /** What stands before each name, and behind the last. */
  readonly literals: readonly string[];
  /** The first segment, where the limits of what it names are counted apart; else `""`. */
  readonly majorResource: string;
  /** Whether one of its values lets whoever knows it act. */
  readonly hasSecrets: boolean;
  /** Whether this is the callback of an interaction. */
  readonly isInteractionCallback: boolean;
  /** Whether this is the original answer to an interaction, or what follows it. */
  readonly isInteractionWebhook: boolean;
  /** Whether this is an incoming webhook, by its token. */
  readonly isTokenWebhook: boolean;
  /** Whether this is one message of a channel. */
  readonly isMessage: boolean;
  /** Whether this is where messages of a channel are created. */
  readonly isChannelMessages: boolean;
  /** Whether this is where a webhook is executed. */
  readonly isWebhookExecution: boolean;
  readonly #tokenName: string | undefined;
  readonly #routeKeys = new Map<string, string>();

  private constructor(text: string) {
    this.text = text;
    this.names = [...text.matchAll(NAME)].map(([, name = ""]) => name);
    this.literals = text.split(/\{\w+\}/);
    const [, resource = "", id = ""] = text.split("/");
    this.majorResource = id !== "" && MAJOR_RESOURCES.has(resource) ? resource : "";
    this.#tokenName = TOKEN.exec(text)?.[1];
    this.hasSecrets = this.names.some((_, index) => this.isSecret(index));
    this.isInteractionCallback = CALLBACK.test(text);
    this.isInteractionWebhook = INTERACTION_WEBHOOK.test(text);
    this.isTokenWebhook = text.startsWith("/webhooks/") && text.includes("{webhook_token}");
    this.isMessage = MESSAGE.test(text);
    this.isChannelMessages = MESSAGES.test(text);
    this.isWebhookExecution = EXECUTE_WEBHOOK.test(text);
  }

  /** The template in this text; a `TypeError` where there is none. */
  static of(text: string): PathTemplate {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    checkText(text);
    const template = new PathTemplate(text);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(text, template);
    return template;
  }

  /** What limits are learned for: the method and the path (B2). */
  routeKey(method: string): string {
    const known = this.#routeKeys.get(method);
    if (known !== undefined) return known;
    const key = `${method} ${this.text}`;
    this.#routeKeys.set(method, key);
    return key;
  }

  /** Whether the value of a name, by its number, lets whoever knows it act: it never reaches a key, an error or an event. */
  isSecret(index: number): boolean {
    const name = this.names[index];
    return name !== undefined && (name === this.#tokenName || SECRET_NAMES.has(name));
  }

  /** The path with these values, in the order of the names, percent-encoded. */
  fill(values: readonly string[]): string {
    let path = this.literals[0] ?? "";
    for (let index = 0; index < this.names.length; index++) {
      path += encodeURIComponent(values[index] ?? "") + (this.literals[index + 1] ?? "");
    }
    return path;
  }
}

function checkText(text: unknown): asserts text is string {
  if (typeof text !== "string" || !text.startsWith("/")) {
    throw new TypeError(`Cannot create a route: the path must start with "/", as in "/users/{user_id}"`);
  }
  if (LITERAL_TOKEN.test(text)) {
    throw new TypeError(
      "Cannot create a route: the path holds a token, pass it as the parameter {webhook_token}",
    );
  }
  const bare = text.replaceAll(/\{[a-z][a-z0-9_]*\}/gi, "x");
  if (!/^(?:\/[^\s/?#{}\\]+)+\/?$|^\/$/.test(bare) || /\/\.\.?(?:\/|$)/.test(bare)) {
    throw new TypeError(
      `Cannot create a route: ${text} is not a path template, use "/segments/{name}" without query or hash`,
    );
  }
}
