import { TextLineStream } from "@std/streams";
import { sleep, systemClock } from "../../../clock.ts";
import { PEERS_CONFIG } from "./peers.ts";
import type { Measures, Row } from "./row.ts";

/** Who waits longer than this for a contestant has met a fault of the bench. */
const PATIENCE_MS = 60_000;
/** Limits are counted by seconds: within one, contestants begin one after the other. */
const SECOND_MS = 1000;

/** A program of this folder in a process of its own, as far as it is read line by line. */
class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor(file: string, args: readonly string[]) {
    this.#child = new Deno.Command("deno", {
      args: [
        "run",
        "--no-lock",
        `--config=${PEERS_CONFIG}`,
        // Nothing of a bench may reach Discord.
        "--allow-net=127.0.0.1",
        "--allow-read",
        "--allow-env",
        "--allow-sys",
        "--v8-flags=--expose-gc",
        decodeURIComponent(new URL(file, import.meta.url).pathname),
        ...args,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
      .getReader();
  }

  /** What it prints next. */
  async line(): Promise<string> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE_MS);
    const { value } = await this.#lines.read();
    clearTimeout(timer);
    if (value === undefined) throw new Error("A process of the bench has ended before it had said all");
    return value;
  }

  /** Lets it go on. */
  async go(): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("\n"));
    await writer.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#lines.cancel();
  }
}

/** One contestant's measures of one row. */
export interface Contest {
  readonly row: Row;
  readonly contestant: string;
  readonly measures: Measures;
}

/** A server for each contestant, and what is measured against it. */
export class Arena implements AsyncDisposable {
  readonly #servers: readonly Program[];
  readonly #origins: ReadonlyMap<string, string>;

  private constructor(servers: readonly Program[], origins: ReadonlyMap<string, string>) {
    this.#servers = servers;
    this.#origins = origins;
  }

  /** Starts the servers. */
  static async open(contestants: readonly string[]): Promise<Arena> {
    const servers = contestants.map(() => new Program("server_process.ts", []));
    const origins = await Promise.all(servers.map((server) => server.line()));
    return new Arena(servers, new Map(contestants.map((name, index) => [name, origins[index] ?? ""])));
  }

  /** Measures all contestants at all rows, beside each other: each in its own process and its own world. */
  async measure(
    rows: readonly Row[],
    contestants: readonly string[],
    seed: number,
  ): Promise<readonly Contest[]> {
    const entries = rows.flatMap((row) => contestants.map((contestant) => ({ row, contestant })));
    await using stack = new AsyncDisposableStack();
    const started = await Promise.all(entries.map(async ({ row, contestant }) => {
      const origin = this.#origins.get(contestant) ?? "";
      const world = await createWorld(origin, row, seed);
      const program = new Program("contestant_process.ts", [contestant, row.name, origin, world]);
      stack.use(program);
      await program.line(); // ready
      return { row, contestant, program };
    }));
    return await Promise.all(started.map(async ({ row, contestant, program }, index) => {
      await sleep(systemClock, index * SECOND_MS / started.length);
      await program.go();
      const measures: Measures = await program.line().then(JSON.parse, (error) => {
        console.error(`${contestant} has not got through ${row.name}: ${error.message}`);
        return {};
      });
      return { row, contestant, measures };
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server[Symbol.asyncDispose]()));
  }
}

async function createWorld(origin: string, row: Row, seed: number): Promise<string> {
  const response = await fetch(`${origin}/worlds`, { method: "POST", body: JSON.stringify(row.rules(seed)) });
  return await response.text();
}
