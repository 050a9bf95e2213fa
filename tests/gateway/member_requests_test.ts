import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  GatewayRateLimitedError,
  type GuildMembersQuery,
  type GuildMembersStream,
  Intents,
  SessionLostError,
} from "../../gateway/mod.ts";
import { GUILD, MembersBench, type SentQuery } from "./members_bench.ts";

const ALL: GuildMembersQuery = { query: "", limit: 0 };

/** What a stream gives, as it comes. */
function read(stream: GuildMembersStream): { readonly indices: number[]; readonly done: Promise<void> } {
  const indices: number[] = [];
  const all = async (): Promise<void> => {
    for await (const { chunk_index } of stream) indices.push(chunk_index);
  };
  const done = all();
  done.catch(() => {});
  return { indices, done };
}

Deno.test("Shard.requestGuildMembers sends at once, with a nonce, and gives the chunks as they come (MR-1, MR-3, MR-5)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const { indices, done } = read(bench.shard.requestGuildMembers(GUILD, ALL));
  await bench.settle();
  const [query] = bench.queries;
  assertEquals(
    query,
    { guild_id: GUILD, query: "", limit: 0, presences: false, nonce: bench.nonce } as SentQuery,
  );
  assert(bench.nonce.length > 0 && bench.nonce.length <= 32);
  for (const index of [0, 1, 2]) {
    bench.chunk(index, 3);
    await bench.settle();
    assertEquals(indices.length, index + 1);
  }
  await done;
  assertEquals(indices, [0, 1, 2]);
});

Deno.test("Shard.requestGuildMembers counts chunks, since the last index need not come last (MR-6)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const { indices, done } = read(bench.shard.requestGuildMembers(GUILD, ALL));
  await bench.settle();
  for (const index of [2, 0, 0, 2, 1]) {
    bench.chunk(index, 3);
    await bench.settle();
  }
  await done;
  assertEquals(indices, [2, 0, 1]);
});

Deno.test("Shard.requestGuildMembers hears only chunks of its own nonce and guild, and of a shape that it knows (MR-5)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const { indices, done } = read(bench.shard.requestGuildMembers(GUILD, ALL));
  await bench.settle();
  const { nonce } = bench;
  bench.chunk(0, 1, "another");
  bench.chunk(0, 1, null);
  bench.chunk(0, 1, 7);
  bench.chunk(0, 1, nonce, { guild_id: "1" });
  bench.chunk(-1, 1);
  bench.chunk(1, 1);
  bench.chunk(0.5, 1);
  bench.chunk(0, 1, nonce, { members: null });
  bench.chunk(0, 1, nonce, { chunk_count: "1" });
  bench.socket.dispatch("GUILD_MEMBERS_CHUNK", bench.sequence, null);
  bench.socket.dispatch("RATE_LIMITED", bench.sequence, { opcode: 8, retry_after: 1, meta: null });
  bench.socket.dispatch("RATE_LIMITED", bench.sequence, []);
  await bench.settle();
  assertEquals(indices, []);
  bench.chunk(0, 1);
  await done;
  assertEquals(indices, [0]);
});

Deno.test("Shard.requestGuildMembers keeps answers apart that come mixed (MR-5)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const first = read(bench.shard.requestGuildMembers(GUILD, { query: "a" }));
  const second = read(bench.shard.requestGuildMembers(GUILD, { query: "b", nonce: "mine" }));
  await bench.settle();
  const [one, other] = bench.queries.map(({ nonce }) => nonce);
  assertEquals(other, "mine");
  bench.chunk(0, 2, other);
  bench.chunk(1, 2, one);
  bench.chunk(0, 2, one);
  bench.chunk(1, 2, other);
  await Promise.all([first.done, second.done]);
  assertEquals([first.indices, second.indices], [[1, 0], [0, 1]]);
});

Deno.test("Shard.requestGuildMembers asks for many users by the hundred, one request after the other (MR-1)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const ids = Array.from({ length: 250 }, (_, index) => String(index + 1));
  const { indices, done } = read(bench.shard.requestGuildMembers(GUILD, { user_ids: ids, presences: true }));
  for (const part of [1, 2, 3]) {
    await bench.settle();
    assertEquals(bench.queries.length, part);
    bench.chunk(0, 1);
  }
  await done;
  assertEquals(bench.queries.map(({ user_ids }) => user_ids?.length), [100, 100, 50]);
  assertEquals(bench.queries.flatMap(({ user_ids }) => user_ids), ids);
  assertEquals(new Set(bench.queries.map(({ nonce }) => nonce)).size, 3);
  assertEquals(indices, [0, 0, 0]);
});

