/** What a client's frame is; what else there is counts as binary. */
export type FrameKind = "text" | "binary" | "close" | "ping" | "pong";

/** A frame of a client, unmasked. */
export interface ClientFrame {
  readonly kind: FrameKind;
  readonly data: Uint8Array;
}

const OPCODES: Readonly<Record<FrameKind, number>> = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 };
const KINDS = new Map(Object.entries(OPCODES).map(([kind, opcode]) => [opcode, kind as FrameKind]));
const FINAL = 0x80;
const IS_MASKED = 0x80;
const SHORT = 126;
const LONG = 127;
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** A frame of a server, of `parts` (RFC 6455, 5.2). */
export function serverFrame(kind: FrameKind, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const headLength = length < SHORT ? 2 : length < 2 ** 16 ? 4 : 10;
  const frame = new Uint8Array(headLength + length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, FINAL | OPCODES[kind]);
  view.setUint8(1, headLength === 2 ? length : headLength === 4 ? SHORT : LONG);
  if (headLength === 4) view.setUint16(2, length);
  if (headLength === 10) view.setBigUint64(2, BigInt(length));
  let at = headLength;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}

/** Finds the frames in what a client sends. What clients of a gateway send is short: no frame over 64 kB is known. */
export class ClientFrames {
  #bytes = new Uint8Array();

  /** The frames that are whole with these bytes. */
  *add(bytes: Uint8Array): Generator<ClientFrame> {
    this.#bytes = joined(this.#bytes, bytes);
    for (let frame; (frame = this.#take()) !== undefined;) yield frame;
  }

  #take(): ClientFrame | undefined {
    const [first = 0, second = 0, high = 0, low = 0] = this.#bytes;
    const short = second & ~IS_MASKED;
    const start = short === SHORT ? 4 : 2;
    const length = short === SHORT ? high << 8 | low : short;
    const end = start + 4 + length;
    if (this.#bytes.length < end) return undefined;
    const mask = this.#bytes.subarray(start, start + 4);
    const data = this.#bytes.slice(start + 4, end).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    this.#bytes = this.#bytes.slice(end);
    return { kind: KINDS.get(first & 0x0f) ?? "binary", data };
  }
}

/** The answer to the key of a handshake (RFC 6455, 4.2.2). */
export async function acceptKey(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + KEY_SUFFIX));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
