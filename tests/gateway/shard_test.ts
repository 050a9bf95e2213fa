import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  DisallowedIntentsError,
  InvalidTokenError,
  ReconnectCheckFailedError,
} from "../../gateway/errors.ts";
import { Shard } from "../../gateway/shard.ts";
import type { ShardOptions } from "../../gateway/shard_options.ts";
import { ShardBench, TOKEN } from "./shard_bench.ts";

const RESUME_URL = "wss://resume.discord.gg/?v=10&encoding=json";
const BASE_URL = "wss://gateway.discord.gg/?v=10&encoding=json";

Deno.test("Shard.connect resolves on READY, and not before (SM-23)", async () => {
  await using bench = new ShardBench();
  let isConnected = false;
  const connected = bench.shard.connect().then(() => isConnected = true);
  await bench.settle();
  assertEquals(bench.gateway.urls, [BASE_URL]);
  await bench.greet();
  assertEquals(bench.socket.opcodes, [2]);
  assertEquals(isConnected, false);
  bench.socket.ready();
  await connected;
  assertEquals(bench.shard.state, "ready");
  assertEquals(bench.shard.session?.sessionId, "abc");
});

Deno.test("Shard.connect resolves at once while the shard is ready, and opens nothing more (SM-24)", async () => {
  await using bench = new ShardBench();
  const [first, second] = [bench.shard.connect(), bench.shard.connect()];
  await bench.greet();
  bench.socket.ready();
  await Promise.all([first, second]);
  await bench.shard.connect();
  assertEquals(bench.gateway.sockets.length, 1);
});

Deno.test("Shard.connect stays patient while sockets fail, and resolves when one works (SM-23)", async () => {
  await using bench = new ShardBench();
  const connected = bench.shard.connect();
  await bench.settle();
  for (let attempt = 0; attempt < 4; attempt += 1) {
    if (attempt % 2 === 0) bench.socket.fail();
    else bench.socket.end(0);
    await bench.reconnect();
  }
  await bench.greet();
  bench.socket.ready();
  await connected;
  assertEquals(bench.gateway.sockets.length, 5);
});

