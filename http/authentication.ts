import { digestOf } from "./secrets.ts";

/** Who is asking: what a request is authorised with, and under which name its limits are counted. */
export interface Authentication {
  /** Names the owner of the rate limits. Never contains a token. */
  readonly rateLimitKey: string;
  /** Headers that authorise a request. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Authorises requests, and shards, as a bot.
 *
 * The token is what the developer portal shows, without `Bot ` in front. One that is empty, or has spaces, line breaks
 * or characters outside of ASCII is a `TypeError`. Printing the object does not show the token.
 *
 * @example
 * ```ts
 * import { BotAuthentication } from "@nextsnake/nextcore";
 *
 * const authentication = new BotAuthentication("MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs");
 * console.log(authentication.rateLimitKey); // "198622483471925248"
 * ```
 */
export class BotAuthentication implements Authentication {
  readonly #token: string;
  readonly #headers: Readonly<Record<string, string>>;
  /** The id of the bot, so that the limits outlive a change of the token; a digest where the token names no id. */
  readonly rateLimitKey: string;

  /** Takes the token; throws a `TypeError` when it can't be one. */
  constructor(token: string) {
    this.#token = checkedToken(token, "Bot");
    this.#headers = Object.freeze({ Authorization: `Bot ${token}` });
    this.rateLimitKey = botIdOf(token) ?? `bot:${digestOf(token)}`;
  }

  /** The token itself. Do not log it. */
  get token(): string {
    return this.#token;
  }

  /** Headers that authorise a request as this bot. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }
}

/**
 * Authorises requests as a user who granted an OAuth2 access token.
 *
 * The token comes without `Bearer ` in front and is checked like a bot's. Printing the object does not show it.
 *
 * @example
 * ```ts
 * import { BearerAuthentication } from "@nextsnake/nextcore";
 *
 * const authentication = new BearerAuthentication("6qrZcUqja7812RVdnEKjpzOL4CvHBFG");
 * ```
 */
export class BearerAuthentication implements Authentication {
  readonly #token: string;
  readonly #headers: Readonly<Record<string, string>>;
  /** A digest of the token: the limits of each grant are counted apart. */
  readonly rateLimitKey: string;

  /** Takes the token; throws a `TypeError` when it can't be one. */
  constructor(token: string) {
    this.#token = checkedToken(token, "Bearer");
    this.#headers = Object.freeze({ Authorization: `Bearer ${token}` });
    this.rateLimitKey = `bearer:${digestOf(token)}`;
  }

  /** The token itself. Do not log it. */
  get token(): string {
    return this.#token;
  }

  /** Headers that authorise a request as this user. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }
}

/**
 * Authorises requests as an application, at the endpoints where OAuth2 tokens are made and revoked.
 *
 * They take forms only: give the `body` as `URLSearchParams`. Printing the object does not show the secret.
 *
 * @example
 * ```ts
 * import { BasicAuthentication } from "@nextsnake/nextcore";
 *
 * const authentication = new BasicAuthentication("198622483471925248", "937it3ow87i4ery69876wqire");
 * console.log(authentication.rateLimitKey); // "client:198622483471925248"
 * ```
 */
export class BasicAuthentication implements Authentication {
  readonly #headers: Readonly<Record<string, string>>;
  /** The application. */
  readonly rateLimitKey: string;

  /** Takes the application's id and its secret; throws a `TypeError` when one of them can't be one. */
  constructor(clientId: string, clientSecret: string) {
    if (typeof clientId !== "string" || clientId === "" || clientId.includes(":")) {
      throw new TypeError("The client id must be a non-empty string without a colon: is the variable set?");
    }
    if (typeof clientSecret !== "string" || clientSecret === "") {
      throw new TypeError("The client secret must be a non-empty string: is the variable set?");
    }
    const bytes = new TextEncoder().encode(`${clientId}:${clientSecret}`);
    this.#headers = Object.freeze({ Authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` });
    this.rateLimitKey = `client:${clientId}`;
  }

  /** Headers that authorise a request as this application. */
  get headers(): Readonly<Record<string, string>> {
    return this.#headers;
  }
}

/** Messages never quote the token: they end up in logs. */
function checkedToken(token: unknown, scheme: string): string {
  if (typeof token !== "string" || token === "") {
    const got = token === "" ? "an empty string" : token === undefined ? "undefined" : `a ${typeof token}`;
    throw new TypeError(`The ${scheme} token must be a non-empty string, got ${got}: is the variable set?`);
  }
  if (/^(?:bot|bearer)\s/i.test(token)) {
    throw new TypeError(`The ${scheme} token must come without the word before it: leave "${scheme} " out`);
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new TypeError(
      `The ${scheme} token has a space, a line break or a character outside of ASCII: copy it again, trimmed`,
    );
  }
  return token;
}

/** The first of a bot token's three parts is the id of the bot in base64. */
function botIdOf(token: string): string | undefined {
  const [first = ""] = token.split(".");
  try {
    const id = atob(first.replaceAll("-", "+").replaceAll("_", "/"));
    return /^\d{1,20}$/.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
