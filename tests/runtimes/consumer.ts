// A program as a user of the npm package writes it: only its types are looked at.
import { BotAuthentication, HTTPClient, Intents, paginate, Route, ShardManager } from "@nextsnake/nextcore";
import { type GatewayEvents, Shard } from "@nextsnake/nextcore/gateway";
import { type HTTPRequestStatusError, RateLimitedError } from "@nextsnake/nextcore/http";
import { type InteractionHandler, InteractionServer } from "@nextsnake/nextcore/interactions";
import { Telemetry } from "@nextsnake/nextcore/otel";
import { FileSessionStore } from "@nextsnake/nextcore/sessions";
import { Simulator } from "@nextsnake/nextcore/testing";

const authentication = new BotAuthentication("a.b.c");
const http = new HTTPClient({ timeoutMs: 1_000 });
const sessions = new FileSessionStore("./sessions");
const manager = new ShardManager(authentication, Intents.GuildMessages, http, { sessions });

manager.listen("MESSAGE_CREATE", (message, { shard }) => {
  const content: string | undefined = message.content;
  const id: number = shard.id;
  console.log(content, id);
});
const listening: Disposable = manager.listen("GUILD_CREATE", ({ id, name }) => console.log(id, name));
listening[Symbol.dispose]();

for await (const message of manager.events("MESSAGE_CREATE")) {
  const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: message.channel_id });
  const answer = await http.request(route, { authentication, json: { content: "pong" } });
  const sent = await answer.json();
  const text: string | undefined = sent.content;
  console.log(text);
}

// @ts-expect-error: a parameter is missing.
new Route("GET", "/channels/{channel_id}/messages", {});

const list = new Route("GET", "/channels/{channel_id}/messages", { channel_id: "1" });
for await (const message of paginate(http, list, { authentication })) console.log(message.content);

/** What a program may do with an error. */
export function waitOf(error: HTTPRequestStatusError | RateLimitedError): number {
  return error instanceof RateLimitedError ? error.retryAfterMs : error.status;
}

/** A payload by its event's name. */
export type Ready = GatewayEvents["READY"];

/** A shard of one's own, on a simulator. */
export async function play(discord: Simulator = Simulator.inMemory()): Promise<number> {
  const { token, gatewayUrl, createWebSocket } = discord;
  const shard = new Shard({
    shardId: 0,
    shardCount: 1,
    token,
    intents: Intents.Guilds,
    gatewayUrl,
    createWebSocket,
  });
  await shard.connect();
  await shard.close();
  return shard.latencyMs ?? 0;
}

const onInteraction: InteractionHandler = async (context) => {
  await context.defer({ flags: 64 });
};
/** What a server of another runtime is given. */
export const handler: (request: Request) => Promise<Response> =
  new InteractionServer({ publicKey: "00".repeat(32), http, onInteraction }).fetch;

/** Spans and metrics. */
export const telemetry: Telemetry = new Telemetry();
