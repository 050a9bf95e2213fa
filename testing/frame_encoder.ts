/**
 * How a connection's payloads become WebSocket messages: as text, or compressed in one of Discord's three ways.
 *
 * @module
 */

import { Deflater } from "./deflater.ts";

/** The `compress` of a gateway URL that the simulator knows. */
export type TransportCompression = "zlib-stream" | "zstd-stream";

/** What a WebSocket message can hold. */
export type FrameData = string | Uint8Array<ArrayBuffer>;

/** Turns payloads into messages, in order, for one connection. */
export interface FrameEncoder {
  /** Whether one context spans all messages, so that garbage in between destroys all that follow. */
  readonly isStream: boolean;
  /** The message or messages that carry `json`. */
  encode(json: string): FrameData[];
  /** Something that no client can decode. */
  garbage(): FrameData;
}

/** Payloads shorter than this are not worth compressing one by one. */
const PAYLOAD_COMPRESSION_FROM = 512;
/** zstd holds no more than this in one block. */
const ZSTD_BLOCK = 131_072;

/** JSON as text; with `isCompressing` long payloads become zlib blobs of their own (Z-1). */
export class PlainEncoder implements FrameEncoder {
  readonly isStream = false;
  /** Whether the client's IDENTIFY asked for `compress: true`. */
  isCompressing = false;

  encode(json: string): FrameData[] {
    if (!this.isCompressing || json.length < PAYLOAD_COMPRESSION_FROM) return [json];
    return [new Deflater().deflateWhole(new TextEncoder().encode(json))];
  }

  garbage(): FrameData {
    return '{"op":0,"d":{"content":"never clo';
  }
}

/** `zlib-stream` (Z-2): one context; a message may be cut into several frames. */
export class ZlibStreamEncoder implements FrameEncoder {
  readonly isStream = true;
  /** The most bytes in one frame. */
  maxFrameBytes: number = Infinity;
  readonly #deflater = new Deflater();

  encode(json: string): FrameData[] {
    const bytes = this.#deflater.deflate(new TextEncoder().encode(json));
    if (bytes.length <= this.maxFrameBytes) return [bytes];
    const frames: FrameData[] = [];
    for (let at = 0; at < bytes.length; at += this.maxFrameBytes) {
      frames.push(bytes.slice(at, at + this.maxFrameBytes));
    }
    return frames;
  }

  garbage(): FrameData {
    // A block of the reserved type, with the flush mark behind it.
    return new Uint8Array([0xfe, 0xde, 0xad, 0xbe, 0xef, 0x00, 0x00, 0xff, 0xff]);
  }
}

/** `zstd-stream` (Z-5): one frame that never ends. The blocks are raw: valid, though nothing gets smaller. */
export class ZstdStreamEncoder implements FrameEncoder {
  readonly isStream = true;
  #isStarted = false;

  encode(json: string): FrameData[] {
    const bytes = new TextEncoder().encode(json);
    const parts: number[] = [];
    // Magic number, no checksum or content size, a window of 2 MiB.
    if (!this.#isStarted) parts.push(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58);
    this.#isStarted = true;
    for (let at = 0; at < bytes.length; at += ZSTD_BLOCK) {
      const block = bytes.subarray(at, at + ZSTD_BLOCK);
      const header = block.length << 3;
      parts.push(header & 0xff, (header >> 8) & 0xff, header >> 16);
      for (const byte of block) parts.push(byte);
    }
    return [new Uint8Array(parts)];
  }

  garbage(): FrameData {
    // A block of the reserved type.
    return new Uint8Array([0xff, 0xff, 0xff, 0xde, 0xad]);
  }
}

/** The encoder for the `compress` of a gateway URL; an unknown one counts as none. */
export function encoderFor(compress: string | null): FrameEncoder {
  if (compress === "zlib-stream") return new ZlibStreamEncoder();
  if (compress === "zstd-stream") return new ZstdStreamEncoder();
  return new PlainEncoder();
}
