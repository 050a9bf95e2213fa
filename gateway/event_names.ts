/** More names than Discord has. */
const NAMES_LIMIT = 512;

/** A name that was read, and its bytes to know it again. */
interface KnownName {
  readonly bytes: Uint8Array;
  readonly name: string;
}

/**
 * The names of events, so that none is made anew with each event.
 *
 * Shared by connections, which all bring the same: one for each took 1.6 kB of an idle shard after seven names, and more
 * with each further name.
 */
export class EventNames {
  /** By the hashes of their bytes. Whose hash is that of another is made anew each time. */
  readonly #byHash = new Map<number, KnownName>();
  /** By themselves: a piece of a text would keep all of that text. */
  readonly #byText = new Map<string, string>();

  /** The name that stands in `bytes` from `start` to `end`, in ASCII; `hash` is that of those bytes. */
  inBytes(bytes: Uint8Array, start: number, end: number, hash: number): string {
    const known = this.#byHash.get(hash);
    if (known !== undefined && isAt(bytes, start, end, known.bytes)) return known.name;
    // A copy, also of a Buffer, whose own slice() is none.
    const own = new Uint8Array(bytes.subarray(start, end));
    const name = String.fromCharCode(...own);
    if (this.#byHash.size < NAMES_LIMIT) this.#byHash.set(hash, { bytes: own, name });
    return name;
  }

  /** The same name as `piece`, which is a piece of a text. */
  inText(piece: string): string {
    const known = this.#byText.get(piece);
    if (known !== undefined) return known;
    const own = String.fromCharCode(...Array.from(piece, (character) => character.charCodeAt(0)));
    if (this.#byText.size < NAMES_LIMIT) this.#byText.set(own, own);
    return own;
  }
}

function isAt(bytes: Uint8Array, start: number, end: number, part: Uint8Array): boolean {
  if (part.length !== end - start) return false;
  for (let index = 0; index < part.length; index += 1) {
    if (bytes[start + index] !== part[index]) return false;
  }
  return true;
}
