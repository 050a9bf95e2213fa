// The gateway on real sockets: what no virtual clock can show.
import { assertEquals, assertRejects } from "@std/assert";
import { Intents, ShardManager, type ShardManagerOptions } from "../../gateway/mod.ts";
import { BotAuthentication, HTTPClient, Route } from "../../http/mod.ts";
import { Simulator } from "../../testing/mod.ts";

const isAllowed = (await Deno.permissions.query({ name: "net", host: "127.0.0.1" })).state === "granted";
const reason = isAllowed ? "" : " (skipped: needs permission to listen on loopback, use deno test -P)";
const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;

interface Bot extends AsyncDisposable {
  readonly discord: Simulator;
  readonly http: HTTPClient;
  readonly manager: ShardManager;
  readonly authentication: BotAuthentication;
}

function loopbackTest(
  name: string,
  run: (bot: Bot) => Promise<void>,
  options: ShardManagerOptions = {},
): void {
  Deno.test({
    name: name + reason,
    ignore: !isAllowed,
    async fn() {
      await using discord = await Simulator.start({ token: "a.b.c" });
      const authentication = new BotAuthentication("a.b.c");
      await using http = new HTTPClient({ baseUrl: discord.baseUrl });
      // No jitter: nothing here shall wait by chance.
      await using manager = new ShardManager(authentication, intents, http, { random: () => 0, ...options });
      await run({ discord, http, manager, authentication, async [Symbol.asyncDispose]() {} });
    },
  });
}

for (const compression of ["zlib-stream", "zstd-stream", "none"] as const) {
  loopbackTest(
    `ShardManager answers ping with pong over real sockets, compression ${compression}`,
    async (bot) => {
      const { discord, http, manager, authentication } = bot;
      const messages = manager.events("MESSAGE_CREATE");
      await manager.connect();
      await manager.ready();
      discord.channel.say("ping");
      for await (const { channel_id, content } of messages) {
        assertEquals(content, "ping");
        const route = new Route("POST", "/channels/{channel_id}/messages", { channel_id });
        await http.request(route, { authentication, json: { content: "pong" } });
        break;
      }
      assertEquals((await discord.channel.nextMessage()).content, "pong");
    },
    { compression },
  );

  loopbackTest(
    `ShardManager delivers 10 000 events through 20 forced drops, each once and in order, compression ${compression}`,
    async ({ discord, manager }) => {
      const total = 10_000;
      const drops = 20;
      let lost = 0;
      manager.dispatcher.listen("sessionLost", () => lost += 1);
      const messages = manager.events("MESSAGE_CREATE");
      await manager.connect();
      await manager.ready();
      const seen: string[] = [];
      let said = 0;
      const sayUntil = (count: number): void => {
        for (; said < count; said += 1) discord.channel.say(String(said));
      };
      sayUntil(total / drops);
      for await (const { content } of messages) {
        seen.push(content ?? "");
        if (seen.length === total) break;
        // In the middle of a burst: some are on the way, some are still to be said while nobody is connected.
        if (seen.length % (total / drops) === total / drops / 2) {
          const resumed = manager.dispatcher.waitFor("resumed");
          discord.faults.dropConnections();
          sayUntil(Math.min(total, said + total / drops));
          await resumed;
        }
      }
      assertEquals(seen, Array.from({ length: total }, (_, index) => String(index)));
      assertEquals(lost, 0);
      assertEquals(manager.status()[0]?.resumes, drops);
    },
    { compression },
  );
}

/** What no Discord sends, but a network may deliver. */
const HOSTILE: Readonly<Record<string, string>> = {
  "what is not JSON": "{",
  "HTML where JSON was due": "<html><body>502 Bad Gateway</body></html>",
  "an empty message": "",
  "a message that is no object": "[0]",
  "null": "null",
  "an op that is text": '{"op":"0","d":null,"s":1,"t":"X"}',
  "no op at all": "{}",
  "an op with a fraction": '{"op":0.5}',
  "an s that is text": '{"op":0,"d":{},"s":"1","t":"X"}',
  "a negative s": '{"op":0,"d":{},"s":-1,"t":"X"}',
  "a t that is a number": '{"op":0,"d":{},"s":null,"t":1}',
  "a dispatch without a name": '{"op":0,"d":{},"s":null,"t":null}',
  "a READY without a session": '{"op":0,"d":{"session_id":7},"s":1,"t":"READY"}',
};

