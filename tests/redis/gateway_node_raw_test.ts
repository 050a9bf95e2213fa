// What a gateway process makes of texts: it passes them on, and reads no more of them than it must.
import { assert, assertEquals } from "@std/assert";
import { parsePayload } from "../../gateway/payload.ts";
import { BotAuthentication, HTTPClient, Intents } from "../../mod.ts";
import { GatewayNode, type GatewayNodeOptions } from "../../redis/mod.ts";
import { entryIn, listIn } from "../../redis/reply.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { FakeGateway } from "../gateway/fake_gateway.ts";
import { seededRandom } from "../gateway/seeded_random.ts";
import { Line } from "./model/network.ts";
import { RedisModel } from "./model/redis_model.ts";

/** A gateway process with one shard, in virtual time, of which a test plays Discord. */
class Bench implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly redis = new RedisModel(this.clock);
  readonly gateway = new FakeGateway();
  readonly node: GatewayNode;
  readonly #http: HTTPClient;

  constructor(options: Partial<GatewayNodeOptions> = {}) {
    const session_start_limit = { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 };
    const answer = { url: "wss://gateway", shards: 1, session_start_limit };
    const fetch = (): Promise<Response> => Promise.resolve(Response.json(answer));
    this.#http = new HTTPClient({ baseUrl: "https://discord", fetch, clock: this.clock });
    this.node = new GatewayNode(new BotAuthentication("a.b.c"), Intents.Guilds, this.#http, {
      send: new Line(this.redis).send,
      clock: this.clock,
      compression: "none",
      commandPollMs: false,
      createWebSocket: this.gateway.createWebSocket,
      random: () => 0.5,
      ...options,
    });
  }

  /** Starts the process, and its session: READY is event 1. */
  async begin(): Promise<void> {
    await this.clock.runUntil(this.node.start());
    await this.clock.advance(30_000);
    await this.#open();
    await this.clock.advance(10_000);
    this.gateway.socket.ready("abc", 1);
    await this.clock.advance(1_000);
  }

  /** A frame comes; whoever does not like it finds Discord willing to resume. */
  async frame(text: string): Promise<void> {
    const { socket } = this.gateway;
    socket.frame(text);
    await this.clock.advance(50);
    if (socket.closedWith === undefined) return;
    while (this.gateway.socket === socket) await this.clock.advance(1_000);
    await this.#open();
  }

  /** What the stream holds, without READY. */
  get stream(): (readonly [id: string, name: string | undefined, text: string])[] {
    const entries = listIn(this.redis.execute(["XRANGE", "{nextcore:0}:events", "-", "+"])).map(entryIn);
    return entries.filter(({ name }) => name !== "READY")
      .map(({ id, name, text }) => [id.split("-")[1] ?? "", name, text] as const);
  }

  async #open(): Promise<void> {
    this.gateway.socket.open();
    this.gateway.socket.hello();
    await this.clock.advance(100);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clock.runUntil(this.node.close());
    await this.clock.runUntil(this.#http.close());
  }
}

/** Runs `act`, and gives what was parsed meanwhile. */
async function parsedIn(act: () => Promise<void>): Promise<string[]> {
  const parsed: string[] = [];
  const { parse } = JSON;
  JSON.parse = (text: string, ...rest: []) => {
    parsed.push(text);
    return parse(text, ...rest);
  };
  try {
    await act();
  } finally {
    JSON.parse = parse;
  }
  return parsed;
}

Deno.test("GatewayNode parses no event but READY, and RESUMED", async () => {
  await using bench = new Bench();
  await bench.begin();
  const texts = Array.from(
    { length: 20 },
    (_, index) => `{"t":"MESSAGE_CREATE","s":${index + 2},"op":0,"d":{"content":"${index}"}}`,
  );
  const parsed = await parsedIn(async () => {
    for (const text of texts) await bench.frame(text);
    await bench.clock.advance(20_000); // The session is noted meanwhile.
  });
  assertEquals(parsed.filter((text) => text.includes("content")), []);
  assertEquals(bench.stream.map(([, , text]) => text), texts);
  const resumed = '{"t":"RESUMED","s":22,"op":0,"d":{}}';
  assert((await parsedIn(() => bench.frame(resumed))).length > 0);
});

Deno.test("GatewayNode parses the events that somebody hears at its shard", async () => {
  await using bench = new Bench();
  await bench.begin();
  const heard: unknown[] = [];
  const [shard] = bench.node.activeShards;
  shard?.listen("MESSAGE_CREATE", ({ content }) => heard.push(content));
  const text = '{"t":"MESSAGE_CREATE","s":2,"op":0,"d":{"content":"hi"}}';
  await bench.frame(text);
  assertEquals([heard, bench.stream], [["hi"], [["2", "MESSAGE_CREATE", text]]]);
});