Deno.test("Shard.requestGuildMembers takes one user, a bigint, and no users at all", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const { done } = read(bench.shard.requestGuildMembers(BigInt(GUILD), { user_ids: 7n }));
  await bench.settle();
  assertEquals([bench.queries[0]?.guild_id, bench.queries[0]?.user_ids], [GUILD, ["7"]]);
  bench.chunk(0, 1);
  await done;
  await read(bench.shard.requestGuildMembers(GUILD, { user_ids: [] })).done;
  assertEquals(bench.queries.length, 1);
});

Deno.test("Shard.requestGuildMembers says at the call what Discord would refuse (MR-1, §23 33-byte nonce)", async () => {
  await using bench = new MembersBench({ intents: Intents.Guilds });
  await bench.ready();
  const ask = (query: unknown, guildId: unknown = GUILD): () => unknown => () =>
    Reflect.apply(bench.shard.requestGuildMembers, bench.shard, [guildId, query]);
  for (const query of [undefined, null, {}, { limit: 0 }, { query: "", user_ids: ["1"] }]) {
    assertThrows(ask(query), TypeError, "either query or user_ids");
  }
  assertThrows(ask(ALL), TypeError, "Intents.GuildMembers");
  assertThrows(ask({ query: "a", presences: true }), TypeError, "Intents.GuildPresences");
  assertThrows(ask({ query: "a", nonce: "x".repeat(33) }), RangeError, "33");
  assertThrows(ask({ query: "a", nonce: "é".repeat(17) }), RangeError, "34");
  assertThrows(ask({ query: "a", nonce: "" }), TypeError, "nonce");
  assertThrows(ask({ query: "a", limit: 101 }), RangeError, "100");
  assertThrows(ask({ query: "", limit: 101 }), RangeError, "100");
  assertThrows(ask({ query: "a", limit: -1 }), RangeError, "limit");
  assertThrows(ask({ query: "a".repeat(101) }), RangeError, "100 characters");
  assertThrows(ask({ query: 7 }), TypeError, "string");
  assertThrows(ask({ user_ids: ["x"] }), TypeError, "user_ids");
  assertThrows(ask({ user_ids: ["1"], limit: 5 }), TypeError, "limit");
  assertThrows(ask({ query: "a", presences: 1 }), TypeError, "presences");
  assertThrows(ask({ query: "a", gapTimeoutMs: 0 }), RangeError, "gapTimeoutMs");
  assertThrows(ask({ query: "a", chunkLimit: 0 }), RangeError, "chunkLimit");
  assertThrows(ask({ query: "a", retry: 0.5 }), RangeError, "retry");
  assertThrows(ask({ query: "a" }, "guild"), TypeError, "guildId");
  await bench.settle();
  assertEquals(bench.commands, []);
  await bench.shard.close();
  assertThrows(ask({ query: "a" }), TypeError, "closed");
});

Deno.test("Shard.requestGuildMembers takes no nonce twice while it is in use", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const first = read(bench.shard.requestGuildMembers(GUILD, { query: "a", nonce: "mine" }));
  const again = (): GuildMembersStream =>
    bench.shard.requestGuildMembers(GUILD, { query: "b", nonce: "mine" });
  assertThrows(again, RangeError, "under way");
  await bench.settle();
  bench.chunk(0, 1);
  await first.done;
  await bench.settle();
  await again().return();
});

Deno.test("Shard.requestGuildMembers has no more requests under way than may wait to be sent (TX-7)", async () => {
  await using bench = new MembersBench({ sendQueueLimit: 2 });
  await bench.ready();
  for (const query of ["a", "b"]) read(bench.shard.requestGuildMembers(GUILD, { query }));
  assertThrows(() => bench.shard.requestGuildMembers(GUILD, { query: "c" }), RangeError, "sendQueueLimit");
});

