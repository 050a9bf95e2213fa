/**
 * A gateway process of a fleet: runs its share until SIGTERM.
 *
 * @module
 */
import { BotAuthentication, HTTPClient, Intents } from "../../../mod.ts";
import { GatewayNode } from "../../../redis/mod.ts";
import { RespClient } from "../resp_client.ts";

/** What a process of the fleet is told. */
export interface ProcessPlan {
  readonly token: string;
  readonly baseUrl: string;
  readonly redisPort: number;
  readonly name: string;
  readonly ttlMs: number;
}

if (import.meta.main) {
  const { token, baseUrl, redisPort, name, ttlMs }: ProcessPlan = JSON.parse(Deno.args[0] ?? "");
  const client = new RespClient(redisPort);
  const http = new HTTPClient({ baseUrl });
  const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;
  const node = new GatewayNode(new BotAuthentication(token), intents, http, {
    send: (command) => client.send(command),
    name,
    ttlMs,
  });
  for (const event of ["sessionLost", "identifyBudget"] as const) {
    node.dispatcher.listen(event, () => console.error(`${name}: ${event}`));
  }
  node.dispatcher.listen("error", ({ name: part, error }) => console.error(`${name}: ${part}: ${error}`));
  Deno.addSignalListener("SIGTERM", () => void node.close());
  await node.start();
  console.log(JSON.stringify({ memberId: node.fleet?.memberId }));
  await node.closed;
  client.close();
  Deno.exit(0);
}
