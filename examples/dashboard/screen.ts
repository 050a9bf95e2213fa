/** What a {@linkcode Screen} writes to. */
export interface Terminal {
  writeSync(bytes: Uint8Array): number;
}

const OPEN = "\x1b[?1049h\x1b[?25l"; // the other screen, no cursor
const CLOSE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const REST_OF_LINE = "\x1b[K";
const REST_OF_SCREEN = "\x1b[J";

/** The other screen of a terminal: dispose of it, and all is as it was before. */
export class Screen implements Disposable {
  readonly #terminal: Terminal;
  readonly #restore = (): void => this[Symbol.dispose]();
  #isOpen = true;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#write(OPEN);
    // Also when the program ends in another way.
    globalThis.addEventListener("unload", this.#restore);
  }

  /** Shows these lines, in place of those before. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    this.#write(HOME + lines.map((line) => line + REST_OF_LINE).join("\r\n") + REST_OF_SCREEN);
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    globalThis.removeEventListener("unload", this.#restore);
    this.#write(CLOSE);
  }

  #write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += this.#terminal.writeSync(bytes.subarray(at));
  }
}
