import { ignore } from "./ignore.ts";
import type { Inflater } from "./inflater.ts";
import { joinedBytes } from "./joined_bytes.ts";

/** So much goes in with one write: 65 536 bytes are 64 MiB at most when they come out. Larger writes cost more a byte. */
const SLICE_BYTES = 65_536;

/**
 * Inflates zlib by the web's `DecompressionStream`.
 *
 * The standard promises nothing about when output shows (Z-9). In Deno, in Bun and in browsers all of it has been read
 * when the write resolves; in Node it has not (`canInflate` tries it).
 */
export class StreamInflater implements Inflater {
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** Throws where the runtime has no `DecompressionStream`. */
  constructor() {
    const stream = new DecompressionStream("deflate");
    this.#writer = stream.writable.getWriter();
    this.#reader = stream.readable.getReader();
    this.#writer.closed.catch(ignore);
    this.#reader.closed.catch(ignore);
    this.#collect();
  }

  /** Gives what `bytes` yield; leave their buffer alone until then. */
  async inflate(bytes: Uint8Array, limitBytes: number = Infinity): Promise<Uint8Array> {
    if (bytes.length <= SLICE_BYTES) await this.#writer.write(ownBuffer(bytes));
    else await this.#writeSlices(bytes, limitBytes);
    if (this.#length > limitBytes) throw tooLong(limitBytes);
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#length = 0;
    return joinedBytes(pieces);
  }

  /** What goes in with one write may come out a thousand times longer, all at once: so it goes in little by little. */
  async #writeSlices(bytes: Uint8Array, limitBytes: number): Promise<void> {
    for (let start = 0; start < bytes.length && this.#length <= limitBytes; start += SLICE_BYTES) {
      await this.#writer.write(ownBuffer(bytes.subarray(start, start + SLICE_BYTES)));
    }
  }

  /** Frees the stream; what is under way rejects. */
  close(): void {
    const reason = new TypeError("The inflater is closed");
    this.#writer.abort(reason).catch(ignore);
    this.#reader.cancel(reason).catch(ignore);
    this.#pieces = [];
  }

  /** One read is always pending: without a reader, a write does not resolve everywhere. */
  async #collect(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) return;
        this.#pieces.push(value);
        this.#length += value.length;
      }
    } catch {
      // The write that caused it rejects as well, and that one is answered for.
    }
  }
}

/** Inflates a zlib blob that is complete in itself (Z-1). Rejects on corrupt data, and past `limitBytes` of output. */
export async function inflateWhole(blob: Uint8Array, limitBytes: number): Promise<Uint8Array> {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  for (let start = 0; start < blob.length; start += SLICE_BYTES) {
    // The read rejects with the same.
    writer.write(ownBuffer(blob.subarray(start, start + SLICE_BYTES))).catch(ignore);
  }
  writer.close().catch(ignore);
  const reader = stream.readable.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return joinedBytes(pieces);
    length += value.length;
    pieces.push(value);
    if (length <= limitBytes) continue;
    reader.cancel().catch(ignore);
    throw tooLong(limitBytes);
  }
}

function tooLong(limitBytes: number): RangeError {
  return new RangeError(`More than ${limitBytes} bytes came out`);
}

/** Streams take no view of shared memory; a frame of a WebSocket never is one. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}
