import { ignore } from "./ignore.ts";
import type { Inflater } from "./inflater.ts";
import { joinedBytes } from "./joined_bytes.ts";
import { createNodeStream, nodeZlib, type NodeZlibStream } from "./node_zlib.ts";

/** All that the bytes so far yield, at once: `Z_SYNC_FLUSH`. */
const SYNC_FLUSH = 2;
/** Where output goes. One for all inflaters: what is in it is read, or copied, before anybody else writes. */
const OUTPUT = new Uint8Array(65_536);
/** The stream around the handle wants a buffer of its own, which nobody uses: this is the smallest. */
const UNUSED_BYTES = 64;
/** zlib: `{"op":10` and then `}`, which leans on it. */
const PROBES = [
  Uint8Array.of(120, 156, 170, 86, 202, 47, 80, 178, 50, 52, 0, 0, 0, 0, 255, 255),
  Uint8Array.of(170, 5, 0, 0, 0, 255, 255),
] as const;
const PROBED: readonly string[] = ['{"op":10', "}"];
/** A call that fills its output for ever is of another make. */
const PROBE_LIMIT = 1_000;
const CORRUPT = Uint8Array.of(255, 254, 222, 173);

/** What is below a stream of `node:zlib`: not documented, and there for as long as Node has had synchronous calls. */
interface Handle {
  onerror: (message: string) => void;
  /** Writes how much room of the output, and how much of the input, is left into the state. */
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

/** A stream with a handle, and the state that the handle writes. */
interface OpenStream extends NodeZlibStream {
  readonly _handle: Handle;
  readonly _writeState: Uint32Array;
}

/**
 * Inflates by the call that `inflateSync` itself is made of: what it gives is there when it returns, and no promise,
 * thread, stream or new buffer takes part.
 */
export class SyncInflater implements Inflater {
  readonly #stream: OpenStream;
  #failure: { readonly reason: unknown } | undefined;

  /** Throws a `TypeError` where the runtime has no such inflater, or one of another make. */
  constructor() {
    const stream = createNodeStream("createInflate", { chunkSize: UNUSED_BYTES });
    stream.on("error", ignore);
    if (!isOpen(stream)) {
      stream.destroy();
      throw new TypeError("The zlib of this runtime can't be called synchronously");
    }
    this.#stream = stream;
    stream._handle.onerror = () => this.#failure ??= { reason: new TypeError("The data is corrupt") };
  }

  /** Gives what `bytes` yield: good until the next call of any inflater. */
  inflate(bytes: Uint8Array, limitBytes: number = Infinity): Uint8Array {
    this.#check();
    try {
      const length = this.#write(bytes, 0);
      // Most messages fit.
      const inflated = length < OUTPUT.length
        ? OUTPUT.subarray(0, length)
        : this.#inflateMore(bytes, limitBytes);
      if (inflated.length > limitBytes) throw new RangeError(`More than ${limitBytes} bytes came out`);
      // A stream of the gateway never ends; one that has takes nothing in any more.
      if (this.#leftOver > 0) throw new TypeError("The compressed stream has ended");
      return inflated;
    } catch (reason) {
      this.#end(reason);
      throw reason;
    }
  }

  /** Frees what it holds. */
  close(): void {
    this.#end(new TypeError("The inflater is closed"));
  }

  /** How many of the bytes that went in last have not been taken. */
  get #leftOver(): number {
    return this.#stream._writeState[1] ?? 0;
  }

  /** The output is full: the rest comes piece by piece, and no more than may come. */
  #inflateMore(bytes: Uint8Array, limitBytes: number): Uint8Array {
    const pieces = [OUTPUT.slice()];
    for (let length = OUTPUT.length, last = length; last === OUTPUT.length && length <= limitBytes;) {
      last = this.#write(bytes, bytes.length - this.#leftOver);
      length += last;
      pieces.push(OUTPUT.slice(0, last));
    }
    return joinedBytes(pieces);
  }

  /** Puts in what is there from `start` on; how much came out. */
  #write(bytes: Uint8Array, start: number): number {
    const { _handle: handle, _writeState: state } = this.#stream;
    handle.writeSync(SYNC_FLUSH, bytes, start, bytes.length - start, OUTPUT, 0, OUTPUT.length);
    this.#check();
    return OUTPUT.length - (state[0] ?? 0);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  #end(reason: unknown): void {
    this.#failure ??= { reason };
    this.#stream.destroy(); // Also where the handle has told of the fault before.
  }
}

/** What was found out about a runtime's zlib: to try it takes as long as five inflaters. */
const verdicts = new WeakMap<object, boolean>();

/**
 * Whether there is a {@linkcode SyncInflater} that does what it should: what it relies on is not documented, so it is
 * tried out, once.
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
    inflater = new SyncInflater();
    for (const bytes of PROBES) texts.push(new TextDecoder().decode(inflater.inflate(bytes, PROBE_LIMIT)));
    inflater.inflate(CORRUPT);
    return false;
  } catch {
    return texts.length === PROBED.length && texts.every((text, index) => text === PROBED[index]);
  } finally {
    inflater?.close();
  }
}

function isOpen(stream: NodeZlibStream): stream is OpenStream {
  const handle: unknown = Reflect.get(stream, "_handle");
  const isHandle = typeof handle === "object" && handle !== null &&
    typeof Reflect.get(handle, "writeSync") === "function";
  return isHandle && Reflect.get(stream, "_writeState") instanceof Uint32Array;
}
