/** How a whole connection is compressed, as `compress` in its URL. */
export type TransportCompression = "zlib-stream";

/** Every message of a zlib-stream ends with these bytes (Z-2), read as one big-endian number. */
const FLUSH_MARK = 0x0000ffff;

/**
 * Inflates the frames of one connection: frames in, whole messages out.
 *
 * All messages of a connection share one context (Z-2), so every frame must go through, in order, and a fault is the end:
 * start anew with a new connection (Z-4, Z-6). Calls may overlap; they are worked off in order.
 *
 * @example
 * ```ts
 * import { Decompressor } from "@nextsnake/nextcore";
 *
 * const decompressor = new Decompressor("zlib-stream");
 * const frame = new Uint8Array([120, 156, 170, 86, 202, 47, 80, 178, 50, 52, 0, 0, 0, 0, 255, 255]);
 * const message = await decompressor.decompress(frame);
 * console.log(new TextDecoder().decode(message)); // {"op":10
 * decompressor.close();
 * ```
 */
export class Decompressor {
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What was inflated of a message that is not whole yet. */
  #chunks: Uint8Array[] = [];
  /** The last four bytes of the stream so far: the mark may be split over frames (Z-3). */
  #tail = -1;
  #last: Promise<unknown> = Promise.resolve();

  /** Makes an inflater; throws a `TypeError` for a format that this runtime can't inflate message by message. */
  constructor(format: TransportCompression) {
    if (format !== "zlib-stream") {
      throw new TypeError(`The compression must be "zlib-stream": got ${JSON.stringify(format)}`);
    }
    const stream = new DecompressionStream("deflate");
    this.#writer = stream.writable.getWriter();
    this.#reader = stream.readable.getReader();
    this.#writer.closed.catch(ignore);
    this.#reader.closed.catch(ignore);
    this.#collect();
  }

  /**
   * Inflates a frame; gives the bytes of the whole message, or `undefined` when the frame was only a part of one.
   *
   * Rejects with a `TypeError` on corrupt data and after {@linkcode close}. Leave the frame's buffer alone until then.
   */
  decompress(frame: Uint8Array): Promise<Uint8Array | undefined> {
    const message = this.#last.then(() => this.#inflate(frame));
    this.#last = message.catch(ignore);
    return message;
  }

  /** Frees the inflater; what is under way rejects. */
  close(): void {
    const reason = new TypeError("The decompressor is closed");
    this.#writer.abort(reason).catch(ignore);
    this.#reader.cancel(reason).catch(ignore);
    this.#chunks = [];
  }

  async #inflate(frame: Uint8Array): Promise<Uint8Array | undefined> {
    for (const byte of frame.subarray(-4)) this.#tail = (this.#tail << 8) | byte;
    // Where message borders can be seen at all, all output is collected when the write resolves (see `canInflate`).
    await this.#writer.write(ownBuffer(frame));
    if (this.#tail !== FLUSH_MARK || this.#chunks.length === 0) return undefined;
    const message = joined(this.#chunks);
    this.#chunks = [];
    return message;
  }

  /** One read is always pending: without a reader, a write does not resolve everywhere. */
  async #collect(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) return;
        this.#chunks.push(value);
      }
    } catch {
      // The write that caused it rejects as well, and that one is answered for.
    }
  }
}

/** A zlib-stream of two messages, `{"op":10` and `}`: the second leans on the context of the first. */
const PROBE: readonly (readonly number[])[] = [
  [120, 156, 170, 86, 202, 47, 80, 178, 50, 52, 0, 0, 0, 0, 255, 255],
  [170, 5, 0, 0, 0, 255, 255],
];

/**
 * Whether this runtime shows where a message ends: the standard promises nothing here (Z-9), so it is tried.
 *
 * Where it is `false` (Node, whose stream hands out a message some turns later) connect without compression.
 */
export async function canInflate(format: TransportCompression): Promise<boolean> {
  let decompressor: Decompressor | undefined;
  try {
    decompressor = new Decompressor(format);
    for (const [index, frame] of PROBE.entries()) {
      const message = await decompressor.decompress(Uint8Array.from(frame));
      const expected = index === 0 ? '{"op":10' : "}";
      if (message === undefined || new TextDecoder().decode(message) !== expected) return false;
    }
    return true;
  } catch {
    return false;
  } finally {
    decompressor?.close();
  }
}

function ignore(): void {}

/** Streams take no view of shared memory; a frame of a WebSocket never is one. */
function ownBuffer(frame: Uint8Array): Uint8Array<ArrayBuffer> {
  return frame.buffer instanceof ArrayBuffer
    ? new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength)
    : new Uint8Array(frame);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
