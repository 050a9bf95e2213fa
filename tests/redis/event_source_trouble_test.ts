// What can go wrong at a worker's, caused: nothing may be lost by it, held for ever, or grow without end.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { EventSource, type EventSourceOptions, type PoisonEvent, type RedisSend } from "../../redis/mod.ts";
import { SWEEP } from "../../redis/stream_scripts.ts";
import { VirtualClock } from "../../testing/mod.ts";
import "./model/network.ts"; // Makes the digests of all scripts, which take no virtual time.
import { RedisModel } from "./model/redis_model.ts";

type Command = readonly (string | Uint8Array)[];

/** A Redis in memory, and workers in virtual time whose commands can be made to fail. */
class Trouble implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly redis = new RedisModel(this.clock);
  readonly errors: unknown[] = [];
  readonly poison: PoisonEvent[] = [];
  /** Which commands fail, and how. */
  fault: (command: Command) => Error | undefined = () => undefined;
  readonly #sources: EventSource[] = [];
  #sequence = 0;

  readonly send: RedisSend = async (command) => {
    await undefined;
    const fault = this.fault(command);
    if (fault !== undefined) throw fault;
    return this.redis.execute(command);
  };

  fill(count: number, shardId = 0, text?: string): void {
    for (let index = 0; index < count; index += 1) {
      const sequence = ++this.#sequence;
      const message = JSON.stringify({
        t: "MESSAGE_CREATE",
        s: sequence,
        op: 0,
        d: { content: String(sequence) },
      });
      this.redis.execute([
        "XADD",
        `{nextcore:${shardId}}:events`,
        `7-${sequence}`,
        "MESSAGE_CREATE",
        text ?? message,
      ]);
    }
  }

  /** Gives all there is to a worker that dies at once. */
  die(count: number, shardId = 0): void {
    const stream = `{nextcore:${shardId}}:events`;
    this.redis.execute(["XGROUP", "CREATE", stream, "workers", "0", "MKSTREAM"]);
    this.redis.execute([
      "XREADGROUP",
      "GROUP",
      "workers",
      "dead",
      "COUNT",
      String(count),
      "STREAMS",
      stream,
      ">",
    ]);
  }

  worker(options: Partial<EventSourceOptions> = {}): EventSource {
    const source = new EventSource({
      send: this.send,
      clock: this.clock,
      shardIds: [0, 1],
      drainTimeoutMs: 300,
      ...options,
    });
    source.sourceDispatcher.listen("error", ({ error }) => this.errors.push(error));
    source.sourceDispatcher.listen("poison", (event) => this.poison.push(event));
    this.#sources.push(source);
    return source;
  }

  /** Those that are handled go here. */
  contents(source: EventSource): string[] {
    const seen: string[] = [];
    source.listen("MESSAGE_CREATE", ({ content }) => seen.push(String(content)));
    return seen;
  }

  pending(shardId = 0): number {
    const reply = this.redis.execute(["XPENDING", `{nextcore:${shardId}}:events`, "workers"]);
    return Number(Array.isArray(reply) ? reply[0] : 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clock.runUntil(Promise.all(this.#sources.map((source) => source.close())));
  }
}

const REFUSED = new Error("ECONNREFUSED");
const isFor = (shardId: number, name: string) => (command: Command): Error | undefined => {
  const isIt = command.includes(`{nextcore:${shardId}}:events`) && command[0] === name;
  return isIt ? REFUSED : undefined;
};

Deno.test("EventSource loses nothing of other places while one of them does not answer", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker({ isOnePlace: false });
  const seen = trouble.contents(source);
  await source.start();
  trouble.fault = isFor(1, "XREADGROUP");
  trouble.fill(3, 0);
  await trouble.clock.advance(1_000);
  assertEquals(seen, ["1", "2", "3"]);
  assertEquals(trouble.pending(0), 0);
  assert(trouble.errors.length > 0 && trouble.errors.length <= 4, "it is told, and not without end");
});

Deno.test("EventSource takes over from a dead worker although one shard can't be looked at", async () => {
  await using trouble = new Trouble();
  trouble.fill(3, 0);
  trouble.die(3, 0);
  const source = trouble.worker({ reclaimMs: 3_000, maxTries: 2 });
  const seen = trouble.contents(source);
  trouble.fault = isFor(1, "EVALSHA");
  await source.start();
  await trouble.clock.advance(20_000);
  assertEquals(seen, ["1", "2", "3"]);
  assertEquals(trouble.poison, []);
});

Deno.test("EventSource tells Redis what is done also after it was away for long", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker();
  const seen = trouble.contents(source);
  trouble.fault = isFor(0, "XACK");
  await source.start();
  trouble.fill(2);
  await trouble.clock.advance(60_000);
  assertEquals(seen, ["1", "2"]);
  trouble.fault = () => undefined;
  await trouble.clock.advance(1_000);
  assertEquals([trouble.pending(), source.inHand], [0, 0]);
});

