import { assert, assertEquals } from "@std/assert";
import { Lease } from "../../redis/lease.ts";
import { Publisher, type PublisherOptions } from "../../redis/publisher.ts";
import { RedisLink } from "../../redis/redis_link.ts";
import { entryIn, listIn } from "../../redis/reply.ts";
import { type RedisServer, redisTest } from "./redis_server.ts";
import { until } from "./until.ts";

/** A publisher of shard 0 with a lease of its own. */
function publisherOf(server: RedisServer, fence: number, options: Partial<PublisherOptions> = {}) {
  const lease = new Lease(0, "m", fence, () => false);
  const errors: unknown[] = [];
  const publisher = new Publisher({
    link: new RedisLink({ send: server.sender(), timeoutMs: 500 }),
    lease,
    maxLength: 1_000,
    queueLength: 100_000,
    overflowed: () => {},
    failed: (error) => errors.push(error),
    ...options,
  });
  return { lease, publisher, errors, push: (...numbers: number[]) => pushAll(publisher, numbers) };
}

function pushAll(publisher: Publisher, numbers: readonly number[]): void {
  for (const sequence of numbers) {
    publisher.push({ sequence, name: "MESSAGE_CREATE", text: `text ${sequence}` });
  }
}

const SESSION = { sessionId: "s1", json: '{"sessionId":"s1"}' };

async function streamOf(server: RedisServer): Promise<string[]> {
  const entries = listIn(await server.client().send(["XRANGE", "{nextcore:0}:events", "-", "+"]));
  return entries.map(entryIn).map(({ id, name, text }) => `${id} ${name} ${text}`);
}

redisTest("Publisher writes events in order, each once, under its fence", async (server) => {
  const { publisher, push } = publisherOf(server, 7);
  await publisher.open();
  push(1, 2);
  await publisher.flushed();
  push(2, 3); // What a resume repeats.
  await publisher.flushed();
  assertEquals(await streamOf(server), [1, 2, 3].map((s) => `7-${s} MESSAGE_CREATE text ${s}`));
  assertEquals(publisher.published, 3);
});

redisTest("Publisher loses its lease where somebody with a larger fence has the stream", async (server) => {
  const old = publisherOf(server, 7);
  await old.publisher.open();
  old.push(1, 2);
  await old.publisher.flushed();
  const young = publisherOf(server, 8);
  assertEquals(await young.publisher.open(), { session: "", sequence: 0 });
  old.push(3); // It has slept, and does not know.
  await old.publisher.flushed();
  assert(old.lease.signal.aborted);
  young.push(3);
  await young.publisher.flushed();
  assertEquals((await streamOf(server)).map((line) => line.split(" ")[0]), ["7-1", "7-2", "8-3"]);
  const late = publisherOf(server, 6);
  assertEquals(await late.publisher.open(), { staleBelow: 8 });
});

redisTest(
  "Publisher begins a session with a fence of its own, and who comes next goes on there",
  async (server) => {
    const first = publisherOf(server, 7);
    await first.publisher.open();
    first.push(50, 51); // Of a session that nobody knows.
    first.publisher.push({ sequence: 1, name: "READY", text: "ready", session: SESSION });
    first.push(2, 3);
    await first.publisher.flushed();
    const ids = ["7-50", "7-51", "8-1", "8-2", "8-3"];
    assertEquals((await streamOf(server)).map((line) => line.split(" ")[0]), ids);
    assertEquals([first.publisher.fence, first.publisher.sessionId], [8, "s1"]);
    const second = publisherOf(server, 20);
    assertEquals(await second.publisher.open(), { session: SESSION.json, sequence: 3 });
    // The one before may have received more, and not have written it: a resume at 3 brings it again.
    second.push(4);
    await second.publisher.flushed();
    assertEquals((await streamOf(server)).at(-1), "20-4 MESSAGE_CREATE text 4");
    const third = publisherOf(server, 30);
    assertEquals(await third.publisher.open(), { session: SESSION.json, sequence: 4 });
  },
);

