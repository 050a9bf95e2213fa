/**
 * Other programs: npm, the runtimes that it brings, and the process of the simulators.
 *
 * @module
 */
import { assertEquals } from "@std/assert";

/** What a program has said, and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface RunOptions {
  readonly cwd?: string | URL;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** How long a program may take: npm may have something to fetch. */
const TIMEOUT_MS = 120_000;

/** Runs a program to its end. One that does not end in time is killed, and that is its code: 143. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const { cwd, env = {}, timeoutMs = TIMEOUT_MS } = options;
  const child = new Deno.Command(command, {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGTERM"), timeoutMs);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The same, and it must end well. Gives what it wrote. */
export async function succeed(
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  assertEquals(code, 0, `${command} ${args.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Why other programs can't be run here; nothing when they can. */
export async function whyNoPrograms(): Promise<string> {
  for (const name of ["run", "read", "write", "env", "net", "sys"] as const) {
    const { state } = await Deno.permissions.query({ name });
    if (state !== "granted") return "runs other programs, use deno task runtimes";
  }
  return "";
}

/** Why npm can't be used here; nothing when it can. */
export async function whyNoNpm(): Promise<string> {
  const reason = await whyNoPrograms();
  if (reason !== "") return reason;
  try {
    const { code } = await run("npm", ["view", "@discordeno/types", "version"], { timeoutMs: 30_000 });
    return code === 0 ? "" : "npm can't reach its packages from here";
  } catch {
    return "there is no npm";
  }
}

const executables = new Map<string, Promise<string>>();

/** The path of a runtime's program, which npm fetches where it is not there yet, as `node@22`. */
export function executableOf(runtime: string): Promise<string> {
  const found = executables.get(runtime) ?? locate(runtime);
  executables.set(runtime, found);
  return found;
}

async function locate(runtime: string): Promise<string> {
  if (runtime === "deno") return Deno.execPath();
  // In a folder that belongs to no package: npx would look for its own things there first.
  const cwd = await Deno.makeTempDir({ prefix: "nextcore-npx-" });
  try {
    return (await succeed("npx", ["-y", runtime, "-e", "console.log(process.execPath)"], { cwd })).trim();
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

/** A process with simulators, until it is disposed of. */
export class SimulatorProcess implements AsyncDisposable {
  /** Where it answers. */
  readonly address: string;
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess, address: string) {
    this.#child = child;
    this.address = address;
  }

  /** Starts it; of the folders it gives files away. */
  static async start(folders: readonly string[] = []): Promise<SimulatorProcess> {
    const script = new URL("simulator_process.ts", import.meta.url);
    const allowed = ["--allow-net=127.0.0.1", ...folders.map((folder) => `--allow-read=${folder}`)];
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", ...allowed, script.pathname, ...folders],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let line = "";
    while (!line.endsWith("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new TypeError("The simulator's process has ended");
      line += value;
    }
    await reader.cancel();
    return new SimulatorProcess(child, line.trim());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
  }
}
