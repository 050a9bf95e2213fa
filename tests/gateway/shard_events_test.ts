import { assert, assertEquals, assertFalse, assertStrictEquals } from "@std/assert";
import { GatewayOpcode } from "../../gateway/payload.ts";

import type { Inflater } from "../../gateway/inflater.ts";
import type { ShardRelay } from "../../gateway/shard_events.ts";
import { Shard } from "../../gateway/shard.ts";
import { settle } from "../../testing/virtual_clock.ts";
import { ShardBench, TOKEN } from "./shard_bench.ts";
import { inFrames, ZlibStream } from "./zlib_stream.ts";

Deno.test("Shard dispatches each event under its wire name, with its shard, in order (OD-2)", async () => {
  await using bench = new ShardBench();
  const seen: unknown[] = [];
  bench.shard.eventDispatcher.listen("MESSAGE_CREATE", (message, { shard }) => {
    seen.push([message.id, shard === bench.shard]);
  });
  await bench.ready();
  for (const s of [2, 3, 4]) bench.socket.dispatch("MESSAGE_CREATE", s, { id: String(s) });
  assertEquals(seen, [["2", true], ["3", true], ["4", true]]);
});

Deno.test("Shard gives every payload to rawDispatcher by its opcode, as it came (ENV-2)", async () => {
  await using bench = new ShardBench();
  const seen: unknown[] = [];
  bench.shard.rawDispatcher.listen((name, payload) => seen.push([Number(name), payload]));
  await bench.ready();
  bench.socket.receive({ op: 11 });
  bench.socket.receive({ op: 99, d: { x: 1 } });
  bench.socket.receive({ op: 7 });
  await bench.settle();
  assertEquals(seen.slice(2), [
    [11, { op: 11, d: null, s: null, t: null }],
    [99, { op: 99, d: { x: 1 }, s: null, t: null }],
    [7, { op: 7, d: null, s: null, t: null }],
  ]);
  assertEquals(seen.slice(0, 2).map((entry) => (entry as unknown[])[0]), [10, 0]);
});

Deno.test("Shard lets rawDispatcher be listened to by a GatewayOpcode", async () => {
  await using bench = new ShardBench();
  const acknowledged = bench.shard.rawDispatcher.waitFor(GatewayOpcode.HeartbeatAck);
  await bench.ready();
  bench.socket.receive({ op: 11 });
  assertEquals((await acknowledged).op, 11);
});

Deno.test("Shard has its own events in the order in which things happen", async () => {
  await using bench = new ShardBench();
  await bench.ready();
  bench.socket.end(4000, "oops");
  await bench.reconnect();
  await bench.greet();
  bench.socket.dispatch("RESUMED", 2);
  bench.socket.receive({ op: 9, d: false });
  await bench.reconnect();
  await bench.greet();
  await bench.clock.advance(6_000);
  bench.socket.ready("def");
  assertEquals(bench.seen, [
    ...["READY", "ready", "disconnect", "RESUMED", "resumed", "clientDisconnect"],
    ...["READY", "ready", "sessionLost"],
  ]);
});

Deno.test("Shard says how a connection ended and what comes next (CC-1)", async () => {
  await using bench = new ShardBench();
  const endings: unknown[] = [];
  bench.shard.dispatcher.listen("disconnect", ({ code, reason, willResume, shard }) => {
    endings.push([code, reason, willResume, shard.id]);
  });
  await bench.ready();
  bench.socket.end(4000, "oops");
  await bench.reconnect();
  bench.socket.end(0);
  await bench.reconnect();
  await bench.greet();
  bench.socket.end(4007);
  assertEquals(endings, [[4000, "oops", true, 0], [1006, "", true, 0], [4007, "", false, 0]]);
});

Deno.test("Shard says whether the session lives on when it leaves by itself", async () => {
  const bench = new ShardBench();
  const endings: unknown[] = [];
  bench.shard.dispatcher.listen("clientDisconnect", ({ resumable }) => endings.push(resumable));
  await bench.ready();
  bench.socket.receive({ op: 7 });
  await bench.reconnect();
  await bench.greet();
  await bench.shard.close();
  assertEquals(endings, [true, false]);
});

