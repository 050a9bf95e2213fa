import { SendWindow } from "./send_window.ts";
import { Transport, type TransportListener, type TransportOptions } from "./transport.ts";

/** Heartbeats may be asked for before HELLO has told their interval: then keep a generous share for them (TX-3). */
const UNKNOWN_INTERVAL_MS = 10_000;

/** What belongs to one connection, and ends with it. */
interface Connection {
  readonly transport: Transport;
  /** Aborts with the connection; made for those who wait for something on it. */
  life: AbortController | undefined;
  window: SendWindow | undefined;
}

/** What counting a payload takes. */
interface Handover {
  /** The interval that HELLO has told. */
  readonly heartbeatIntervalMs: number | undefined;
  /** Whether it is a heartbeat that was due. */
  readonly isBeat: boolean;
}

/** A shard's line to the gateway: one connection at a time, and sockets that were left and have not ended yet. */
export class Line {
  readonly #options: TransportOptions;
  #connection: Connection | undefined;
  #leaving: readonly Promise<void>[] = [];

  /** Makes a line without a connection. */
  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Whether there is a connection, open or about to. */
  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Resolves when no socket is left. */
  get ended(): Promise<unknown> {
    return Promise.all(this.#leaving);
  }

  /** Opens a connection. Throws what `createWebSocket` throws. */
  open(url: string, listener: TransportListener): void {
    const transport = new Transport(url, listener, this.#options);
    this.#connection = { transport, life: undefined, window: undefined };
  }

  /** Closes the connection and hears nothing more of it; its socket may take a moment to end. */
  leave(code: number, reason: string): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    connection.life?.abort(new DOMException("The connection has ended", "AbortError"));
    const ended = connection.transport.close(code, reason);
    this.#leaving = [...this.#leaving, ended];
    ended.then(() => {
      this.#leaving = this.#leaving.filter((other) => other !== ended);
    });
  }

  /**
   * Waits on the connection of now for what `start` gives; gives whether the connection is still there then.
   *
   * The signal aborts when it has ended or was left: that gives back its place in the identify queue (SM-7). What fails by
   * itself rejects.
   */
  async wait(start: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const connection = this.#connection;
    if (connection === undefined) return false;
    const { signal } = connection.life = new AbortController();
    try {
      await start(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    connection.life = undefined;
    return !signal.aborted;
  }

  /** Hands a payload to the socket, and counts it; `false` when there is no socket that is open. */
  hand(text: string, now: number, { heartbeatIntervalMs, isBeat }: Handover): boolean {
    const connection = this.#connection;
    if (connection?.transport.send(text) !== true) return false;
    connection.window ??= new SendWindow(heartbeatIntervalMs ?? UNKNOWN_INTERVAL_MS);
    connection.window.record(now, { isBeat });
    return true;
  }

  /** When a user's payload may be sent: `now` when it may be at once. */
  roomAt(now: number): number {
    return this.#connection?.window?.roomAt(now) ?? now;
  }

  /** Whether a heartbeat that Discord asks for may be sent. */
  hasRoomForAnswer(now: number, { isOpened }: { readonly isOpened: boolean }): boolean {
    return this.#connection?.window?.hasRoomForAnswer(now, { isOpened }) ?? true;
  }
}
