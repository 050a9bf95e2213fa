/**
 * Keeps what a shard has received, to be replayed by a test.
 *
 * @module
 */

import { type Clock, systemClock } from "../clock.ts";
import { checkClock, checkedCount, checkList, checkObject } from "../http/option_checks.ts";
import { kindOf } from "../http/shown.ts";
import { Scrubber } from "./scrubber.ts";
import { isWireObject } from "./wire.ts";

/** The first line of a recording; another version is refused. */
export const RECORDING_HEAD = '{"recording":"discord gateway","version":1}';

/** Options of {@linkcode SessionRecorder}. */
export interface SessionRecorderOptions {
  /** Tells when each message came. The runtime's by default. */
  clock?: Clock;
  /** Fields whose text is kept as it is: `["content"]`, say. None by default. */
  keep?: readonly string[];
  /** What must be left out wherever it is, also in fields that are kept: the bot's token, say. */
  secrets?: readonly string[];
  /** How many messages are kept; later ones are not. 100 000 by default. */
  limit?: number;
  /** How many characters are kept. 64 Mi by default. */
  limitCharacters?: number;
}

const LIMIT = 100_000;
const LIMIT_CHARACTERS = 2 ** 26;

/**
 * Records what a shard receives, as lines of JSON, and leaves out what nobody else should see.
 *
 * Tokens, session ids, names, contents and every other text become as many `x`; ids, times, numbers and booleans stay, so
 * that a recording still tells who was where and when: look at it before you give it away. One recorder is for one shard:
 * two would be mixed. See `SessionReplay`.
 *
 * @example
 * ```ts
 * import { BotAuthentication, HTTPClient, Intents, ShardManager } from "@nextsnake/nextcore";
 * import { SessionRecorder, Simulator } from "@nextsnake/nextcore/testing";
 *
 * await using discord = Simulator.inMemory({ token: "a.b.c" });
 * const { baseUrl, fetch, createWebSocket } = discord;
 * const recorder = new SessionRecorder({ secrets: ["a.b.c"] });
 * await using http = new HTTPClient({ baseUrl, fetch });
 * await using manager = new ShardManager(new BotAuthentication("a.b.c"), Intents.GuildMessages, http, {
 *   createWebSocket,
 *   receiveText: recorder.receiveText,
 * });
 * await manager.connect();
 * await manager.ready();
 * console.log(recorder.text.split("\n").length); // 4: a head, HELLO, READY and the end of the last line
 * ```
 */
export class SessionRecorder {
  readonly #clock: Clock;
  readonly #scrubber: Scrubber;
  readonly #limit: number;
  readonly #limitCharacters: number;
  readonly #lines: string[] = [];
  #characters = 0;
  #startedAt: number | undefined;
  #isFull = false;

  /** Makes a recorder; throws on options that can't be right. */
  constructor(options: SessionRecorderOptions = {}) {
    checkObject("The options", options, "{ secrets: [token] }");
    const { clock = systemClock, keep = [], secrets = [], limit = LIMIT } = options;
    const { limitCharacters = LIMIT_CHARACTERS } = options;
    checkClock(clock);
    checkList("keep", keep, '["content"]');
    checkList("secrets", secrets, "[token]");
    if (secrets.some((secret) => typeof secret !== "string" || secret === "")) {
      throw new TypeError("secrets must be texts that are not empty: else they are everywhere");
    }
    this.#clock = clock;
    this.#scrubber = new Scrubber(keep, secrets);
    this.#limit = checkedCount("limit", limit, 1);
    this.#limitCharacters = checkedCount("limitCharacters", limitCharacters, 1);
  }

  /** For the option of this name of a `ShardManager` with one shard, or of a `Shard`. */
  readonly receiveText = (text: string): void => {
    if (this.#isFull) return;
    const line = this.#lineOf(text);
    this.#isFull = this.#lines.length >= this.#limit ||
      this.#characters + line.length > this.#limitCharacters;
    if (this.#isFull) return;
    this.#lines.push(line);
    this.#characters += line.length;
  };

  /** Whether something came that was too much. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** How many messages were recorded. */
  get count(): number {
    return this.#lines.length;
  }

  /** The recording so far, a line a message. */
  get text(): string {
    return [RECORDING_HEAD, ...this.#lines, ""].join("\n");
  }

  #lineOf(text: string): string {
    const now = this.#clock.now();
    const at = Math.round((now - (this.#startedAt ??= now)) * 10) / 10;
    const payload = parsed(text);
    const { op, t, s, d = null } = isWireObject(payload) ? payload : {};
    return JSON.stringify({
      at,
      op: Number.isInteger(op) ? op : -1,
      t: this.#scrubber.eventName(t),
      s: Number.isInteger(s) ? s : null,
      d: this.#scrubber.scrub(d, ""),
    });
  }
}

function parsed(text: unknown): unknown {
  try {
    if (typeof text === "string") return JSON.parse(text);
  } catch {
    // The engine's message would quote it.
  }
  throw new TypeError(
    `receiveText takes the text of a message as it came, which is JSON, got ${kindOf(text)}`,
  );
}