for (const state of ["connecting", "awaitingHello", "awaitingPermit", "identifying", "backoff"] as const) {
  Deno.test(`Shard.connect can be aborted while ${state}: it stops, and can start again (SM-23, BO-4)`, async () => {
    const bench = await benchIn(state);
    const controller = new AbortController();
    const connected = bench.shard.connect({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await assertRejects(() => connected, Error, "enough");
    await bench.settle();
    assertEquals(bench.shard.state, "idle");
    assertEquals(bench.clock.pendingTimers, 0);
    assertEquals(bench.socket.readyState, 3);
    const sockets = bench.gateway.sockets.length;
    await bench.clock.advance(600_000);
    assertEquals(bench.gateway.sockets.length, sockets);
    const again = bench.shard.connect();
    await bench.greet();
    bench.socket.ready();
    await again;
    await bench.shard.close();
    assertEquals(bench.clock.pendingTimers, 0);
  });

  Deno.test(`Shard.close while ${state} rejects connect and leaves nothing behind (SM-23, BO-5, SM-7)`, async () => {
    const bench = await benchIn(state);
    const connected = assertRejects(() => bench.shard.connect(), DOMException, "closed");
    await bench.shard.close();
    await connected;
    assertEquals(bench.clock.pendingTimers, 0);
    assertEquals(bench.socket.readyState, 3);
    await bench.shard.closed;
  });
}

/** A bench that has been brought into a state, with a turn that never comes while it is to wait for one. */
async function benchIn(
  state: "connecting" | "awaitingHello" | "awaitingPermit" | "identifying" | "backoff",
): Promise<ShardBench> {
  let isOpen = state !== "awaitingPermit";
  const identifyQueue: ShardOptions["identifyQueue"] = {
    acquire: (_shardId, { signal }) => {
      const turn = Promise.withResolvers<void>();
      if (isOpen) turn.resolve();
      isOpen = true;
      signal.addEventListener("abort", () => turn.reject(signal.reason));
      return turn.promise;
    },
    update: () => {},
  };
  const bench = new ShardBench({ identifyQueue });
  bench.shard.start();
  if (state === "backoff") bench.socket.end(1006);
  else if (state !== "connecting") bench.socket.open();
  if (state === "awaitingPermit" || state === "identifying") bench.socket.hello();
  await bench.settle();
  assertEquals(bench.shard.state, state);
  return bench;
}

Deno.test("Shard.connect does nothing when its signal has aborted already", async () => {
  const bench = new ShardBench();
  await assertRejects(() => bench.shard.connect({ signal: AbortSignal.abort(new Error("no")) }), Error, "no");
  assertEquals(bench.gateway.sockets.length, 0);
});

Deno.test("Shard.connect rejects with the fatal error, and critical comes once (SM-23, CC-1)", async () => {
  const bench = new ShardBench();
  const connected = assertRejects(() => bench.shard.connect(), InvalidTokenError);
  await bench.settle();
  await bench.greet();
  bench.socket.end(4004, "Authentication failed.");
  const error = await connected;
  assertEquals([error.code, error.reason, error.shardId], [4004, "Authentication failed.", 0]);
  assertEquals(bench.seen, ["critical"]);
  assertEquals(bench.shard.state, "dead");
  assertEquals(bench.clock.pendingTimers, 0);
  await assertRejects(() => bench.shard.closed, InvalidTokenError);
  await assertRejects(() => bench.shard.connect(), TypeError, "closed");
  await bench.clock.advance(600_000);
  assertEquals(bench.gateway.sockets.length, 1);
});

Deno.test("Shard that fails while it runs ends its loops with the error and rejects what waits (CC-1)", async () => {
  const bench = new ShardBench();
  await bench.ready();
  const events = bench.shard.eventDispatcher.events("MESSAGE_CREATE");
  bench.socket.end(4014);
  await bench.settle();
  await assertRejects(() => events.next(), DisallowedIntentsError);
  await assertRejects(() => bench.shard.send({ op: 3, d: null }), TypeError, "closed");
});

Deno.test("Shard without reconnect fails when its session is lost (CC-2)", async () => {
  const bench = new ShardBench({ reconnect: false });
  await bench.ready();
  bench.socket.receive({ op: 9, d: false });
  await assertRejects(() => bench.shard.closed, ReconnectCheckFailedError);
  assertEquals(bench.seen.filter((name) => name === "critical"), ["critical"]);
  await bench.settle();
  assertEquals(bench.clock.pendingTimers, 0);
});

Deno.test("Shard.close ends the session with 1000 and gives nothing back (BO-5, SEQ-8)", async () => {
  const bench = new ShardBench();
  await bench.ready();
  assertEquals(await bench.shard.close(), undefined);
  assertEquals(bench.socket.closedWith?.code, 1000);
  assertEquals(bench.shard.session, undefined);
  assertEquals(bench.clock.pendingTimers, 0);
  assertEquals(bench.seen, ["READY", "ready", "clientDisconnect"]);
});

Deno.test("Shard.close leaves resumably with 4900 and says where to resume (BO-5)", async () => {
  const bench = new ShardBench();
  await bench.ready();
  bench.socket.dispatch("GUILD_CREATE", 7);
  const point = await bench.shard.close({ resumable: true });
  assertEquals(point, { sessionId: "abc", resumeGatewayUrl: "wss://resume.discord.gg", sequence: 7 });
  assertEquals(bench.socket.closedWith?.code, 4900);
  assertEquals(bench.clock.pendingTimers, 0);
});

Deno.test("Shard.close takes two seconds at most towards a dead peer (WS-3, WS-10)", async () => {
  const bench = new ShardBench();
  await bench.ready();
  bench.socket.isAlive = false;
  const startedAt = bench.clock.now();
  await bench.clock.runUntil(bench.shard.close());
  assertEquals(bench.clock.now() - startedAt, 2_000);
  assertEquals(bench.clock.pendingTimers, 0);
});

Deno.test("Shard.close may be called again, and before anything was started", async () => {
  const unused = new ShardBench();
  await unused.shard.close();
  await unused.shard.close();
  await unused.shard.closed;
  await assertRejects(() => unused.shard.connect(), TypeError, "closed");
});

Deno.test("Shard comes back by RESUME on the resume URL when the line drops (RS-1, RS-2)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  bench.socket.dispatch("GUILD_CREATE", 2);
  bench.socket.end(1006);
  await bench.reconnect();
  assertEquals(bench.gateway.urls, [BASE_URL, RESUME_URL]);
  await bench.greet();
  assertEquals(bench.socket.commands, [{ op: 6, d: { token: TOKEN, session_id: "abc", seq: 2 } }]);
  bench.socket.dispatch("MESSAGE_CREATE", 2);
  bench.socket.dispatch("MESSAGE_CREATE", 3);
  bench.socket.dispatch("RESUMED", 4);
  assertEquals(bench.seen.slice(3), ["disconnect", "MESSAGE_CREATE", "RESUMED", "resumed"]);
  assertEquals(bench.shard.status().resumes, 1);
});

Deno.test("Shard recovers from a zombie whose close never comes (HB-5, WS-3, SM-0)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  const zombie = bench.socket;
  zombie.isAlive = false;
  await bench.clock.advance(65_000);
  assertEquals(zombie.closedWith?.code, 4900);
  assertEquals(bench.gateway.sockets.length, 2);
  await bench.greet();
  assertEquals(bench.socket.opcodes, [6]);
  zombie.end(4004); // A late word must not move the new connection.
  zombie.dispatch("MESSAGE_CREATE", 500);
  bench.socket.dispatch("RESUMED", 2);
  assertEquals([bench.shard.state, bench.shard.session?.sequence], ["ready", 2]);
});

