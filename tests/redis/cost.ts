/**
 * What an event costs on its way through Redis, in CPU of this process, beside the plain commands of the same client:
 * `XADD` one by one, and `XREADGROUP`, `JSON.parse` and `XACK`. Both in turn, several rounds; prints the ratios.
 *
 *     deno run -A tests/redis/cost.ts [--client "ioredis"] [--events 20000] [--rounds 5]
 *
 * @module
 */
import { Lease } from "../../redis/lease.ts";
import { EventSource } from "../../redis/mod.ts";
import { Publisher } from "../../redis/publisher.ts";
import { RedisLink } from "../../redis/redis_link.ts";
import { CLIENTS, type TestClient } from "./clients.ts";
import { RedisServer } from "./redis_server.ts";

const SHARDS = 4;
/** So many events come in one turn, as from a socket under load. */
const BURST = 16;
const TEXT = JSON.stringify({
  t: "MESSAGE_CREATE",
  s: 1,
  op: 0,
  d: {
    id: "1",
    channel_id: "2",
    content: "hello",
    author: { id: "3" },
    padding: "All work and no play. ".repeat(35),
  },
});

if (import.meta.main) {
  await measure(
    argument("--client", "redis"),
    Number(argument("--events", "20000")),
    Number(argument("--rounds", "5")),
  );
}

async function measure(name: string, events: number, rounds: number): Promise<void> {
  const ratios: { write: number[]; read: number[] } = { write: [], read: [] };
  for (let round = 0; round < rounds; round += 1) {
    await using server = await RedisServer.start();
    await using client = await (CLIENTS[name] ?? CLIENTS.redis)?.(server.port) ??
      { send: server.sender(), async [Symbol.asyncDispose]() {} };
    // Filled by another client: one that has written, has timers of its commands left when it reads.
    const filler = { send: server.sender(), async [Symbol.asyncDispose]() {} };
    await writePlain(filler, events);
    await publish(filler, events);
    const [rawRead, read] = await bothOf(round, () => readPlain(client, events), () => take(client, events));
    await filler.send(["FLUSHALL"]);
    const [rawWrite, write] = await bothOf(
      round,
      () => writePlain(client, events),
      () => publish(client, events),
    );
    ratios.write.push(write / rawWrite);
    ratios.read.push(read / rawRead);
    const each = (cpuMs: number): string => `${(cpuMs * 1_000 / events).toFixed(1)} µs`;
    console.log(
      `${name}, round ${round + 1}: write ${each(write)}, plain ${each(rawWrite)}; read ${
        each(read)
      }, plain ${each(rawRead)}`,
    );
  }
  const median = (values: number[]): string =>
    (values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0).toFixed(2);
  console.log(`median ratio: write ${median(ratios.write)}, read ${median(ratios.read)}`);
}

/** One command an event, in bursts, as they come. */
async function writePlain({ send }: TestClient, events: number): Promise<void> {
  for (let at = 0; at < events;) {
    const burst: Promise<unknown>[] = [];
    for (let count = 0; count < BURST; count += 1, at += 1) {
      burst.push(
        send([
          "XADD",
          `plain:${at % SHARDS}`,
          "MAXLEN",
          "~",
          "1000000",
          `1-${at + 1}`,
          "MESSAGE_CREATE",
          TEXT,
        ]),
      );
    }
    await Promise.all(burst);
  }
}

async function publish({ send }: TestClient, events: number): Promise<void> {
  const link = new RedisLink({ send });
  const publishers = await Promise.all(Array.from({ length: SHARDS }, async (_, shardId) => {
    const lease = new Lease(shardId, "m", 1, () => false);
    const options = {
      link,
      lease,
      maxLength: 1_000_000,
      queueLength: 1e9,
      overflowed() {},
      failed: console.error,
    };
    const publisher = new Publisher(options);
    await publisher.open();
    return publisher;
  }));
  for (let at = 0; at < events;) {
    for (let count = 0; count < BURST; count += 1, at += 1) {
      publishers[at % SHARDS]?.push({ sequence: at + 1, name: "MESSAGE_CREATE", text: TEXT });
    }
    await Promise.all(publishers.map((publisher) => publisher.flushed()));
  }
}

async function readPlain({ send }: TestClient, events: number): Promise<void> {
  const streams = Array.from({ length: SHARDS }, (_, id) => `plain:${id}`);
  for (const stream of streams) await send(["XGROUP", "CREATE", stream, "g", "0"]);
  const command = [
    "XREADGROUP",
    "GROUP",
    "g",
    "c",
    "COUNT",
    "100",
    "STREAMS",
    ...streams,
    ...streams.map(() => ">"),
  ];
  let handled = 0;
  while (handled < events) {
    const reply: unknown = await send(command);
    const pairs = pairsOf(reply);
    await Promise.all(pairs.map(([stream, entries]) => {
      for (const [, [, text]] of entries) if (JSON.parse(text).d.content === "hello") handled += 1;
      return send(["XACK", stream, "g", ...entries.map(([id]) => id)]);
    }));
  }
}

/** RESP2 has a list of pairs, RESP3 a map, which some make a flat list. */
function pairsOf(reply: unknown): [string, [string, [string, string]][]][] {
  if (!Array.isArray(reply)) return Object.entries(reply ?? {});
  if (typeof reply[0] !== "string") return reply;
  return Array.from({ length: reply.length / 2 }, (_, at) => [reply[2 * at], reply[2 * at + 1]]);
}

async function take({ send }: TestClient, events: number): Promise<void> {
  await using source = new EventSource({
    send,
    shardIds: Array.from({ length: SHARDS }, (_, id) => id),
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  let handled = 0;
  source.listen("MESSAGE_CREATE", () => {
    if (++handled === events) resolve();
  });
  await source.start();
  await promise;
}

/** What both cost; who goes first alternates. */
async function bothOf(
  round: number,
  plain: () => Promise<void>,
  ours: () => Promise<void>,
): Promise<[plain: number, ours: number]> {
  if (round % 2 === 0) return [await cpuOf(plain), await cpuOf(ours)];
  const first = await cpuOf(ours);
  return [await cpuOf(plain), first];
}

/** Milliseconds of this process's CPU. */
async function cpuOf(act: () => Promise<void>): Promise<number> {
  const before = cpuMs();
  await act();
  return cpuMs() - before;
}

function cpuMs(): number {
  const [, , , , , , , , , , , , , user = 0, system = 0] = Deno.readTextFileSync("/proc/self/stat").split(" ")
    .map(Number);
  return (user + system) * 10;
}

function argument(name: string, otherwise: string): string {
  const at = Deno.args.indexOf(name);
  return Deno.args[at + 1] !== undefined && at !== -1 ? String(Deno.args[at + 1]) : otherwise;
}