Deno.test("Shard.requestGuildMembers throws a typed error when Discord refuses, by nonce or by guild (MR-4)", async () => {
  for (const hasNonce of [true, false]) {
    await using bench = new MembersBench();
    await bench.ready();
    const found = read(bench.shard.requestGuildMembers(GUILD, { query: "a" }));
    const { done } = read(bench.shard.requestGuildMembers(GUILD, ALL));
    await bench.settle();
    bench.refuse({ guild_id: GUILD, ...(hasNonce ? { nonce: bench.nonce } : {}) });
    const error = await assertRejects(() => done, GatewayRateLimitedError, GUILD);
    assertEquals([error.opcode, error.retryAfterMs, error.guildId], [8, 12_500, GUILD]);
    bench.chunk(0, 1, bench.queries[0]?.nonce);
    await found.done;
  }
});

Deno.test("Shard.requestGuildMembers lets refusals of other things pass (MR-8)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const { done } = read(bench.shard.requestGuildMembers(GUILD, ALL));
  await bench.settle();
  bench.refuse(undefined, { opcode: 43 });
  bench.refuse({ guild_id: "1" });
  bench.refuse({ guild_id: GUILD, nonce: "another" });
  await bench.settle();
  bench.chunk(0, 1);
  await done;
  assertEquals(bench.seen.filter((name) => name === "RATE_LIMITED").length, 3);
});

Deno.test("Shard.requestGuildMembers asks again after the wait that Discord wants, as often as it may (MR-5)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  for (const query of [ALL, { query: "a" }]) {
    const before = bench.queries.length;
    const { done, indices } = read(
      bench.shard.requestGuildMembers(GUILD, { ...query, retry: 2, gapTimeoutMs: 1_000 }),
    );
    await bench.settle();
    for (const attempt of [1, 2]) {
      assertEquals(bench.queries.length, before + attempt);
      bench.refuse(undefined, { retry_after: 40 });
      await bench.clock.advance(39_999);
      bench.socket.receive({ op: 11 });
      assertEquals(bench.queries.length, before + attempt);
      await bench.clock.advance(1);
    }
    bench.chunk(0, 1);
    await done;
    assertEquals(indices, [0]);
  }
});

Deno.test("Shard.requestGuildMembers gives up when it was refused more often than it may ask again (MR-5)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const { done } = read(bench.shard.requestGuildMembers(GUILD, { ...ALL, retry: 1 }));
  await bench.settle();
  bench.refuse();
  await bench.clock.advance(31_000);
  assertEquals(bench.queries.length, 2);
  bench.refuse();
  await assertRejects(() => done, GatewayRateLimitedError);
});

Deno.test("Shard.requestGuildMembers believes no absurd wait", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  for (const [retry_after, expected] of [["soon", 30_500], [-1, 30_500], [1e300, 86_400_000]] as const) {
    const { done } = read(bench.shard.requestGuildMembers(GUILD, { query: "a" }));
    await bench.settle();
    bench.refuse(undefined, { retry_after });
    assertEquals((await assertRejects(() => done, GatewayRateLimitedError)).retryAfterMs, expected);
  }
});

Deno.test("Shard.requestGuildMembers asks for all members of a guild once in 30 s, of others at once (MR-4, MR-5)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const sentAt: number[] = [];
  bench.shard.dispatcher.listen("sent", ({ op }) => {
    if (op === 8) sentAt.push(bench.clock.now());
  });
  for (let times = 0; times < 3; times += 1) {
    read(bench.shard.requestGuildMembers(GUILD, { ...ALL, gapTimeoutMs: 1e6 }));
  }
  read(bench.shard.requestGuildMembers("1", ALL));
  read(bench.shard.requestGuildMembers(GUILD, { query: "a" }));
  await bench.settle();
  assertEquals(sentAt, [0, 0, 0]);
  for (let second = 0; second < 70; second += 1) {
    await bench.clock.advance(1_000);
    bench.socket.receive({ op: 11 });
  }
  assertEquals(sentAt.slice(3), [30_500, 61_000]);
});

