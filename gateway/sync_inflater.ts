import { ignore } from "./ignore.ts";
import type { Inflater } from "./inflater.ts";
import { joinedBytes } from "./joined_bytes.ts";
import { createNodeStream, type NodeInflaterKind, nodeZlib, type NodeZlibStream } from "./node_zlib.ts";

/** The least that a stream may be made with. */
const LEAST_CHUNK_BYTES = 64;
/** Output comes in pieces of this size. */
const CHUNK_BYTES = 65_536;
/**
 * Where all inflaters of a zlib put their output: what one gives is used before another is called. Room of its own, which
 * can be no larger then, took 4.3 of the 13 kB of JavaScript that an idle shard had. It is that of the first stream, as
 * streams make it: of another kind of array, zlib would give copies.
 */
const rooms = new WeakMap<object, Uint8Array>();
/** So much goes in at a time: 65 536 bytes are 64 MiB at most when they come out. */
const SLICE_BYTES = 65_536;
/** All that the bytes so far yield, at once. */
const SYNC_FLUSH: Readonly<Record<NodeInflaterKind, number>> = { createInflate: 2, createZstdDecompress: 1 };
/** zlib: `{"op":10` and then `}`, which leans on it. */
const PROBES = [
  Uint8Array.of(120, 156, 170, 86, 202, 47, 80, 178, 50, 52, 0, 0, 0, 0, 255, 255),
  Uint8Array.of(170, 5, 0, 0, 0, 255, 255),
] as const;
const PROBED: readonly string[] = ['{"op":10', "}"];
const CORRUPT = Uint8Array.of(255, 254, 222, 173);

/** What streams of `node:zlib` have besides: not documented, and there for as long as Node has had them. */
interface OpenStream extends NodeZlibStream {
  on: NodeZlibStream["on"];
  _handle: { close(): void } | null;
  readonly bytesWritten: number;
  _outBuffer: Uint8Array;
  _chunkSize: number;
  _processChunk(bytes: Uint8Array, flush: number): Uint8Array;
}

/**
 * Inflates by the call that `inflateSync` itself is made of: what it gives is there when it returns, and no promise,
 * thread or stream takes part.
 */
export class SyncInflater implements Inflater {
  readonly #stream: OpenStream;
  readonly #handle: { close(): void };
  readonly #close: () => void;
  readonly #flush: number;
  #failure: { readonly reason: unknown } | undefined;

  /** Throws a `TypeError` where the runtime has no such inflater, or one of another make. */
  constructor(kind: NodeInflaterKind) {
    const zlib = nodeZlib();
    const room = zlib && rooms.get(zlib);
    const stream = createNodeStream(kind, {
      chunkSize: room === undefined ? CHUNK_BYTES : LEAST_CHUNK_BYTES,
    });
    if (!isOpen(stream) || stream._handle === null) {
      stream.destroy();
      throw new TypeError(`The ${kind} of this runtime can't be called synchronously`);
    }
    this.#stream = stream;
    this.#handle = stream._handle;
    this.#close = this.#handle.close.bind(this.#handle);
    this.#flush = SYNC_FLUSH[kind];
    if (room !== undefined) {
      stream._outBuffer = room;
      stream._chunkSize = CHUNK_BYTES;
    } else if (zlib !== undefined) rooms.set(zlib, stream._outBuffer);
    stream.on("error", ignore); // A fault is thrown as well.
    stream.on = ignore; // Each call would add a listener.
    this.#handle.close = ignore; // Each call takes itself for the last.
  }

  /** Gives what `bytes` yield: good until the next call of any of these. */
  inflate(bytes: Uint8Array, limitBytes: number = Infinity): Uint8Array {
    if (this.#failure !== undefined) throw this.#failure.reason;
    try {
      if (bytes.length <= SLICE_BYTES) return this.#inflatePiece(bytes, limitBytes);
      return this.#inflateSlices(bytes, limitBytes);
    } catch (reason) {
      this.#end(reason);
      throw reason;
    }
  }

  /** Frees what it holds. */
  close(): void {
    this.#end(new TypeError("The inflater is closed"));
  }

  #inflatePiece(bytes: Uint8Array, limitBytes: number): Uint8Array {
    const stream = this.#stream;
    let inflated;
    try {
      inflated = stream._processChunk(bytes, this.#flush);
    } catch (cause) {
      throw new TypeError("The data is corrupt", { cause });
    }
    stream._handle = this.#handle;
    if (inflated.length > limitBytes) throw new RangeError(`More than ${limitBytes} bytes came out`);
    // A stream of the gateway never ends; one that has takes nothing in any more.
    if (stream.bytesWritten !== bytes.length) throw new TypeError("The compressed stream has ended");
    return inflated;
  }

  /** What goes in at once may come out a thousand times longer: so it goes in little by little. */
  #inflateSlices(bytes: Uint8Array, limitBytes: number): Uint8Array {
    const pieces: Uint8Array[] = [];
    for (let start = 0, length = 0; start < bytes.length; start += SLICE_BYTES) {
      const piece = this.#inflatePiece(bytes.subarray(start, start + SLICE_BYTES), limitBytes - length);
      pieces.push(new Uint8Array(piece));
      length += piece.length;
    }
    return joinedBytes(pieces);
  }

  #end(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { reason };
    this.#close();
  }
}

/** What was found out about a runtime's zlib: to try it takes as long as five inflaters. */
const verdicts = new WeakMap<object, boolean>();

/**
 * Whether there is a {@linkcode SyncInflater} for zlib that does what it should: what it relies on is not documented, so it
 * is tried out, once.
 */
export function canInflateNow(): boolean {
  const zlib = nodeZlib();
  if (zlib === undefined) return false;
  const isAble = verdicts.get(zlib) ?? tryOut();
  verdicts.set(zlib, isAble);
  return isAble;
}

function tryOut(): boolean {
  let inflater: SyncInflater | undefined;
  const texts: string[] = [];
  try {
    inflater = new SyncInflater("createInflate");
    for (const bytes of PROBES) texts.push(new TextDecoder().decode(inflater.inflate(bytes)));
    inflater.inflate(CORRUPT);
    return false;
  } catch {
    return texts.length === PROBED.length && texts.every((text, index) => text === PROBED[index]);
  } finally {
    inflater?.close();
  }
}

function isOpen(stream: NodeZlibStream): stream is OpenStream {
  return "_processChunk" in stream && typeof stream._processChunk === "function" && "_handle" in stream &&
    typeof stream._handle === "object" && "_outBuffer" in stream && stream._outBuffer instanceof Uint8Array &&
    "_chunkSize" in stream && "bytesWritten" in stream && typeof stream.bytesWritten === "number";
}
