// The clients of npm, each made into `send` in a line.
import { Redis as IORedis } from "ioredis";
import { Redis as IOValkey } from "iovalkey";
import { createClient, createCluster } from "node-redis";
import { commandKey, type RedisSend } from "../../redis/mod.ts";

/** A client that is connected. */
export interface TestClient extends AsyncDisposable {
  readonly send: RedisSend;
}

/** What the two that are of one make have, for one server and for a cluster. */
interface IOClient {
  on(event: "error", listener: () => void): unknown;
  connect(): Promise<unknown>;
  call(name: string, ...words: string[]): Promise<unknown>;
  quit(): Promise<unknown>;
}

/** How each is made, by its name. */
export const CLIENTS: Readonly<Record<string, (port: number) => Promise<TestClient>>> = {
  redis: (port) => connectRedis(createClient({ socket: { host: "127.0.0.1", port } })),
  "redis, RESP2": (port) => connectRedis(createClient({ socket: { host: "127.0.0.1", port }, RESP: 2 })),
  ioredis: (port) => connectIO(new IORedis(port, "127.0.0.1", { lazyConnect: true })),
  iovalkey: (port) => connectIO(new IOValkey(port, "127.0.0.1", { lazyConnect: true })),
};

/** How each is made for a cluster, of which the ports of the masters are known. */
export const CLUSTER_CLIENTS: Readonly<Record<string, (ports: readonly number[]) => Promise<TestClient>>> = {
  async redis(ports) {
    const cluster = createCluster({
      rootNodes: ports.map((port) => ({ socket: { host: "127.0.0.1", port } })),
    });
    cluster.on("error", ignore);
    await cluster.connect();
    return {
      send: (command) => cluster.sendCommand(commandKey(command), false, command.map(String)),
      async [Symbol.asyncDispose]() {
        await cluster.close();
      },
    };
  },
  ioredis: (ports) => connectIO(new IORedis.Cluster([...ports], { lazyConnect: true })),
  iovalkey: (ports) => connectIO(new IOValkey.Cluster([...ports], { lazyConnect: true })),
};

async function connectRedis(
  client: Pick<ReturnType<typeof createClient>, "on" | "connect" | "sendCommand" | "close">,
): Promise<TestClient> {
  client.on("error", ignore); // Else a lost connection ends the process.
  await client.connect();
  return {
    send: (command) => client.sendCommand([...command] as string[]),
    async [Symbol.asyncDispose]() {
      await client.close();
    },
  };
}

async function connectIO(client: IOClient): Promise<TestClient> {
  client.on("error", ignore);
  await client.connect();
  return {
    send: ([name, ...rest]) => client.call(String(name), ...rest as string[]),
    async [Symbol.asyncDispose]() {
      await client.quit();
    },
  };
}

function ignore(): void {}