Deno.test("Shard.requestGuildMembers waits after a refusal also for requests that come later (MR-4)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const first = read(bench.shard.requestGuildMembers(GUILD, ALL));
  await bench.settle();
  bench.refuse(undefined, { retry_after: 40 });
  await assertRejects(() => first.done, GatewayRateLimitedError);
  read(bench.shard.requestGuildMembers(GUILD, ALL));
  await bench.clock.advance(39_900);
  assertEquals(bench.queries.length, 1);
  await bench.clock.advance(200);
  assertEquals(bench.queries.length, 2);
});

Deno.test("Shard.requestGuildMembers uses no turn for a request that was taken back before it was sent (MR-5)", async () => {
  await using bench = new MembersBench();
  const controller = new AbortController();
  const waiting = read(bench.shard.requestGuildMembers(GUILD, { ...ALL, signal: controller.signal }));
  const next = read(bench.shard.requestGuildMembers(GUILD, ALL));
  await bench.settle();
  controller.abort(new Error("never mind"));
  await assertRejects(() => waiting.done, Error, "never mind");
  await bench.ready();
  await bench.settle();
  assertEquals(bench.queries.length, 1);
  bench.chunk(0, 1);
  await next.done;
});

Deno.test("Shard.requestGuildMembers throws when no chunk comes for gapTimeoutMs (MR-6)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const { indices, done } = read(bench.shard.requestGuildMembers(GUILD, ALL));
  let endedAt = 0;
  done.catch(() => endedAt = bench.clock.now());
  await bench.clock.advance(25_000);
  bench.socket.receive({ op: 11 });
  bench.chunk(0, 2);
  await bench.clock.advance(29_999); // Counted from the last chunk.
  bench.socket.receive({ op: 11 });
  assertEquals(indices, [0]);
  await bench.clock.advance(1);
  const error = await assertRejects(() => done, DOMException, "30000 ms");
  assertEquals([error.name, endedAt], ["TimeoutError", 55_000]);
});

Deno.test("Shard.requestGuildMembers keeps waiting over a resume, and time stands still until then (MR-6, MR-7)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const { indices, done } = read(bench.shard.requestGuildMembers(GUILD, { ...ALL, gapTimeoutMs: 5_000 }));
  await bench.settle();
  const { nonce } = bench;
  bench.chunk(0, 3);
  bench.socket.end(1006);
  await bench.clock.advance(6_000);
  await bench.greet();
  await bench.clock.advance(6_000);
  bench.chunk(1, 3, nonce); // Replayed.
  bench.socket.dispatch("RESUMED", bench.sequence);
  await bench.clock.advance(4_999);
  bench.chunk(2, 3, nonce);
  await done;
  assertEquals(indices, [0, 1, 2]);
});

Deno.test("Shard.requestGuildMembers lets time run again after a resume (MR-6)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const { done } = read(bench.shard.requestGuildMembers(GUILD, { ...ALL, gapTimeoutMs: 5_000 }));
  await bench.settle();
  await bench.resume(bench.sequence);
  await bench.clock.advance(5_000);
  assertEquals((await assertRejects(() => done, DOMException)).name, "TimeoutError");
});

Deno.test("Shard.requestGuildMembers throws SessionLostError when the session ends, and at once (MR-7)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const { indices, done } = read(bench.shard.requestGuildMembers(GUILD, ALL));
  await bench.settle();
  bench.chunk(0, 2);
  await bench.settle();
  bench.socket.receive({ op: 9, d: false });
  const error = await assertRejects(() => done, SessionLostError);
  assertEquals([error.shardId, indices], [0, [0]]);
  assertNotEquals(bench.shard.state, "ready");
});

Deno.test("Shard.requestGuildMembers throws SessionLostError when a READY replaces the session (SM-21, MR-7)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const { done } = read(bench.shard.requestGuildMembers(GUILD, ALL));
  await bench.settle();
  bench.socket.ready("another", 1);
  await assertRejects(() => done, SessionLostError);
});

Deno.test("Shard.requestGuildMembers keeps what was not sent for the next session (MR-7, TX-5)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  bench.socket.end(4009);
  const { done, indices } = read(bench.shard.requestGuildMembers(GUILD, ALL));
  await bench.reconnect();
  await bench.greet();
  await bench.clock.advance(6_000);
  bench.socket.ready("another", 1);
  await bench.settle();
  assertEquals(bench.queries.length, 1);
  bench.chunk(0, 1);
  await done;
  assertEquals(indices, [0]);
});

