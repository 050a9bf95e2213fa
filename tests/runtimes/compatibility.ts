/**
 * What must hold on every runtime, told with `node:test`, which Deno, Node and Bun all run: the package as it is installed,
 * against a simulator behind real sockets. `SIMULATOR` is the address of its process. `deno task runtimes` runs it.
 *
 * @module
 */
import {
  BotAuthentication,
  EventOverflowError,
  HTTPClient,
  Intents,
  NotFoundError,
  Route,
  Shard,
  ShardManager,
  type ShardManagerOptions,
} from "@nextsnake/nextcore";
import { InteractionServer } from "@nextsnake/nextcore/interactions";
import { FileSessionStore } from "@nextsnake/nextcore/sessions";
import {
  checkConformance,
  sessionStoreConformance,
  Simulator,
  VirtualClock,
} from "@nextsnake/nextcore/testing";
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { RemoteDiscord } from "./remote_discord.ts";

const address = process.env.SIMULATOR ?? "";
const intents = Intents.Guilds | Intents.GuildMessages | Intents.MessageContent;
const MESSAGE = "POST /channels/{channel_id}/messages";

interface Bot {
  readonly discord: RemoteDiscord;
  readonly authentication: BotAuthentication;
  readonly http: HTTPClient;
  readonly channel: { readonly channel_id: string };
  manage(options?: ShardManagerOptions): ShardManager;
}

/** A simulator of its own, and a bot that knows it; all is closed afterwards. */
async function withBot(use: (bot: Bot) => Promise<void>): Promise<void> {
  const discord = await RemoteDiscord.start(address);
  const { token, baseUrl, channelId } = discord.place;
  const authentication = new BotAuthentication(token);
  const http = new HTTPClient({ baseUrl });
  const managers: ShardManager[] = [];
  const manage = (options: ShardManagerOptions = {}): ShardManager => {
    const manager = new ShardManager(authentication, intents, http, options);
    managers.push(manager);
    return manager;
  };
  try {
    await use({ discord, authentication, http, channel: { channel_id: channelId }, manage });
  } finally {
    for (const manager of managers) await manager.close();
    await http.close();
    await discord.ask("close");
  }
}

async function contents(manager: ShardManager, count: number): Promise<() => Promise<string[]>> {
  const messages = manager.events("MESSAGE_CREATE");
  await manager.connect();
  await manager.ready();
  return async () => {
    const found: string[] = [];
    for await (const { content } of messages) if (found.push(content) === count) break;
    return found;
  };
}

for (const compression of ["zlib-stream", "none"] as const) {
  test(`A bot gets events in order, with ${compression} (Z-2, SEQ-1)`, async () => {
    await withBot(async ({ discord, manage }) => {
      const manager = manage({ compression });
      const take = await contents(manager, 50);
      const [connection] = await discord.ask("connections");
      assert.equal(connection?.url.includes("compress=zlib-stream"), compression === "zlib-stream");
      const texts = Array.from({ length: 50 }, (_, index) => `${index} é漢🐍 `.repeat(1 + index % 7));
      for (const content of texts) await discord.ask("say", { content });
      assert.deepEqual(await take(), texts);
    });
  });
}

test("A bot resumes after its line was cut, and nothing is lost (RES-1)", async () => {
  await withBot(async ({ discord, manage }) => {
    const manager = manage();
    const take = await contents(manager, 3);
    const resumed = manager.waitFor("RESUMED");
    await discord.ask("say", { content: "before" });
    await discord.ask("drop");
    await discord.ask("say", { content: "meanwhile" });
    await resumed;
    await discord.ask("say", { content: "after" });
    assert.deepEqual(await take(), ["before", "meanwhile", "after"]);
    assert.equal((await discord.ask("connections")).length, 2);
    assert.equal(await discord.ask("sessions"), 1);
  });
});

