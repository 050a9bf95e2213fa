/**
 * What Redis answers, read with care: clients differ in the shapes they give (RESP2, RESP3, buffers), and a proxy may answer
 * anything. Each function throws a `TypeError` on what it can't be.
 *
 * @module
 */

const decoder = new TextDecoder();

/** A text; numbers and bytes count as such. */
export function textIn(reply: unknown): string {
  if (typeof reply === "string") return reply;
  if (typeof reply === "number" || typeof reply === "bigint") return String(reply);
  if (reply instanceof Uint8Array) return decoder.decode(reply);
  throw new TypeError(`Redis answered ${shapeOf(reply)} where a text was due`);
}

/** A text, or `undefined` for nothing. */
export function textOrNone(reply: unknown): string | undefined {
  return reply === null || reply === undefined || reply === false ? undefined : textIn(reply);
}

/** A whole number that a double can hold. */
export function integerIn(reply: unknown): number {
  const value = Number(textIn(reply));
  if (!Number.isSafeInteger(value)) {
    throw new TypeError(`Redis answered "${textIn(reply)}" where an integer was due`);
  }
  return value;
}

/** A list; nothing counts as an empty one. */
export function listIn(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  if (reply === null || reply === undefined) return [];
  if (reply instanceof Set) return [...reply];
  throw new TypeError(`Redis answered ${shapeOf(reply)} where a list was due`);
}

/** Keys and values: of a map, an object, a list of pairs, or a flat list. */
export function pairsIn(reply: unknown): readonly (readonly [string, unknown])[] {
  if (reply instanceof Map) return [...reply].map(([key, value]) => [textIn(key), value] as const);
  if (
    typeof reply === "object" && reply !== null && !Array.isArray(reply) && !(reply instanceof Uint8Array)
  ) {
    return Object.entries(reply);
  }
  const list = listIn(reply);
  if (list.length > 0 && list.every((item) => Array.isArray(item) && item.length === 2)) {
    return list.map((item) => [textIn(listIn(item)[0]), listIn(item)[1]] as const);
  }
  if (list.length % 2 !== 0) throw new TypeError("Redis answered an odd list where keys and values were due");
  return Array.from(
    { length: list.length / 2 },
    (_, at) => [textIn(list[2 * at]), list[2 * at + 1]] as const,
  );
}

/** The id of an entry of a stream, in its two parts. */
export interface EntryId {
  /** The part before the dash: the fence of who wrote it. */
  readonly fence: number;
  /** The part after it: the sequence number of the event. */
  readonly sequence: number;
}

/** The two parts of an id. */
export function entryIdIn(reply: unknown): EntryId {
  const [fence = "", sequence = ""] = textIn(reply).split("-");
  return { fence: integerIn(fence), sequence: integerIn(sequence) };
}

/** An entry of a stream, as our own streams have them: one field. */
export interface StreamEntry {
  /** Its id. */
  readonly id: string;
  /** The name of the event; `undefined` when the entry is gone, or none of ours. */
  readonly name: string | undefined;
  /** What was received. */
  readonly text: string;
}

/** One entry. */
export function entryIn(reply: unknown): StreamEntry {
  const [id, fields] = listIn(reply);
  // As nearly all come: quickly.
  if (Array.isArray(fields) && fields.length === 2 && typeof fields[0] === "string") {
    return { id: textIn(id), name: fields[0], text: textIn(fields[1]) };
  }
  const [first] = fields === null || fields === undefined ? [] : pairsIn(fields);
  return { id: textIn(id), name: first?.[0], text: first === undefined ? "" : textIn(first[1]) };
}

/** What is written by hand in JSON; `undefined` when it is no object. */
export function recordIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function shapeOf(reply: unknown): string {
  return reply === null ? "nothing" : Array.isArray(reply) ? "a list" : `something of type ${typeof reply}`;
}
