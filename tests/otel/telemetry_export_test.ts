import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { type Collector, type ReceivedSpan, startCollector } from "./collector.ts";

const mayRun = await isGranted({ name: "run", command: "deno" }) &&
  await isGranted({ name: "net", host: "127.0.0.1" });
const reason = mayRun ? "" : " (skipped: needs permission to run Deno and for 127.0.0.1, use deno test -P)";
const POST = "POST /channels/{channel_id}/messages";
const CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback";

/** What a bot has exported with Deno's own exporter. */
interface Exported {
  readonly collector: Collector;
  readonly secrets: Readonly<Record<string, string>>;
}

exportTest(
  "Telemetry gives a collector spans of handlers, requests and their attempts",
  {},
  ({ collector }) => {
    const { spans } = collector;
    const request = only(spans, ({ name }) => name === `request ${POST}`);
    const handler = only(spans, ({ spanId }) => spanId === request.parentSpanId);
    assertEquals([handler.name, handler.kind], ["process MESSAGE_CREATE", 5]);
    assertEquals([handler.parentSpanId, handler.traceId], ["", request.traceId]);
    assertEquals(handler.attributes["messaging.destination.name"], "MESSAGE_CREATE");
    assertEquals(handler.attributes["nextcore.shard.id"], 0);
    assertEquals(request.attributes["nextcore.request.attempts"], 2);
    assert(request.events.includes("rate_limited"));
    const attempts = spans.filter(({ name, parentSpanId }) =>
      name === POST && parentSpanId === request.spanId
    );
    assertEquals(
      attempts.map(({ kind, attributes, isError }) => [
        kind,
        attributes["http.response.status_code"],
        attributes["http.request.resend_count"],
        attributes["error.type"],
        isError,
      ]),
      [[3, 429, undefined, "429", true], [3, 200, 1, undefined, false]],
    );
  },
);

exportTest(
  "Telemetry gives a collector spans of shards, and of what fails",
  {},
  ({ collector: { spans } }) => {
    const connects = spans.filter(({ name }) => name === "connect shard");
    assertEquals(connects.map(({ attributes }) => attributes["nextcore.session.outcome"]), [
      "begun",
      "resumed",
    ]);
    assertEquals(connects.map(({ isError, parentSpanId }) => [isError, parentSpanId]), [[false, ""], [
      false,
      "",
    ]]);
    const failed = only(spans, ({ name }) => name === "request GET /channels/{channel_id}");
    assertEquals([failed.isError, failed.attributes["error.type"]], [true, "NotFoundError"]);
    assertEquals(failed.attributes["nextcore.discord.code"], 10003);
    const around = only(spans, ({ spanId }) => spanId === failed.parentSpanId);
    assertEquals([around.name, around.isError], ["process _OTHER", true]);
  },
);

exportTest("Telemetry gives a collector metrics, with few and known labels", {}, ({ collector }) => {
  const ours = collector.metrics.filter(({ scope }) => scope === "@nextsnake/nextcore");
  const names = [...new Set(ours.map(({ name }) => name))].sort();
  for (
    const name of [
      "http.client.request.duration",
      "messaging.client.consumed.messages",
      "messaging.process.duration",
      "nextcore.http.queue.duration",
      "nextcore.http.rate_limited",
      "nextcore.shard.disconnects",
      "nextcore.shard.sessions",
    ]
  ) assert(names.includes(name), `${name} is not among ${names.join(", ")}`);
  const durations = ours.findLast(({ name }) => name === "http.client.request.duration");
  assertEquals(durations?.unit, "s");
  const templates = new Set(durations?.points.map((point) => point["url.template"]));
  assertEquals(
    [...templates].sort(),
    [POST, CALLBACK, "GET /gateway/bot", "GET /channels/{channel_id}"].map((it) => it.split(" ")[1]).sort(),
  );
});

exportTest("Telemetry exports no token, no id and nothing that users wrote", {}, ({ collector, secrets }) => {
  // The runtime serves the simulator too, whose spans are not the bot's.
  const { spans, metrics } = collector;
  const ofTheBot = JSON.stringify([spans.filter(({ kind }) => kind !== 2), metrics]);
  const forbidden = { ...secrets, token: "a.very.secret", text: "a very private message" };
  for (const [name, secret] of Object.entries(forbidden)) {
    assert(!ofTheBot.includes(secret), `${name} was exported`);
  }
  assert(ofTheBot.includes("{interaction_token}"));
  // The client without telemetry shows that the runtime would give URLs away.
  const urls = spans.filter(({ kind, attributes }) => kind === 3 && "url.full" in attributes);
  assertEquals(urls.map(({ attributes }) => String(attributes["url.path"])), ["/api/v10/gateway"]);
});

exportTest(
  "Telemetry leaves the runtime's own spans out where the sampler looks at parents",
  { OTEL_TRACES_SAMPLER: "parentbased_always_on" },
  ({ collector: { spans } }) => {
    const own = spans.filter(({ scope, kind }) => scope === "deno" && kind === 3);
    assertEquals(own.length, 1, "only that of the client without telemetry");
    assertNotEquals(spans.find(({ name }) => name === CALLBACK), undefined);
  },
);

/** Bots that have run already, by their environment: tests share them. */
const runs = new Map<string, Promise<Exported>>();

function exportTest(
  name: string,
  env: Readonly<Record<string, string>>,
  check: (exported: Exported) => void,
): void {
  Deno.test({
    name: name + reason,
    ignore: !mayRun,
    async fn() {
      const key = JSON.stringify(env);
      const run = runs.get(key) ?? runBot(env);
      runs.set(key, run);
      check(await run);
    },
  });
}

async function runBot(env: Readonly<Record<string, string>>): Promise<Exported> {
  await using collector = startCollector();
  const command = new Deno.Command("deno", {
    args: ["run", "--no-prompt", "--allow-net=127.0.0.1", new URL("traced_bot.ts", import.meta.url).href],
    env: {
      NO_COLOR: "1",
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      ...env,
    },
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  return { collector, secrets: JSON.parse(decoder.decode(stdout)) };
}

function only(spans: readonly ReceivedSpan[], isWanted: (span: ReceivedSpan) => boolean): ReceivedSpan {
  const [first, ...others] = spans.filter(isWanted);
  assert(first !== undefined, `not among ${spans.map(({ name }) => name).join(", ")}`);
  assertEquals(others, []);
  return first;
}

async function isGranted(permission: Deno.PermissionDescriptor): Promise<boolean> {
  return (await Deno.permissions.query(permission)).state === "granted";
}
