import type { TransportCompression } from "./inflater.ts";

/** Every message of a zlib-stream ends with these bytes (Z-2), read as one big-endian number. */
const FLUSH_MARK = 0x0000ffff;

/** Finds in the frames of one connection where messages end, without inflating them. */
export class MessageBorders {
  readonly #isMarked: boolean;
  /** The last four bytes of the stream so far: the mark may be split over frames (Z-3). */
  #tail = -1;

  constructor(format: TransportCompression) {
    this.#isMarked = format === "zlib-stream"; // In a zstd-stream, a frame is a message (Z-5).
  }

  /** Whether a message ends with this frame. Each frame must be shown once, in order. */
  isEnd(frame: Uint8Array): boolean {
    if (!this.#isMarked) return true;
    const { length } = frame;
    if (length === 0) return false;
    for (let at = Math.max(0, length - 4); at < length; at += 1) {
      this.#tail = (this.#tail << 8) | (frame[at] ?? 0);
    }
    return this.#tail === FLUSH_MARK;
  }
}
