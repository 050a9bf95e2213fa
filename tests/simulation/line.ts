import { Deflater } from "../../testing/deflater.ts";
import { endsWithMark } from "./small_inflater.ts";
import type { WorldTime } from "./world_time.ts";

/** How far apart two frames of one message are. */
const CUT_MS = 20;
const ENCODER = new TextEncoder();
const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** Who looks on at the bot's end of a line. */
export interface LineWatcher {
  /** The bot has sent something. */
  sent(line: Line, text: string): void;
  /** A message, with its last frame, is about to be given to the bot; `undefined` is what no client can read. */
  arriving(line: Line, text: string | undefined): void;
  /** The bot has closed the line. */
  left(line: Line, code: number | undefined, reason: string): void;
  /** The bot is about to be told that the line has ended. */
  ending(line: Line, code: number): void;
}

/** The other end of a line. */
export interface LineServer {
  /** A handshake has come. */
  opening(line: Line): void;
  /** A message has come. */
  received(line: Line, text: string): void;
  /** The line has ended; the code is 1006 where nobody gave one. */
  ended(line: Line, code: number): void;
}

/** How a handshake fails: runtimes differ in what they say (WS-5). */
export type Refusal = "error" | "close" | "both" | "neither";

/** A line between the bot and Discord: frames take time, keep their order, and may get lost. */
export class Line {
  readonly socket: LineSocket;
  readonly url: URL;
  /** One way. */
  latencyMs: number;
  /** Whether what the bot sends is lost. */
  isUpCut = false;
  /** Whether what the bot is sent is lost. */
  isDownCut = false;
  /** After how many bytes a compressed message goes on in another frame; 0 for never (Z-3). */
  cutAt = 0;
  /** Whether Discord's end is open. */
  isServed = false;
  /** How Discord compresses, if it was asked to (Z-2). */
  readonly #deflater: Deflater | undefined;
  readonly #time: WorldTime;
  readonly #server: LineServer;
  readonly #watcher: LineWatcher;
  #upAt = 0;
  #downAt = 0;

  constructor(url: string, time: WorldTime, server: LineServer, watcher: LineWatcher, latencyMs: number) {
    this.url = new URL(url);
    this.#time = time;
    this.#server = server;
    this.#watcher = watcher;
    this.latencyMs = latencyMs;
    this.#deflater = this.url.searchParams.get("compress") === "zlib-stream" ? new Deflater() : undefined;
    this.socket = new LineSocket(url, this);
    this.#up(() => server.opening(this));
  }

  /** Discord takes the handshake. */
  accept(): void {
    this.isServed = true;
    this.#down(() => this.socket.opened());
  }

