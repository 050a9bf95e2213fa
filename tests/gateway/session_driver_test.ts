// What a shard makes of events that somebody wants, and of those that nobody does.
import { assertEquals } from "@std/assert";
import { GatewayOpcode, type Shard } from "../../gateway/mod.ts";
import { FakeGateway } from "./fake_gateway.ts";
import { VirtualClock } from "../../testing/virtual_clock.ts";
import { Shard as GatewayShard } from "../../gateway/shard.ts";

interface Bench {
  readonly shard: Shard;
  readonly clock: VirtualClock;
  /** Sends an event in Discord's own form; its data is no JSON, so that whoever parses it ends the connection. */
  poison(name: string, s: number): void;
  send(name: string, s: number, d: unknown): void;
}

async function createBench(): Promise<Bench> {
  const gateway = new FakeGateway();
  const clock = new VirtualClock();
  const { createWebSocket } = gateway;
  const shard = new GatewayShard({
    shardId: 0,
    shardCount: 1,
    token: "a.b.c",
    intents: 2,
    createWebSocket,
    clock,
  });
  shard.start();
  gateway.socket.open();
  gateway.socket.hello();
  await clock.advance(0);
  gateway.socket.ready();
  return {
    shard,
    clock,
    poison: (name, s) => gateway.socket.frame(`{"t":"${name}","s":${s},"op":0,"d":{poison}}`),
    send: (name, s, d) => gateway.socket.frame(`{"t":"${name}","s":${s},"op":0,"d":${JSON.stringify(d)}}`),
  };
}

Deno.test("SessionDriver counts events that nobody wants, and leaves their data unparsed", async () => {
  const { shard, clock, poison } = await createBench();
  poison("TYPING_START", 2);
  poison("TYPING_START", 3);
  poison("TYPING_START", 3);
  await clock.advance(0);
  const { received, skipped, sequence, state } = shard.status();
  assertEquals({ received, skipped, sequence, state }, {
    received: 3,
    skipped: 1,
    sequence: 3,
    state: "ready",
  });
  await shard.close();
});

Deno.test("SessionDriver parses what a listener, a loop, a wait or a raw listener wants, for as long as it does", async () => {
  const ways: ((shard: Shard) => Disposable | AsyncDisposable)[] = [
    (shard) => shard.listen("TYPING_START", () => {}),
    (shard) => shard.listen(() => {}),
    (shard) => shard.events("TYPING_START"),
    (shard) => shard.rawDispatcher.listen(GatewayOpcode.Dispatch, () => {}),
  ];
  for (const way of ways) {
    const { shard, clock, poison } = await createBench();
    const listening = way(shard);
    if (Symbol.dispose in listening) listening[Symbol.dispose]();
    else await listening[Symbol.asyncDispose]();
    poison("TYPING_START", 2);
    await clock.advance(0);
    assertEquals(shard.state, "ready", String(way));
    way(shard);
    poison("TYPING_START", 3);
    await clock.advance(0);
    assertEquals(shard.state, "backoff", String(way));
    await clock.runUntil(shard.close());
  }
});

Deno.test("SessionDriver hands chunks to a request for members though nobody listens to them", async () => {
  const { shard, clock, send } = await createBench();
  const members = shard.requestGuildMembers("1", { query: "", limit: 0, nonce: "n" });
  await clock.advance(0);
  send("GUILD_MEMBERS_CHUNK", 2, { guild_id: "1", members: [], chunk_index: 0, chunk_count: 1, nonce: "n" });
  assertEquals((await members.next()).value?.chunk_count, 1);
  await clock.runUntil(shard.close());
});
