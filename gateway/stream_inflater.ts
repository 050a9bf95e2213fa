import type { Inflater } from "./inflater.ts";
import { joinedBytes } from "./joined_bytes.ts";

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
  async inflate(bytes: Uint8Array): Promise<Uint8Array> {
    await this.#writer.write(ownBuffer(bytes));
    const pieces = this.#pieces;
    this.#pieces = [];
    return joinedBytes(pieces);
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
      }
    } catch {
      // The write that caused it rejects as well, and that one is answered for.
    }
  }
}

/** Inflates a zlib blob that is complete in itself (Z-1). Rejects on corrupt data. */
export async function inflateWhole(blob: Uint8Array): Promise<Uint8Array> {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  writer.write(ownBuffer(blob)).catch(ignore); // The read rejects with the same.
  writer.close().catch(ignore);
  return new Uint8Array(await new Response(stream.readable).arrayBuffer());
}

/** Streams take no view of shared memory; a frame of a WebSocket never is one. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}

function ignore(): void {}
