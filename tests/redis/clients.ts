// The clients of npm, each made into `send` in a line.
import { Redis as IORedis } from "ioredis";
import { Redis as IOValkey } from "iovalkey";
import { createClient, createCluster } from "node-redis";
import { commandKey, type RedisSend } from "../../redis/mod.ts";

/** A client that is connected. */
export interface TestClient extends AsyncDisposable {
  readonly send: RedisSend;
}

/** How each is made, by its name. */
export const CLIENTS: Readonly<Record<string, (port: number) => Promise<TestClient>>> = {
  async redis(port) {
    const client = createClient({ socket: { host: "127.0.0.1", port } });
    client.on("error", () => {}); // Else a lost connection ends the process.
    await client.connect();
    return {
      send: (command) => client.sendCommand([...command] as string[]),
      async [Symbol.asyncDispose]() {
        await client.close();
      },
    };
  },
  async "redis, RESP2"(port) {
    const client = createClient({ socket: { host: "127.0.0.1", port }, RESP: 2 });
    client.on("error", () => {});
    await client.connect();
    return {
      send: (command) => client.sendCommand([...command] as string[]),
      async [Symbol.asyncDispose]() {
        await client.close();
      },
    };
  },
  async ioredis(port) {
    const client = new IORedis(port, "127.0.0.1", { lazyConnect: true });
    client.on("error", () => {});
    await client.connect();
    return {
      send: ([name, ...rest]) => client.call(String(name), ...rest as string[]),
      async [Symbol.asyncDispose]() {
        await client.quit();
      },
    };
  },
  async iovalkey(port) {
    const client = new IOValkey(port, "127.0.0.1", { lazyConnect: true });
    client.on("error", () => {});
    await client.connect();
    return {
      send: ([name, ...rest]) => client.call(String(name), ...rest as string[]),
      async [Symbol.asyncDispose]() {
        await client.quit();
      },
    };
  },
};

/** How each is made for a cluster, of which the ports of the masters are known. */
export const CLUSTER_CLIENTS: Readonly<Record<string, (ports: readonly number[]) => Promise<TestClient>>> = {
  async redis(ports) {
    const cluster = createCluster({
      rootNodes: ports.map((port) => ({ socket: { host: "127.0.0.1", port } })),
    });
    cluster.on("error", () => {});
    await cluster.connect();
    return {
      send: (command) => cluster.sendCommand(commandKey(command), false, command.map(String)),
      async [Symbol.asyncDispose]() {
        await cluster.close();
      },
    };
  },
  async ioredis(ports) {
    const cluster = new IORedis.Cluster([...ports], { lazyConnect: true });
    cluster.on("error", () => {});
    await cluster.connect();
    return {
      send: ([name, ...rest]) => cluster.call(String(name), ...rest as string[]),
      async [Symbol.asyncDispose]() {
        await cluster.quit();
      },
    };
  },
  async iovalkey(ports) {
    const cluster = new IOValkey.Cluster([...ports], { lazyConnect: true });
    cluster.on("error", () => {});
    await cluster.connect();
    return {
      send: ([name, ...rest]) => cluster.call(String(name), ...rest as string[]),
      async [Symbol.asyncDispose]() {
        await cluster.quit();
      },
    };
  },
};
