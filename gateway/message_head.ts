import type { EventNames } from "./event_names.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const TILDE = 0x7e;
const ZERO = 0x30;
const CLOSING = 0x7d;
/** The parts of `{"t":"NAME","s":12,"op":0,"d":…}` between what differs. */
const BEFORE_NAME = bytesOf('{"t":"');
const BEFORE_SEQUENCE = bytesOf('","s":');
const BEFORE_DATA = bytesOf(',"op":0,"d":');
/** Longer names than Discord has. */
const NAME_LIMIT = 64;
/** So many digits are a safe integer whatever they are. */
const DIGITS_LIMIT = 15;
const HEAD = /^\{"t":"([ -!#-[\]-~]{0,64})","s":(0|[1-9]\d{0,14}),"op":0,"d":/;

/**
 * Reads which dispatch a message is without parsing it: from its first bytes, and only from exactly those which Discord
 * writes. What is said of any other is nothing: it must be parsed.
 *
 * Measured with messages of 820 bytes: 0.1 µs, where decoding takes 0.8 and parsing 2.
 */
export class MessageHead {
  /** The name of the dispatch that was read last. */
  name = "";
  /** Its number. */
  sequence = 0;
  /** Where its data begins; it ends one before the message does. */
  dataAt = 0;
  readonly #names: EventNames;

  /** Reads heads, and takes names from `names`. */
  constructor(names: EventNames) {
    this.#names = names;
  }

  /** Whether these bytes are a dispatch in Discord's own form; then it says which. */
  read(bytes: Uint8Array): boolean {
    const end = bytes.length;
    if (bytes[end - 1] !== CLOSING || !hasAt(bytes, BEFORE_NAME, 0)) return false;
    const nameAt = BEFORE_NAME.length;
    const limit = Math.min(end, nameAt + NAME_LIMIT + 1);
    let at = nameAt;
    let hash = 0;
    for (let byte; at < limit && (byte = bytes[at]) !== QUOTE; at += 1) {
      if (byte === undefined || byte < SPACE || byte > TILDE || byte === BACKSLASH) return false;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (at === limit || !hasAt(bytes, BEFORE_SEQUENCE, at)) return false;
    const nameEnd = at;
    at = this.#readSequence(bytes, at + BEFORE_SEQUENCE.length);
    if (at === -1 || !hasAt(bytes, BEFORE_DATA, at) || at + BEFORE_DATA.length >= end) return false;
    this.dataAt = at + BEFORE_DATA.length;
    this.name = this.#names.inBytes(bytes, nameAt, nameEnd, hash);
    return true;
  }

  /** The same for a text. */
  readText(text: string): boolean {
    const [head, name, digits] = text.endsWith("}") ? HEAD.exec(text) ?? [] : [];
    if (head === undefined || name === undefined || head.length >= text.length) return false;
    this.name = this.#names.inText(name);
    this.sequence = Number(digits);
    this.dataAt = head.length;
    return true;
  }

  /** Gives where the number ends, or -1 where it is none. */
  #readSequence(bytes: Uint8Array, start: number): number {
    let at = start;
    let sequence = 0;
    for (; at <= start + DIGITS_LIMIT; at += 1) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      sequence = sequence * 10 + digit;
    }
    const digits = at - start;
    const isNumber = digits > 0 && digits <= DIGITS_LIMIT && (digits === 1 || bytes[start] !== ZERO);
    this.sequence = sequence;
    return isNumber ? at : -1;
  }
}

function hasAt(bytes: Uint8Array, part: Uint8Array, at: number): boolean {
  for (let index = 0; index < part.length; index += 1) if (bytes[at + index] !== part[index]) return false;
  return true;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
