/**
 * A WebSocket without a network: the face of the web's standard, the other end in the same program.
 *
 * @module
 */

import type { DoorHost } from "./door.ts";
import type { FrameData } from "./frame_encoder.ts";
import type { GatewayLine, GatewayPort } from "./gateway_port.ts";

/** Calls back a little later, in order. */
export type Deliver = (callback: () => void) => void;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
const MAX_REASON_BYTES = 123;

/** Node has had no `CloseEvent` of its own for long. */
class SocketCloseEvent extends Event implements CloseEvent {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;

  constructor(code: number, reason: string, wasClean: boolean) {
    super("close");
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

/** The client's end of a connection to the simulator. */
export class InMemoryWebSocket extends EventTarget implements WebSocket {
  /** Not yet open. */
  readonly CONNECTING: 0 = CONNECTING;
  /** Open. */
  readonly OPEN: 1 = OPEN;
  /** Closing has begun. */
  readonly CLOSING: 2 = CLOSING;
  /** Closed. */
  readonly CLOSED: 3 = CLOSED;
  /** What it was opened with. */
  readonly url: string;
  /** No extension is spoken. */
  readonly extensions: string = "";
  /** No subprotocol is spoken. */
  readonly protocol: string = "";
  /** How binary messages are given. */
  binaryType: BinaryType = "blob";
  readonly #deliver: Deliver;
  readonly #handlers: Map<string, EventListener> = new Map();
  #line: GatewayLine | undefined;
  #readyState = CONNECTING;
  #bufferedAmount = 0;
  #isFrozen = false;

  /** Opens `url` at `host`; use `createWebSocket` of the simulator. */
  constructor(host: DoorHost, url: URL, deliver: Deliver) {
    super();
    this.url = url.href;
    this.#deliver = deliver;
    deliver(() => this.#open(host, url));
  }

  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  get readyState(): number {
    return this.#readyState;
  }

  /** Bytes that have not left; grows on a frozen line. */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  /** Listener for `open`. */
  get onopen(): WebSocket["onopen"] {
    return this.#handlers.get("open") ?? null;
  }
  set onopen(handler: WebSocket["onopen"]) {
    this.#setHandler("open", handler);
  }

  /** Listener for `message`. */
  get onmessage(): WebSocket["onmessage"] {
    return this.#handlers.get("message") ?? null;
  }
  set onmessage(handler: WebSocket["onmessage"]) {
    this.#setHandler("message", handler);
  }

  /** Listener for `close`. */
  get onclose(): WebSocket["onclose"] {
    return this.#handlers.get("close") ?? null;
  }
  set onclose(handler: WebSocket["onclose"]) {
    this.#setHandler("close", handler);
  }

  /** Listener for `error`. */
  get onerror(): WebSocket["onerror"] {
    return this.#handlers.get("error") ?? null;
  }
  set onerror(handler: WebSocket["onerror"]) {
    this.#setHandler("error", handler);
  }

  /** Sends a message; on a closing or closed socket it is discarded (WS-8). */
  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.#readyState === CONNECTING) {
      throw new DOMException("The WebSocket is still connecting", "InvalidStateError");
    }
    if (data instanceof Blob) throw new TypeError("The simulator takes no Blob: send text or bytes");
    const bytes = typeof data === "string" ? data : bytesOf(data);
    if (this.#readyState !== OPEN || this.#isFrozen) {
      this.#bufferedAmount += typeof bytes === "string"
        ? new TextEncoder().encode(bytes).length
        : bytes.length;
      return;
    }
    this.#deliver(() => {
      if (!this.#isFrozen) this.#line?.receive(bytes);
    });
  }

  /** Starts to close; takes 1000 and 3000–4999 only (WS-1). */
  close(code?: number, reason: string = ""): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(`A client cannot close with ${code}: 1000 or 3000-4999`, "InvalidAccessError");
    }
    if (new TextEncoder().encode(reason).length > MAX_REASON_BYTES) {
      throw new DOMException(`A close reason has at most ${MAX_REASON_BYTES} bytes`, "SyntaxError");
    }
    if (this.#readyState >= CLOSING) return;
    const wasConnecting = this.#readyState === CONNECTING;
    this.#readyState = CLOSING;
    if (wasConnecting) return this.#deliver(() => this.#fail());
    this.#deliver(() => {
      // Towards a frozen peer no close event ever comes (WS-3).
      if (this.#isFrozen || this.#readyState === CLOSED) return;
      this.#line?.closed(code ?? 1005);
      this.#deliver(() => this.#finish(code ?? 1005, reason, true));
    });
  }

  #open(host: DoorHost, url: URL): void {
    if (this.#readyState !== CONNECTING) return;
    const status = host.refusalOf(url);
    if (status === 0) return;
    if (status !== undefined) return this.#deliver(() => this.#fail());
    this.#readyState = OPEN;
    this.dispatchEvent(new Event("open"));
    const port: GatewayPort = {
      send: (data) => this.#fromServer(() => this.#give(data)),
      close: (code, reason) => this.#fromServer(() => this.#finish(code, reason, true)),
      cut: () => this.#fromServer(() => this.#fail()),
      freeze: () => {
        this.#isFrozen = true;
      },
    };
    this.#line = host.open(port, url);
  }

  #fromServer(callback: () => void): void {
    this.#deliver(() => {
      if (!this.#isFrozen && this.#readyState !== CLOSED) callback();
    });
  }

  #give(data: FrameData): void {
    if (this.#readyState !== OPEN) return;
    this.dispatchEvent(new MessageEvent("message", { data: this.#asAsked(data) }));
  }

  #asAsked(data: FrameData): string | ArrayBuffer | Blob {
    if (typeof data === "string") return data;
    return this.binaryType === "arraybuffer" ? data.slice().buffer : new Blob([data]);
  }

  /** The line is gone without a close frame. */
  #fail(): void {
    if (this.#readyState === CLOSED) return;
    this.#readyState = CLOSED;
    this.dispatchEvent(new Event("error"));
    this.dispatchEvent(new SocketCloseEvent(1006, "", false));
  }

  #finish(code: number, reason: string, wasClean: boolean): void {
    if (this.#readyState === CLOSED) return;
    this.#readyState = CLOSED;
    this.dispatchEvent(new SocketCloseEvent(code, reason, wasClean));
  }

  #setHandler(type: string, handler: unknown): void {
    const old = this.#handlers.get(type);
    if (old !== undefined) this.removeEventListener(type, old);
    this.#handlers.delete(type);
    if (typeof handler !== "function") return;
    const listener: EventListener = (event) => handler.call(this, event);
    this.#handlers.set(type, listener);
    this.addEventListener(type, listener);
  }
}

function bytesOf(data: ArrayBufferLike | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
    : new Uint8Array(data).slice();
}