  /** Discord does not take the handshake. */
  refuse(how: Refusal): void {
    this.#down(() => {
      if (this.socket.readyState >= CLOSING || how === "neither") return;
      this.#watcher.ending(this, 1006);
      this.socket.refused(how);
    });
  }

  /** Whether Discord compresses. */
  get isCompressed(): boolean {
    return this.#deflater !== undefined;
  }

  /** Discord sends a message; where it is compressed, perhaps in two frames. */
  push(text: string): void {
    if (!this.isServed) return;
    if (this.#deflater === undefined) return this.#down(() => this.hand(text));
    const bytes = this.#deflater.deflate(ENCODER.encode(text));
    const { cutAt } = this;
    const first = bytes.subarray(0, cutAt);
    const isCut = first.length > 0 && first.length < bytes.length && !endsWithMark(first);
    if (isCut) {
      this.#down(() => this.#frame(first));
      this.#downAt += CUT_MS;
    }
    this.#down(() => this.#arrive(isCut ? bytes.subarray(cutAt) : bytes, text));
  }

  /** Discord sends what no client can read. */
  garble(bytes: Uint8Array): void {
    if (this.isServed) this.#down(() => this.#arrive(bytes, undefined));
  }

  /** Discord sends bytes that say nothing. */
  pad(bytes: Uint8Array): void {
    if (this.isServed) this.#down(() => this.#frame(bytes));
  }

  /** The bot gets a message in one frame now. */
  hand(text: string): void {
    this.#arrive(text, text);
  }

  #arrive(data: string | Uint8Array, text: string | undefined): void {
    if (!this.#isHeard) return;
    this.#watcher.arriving(this, text);
    this.#frame(data);
  }

  #frame(data: string | Uint8Array): void {
    if (this.#isHeard) this.socket.framed(typeof data === "string" ? data : data.slice().buffer);
  }

  get #isHeard(): boolean {
    return this.socket.readyState !== CLOSED && this.socket.readyState !== CONNECTING;
  }

  /** Discord closes with a code, after all that it has sent. */
  close(code: number): void {
    if (!this.isServed) return;
    this.isServed = false;
    this.#server.ended(this, code);
    this.#down(() => this.end(code));
  }

  /** The line breaks: Discord notices at once, the bot after `noticedMs`, or never; what is under way is lost. */
  cut(noticedMs: number | undefined, code: 0 | 1006): void {
    this.isUpCut = this.isDownCut = true;
    if (this.isServed) {
      this.isServed = false;
      this.#server.ended(this, 1006);
    }
    if (noticedMs !== undefined) this.#time.forBot(noticedMs, () => this.end(code));
  }

  /** The bot sends. */
  carry(text: string): void {
    this.#watcher.sent(this, text);
    this.#up(() => {
      if (this.isServed) this.#server.received(this, text);
    });
  }

  /** The bot closes: Discord answers, if it can be reached. */
  leave(code: number | undefined, reason: string): void {
    this.#watcher.left(this, code, reason);
    this.#up(() => {
      if (this.isServed) {
        this.isServed = false;
        this.#server.ended(this, code ?? 1005);
      }
      this.#down(() => this.end(code ?? 1005));
    });
  }

  /** The bot is told that the line has ended. */
  end(code: number): void {
    if (this.socket.readyState === CLOSED) return;
    this.#watcher.ending(this, code);
    this.socket.ended(code);
  }

  #up(callback: () => void): void {
    if (this.isUpCut) return;
    this.#upAt = Math.max(this.#upAt, this.#time.now + this.latencyMs);
    this.#time.after(this.#upAt - this.#time.now, () => this.isUpCut || callback());
  }

  #down(callback: () => void): void {
    if (this.isDownCut) return;
    this.#downAt = Math.max(this.#downAt, this.#time.now + this.latencyMs);
    this.#time.forBot(this.#downAt - this.#time.now, () => this.isDownCut || callback());
  }
}

/** The bot's end, as bare as a WebSocket may be. It still hears what arrives while it closes, as in some runtimes. */
export class LineSocket extends EventTarget implements WebSocket {
  readonly CONNECTING: 0 = CONNECTING;
  readonly OPEN: 1 = OPEN;
  readonly CLOSING: 2 = CLOSING;
  readonly CLOSED: 3 = CLOSED;
  readonly extensions = "";
  readonly protocol = "";
  readonly bufferedAmount = 0;
  binaryType: BinaryType = "blob";
  readyState: 0 | 1 | 2 | 3 = CONNECTING;
  onopen: ((event: Event) => unknown) | null = null;
  onmessage: ((event: MessageEvent) => unknown) | null = null;
  onclose: ((event: CloseEvent) => unknown) | null = null;
  onerror: ((event: Event) => unknown) | null = null;
  readonly url: string;
  readonly #line: Line;

  constructor(url: string, line: Line) {
    super();
    this.url = url;
    this.#line = line;
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.readyState === CONNECTING) throw new DOMException("Not open yet", "InvalidStateError");
    if (this.readyState === OPEN) this.#line.carry(String(data));
  }

  close(code?: number, reason = ""): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(`${code} is not for clients`, "InvalidAccessError"); // WS-1
    }
    if (this.readyState >= CLOSING) return;
    this.readyState = CLOSING;
    this.#line.leave(code, reason);
  }

  opened(): void {
    if (this.readyState !== CONNECTING) return;
    this.readyState = OPEN;
    this.#say(this.onopen, {});
  }

  framed(data: string | ArrayBuffer): void {
    this.#say(this.onmessage, { data });
  }

  ended(code: number): void {
    this.readyState = CLOSED;
    this.#say(this.onclose, { code, reason: "" });
  }

  refused(how: Refusal): void {
    this.readyState = CLOSED;
    if (how !== "close") this.#say(this.onerror, {});
    if (how !== "error") this.#say(this.onclose, { code: 1006, reason: "" });
  }

  /** Real events are slow to make, and there are many. */
  #say(handler: ((event: never) => unknown) | null, event: object): void {
    if (handler !== null) Reflect.apply(handler, this, [event]);
  }
}
