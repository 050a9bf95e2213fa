import type { GatewayCommand } from "./payload.ts";

/** Discord closes a connection with 4002 on anything longer (TX-6). */
export const COMMAND_BYTES_LIMIT = 4096;

interface Letter {
  readonly command: GatewayCommand;
  readonly text: string;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The user's payloads that wait to be sent: while there is no session, and while the send window is full.
 *
 * They outlive connections (TX-5), are sent in order, and are bounded in number.
 */
export class Outbox {
  readonly #limit: number;
  readonly #letters: Letter[] = [];

  /** An outbox for at most `limit` payloads. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The payload whose turn it is. */
  get next(): Letter | undefined {
    return this.#letters[0];
  }

  /** How many payloads wait. */
  get size(): number {
    return this.#letters.length;
  }

  /** Adds a payload; resolves when it has been sent (TX-7). */
  add(command: GatewayCommand, signal: AbortSignal | undefined): Promise<void> {
    const text = checkedText(command);
    if (this.#letters.length >= this.#limit) {
      throw new RangeError(
        `${this.#limit} payloads already wait to be sent: wait for those first, or raise sendQueueLimit`,
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(ignore); // Who does not wait for it must not be ended by it when the shard closes.
    if (signal?.aborted) {
      reject(signal.reason);
      return promise;
    }
    const letter: Letter = {
      command,
      text,
      resolve: () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
      reject: (reason) => {
        signal?.removeEventListener("abort", onAbort);
        reject(reason);
      },
    };
    const onAbort = (): void => {
      const index = this.#letters.indexOf(letter);
      if (index !== -1) this.#letters.splice(index, 1);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#letters.push(letter);
    return promise;
  }

  /** The payload whose turn it was has been handed to the socket. */
  sent(): void {
    this.#letters.shift()?.resolve();
  }

  /** Rejects everything that waits. */
  clear(reason: unknown): void {
    for (const letter of this.#letters.splice(0)) letter.reject(reason);
  }
}

function checkedText(command: GatewayCommand): string {
  if (!Number.isSafeInteger(command?.op)) {
    throw new TypeError("A payload must be an object { op, d } with an integer op");
  }
  const text = JSON.stringify({ op: command.op, d: command.d ?? null });
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes > COMMAND_BYTES_LIMIT) {
    throw new RangeError(
      `A payload may have ${COMMAND_BYTES_LIMIT} bytes as JSON, this one (op ${command.op}) has ${bytes}: split it`,
    );
  }
  return text;
}

function ignore(): void {}
