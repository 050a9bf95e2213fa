// A gateway process: runs its share of the shards, and writes what they receive into streams.
import { BotAuthentication, HTTPClient, Intents } from "@nextsnake/nextcore";
import { GatewayNode } from "@nextsnake/nextcore/redis";
import { createClient } from "node-redis"; // npm:redis

const { baseUrl, ttlMs, redisPort, name } = JSON.parse(Deno.args[0] ?? "{}");
const client = createClient({ socket: { host: "127.0.0.1", port: redisPort } });
client.on("error", () => {});
await client.connect();

const http = new HTTPClient({ baseUrl });
const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;
const node = new GatewayNode(new BotAuthentication("a.b.c"), intents, http, {
  send: (command) => client.sendCommand([...command] as string[]),
  name,
  ttlMs,
});
node.dispatcher.listen("error", ({ error }) => console.error(name, error));
Deno.addSignalListener("SIGTERM", () => void node.close().then(() => Deno.exit(0)));
await node.start();
