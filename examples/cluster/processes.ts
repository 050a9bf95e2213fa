// The processes of the example: starts and kills them, and looks into Redis.
import { createClient, type RedisClientType } from "node-redis"; // npm:redis

/** A Redis of the example's own. */
export interface OwnRedis {
  readonly port: number;
  readonly process: Deno.ChildProcess;
}

/** What all of them are told. */
export interface Settings {
  readonly baseUrl: string;
  readonly ttlMs: number;
}

/** The processes, by name. */
export class Processes {
  readonly #redis: OwnRedis;
  readonly #settings: Settings;
  readonly #running = new Map<string, Deno.ChildProcess>();
  #client: Promise<RedisClientType> | undefined;

  constructor(redis: OwnRedis, settings: Settings) {
    this.#redis = redis;
    this.#settings = settings;
  }

  /** A Redis on a free port; `undefined` where it is not installed. */
  static async startRedis(): Promise<OwnRedis | undefined> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    try {
      const process = new Deno.Command("redis-server", { args, stdout: "null", stderr: "null" }).spawn();
      await new Promise((resolve) => setTimeout(resolve, 500));
      return { port, process };
    } catch {
      return undefined;
    }
  }

  start(kind: "gateway" | "worker", name: string): void {
    const url = new URL(`${kind}.ts`, import.meta.url).href;
    const plan = JSON.stringify({ ...this.#settings, redisPort: this.#redis.port, name });
    const command = new Deno.Command("deno", {
      args: ["run", "-A", url, plan],
      stdout: "inherit",
      stderr: "inherit",
    });
    this.#running.set(name, command.spawn());
  }

  kill(name: string): void {
    this.#running.get(name)?.kill("SIGKILL");
    this.#running.delete(name);
  }

  /** Which gateway process has which shard. */
  async owners(): Promise<Map<string, string>> {
    const client = await this.#connected();
    const leases = await client.hGetAll("{nextcore}:leases");
    const living = new Set(await client.zRangeByScore("{nextcore}:members", Date.now(), "+inf"));
    return new Map(
      Object.entries(leases).flatMap(([shard, lease]) => {
        const member = lease.slice(0, lease.lastIndexOf(":"));
        return living.has(member) ? [[shard, member]] : [];
      }),
    );
  }

  /** How many shards each has. */
  async shares(): Promise<string[]> {
    const byOwner = Map.groupBy(await this.owners(), ([, owner]) => owner.split("-")[0] ?? "");
    return [...byOwner].map(([owner, shards]) =>
      `${owner}: shards ${shards.map(([shard]) => shard).sort().join(" ")}`
    );
  }

  async show(): Promise<void> {
    console.log(`  ${(await this.shares()).sort().join("; ")}; ${await this.handled()} events handled`);
  }

  async handled(): Promise<number> {
    return await (await this.#connected()).sCard("handled");
  }

  async until(condition: () => Promise<boolean>, what: string): Promise<void> {
    for (let waitedMs = 0; !await condition(); waitedMs += 100) {
      if (waitedMs > 60_000) throw new Error(`It never happened that ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async end(): Promise<void> {
    await (await this.#connected()).close();
    for (const name of [...this.#running.keys()]) this.kill(name);
    this.#redis.process.kill();
    await this.#redis.process.status;
  }

  #connected(): Promise<RedisClientType> {
    this.#client ??= (async () => {
      const client = createClient({
        socket: { host: "127.0.0.1", port: this.#redis.port },
      }) as RedisClientType;
      client.on("error", () => {});
      await client.connect();
      return client;
    })();
    return this.#client;
  }
}