Deno.test("EventSource tries an event again also after Redis was away for long", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker({ retryMs: 100 });
  let isBad = true;
  const seen: string[] = [];
  source.listen("MESSAGE_CREATE", ({ content }) => {
    if (isBad) throw new Error("not now");
    seen.push(String(content));
  });
  await source.start();
  trouble.fill(1);
  await trouble.clock.advance(50);
  trouble.fault = isFor(0, "XCLAIM");
  await trouble.clock.advance(60_000);
  isBad = false;
  trouble.fault = () => undefined;
  await trouble.clock.advance(1_000);
  assertEquals(seen, ["1"]);
  assertEquals(trouble.pending(), 0);
});

Deno.test("EventSource takes over all that a dead worker had, in one go", async () => {
  await using trouble = new Trouble();
  trouble.fill(400);
  trouble.die(400);
  const source = trouble.worker({ shardIds: Array.from({ length: 50 }, (_, id) => id), reclaimMs: 3_000 });
  const seen = trouble.contents(source);
  await source.start();
  await trouble.clock.advance(4_200); // The time, and one look.
  assertEquals(seen.length, 400);
});

Deno.test("EventSource takes no more than it may, also of more streams than that", async () => {
  await using trouble = new Trouble();
  const shardIds = Array.from({ length: 20 }, (_, id) => id);
  for (const id of shardIds) trouble.fill(5, id);
  const source = trouble.worker({ shardIds, limit: 3 });
  let most = 0;
  let count = 0;
  source.listen("MESSAGE_CREATE", async () => {
    most = Math.max(most, source.inHand);
    await new Promise<void>((resolve) => trouble.clock.setTimeout(resolve, 10));
    count += 1;
  });
  await source.start();
  await trouble.clock.advance(20_000);
  assertEquals([most, count], [3, 100]);
});

Deno.test("EventSource has what waits to be tried again in hand", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker({ limit: 10, retryMs: 1_000, maxTries: 3 });
  source.listen("MESSAGE_CREATE", () => {
    throw new Error("the database is down");
  });
  await source.start();
  trouble.fill(100);
  await trouble.clock.advance(500);
  assertEquals([source.inHand, trouble.pending()], [10, 10]);
  await trouble.clock.advance(60_000);
  assertEquals([source.inHand, trouble.pending(), trouble.poison.length], [0, 0, 100]);
});

Deno.test("EventSource minds no event that is done with", async () => {
  await using trouble = new Trouble();
  const claimed: Command[] = [];
  const source = trouble.worker({ retryMs: 100, reclaimMs: 3_000 });
  let tries = 0;
  source.listen("MESSAGE_CREATE", () => {
    if (++tries < 3) throw new Error("not yet");
  });
  await source.start();
  trouble.fill(1);
  await trouble.clock.advance(1_000);
  assertEquals([tries, trouble.pending()], [3, 0]);
  trouble.fault = (command) => {
    if (command.includes("JUSTID")) claimed.push(command);
    return undefined;
  };
  await trouble.clock.advance(10_000);
  assertEquals(claimed, []);
});

