/**
 * WebSocket frames as bytes, the server's side (RFC 6455): the runtimes' own servers cannot send every close code, nor
 * break a line without a word.
 *
 * @module
 */

/** A whole message, or a control frame. */
export interface ClientMessage {
  /** 1 text, 2 binary, 8 close, 9 ping, 10 pong. */
  readonly opcode: number;
  /** Unmasked. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** A message longer than this is refused. */
const MAX_MESSAGE_BYTES = 1_048_576;
const FINAL = 0x80;
const MASKED = 0x80;
const CONTROL = 8;

/** Builds one unmasked frame. */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = new Uint8Array(2 + lengthBytes + length);
  const view = new DataView(frame.buffer);
  frame[0] = FINAL | opcode;
  frame[1] = lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127;
  if (lengthBytes === 2) view.setUint16(2, length);
  if (lengthBytes === 8) view.setBigUint64(2, BigInt(length));
  frame.set(payload, 2 + lengthBytes);
  return frame;
}

/** Builds a close frame. */
export function encodeClose(code: number, reason: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(reason);
  const payload = new Uint8Array(2 + text.length);
  new DataView(payload.buffer).setUint16(0, code);
  payload.set(text, 2);
  return encodeFrame(8, payload);
}

/** Takes bytes as they come and gives whole messages. */
export class FrameReader {
  #buffer = new Uint8Array(0);
  #opcode = 0;
  #parts: Uint8Array<ArrayBuffer>[] = [];
  #partBytes = 0;

  /** The messages that `chunk` completes. Throws on frames that no client may send. */
  push(chunk: Uint8Array): ClientMessage[] {
    this.#buffer = joined([this.#buffer, chunk]);
    const messages: ClientMessage[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) {
      const message = this.#add(frame);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  #add({ opcode, payload, isFinal }: ClientMessage & { isFinal: boolean }): ClientMessage | undefined {
    if (opcode >= CONTROL) return { opcode, payload };
    if (opcode !== 0) this.#opcode = opcode;
    this.#parts.push(payload);
    this.#partBytes += payload.length;
    if (this.#partBytes > MAX_MESSAGE_BYTES) throw new RangeError("The client's message is too long");
    if (!isFinal) return undefined;
    const message = { opcode: this.#opcode, payload: joined(this.#parts) };
    this.#parts = [];
    this.#partBytes = 0;
    return message;
  }

  #next(): ClientMessage & { isFinal: boolean } | undefined {
    const buffer = this.#buffer;
    const [first = 0, second = 0] = buffer;
    if (buffer.length < 2) return undefined;
    if ((second & MASKED) === 0) throw new TypeError("The client's frame is not masked");
    const short = second & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const start = 2 + lengthBytes + 4;
    if (buffer.length < start) return undefined;
    const view = new DataView(buffer.buffer, buffer.byteOffset);
    const length = lengthBytes === 2
      ? view.getUint16(2)
      : lengthBytes === 8
      ? Number(view.getBigUint64(2))
      : short;
    if (length > MAX_MESSAGE_BYTES) throw new RangeError("The client's message is too long");
    if (buffer.length < start + length) return undefined;
    const mask = buffer.subarray(start - 4, start);
    const payload = buffer.slice(start, start + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    this.#buffer = buffer.slice(start + length);
    return { opcode: first & 0x0f, payload, isFinal: (first & FINAL) !== 0 };
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
