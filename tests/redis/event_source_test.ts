import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { EventSource, type EventSourceOptions, type PoisonEvent } from "../../redis/mod.ts";
import { RedisLink } from "../../redis/redis_link.ts";
import { listIn, pairsIn } from "../../redis/reply.ts";
import { SWEEP } from "../../redis/stream_scripts.ts";
import { type RedisServer, redisTest } from "./redis_server.ts";
import { until } from "./until.ts";

/** Streams of two shards, and workers. */
class Workers implements AsyncDisposable {
  readonly #server: RedisServer;
  readonly #stack = new AsyncDisposableStack();
  readonly client;
  readonly errors: unknown[] = [];
  readonly poison: PoisonEvent[] = [];
  #sequence = 0;

  constructor(server: RedisServer) {
    this.#server = server;
    this.client = server.client();
  }

  async fill(count: number, name = "MESSAGE_CREATE", shardId = 0): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const sequence = ++this.#sequence;
      const text = JSON.stringify({ t: name, s: sequence, op: 0, d: { content: String(sequence) } });
      await this.client.send(["XADD", `{nextcore:${shardId}}:events`, `7-${sequence}`, name, text]);
    }
  }

  worker(options: Partial<EventSourceOptions> = {}): EventSource {
    const source = new EventSource({
      send: this.#server.sender(),
      shardIds: [0, 1],
      reclaimMs: 300,
      retryMs: 20,
      maxTries: 3,
      drainTimeoutMs: 300,
      ...options,
    });
    source.sourceDispatcher.listen("error", ({ error }) => this.errors.push(error));
    source.sourceDispatcher.listen("poison", (event) => this.poison.push(event));
    return this.#stack.use(source);
  }

  async pending(): Promise<number> {
    const reply = await this.client.send(["XPENDING", "{nextcore:0}:events", "workers"]);
    return Number(Array.isArray(reply) ? reply[0] : 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

redisTest("EventSource gives events to a loop, and acknowledges what it has asked past", async (server) => {
  await using workers = new Workers(server);
  await workers.fill(3);
  const source = workers.worker();
  const messages = source.events("MESSAGE_CREATE");
  await source.start();
  const seen: string[] = [];
  for await (const { content } of messages) {
    seen.push(String(content));
    if (seen.length === 2) assert(await workers.pending() > 0);
    if (seen.length === 3) break;
  }
  assertEquals(seen, ["1", "2", "3"]);
  await until(async () => await workers.pending() === 0, "the acknowledgement");
});

redisTest(
  "EventSource shares events between the workers of a group, and gives each group all",
  async (server) => {
    await using workers = new Workers(server);
    const counts = [0, 0, 0];
    for (const [index, group] of ["a", "a", "b"].entries()) {
      const source = workers.worker({ group, name: `w${index}`, limit: 10 });
      source.listen("MESSAGE_CREATE", async () => {
        counts[index] = (counts[index] ?? 0) + 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
      });
      await source.start();
    }
    await workers.fill(100);
    await until(() => counts[2] === 100 && (counts[0] ?? 0) + (counts[1] ?? 0) === 100, "all for both");
    assert(counts.every((count) => count > 0));
  },
);

redisTest("EventSource parses no event that nobody listens for, and acknowledges it", async (server) => {
  await using workers = new Workers(server);
  const stream = "{nextcore:0}:events";
  await workers.client.send(["XADD", stream, "7-1", "TYPING_START", "no JSON at all"]);
  await workers.client.send([
    "XADD",
    stream,
    "7-2",
    "MESSAGE_CREATE",
    '{"t":"MESSAGE_CREATE","d":{"content":"x"}}',
  ]);
  const source = workers.worker();
  const message = source.waitFor("MESSAGE_CREATE");
  await source.start();
  assertEquals((await message).content, "x");
  await until(async () => await workers.pending() === 0, "the acknowledgement");
  assertEquals(workers.errors, []);
});

redisTest("EventSource sets an event aside that is no JSON, and nobody is given it", async (server) => {
  await using workers = new Workers(server);
  const text = '{"t":"MESSAGE_CREATE","s":1,"op":0,"d":{nonsense}}';
  await workers.client.send(["XADD", "{nextcore:0}:events", "6-1", "MESSAGE_CREATE", text]);
  await workers.fill(1);
  const source = workers.worker();
  const seen: unknown[] = [];
  source.listen("MESSAGE_CREATE", (message) => seen.push(message.content));
  await source.start();
  await until(() => workers.poison.length === 1, "the poison");
  const reason = "The text of the event is not JSON";
  assertEquals(workers.poison, [{ shardId: 0, id: "6-1", name: "MESSAGE_CREATE", reason }]);
  assertEquals(seen, ["1"]);
});

redisTest("EventSource takes over what a worker had that died", async (server) => {
  await using workers = new Workers(server);
  await workers.fill(10);
  const command = [
    "XREADGROUP",
    "GROUP",
    "workers",
    "dead",
    "COUNT",
    "4",
    "STREAMS",
    "{nextcore:0}:events",
    ">",
  ];
  await workers.client.send(["XGROUP", "CREATE", "{nextcore:0}:events", "workers", "0"]);
  await workers.client.send(command);
  const source = workers.worker();
  const seen = new Set<string>();
  source.listen("MESSAGE_CREATE", ({ content }) => seen.add(String(content)));
  await source.start();
  await until(() => seen.size === 10, "all ten");
  await until(async () => await workers.pending() === 0, "their acknowledgement");
});

redisTest("EventSource leaves what a slow worker still works on to it", async (server) => {
  await using workers = new Workers(server);
  const slow = workers.worker({ name: "slow" });
  let handled = 0;
  const release = Promise.withResolvers<void>();
  slow.listen("MESSAGE_CREATE", async () => {
    handled += 1;
    await release.promise;
  });
  await slow.start();
  await workers.fill(1);
  await until(() => handled === 1, "the event");
  const other = workers.worker({ name: "other" });
  let stolen = 0;
  other.listen("MESSAGE_CREATE", () => stolen += 1);
  await other.start();
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // Three times as long as a worker may be silent.
  release.resolve();
  await until(async () => await workers.pending() === 0, "the acknowledgement");
  assertEquals(stolen, 0);
});

redisTest(
  "EventSource tries an event again that fails, and sets it aside with the reason",
  async (server) => {
    await using workers = new Workers(server);
    const source = workers.worker();
    let tries = 0;
    const good: string[] = [];
    source.listen("MESSAGE_CREATE", async ({ content }) => {
      await undefined;
      if (content !== "2") return good.push(String(content));
      tries += 1;
      throw new Error("can't read this");
    });
    await source.start();
    await workers.fill(3);
    await until(() => workers.poison.length === 1, "the end of it");
    assertEquals(tries, 3);
    assertEquals(good, ["1", "3"]);
    assertEquals(workers.poison, [{
      shardId: 0,
      id: "7-2",
      name: "MESSAGE_CREATE",
      reason: "can't read this",
    }]);
    const [aside] = await workers.client.send(["XRANGE", "{nextcore:0}:poison", "-", "+"]) as [
      [string, string[]],
    ];
    assert(aside[1].includes("can't read this") && aside[1].includes("7-2"));
    assertEquals(await workers.pending(), 0);
  },
);

redisTest("EventSource sets an event aside that ends each worker it is given to", async (server) => {
  await using workers = new Workers(server);
  await workers.fill(1);
  const stream = "{nextcore:0}:events";
  await workers.client.send(["XGROUP", "CREATE", stream, "workers", "0"]);
  await workers.client.send(["XREADGROUP", "GROUP", "workers", "w1", "STREAMS", stream, ">"]);
  for (const name of ["w2", "w3"]) await workers.client.send(["XCLAIM", stream, "workers", name, "0", "7-1"]);
  const source = workers.worker();
  source.listen("MESSAGE_CREATE", () => Promise.reject(new Error("must not be given out again")));
  await source.start();
  await until(() => workers.poison.length === 1, "the end of it");
  assertEquals(workers.errors, []);
  assertEquals(await workers.pending(), 0);
});

redisTest("EventSource takes no more than it may have in hand", async (server) => {
  await using workers = new Workers(server);
  const source = workers.worker({ limit: 20 });
  const release = Promise.withResolvers<void>();
  let count = 0;
  source.listen("MESSAGE_CREATE", async () => {
    count += 1;
    await release.promise;
  });
  await source.start();
  await workers.fill(100);
  await until(() => count >= 10, "the first");
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert(count <= 20);
  release.resolve();
  await until(() => count === 100, "the rest");
});

redisTest("EventSource makes its group anew in a Redis that has lost it", async (server) => {
  await using workers = new Workers(server);
  const source = workers.worker();
  let count = 0;
  source.listen("MESSAGE_CREATE", () => count += 1);
  await source.start();
  await workers.fill(1);
  await until(() => count === 1, "the first");
  await server.restart();
  await until(async () => await workers.client.send(["PING"]).catch(() => "") === "PONG", "Redis");
  await workers.fill(2);
  await until(() => count === 3, "the others");
});

redisTest("EventSource tells how far a group is behind, and what it has never seen", async (server) => {
  await using workers = new Workers(server);
  const source = workers.worker();
  await workers.client.send(["XGROUP", "CREATE", "{nextcore:0}:events", "workers", "0", "MKSTREAM"]);
  await workers.fill(10);
  await workers.client.send([
    "XREADGROUP",
    "GROUP",
    "workers",
    "w",
    "COUNT",
    "4",
    "STREAMS",
    "{nextcore:0}:events",
    ">",
  ]);
  assertEquals(await source.lag(), [
    { shardId: 0, length: 10, waiting: 6, pending: 4, dropped: 0 },
    { shardId: 1, length: 0, waiting: 0, pending: 0, dropped: 0 },
  ]);
  await workers.client.send(["XTRIM", "{nextcore:0}:events", "MAXLEN", "=", "2"]);
  const [lag] = await source.lag();
  assertEquals([lag?.length, lag?.dropped], [2, 4]);
});

redisTest("EventSource hands back on close what nobody has handled, and goes away", async (server) => {
  await using workers = new Workers(server);
  const source = workers.worker();
  source.listen("MESSAGE_CREATE", ({ content }) => content === "1" ? new Promise(() => {}) : undefined);
  await source.start();
  await workers.fill(1);
  await until(() => source.inHand === 1, "the event");
  await source.close();
  assertEquals(await workers.pending(), 1);
  const other = workers.worker();
  let seen = 0;
  other.listen("MESSAGE_CREATE", () => seen += 1);
  await other.start();
  await until(() => seen === 1, "the event again");
  await other.close();
  await assertRejects(() => source.start(), TypeError);
});

Deno.test("EventSource refuses options that can't be right", () => {
  const send = (): Promise<void> => Promise.resolve();
  for (
    const options of [{ limit: 0 }, { maxTries: 0.5 }, { pollMs: -1 }, { reclaimMs: NaN }, { retryMs: 0 }]
  ) {
    assertThrows(() => new EventSource({ send, ...options }), RangeError);
  }
});

redisTest("EventSource tells of what the stream has dropped that a dead worker had", async (server) => {
  await using workers = new Workers(server);
  const stream = "{nextcore:0}:events";
  await workers.fill(5);
  await workers.client.send(["XGROUP", "CREATE", stream, "workers", "0"]);
  await workers.client.send(["XREADGROUP", "GROUP", "workers", "dead", "STREAMS", stream, ">"]);
  await workers.client.send(["XTRIM", stream, "MAXLEN", "=", "2"]);
  const source = workers.worker();
  const seen: string[] = [];
  source.listen("MESSAGE_CREATE", ({ content }) => seen.push(String(content)));
  await source.start();
  await until(() => seen.length === 2, "the two that are left");
  assertEquals(seen, ["4", "5"]);
  assertEquals(workers.poison.map(({ id }) => id), ["7-1", "7-2", "7-3"]);
  assert(workers.poison.every(({ reason }) => reason.includes("the stream has dropped it")));
});

redisTest("EventGroup forgets workers that are no more, and none that owe something", async (server) => {
  await using workers = new Workers(server);
  const stream = "{nextcore:0}:events";
  await workers.fill(1);
  await workers.client.send(["XGROUP", "CREATE", stream, "workers", "0"]);
  await workers.client.send(["XREADGROUP", "GROUP", "workers", "owes", "STREAMS", stream, ">"]);
  await workers.client.send(["XGROUP", "CREATECONSUMER", stream, "workers", "gone"]);
  const link = new RedisLink({ send: (command) => workers.client.send(command) });
  const names = async (): Promise<unknown[]> => {
    const left = await workers.client.send(["XINFO", "CONSUMERS", stream, "workers"]);
    return listIn(left).map((facts) => new Map(pairsIn(facts)).get("name")).toSorted();
  };
  assertEquals(await link.run(SWEEP, [stream], ["workers", 60_000]), 0);
  assertEquals(await names(), ["gone", "owes"]);
  await until(async () => await link.run(SWEEP, [stream], ["workers", 40]) === 1, "the end of a worker");
  assertEquals(await names(), ["owes"]);
  assertEquals(await link.run(SWEEP, ["{nextcore:9}:events"], ["workers", 40]), 0);
});
