import type { SendWindow } from "./send_window.ts";
import type { Transport } from "./transport.ts";

/** What belongs to one connection, and ends with it. */
export class Connection {
  readonly #abort = new AbortController();
  /** The socket. */
  transport: Transport | undefined;
  /** What was sent through it. */
  window: SendWindow | undefined;

  /** Aborts when the connection has ended or was left: gives back the place in the identify queue (SM-7). */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Closes the socket; resolves when it has ended. */
  leave(code: number, reason: string): Promise<void> | undefined {
    this.#abort.abort(new DOMException("The connection has ended", "AbortError"));
    return this.transport?.close(code, reason);
  }
}
