/**
 * A bot in a process of its own, with nobody's code but its library's and its own.
 *
 * Every bot takes the API's base URL (with the version) and the token as arguments, answers a message that starts with
 * `ping` by `pong to ` and the message and a slash command by `pong to /` and its name, and prints a line for what happens to it: `ready`, `message <content>`,
 * `resumed`, `error <text>`.
 *
 * @module
 */

import { deadline } from "@std/async";
import { TextLineStream } from "@std/streams";
import type { Simulator } from "../../testing/mod.ts";

const PATIENCE_MS = 20_000;

/** A running bot. */
export class BotProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #seen: string[] = [];
  readonly #reading: Promise<void>;
  #wake: (() => void) | undefined;
  #isOver = false;

  /** Starts `script`, a file beside this one, as a bot of `discord`. */
  constructor(script: string, discord: Simulator) {
    this.#child = new Deno.Command("deno", {
      args: ["run", "-A", new URL(script, import.meta.url).href, discord.baseUrl, discord.token],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#reading = this.#read();
  }

  /** Waits until the bot has printed `line`. */
  line(line: string): Promise<void> {
    return deadline(this.#line(line), PATIENCE_MS);
  }

  /** How often the bot has printed `line`. */
  count(line: string): number {
    return this.#seen.filter((seen) => seen === line).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.#child.kill("SIGKILL");
    await Promise.all([this.#reading, this.#child.status]);
  }

  async #line(line: string): Promise<void> {
    while (!this.#seen.includes(line)) {
      if (this.#isOver) {
        throw new Error(`The bot ended before it printed "${line}": ${this.#seen.join(", ")}`);
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async #read(): Promise<void> {
    const lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) {
      this.#seen.push(line);
      this.#wake?.();
    }
    this.#isOver = true;
    this.#wake?.();
  }
}
