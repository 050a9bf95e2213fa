/**
 * One client's WebSocket on a TCP connection of our own.
 *
 * @module
 */

import type { DoorHost } from "./door.ts";
import type { GatewayLine, GatewayPort } from "./gateway_port.ts";
import { encodeClose, encodeFrame, FrameReader } from "./websocket_frames.ts";

const MAX_HEAD_BYTES = 16_384;
const READ_BYTES = 16_384;
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** The server's end. Whoever makes one calls {@linkcode LoopbackSocket.run} and finally {@linkcode LoopbackSocket.end}. */
export class LoopbackSocket implements GatewayPort {
  readonly #conn: Deno.TcpConn;
  readonly #frames: FrameReader = new FrameReader();
  #line: GatewayLine | undefined;
  #writes: Promise<void> = Promise.resolve();
  #isFrozen = false;
  #isEnded = false;
  #isClosing = false;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Whether the TCP connection has been let go. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Serves the connection until it ends. Never rejects. */
  async run(host: DoorHost, origin: string): Promise<void> {
    try {
      const { head, rest } = await this.#readHead();
      const url = new URL(head.split(" ")[1] ?? "/", origin);
      if (await this.#shakeHands(host, url, head)) {
        this.#line = host.open(this, url);
        await this.#read(rest);
      }
    } catch {
      // A line that breaks is what this is for.
    }
    if (this.#isFrozen) return;
    this.#line?.closed(1006);
    this.end();
  }

  send(data: string | Uint8Array): void {
    const payload = typeof data === "string" ? new TextEncoder().encode(data) : data;
    this.#write(encodeFrame(typeof data === "string" ? TEXT : BINARY, payload));
  }

  close(code: number, reason: string): void {
    this.#isClosing = true;
    this.#write(encodeClose(code, reason));
  }

  cut(): void {
    if (!this.#isFrozen) this.end();
  }

  freeze(): void {
    this.#isFrozen = true;
  }

  /** Lets go of the TCP connection, whatever state it is in. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#conn.close();
  }

  async #readHead(): Promise<{ head: string; rest: Uint8Array }> {
    const bytes = new Uint8Array(MAX_HEAD_BYTES);
    for (let length = 0; length < MAX_HEAD_BYTES;) {
      const count = await this.#conn.read(bytes.subarray(length));
      if (count === null) break;
      length += count;
      const text = new TextDecoder("latin1").decode(bytes.subarray(0, length));
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) return { head: text.slice(0, end), rest: bytes.slice(end + 4, length) };
    }
    throw new TypeError("No whole HTTP head came");
  }

  async #shakeHands(host: DoorHost, url: URL, head: string): Promise<boolean> {
    const key = /^sec-websocket-key:\s*(\S+)/im.exec(head)?.[1];
    const status = key === undefined ? 426 : host.refusalOf(url);
    if (status === 0) {
      this.#isFrozen = true;
      return false;
    }
    if (key === undefined || status !== undefined) {
      this.#write(ascii(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`));
      await this.#writes;
      return false;
    }
    const digest = await crypto.subtle.digest("SHA-1", ascii(key + KEY_SUFFIX));
    const accept = btoa(String.fromCharCode(...new Uint8Array(digest)));
    this.#write(ascii(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n" +
        `sec-websocket-accept: ${accept}\r\n\r\n`,
    ));
    return true;
  }

  async #read(rest: Uint8Array): Promise<void> {
    if (this.#take(rest)) return;
    const bytes = new Uint8Array(READ_BYTES);
    while (!this.#isEnded) {
      const count = await this.#conn.read(bytes);
      // Whatever comes on a frozen line stays unread, and so does its end.
      if (this.#isFrozen || count === null) return;
      if (this.#take(bytes.slice(0, count))) return;
    }
  }

  /** Hands messages on; says whether the line is at its end. */
  #take(bytes: Uint8Array): boolean {
    for (const { opcode, payload } of this.#frames.push(bytes)) {
      if (opcode === CLOSE) {
        const view = new DataView(payload.buffer);
        this.#line?.closed(payload.length >= 2 ? view.getUint16(0) : 1005);
        if (!this.#isClosing) this.#write(encodeFrame(CLOSE, payload.slice(0, 2)));
        this.#writes = this.#writes.finally(() => this.end());
        return true;
      }
      if (opcode === PING) this.#write(encodeFrame(PONG, payload));
      if (opcode === TEXT) this.#line?.receive(new TextDecoder().decode(payload));
      if (opcode === BINARY) this.#line?.receive(payload);
    }
    return false;
  }

  /** Writes in order; what cannot be written any more is dropped. */
  #write(bytes: Uint8Array): void {
    this.#writes = this.#writes.then(async () => {
      for (let at = 0; at < bytes.length && !this.#isEnded && !this.#isFrozen;) {
        at += await this.#conn.write(bytes.subarray(at));
      }
    }).catch(() => {});
  }
}

function ascii(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
