import { type Contestant, type ContestantOptions, type CreateContestant, INTENTS } from "./contestant.ts";
import { peer } from "./peer.ts";

/** What is used of the package. */
interface Eris {
  readonly Client: new (token: string, options: Readonly<Record<string, unknown>>) => Client;
}

interface Client {
  getBotGateway: () => Promise<unknown>;
  getGateway: () => Promise<unknown>;
  on(name: string, listener: (first: never) => void): void;
  connect(): Promise<void>;
  disconnect(options: object): void;
}

/** Eris; it takes zlib-sync where that is there. Its HTTP speaks TLS only: another one asks for it. */
export function eris(library: "pako" | "zlib-sync"): CreateContestant {
  return async ({ host, token, shards, wanted, tally }: ContestantOptions): Promise<Contestant> => {
    if (library === "zlib-sync") peer(library); // Throws where it is not there.
    const { Client } = peer("eris") as Eris;
    const client = new Client(`Bot ${token}`, {
      intents: INTENTS,
      compress: true,
      maxShards: shards,
      messageLimit: 0,
      shardConcurrency: "auto",
    });
    const ask = async (): Promise<unknown> =>
      await (await fetch(`http://${host}/api/v10/gateway/bot`)).json();
    client.getBotGateway = client.getGateway = ask;
    client.on("shardPreReady", () => tally.ready());
    client.on("error", (error) => console.error(error));
    const isEverythingWanted = wanted === "all";
    client.on("rawWS", ({ t, d }: { readonly t: string | null; readonly d: unknown }) => {
      if (t !== null && (isEverythingWanted || t === "MESSAGE_CREATE")) tally.event(t, d);
    });
    await client.connect();
    return { close: () => client.disconnect({ reconnect: false }) };
  };
}
