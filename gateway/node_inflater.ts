import type { Inflater } from "./inflater.ts";
import { joinedBytes } from "./joined_bytes.ts";
import { createNodeStream, type NodeInflaterKind, type NodeZlibStream } from "./node_zlib.ts";

/**
 * Inflates by `node:zlib`, as Node, Deno and Bun have it built in.
 *
 * One write is under way at a time: of several, Deno gives all output with the first.
 */
export class NodeInflater implements Inflater {
  readonly #stream: NodeZlibStream;
  #pieces: Uint8Array[] = [];
  #length = 0;
  #limitBytes = Infinity;
  #pending: PromiseWithResolvers<Uint8Array> | undefined;
  #failure: { readonly reason: unknown } | undefined;

  /** Throws a `TypeError` where the runtime has no such inflater. */
  constructor(kind: NodeInflaterKind) {
    this.#stream = createNodeStream(kind);
    this.#stream.on("data", (piece) => piece instanceof Uint8Array && this.#collect(piece));
    this.#stream.on("error", (reason) => this.#fail(reason));
    // A stream of the gateway never ends; and once one has, its writes are not answered any more.
    this.#stream.on("end", () => this.#fail(new TypeError("The compressed stream has ended")));
  }

  /** Gives what `bytes` yield; leave their buffer alone until then. */
  inflate(bytes: Uint8Array, limitBytes: number = Infinity): Promise<Uint8Array> {
    this.#limitBytes = limitBytes;
    if (this.#failure !== undefined) return Promise.reject(this.#failure.reason);
    const pending = Promise.withResolvers<Uint8Array>();
    this.#pending = pending;
    this.#stream.write(bytes, (error) => {
      const failure = error ?? this.#stream.errored; // Deno calls a write done that has failed.
      if (failure) this.#fail(failure);
      else this.#written(pending);
    });
    return pending.promise;
  }

  /** Frees the stream; what is under way rejects. */
  close(): void {
    this.#fail(new TypeError("The inflater is closed"));
    this.#stream.destroy();
    this.#pieces = [];
  }

  #collect(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#length <= this.#limitBytes) {
      this.#pieces.push(piece);
      return;
    }
    this.#fail(new RangeError(`More than ${this.#limitBytes} bytes came out`));
    this.#pieces = [];
    this.#stream.destroy();
  }

  #written(pending: PromiseWithResolvers<Uint8Array>): void {
    while (this.#stream.read() !== null); // What the stream still keeps comes as "data", too.
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#length = 0;
    pending.resolve(joinedBytes(pieces));
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#pending?.reject(this.#failure.reason);
  }
}
