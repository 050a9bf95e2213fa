import { createInflater } from "./compression.ts";
import { ignore } from "./ignore.ts";
import type { Inflater, InflaterFactory, TransportCompression } from "./inflater.ts";
import { joinedBytes } from "./joined_bytes.ts";
import { shown } from "./shown.ts";
import { MessageBorders } from "./message_borders.ts";

/**
 * Inflates the frames of one connection: frames in, whole messages out.
 *
 * All messages of a connection share one context (Z-2, Z-5), so every frame must go through, in order, and a fault is the
 * end: start anew with a new connection (Z-4, Z-6). Calls may overlap; they are worked off in order.
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
  readonly #inflater: Inflater;
  readonly #borders: MessageBorders;
  /** What was inflated of a message that is not whole yet. */
  #pieces: Uint8Array[] = [];
  #last: Promise<unknown> = Promise.resolve();
  /** Why nothing can be inflated any more. */
  #failure: { readonly reason: unknown } | undefined;

  /**
   * Makes a decompressor around an inflater: by default, the one that this runtime has.
   *
   * Throws a `TypeError` for a format that can't be inflated here. See `canInflate`.
   */
  constructor(format: TransportCompression, create: InflaterFactory = createInflater) {
    this.#inflater = create(format);
    this.#borders = new MessageBorders(format);
  }

  /**
   * Inflates a frame; gives the bytes of the whole message, or `undefined` when the frame was only a part of one.
   *
   * Rejects on corrupt data, from then on, and after {@linkcode close}. Leave the frame's buffer alone until then.
   */
  decompress(frame: Uint8Array): Promise<Uint8Array | undefined> {
    if (!(frame instanceof Uint8Array)) {
      return Promise.reject(new TypeError(`A frame must be a Uint8Array: got ${shown(frame)}`));
    }
    const message = this.#last.then(() => this.#inflate(frame));
    this.#last = message.catch(ignore);
    return message;
  }

  /** Frees the inflater; what is under way rejects. */
  close(): void {
    this.#failure ??= { reason: new TypeError("The decompressor is closed") };
    this.#inflater.close();
    this.#pieces = [];
  }

  async #inflate(frame: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.#failure !== undefined) throw this.#failure.reason;
    const isEnd = this.#borders.isEnd(frame);
    let piece;
    try {
      const inflated = this.#inflater.inflate(frame);
      // A copy, and at once: it may be written over.
      piece = new Uint8Array(inflated instanceof Uint8Array ? inflated : await inflated);
    } catch (reason) {
      this.#failure ??= { reason };
      throw reason;
    }
    if (piece.length > 0) this.#pieces.push(piece);
    if (!isEnd || this.#pieces.length === 0) return undefined;
    const message = joinedBytes(this.#pieces);
    this.#pieces = [];
    return message;
  }
}
