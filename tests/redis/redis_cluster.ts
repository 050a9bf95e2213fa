// A Redis Cluster of one's own for a test: three masters on loopback, and slots that can be moved while it runs.
import { createTestDirectory, mayWrite } from "../sessions/test_directory.ts";
import { freePort, reason as noRedis, RedisServer } from "./redis_server.ts";
import { RespClient } from "./resp_client.ts";
import { until } from "./until.ts";

/** What is added to the name of a test that is skipped; empty where a cluster can be made. */
export const reason: string = noRedis !== "" || mayWrite
  ? noRedis
  : " (skipped: needs permission to write to tests/.tmp, use deno test -P)";

const SLOTS = 16_384;

/** Makes a cluster of three masters; gives their ports. */
export async function startCluster(stack: AsyncDisposableStack): Promise<readonly number[]> {
  const directory = stack.use(await createTestDirectory());
  const busPorts = [freePort(), freePort(), freePort()];
  const start = async (busPort: number): Promise<RedisServer> =>
    stack.use(
      await RedisServer.start(
        ...["--cluster-enabled", "yes", "--cluster-config-file", `nodes-${busPort}.conf`],
        ...["--cluster-port", `${busPort}`, "--cluster-node-timeout", "2000", "--dir", directory.path],
      ),
    );
  const servers = await Promise.all(busPorts.map(start));
  const clients = servers.map((server) => server.client());
  for (const [index, client] of clients.entries()) {
    const [from, to] = [index, index + 1].map((third) => Math.floor((third * SLOTS) / 3));
    await client.send(["CLUSTER", "ADDSLOTSRANGE", String(from), String((to ?? 0) - 1)]);
    await client.send(["CLUSTER", "SET-CONFIG-EPOCH", String(index + 1)]);
  }
  for (const [index, { port }] of servers.entries()) {
    await clients[0]?.send(["CLUSTER", "MEET", "127.0.0.1", String(port), String(busPorts[index])]);
  }
  for (const client of clients) await until(() => isWhole(client), "a cluster that is whole");
  return servers.map(({ port }) => port);
}

async function isWhole(client: RespClient): Promise<boolean> {
  const info = String(await client.send(["CLUSTER", "INFO"]));
  return info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3");
}

/** Moves slots from one master to another, as `redis-cli --cluster reshard --cluster-replace` does. */
export class SlotMover implements Disposable {
  readonly #nodes: readonly { readonly port: number; readonly client: RespClient }[];

  constructor(ports: readonly number[]) {
    this.#nodes = ports.map((port) => ({ port, client: new RespClient(port) }));
  }

  /** Moves the slot of a key to the next master. */
  async move(key: string): Promise<void> {
    const [first] = this.#nodes;
    const slot = String(await first?.client.send(["CLUSTER", "KEYSLOT", key]));
    const at = Math.floor((Number(slot) * 3 + 2) / SLOTS);
    const [from, to] = [this.#nodes[at % 3], this.#nodes[(at + 1) % 3]];
    if (from === undefined || to === undefined) return;
    const [fromId, toId] = await Promise.all(
      [from, to].map(async ({ client }) => String(await client.send(["CLUSTER", "MYID"]))),
    );
    await to.client.send(["CLUSTER", "SETSLOT", slot, "IMPORTING", fromId ?? ""]);
    await from.client.send(["CLUSTER", "SETSLOT", slot, "MIGRATING", toId ?? ""]);
    for (;;) {
      const keys = await from.client.send(["CLUSTER", "GETKEYSINSLOT", slot, "1"]);
      if (!Array.isArray(keys) || keys.length === 0) break;
      const rest = ["", "0", "5000", "REPLACE", "KEYS", ...keys.map(String)];
      await from.client.send(["MIGRATE", "127.0.0.1", String(to.port), ...rest]);
      await new Promise((resolve) => setTimeout(resolve, 20)); // So that others meet a slot of which half is there.
    }
    for (const { client } of [to, from, ...this.#nodes]) {
      await client.send(["CLUSTER", "SETSLOT", slot, "NODE", toId ?? ""]);
    }
  }

  [Symbol.dispose](): void {
    for (const { client } of this.#nodes) client.close();
  }
}
