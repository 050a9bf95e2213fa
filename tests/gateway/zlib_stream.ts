import { Buffer } from "node:buffer";
import { constants, createDeflate, type Deflate } from "node:zlib";

/** Compresses messages as Discord does: one context for all, each flushed, so that it ends with `00 00 FF FF` (Z-2). */
export class ZlibStream {
  readonly #deflate: Deflate = createDeflate();
  readonly #chunks: Buffer[] = [];

  constructor() {
    this.#deflate.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
  }

  /** The bytes that add `message` to the stream. */
  async add(message: string | Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#deflate.write(message);
    this.#deflate.flush(constants.Z_SYNC_FLUSH, () => resolve());
    await promise;
    return new Uint8Array(Buffer.concat(this.#chunks.splice(0)));
  }

  /** Frees the compressor. */
  [Symbol.dispose](): void {
    this.#deflate.destroy();
  }
}

/** `bytes` in frames of at most `size` bytes. */
export function inFrames(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer>[] {
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += size) frames.push(bytes.slice(at, at + size));
  return frames;
}
