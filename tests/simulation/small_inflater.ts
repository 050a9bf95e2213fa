import type { Inflater } from "../../gateway/mod.ts";

const WINDOW = 32_768;
const END_OF_BLOCK = 256;
/** Stored, and with fixed codes: the others the simulator's deflater does not write. */
const STORED = 0;
const FIXED = 1;
// deno-fmt-ignore
const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];

/**
 * Inflates a zlib-stream at once: the runtimes' own inflaters take turns of the event loop, which are not the same in each
 * life of a seed. Knows only the blocks that the simulator's deflater writes; anything else is corrupt.
 */
export class SmallInflater implements Inflater {
  #output = new Uint8Array(1_024);
  /** How much of the output is there: the window, and then what is new. */
  #length = 0;
  #input = new Uint8Array(0);
  #bit = 0;
  #isBegun = false;

  /** Gives what came since the last mark; a part of a message waits. */
  inflate(bytes: Uint8Array): Uint8Array {
    this.#input = joined(this.#input, bytes);
    if (!endsWithMark(this.#input)) return new Uint8Array(0);
    this.#bit = 0;
    if (!this.#isBegun && this.#bits(16) !== 0x9c78) throw new TypeError("No zlib");
    this.#isBegun = true;
    if (this.#length > 2 * WINDOW) {
      this.#output.copyWithin(0, this.#length - WINDOW, this.#length);
      this.#length = WINDOW;
    }
    const from = this.#length;
    while (this.#bit >> 3 < this.#input.length) this.#block();
    this.#input = new Uint8Array(0);
    return this.#output.slice(from, this.#length);
  }

  close(): void {
    this.#input = this.#output = new Uint8Array(0);
  }

  #block(): void {
    this.#bits(1);
    const type = this.#bits(2);
    if (type === FIXED) return this.#codes();
    if (type !== STORED) throw new TypeError("A block of a kind that there is not");
    this.#bit = (this.#bit + 7) & ~7;
    const length = this.#bits(16);
    if (this.#bits(16) !== (length ^ 0xffff)) throw new TypeError("A stored block that is none");
    for (let count = 0; count < length; count += 1) this.#put(this.#bits(8));
  }

  #codes(): void {
    for (let symbol; (symbol = this.#symbol()) !== END_OF_BLOCK;) {
      if (symbol < END_OF_BLOCK) {
        this.#put(symbol);
        continue;
      }
      const place = symbol - END_OF_BLOCK - 1;
      const extra = place < 8 || place === 28 ? 0 : (place >> 2) - 1;
      const length = (LENGTHS[place] ?? NaN) + this.#bits(extra);
      const distance = this.#distance();
      if (!(distance <= this.#length) || Number.isNaN(length)) throw new TypeError("Points to nothing");
      for (let count = 0; count < length; count += 1) this.#put(this.#output[this.#length - distance] ?? 0);
    }
  }

  #distance(): number {
    const code = this.#code(5);
    const extra = code < 4 ? 0 : (code >> 1) - 1;
    const base = code < 4 ? code + 1 : ((2 + (code & 1)) << extra) + 1;
    return base + this.#bits(extra);
  }

  /** The fixed code of literals and lengths (RFC 1951, 3.2.6). */
  #symbol(): number {
    const seven = this.#code(7);
    if (seven < 0x18) return 256 + seven;
    const eight = (seven << 1) | this.#bits(1);
    if (eight < 0xc0) return eight - 0x30;
    if (eight < 0xc8) return 280 + eight - 0xc0;
    return 144 + ((eight << 1) | this.#bits(1)) - 0x190;
  }

  #code(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit += 1) value = (value << 1) | this.#bits(1);
    return value;
  }

  #bits(count: number): number {
    let value = 0;
    for (let at = 0; at < count; at += 1, this.#bit += 1) {
      value |= (((this.#input[this.#bit >> 3] ?? 0) >> (this.#bit & 7)) & 1) << at;
    }
    if (this.#bit > this.#input.length * 8) throw new TypeError("Cut short");
    return value;
  }

  #put(byte: number): void {
    if (this.#length === this.#output.length) {
      this.#output = joined(this.#output, new Uint8Array(this.#output.length));
    }
    this.#output[this.#length] = byte;
    this.#length += 1;
  }
}

/** Whether a message of a zlib-stream ends here (Z-2). */
export function endsWithMark(bytes: Uint8Array): boolean {
  const { length } = bytes;
  return length >= 4 && bytes[length - 4] === 0 && bytes[length - 3] === 0 && bytes[length - 2] === 255 &&
    bytes[length - 1] === 255;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
