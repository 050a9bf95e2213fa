// The bridge to LogTape that the documentation of Logger shows.
import { configure, getLogger, type LogRecord, reset } from "@logtape/logtape";
import { assertEquals } from "@std/assert";
import { type Logger, ShardManager } from "../../gateway/mod.ts";
import { BotAuthentication, HTTPClient } from "../../http/mod.ts";
import { Simulator, VirtualClock } from "../../testing/mod.ts";

Deno.test("Logger writes to LogTape, with text, level and details, and without the token", async () => {
  const records: LogRecord[] = [];
  const sinks = { memory: (record: LogRecord) => records.push(record) };
  await configure({
    sinks,
    loggers: [
      { category: "nextcore", lowestLevel: "debug", sinks: ["memory"] },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
  try {
    await runBot();
  } finally {
    await reset();
  }
  const ready = records.find(({ rawMessage }) => rawMessage === "Shard 0: ready");
  assertEquals([ready?.level, ready?.category, ready?.properties], ["info", ["nextcore"], { details: {} }]);
  const change = records.find(({ rawMessage }) => rawMessage === "Shard 0: stateChange");
  assertEquals([change?.level, change?.properties.details], [
    "debug",
    { from: "idle", to: "connecting", reason: "Started" },
  ]);
  assertEquals(JSON.stringify(records).includes("a.very.secret"), false);
});

async function runBot(): Promise<void> {
  const log = getLogger(["nextcore"]);
  const to = (level: keyof Logger) => (text: unknown, details: unknown) => log[level](`${text}`, { details });
  const logger: Logger = { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") };

  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ token: "a.very.secret", clock });
  const { baseUrl, fetch, createWebSocket, token } = discord;
  await using http = new HTTPClient({ baseUrl, fetch, clock });
  const options = { createWebSocket, clock, logger };
  await using manager = new ShardManager(new BotAuthentication(token), 0, http, options);
  await clock.runUntil(manager.connect());
  await clock.runUntil(manager.ready());
}
