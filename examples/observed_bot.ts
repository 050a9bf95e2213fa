// A bot that an operator can look into: numbers and health over HTTP, traces for OpenTelemetry, a log of what matters.
//
//   TOKEN=… deno run --allow-env=TOKEN --allow-net=discord.com,*.discord.gg,127.0.0.1:9090 examples/observed_bot.ts
//
// Then ask it: curl http://127.0.0.1:9090/metrics, /livez (restart it when that is not 200) and /readyz.
// With OTEL_DENO=true, Deno sends the traces to the collector at OTEL_EXPORTER_OTLP_ENDPOINT, by default localhost:4318.
// Without TOKEN it plays against a simulated Discord on this machine.
import { BotAuthentication, Intents, type Logger, Route, ShardManager } from "@nextsnake/nextcore";
import { metricsHandler } from "@nextsnake/nextcore/metrics";
import { Telemetry } from "@nextsnake/nextcore/otel";
import { openStage } from "./stage.ts";
import { untilStopped } from "./until_stopped.ts";

await using stage = await openStage("observed_bot.ts", {
  permissions: [{ name: "net", host: "127.0.0.1:9090" }],
});
using stop = untilStopped();
const authentication = new BotAuthentication(stage.token);
const telemetry = new Telemetry();
const logger: Logger = { ...console, debug() {}, info() {} }; // only what needs a look
await using http = telemetry.createHTTPClient(stage.httpOptions);
const intents = Intents.GuildMessages | Intents.MessageContent;
await using manager = new ShardManager(authentication, intents, http, { logger });
telemetry.watch(manager);

await using server = Deno.serve({
  hostname: "127.0.0.1", // not for strangers
  port: stage.discord === undefined ? 9090 : 0,
  onListen: ({ port }) => console.log(`see http://127.0.0.1:${port}/metrics`),
}, metricsHandler({ manager, http }));

manager.listen(
  "MESSAGE_CREATE",
  telemetry.handler(async ({ content, channel_id }) => {
    if (content !== "ping") return;
    const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id });
    await http.request(route, { authentication, json: { content: "pong" } }); // a child of the handler's span
  }),
);

stage.play(async (channel) => {
  const url = `http://127.0.0.1:${server.addr.port}`;
  console.log("ready at first:", (await get(`${url}/readyz`)).trim());
  await manager.ready();
  channel.say("ping");
  await channel.nextMessage();
  console.log("ready later:", await get(`${url}/readyz`));
  console.log((await get(`${url}/metrics`)).match(/^nextcore_http_requests_total.*$/gm)?.join("\n"));
  stop.stop();
});

try {
  await manager.connect({ signal: stop.signal });
  await Promise.race([manager.closed, stop.stopped]); // throws what the bot has failed with
} catch (error) {
  if (error !== stop.signal.reason) throw error;
}

async function get(url: string): Promise<string> {
  return await (await fetch(url)).text();
}
