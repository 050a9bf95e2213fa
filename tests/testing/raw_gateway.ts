/**
 * A hand-written gateway script for tests of the simulator: knows the wire, and nothing of the library's client.
 *
 * @module
 */

import { deadline } from "@std/async";
import type { Simulator } from "../../testing/mod.ts";

/** A payload, loosely. */
export interface RawPayload {
  readonly op: number;
  readonly t: string | null;
  readonly s: number | null;
  readonly d: Readonly<Record<string, unknown>>;
}

/** How the socket ended. */
export interface RawClose {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/** Options of {@linkcode RawGateway.open}. */
export interface RawOptions {
  readonly url?: string;
  readonly query?: string;
}

const QUERY = "v=10&encoding=json";
const PATIENCE_MS = 5000;

/** One WebSocket, its payloads in a queue. */
export class RawGateway implements Disposable {
  readonly socket: WebSocket;
  readonly frames: (string | ArrayBuffer)[] = [];
  readonly closed: Promise<RawClose>;
  readonly opened: Promise<boolean>;
  readonly #payloads: RawPayload[] = [];
  #wake: (() => void) | undefined;
  #inflate: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined;
  #text = "";

  constructor(socket: WebSocket, isCompressed: boolean) {
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    if (isCompressed) this.#startInflating();
    socket.onmessage = ({ data }) => this.#take(data);
    this.opened = new Promise((resolve) => {
      socket.addEventListener("open", () => resolve(true));
      socket.addEventListener("close", () => resolve(false));
    });
    this.closed = new Promise((resolve) => {
      socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
    });
    this.closed.then(() => this.#wake?.());
  }

  static open(discord: Simulator, { url = discord.gatewayUrl, query = QUERY }: RawOptions = {}): RawGateway {
    const isCompressed = query.includes("compress=zlib-stream");
    return new RawGateway(discord.createWebSocket(`${url}?${query}`), isCompressed);
  }

  /** Opens, waits for HELLO, identifies and waits for READY; gives READY's data. */
  static async login(
    discord: Simulator,
    { intents = 33281, token = discord.token, shard, ...options }: RawOptions & {
      intents?: number;
      token?: string;
      shard?: readonly [number, number];
    } = {},
  ): Promise<RawGateway & { ready: RawPayload["d"] }> {
    const gateway = RawGateway.open(discord, options);
    await gateway.next(10);
    gateway.send(2, { token, intents, properties: {}, ...(shard === undefined ? {} : { shard }) });
    const { d } = await gateway.next("READY");
    return Object.assign(gateway, { ready: d });
  }

  send(op: number, d: unknown): void {
    this.socket.send(JSON.stringify({ op, d }));
  }

  /** The next payload; with an opcode or event name, the next such one, and what came before is skipped. */
  next(what?: number | string): Promise<RawPayload> {
    return deadline(this.#next(what), PATIENCE_MS);
  }

  /** The payloads that have come and were not taken. */
  taken(): RawPayload[] {
    return this.#payloads.splice(0);
  }

  [Symbol.dispose](): void {
    this.socket.close();
    this.#inflate?.abort().catch(() => {});
  }

  async #next(what?: number | string): Promise<RawPayload> {
    for (;;) {
      const payload = this.#payloads.shift();
      if (payload === undefined) {
        if (this.socket.readyState === 3) throw new Error(`The socket closed before ${what} came`);
        await new Promise<void>((resolve) => this.#wake = resolve);
      } else if (what === undefined || payload.op === what || payload.t === what) return payload;
    }
  }

  #take(data: string | ArrayBuffer): void {
    this.frames.push(data);
    if (typeof data === "string") this.#payloads.push(JSON.parse(data));
    else this.#inflate?.write(new Uint8Array(data)).catch(() => {});
    this.#wake?.();
  }

  #startInflating(): void {
    const inflate = new DecompressionStream("deflate");
    this.#inflate = inflate.writable.getWriter();
    this.#inflate.closed.catch(() => {});
    this.#readText(inflate.readable).catch(() => {});
  }

  async #readText(readable: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of readable) {
      this.#text += decoder.decode(chunk, { stream: true });
      try {
        this.#payloads.push(JSON.parse(this.#text));
      } catch {
        continue; // Not yet whole.
      }
      this.#text = "";
      this.#wake?.();
    }
  }
}