Deno.test("Shard goes on when listeners throw, reject or take their time (SM-25, OD-2)", async () => {
  await using bench = new ShardBench();
  const failures: unknown[] = [];
  bench.shard.dispatcher.listen("error", ({ error }) => failures.push(error));
  bench.shard.eventDispatcher.listen("error", ({ error }) => failures.push(error));
  bench.shard.rawDispatcher.listen("error", ({ error }) => failures.push(error));
  const fail = (): never => {
    throw "thrown";
  };
  bench.shard.eventDispatcher.listen("READY", fail);
  bench.shard.eventDispatcher.listen("MESSAGE_CREATE", () => Promise.reject("rejected"));
  bench.shard.eventDispatcher.listen("MESSAGE_CREATE", () => new Promise<void>(() => {}));
  bench.shard.rawDispatcher.listen(GatewayOpcode.Hello, fail);
  bench.shard.dispatcher.listen("ready", fail);
  bench.shard.dispatcher.listen("sent", fail);
  await bench.ready();
  bench.socket.dispatch("MESSAGE_CREATE", 2);
  bench.socket.dispatch("MESSAGE_CREATE", 3);
  await bench.clock.advance(41_250);
  assertEquals([bench.shard.state, bench.shard.session?.sequence], ["ready", 3]);
  assertEquals(bench.socket.opcodes, [2, 1]);
  assertEquals(failures.filter((error) => error === "thrown").length, 5);
  assertEquals(failures.filter((error) => error === "rejected").length, 2);
});

Deno.test("Shard can be closed by a listener of any event", async () => {
  for (const name of ["HELLO", "READY", "ready", "sent", "disconnect"] as const) {
    const bench = new ShardBench();
    const close = (): void => void bench.shard.close();
    if (name === "HELLO") bench.shard.rawDispatcher.listen(GatewayOpcode.Hello, close);
    else if (name === "READY") bench.shard.eventDispatcher.listen(name, close);
    else bench.shard.dispatcher.listen(name, close);
    bench.shard.start();
    await bench.greet();
    if (bench.shard.state !== "idle") bench.socket.ready();
    if (bench.shard.state !== "idle") bench.socket.end(1006);
    await bench.shard.closed;
    assertEquals(bench.shard.state, "idle", name);
    assertEquals(bench.clock.pendingTimers, 0, name);
    await bench.clock.advance(600_000);
    assertEquals(bench.gateway.sockets.length, 1, name);
  }
});

Deno.test("Shard ends loops after what still waits when it is closed", async () => {
  const bench = new ShardBench();
  const messages = bench.shard.eventDispatcher.events("MESSAGE_CREATE");
  await bench.ready();
  bench.socket.dispatch("MESSAGE_CREATE", 2, { id: "1" });
  bench.socket.dispatch("MESSAGE_CREATE", 3, { id: "2" });
  await bench.shard.close();
  const ids: string[] = [];
  for await (const { id } of messages) ids.push(id);
  assertEquals(ids, ["1", "2"]);
});

Deno.test("Shard gives each event to its relay as well, until it is told of another", async () => {
  const { gateway, clock } = new ShardBench();
  const seen: unknown[] = [];
  const relay: ShardRelay<Shard> = {
    report: (name, _payload, { shard: from }) => {
      if (name !== "sent" && name !== "stateChange") seen.push([name, from === shard]);
    },
    receive: ({ op, t }, { shard: from }) => seen.push([op, t, from === shard]) > 0,
    drained: () => Promise.resolve(),
  };
  const shard = new Shard({
    shardId: 0,
    shardCount: 1,
    token: TOKEN,
    intents: 0,
    gatewayUrl: "wss://gateway.discord.gg",
    createWebSocket: gateway.createWebSocket,
    clock,
  }, { relay });
  shard.start();
  gateway.socket.open();
  gateway.socket.hello();
  await clock.advance(0);
  gateway.socket.ready();
  assertEquals(seen, [[10, null, true], [0, "READY", true], ["ready", true]]);
  shard.relayTo(undefined);
  gateway.socket.dispatch("MESSAGE_CREATE", 2, { id: "1" });
  await shard.close();
  assertEquals(seen.length, 3);
});

Deno.test("Shard shows its token nowhere: not inspected, not in events, not in errors (TX-10)", async () => {
  const bench = new ShardBench();
  const shown: string[] = [];
  const show = (...values: unknown[]): void => void shown.push(Deno.inspect(values, { depth: 20 }));
  bench.shard.dispatcher.listen(show);
  bench.shard.eventDispatcher.listen(show);
  bench.shard.rawDispatcher.listen(show);
  await bench.ready();
  await bench.resume(2);
  show(bench.shard, bench.shard.status(), bench.shard.session);
  shown.push(JSON.stringify([bench.shard, bench.shard.status()]));
  bench.socket.end(4004, "Authentication failed.");
  const error: unknown = await bench.shard.closed.catch((reason: unknown) => reason);
  show(error, error instanceof Error && error.stack, String(error));
  assert(shown.length > 8);
  assertFalse(shown.join().includes(TOKEN));
  assertFalse(shown.join().includes("secret"));
});