/** Messages with `$` for their number: in Discord's form, in others, and such as nobody can read. */
const TEXTS = [
  '{"t":"A","s":$,"op":0,"d":{"content":"hi"}}',
  '{"t":"A","s":$,"op":0,"d":{}}',
  '{"t":"A","s":$,"op":0,"d":null}',
  '{"t":"A","s":$,"op":0,"d":[1,{"t":"B"}]}',
  '{"t":"A","s":$,"op":0,"d":{"x":"\\"},\\"t\\":\\"READY\\",\\"d\\":{"}}',
  '{"t":"A","s":$,"op":0,"d":{"t":"READY","s":999,"session_id":"x"}}',
  '{"t":"A","s":$,"op":0,"d":"\ud83c\udf89 雪 \u2028"}',
  '{"op":0,"t":"A","s":$,"d":{}}',
  '{ "t" : "A", "s" : $, "op" : 0, "d" : { } }',
  '{"t":"\\u0041","s":$,"op":0,"d":{}}',
  '{"t":"Ä","s":$,"op":0,"d":{}}',
  '{"t":"","s":$,"op":0,"d":{}}',
  '{"t":"A","s":$,"op":0,"d":{},"t":"B"}',
  '{"t":"A","t":"B","s":$,"op":0,"d":{}}',
  '{"t":"A","s":$,"op":11,"d":{}}',
  '{"t":null,"s":null,"op":11,"d":null}',
  '{"t":"A","s":null,"op":0,"d":{}}',
  '{"t":"A","s":$.5,"op":0,"d":{}}',
  '{"t":"A","s":-$,"op":0,"d":{}}',
  '{"t":"A","s":0$,"op":0,"d":{}}',
  '{"t":"A","s":"$","op":0,"d":{}}',
  '{"t":null,"s":$,"op":0,"d":{}}',
  '{"t":7,"s":$,"op":0,"d":{}}',
  '{"t":"A","s":$,"op":0,"d":nonsense}',
  '{"t":"A","s":$,"op":0,"d":{}',
  '{"t":"A","s":$,"op":0,"d":{}} {',
  '{"t":"A","s":$,"d":{}}',
  "[]",
  "",
];

/** What a process that parses all of it would have passed on. */
function expectedOf(texts: readonly string[]): Bench["stream"] {
  const stream: Bench["stream"] = [];
  let last = 1;
  for (const text of texts) {
    try {
      const { s, t } = parsePayload(text);
      if (s === null || t === null || s <= last) continue;
      stream.push([String(s), t, text]);
      last = s;
    } catch {
      // It breaks the connection.
    }
  }
  return stream;
}

Deno.test("GatewayNode passes on what one that parses everything would, whatever comes", async () => {
  const random = seededRandom(11);
  for (let round = 0; round < 6; round += 1) {
    await using bench = new Bench();
    await bench.begin();
    const texts: string[] = [];
    for (let count = 0; count < 40; count += 1) {
      const text = TEXTS[(round * 7 + Math.floor(random() * TEXTS.length)) % TEXTS.length] ?? "";
      // Sometimes a number comes again, as after a resume.
      const sequence = texts.length + 2 - (random() < 0.1 ? 2 : 0);
      texts.push(text.replace("$", String(sequence)));
    }
    for (const text of texts) await bench.frame(text);
    await bench.clock.advance(5_000);
    assertEquals(bench.stream, expectedOf(texts), `round ${round}`);
  }
});

Deno.test("GatewayNode does not look at what stands inside of data: that it is no JSON, a worker finds out", async () => {
  await using bench = new Bench();
  await bench.begin();
  const texts = ['{"t":"A","s":2,"op":0,"d":{nonsense}}', '{"t":"A","s":3,"op":0,"d":{}}'];
  for (const text of texts) await bench.frame(text);
  assertEquals(bench.gateway.sockets.length, 1);
  assertEquals(bench.stream, texts.map((text, index) => [String(index + 2), "A", text] as const));
});

Deno.test("GatewayNode asks less and less often for a stream that it can't take over", async () => {
  let opens = 0;
  const bench: { line?: Line } = {};
  await using it = new Bench({
    send: (command) => {
      const isOpen = command.includes("{nextcore:0}:events");
      if (!isOpen) return bench.line?.send(command) ?? Promise.reject(new Error("not yet"));
      opens += 1;
      return Promise.reject(new Error("READONLY"));
    },
  });
  bench.line = new Line(it.redis);
  it.node.dispatcher.listen("error", () => {});
  await it.clock.runUntil(it.node.start());
  await it.clock.advance(60_000);
  assert(opens > 10 && opens < 40, `${opens} times in a minute`);
});