Deno.test("Shard.requestGuildMembers leaves nothing behind when its loop breaks off, or its signal aborts (WS-10)", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const timers = bench.clock.pendingTimers;
  const controller = new AbortController();
  const reason = new Error("enough");
  const aborted = read(bench.shard.requestGuildMembers(GUILD, { query: "a", signal: controller.signal }));
  const broken = bench.shard.requestGuildMembers(GUILD, { query: "b" });
  await using disposed = bench.shard.requestGuildMembers(GUILD, { query: "c" });
  const paced = [1, 2].map(() => bench.shard.requestGuildMembers("1", ALL));
  await bench.settle();
  assert(bench.clock.pendingTimers > timers);
  bench.chunk(0, 2, bench.queries[1]?.nonce); // Not read, and never will be.
  controller.abort(reason);
  await assertRejects(() => aborted.done, Error, "enough");
  await Promise.all([broken.return(), disposed.return(), ...paced.map((stream) => stream.return())]);
  await bench.settle();
  assertEquals(bench.clock.pendingTimers, timers);
  assertEquals(await broken.next(), { value: undefined, done: true });
  bench.chunk(0, 1);
});

Deno.test("Shard.requestGuildMembers does not ask when its signal has aborted already", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const signal = AbortSignal.abort(new Error("too late"));
  const { done } = read(bench.shard.requestGuildMembers(GUILD, { ...ALL, signal }));
  await assertRejects(() => done, Error, "too late");
  assertEquals(bench.queries, []);
});

Deno.test("Shard.requestGuildMembers throws what stopped the shard, after the chunks that wait (BO-5)", async () => {
  const bench = new MembersBench();
  await bench.ready();
  const stream = bench.shard.requestGuildMembers(GUILD, ALL);
  const paced = read(bench.shard.requestGuildMembers(GUILD, ALL));
  const unread = bench.shard.requestGuildMembers(GUILD, { query: "a" }); // Nobody minds.
  await bench.settle();
  bench.chunk(0, 2, bench.queries.find((query) => "limit" in query && query.limit === 0)?.nonce);
  await bench.settle();
  bench.socket.end(4004);
  assertEquals((await stream.next()).value?.chunk_index, 0);
  await assertRejects(() => stream.next(), Error, "token");
  await assertRejects(() => paced.done, Error, "token");
  assertEquals((await stream.next()).done, true);
  assertEquals(bench.clock.pendingTimers, 0);
  await unread.return();
});

Deno.test("Shard.requestGuildMembers keeps at most chunkLimit chunks for a slow reader", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  const stream = bench.shard.requestGuildMembers(GUILD, { ...ALL, chunkLimit: 2 });
  await bench.settle();
  for (const index of [0, 1, 2, 3]) bench.chunk(index, 5);
  await bench.settle();
  assertEquals((await stream.next()).value?.chunk_index, 0);
  assertEquals((await stream.next()).value?.chunk_index, 1);
  await assertRejects(() => stream.next(), RangeError, "chunkLimit");
});

Deno.test("Shard.requestGuildMembers gives who reads to the end time to wait for what has come just behind it", async () => {
  await using bench = new MembersBench();
  await bench.ready();
  let isHeard = false;
  const stream = bench.shard.requestGuildMembers(GUILD, ALL);
  const reading = (async () => {
    for await (const _ of stream);
    await bench.shard.waitFor("TYPING_START");
    isHeard = true;
  })();
  reading.catch(() => {});
  await bench.settle();
  bench.chunk(0, 1);
  bench.socket.dispatch("TYPING_START", bench.sequence);
  await bench.settle();
  assert(isHeard);
});

Deno.test("Shard.requestGuildMembers makes nonces of at most 32 bytes, none twice (MR-5)", async () => {
  await using bench = new MembersBench({ shardId: 99_999, shardCount: 100_000, random: () => 0.999_999_999 });
  await bench.ready();
  for (let times = 0; times < 50; times += 1) read(bench.shard.requestGuildMembers(GUILD, { query: "a" }));
  await bench.settle();
  const nonces = bench.queries.map(({ nonce }) => nonce);
  assertEquals(new Set(nonces).size, 50);
  for (const nonce of nonces) assertLessOrEqual(nonce.length, 32);
});