Deno.test("Shard reads a compressed connection, and starts anew with each one (Z-2, Z-4)", async () => {
  const bench = new ShardBench({ compression: "zlib-stream" });
  const seen: string[] = [];
  bench.shard.eventDispatcher.listen("MESSAGE_CREATE", ({ content }) => seen.push(String(content)));
  bench.shard.start();
  using first = new ZlibStream();
  const say = async (stream: ZlibStream, payload: unknown): Promise<void> => {
    for (const frame of inFrames(await stream.add(JSON.stringify(payload)), 50)) bench.socket.frame(frame);
    for (let turn = 0; turn < 4; turn += 1) await settle();
  };
  assertStrictEquals(new URL(bench.socket.url).searchParams.get("compress"), "zlib-stream");
  bench.socket.open();
  await say(first, { op: 10, d: { heartbeat_interval: 41_250 } });
  assertFalse("compress" in (bench.socket.commands[0]?.d as object)); // Z-10
  await say(first, {
    op: 0,
    s: 1,
    t: "READY",
    d: { session_id: "abc", resume_gateway_url: "wss://r.discord.gg" },
  });
  await say(first, { op: 0, s: 2, t: "MESSAGE_CREATE", d: { content: "漢字".repeat(100) } });
  bench.socket.end(1006);
  await settle();
  await bench.reconnect();
  using second = new ZlibStream();
  bench.socket.open();
  await say(second, { op: 10, d: { heartbeat_interval: 41_250 } });
  await say(second, { op: 0, s: 3, t: "MESSAGE_CREATE", d: { content: "漢字" } });
  await say(second, { op: 0, s: 4, t: "RESUMED", d: {} });
  assertEquals(seen, ["漢字".repeat(100), "漢字"]);
  assertEquals(bench.shard.state, "ready");
  await bench.shard.close();
});

/** Ways to wait for an event, and then to go on. */
const WAITS: Readonly<
  Record<string, (shard: Shard, name: "MESSAGE_CREATE" | "TYPING_START") => Promise<unknown>>
> = {
  "waitFor": (shard, name) => shard.waitFor(name),
  "a loop": async (shard, name) => {
    await using events = shard.events(name);
    for await (const _ of events) break;
  },
  "a loop over all events": async (shard, name) => {
    for await (const { name: seen } of shard.eventDispatcher.events()) if (seen === name) break;
  },
  "listen with once": (shard, name) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    shard.listen(name, resolve, { once: true });
    return promise;
  },
  "a listener that takes itself away": (shard, name) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const listening = shard.listen(name, (payload) => {
      listening[Symbol.dispose]();
      resolve(payload);
    });
    return promise;
  },
  "addEventListener with a signal": (shard, name) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const over = new AbortController();
    const { signal } = over;
    shard.eventDispatcher.addEventListener(name, (event) => (over.abort(), resolve(event)), { signal });
    return promise;
  },
  "rawDispatcher": (shard, name) =>
    shard.rawDispatcher.waitFor(GatewayOpcode.Dispatch, ({ t }) => t === name),
};

/** How frames come: as text, or as bytes that an inflater takes at once or later, alone or with others. */
type Delivery = "text" | "bytes at once" | "bytes later";

/** Frames as they are, without the marks at their ends. */
function unmarked(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte) => byte !== 0 && byte !== 255);
}

/** A shard that is connecting, to which the gateway can say something: all at once. */
async function plainBench(
  delivery: Delivery,
): Promise<[ShardBench, (...payloads: readonly object[]) => void]> {
  const createInflater = (): Inflater => ({
    inflate: (bytes) => delivery === "bytes later" ? Promise.resolve(unmarked(bytes)) : unmarked(bytes),
    close() {},
  });
  const bench = new ShardBench(
    delivery === "text" ? {} : { compression: "zlib-stream", createInflater },
  );
  const say = (...payloads: readonly object[]): void => {
    for (const payload of payloads) {
      const text = JSON.stringify({ d: {}, ...payload });
      if (delivery === "text") bench.socket.frame(text);
      else bench.socket.frame(Uint8Array.of(...new TextEncoder().encode(text), 0, 0, 255, 255));
    }
  };
  bench.shard.start();
  await settle();
  bench.socket.open();
  say({ op: 10, d: { heartbeat_interval: 41_250 } });
  await bench.settle();
  return [bench, say];
}

