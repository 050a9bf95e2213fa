// A worker: handles events of all shards, some of them; notes each in Redis, and is done with it when that is there.
import { EventSource } from "@nextsnake/nextcore/redis";
import { createClient } from "node-redis"; // npm:redis

const { ttlMs, redisPort, name } = JSON.parse(Deno.args[0] ?? "{}");
const client = createClient({ socket: { host: "127.0.0.1", port: redisPort } });
client.on("error", () => {});
await client.connect();
const reader = await client.duplicate().connect(); // It waits for events: nothing else may use it.

const source = new EventSource({
  send: (command) => client.sendCommand([...command] as string[]),
  read: (command) => reader.sendCommand([...command] as string[]),
  name,
  reclaimMs: ttlMs,
});
const messages = source.events("MESSAGE_CREATE");
await source.start();
for await (const message of messages) {
  await client.sAdd("handled", message.content ?? "");
}
