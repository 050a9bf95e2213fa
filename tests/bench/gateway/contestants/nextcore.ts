import { BotAuthentication, HTTPClient, ShardManager } from "../../../../mod.ts";
import { type Contestant, type ContestantOptions, INTENTS } from "./contestant.ts";

/** This library, as it comes, on zlib-stream. */
export async function createNextcore(options: ContestantOptions): Promise<Contestant> {
  const { host, token, shards: shardCount, wanted, tally } = options;
  const http = new HTTPClient({ baseUrl: `http://${host}/api/v10` });
  const manager = new ShardManager(new BotAuthentication(token), INTENTS, http, {
    shardCount,
    compression: "zlib-stream",
  });
  manager.dispatcher.listen("ready", () => tally.ready());
  manager.closed.catch((error) => tally.failed(error));
  if (wanted === "all") manager.eventDispatcher.listen((name, data) => tally.event(name, data));
  else manager.listen("MESSAGE_CREATE", (data) => tally.event("MESSAGE_CREATE", data));
  await manager.connect();
  return {
    async close(): Promise<void> {
      await manager.close();
      await http.close();
    },
  };
}
