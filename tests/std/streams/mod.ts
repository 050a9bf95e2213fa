/**
 * A stand-in of our own for `@std/streams`: the functions that tests and examples use, with the same names, parameters
 * and meaning, so that they run where JSR cannot be reached.
 *
 * @module
 */

/** The whole text of a stream of strings or of UTF-8 bytes. */
export async function toText(stream: ReadableStream<string> | ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += typeof part.value === "string" ? part.value : decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

/** Cuts text into lines, at `\n` or `\r\n`; what follows the last line break is a line when it is not empty. */
export class TextLineStream extends TransformStream<string, string> {
  /** Takes no options: a lone `\r` ends no line. */
  constructor() {
    let pending = "";
    super({
      transform(chunk, controller): void {
        const lines = (pending + chunk).split("\n");
        pending = lines.pop() ?? "";
        for (const line of lines) controller.enqueue(line.endsWith("\r") ? line.slice(0, -1) : line);
      },
      flush(controller): void {
        if (pending !== "") controller.enqueue(pending);
      },
    });
  }
}
