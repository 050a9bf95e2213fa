import { assertEquals } from "@std/assert";
import { Lease } from "../../redis/lease.ts";
import { Publisher } from "../../redis/publisher.ts";
import { RedisLink } from "../../redis/redis_link.ts";
import { StreamSessionStore } from "../../redis/stream_session_store.ts";
import { type RedisServer, redisTest } from "./redis_server.ts";

const IDENTITY = { shardId: 0, shardCount: 1, intents: 0, tokenFingerprint: "f" };

function sessionOf(sessionId: string, sequence: number) {
  return { ...IDENTITY, sessionId, sequence, resumeGatewayUrl: undefined };
}

/** A shard whose session `s1` has begun, and stands at 1. */
class Owner {
  readonly link: RedisLink;
  readonly lease: Lease;
  readonly publisher: Publisher;

  constructor(server: RedisServer, fence: number, queueLength = 1_000) {
    this.link = new RedisLink({ send: server.sender(), timeoutMs: 5_000 });
    this.lease = new Lease(0, `m${fence}`, fence, () => false);
    this.publisher = new Publisher({
      link: this.link,
      lease: this.lease,
      maxLength: 1_000,
      queueLength,
      overflowed: () => {},
      failed: () => {},
    });
  }

  async open(): Promise<StreamSessionStore> {
    const opened = await this.publisher.open();
    if ("staleBelow" in opened) throw new Error(`stale below ${opened.staleBelow}`);
    return new StreamSessionStore(this.link, this.lease, this.publisher, opened);
  }

  async begin(store: StreamSessionStore): Promise<void> {
    this.ready(store, "s1");
    await this.publisher.flushed();
  }

  ready(store: StreamSessionStore, sessionId: string): void {
    const session = store.started({ session_id: sessionId }, IDENTITY);
    this.publisher.push({ sequence: 1, name: "READY", text: "ready", session });
  }

  push(...numbers: readonly number[]): void {
    for (const sequence of numbers) this.publisher.push({ sequence, name: "E", text: "text of ten" });
  }
}

/** Where the next owner resumes. */
async function resumedAt(server: RedisServer): Promise<string> {
  const session = (await new Owner(server, 99).open()).load();
  return session === undefined ? "nowhere" : `${session.sessionId} ${session.sequence}`;
}

redisTest("StreamSessionStore notes the number of a session where events are left out", async (server) => {
  const owner = new Owner(server, 7);
  const store = await owner.open();
  await owner.begin(store);
  await store.save(0, sessionOf("s1", 30));
  assertEquals(await resumedAt(server), "s1 30");
});

redisTest("StreamSessionStore notes no number past an event that the stream did not take", async (server) => {
  const owner = new Owner(server, 7, 30);
  const store = await owner.open();
  await owner.begin(store);
  owner.push(2, 3, 4, 5); // Two are too much.
  await owner.publisher.flushed(); // What waited is there now, and nothing waits any more.
  await store.save(0, sessionOf("s1", 5));
  assertEquals(await resumedAt(server), "s1 3");
});

redisTest("StreamSessionStore notes no number past an event that came after the lease", async (server) => {
  const owner = new Owner(server, 7);
  const store = await owner.open();
  await owner.begin(store);
  owner.push(2);
  await owner.publisher.flushed();
  owner.lease.lose("its time is over");
  owner.push(3);
  await store.save(0, sessionOf("s1", 3)).catch(() => {});
  assertEquals(await resumedAt(server), "s1 2");
});

redisTest("StreamSessionStore does not forget a session that begins while it waits", async (server) => {
  const owner = new Owner(server, 7);
  const store = await owner.open();
  await owner.begin(store);
  await store.save(0, sessionOf("s1", 1));
  server.pause();
  owner.push(2);
  const forgotten = store.clear(); // The session is over; the next begins before Redis answers.
  owner.ready(store, "s2");
  server.goOn();
  await forgotten;
  assertEquals(await resumedAt(server), "s2 1");
});

redisTest("StreamSessionStore forgets the session that is over", async (server) => {
  const owner = new Owner(server, 7);
  const store = await owner.open();
  await owner.begin(store);
  await store.save(0, sessionOf("s1", 1));
  await store.clear();
  assertEquals(await resumedAt(server), "nowhere");
});
