// A Redis of one's own for a test: on a free port of loopback, without a file, ended by its process.
import type { RedisSend } from "../../redis/mod.ts";
import { RespClient } from "./resp_client.ts";

const isAllowed = await hasRedis();
/** What is added to the name of a test that is skipped; empty where Redis is here. */
export const reason: string = isAllowed
  ? ""
  : " (skipped: needs redis-server, and permission to run it and to use loopback: deno test -P)";

/** A running Redis. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #args: readonly string[];
  #child: Deno.ChildProcess;
  readonly #clients: RespClient[] = [];

  constructor(port: number, child: Deno.ChildProcess, args: readonly string[]) {
    this.port = port;
    this.#child = child;
    this.#args = args;
  }

  /** Starts one; `args` go to the server. */
  static async start(...args: readonly string[]): Promise<RedisServer> {
    const port = freePort();
    const server = new RedisServer(port, spawn(port, args), args);
    await server.#answers();
    return server;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** A connection of its own, that connects again by itself. */
  client(): RespClient {
    const client = new RespClient(this.port);
    this.#clients.push(client);
    return client;
  }

  /** `send` of a connection of its own. */
  sender(): RedisSend {
    const client = this.client();
    return (command) => client.send(command);
  }

  /** Ends the process at once, and begins another in its place. */
  async restart({ gapMs = 0 }: { readonly gapMs?: number } = {}): Promise<void> {
    await this.kill();
    if (gapMs > 0) await new Promise((resolve) => setTimeout(resolve, gapMs));
    this.#child = spawn(this.port, this.#args);
    await this.#answers();
  }

  async kill(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
  }

  /** Stops the process where it is, and lets it go on. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  goOn(): void {
    this.#child.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.kill();
    await Promise.all(this.#clients.map((client) => client.ended));
  }

  async #answers(): Promise<void> {
    const client = new RespClient(this.port);
    for (let attempt = 0;; attempt += 1) {
      try {
        if (await client.send(["PING"]) === "PONG") break;
      } catch (error) {
        if (attempt === 200) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    client.close();
    await client.ended;
  }
}

/** A test with a Redis of its own. */
export function redisTest(
  name: string,
  run: (server: RedisServer) => Promise<void>,
  ...args: readonly string[]
): void {
  Deno.test({
    name: name + reason,
    ignore: reason !== "",
    async fn() {
      await using server = await RedisServer.start(...args);
      await run(server);
    },
  });
}

function spawn(port: number, args: readonly string[]): Deno.ChildProcess {
  const own = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", ...args];
  return new Deno.Command("redis-server", { args: own, stdin: "null", stdout: "null", stderr: "null" })
    .spawn();
}

/** A port that nobody uses now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

async function hasRedis(): Promise<boolean> {
  const net = await Deno.permissions.query({ name: "net", host: "127.0.0.1" });
  const run = await Deno.permissions.query({ name: "run", command: "redis-server" });
  if (net.state !== "granted" || run.state !== "granted") return false;
  try {
    return (await new Deno.Command("redis-server", { args: ["--version"], stdout: "null" }).output()).success;
  } catch {
    return false;
  }
}
