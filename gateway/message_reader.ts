import type { EventNames } from "./event_names.ts";
import { MessageHead } from "./message_head.ts";
import { GatewayOpcode, type GatewayPayload, parsePayload } from "./payload.ts";
import { splitMessages } from "./split_messages.ts";

const OPENING = 0x7b;
const CLOSING = 0x7d;

/** Whether somebody wants the data of a dispatch of this name; where nobody does, it is not even looked at. */
export type IsWanted = (name: string) => boolean;

/** Options of {@linkcode MessageReader}. */
export interface MessageReaderOptions {
  /** How many bytes a message may have. */
  readonly maxBytes: number;
  /** What data is wanted. */
  readonly isWanted: IsWanted;
  /** The names that have come so far, on this connection or on others. */
  readonly names: EventNames;
  /** Gets each message as it came, before it is given back; `d` is `undefined` where it was not parsed. */
  readonly receiveText: ((text: string, payload: GatewayPayload) => void) | undefined;
}

/**
 * Reads messages: finds them in what was inflated, and parses them as far as somebody wants what they say.
 *
 * Of a dispatch, name and number are read from its first bytes. Its data is decoded and parsed when it is wanted; when it
 * is not, what stands inside of it passes unseen, be it no JSON: to see that costs twenty times as much, and then the same
 * session would be resumed to get the same message once more. All else is parsed as a whole: control messages, and whatever
 * does not begin and end as Discord writes it, with an object for data and nothing behind that. So a name or a number that
 * is there a second time counts, as `JSON.parse` has it, unless more data follows that nobody wants.
 */
export class MessageReader {
  readonly #options: MessageReaderOptions;
  /** A mark at the beginning is no part of JSON, neither of a message nor of its data. */
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #head: MessageHead;

  /** A reader for one connection. */
  constructor(options: MessageReaderOptions) {
    this.#options = options;
    this.#head = new MessageHead(options.names);
  }

  /** The name of the dispatch that was read last, and not parsed. */
  get name(): string {
    return this.#head.name;
  }

  /** Its number. */
  get sequence(): number {
    return this.#head.sequence;
  }

  /**
   * The texts of messages that were inflated at once, to be read with {@linkcode readText}. Throws a `SyntaxError` where
   * there are none.
   *
   * They are decoded together. Measured with 15 messages of 820 bytes, in µs a message: 0.3 to decode and to split the text;
   * 0.8 to decode them one by one; 0.4 to find in the bytes where each begins, so that only some must be decoded.
   */
  split(bytes: Uint8Array, expected: number): readonly string[] {
    return splitMessages(this.#decoder.decode(bytes), expected);
  }

  /**
   * Reads the bytes of one message; `undefined` for a dispatch whose data nobody wants: then {@linkcode name} and
   * {@linkcode sequence} are all that there is of it. Throws as {@linkcode readText}.
   */
  readBytes(bytes: Uint8Array): GatewayPayload | undefined {
    this.#checkLength(bytes.length);
    const { isWanted, receiveText } = this.#options;
    const isHeadRead = this.#head.read(bytes);
    const isSkimmed = isHeadRead && !isWanted(this.#head.name) &&
      bytes[this.#head.dataAt] === OPENING && bytes[bytes.length - 2] === CLOSING;
    if (isSkimmed && receiveText === undefined) return undefined;
    return this.#hand(this.#decoder.decode(bytes), isHeadRead, isSkimmed);
  }

  /** Reads a message that came as text. Throws a `SyntaxError`, or a `TypeError` that says what is wrong with it. */
  readText(text: string): GatewayPayload | undefined {
    this.#checkLength(text.length);
    const isHeadRead = this.#head.readText(text);
    const isSkimmed = isHeadRead && !this.#options.isWanted(this.#head.name) &&
      text[this.#head.dataAt] === "{" && text.endsWith("}}");
    return this.#hand(text, isHeadRead, isSkimmed);
  }

  /** Parses the message as far as it is wanted; its text goes to whoever wants that. */
  #hand(text: string, isHeadRead: boolean, isSkimmed: boolean): GatewayPayload | undefined {
    const payload = isSkimmed ? undefined : isHeadRead ? this.#dispatch(text) : parsePayload(text);
    const { receiveText } = this.#options;
    if (receiveText !== undefined) {
      const { name: t, sequence: s } = this.#head;
      receiveText(text, payload ?? { op: GatewayOpcode.Dispatch, d: undefined, s, t });
    }
    return payload;
  }

  /** The dispatch whose head was read: its data is parsed by itself, 0.3 µs faster than the whole. */
  #dispatch(text: string): GatewayPayload {
    const { name: t, sequence: s, dataAt } = this.#head;
    const d = parsed(text.slice(dataAt, -1));
    return d === undefined ? parsePayload(text) : { op: 0, d, s, t };
  }

  #checkLength(length: number): void {
    if (length > this.#options.maxBytes) throw new TypeError("A message is too long");
  }
}

/** What the text says; `undefined`, which JSON has no word for, where it is not JSON by itself. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
