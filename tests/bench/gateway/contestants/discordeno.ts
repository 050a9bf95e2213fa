import { type Contestant, type ContestantOptions, type CreateContestant, INTENTS } from "./contestant.ts";
import { peer } from "./peer.ts";

/** What is used of the package. */
interface DiscordenoGateway {
  createGatewayManager(options: Readonly<Record<string, unknown>>): GatewayManager;
}

interface GatewayManager {
  spawnShards(): Promise<void>;
  shutdown(code: number, reason: string): Promise<void>;
}

interface GatewayBot {
  readonly url: string;
  readonly session_start_limit: {
    readonly total: number;
    readonly remaining: number;
    readonly reset_after: number;
    readonly max_concurrency: number;
  };
}

/** Discordeno's client; it does not ask the API itself. Without `preferSnakeCase` it would rename every key. */
export function discordeno(transportCompression: "zlib-stream" | null): CreateContestant {
  return async ({ host, token, shards, wanted, tally }: ContestantOptions): Promise<Contestant> => {
    const { createGatewayManager } = peer("@discordeno/gateway") as DiscordenoGateway;
    const answer: GatewayBot = await (await fetch(`http://${host}/api/v10/gateway/bot`)).json();
    const { total, remaining, reset_after: resetAfter, max_concurrency: maxConcurrency } =
      answer.session_start_limit;
    const { url } = answer;
    const silent = (): void => {};
    const isEverythingWanted = wanted === "all";
    const manager = createGatewayManager({
      token,
      intents: INTENTS,
      totalShards: shards,
      lastShardId: shards - 1,
      connection: { url, shards, sessionStartLimit: { total, remaining, resetAfter, maxConcurrency } },
      url,
      transportCompression,
      preferSnakeCase: true,
      resharding: { enabled: false, shardsFullPercentage: 80, checkInterval: -1 },
      logger: { debug: silent, info: silent, warn: silent, error: console.error, fatal: console.error },
      events: {
        message(_shard: unknown, { t, d }: { readonly t: string | null; readonly d: unknown }): void {
          if (t === "READY") tally.ready();
          else if (t !== null && (isEverythingWanted || t === "MESSAGE_CREATE")) tally.event(t, d);
        },
      },
    });
    manager.spawnShards().catch((error) => tally.failed(error));
    return { close: () => manager.shutdown(1000, "") };
  };
}
