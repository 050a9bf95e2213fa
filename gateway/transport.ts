import type { Clock } from "../clock.ts";
import { Decompressor, type TransportCompression } from "./decompressor.ts";
import { type GatewayPayload, parsePayload } from "./payload.ts";

/** How long to wait for a socket that is being closed: towards a dead peer the end never comes (WS-3). */
const CLOSE_TIMEOUT_MS = 2_000;
/** Stands for a connection that ended without a close code (WS-4). */
export const NO_CODE = 1006;
/** `readyState` of a WebSocket: a socket that `createWebSocket` made need not be of the global class. */
const OPEN = 1;
const CLOSED = 3;

/** What a {@linkcode Transport} says; nothing more after `closed`, after `garbled`, or once it was told to close. */
export interface TransportListener {
  /** The socket is open. */
  opened(): void;
  /** A message has come; in order, one at a time. */
  received(payload: GatewayPayload): void;
  /** Something has come that can't be read: the connection is of no use any more (SM-18). */
  garbled(reason: string): void;
  /** The socket has ended by itself; the code is 1006 where there was none. */
  closed(code: number, reason: string): void;
}

/** Options of {@linkcode Transport}. */
export interface TransportOptions {
  /** Makes the socket. */
  readonly createWebSocket: (url: string) => WebSocket;
  /** Where the wait for a closing socket comes from. */
  readonly clock: Clock;
  /** How the connection is compressed, if it is. */
  readonly compression: TransportCompression | undefined;
}

/** How a socket ended. */
interface Ending {
  readonly code: number;
  readonly reason: string;
}

/** One WebSocket: text goes in, payloads come out, inflated and parsed. */
export class Transport {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #inflater: Decompressor | undefined;
  readonly #decoder = new TextDecoder();
  /** Who is told; nobody once the connection has ended or was left (SM-0). */
  #listener: TransportListener | undefined;
  /** Frames that wait for the inflater, and, last, how the socket ended. */
  readonly #arrivals: (string | Uint8Array | Ending)[] = [];
  #isWorking = false;
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers<void>();

  /** Opens a socket to `url`. Throws what `createWebSocket` throws. */
  constructor(url: string, listener: TransportListener, options: TransportOptions) {
    this.#clock = options.clock;
    this.#listener = listener;
    this.#socket = options.createWebSocket(url);
    this.#socket.binaryType = "arraybuffer"; // WS-7
    this.#inflater = options.compression && new Decompressor(options.compression);
    this.#socket.onopen = () => this.#listener?.opened();
    this.#socket.onmessage = ({ data }) => this.#framed(data);
    this.#socket.onclose = ({ code, reason }) => this.#ending({ code, reason });
    // Node 22 says only `error` where a handshake fails (WS-5).
    this.#socket.onerror = () => this.#ending({ code: NO_CODE, reason: "" });
  }

  /** Hands `text` to the socket; `false` when that is not open, where sending would be silent loss (WS-8). */
  send(text: string): boolean {
    try {
      if (this.#socket.readyState === OPEN) {
        this.#socket.send(text);
        return true;
      }
    } catch {
      // The same as a socket that is not open.
    }
    // Said later: whoever sends is in the middle of something.
    queueMicrotask(() => this.#arrived({ code: NO_CODE, reason: "The socket is not open" })); // HB-14
    return false;
  }

  /** Closes the socket and says nothing more. Resolves when it has ended, or after two seconds without an end. */
  async close(code: number, reason: string): Promise<void> {
    this.#leave();
    if (this.#socket.readyState === CLOSED) return;
    const timer = this.#clock.setTimeout(this.#ended.resolve, CLOSE_TIMEOUT_MS);
    try {
      this.#socket.close(code, reason);
    } catch {
      this.#ended.resolve(); // Nothing more can be done about it.
    }
    await this.#ended.promise;
    timer[Symbol.dispose]();
  }

  #framed(data: unknown): void {
    if (data instanceof ArrayBuffer) this.#arrived(new Uint8Array(data));
    else if (typeof data === "string") this.#arrived(data);
    else this.#garble("A frame is neither text nor bytes");
  }

  #ending(ending: Ending): void {
    this.#ended.resolve();
    this.#arrived(ending);
  }

  #arrived(arrival: string | Uint8Array | Ending): void {
    if (this.#listener === undefined) return;
    this.#arrivals.push(arrival);
    if (!this.#isWorking) this.#work();
  }

  /** Works off what has arrived, in order; waits only for the inflater. */
  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let next; (next = this.#arrivals.shift()) !== undefined && this.#listener !== undefined;) {
      if (typeof next === "string") this.#read(next);
      else if (!(next instanceof Uint8Array)) this.#end(next);
      else if (this.#inflater === undefined) this.#read(this.#decoder.decode(next));
      else await this.#inflate(this.#inflater, next);
    }
    this.#isWorking = false;
  }

  async #inflate(inflater: Decompressor, frame: Uint8Array): Promise<void> {
    try {
      const message = await inflater.decompress(frame);
      if (message !== undefined && this.#listener !== undefined) this.#read(this.#decoder.decode(message));
    } catch {
      this.#garble("A frame can't be inflated"); // It becomes the reason of a close: 123 bytes at most (WS-1).
    }
  }

  #read(text: string): void {
    let payload;
    try {
      payload = parsePayload(text);
    } catch (error) {
      // The text itself is left out: it may be anything.
      return this.#garble(error instanceof TypeError ? error.message : "A message is not JSON");
    }
    this.#listener?.received(payload);
  }

  #garble(reason: string): void {
    const listener = this.#listener;
    this.#leave();
    listener?.garbled(reason);
  }

  #end({ code, reason }: Ending): void {
    const listener = this.#listener;
    this.#leave();
    listener?.closed(code === 0 || code === 1005 ? NO_CODE : code, reason);
  }

  #leave(): void {
    this.#listener = undefined;
    this.#arrivals.length = 0;
    this.#inflater?.close();
  }
}
