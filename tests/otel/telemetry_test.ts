import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { DispatchEvent } from "../../dispatcher.ts";
import { Intents, ShardManager } from "../../gateway/mod.ts";
import { BotAuthentication, HTTPClient, NotFoundError, Route } from "../../http/mod.ts";
import { Telemetry } from "../../otel/telemetry.ts";
import { Simulator, VirtualClock } from "../../testing/mod.ts";

Deno.test("Telemetry changes nothing where no provider is registered", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ token: "a.b.c", clock });
  const { baseUrl, fetch, createWebSocket } = discord;
  const telemetry = new Telemetry({ clock });
  await using http = telemetry.createHTTPClient({ baseUrl, fetch, clock });
  const authentication = new BotAuthentication("a.b.c");
  await using manager = new ShardManager(authentication, Intents.Guilds, http, { createWebSocket, clock });
  telemetry.watch(manager, { countEvents: true });
  await clock.runUntil(manager.connect());
  await clock.runUntil(manager.ready());

  assertEquals(http instanceof HTTPClient, true);
  const route = new Route("GET", "/channels/{channel_id}", { channel_id: discord.channel.id });
  const response = await clock.runUntil(http.request(route, { authentication }));
  assertEquals((await response.json()).id, discord.channel.id);
  const missing = new Route("GET", "/channels/{channel_id}", { channel_id: "1" });
  await assertRejects(() => clock.runUntil(http.request(missing, { authentication })), NotFoundError);
  await assertRejects(() => http.request("GET /gateway" as never), TypeError);
});

Deno.test("Telemetry.watch leaves no listener behind when it is disposed of, and when the manager closes", async () => {
  const clock = new VirtualClock();
  const telemetry = new Telemetry({ clock });
  await using http = new HTTPClient({ clock });
  const manager = new ShardManager(new BotAuthentication("a.b.c"), 0, http, { clock });
  const count = () => manager.dispatcher.listenerCount("stateChange");
  const watching = telemetry.watch(manager);
  assertEquals(count(), 1);
  watching[Symbol.dispose]();
  watching[Symbol.dispose]();
  assertEquals(count(), 0);
  telemetry.watch(manager);
  await manager.close();
  assertEquals(count(), 0);
  assertThrows(() => telemetry.watch({} as never), TypeError, "ShardManager");
});

Deno.test("Telemetry says which option is wrong, at the call", () => {
  const wrong: [unknown, string][] = [
    [null, "The options must be an object"],
    [{ tracerProvider: {} }, "tracerProvider must be"],
    [{ meterProvider: null }, "meterProvider must be"],
    [{ clock: {} }, "clock has no function"],
  ];
  for (const [options, message] of wrong) {
    assertThrows(() => new Telemetry(options as never), TypeError, message);
  }
  const telemetry = new Telemetry();
  assertThrows(
    () => telemetry.createHTTPClient({ fetch: 5 as never }),
    TypeError,
    "fetch must be a function",
  );
  assertThrows(() => telemetry.createHTTPClient(null as never), TypeError, "The options of an HTTPClient");
  assertThrows(() => telemetry.watch({ status() {} } as never), TypeError, "ShardManager");
  assertThrows(() => telemetry.run("READY", undefined as never), TypeError, "must be a function");
  assertThrows(() => telemetry.run(5 as never, () => {}), TypeError, "must be a string");
});

Deno.test("Telemetry names errors by their class, and none that does not look like one", async () => {
  const { errorAttributes } = await import("../../otel/attributes.ts");
  assertEquals(errorAttributes(new RangeError("secret")), { "error.type": "RangeError" });
  for (const name of ["my secret", "x".repeat(65), "", "a.b.c"]) {
    assertEquals(errorAttributes(Object.assign(new Error("no"), { name })), { "error.type": "_OTHER" });
  }
  assertEquals(errorAttributes("secret"), { "error.type": "_OTHER" });
});

Deno.test("Telemetry.handler gives its listener what it was called with, and what it returns or throws back", async () => {
  const telemetry = new Telemetry();
  const event = Object.assign(new DispatchEvent("MESSAGE_CREATE", "payload"), { shard: { id: 3 } });
  const seen: unknown[] = [];
  const handler = telemetry.handler((payload: string, given: { type: string }) => {
    seen.push(payload, given);
    return 7;
  });
  assertEquals(handler("payload", event), 7);
  assertStrictEquals(seen[1], event);
  const failing = telemetry.handler(() => Promise.reject(new RangeError("no")));
  await assertRejects(async () => await failing("payload", event), RangeError);
  const throwing = telemetry.handler(() => {
    throw new RangeError("no");
  });
  assertThrows(() => throwing("payload", event), RangeError);
  assertThrows(() => telemetry.handler("no" as never), TypeError);
  assertEquals(telemetry.run("MESSAGE_CREATE", () => 8), 8);
});
