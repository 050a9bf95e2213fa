import { assert, assertEquals } from "@std/assert";
import { BotAuthentication, HTTPClient, Intents, ShardManager } from "../../mod.ts";
import { Simulator } from "../../testing/mod.ts";
import { TcpProxy } from "./tcp_proxy.ts";

const TOKEN = "a.b.c";
/** Short, so that a dead line is found out within two seconds. */
const HEARTBEAT_MS = 300;

/** What a bare `deno test`, which may use no network, skips. */
const isAllowed = (await Deno.permissions.query({ name: "net", host: "127.0.0.1" })).state === "granted";

/** A Discord and a bot on real sockets, and between them a proxy. */
class Bench implements AsyncDisposable {
  readonly heard: string[] = [];
  readonly discord: Simulator;
  readonly proxy: TcpProxy;
  readonly manager: ShardManager;
  readonly #http: HTTPClient;
  #said = 0;
  lost = 0;

  constructor(discord: Simulator) {
    this.discord = discord;
    this.proxy = new TcpProxy(Number(new URL(discord.gatewayUrl).port));
    this.#http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
    const intents = Intents.GuildMessages | Intents.MessageContent;
    this.manager = new ShardManager(new BotAuthentication(TOKEN), intents, this.#http, {
      gatewayUrl: `ws://127.0.0.1:${this.proxy.port}`,
      resumeUrl: (url) => url.replace(/:\d+/, `:${this.proxy.port}`),
      random: () => 0,
    });
    this.manager.listen("MESSAGE_CREATE", ({ content }) => this.heard.push(content));
    this.manager.dispatcher.listen("sessionLost", () => this.lost += 1);
  }

  static async start(): Promise<Bench> {
    const bench = new Bench(await Simulator.start({ token: TOKEN, heartbeatIntervalMs: HEARTBEAT_MS }));
    await bench.manager.connect();
    await bench.manager.ready();
    return bench;
  }

  /** Users say things, and the bot hears each once and in order. */
  async say(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) this.discord.channel.say(String(++this.#said));
    const isLast = ({ content }: { content: string }) => content === String(this.#said);
    if (this.heard.at(-1) !== String(this.#said)) {
      await this.manager.waitFor("MESSAGE_CREATE", isLast, { timeoutMs: 20_000 });
    }
    assertEquals(this.heard, Array.from({ length: this.#said }, (_, index) => String(index + 1)));
    assertEquals(this.lost, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.manager.close();
    await this.#http.close();
    await this.proxy[Symbol.asyncDispose]();
    await this.discord.close();
  }
}

function proxyTest(name: string, run: (bench: Bench) => Promise<void>): void {
  Deno.test({
    name: isAllowed ? name : `${name} - skipped: needs --allow-net=127.0.0.1`,
    ignore: !isAllowed,
    fn: async () => {
      await using bench = await Bench.start();
      await bench.say(3);
      await run(bench);
      await bench.say(3);
    },
  });
}

proxyTest(
  "A bot hears everything through a line that splits frames into single bytes (Z-2, Z-3)",
  async (bench) => {
    bench.proxy.weather.pieceBytes = 1;
    await bench.say(20);
  },
);

proxyTest("A bot hears everything through a slow line", async (bench) => {
  bench.proxy.weather.pieceBytes = 200;
  bench.proxy.weather.delayMs = 2;
  await bench.say(100);
});

proxyTest("A bot resumes after its line was cut in the middle of a message (RS-1, SM-19)", async (bench) => {
  for (let times = 0; times < 3; times += 1) {
    bench.proxy.weather.pieceBytes = 20;
    bench.proxy.weather.delayMs = 1;
    const resumed = bench.manager.dispatcher.waitFor("resumed", undefined, { timeoutMs: 20_000 });
    const said = bench.say(5);
    await bench.manager.waitFor("MESSAGE_CREATE");
    bench.proxy.cut();
    await Promise.all([resumed, said]);
  }
});

proxyTest("A bot leaves a line that has fallen silent, and resumes (HB-5, WS-3)", async (bench) => {
  const resumed = bench.manager.dispatcher.waitFor("resumed", undefined, { timeoutMs: 20_000 });
  bench.proxy.stall();
  await resumed;
  assert(bench.proxy.lines >= 1);
});