const READY = {
  op: 0,
  s: 1,
  t: "READY",
  d: { session_id: "abc", resume_gateway_url: "wss://r.discord.gg" },
} as const;

/** Ways to wait until a shard is ready. */
const READY_WAITS: Readonly<Record<string, (shard: Shard) => Promise<unknown>>> = {
  "connect": (shard) => shard.connect({ signal: new AbortController().signal }),
  "ready": (shard) => shard.ready(),
  "READY": (shard) => shard.waitFor("READY"),
  "a plain listener of ready": (shard) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    shard.dispatcher.listen("ready", resolve);
    return promise;
  },
};

for (const delivery of ["text", "bytes at once", "bytes later"] as const) {
  for (const [name, wait] of Object.entries(WAITS)) {
    Deno.test(`Shard gives who waits by ${name} time to wait for what has come just behind it, as ${delivery}`, async () => {
      const [bench, say] = await plainBench(delivery);
      const { shard } = bench;
      say(READY);
      await bench.settle();
      let waits = 0;
      const waiting = (async () => {
        for (const awaited of ["MESSAGE_CREATE", "TYPING_START", "MESSAGE_CREATE"] as const) {
          await wait(shard, awaited);
          waits += 1;
        }
      })();
      waiting.catch(() => {});
      const names = ["X", "MESSAGE_CREATE", "TYPING_START", "MESSAGE_CREATE", "X"];
      say(...names.map((t, index) => ({ op: 0, s: index + 2, t })));
      await bench.settle();
      await bench[Symbol.asyncDispose]();
      assertEquals([shard.status().received, waits], [6, 3]);
    });
  }

  for (const [name, wait] of Object.entries(READY_WAITS)) {
    Deno.test(`Shard gives who waits by ${name} time to wait for the guild just behind READY, as ${delivery}`, async () => {
      const [bench, say] = await plainBench(delivery);
      const guild = (async () => {
        await wait(bench.shard);
        return (await bench.shard.waitFor("GUILD_CREATE")).id;
      })();
      guild.catch(() => {});
      say(READY, { op: 0, s: 2, t: "GUILD_CREATE", d: { id: "1" } });
      await bench.settle();
      await bench[Symbol.asyncDispose]();
      assertEquals(await guild, "1");
    });
  }
}

Deno.test("Shard delivers at once what nobody waits for: no frame is kept", async () => {
  const [bench, say] = await plainBench("bytes at once");
  say(READY);
  await bench.settle();
  const seen: unknown[] = [];
  bench.shard.listen("MESSAGE_CREATE", (_, { shard }) => seen.push(shard.id));
  for (let s = 2; s <= 20; s += 1) {
    say({ op: 0, s, t: "MESSAGE_CREATE" });
    assertEquals(seen.length, s - 1);
  }
  await bench[Symbol.asyncDispose]();
});

Deno.test("Shard tells each change of its state with the reason, and counts what it did", async () => {
  await using bench = new ShardBench();
  const changes: string[] = [];
  bench.shard.dispatcher.listen(
    "stateChange",
    ({ from, to, reason }) => changes.push(`${from} > ${to}: ${reason}`),
  );
  await bench.ready();
  bench.socket.dispatch("MESSAGE_CREATE", 2, { id: "1" });
  bench.socket.dispatch("MESSAGE_CREATE", 2, { id: "1" });
  bench.socket.receive({ op: 7 });
  await bench.reconnect();
  bench.socket.end(1006);
  assertEquals(changes, [
    "idle > connecting: Started",
    "connecting > awaitingHello: The socket is open",
    "awaitingHello > awaitingPermit: HELLO",
    "awaitingPermit > identifying: Its turn to identify",
    "identifying > ready: READY",
    "ready > backoff: Asked to reconnect",
    "backoff > connecting: Time to connect",
    "connecting > backoff: Closed with 1006",
  ]);
  const { received, skipped, reconnects } = bench.shard.status();
  assertEquals([received, skipped], [2, 1]);
  assertEquals(reconnects, { "Asked to reconnect": 1, "Closed with 1006": 1 });
});

