/** A process of our own, spoken to by lines. */
export class Child {
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  /** Starts `file` (beside this one) with the same permissions. */
  constructor(file: string, plan: unknown) {
    const url = new URL(file, import.meta.url).href;
    this.#process = new Deno.Command("deno", {
      args: ["run", "--quiet", "-A", "--no-check", url, JSON.stringify(plan)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = linesOf(this.#process.stdout);
    this.#input = this.#process.stdin.getWriter();
  }

  /** The next line, as JSON. */
  async read<Value>(): Promise<Value> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The process has ended without a word");
    return JSON.parse(value);
  }

  /** Lets it go on. */
  async proceed(): Promise<void> {
    await this.#input.write(new TextEncoder().encode("\n"));
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#process.status;
  }

  /** Asks it to end, and waits for that. */
  async end(): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.status;
  }

  /** Stops it where it is, and lets it go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    this.#process.kill(name);
  }
}

/** The lines of a stream of bytes. */
export async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
