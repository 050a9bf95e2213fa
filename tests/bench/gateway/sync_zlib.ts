import { Buffer } from "node:buffer";
import { constants, createDeflateRaw, createInflate } from "node:zlib";

/** What is used of the runtime's private zlib handle: a write that is over when it returns. */
interface Handle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void;
}

/** One for all: what is in it is used before anybody else writes. */
const OUTPUT: Buffer = Buffer.alloc(2 ** 18);

/**
 * zlib without a thread pool and without a promise: nothing is cheaper in Deno, Node and Bun. Private, so only for a
 * bench: what goes wrong is not seen.
 */
export class SyncZlib {
  readonly #handle: Handle;
  /** How much room is left in the output, and how much of the input. */
  readonly #state: Uint32Array;

  constructor(kind: "inflate" | "deflateRaw") {
    const stream: object = kind === "inflate" ? createInflate() : createDeflateRaw();
    this.#handle = Reflect.get(stream, "_handle");
    this.#state = Reflect.get(stream, "_writeState");
    if (typeof this.#handle?.writeSync !== "function" || !(this.#state instanceof Uint32Array)) {
      throw new TypeError("The zlib of this runtime has changed: the bench needs its handle");
    }
  }

  /** What `input` yields, up to a flush; good until the next call of any. */
  write(input: Uint8Array): Uint8Array {
    const output = OUTPUT;
    this.#handle.writeSync(constants.Z_SYNC_FLUSH, input, 0, input.length, output, 0, output.length);
    const [room = 0, left = 0] = this.#state;
    if (room > 0) return output.subarray(0, output.length - room);
    return this.#more(input, left);
  }

  #more(input: Uint8Array, remaining: number): Uint8Array {
    const output = OUTPUT;
    const pieces = [Buffer.from(output)];
    for (let room = 0, left = remaining; room === 0;) {
      this.#handle.writeSync(
        constants.Z_SYNC_FLUSH,
        input,
        input.length - left,
        left,
        output,
        0,
        output.length,
      );
      [room = 0, left = 0] = this.#state;
      pieces.push(Buffer.from(output.subarray(0, output.length - room)));
    }
    return Buffer.concat(pieces);
  }
}