Deno.test("Shard identifies again through the queue after op 9, five seconds later (ID-3, ID-5, SM-14)", async () => {
  await using bench = new ShardBench({ random: () => 0 });
  await bench.ready();
  const identifiedAt = bench.clock.now();
  bench.socket.receive({ op: 9, d: false });
  await bench.clock.advance(1_000); // The shortest pause.
  await bench.greet();
  assertEquals(bench.shard.state, "awaitingPermit");
  bench.socket.receive({ op: 11 });
  await bench.clock.advance(3_999);
  assertEquals(bench.socket.opcodes.includes(2), false);
  await bench.clock.advance(1_000);
  assertEquals(bench.socket.opcodes.includes(2), true);
  assert(bench.clock.now() - identifiedAt >= 5_000);
});

Deno.test("Shard keeps beating while it waits for its turn (HB-2)", async () => {
  const queue = { acquire: () => new Promise<void>(() => {}), update: () => {} };
  await using bench = new ShardBench({ identifyQueue: queue });
  bench.shard.start();
  await bench.greet();
  for (let beat = 0; beat < 3; beat += 1) {
    await bench.clock.advance(41_250);
    bench.socket.receive({ op: 11 });
  }
  assertEquals(bench.socket.commands, Array.from({ length: 3 }, () => ({ op: 1, d: null })));
});

Deno.test("Shard gives its place in the queue back when the connection is lost (SM-7)", async () => {
  const signals: AbortSignal[] = [];
  const acquire = (_id: number, { signal }: { signal: AbortSignal }): Promise<void> => {
    signals.push(signal);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  await using bench = new ShardBench({ identifyQueue: { acquire, update: () => {} } });
  bench.shard.start();
  await bench.greet();
  bench.socket.end(1006);
  await bench.settle();
  assertEquals(signals.map(({ aborted }) => aborted), [true]);
  await bench.reconnect();
  await bench.greet();
  assertEquals(signals.map(({ aborted }) => aborted), [true, false]);
  assertEquals(bench.seen, ["disconnect"]); // A turn given back is no error.
});

Deno.test("Shard takes no turn that comes for a connection it has left (SM-0, SM-6)", async () => {
  const turns: (() => void)[] = [];
  const acquire = (): Promise<void> => new Promise((resolve) => turns.push(resolve)); // Deaf to aborts.
  await using bench = new ShardBench({ identifyQueue: { acquire, update: () => {} } });
  bench.shard.start();
  await bench.greet();
  bench.socket.end(1006);
  await bench.reconnect();
  await bench.greet();
  turns[0]?.();
  await bench.settle();
  assertEquals([bench.shard.state, bench.socket.opcodes], ["awaitingPermit", []]);
  turns[1]?.();
  await bench.settle();
  assertEquals([bench.shard.state, bench.socket.opcodes], ["identifying", [2]]);
});

Deno.test("Shard reports an identify queue that rejects, and tries again", async () => {
  let calls = 0;
  const acquire = (): Promise<void> => {
    calls += 1;
    return calls === 1 ? Promise.reject(new Error("queue is down")) : Promise.resolve();
  };
  await using bench = new ShardBench({ identifyQueue: { acquire, update: () => {} } });
  const failure = bench.shard.dispatcher.waitFor("error");
  const connected = bench.shard.connect();
  await bench.greet();
  const { error } = await failure;
  assertInstanceOf(error, Error);
  assertEquals(error.message, "queue is down");
  await bench.reconnect();
  await bench.greet();
  bench.socket.ready();
  await connected;
});

Deno.test("Shard reports createWebSocket that throws, and tries again with backoff (WS-9)", async () => {
  const gateway = new ShardBench().gateway;
  let calls = 0;
  const createWebSocket = (url: string): WebSocket => {
    calls += 1;
    if (calls <= 3) throw new TypeError("proxy is down");
    return gateway.createWebSocket(url);
  };
  await using bench = new ShardBench({ createWebSocket });
  const connected = bench.shard.connect();
  await bench.clock.advance(10_000);
  assertEquals(calls, 4);
  assertEquals(bench.seen.filter((name) => name === "error").length, 3);
  gateway.socket.open();
  gateway.socket.hello();
  await bench.settle();
  gateway.socket.ready();
  await connected;
});

Deno.test("Shard leaves a connection that sends garbage, and resumes (SM-18)", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  bench.socket.frame("<html>");
  await bench.reconnect();
  assertEquals(bench.gateway.sockets[0]?.closedWith?.code, 4900);
  await bench.greet();
  assertEquals(bench.socket.opcodes, [6]);
});

