import type { TransportCompression } from "./inflater.ts";
import { joinedBytes } from "./joined_bytes.ts";
import { MessageBorders } from "./message_borders.ts";

/** Past this many bytes of input, a larger write is no cheaper for a message than two. */
const BATCH_BYTES = 65_536;

/** Bytes to be inflated in one go. */
export interface Batch {
  /** The bytes of some frames. */
  readonly bytes: Uint8Array;
  /** How many messages end in them, the last of them with the last byte; 0 for a part of one message. */
  readonly messages: number;
}

/** A frame of bytes that waits. */
interface Frame {
  readonly bytes: Uint8Array;
  readonly isEnd: boolean;
}

/**
 * The frames of one connection that wait for the inflater, in order.
 *
 * Those that have come while it was busy are given out together: to call it costs as much as to inflate a message, or more.
 * Measured with 1000 messages of 850 bytes, from frame to payload, in µs of CPU a message, one by one and 10 at once: Deno
 * 13 and 8, Bun 11 and 6, Node 33 and 13.
 */
export class FrameQueue {
  readonly #borders: MessageBorders | undefined;
  readonly #limitBytes: number;
  readonly #waiting: (string | Frame)[] = [];
  #bytes = 0;

  /** At most `limitBytes` wait; a character of text counts as one. Without a format, each frame is a message. */
  constructor(format: TransportCompression | undefined, limitBytes: number) {
    this.#borders = format && new MessageBorders(format);
    this.#limitBytes = limitBytes;
  }

  /** Adds a frame; `false`, and it is not added, when too much waits already. A single one may be of any size (ENV-7). */
  add(frame: string | Uint8Array): boolean {
    const size = frame.length;
    if (this.#waiting.length > 0 && this.#bytes + size > this.#limitBytes) return false;
    this.#bytes += size;
    this.#waiting.push(
      typeof frame === "string" ? frame : { bytes: frame, isEnd: this.#borders?.isEnd(frame) ?? true },
    );
    return true;
  }

  /** Takes what is next: a frame of text, or the bytes of one or more frames. */
  take(): string | Batch | undefined {
    const [next] = this.#waiting;
    if (typeof next === "object") return this.#takeBatch();
    this.#waiting.shift();
    this.#bytes -= next?.length ?? 0;
    return next;
  }

  /** Takes one frame alone: together, they are of use only where it costs something to call the inflater. */
  takeFrame(): string | Batch | undefined {
    const next = this.#waiting.shift();
    if (next === undefined) return undefined;
    const isText = typeof next === "string";
    this.#bytes -= isText ? next.length : next.bytes.length;
    return isText ? next : { bytes: next.bytes, messages: next.isEnd ? 1 : 0 };
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting.length = 0;
    this.#bytes = 0;
  }

  /** Takes frames up to the last that ends a message, or, where none does, all that fit. */
  #takeBatch(): Batch {
    const frames: Uint8Array[] = [];
    let [size, messages, whole] = [0, 0, 0];
    for (const frame of this.#waiting) {
      if (typeof frame === "string" || (size > 0 && size + frame.bytes.length > BATCH_BYTES)) break;
      frames.push(frame.bytes);
      size += frame.bytes.length;
      if (!frame.isEnd) continue;
      messages += 1;
      whole = frames.length;
      if (this.#borders === undefined) break; // Without a stream, there is nothing to be gained.
    }
    if (messages > 0) frames.length = whole;
    this.#waiting.splice(0, frames.length);
    const bytes = joinedBytes(frames);
    this.#bytes -= bytes.length;
    return { bytes, messages };
  }
}
