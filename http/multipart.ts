/** A file to send along. */
export interface HTTPFile {
  /** The name it will have; referenced ones should keep to `[A-Za-z0-9._-]`. */
  readonly name: string;
  /**
   * What is in it. A `Blob` is sent without being read into memory first. A function is called for each attempt, so
   * that its stream can be sent again.
   */
  readonly data: Blob | Uint8Array | ArrayBuffer | string | (() => ReadableStream<Uint8Array>);
  /** The media type; by default that of the `Blob`, else `application/octet-stream`. */
  readonly contentType?: string | undefined;
}

/** What of a body need not be read to be sent, or read first. */
export type Piece = Uint8Array<ArrayBuffer> | Blob | (() => ReadableStream<Uint8Array>);

/** A form with files, ready to be sent: more than once, and each time the same bytes. */
export interface Multipart {
  /** The media type with the boundary. */
  readonly contentType: string;
  /** What it consists of, in order. */
  readonly pieces: readonly Piece[];
}

/** Media types are plain ASCII: whatever else could end the header and begin another. */
const MEDIA_TYPE = /^[\x20-\x7e]+$/;

/**
 * The JSON and the files in one form (A14.1).
 *
 * Made by hand, since a `FormData` is sent twice as slowly as its bytes, cannot hold a stream, and knows no media type of
 * the JSON.
 */
export function multipartOf(
  json: string | undefined,
  files: readonly (HTTPFile | File)[],
  random: () => number,
): Multipart {
  const boundary = `nextcore${wordOf(random)}${wordOf(random)}`;
  const encoder = new TextEncoder();
  const pieces: Piece[] = [];
  const start = (name: string, fileName: string | undefined, contentType: string): void => {
    const file = fileName === undefined ? "" : `; filename="${escaped(fileName)}"`;
    pieces.push(encoder.encode(
      `${
        pieces.length === 0 ? "" : "\r\n"
      }--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n` +
        `Content-Type: ${contentType}\r\n\r\n`,
    ));
  };
  if (json !== undefined) {
    start("payload_json", undefined, "application/json");
    pieces.push(encoder.encode(json));
  }
  for (const [index, given] of files.entries()) {
    const file: HTTPFile = given instanceof Blob ? { name: given.name, data: given } : given;
    start(`files[${index}]`, checkedName(index, file), mediaTypeOf(index, file));
    pieces.push(pieceOf(index, file, encoder));
  }
  pieces.push(encoder.encode(`\r\n--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, pieces };
}

function checkedName(index: number, { name }: HTTPFile): string {
  if (typeof name === "string" && name !== "") return name;
  throw new TypeError(`Cannot send a request: files[${index}] has no name, give it one`);
}

function mediaTypeOf(index: number, { data, contentType }: HTTPFile): string {
  const type = contentType ?? (data instanceof Blob ? data.type : "");
  if (type === "") return "application/octet-stream";
  if (MEDIA_TYPE.test(type)) return type;
  throw new TypeError(`Cannot send a request: the contentType of files[${index}] is no media type`);
}

/** Bytes are copied: what is sent again later must be what was given now. */
function pieceOf(index: number, { data }: HTTPFile, encoder: TextEncoder): Piece {
  if (data instanceof Blob || typeof data === "function") return data;
  if (typeof data === "string") return encoder.encode(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
  if (ArrayBuffer.isView(data)) {
    const { buffer, byteOffset, byteLength } = data;
    return new Uint8Array(buffer, byteOffset, byteLength).slice();
  }
  throw new TypeError(
    `Cannot send a request: the data of files[${index}] must be a Blob, bytes, text or a function that makes a stream`,
  );
}

/** As browsers do it (https://html.spec.whatwg.org/#multipart-form-data). */
function escaped(fileName: string): string {
  return fileName.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");
}

/** Letters and digits in lower case, since a `Blob` would change others. */
function wordOf(random: () => number): string {
  return Math.floor(random() * 36 ** 10).toString(36).padStart(10, "0");
}
