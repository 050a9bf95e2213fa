import { ignore } from "./ignore.ts";
import type { GatewayCommand } from "./payload.ts";
import type { SendLog } from "./send_log.ts";

/** Discord closes a connection with 4002 on anything longer (TX-6). */
export const COMMAND_BYTES_LIMIT = 4096;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** A payload that waits to be sent, and who waits for that. */
export interface Letter {
  /** The payload. */
  readonly command: GatewayCommand;
  /** What goes on the wire. */
  readonly text: string;
}

interface WaitingLetter extends Letter {
  command: GatewayCommand;
  text: string;
  readonly pace: SendLog | undefined;
  readonly waiters: Set<Waiter>;
}

/**
 * The user's payloads that wait to be sent: while there is no session, and while the send window is full.
 *
 * They outlive connections (TX-5), are sent in order, and are bounded in number. Payloads with a pace have a tighter
 * limit of their own, and of those only the latest matters: it takes the place of one that still waits (TX-9). While it
 * waits for its pace, others go first.
 */
export class Outbox {
  readonly #limit: number;
  readonly #letters: WaitingLetter[] = [];

  /** An outbox for at most `limit` payloads. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many payloads wait. */
  get size(): number {
    return this.#letters.length;
  }

  /** The payload whose turn it is at `now`. */
  next(now: number): Letter | undefined {
    return this.#letters.find(({ pace }) => pace === undefined || pace.roomAt(now) <= now);
  }

  /** When it is some payload's turn: `now` if it is already, `Infinity` when none waits. */
  nextAt(now: number): number {
    let at = Infinity;
    for (const { pace } of this.#letters) {
      if (pace === undefined) return now; // One of each pace at most comes before it.
      at = Math.min(at, pace.roomAt(now));
    }
    return at;
  }

  /** Adds a payload; resolves when it, or what took its place, has been sent (TX-7). */
  add(command: GatewayCommand, signal: AbortSignal | undefined, pace?: SendLog): Promise<void> {
    const text = commandText(command);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(ignore); // Who does not wait for it must not be ended by it when the shard closes.
    const replaced = pace && this.#letters.find((letter) => letter.pace === pace);
    if (replaced === undefined && this.#letters.length >= this.#limit) {
      throw new RangeError(
        `${this.#limit} payloads already wait to be sent: wait for those first, or raise sendQueueLimit`,
      );
    }
    if (signal?.aborted) {
      reject(signal.reason);
      return promise;
    }
    if (replaced !== undefined) Object.assign(replaced, { command, text });
    const letter = replaced ?? { command, text, pace, waiters: new Set<Waiter>() };
    if (replaced === undefined) this.#letters.push(letter);
    this.#wait(letter, { resolve, reject }, signal);
    return promise;
  }

  /** A payload that {@linkcode next} gave has been handed to the socket. */
  sent(sent: Letter, now: number): void {
    const letter = this.#letters.find((waiting) => waiting === sent);
    if (letter === undefined) return;
    this.#remove(letter);
    letter.pace?.record(now);
    for (const { resolve } of letter.waiters) resolve();
  }

  /** Rejects everything that waits. */
  clear(reason: unknown): void {
    for (const { waiters } of this.#letters.splice(0)) for (const { reject } of waiters) reject(reason);
  }

  #wait(letter: WaitingLetter, { resolve, reject }: Waiter, signal: AbortSignal | undefined): void {
    const waiter: Waiter = {
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
      letter.waiters.delete(waiter);
      if (letter.waiters.size === 0) this.#remove(letter);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    letter.waiters.add(waiter);
  }

  #remove(letter: WaitingLetter): void {
    const index = this.#letters.indexOf(letter);
    if (index !== -1) this.#letters.splice(index, 1);
  }
}

/** What goes on the wire; throws when it is no payload, or too long for Discord. */
export function commandText(command: GatewayCommand): string {
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
