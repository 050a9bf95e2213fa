import type { GatewayCommand } from "../../gateway/payload.ts";

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** A client's socket of which a test plays the other end. It obeys the rules of a browser's (§20), and no more. */
export class FakeSocket extends EventTarget implements WebSocket {
  readonly CONNECTING: 0 = CONNECTING;
  readonly OPEN: 1 = OPEN;
  readonly CLOSING: 2 = CLOSING;
  readonly CLOSED: 3 = CLOSED;
  readonly url: string;
  readonly extensions = "";
  readonly protocol = "";
  bufferedAmount = 0;
  binaryType: BinaryType = "blob";
  readyState: 0 | 1 | 2 | 3 = CONNECTING;
  onopen: ((event: Event) => unknown) | null = null;
  onmessage: ((event: MessageEvent) => unknown) | null = null;
  onclose: ((event: CloseEvent) => unknown) | null = null;
  onerror: ((event: Event) => unknown) | null = null;
  /** What the client sent, as text. */
  readonly sent: string[] = [];
  /** How the client closed it. */
  closedWith: { readonly code: number | undefined; readonly reason: string } | undefined;
  /** Whether the other end answers a close; a dead one never does (WS-3). */
  isAlive = true;
  /** What `send` throws, if anything. */
  sendError: Error | undefined;

  constructor(url: string | URL) {
    super();
    this.url = String(url);
  }

  /** What the client sent, parsed. */
  get commands(): GatewayCommand[] {
    return this.sent.map((text) => JSON.parse(text));
  }

  /** The opcodes of what the client sent. */
  get opcodes(): number[] {
    return this.commands.map(({ op }) => op);
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.readyState === CONNECTING) throw new DOMException("Not open yet", "InvalidStateError"); // WS-8
    if (this.sendError !== undefined) throw this.sendError;
    if (this.readyState === OPEN) this.sent.push(String(data));
  }

  close(code?: number, reason = ""): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(`${code} is not for clients`, "InvalidAccessError"); // WS-1
    }
    if (new TextEncoder().encode(reason).length > 123) throw new DOMException("Too long", "SyntaxError"); // WS-1
    if (this.readyState >= CLOSING) return;
    const wasOpen = this.readyState === OPEN;
    this.readyState = CLOSING;
    this.closedWith = { code, reason };
    if (this.isAlive) queueMicrotask(() => this.end(wasOpen ? code : 1006, reason));
  }

  /** The handshake succeeds. */
  open(): void {
    this.readyState = OPEN;
    this.onopen?.(new Event("open"));
  }

  /** A frame comes: text, or bytes as the client's `binaryType` wants them. */
  frame(data: string | Uint8Array<ArrayBuffer>): void {
    const isBytes = typeof data !== "string";
    const shown = !isBytes ? data : this.binaryType === "blob" ? new Blob([data]) : data.slice().buffer;
    this.onmessage?.(new MessageEvent("message", { data: shown }));
  }

  /** A payload comes as text. */
  receive(payload: { op: number; d?: unknown; s?: number | null; t?: string | null }): void {
    this.frame(JSON.stringify({ d: null, s: null, t: null, ...payload }));
  }

  /** A dispatch comes. */
  dispatch(t: string, s: number, d: unknown = {}): void {
    this.receive({ op: 0, t, s, d });
  }

  /** HELLO comes. */
  hello(heartbeat_interval = 41_250): void {
    this.receive({ op: 10, d: { heartbeat_interval } });
  }

  /** READY comes. */
  ready(session_id = "abc", s = 1): void {
    this.dispatch("READY", s, { v: 10, session_id, resume_gateway_url: "wss://resume.discord.gg" });
  }

  /** `close` comes, with the code that the runtime shows. */
  end(code = 1006, reason = ""): void {
    this.readyState = CLOSED;
    this.onclose?.(new CloseEvent("close", { code, reason, wasClean: code > 1006 }));
  }

  /** `error` comes, and nothing else. */
  fail(): void {
    this.onerror?.(new Event("error"));
  }
}

/** Makes the sockets of a client, and keeps them. */
export class FakeGateway {
  /** All that were made, the newest last. */
  readonly sockets: FakeSocket[] = [];

  /** For the option of this name. */
  readonly createWebSocket = (url: string): FakeSocket => {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket;
  };

  /** The newest socket; throws when there is none. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("The client has opened no socket");
    return socket;
  }

  /** The URLs that were opened. */
  get urls(): string[] {
    return this.sockets.map(({ url }) => url);
  }
}