Deno.test("EventSource sets an event aside that has no data, at once", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker({ retryMs: 1_000 });
  const seen = trouble.contents(source);
  await source.start();
  trouble.fill(1, 0, '{"t":"MESSAGE_CREATE"}');
  await trouble.clock.advance(100);
  assertEquals(trouble.poison.map(({ reason }) => reason), ["The text of the event has no data"]);
  assertEquals([seen.length, trouble.pending()], [0, 0]);
});

Deno.test("EventSource sets an event aside once where the answer is lost", async () => {
  await using trouble = new Trouble();
  let isLost = true;
  const source = trouble.worker({
    retryMs: 10,
    maxTries: 1,
    send: async (command) => {
      const reply = await trouble.send(command);
      if (isLost && command.includes("{nextcore:0}:poison") && command.includes("broken")) {
        isLost = false;
        throw new Error("The connection has ended");
      }
      return reply;
    },
  });
  source.listen("MESSAGE_CREATE", () => {
    throw new Error("broken");
  });
  await source.start();
  trouble.fill(1);
  await trouble.clock.advance(3_000);
  assertEquals(isLost, false);
  const aside = trouble.redis.execute(["XRANGE", "{nextcore:0}:poison", "-", "+"]);
  assertEquals([Array.isArray(aside) ? aside.length : 0, trouble.poison.length, trouble.pending()], [
    1,
    1,
    0,
  ]);
});

Deno.test("EventSource does not take for handled what a loop has not read that ends", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker();
  const messages = source.events("MESSAGE_CREATE");
  trouble.fill(5);
  await source.start();
  const failure = assertRejects(
    async () => {
      for await (const { content } of messages) if (content === "2") throw new Error("broken");
    },
    Error,
    "broken",
  );
  await trouble.clock.advance(100);
  await failure;
  assertEquals(trouble.pending(), 3);
  await trouble.clock.runUntil(source.close());
  const other = trouble.worker();
  const seen = trouble.contents(other);
  await other.start();
  await trouble.clock.advance(30_000);
  assertEquals(seen, ["3", "4", "5"]);
});

Deno.test("EventSource does not take for handled what a loop has not read whose signal aborts", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker();
  const stop = new AbortController();
  const all = source.events({ signal: stop.signal });
  trouble.fill(4);
  await source.start();
  await trouble.clock.advance(50);
  const first = await all.next();
  assertEquals(first.value?.name, "MESSAGE_CREATE");
  stop.abort(new Error("over"));
  await assertRejects(() => all.next(), Error, "over");
  await trouble.clock.advance(100);
  assertEquals(trouble.pending(), 3);
});

Deno.test("EventSource tells of a handler that does not end, also where others do", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker();
  source.listen("MESSAGE_CREATE", ({ content }) => content === "1" ? new Promise(() => {}) : undefined);
  trouble.fill(1);
  await source.start();
  await trouble.clock.advance(50_000);
  assertEquals(trouble.errors, []);
  trouble.fill(1);
  await trouble.clock.advance(30_000);
  assertEquals(trouble.errors.length, 1);
  assert(String(trouble.errors[0]).includes("a handler does not end"));
});

Deno.test("EventSource acknowledges each event when its own listeners and loops are done", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker({ limit: 10 });
  const stuck = Promise.withResolvers<void>();
  source.listen("MESSAGE_CREATE", ({ content }) => content === "2" ? stuck.promise : undefined);
  const messages = source.events("MESSAGE_CREATE");
  const read = async (count: number): Promise<void> => {
    for (; count > 0; count -= 1) await trouble.clock.runUntil(messages.next());
    await trouble.clock.advance(100);
  };
  trouble.fill(30);
  await source.start();
  await trouble.clock.advance(100);
  assertEquals(trouble.pending(), 10);
  await read(5); // It is at the fifth.
  assertEquals([source.inHand, trouble.pending()], [10, 10], "as many have come as were done with");
  await read(25);
  assertEquals(
    [source.inHand, trouble.pending()],
    [2, 2],
    "the one that is stuck, and the last, that it is at",
  );
  stuck.resolve();
  await trouble.clock.advance(100);
  assertEquals([source.inHand, trouble.pending()], [1, 1]);
});

