/**
 * The compressing side of `zlib-stream`, in plain code: the runtimes' own compressors cannot flush at message borders
 * without a thread pool, and a simulator in virtual time has to be synchronous.
 *
 * It finds repeats over the whole window of the stream, so a client that does not keep one context for all messages
 * fails here as it does with Discord (Z-2). RFC 1950 and 1951; fixed Huffman codes only.
 *
 * @module
 */

const WINDOW = 32_768;
const SHORTEST_MATCH = 3;
const LONGEST_MATCH = 258;
const HASH_SIZE = 1 << 14;
const END_OF_BLOCK = 256;

/** Base length and extra bits of length codes 257–285, and of the distance codes 0–29. */
const LENGTHS = codeRanges(SHORTEST_MATCH, [0, 0, 0, 0, 0, 0, 0, 0, ...steps(1, 5, 4)], 28);
const DISTANCES = codeRanges(1, [0, 0, 0, 0, ...steps(1, 13, 2)], 30);

interface CodeRange {
  readonly base: number;
  readonly extraBits: number;
}

/** One zlib stream: each message is flushed to a byte border and ends with `00 00 FF FF`. */
export class Deflater {
  #isStarted = false;
  /** The window, the message behind it, and room for more. */
  #data = new Uint8Array(0);
  #length = 0;
  /** Where a three-byte sequence was seen last, counted from the start of the stream; -1 for never. */
  readonly #seenAt: Int32Array = new Int32Array(HASH_SIZE).fill(-1);
  /** Where the data start in the stream. */
  #base = 0;

  /** Gives the bytes that add `message` to the stream. */
  deflate(message: Uint8Array): Uint8Array<ArrayBuffer> {
    const writer = new BitWriter();
    if (!this.#isStarted) writer.bytes([0x78, 0x9c]);
    this.#isStarted = true;
    this.#writeBlock(writer, message, false);
    // An empty stored block: Z_SYNC_FLUSH.
    writer.bits(0, 3);
    writer.align();
    writer.bytes([0x00, 0x00, 0xff, 0xff]);
    return writer.take();
  }

  /** Gives `message` as a zlib blob of its own (Z-1); for a deflater that has not been used. */
  deflateWhole(message: Uint8Array): Uint8Array<ArrayBuffer> {
    const writer = new BitWriter();
    writer.bytes([0x78, 0x9c]);
    this.#writeBlock(writer, message, true);
    writer.align();
    const sum = adler32(message);
    writer.bytes([sum >>> 24, (sum >>> 16) & 0xff, (sum >>> 8) & 0xff, sum & 0xff]);
    return writer.take();
  }

  #writeBlock(writer: BitWriter, message: Uint8Array, isLast: boolean): void {
    const start = this.#append(message);
    const data = this.#data.subarray(0, this.#length);
    writer.bits(isLast ? 1 : 0, 1);
    writer.bits(1, 2);
    for (let at = start; at < data.length;) {
      const previous = this.#remember(data, at);
      const length = previous < 0 ? 0 : matchLength(data, previous, at);
      if (length < SHORTEST_MATCH) {
        writeSymbol(writer, data[at] ?? 0);
        at += 1;
        continue;
      }
      writeMatch(writer, length, at - previous);
      for (let inside = at + 1; inside < at + length; inside++) this.#remember(data, inside);
      at += length;
    }
    writeSymbol(writer, END_OF_BLOCK);
  }

  /** Puts the message behind what a match may still reach back to; gives where it starts. */
  #append(message: Uint8Array): number {
    if (this.#length + message.length > this.#data.length) {
      const kept = this.#data.subarray(Math.max(0, this.#length - WINDOW), this.#length);
      const data = new Uint8Array(
        Math.min(2 * WINDOW, 16 * (kept.length + message.length)) + message.length + kept.length,
      );
      data.set(kept);
      this.#base += this.#length - kept.length;
      this.#data = data;
      this.#length = kept.length;
    }
    const start = this.#length;
    this.#data.set(message, start);
    this.#length += message.length;
    return start;
  }

  /** Notes the sequence at `at`; gives where it was last, or -1 when that is nowhere in reach. */
  #remember(data: Uint8Array, at: number): number {
    if (at + SHORTEST_MATCH > data.length) return -1;
    const sequence = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    const hash = (Math.imul(sequence, 0x9e3779b1) >>> 0) % HASH_SIZE;
    const previous = (this.#seenAt[hash] ?? -1) - this.#base;
    this.#seenAt[hash] = at + this.#base;
    return previous >= 0 && at - previous <= WINDOW ? previous : -1;
  }
}

/** Collects bits, the lowest first, as deflate wants them. */
class BitWriter {
  #bytes = new Uint8Array(256);
  #length = 0;
  #held = 0;
  #heldBits = 0;

  bits(value: number, count: number): void {
    this.#held |= value << this.#heldBits;
    this.#heldBits += count;
    while (this.#heldBits >= 8) {
      this.#push(this.#held & 0xff);
      this.#held >>>= 8;
      this.#heldBits -= 8;
    }
  }

  /** A Huffman code: its highest bit comes first. */
  code(value: number, count: number): void {
    let reversed = 0;
    for (let bit = 0; bit < count; bit++) reversed |= ((value >> bit) & 1) << (count - 1 - bit);
    this.bits(reversed, count);
  }

  align(): void {
    if (this.#heldBits > 0) this.bits(0, 8 - this.#heldBits);
  }

  bytes(values: readonly number[]): void {
    for (const value of values) this.#push(value);
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }
}

function writeSymbol(writer: BitWriter, symbol: number): void {
  if (symbol < 144) writer.code(0x30 + symbol, 8);
  else if (symbol < 256) writer.code(0x190 + symbol - 144, 9);
  else if (symbol < 280) writer.code(symbol - 256, 7);
  else writer.code(0xc0 + symbol - 280, 8);
}

function writeMatch(writer: BitWriter, length: number, distance: number): void {
  if (length === LONGEST_MATCH) {
    writeSymbol(writer, 285);
  } else {
    const { index, range } = rangeOf(LENGTHS, length);
    writeSymbol(writer, 257 + index);
    writer.bits(length - range.base, range.extraBits);
  }
  const { index, range } = rangeOf(DISTANCES, distance);
  writer.code(index, 5);
  writer.bits(distance - range.base, range.extraBits);
}

function matchLength(data: Uint8Array, previous: number, at: number): number {
  const longest = Math.min(LONGEST_MATCH, data.length - at);
  let length = 0;
  while (length < longest && data[previous + length] === data[at + length]) length++;
  return length;
}

function rangeOf(ranges: readonly CodeRange[], value: number): { index: number; range: CodeRange } {
  let index = ranges.length - 1;
  while (index > 0 && (ranges[index]?.base ?? 0) > value) index--;
  return { index, range: ranges[index] ?? { base: 0, extraBits: 0 } };
}

function codeRanges(first: number, extraBits: readonly number[], count: number): readonly CodeRange[] {
  let base = first;
  return extraBits.slice(0, count).map((bits) => {
    const range = { base, extraBits: bits };
    base += 1 << bits;
    return range;
  });
}

function steps(from: number, to: number, times: number): number[] {
  const result: number[] = [];
  for (let bits = from; bits <= to; bits++) result.push(...Array<number>(times).fill(bits));
  return result;
}

/** The checksum at the end of a zlib blob. */
function adler32(data: Uint8Array): number {
  const MODULUS = 65_521;
  let low = 1;
  let high = 0;
  for (const byte of data) {
    low = (low + byte) % MODULUS;
    high = (high + low) % MODULUS;
  }
  return ((high << 16) | low) >>> 0;
}
