import type { Clock } from "../clock.ts";
import { createInflater } from "./compression.ts";
import { EventNames } from "./event_names.ts";
import { FrameQueue } from "./frame_queue.ts";
import type { Inflater, InflaterFactory, TransportCompression } from "./inflater.ts";
import { joinedBytes } from "./joined_bytes.ts";
import { MessageReader } from "./message_reader.ts";
import type { GatewayPayload } from "./payload.ts";
import { inflateWhole } from "./stream_inflater.ts";

/** How long to wait for a socket that is being closed: towards a dead peer the end never comes (WS-3). */
const CLOSE_TIMEOUT_MS = 2_000;
/** Stands for a connection that ended without a close code (WS-4). */
export const NO_CODE = 1006;
/** How many bytes of frames may wait for the inflater, by default. */
export const FRAME_QUEUE_BYTES: number = 64 * 2 ** 20;
/** How long a message may be after inflation, by default: ten times what a READY has. */
const MAX_MESSAGE_BYTES = 64 * 2 ** 20;
/** A minute of sending, at Discord's limits: what has not left by then waits on a line that is stuck (TX-1, TX-6). */
const STUCK_BYTES = 120 * 4_096;
/** What the reason of a close may have (WS-1). */
const REASON_BYTES = 123;
/** `readyState` of a WebSocket: a socket that `createWebSocket` made need not be of the global class. */
const OPEN = 1;
const CLOSED = 3;
/**
 * Turns for promises before the next message when somebody has waited for this one: more than it takes to leave a loop with
 * `await using` and to begin another wait.
 *
 * Not after each message: the runtime uses the same turns to hand over more frames, and those pile up. Measured on Deno in a
 * burst: a heap of 12 to 76 MB, not 11, and 2 µs of 13 a message.
 */
const TURNS_BETWEEN = 8;
/**
 * How long to go on from turn to turn before timers, and with them heartbeats, get on as well: on Deno, which hands frames
 * over in those turns, the next message may be there for as long as a burst lasts.
 */
const LONGEST_RUN_MS = 20;

/** What a {@linkcode Transport} says; nothing more after `closed`, after `garbled`, or once it was told to close. */
export interface TransportListener {
  /** The socket is open. */
  opened(): void;
  /** Whether somebody wants the data of a dispatch of this name; where nobody does, it is not even looked at. */
  wants(name: string): boolean;
  /**
   * A message has come, at `now` or just before; in order, one at a time. Gives whether somebody has waited for it: they get
   * some turns before the next one.
   */
  received(payload: GatewayPayload, now: number): boolean;
  /** A dispatch has come whose data nobody wants. */
  skimmed(name: string, sequence: number, now: number): void;
  /** Something has come that can't be read, or too much: the connection is of no use any more (SM-18). */
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
  /** Makes the inflater of a compressed connection; that of the runtime by default. */
  readonly createInflater?: InflaterFactory | undefined;
  /** How many bytes of frames may wait for the inflater; more is the end of the connection. 64 MiB by default. */
  readonly frameQueueBytes?: number | undefined;
  /** Gets each message as it came; `d` is `undefined` where it was not parsed. */
  readonly receiveText?: ((text: string, payload: GatewayPayload) => void) | undefined;
  /** How many bytes a message may have after inflation; more is the end of the connection. 64 MiB by default (ENV-7). */
  readonly maxMessageBytes?: number | undefined;
  /** The names of events that have come, on this connection or on others; none by default. */
  readonly names?: EventNames | undefined;
  /** Where bytes are counted. */
  readonly traffic?: Traffic | undefined;
}

