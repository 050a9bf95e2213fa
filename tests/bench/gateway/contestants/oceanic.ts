import { type Contestant, type ContestantOptions, type CreateContestant, INTENTS } from "./contestant.ts";
import { peer } from "./peer.ts";

/** What is used of the package. */
interface Oceanic {
  readonly Client: new (options: Readonly<Record<string, unknown>>) => Client;
}

interface Client {
  on(name: string, listener: (first: never) => void): void;
  connect(): Promise<void>;
  disconnect(reconnect: boolean): void;
}

/** Oceanic, with its caches as small as they get; what it calls a packet is the payload as it came. */
export function oceanic(compressLibrary: "native" | "zlib-sync"): CreateContestant {
  return async ({ host, token, shards, wanted, tally }: ContestantOptions): Promise<Contestant> => {
    const { Client } = peer("oceanic.js") as Oceanic;
    const client = new Client({
      auth: `Bot ${token}`,
      rest: { baseURL: `http://${host}/api/v10` },
      collectionLimits: { messages: 0, users: 0, members: 0 },
      gateway: {
        intents: INTENTS,
        maxShards: shards,
        concurrency: "auto",
        compress: "zlib-stream",
        compressLibrary,
        getAllUsers: false,
      },
    });
    client.on("shardReady", () => tally.ready());
    client.on("error", (error) => console.error(error));
    const isEverythingWanted = wanted === "all";
    client.on("packet", ({ t, d }: { readonly t: string | null; readonly d: unknown }) => {
      if (t !== null && (isEverythingWanted || t === "MESSAGE_CREATE")) tally.event(t, d);
    });
    await client.connect();
    return { close: () => client.disconnect(false) };
  };
}