test("A session outlives the process in a FileSessionStore", async () => {
  const folder = await mkdtemp(`${tmpdir()}/nextcore-`);
  try {
    await withBot(async ({ discord, manage }) => {
      const first = manage({ sessions: new FileSessionStore(folder) });
      const takeFirst = await contents(first, 1);
      await discord.ask("say", { content: "one" });
      assert.deepEqual(await takeFirst(), ["one"]);
      await first.close({ resumable: true });
      assert.deepEqual(await readdir(folder), ["shard-0.json"]);
      await discord.ask("say", { content: "two" });
      const takeSecond = await contents(manage({ sessions: new FileSessionStore(folder) }), 1);
      assert.deepEqual(await takeSecond(), ["two"]);
      assert.equal(await discord.ask("sessions"), 1);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("FileSessionStore is a store like any other", async () => {
  const folder = await mkdtemp(`${tmpdir()}/nextcore-`);
  try {
    let count = 0;
    await checkConformance(sessionStoreConformance({
      create: () => {
        count += 1;
        return new FileSessionStore(`${folder}/${count}`);
      },
    }));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("A client sends JSON, and says who it is (A2.1)", async () => {
  await withBot(async ({ discord, authentication, http, channel }) => {
    const route = new Route("POST", "/channels/{channel_id}/messages", channel);
    const answer = await http.request(route, { authentication, json: { content: "hällo 🐍" } });
    assert.equal((await answer.json()).content, "hällo 🐍");
    const [request] = await discord.ask("requests");
    assert.match(request?.userAgent ?? "", /^DiscordBot \(https:/);
    assert.deepEqual((await discord.ask("messages")).map(({ content }) => content), ["hällo 🐍"]);
  });
});

for (const size of [300, 3_000_000]) {
  test(`A client sends files of ${size} bytes, as bytes, blobs and streams (A14.1)`, async () => {
    await withBot(async ({ discord, authentication, http, channel }) => {
      const bytes = new Uint8Array(size).map((_, index) => index);
      const files = [
        { name: "a.bin", data: bytes },
        { name: "b.bin", data: new Blob([bytes]) },
        { name: "c.bin", data: () => new Blob([bytes]).stream() },
      ];
      const route = new Route("POST", "/channels/{channel_id}/messages", channel);
      for (const file of files) {
        const answer = await http.request(route, {
          authentication,
          json: { content: file.name },
          files: [file],
        });
        await answer.body?.cancel();
      }
      assert.deepEqual(
        (await discord.ask("messages")).map(({ content, attachments }) => [
          content,
          ...attachments.map(({ filename, size }) => [filename, size]),
        ]),
        files.map(({ name }) => [name, [name, size]]),
      );
    });
  });
}

test("A client waits for its rate limit and is never refused (A6.4)", async () => {
  await withBot(async ({ discord, authentication, http, channel }) => {
    await discord.ask("limit", { route: MESSAGE, rule: { limit: 3, windowMs: 400 } });
    const route = new Route("POST", "/channels/{channel_id}/messages", channel);
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 8 }, async (_, index) => {
      await (await http.request(route, { authentication, json: { content: String(index) } })).body?.cancel();
    }));
    assert.ok(performance.now() - startedAt >= 600, "three windows can't be over so soon");
    assert.deepEqual((await discord.ask("messages")).map(({ content }) => content), [..."01234567"]);
    assert.deepEqual(new Set((await discord.ask("requests")).map(({ status }) => status)), new Set([200]));
  });
});

test("A refusal is an error that says what it was, without the token (A12.1)", async () => {
  await withBot(async ({ discord, authentication, http }) => {
    const route = new Route("GET", "/channels/{channel_id}", { channel_id: "1" });
    const error: unknown = await http.request(route, { authentication }).catch((reason: unknown) => reason);
    assert.ok(error instanceof NotFoundError);
    assert.equal(error.status, 404);
    assert.equal(error.code, 10003);
    assert.equal(String(error.stack).includes(discord.place.token), false);
  });
});

test("An abort ends a request that is under way, and one that waits", async () => {
  await withBot(async ({ discord, authentication, http, channel }) => {
    const route = new Route("GET", "/channels/{channel_id}", channel);
    await discord.ask("silence");
    const reason = new Error("enough");
    const controller = new AbortController();
    const asked = http.request(route, { authentication, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await assert.rejects(asked, (error) => error === reason);
    await assert.rejects(
      http.request(route, { authentication, signal: AbortSignal.abort(reason) }),
      (error) => error === reason,
    );
  });
});

test("An abort ends every wait of a manager", async () => {
  await withBot(async ({ manage }) => {
    const manager = manage();
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(manager.ready({ signal: controller.signal }), (error) => error === reason);
    await manager.connect();
    await assert.rejects(manager.waitFor("MESSAGE_CREATE", undefined, { timeoutMs: 20 }), {
      name: "TimeoutError",
    });
  });
});

test("A shard works without a manager, and closes its session", async () => {
  await withBot(async ({ discord }) => {
    const { token, gatewayUrl } = discord.place;
    const shard = new Shard({ shardId: 0, shardCount: 1, token, intents, gatewayUrl });
    const ready = shard.dispatcher.waitFor("ready");
    await shard.connect();
    await ready;
    await shard.close();
    await until(async () => (await discord.ask("connections")).every(({ isOpen }) => !isOpen));
    assert.equal((await discord.ask("connections"))[0]?.closeCode, 1000);
  });
});

test("A loop that is too slow ends with an error after what it has kept", async () => {
  await withBot(async ({ discord, manage }) => {
    const manager = manage();
    const messages = manager.events("MESSAGE_CREATE", { limit: 2 });
    await manager.connect();
    await manager.ready();
    const last = manager.waitFor("MESSAGE_CREATE", ({ content }) => content === "3");
    for (const content of ["1", "2", "3"]) await discord.ask("say", { content });
    await last;
    const found: string[] = [];
    await assert.rejects(async () => {
      for await (const { content } of messages) found.push(content);
    }, EventOverflowError);
    assert.deepEqual(found, ["1", "2"]);
  });
});

test("The simulator in memory runs here too, in virtual time", async () => {
  const clock = new VirtualClock();
  const discord = Simulator.inMemory({ clock, token: "a.b.c" });
  const http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch, clock });
  // Node inflates in a thread pool, which takes real time: virtual time would run ahead of it.
  const manager = new ShardManager(new BotAuthentication("a.b.c"), intents, http, {
    createWebSocket: discord.createWebSocket,
    compression: "none",
    clock,
  });
  await clock.runUntil(manager.connect());
  await clock.runUntil(manager.ready());
  await clock.advance(24 * 60 * 60 * 1_000);
  assert.equal(discord.connections.length, 1);
  await clock.runUntil(manager.close());
  await http.close();
  await discord.close();
});

test("Interactions over HTTP are verified with WebCrypto and answered (A15)", async () => {
  const discord = Simulator.inMemory();
  const http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
  const server = new InteractionServer({
    publicKey: discord.publicKey,
    http,
    onInteraction: async (context) => {
      await context.reply({ content: "pong" });
    },
  });
  await discord.setInteractionsEndpoint(server.fetch);
  const answer = await discord.channel.useCommand("ping").answer();
  assert.equal(answer.data.content, "pong");
  const forged = new Request("http://127.0.0.1/", {
    method: "POST",
    body: '{"type":1}',
    headers: {
      "content-type": "application/json",
      "x-signature-ed25519": "00".repeat(64),
      "x-signature-timestamp": "1",
    },
  });
  assert.equal((await server.fetch(forged)).status, 401);
  await server.close();
  await http.close();
  await discord.close();
});

/** Waits, at most two seconds, for what another process still has to see. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 2_000;
  while (!await isSo()) {
    assert.ok(performance.now() < deadline, "It did not come to that within two seconds");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
