import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Intents, ShardManager } from "../../gateway/mod.ts";
import { BotAuthentication, HTTPClient, Route } from "../../http/mod.ts";
import { metricsHandler, type MetricsOptions } from "../../metrics/metrics_handler.ts";
import { settle, Simulator, VirtualClock } from "../../testing/mod.ts";
import { parseExposition, valuesOf } from "./parse_exposition.ts";

const TOKEN = "a.very.secret";

Deno.test("metricsHandler tells Prometheus of shards, requests and events, without ids and tokens", async () => {
  await using bot = createBot();
  const { http, manager, discord, clock } = bot;
  const handler = metricsHandler({ manager, http, countEvents: true });
  await clock.runUntil(manager.connect());
  await clock.runUntil(manager.ready());
  const authentication = new BotAuthentication(TOKEN);
  const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id: discord.channel.id });
  await clock.runUntil(http.request(route, { authentication, json: { content: "hi" } }));
  await settle();

  const response = handler(new Request("http://localhost/metrics"));
  assertStringIncludes(response.headers.get("Content-Type") ?? "", "version=0.0.4");
  const text = await response.text();
  const families = parseExposition(text);
  assertEquals(valuesOf(families, "nextcore_shards").ready, 1);
  assertEquals(valuesOf(families, "nextcore_events_total").MESSAGE_CREATE, 1);
  assertEquals(valuesOf(families, "nextcore_http_requests_total"), {
    "GET /gateway/bot 200": 1,
    "POST /channels/{channel_id}/messages 200": 1,
  });
  const durations = valuesOf(families, "nextcore_http_request_duration_seconds");
  assertEquals(durations["POST /channels/{channel_id}/messages +Inf"], 1);
  for (const secret of [TOKEN, discord.channel.id, discord.bot.id]) assert(!text.includes(secret), text);
});

Deno.test("metricsHandler writes OpenMetrics for who asks for it", async () => {
  const request = new Request("http://localhost/metrics", {
    headers: { Accept: "application/openmetrics-text; version=1.0.0" },
  });
  const families = () => [{ name: "mine", type: "gauge", help: "Mine.", samples: [{ value: 1 }] }] as const;
  const response = metricsHandler({ families })(request);
  assertStringIncludes(response.headers.get("Content-Type") ?? "", "openmetrics");
  assertEquals(await response.text(), "# HELP mine Mine.\n# TYPE mine gauge\nmine 1\n# EOF\n");
});

Deno.test("metricsHandler tells when the bot is ready, and when it has failed for good", async () => {
  await using bot = createBot();
  const { manager, clock, discord } = bot;
  const handler = metricsHandler({ manager });
  assertEquals(await ask(handler), [200, 503]);
  await clock.runUntil(manager.connect());
  await clock.runUntil(manager.ready());
  assertEquals(await ask(handler), [200, 200]);
  discord.faults.dropConnections({ code: 4004 });
  await clock.runUntil(manager.closed.catch(() => {}));
  assertEquals(await ask(handler), [503, 503]);
});

Deno.test("metricsHandler answers nothing else", () => {
  const handler = metricsHandler({});
  assertEquals(handler(new Request("http://localhost/")).status, 404);
  const posted = handler(new Request("http://localhost/metrics", { method: "POST" }));
  assertEquals([posted.status, posted.headers.get("Allow")], [405, "GET, HEAD"]);
});

Deno.test("metricsHandler leaves nothing behind once its signal aborts", async () => {
  await using bot = createBot();
  const { http, manager } = bot;
  const stop = new AbortController();
  metricsHandler({ manager, http, countEvents: true, signal: stop.signal });
  assertEquals(http.dispatcher.listenerCount("requestResponse"), 1);
  assertEquals(manager.eventDispatcher.listenerCount("READY"), 1);
  stop.abort();
  assertEquals(http.dispatcher.listenerCount("requestResponse"), 0);
  assertEquals(manager.eventDispatcher.listenerCount("READY"), 0);
});

Deno.test("metricsHandler says which option is wrong, at the call", () => {
  const wrong: [unknown, typeof Error, string][] = [
    [null, TypeError, "The options must be an object"],
    [{ manager: {} }, TypeError, "manager must be a ShardManager"],
    [{ manager: { status() {} } }, TypeError, "manager must be a ShardManager"],
    [{ http: {} }, TypeError, "http must be an HTTPClient"],
    [{ http: { status() {} } }, TypeError, "http must be an HTTPClient"],
    [{ readyShare: 2 }, RangeError, "readyShare is 2"],
    [{ readyShare: null }, TypeError, "readyShare is null"],
    [{ readyShare: "1" }, TypeError, 'readyShare is "1"'],
    [{ shardLimit: NaN }, RangeError, "shardLimit is NaN"],
    [{ shardLimit: -1 }, RangeError, "shardLimit is -1"],
    [{ families: [] }, TypeError, "families must be a function"],
    [{ countEvents: 1 }, TypeError, "countEvents must be a boolean"],
    [{ signal: {} }, TypeError, "signal must be an AbortSignal"],
  ];
  for (const [options, kind, message] of wrong) {
    assertThrows(() => metricsHandler(options as MetricsOptions), kind, message);
  }
});

async function ask(handler: (request: Request) => Response): Promise<number[]> {
  const answers = ["livez", "readyz"].map((name) => handler(new Request(`http://localhost/${name}`)));
  for (const answer of answers) {
    const { reasons } = await answer.json();
    if (answer.status !== 200) assert(reasons.length > 0);
  }
  return answers.map(({ status }) => status);
}

function createBot() {
  const clock = new VirtualClock();
  const discord = Simulator.inMemory({ token: TOKEN, clock });
  const { baseUrl, fetch, createWebSocket } = discord;
  const http = new HTTPClient({ baseUrl, fetch, clock });
  const intents = Intents.Guilds | Intents.GuildMessages;
  const manager = new ShardManager(new BotAuthentication(TOKEN), intents, http, { createWebSocket, clock });
  return {
    clock,
    discord,
    http,
    manager,
    async [Symbol.asyncDispose]() {
      await manager.close();
      await http.close();
      await discord.close();
    },
  };
}
