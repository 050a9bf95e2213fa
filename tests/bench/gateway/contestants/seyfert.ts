import { type Contestant, type ContestantOptions, INTENTS } from "./contestant.ts";
import { peer } from "./peer.ts";

/** What is used of the package. */
interface Seyfert {
  readonly ShardManager: new (options: Readonly<Record<string, unknown>>) => ShardManager;
}

interface ShardManager {
  spawnShards(): Promise<void>;
  disconnectAll(): void;
}

/** Seyfert's own gateway, without the client above it. It knows no compression of a whole connection. */
export async function createSeyfert(options: ContestantOptions): Promise<Contestant> {
  const { host, token, shards, wanted, tally } = options;
  const { ShardManager } = peer("seyfert") as Seyfert;
  const info: object = await (await fetch(`http://${host}/api/v10/gateway/bot`)).json();
  const isEverythingWanted = wanted === "all";
  const manager = new ShardManager({
    token,
    intents: INTENTS,
    info: { ...info, shards },
    totalShards: shards,
    shardEnd: shards,
    handlePayload(_shardId: number, { t, d }: { readonly t: string; readonly d: unknown }): void {
      if (t === "READY") tally.ready();
      else if (isEverythingWanted || t === "MESSAGE_CREATE") tally.event(t, d);
    },
    resharding: { interval: 0, percentage: 0, getInfo: () => ({}) },
  });
  manager.spawnShards().catch((error) => tally.failed(error));
  return { close: () => manager.disconnectAll() };
}
