import { constants, deflateRawSync } from "node:zlib";
import { serverFrame } from "./frames.ts";
import { SyncZlib } from "./sync_zlib.ts";
import { type Totals, Traffic } from "./traffic.ts";

/** How a connection wants its messages. */
export type Format = "zlib-stream" | "none";

/** The first bytes of zlib data: what follows is made without, so that pieces can be put together. */
const ZLIB_HEADER = Uint8Array.of(0x78, 0x9c);
/** The sequence number of READY; events follow. */
const READY_SEQUENCE = 1;

/** Events in a row, as frames ready to send. */
export interface Piece {
  readonly totals: Totals;
  /** Bytes of JSON, and of what goes over the wire besides frame headers. */
  readonly jsonBytes: number;
  /** Each message in one frame. */
  framesOf(format: Format): readonly Uint8Array[];
}

/**
 * Events in pieces, made once.
 *
 * A piece is compressed with one context of its own, which begins empty. So it can follow anything on a connection that
 * is flushed: the answer to a heartbeat between two pieces harms none. Sequence numbers go on from piece to piece.
 */
export function createPieces(sizes: readonly number[], seed: number): readonly Piece[] {
  const traffic = new Traffic(seed);
  let sequence = READY_SEQUENCE;
  return sizes.map((size) => {
    const texts: string[] = [];
    const totals = { events: size, messages: 0, characters: 0 };
    while (texts.length < size) {
      const { t, d } = traffic.next();
      sequence += 1;
      texts.push(`{"t":${JSON.stringify(t)},"s":${sequence},"op":0,"d":${JSON.stringify(d)}}`);
      if (t !== "MESSAGE_CREATE") continue;
      totals.messages += 1;
      totals.characters += String(d["content"]).length;
    }
    return createPiece(texts, totals);
  });
}

function createPiece(texts: readonly string[], totals: Totals): Piece {
  const encoder = new TextEncoder();
  const messages = texts.map((text) => encoder.encode(text));
  const made = new Map<Format, readonly Uint8Array[]>();
  return {
    totals,
    jsonBytes: messages.reduce((sum, { length }) => sum + length, 0),
    framesOf(format): readonly Uint8Array[] {
      const frames = made.get(format) ?? encode(messages, format);
      made.set(format, frames);
      return frames;
    },
  };
}

/** A message as a frame that can follow anything; `isFirst` for the first of a connection. */
export function frameOf(message: Uint8Array, format: Format, isFirst: boolean): Uint8Array {
  if (format === "none") return serverFrame("text", message);
  const bytes = deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH });
  return serverFrame("binary", isFirst ? ZLIB_HEADER : new Uint8Array(), bytes);
}

function encode(messages: readonly Uint8Array[], format: Format): readonly Uint8Array[] {
  if (format === "none") return messages.map((message) => serverFrame("text", message));
  const zlib = new SyncZlib("deflateRaw");
  return messages.map((message) => serverFrame("binary", zlib.write(message)));
}
