import type { Inflater, InflaterFactory, TransportCompression } from "./inflater.ts";
import { NodeInflater } from "./node_inflater.ts";
import { hasNodeInflater, isNode, isZstdDeadly } from "./node_zlib.ts";
import { StreamInflater } from "./stream_inflater.ts";
import { canInflateNow, SyncInflater } from "./sync_inflater.ts";

/**
 * All formats, the preferred one first.
 *
 * zstd-stream is second: measured on Deno with messages of 800 bytes it inflates no faster one by one (7.9 µs a message,
 * zlib 8.7) and takes about 2 MB more of memory for each connection, as its window is that much larger.
 */
const FORMATS: readonly TransportCompression[] = ["zlib-stream", "zstd-stream"];

/**
 * A stream of two messages, `{"op":10` and `}`, in each format. Of zlib the second leans on the context of the first, in
 * zstd the frame does not end.
 */
const PROBES: Readonly<Record<TransportCompression, readonly (readonly number[])[]>> = {
  "zlib-stream": [
    [120, 156, 170, 86, 202, 47, 80, 178, 50, 52, 0, 0, 0, 0, 255, 255],
    [170, 5, 0, 0, 0, 255, 255],
  ],
  "zstd-stream": [
    [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 64, 0, 0, 123, 34, 111, 112, 34, 58, 49, 48],
    [8, 0, 0, 125],
  ],
};
const PROBED: readonly string[] = ['{"op":10', "}"];

/** Whether `value` names a format at all, of this runtime or not. */
export function isTransportCompression(value: unknown): value is TransportCompression {
  return FORMATS.some((format) => format === value);
}

/**
 * The inflater that this runtime has for the format.
 *
 * Throws a `TypeError` when it has none, and for a format that is none.
 */
export function createInflater(format: TransportCompression): Inflater {
  if (!isTransportCompression(format)) {
    throw new TypeError(`A compression must be one of ${FORMATS.join(", ")}: got ${JSON.stringify(format)}`);
  }
  if (format === "zlib-stream") {
    // Before and after, in µs of CPU an event, over those of a client that does nothing but inflate and parse: Node 2.0 and
    // 1.06; Deno, whose DecompressionStream takes an await a frame, 1.3 and 1.2, with 16 shards 1.8 and 1.2. It also keeps
    // less: 48 kB for each connection on Deno, and not 93.
    if (canInflateNow()) return new SyncInflater();
    // Node's stream hands a message out some turns late (Z-9).
    return isNode() && hasNodeInflater("createInflate")
      ? new NodeInflater("createInflate")
      : new StreamInflater();
  }
  if (!hasNodeInflater("createZstdDecompress")) {
    throw new TypeError("This runtime can't inflate zstd-stream: use zlib-stream, or bring an inflater");
  }
  return new NodeInflater("createZstdDecompress");
}

/**
 * Whether an inflater gives each message as soon as all of it has come: by default, the one that this runtime has.
 *
 * Nothing promises it (Z-9), so it is tried with a stream of two messages. Where it is `false`, connect with another
 * compression or with none: before the URL is built (Z-10).
 *
 * @example
 * ```ts
 * import { canInflate } from "@nextsnake/nextcore";
 *
 * console.log(await canInflate("zlib-stream")); // true
 * ```
 */
export async function canInflate(
  format: TransportCompression,
  create: InflaterFactory = createInflater,
): Promise<boolean> {
  let inflater: Inflater | undefined;
  try {
    inflater = create(format);
    for (const [index, frame] of PROBES[format].entries()) {
      const inflated = inflater.inflate(Uint8Array.from(frame));
      const message = inflated instanceof Uint8Array ? inflated : await inflated; // No await before it is read.
      if (new TextDecoder().decode(message) !== PROBED[index]) return false;
    }
    return true;
  } catch {
    return false;
  } finally {
    inflater?.close();
  }
}

/** The wanted format, or else the best, of those that can be inflated here; `undefined` when that is none. */
export async function chooseCompression(
  wanted: TransportCompression | undefined,
  create: InflaterFactory = createInflater,
): Promise<TransportCompression | undefined> {
  for (const format of new Set(wanted === undefined ? FORMATS : [wanted, ...FORMATS])) {
    if (format === "zstd-stream" && create === createInflater && isZstdDeadly()) continue;
    if (await canInflate(format, create)) return format;
  }
  return undefined;
}