/** How many bytes have come, over several connections. Text counts a byte a character. */
export interface Traffic {
  /** As they came. */
  bytesReceived: number;
  /** After inflation. */
  bytesInflated: number;
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
  readonly #inflater: Inflater | undefined;
  readonly #frames: FrameQueue;
  readonly #reader: MessageReader;
  readonly #traffic: Traffic;
  readonly #maxMessageBytes: number;
  /** Who is told; nobody once the connection has ended or was left (SM-0). */
  #listener: TransportListener | undefined;
  /** The beginning of a message that is not whole yet, and how many bytes that is. */
  readonly #begun: Uint8Array[] = [];
  #begunBytes = 0;
  /** How the socket ended: said when all frames before it have been read. */
  #ending: Ending | undefined;
  #isWorking = false;
  /** Whether the inflater does not take its time: then frames need not be inflated together. */
  #isInflatedAtOnce = false;
  #hasEnded = false;
  /** Since when there was always a next message, and it was gone on to from turn to turn. */
  #runningSince: number | undefined;
  /** While timers get on. */
  #pause: Disposable | undefined;
  /** Made when somebody waits for the end. */
  #awaitedEnd: PromiseWithResolvers<void> | undefined;

  /** Opens a socket to `url`. Throws what `createWebSocket` and `createInflater` throw. */
  constructor(url: string, listener: TransportListener, options: TransportOptions) {
    const { compression, frameQueueBytes = FRAME_QUEUE_BYTES } = options;
    this.#clock = options.clock;
    this.#listener = listener;
    this.#frames = new FrameQueue(compression, frameQueueBytes);
    this.#maxMessageBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
    this.#reader = new MessageReader({
      maxBytes: this.#maxMessageBytes,
      isWanted: (name) => listener.wants(name),
      receiveText: options.receiveText,
      names: options.names ?? new EventNames(),
    });
    this.#traffic = options.traffic ?? { bytesReceived: 0, bytesInflated: 0 };
    this.#inflater = compression && (options.createInflater ?? createInflater)(compression);
    this.#socket = this.#open(url, options.createWebSocket);
  }

  #open(url: string, createWebSocket: (url: string) => WebSocket): WebSocket {
    try {
      const socket = createWebSocket(url);
      socket.binaryType = "arraybuffer"; // WS-7
      socket.onopen = () => this.#listener?.opened();
      socket.onmessage = ({ data }) => this.#framed(data);
      socket.onclose = ({ code, reason }) => this.#closed({ code, reason });
      // Node 22 says only `error` where a handshake fails (WS-5).
      socket.onerror = () => this.#closed({ code: NO_CODE, reason: "" });
      return socket;
    } catch (error) {
      this.#inflater?.close();
      throw error;
    }
  }

  /**
   * Hands `text` to the socket; `false` when that is not open, where sending would be silent loss, or when what was
   * handed to it before does not leave (WS-8).
   */
  send(text: string): boolean {
    let reason = "The socket is not open";
    try {
      if (this.#socket.readyState === OPEN) {
        if (!(this.#socket.bufferedAmount > STUCK_BYTES)) {
          this.#socket.send(text);
          return true;
        }
        reason = "The line is stuck: nothing that was sent leaves";
      }
    } catch {
      // The same as a socket that is not open.
    }
    // Said later: whoever sends is in the middle of something.
    queueMicrotask(() => this.#arrived({ code: NO_CODE, reason })); // HB-14
    return false;
  }

  /** Closes the socket and says nothing more. Resolves when it has ended, or after two seconds without an end. */
  async close(code: number, reason: string): Promise<void> {
    this.#leave();
    if (this.#socket.readyState === CLOSED) return;
    const { promise, resolve } = this.#awaitedEnd ??= Promise.withResolvers();
    const timer = this.#clock.setTimeout(resolve, CLOSE_TIMEOUT_MS);
    try {
      this.#socket.close(code, shortened(reason));
    } catch {
      resolve(); // Nothing more can be done about it.
    }
    // After an error it is closed as well, but may never say so (WS-5).
    if (this.#hasEnded) resolve();
    await promise;
    timer[Symbol.dispose]();
  }

  #framed(data: unknown): void {
    if (data instanceof ArrayBuffer) this.#arrived(new Uint8Array(data));
    else if (typeof data === "string") this.#arrived(data);
    else this.#garble("A frame is neither text nor bytes");
  }

  #closed(ending: Ending): void {
    this.#hasEnded = true;
    this.#awaitedEnd?.resolve();
    this.#arrived(ending);
  }

  #arrived(arrival: string | Uint8Array | Ending): void {
    if (this.#listener === undefined || this.#ending !== undefined) return;
    if (typeof arrival !== "string" && !(arrival instanceof Uint8Array)) this.#ending = arrival;
    else {
      this.#traffic.bytesReceived += arrival.length;
      const isNext = this.#isInflatedAtOnce && !this.#isWorking;
      if (isNext && typeof arrival !== "string") return this.#pass(arrival);
      if (!this.#frames.add(arrival)) return this.#garble("Frames come faster than they are inflated");
    }
    if (!this.#isWorking) this.#work();
  }

  /** Works off a frame that is the only one: 0.2 µs less than through the queue. Then what has come meanwhile. */
  #pass(frame: Uint8Array): void {
    this.#isWorking = true;
    const isAwaited = this.#unpack(frame, this.#frames.messagesIn(frame));
    if (isAwaited !== false) void this.#goOnAfter(isAwaited);
    else this.#work();
  }

  /** Works off what has arrived, in order. Waits for an inflater that takes its time, and so that others get on. */
  #work(): void {
    this.#isWorking = true;
    while (this.#listener !== undefined) {
      const next = this.#isInflatedAtOnce ? this.#frames.takeFrame() : this.#frames.take();
      if (next === undefined) break;
      const isAwaited = typeof next === "string"
        ? this.#readFrame(next)
        : this.#unpack(next.bytes, next.messages);
      if (isAwaited !== false) return void this.#goOnAfter(isAwaited);
    }
    this.#isWorking = false;
    this.#runningSince = undefined;
    if (this.#ending !== undefined) this.#end(this.#ending);
  }

  /** Goes on when the inflater is done, and after some turns for those who have waited. */
  async #goOnAfter(isAwaited: true | Promise<boolean>): Promise<void> {
    if (isAwaited === true || await isAwaited) await this.#giveWay();
    this.#work();
  }

  /** Lets those who have waited get on; timers, too, when it has been long. */
  async #giveWay(): Promise<void> {
    for (let turn = 0; turn < TURNS_BETWEEN; turn += 1) await undefined;
    const now = this.#clock.now();
    this.#runningSince ??= now;
    if (this.#listener === undefined || now - this.#runningSince < LONGEST_RUN_MS) return;
    await new Promise<void>((resolve) => this.#pause = this.#clock.setTimeout(resolve, 0));
    this.#runningSince = undefined;
  }

  #readFrame(text: string): boolean {
    this.#traffic.bytesInflated += text.length;
    return this.#readText(text, this.#clock.now());
  }

  /** Inflates and reads; whether anybody has waited for the message, at once if the inflater gave its bytes at once. */
  #unpack(bytes: Uint8Array, messages: number): boolean | Promise<boolean> {
    // Of several messages, most are whole: what they have together does not matter, as they were no more than one write.
    const limitBytes = this.#maxMessageBytes * Math.max(1, messages) - this.#begunBytes;
    try {
      const inflated = this.#inflater === undefined
        ? plain(bytes, limitBytes)
        : this.#inflater.inflate(bytes, limitBytes);
      if (!(inflated instanceof Uint8Array)) return this.#unpackLater(inflated, messages, limitBytes);
      this.#isInflatedAtOnce = this.#inflater !== undefined;
      return this.#unpacked(inflated, messages, limitBytes);
    } catch {
      return this.#garbleBytes();
    }
  }

  async #unpackLater(
    inflated: Promise<Uint8Array>,
    messages: number,
    limitBytes: number,
  ): Promise<boolean> {
    let bytes;
    try {
      bytes = await inflated;
    } catch {
      return this.#garbleBytes();
    }
    return await this.#unpacked(bytes, messages, limitBytes);
  }

  #unpacked(inflated: Uint8Array, messages: number, limitBytes: number): boolean | Promise<boolean> {
    this.#traffic.bytesInflated += inflated.length;
    if (inflated.length > limitBytes) {
      this.#garble("A message is too long");
      return false;
    }
    if (messages === 0) {
      // A copy: the inflater may write over its own. Nothing is not kept, however often it comes.
      if (inflated.length > 0) this.#begun.push(new Uint8Array(inflated));
      this.#begunBytes += inflated.length;
      return false;
    }
    // Characters may cross frames: nothing is decoded before the message is whole (Z-7).
    const bytes = this.#begunBytes > 0 ? joinedBytes([...this.#begun.splice(0), inflated]) : inflated;
    this.#begunBytes = 0;
    if (messages > 1) return this.#readAll(bytes, messages);
    // A stream may be flushed for nothing; by itself, nothing is no message.
    if (bytes.length === 0 && this.#inflater !== undefined) return false;
    return this.#read(bytes, this.#clock.now());
  }

  async #readAll(bytes: Uint8Array, expected: number): Promise<boolean> {
    const now = this.#clock.now();
    let messages;
    try {
      messages = this.#reader.split(bytes, expected);
    } catch (error) {
      return this.#unreadable(error);
    }
    for (const message of messages) {
      // Whoever waits for one event and then for another finds the other one also when both came at once.
      if (this.#readText(message, now)) await this.#giveWay();
    }
    return false;
  }

  /** Reads a message and hands it on; whether anybody has waited for it. */
  #read(bytes: Uint8Array, now: number): boolean {
    if (this.#listener === undefined) return false;
    let payload;
    try {
      payload = this.#reader.readBytes(bytes);
    } catch (error) {
      return this.#unreadable(error);
    }
    return this.#handOn(payload, now);
  }

  #readText(text: string, now: number): boolean {
    if (this.#listener === undefined) return false;
    let payload;
    try {
      payload = this.#reader.readText(text);
    } catch (error) {
      return this.#unreadable(error);
    }
    return this.#handOn(payload, now);
  }

  #handOn(payload: GatewayPayload | undefined, now: number): boolean {
    const listener = this.#listener;
    if (payload !== undefined) return listener?.received(payload, now) === true;
    listener?.skimmed(this.#reader.name, this.#reader.sequence, now);
    return false;
  }

  /** The text itself is left out: it may be anything. */
  #unreadable(error: unknown): false {
    this.#garble(error instanceof TypeError ? error.message : "A message is not JSON");
    return false;
  }

  /** It becomes the reason of a close: 123 bytes at most (WS-1). */
  #garbleBytes(): false {
    this.#garble("A frame can't be inflated");
    return false;
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
    this.#frames.clear();
    this.#begun.length = 0;
    this.#pause?.[Symbol.dispose](); // Nothing is left to go on with.
    this.#inflater?.close();
  }
}

/** What fits into a close frame, so that the socket does close (WS-1): `receiveText` may have thrown anything. */
function shortened(reason: string): string {
  const isShort = new TextEncoder().encode(reason).length <= REASON_BYTES;
  return isShort ? reason : reason.slice(0, REASON_BYTES / 3); // A character has three bytes at most.
}

/** The low half of the first byte of zlib data; no JSON object begins so. */
const DEFLATE = 8;

/** The bytes of a frame on a connection without compression: a message may be a zlib blob by itself (Z-1). */
function plain(bytes: Uint8Array, limitBytes: number): Uint8Array | Promise<Uint8Array> {
  return ((bytes[0] ?? 0) & 0x0f) === DEFLATE ? inflateWhole(bytes, limitBytes) : bytes;
}