Deno.test("Shard writes to its logger by how much it matters, and never the token (TX-10)", async () => {
  const lines: string[] = [];
  const write = (level: string) => (...data: unknown[]) => lines.push(`${level} ${Deno.inspect(data)}`);
  const logger = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  await using bench = new ShardBench({ logger });
  await bench.ready();
  bench.socket.end(4004);
  assertEquals(lines.filter((line) => line.includes(TOKEN)), []);
  const has = (start: RegExp): boolean => lines.some((line) => start.test(line));
  assert(has(/^debug \[\s*"Shard 0: stateChange"/));
  assert(has(/^debug \[\s*"Shard 0: sent"/));
  assert(has(/^info \[\s*"Shard 0: ready"/));
  assert(has(/^error \[\s*"Shard 0: critical"/));
});

Deno.test("Shard goes on when its logger throws, and reports it (SM-25)", async () => {
  const broken = (): never => {
    throw new Error("no room");
  };
  await using bench = new ShardBench({
    logger: { debug: broken, info: broken, warn: broken, error: broken },
  });
  const errors: unknown[] = [];
  bench.shard.dispatcher.listen("error", ({ error, name }) => errors.push([name, error]));
  await bench.ready();
  bench.socket.dispatch("MESSAGE_CREATE", 2);
  await bench.resume(3);
  assertEquals(bench.shard.state, "ready");
  assertEquals(bench.shard.status().received, 3);
  assertEquals(errors[0], ["logger", new Error("no room")]);
});

Deno.test("Shard passes GUILD_CREATE on in each of its meanings, and tells them not apart (GL-2)", async () => {
  await using bench = new ShardBench();
  const guilds: unknown[] = [];
  bench.shard.eventDispatcher.listen("GUILD_CREATE", (guild) => guilds.push(guild));
  bench.shard.eventDispatcher.listen("GUILD_DELETE", (guild) => guilds.push(guild));
  await bench.ready();
  const initial = { id: "1", name: "a", unavailable: false };
  const outage = { id: "1", unavailable: true };
  const joined = { id: "2", name: "b" };
  bench.socket.dispatch("GUILD_CREATE", 2, initial);
  bench.socket.dispatch("GUILD_DELETE", 3, outage);
  bench.socket.dispatch("GUILD_CREATE", 4, outage);
  bench.socket.dispatch("GUILD_CREATE", 5, initial);
  bench.socket.dispatch("GUILD_CREATE", 6, joined);
  assertEquals(guilds, [initial, outage, outage, initial, joined]);
});

Deno.test("Shard passes a VOICE_SERVER_UPDATE without an endpoint on, and the one after it (VS-2)", async () => {
  await using bench = new ShardBench();
  const endpoints: unknown[] = [];
  bench.shard.eventDispatcher.listen("VOICE_SERVER_UPDATE", ({ endpoint }) => endpoints.push(endpoint));
  await bench.ready();
  for (const [index, endpoint] of [null, "voice.discord.media:443"].entries()) {
    bench.socket.dispatch("VOICE_SERVER_UPDATE", 2 + index, { guild_id: "1", token: "t", endpoint });
  }
  assertEquals(endpoints, [null, "voice.discord.media:443"]);
});

Deno.test("Shard gives the events of a session in the order of s, also what refers to the unknown (OD-1)", async () => {
  await using bench = new ShardBench();
  const seen: unknown[] = [];
  bench.shard.eventDispatcher.listen((name, payload) => seen.push([name, payload]));
  await bench.ready();
  seen.length = 0;
  const events = [
    ["MESSAGE_DELETE", { id: "9", channel_id: "8" }], // Of a message that was never seen.
    ["CHANNEL_UPDATE", { id: "7", permission_overwrites: [{ id: "6", type: 0 }] }], // A role that is not there.
    ["GUILD_MEMBER_ADD", { guild_id: "1", user: { id: "5" } }],
    ["GUILD_MEMBER_ADD", { guild_id: "1", user: { id: "5" } }], // Once more, as Discord does.
  ] as const;
  for (const [index, [name, payload]] of events.entries()) bench.socket.dispatch(name, 2 + index, payload);
  assertEquals(seen, [...events]);
  assertEquals(bench.shard.session?.sequence, 5);
});

Deno.test("Shard gives READY again with each new session, while connect is over once (OD-5)", async () => {
  await using bench = new ShardBench();
  const sessions: string[] = [];
  let connects = 0;
  bench.shard.eventDispatcher.listen("READY", ({ session_id }) => sessions.push(session_id));
  void bench.shard.connect().then(() => connects += 1);
  await bench.greet();
  bench.socket.ready("first");
  await bench.resume(2);
  bench.socket.end(4009);
  await bench.reconnect();
  await bench.greet();
  await bench.clock.advance(6_000); // Its turn to identify.
  bench.socket.ready("second");
  await bench.settle();
  assertEquals([sessions, connects], [["first", "second"], 1]);
});
