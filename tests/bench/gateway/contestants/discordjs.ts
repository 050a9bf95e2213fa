import { type Contestant, type ContestantOptions, type CreateContestant, INTENTS } from "./contestant.ts";
import { peer } from "./peer.ts";

/** What is used of the packages. */
interface DiscordjsWs {
  readonly WebSocketManager: new (options: Readonly<Record<string, unknown>>) => WebSocketManager;
  readonly CompressionMethod: { readonly ZlibNative: unknown; readonly ZlibSync: unknown };
}

interface WebSocketManager {
  on(name: string, listener: (first: never) => void): void;
  connect(): Promise<void>;
  destroy(): Promise<void>;
}

interface DiscordjsRest {
  readonly REST: new (options: Readonly<Record<string, unknown>>) => { setToken(token: string): void };
}

/** discord.js's client, with the zlib that is named. */
export function discordjs(method: "ZlibNative" | "ZlibSync"): CreateContestant {
  return async ({ host, token, shards, wanted, tally }: ContestantOptions): Promise<Contestant> => {
    const { WebSocketManager, CompressionMethod } = peer("@discordjs/ws") as DiscordjsWs;
    const { REST } = peer("@discordjs/rest") as DiscordjsRest;
    const rest = new REST({ api: `http://${host}/api` });
    rest.setToken(token);
    const compression = CompressionMethod[method];
    const manager = new WebSocketManager({ token, intents: INTENTS, rest, shardCount: shards, compression });
    manager.on("ready", () => tally.ready());
    manager.on("error", (error) => tally.failed(error));
    const isEverythingWanted = wanted === "all";
    manager.on("dispatch", ({ t, d }: { readonly t: string; readonly d: unknown }) => {
      if (isEverythingWanted || t === "MESSAGE_CREATE") tally.event(t, d);
    });
    await manager.connect();
    return { close: () => manager.destroy() };
  };
}
