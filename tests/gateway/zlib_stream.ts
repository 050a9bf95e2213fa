import { Buffer } from "node:buffer";
import { constants, createDeflate, createZstdCompress } from "node:zlib";
import type { TransportCompression } from "../../gateway/inflater.ts";

/** Compresses messages as Discord does: one context for all, each flushed (Z-2, Z-5). */
export class ZlibStream {
  readonly #stream: ReturnType<typeof createDeflate> | ReturnType<typeof createZstdCompress>;
  readonly #flush: number;
  readonly #chunks: Buffer[] = [];

  constructor(format: TransportCompression = "zlib-stream") {
    const isZstd = format === "zstd-stream";
    this.#stream = isZstd ? createZstdCompress() : createDeflate();
    this.#flush = isZstd ? constants.ZSTD_e_flush : constants.Z_SYNC_FLUSH;
    this.#stream.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
  }

  /** The bytes that add `message` to the stream. */
  async add(message: string | Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stream.write(message);
    this.#stream.flush(this.#flush, () => resolve());
    await promise;
    return new Uint8Array(Buffer.concat(this.#chunks.splice(0)));
  }

  /** Frees the compressor. */
  [Symbol.dispose](): void {
    this.#stream.destroy();
  }
}

/** `bytes` in frames of at most `size` bytes. */
export function inFrames(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer>[] {
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += size) frames.push(bytes.slice(at, at + size));
  return frames;
}
