/**
 * A browser without a window, asked over its DevTools protocol.
 *
 * @module
 */
import { run, whyNoPrograms } from "./programs.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const START_TIMEOUT_MS = 60_000;

/** The name of a browser that is here, or why there is none. */
export async function findBrowser(): Promise<{ readonly name: string; readonly reason: string }> {
  const reason = await whyNoPrograms();
  if (reason !== "") return { name: "", reason };
  for (const name of NAMES) {
    const outcome = await run(name, ["--version"], { timeoutMs: 20_000 }).catch(() => undefined);
    if (outcome?.code === 0) return { name, reason: "" };
  }
  return { name: "", reason: `there is no browser, none of ${NAMES.join(", ")}` };
}

/** A browser that runs until it is disposed of. */
export class Browser implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #profile: string;
  readonly #address: string;

  private constructor(child: Deno.ChildProcess, profile: string, address: string) {
    this.#child = child;
    this.#profile = profile;
    this.#address = address;
  }

  /** Starts the browser of that name, with a profile of its own. */
  static async start(name: string): Promise<Browser> {
    const profile = await Deno.makeTempDir({ prefix: "nextcore-browser-" });
    const child = new Deno.Command(name, {
      // Without its sandbox: it refuses to run as root otherwise, and what it loads is this repository's own.
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        .concat(
          ["--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
        ),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (performance.now() < deadline) {
      const text = await Deno.readTextFile(`${profile}/DevToolsActivePort`).catch(() => "");
      const [port, path] = text.split("\n");
      if (port && path) return new Browser(child, profile, `127.0.0.1:${port}`);
      await pause();
    }
    child.kill("SIGKILL");
    await child.status;
    throw new Error(`${name} did not start within ${START_TIMEOUT_MS} ms`);
  }

  /** Opens a page, and gives the value of the promise that it leaves in the global `outcome`. */
  async outcomeOf(url: string): Promise<unknown> {
    const opened = await fetch(`http://${this.#address}/json/new?${url}`, { method: "PUT" });
    const { webSocketDebuggerUrl } = await opened.json();
    const expression = `new Promise((resolve, reject) => {
      const look = () => globalThis.outcome === undefined ? setTimeout(look, 10) : outcome.then(resolve, reject);
      look();
    })`;
    // The page may still be on its way: what was asked of the empty one before it is lost.
    while (await evaluate(webSocketDebuggerUrl, "location.href") !== url) await pause();
    return await evaluate(webSocketDebuggerUrl, expression);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#profile, { recursive: true }).catch(() => {});
  }
}

/** The value of an expression in the page behind `url`. */
async function evaluate(url: string, expression: string): Promise<unknown> {
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  socket.onopen = () => {
    const params = { expression, awaitPromise: true, returnByValue: true };
    socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params }));
  };
  socket.onmessage = ({ data }) => {
    const { result: { result, exceptionDetails } = {}, error } = JSON.parse(data);
    if (error ?? exceptionDetails) reject(new Error(JSON.stringify(error ?? exceptionDetails)));
    else resolve(result.value);
  };
  socket.onerror = () => reject(new Error("The browser does not answer"));
  const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>();
  socket.onclose = () => onClosed();
  try {
    return await promise;
  } finally {
    socket.close();
    await closed;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
