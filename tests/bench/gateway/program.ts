import { PREFIX } from "./orders.ts";

/** Who says nothing for longer has met a fault of the bench. */
const PATIENCE_MS = 120_000;

/** A process of the bench: it is told what to do line by line, answers so, and ends with its input. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    this.#child = new Deno.Command(command, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** What it says next; rejects when it ends, or says nothing. */
  async answer<Answer>(patienceMs: number = PATIENCE_MS): Promise<Answer> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#kill();
    }, patienceMs);
    try {
      for (;;) {
        const { value, done } = await this.#lines.next();
        if (done === true) {
          throw new Error(isLate ? `it said nothing for ${patienceMs} ms` : "its process has ended");
        }
        if (value.startsWith(PREFIX)) return JSON.parse(value.slice(PREFIX.length));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tells it something. */
  async tell(order: object): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    await this.#child.status;
    await this.#writer.abort().catch(() => {});
    await this.#lines.return?.();
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  }
}

async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let begun = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (begun + text).split("\n");
    begun = lines.pop() ?? "";
    yield* lines;
  }
}