Deno.test("Shard says how it is in plain numbers", async () => {
  await using bench = new ShardBench();
  assertEquals(bench.shard.status().state, "idle");
  await bench.ready();
  bench.socket.dispatch("MESSAGE_CREATE", 2);
  await bench.clock.advance(41_250 / 2);
  await bench.clock.advance(30);
  bench.socket.receive({ op: 11 });
  const { sessionAgeMs, ...status } = bench.shard.status();
  assertEquals(sessionAgeMs, bench.clock.now());
  assertEquals(status, {
    id: 0,
    state: "ready",
    latencyMs: 30,
    sequence: 2,
    queued: 0,
    received: 2,
    skipped: 0,
    reconnects: {},
    connections: 1,
    identifies: 1,
    resumes: 0,
    bytesReceived: 243,
    bytesInflated: 243,
  });
  assertEquals(structuredClone(status), status);
});

const WRONG: readonly (readonly [what: string, options: Record<string, unknown>])[] = [
  ["a shard id beyond the count", { shardId: 1 }],
  ["a negative shard id", { shardId: -1 }],
  ["a broken shard id", { shardId: 0.5 }],
  ["no shards", { shardCount: 0 }],
  ["an empty token", { token: "" }],
  ["a token with a line break", { token: "a.b.c\n" }],
  ["a token of the wrong type", { token: 7 }],
  ["unknown intents", { intents: 2 ** 40 }],
  ["intents of the wrong type", { intents: "513" }],
  ["an HTTP URL", { gatewayUrl: "https://gateway.discord.gg" }],
  ["a low largeThreshold", { largeThreshold: 49 }],
  ["a high largeThreshold", { largeThreshold: 251 }],
  ["an unknown resumeUrl", { resumeUrl: "wss://x" }],
  ["an empty send queue", { sendQueueLimit: 0 }],
];
for (const [what, options] of WRONG) {
  Deno.test(`Shard refuses ${what} when it is made`, () => {
    const error = assertThrows(() => new ShardBench(options as Partial<ShardOptions>), Error);
    assert(error instanceof TypeError || error instanceof RangeError);
    assertEquals(error.message.includes("a.b.c"), false);
  });
}

Deno.test("Shard takes a token with the prefix Bot and sends it without (§4.1)", async () => {
  await using bench = new ShardBench({ token: `Bot ${TOKEN}` });
  bench.shard.start();
  await bench.greet();
  const [identify] = bench.socket.commands;
  assertEquals((identify?.d as { token: string }).token, TOKEN);
});

Deno.test("Shard needs no relay, and no options but five", () => {
  const options = { shardId: 0, shardCount: 1, token: TOKEN, intents: 0, gatewayUrl: "ws://127.0.0.1" };
  assertEquals(new Shard(options).state, "idle");
});

Deno.test("Shard.ready rejects on a shard that has ended, also when it had been ready before (SM-23)", async () => {
  const bench = new ShardBench();
  await bench.ready();
  await bench.shard.ready();
  await bench.shard.close();
  await assertRejects(() => bench.shard.ready(), DOMException, "closed");
});