redisTest("Publisher that has slept begins no session in a stream that is another's", async (server) => {
  const old = publisherOf(server, 7);
  await old.publisher.open();
  const young = publisherOf(server, 8);
  await young.publisher.open();
  old.publisher.push({ sequence: 1, name: "READY", text: "ready", session: SESSION });
  await old.publisher.flushed();
  assert(old.lease.signal.aborted);
  assertEquals(await streamOf(server), []);
  assertEquals(await publisherOf(server, 9).publisher.open(), { session: "", sequence: 0 });
});

redisTest("Publisher waits while Redis is full, and then writes what it has kept", async (server) => {
  const { publisher, push, errors } = publisherOf(server, 7);
  const client = server.client();
  await publisher.open();
  push(1);
  await publisher.flushed();
  await client.send(["CONFIG", "SET", "maxmemory", "1"]);
  push(2);
  publisher.push({ sequence: 1, name: "READY", text: "ready", session: SESSION });
  push(2);
  await until(() => errors.length > 0, "a complaint");
  assert(String(errors[0]).includes("OOM"));
  assertEquals((await streamOf(server)).length, 1);
  await client.send(["CONFIG", "SET", "maxmemory", "0"]);
  await publisher.flushed();
  assertEquals((await streamOf(server)).map((line) => line.split(" ")[0]), ["7-1", "7-2", "8-1", "8-2"]);
});

redisTest("Publisher goes on in a Redis that has lost its stream", async (server) => {
  const { publisher, push } = publisherOf(server, 7);
  await publisher.open();
  push(1, 2);
  await publisher.flushed();
  await server.restart();
  push(3);
  await publisher.flushed();
  assertEquals((await streamOf(server)).map((line) => line.split(" ")[0]), ["7-3"]);
});

redisTest("Publisher writes nothing twice where an answer is lost", async (server) => {
  const inner = server.client();
  let losses = 0;
  const link = new RedisLink({
    timeoutMs: 500,
    async send(command) {
      const reply = await inner.send(command);
      if (String(command[0]).startsWith("EVAL") && losses > 0 && losses--) {
        throw new Error("The connection has ended");
      }
      return reply;
    },
  });
  const { publisher, push, errors } = publisherOf(server, 7, { link });
  await publisher.open();
  losses = 3;
  push(1, 2, 3);
  await publisher.flushed();
  losses = 2;
  publisher.push({ sequence: 1, name: "READY", text: "ready", session: SESSION });
  push(2);
  await publisher.flushed();
  assertEquals((await streamOf(server)).map((line) => line.split(" ")[0]), [
    "7-1",
    "7-2",
    "7-3",
    "8-1",
    "8-2",
  ]);
  assertEquals(errors.length, 5);
});

redisTest("Publisher tells when too much waits, and takes no more", async (server) => {
  let overflows = 0;
  const { publisher, push } = publisherOf(server, 7, { queueLength: 20, overflowed: () => overflows += 1 });
  await publisher.open();
  server.pause();
  push(1, 2, 3, 4, 5);
  assertEquals([publisher.size, overflows], [3, 1]);
  server.goOn();
  await publisher.flushed();
  assertEquals(publisher.published, 3);
});

redisTest("Publisher keeps about so many events, and drops the oldest", async (server) => {
  const { publisher } = publisherOf(server, 7, { maxLength: 200 });
  await publisher.open();
  pushAll(publisher, Array.from({ length: 2_000 }, (_, index) => index + 1));
  await publisher.flushed();
  const { length } = await streamOf(server);
  assert(length >= 200 && length < 400, `${length} are kept`);
});

redisTest("Publisher takes over no fence that another has come to by its sessions", async (server) => {
  // As after the clock of Redis was set back: leases then only grow by one, and a session takes one more.
  const old = publisherOf(server, 7, { lease: new Lease(0, "old", 7, () => false) });
  await old.publisher.open();
  old.publisher.push({ sequence: 1, name: "READY", text: "ready", session: SESSION });
  await old.publisher.flushed();
  assertEquals(old.publisher.fence, 8);
  const young = publisherOf(server, 8, { lease: new Lease(0, "young", 8, () => false) });
  assertEquals(await young.publisher.open(), { staleBelow: 8 });
});
