/** How a whole connection can be compressed, as `compress` in its URL (Z-2, Z-5). */
export type TransportCompression = "zlib-stream" | "zstd-stream";

/**
 * Inflates one compressed stream, of one connection, piece by piece.
 *
 * The seam for an inflater of your own. What it must do: give *all* that the bytes so far yield, at once, and keep its
 * context from call to call.
 */
export interface Inflater {
  /**
   * Gives what `bytes`, the next of the stream, yield; nothing is an empty array. Others copy what they keep, what is given
   * at once before any `await`: it may be written over at the next call, of whatever inflater.
   *
   * Called again only after it has settled. Throws or rejects on corrupt data, and then is not called any more. It should
   * also give up past `limitBytes` of output, before all of that is in memory: more is the end of the connection anyway.
   */
  inflate(bytes: Uint8Array, limitBytes?: number): Uint8Array | Promise<Uint8Array>;
  /** Frees what it holds; what is under way may reject. May be called twice. */
  close(): void;
}

/** Makes an inflater for one connection. */
export type InflaterFactory = (format: TransportCompression) => Inflater;
