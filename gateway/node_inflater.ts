import type { Inflater } from "./inflater.ts";
import { joinedBytes } from "./joined_bytes.ts";

/** What is needed of a stream of `node:zlib`. */
interface NodeZlibStream {
  readonly errored?: unknown;
  on(event: string, listener: (value?: unknown) => void): unknown;
  write(bytes: Uint8Array, callback: (error?: unknown) => void): unknown;
  read(): unknown;
  destroy(): unknown;
}

/** The inflating half of `node:zlib`; old versions lack a part of it. */
interface NodeZlib {
  readonly createInflate?: () => NodeZlibStream;
  readonly createZstdDecompress?: () => NodeZlibStream;
}

/** An inflater that `node:zlib` may have. */
export type NodeInflaterKind = keyof NodeZlib;

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
    const create = nodeZlib()?.[kind];
    if (create === undefined) throw new TypeError(`This runtime has no ${kind} of node:zlib`);
    this.#stream = create();
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

/** Whether this runtime has an inflater in `node:zlib`. */
export function hasNodeInflater(kind: NodeInflaterKind): boolean {
  return typeof nodeZlib()?.[kind] === "function";
}

/** Whether this is Node itself, not a runtime that has its modules. */
export function isNode(): boolean {
  const versions = globalProcess()?.versions ?? {};
  return "node" in versions && !("deno" in versions) && !("bun" in versions);
}

interface NodeProcess {
  readonly versions?: object;
  readonly getBuiltinModule?: (name: string) => unknown;
}

/** The one place that asks for something which not every runtime has. No import: a bundle for browsers stays whole. */
function globalProcess(): NodeProcess | undefined {
  const found: unknown = Reflect.get(globalThis, "process");
  return typeof found === "object" && found !== null ? found : undefined;
}

function nodeZlib(): NodeZlib | undefined {
  const found = globalProcess()?.getBuiltinModule?.("node:zlib");
  return typeof found === "object" && found !== null ? found : undefined;
}

/**
 * Whether corrupt zstd ends the process: in Deno 2.9 the stream of `node:zlib` throws past all handlers when the fault
 * comes after more output than one of its chunks holds.
 */
export function isZstdDeadly(): boolean {
  return "deno" in (globalProcess()?.versions ?? {});
}