/** Strange, but harmless: the connection goes on. */
const HARMLESS: Readonly<Record<string, string>> = {
  "a prototype in the envelope": '{"op":0,"s":null,"t":"X","d":{},"__proto__":{"op":9}}',
  "a prototype as data": '{"op":0,"s":null,"t":"__proto__","d":{"__proto__":{"polluted":true}}}',
  "an unknown opcode": '{"op":99,"d":{"a":1}}',
  "an answer without a question": '{"op":11}',
  "a second HELLO": '{"op":10,"d":{"heartbeat_interval":1}}',
  "a message of 10 MB": JSON.stringify({ op: 0, s: null, t: "X", d: "x".repeat(10_000_000) }),
};

for (const [what, text] of Object.entries(HOSTILE)) {
  loopbackTest(`Shard resumes after ${what}, and loses nothing (SM-18)`, async ({ discord, manager }) => {
    const messages = manager.events("MESSAGE_CREATE");
    await manager.connect();
    await manager.ready();
    const again = manager.dispatcher.waitFor("resumed");
    discord.channel.say("before");
    discord.faults.sendRaw(text);
    discord.channel.say("after");
    await again;
    assertEquals((await messages.next()).value?.content, "before");
    assertEquals((await messages.next()).value?.content, "after");
  }, { compression: "none" });
}

for (const [what, text] of Object.entries(HARMLESS)) {
  loopbackTest(`Shard passes over ${what} (ENV-2, ENV-7)`, async ({ discord, manager }) => {
    const messages = manager.events("MESSAGE_CREATE");
    let disconnects = 0;
    manager.dispatcher.listen("clientDisconnect", () => disconnects += 1);
    await manager.connect();
    await manager.ready();
    discord.faults.sendRaw(text);
    discord.channel.say("after");
    assertEquals((await messages.next()).value?.content, "after");
    assertEquals(disconnects, 0);
    assertEquals(({} as { polluted?: unknown }).polluted, undefined);
  }, { compression: "none" });
}

loopbackTest(
  "Shard resumes after a corrupt zlib-stream, with a new inflater (Z-4, Z-6)",
  async ({ discord, manager }) => {
    const messages = manager.events("MESSAGE_CREATE");
    await manager.connect();
    await manager.ready();
    const again = manager.dispatcher.waitFor("resumed");
    discord.channel.say("before");
    discord.faults.corrupt();
    discord.channel.say("after");
    await again;
    assertEquals((await messages.next()).value?.content, "before");
    assertEquals((await messages.next()).value?.content, "after");
  },
);

loopbackTest(
  "Shard reads messages that are cut into frames of one byte (Z-2, Z-3)",
  async ({ discord, manager }) => {
    const messages = manager.events("MESSAGE_CREATE");
    await manager.connect();
    await manager.ready();
    discord.faults.splitFrames();
    discord.channel.say("in pieces");
    assertEquals((await messages.next()).value?.content, "in pieces");
  },
);

loopbackTest(
  "Shard resumes on the base URL when the resume host refuses twice (URL-5)",
  async ({ discord, manager }) => {
    await manager.connect();
    await manager.ready();
    discord.faults.refuse({ at: "resume", count: 2 });
    const again = manager.dispatcher.waitFor("resumed");
    discord.faults.dropConnections();
    await again;
    assertEquals(discord.connections.at(-1)?.isAtResumeUrl, false);
  },
);

loopbackTest(
  "ShardManager.connect says what is wrong when something else answers",
  async ({ discord, manager }) => {
    discord.faults.html({ route: "GET /gateway/bot" });
    await assertRejects(() => manager.connect(), Error);
  },
);