Deno.test("EventSource does not ask all the time where a read that should wait does not", async () => {
  await using trouble = new Trouble();
  let reads = 0;
  const source = trouble.worker({
    read: (command) => {
      reads += 1;
      assert(reads < 10_000, "it asks without end");
      return trouble.send(command.filter((word, at) => word !== "BLOCK" && command[at - 1] !== "BLOCK"));
    },
  });
  await source.start();
  await trouble.clock.advance(1_000);
  assert(reads <= 51, `${reads} reads in a second`);
});

Deno.test("EventSource starts once, and not after it was closed", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker();
  const starting = source.start();
  await assertRejects(() => source.start(), TypeError, "started already");
  await starting;
  await assertRejects(() => source.start(), TypeError, "started already");
  const closed = trouble.worker();
  await closed.close();
  await assertRejects(() => closed.start(), TypeError, "has been closed");
});

Deno.test("EventSource that is closed while it starts reads nothing, and rejects the start", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker();
  const starting = assertRejects(() => source.start(), DOMException, "closed");
  await source.close();
  await starting;
  let reads = 0;
  trouble.fault = (command) => {
    if (command[0] === "XREADGROUP") reads += 1;
    return undefined;
  };
  await trouble.clock.advance(5_000);
  assertEquals(reads, 0);
});

Deno.test("EventSource does not start under a signal that has aborted", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker();
  const reason = new Error("no more");
  await assertRejects(() => source.start({ signal: AbortSignal.abort(reason) }), Error, "no more");
  await source.start();
});

Deno.test("EventSource looks now and then for workers that are no more", async () => {
  await using trouble = new Trouble();
  const digest = await SWEEP.digest();
  let sweeps = 0;
  trouble.fault = (command) => void (command[1] === digest && (sweeps += 1));
  await trouble.worker({ reclaimMs: 3_000 }).start();
  await trouble.clock.advance(59_000);
  assertEquals(sweeps, 0);
  await trouble.clock.advance(2_000);
  assertEquals(sweeps, 2, "for each of two shards");
});

Deno.test("EventSource may be started again where Redis did not answer", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker();
  const seen = trouble.contents(source);
  trouble.fault = () => REFUSED;
  await assertRejects(() => source.start(), Error, "ECONNREFUSED");
  trouble.fault = () => undefined;
  await source.start();
  trouble.fill(1);
  await trouble.clock.advance(100);
  assertEquals(seen, ["1"]);
});

Deno.test("EventSource closes once, for all who close it", async () => {
  await using trouble = new Trouble();
  const source = trouble.worker({ drainTimeoutMs: 5_000 });
  source.listen("MESSAGE_CREATE", () => new Promise(() => {}));
  await source.start();
  trouble.fill(1);
  await trouble.clock.advance(100);
  const closing = source.close();
  let isClosed = false;
  const again = source.close().then(() => isClosed = true);
  await trouble.clock.advance(1_000);
  assertEquals(isClosed, false);
  await trouble.clock.runUntil(Promise.all([closing, again]));
});

Deno.test("EventSource refuses at once what its parts would choke on", () => {
  const send = (): Promise<void> => Promise.resolve();
  const wrong = (options: unknown): EventSource =>
    new EventSource({ send, ...options as Partial<EventSourceOptions> });
  for (const shardIds of [[-1], [0.5], [1, 1], ["1"]]) {
    assertThrows(() => wrong({ shardIds }), RangeError, "shardIds");
  }
  for (const shardIds of [[], 3, "12"]) assertThrows(() => wrong({ shardIds }), TypeError, "shardIds");
  for (const name of ["", "a b", 3]) assertThrows(() => wrong({ name }), TypeError, "name");
  for (const group of ["", "a\n", null]) assertThrows(() => wrong({ group }), TypeError, "group");
  assertThrows(() => wrong({ read: "client" }), TypeError, "read");
  assertThrows(() => wrong({ poisonLength: 0 }), RangeError, "poisonLength");
});
