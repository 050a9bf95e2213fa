import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { HTTPClient, paginate, paginatePages, Route } from "../../http/mod.ts";
import type { DiscordMessage, DiscordUser } from "../../http/mod.ts";
import { Simulator } from "../../testing/mod.ts";
import { type FakeList, listOf, momentOf, serve, serveList, timeline } from "./fake_lists.ts";

const guild_id = "1";
const channel_id = "1";
const messages = new Route("GET", "/channels/{channel_id}/messages", { channel_id });
const found = new Route("GET", "/guilds/{guild_id}/messages/search", { guild_id });
const threads = new Route("GET", "/channels/{channel_id}/threads/search", { channel_id });

const byId = (id: string): object => ({ id });
const byUserId = (user_id: string): object => ({ user_id });
const archived = (archive_timestamp: string): object => ({ id: "7", thread_metadata: { archive_timestamp } });
const HUNDRED = { max: 100, usual: 100 };
const BOTH = ["before", "after"] as const;

Deno.test("paginate asks for pages as large as they may be, and stops on a short one (A17.1)", async () => {
  await using server = serveList({
    ...listOf(250, byId),
    max: 100,
    usual: 50,
    order: "newest",
    cursors: BOTH,
  });
  await Array.fromAsync(paginate(server.http, messages));
  assertEquals(server.asked.map(String), ["limit=100", "before=1150&limit=100", "before=1050&limit=100"]);
});

Deno.test("paginate does not take a short page for the end where Discord filters (A17.1)", async () => {
  const keeps = (item: object) => JSON.stringify(item).includes("9");
  await using server = serveList({
    ...listOf(250, byId),
    ...HUNDRED,
    list: "audit_log_entries",
    order: "flips",
    cursors: BOTH,
    keeps,
  });
  const route = new Route("GET", "/guilds/{guild_id}/audit-logs", { guild_id });
  const entries = await Array.fromAsync(paginate(server.http, route, { query: { user_id: "1" } }));
  assertEquals(entries.length, 43);
  assertEquals(server.asked.at(-1)?.get("user_id"), "1");
});

Deno.test("paginate believes has_more, and not the length of a page (A17.1)", async () => {
  const route = new Route("GET", "/channels/{channel_id}/threads/archived/public", { channel_id });
  const page = (count: number, from: number, has_more: boolean) => ({
    threads: Array.from({ length: count }, (_, index) => archived(momentOf(String(from - index)))),
    has_more,
  });
  await using server = serve((_, index) => index === 0 ? page(3, 900, true) : page(100, 800, false));
  assertEquals((await Array.fromAsync(paginate(server.http, route))).length, 103);
  assertEquals(server.asked.length, 2);
});

Deno.test("paginate goes on between moments that lie closer than a millisecond", async () => {
  const route = new Route("GET", "/channels/{channel_id}/messages/pins", { channel_id });
  const moments = ["2026-01-01T00:00:00.000300+00:00", "2026-01-01T00:00:00.000200+00:00"];
  await using server = serve((_, index) => ({
    items: [{ pinned_at: moments[index] }],
    has_more: index === 0,
  }));
  assertEquals((await Array.fromAsync(paginate(server.http, route))).length, 2);
  assertEquals(server.asked[1]?.get("before"), moments[0]);
  await using stuck = serve(() => ({ items: [{ pinned_at: moments[0] }], has_more: true }));
  const walk = paginate(stuck.http, route, { limit: 9 });
  await assertRejects(() => Array.fromAsync(walk), Error, "the last page leads no further");
});

Deno.test("paginate asks for the members of a thread, without whom there are no pages (A17)", async () => {
  await using server = serveList({ ...listOf(3, byUserId), ...HUNDRED, order: "oldest", cursors: ["after"] });
  const route = new Route("GET", "/channels/{channel_id}/thread-members", { channel_id });
  await Array.fromAsync(paginate(server.http, route, { query: { with_member: false } }));
  assertEquals(server.asked.map(String), ["with_member=true&after=0&limit=100"]);
});

Deno.test("paginate stops at its limit, and asks for no more than it needs", async () => {
  const list: FakeList = { ...listOf(250, byId), max: 100, usual: 50, order: "newest", cursors: BOTH };
  await using server = serveList(list);
  assertEquals((await Array.fromAsync(paginate(server.http, messages, { limit: 130 }))).length, 130);
  assertEquals(server.asked.map((query) => query.get("limit")), ["100", "30"]);
  assertEquals(await Array.fromAsync(paginate(server.http, messages, { limit: 0 })), []);
  const seen = await Array.fromAsync(paginate(server.http, messages, { limit: 5, query: { limit: 2 } }));
  assertEquals(seen.length, 5);
  assertEquals(server.asked.slice(2).map((query) => query.get("limit")), ["2", "2", "1"]);
});

Deno.test("paginate gives no more than its limit where a page must be larger (A17)", async () => {
  await using server = serveList({
    ...timeline(9, archived),
    max: 100,
    usual: 50,
    min: 2,
    list: "threads",
    hasMore: true,
    order: "newest",
    cursors: ["before"],
  });
  const route = new Route("GET", "/channels/{channel_id}/threads/archived/public", { channel_id });
  assertEquals((await Array.fromAsync(paginate(server.http, route, { limit: 1 }))).length, 1);
  const before = new Date(momentOf("1004"));
  assertEquals((await Array.fromAsync(paginate(server.http, route, { query: { before } }))).length, 4);
});

Deno.test("paginate asks for a page only when the one before is used up, and for none after a break", async () => {
  await using server = serveList({
    ...listOf(250, byId),
    max: 100,
    usual: 50,
    order: "newest",
    cursors: BOTH,
  });
  const walk = paginate(server.http, messages);
  assertEquals(server.asked.length, 0);
  for (let count = 0; count < 100; count += 1) await walk.next();
  assertEquals(server.asked.length, 1);
  for await (const _message of walk) break;
  assertEquals(server.asked.length, 2);
  assertEquals(await walk.next(), { done: true, value: undefined });
});

Deno.test("paginate ends with an error where a cursor does not move (A17.1)", async () => {
  const page = Array.from({ length: 100 }, (_, index) => ({ id: String(200 - index) }));
  await using same = serve(() => page);
  const walk = paginate(same.http, messages);
  for (let count = 0; count < 200; count += 1) await walk.next();
  await assertRejects(() => walk.next(), Error, "the last page leads no further");
  assertEquals(same.asked.length, 2);
  await using without = serve(() => page.map(() => ({ content: "no id" })));
  await assertRejects(() => Array.fromAsync(paginate(without.http, messages)), Error, "leads no further");
  assertEquals((await Array.fromAsync(paginate(without.http, messages, { limit: 100 }))).length, 100);
});

Deno.test("paginate does not trust the shape of an answer", async () => {
  await using server = serve((_, index) => [{ messages: [] }, "<html>", 5, null][index]);
  for (let count = 0; count < 3; count += 1) {
    await assertRejects(() => Array.fromAsync(paginate(server.http, messages)), TypeError, "has no list");
  }
  assertEquals(await Array.fromAsync(paginate(server.http, messages)), []);
});

Deno.test("paginate ends with the reason of its signal, and with the errors of requests", async () => {
  await using server = serveList({
    ...listOf(250, byId),
    max: 100,
    usual: 50,
    order: "newest",
    cursors: BOTH,
  });
  const controller = new AbortController();
  const walk = paginate(server.http, messages, { signal: controller.signal });
  for (let count = 0; count < 100; count += 1) await walk.next();
  controller.abort(new Error("enough"));
  await assertRejects(() => walk.next(), Error, "enough");
  assertEquals(server.asked.length, 1);
  await using refusing = serve(() =>
    Response.json({ code: 50001, message: "Missing Access" }, { status: 403 })
  );
  await assertRejects(() => paginate(refusing.http, messages).next(), Error, "Missing Access");
});

Deno.test("paginate passes on what a request takes, and a query of URLSearchParams", async () => {
  const seen: Request[] = [];
  await using http = new HTTPClient({
    fetch: (url, init) => {
      seen.push(new Request(url, init));
      return Promise.resolve(Response.json([]));
    },
  });
  const query = new URLSearchParams({ after: "7", extra: "1" });
  await Array.fromAsync(paginate(http, messages, { headers: { Authorization: "Bot a" }, query }));
  assertEquals(seen[0]?.headers.get("Authorization"), "Bot a");
  assertEquals(new URL(seen[0]?.url ?? "").search, "?after=7&extra=1&limit=100");
  assertEquals(query.toString(), "after=7&extra=1");
  await Array.fromAsync(paginate(http, messages, { query: { before: null, after: undefined, limit: null } }));
  assertEquals(new URL(seen[1]?.url ?? "").search, "?limit=100");
});

Deno.test("paginate rejects limits, page sizes and lists that can't be", () => {
  const { http } = serve(() => []);
  const wrong: readonly (readonly [unknown[], string])[] = [
    [[undefined, messages], "the first argument must be an HTTPClient, got undefined"],
    [[{}, messages], "the first argument must be an HTTPClient, got an object"],
    [[http], "the second argument must be a Route"],
    [[http, "/users/@me/guilds"], "got a text"],
    [[http, messages, null], "options of a request must be an object"],
    [[http, messages, { query: 5 }], "query must be an object such as { limit: 5 }"],
    [[http, messages, { query: "a=b" }], "got a text"],
    [[http, messages, { signal: {} }], "signal must be an AbortSignal"],
  ];
  for (const list of [paginate, paginatePages]) {
    for (const [given, words] of wrong) {
      assertThrows(() => Reflect.apply(list, null, given), TypeError, words);
    }
    assertThrows(
      () => Reflect.apply(list, null, [http, messages, { limit: "2" }]),
      RangeError,
      'limit is "2"',
    );
  }
  for (const limit of [-1, 1.5, NaN]) {
    assertThrows(() => paginate(http, messages, { limit }), RangeError, "an integer from 0 on");
  }
  for (const limit of [0, 101, 1.5]) {
    assertThrows(() => paginate(http, messages, { query: { limit } }), RangeError, "from 1 to 100");
  }
  const archive = new Route("GET", "/channels/{channel_id}/threads/archived/public", { channel_id });
  assertThrows(() => paginate(http, archive, { query: { limit: 1 } }), RangeError, "from 2 to 100");
  const one = new Route("GET", "/channels/{channel_id}", { channel_id });
  // @ts-expect-error: a channel is no list.
  assertThrows(() => paginate(http, one), TypeError, "does not come in pages");
});

Deno.test("paginate walks a search by offset, whatever the size of its pages (A17)", async () => {
  // 60 results, of which Discord keeps back some: the second page is empty.
  await using server = serve((query) => {
    const offset = Number(query.get("offset") ?? 0);
    const hits = offset === 25 ? [] : [[{ id: String(900 - offset) }]];
    return { messages: hits, total_results: 60, doing_deep_historical_index: false };
  });
  const seen = await Array.fromAsync(paginate(server.http, found, { query: { content: "ping" } }));
  assertEquals(seen.map(({ id }) => id), ["900", "850"]);
  assertEquals(server.asked.map((query) => query.get("offset")), [null, "25", "50"]);
});

Deno.test("paginate goes on by id where a search has no larger offsets (A17)", async () => {
  for (
    const [sort_order, bound, ids] of [["desc", "max_id", [70000, -1]], ["asc", "min_id", [1, 1]]] as const
  ) {
    await using server = serve((query) => {
      const [first, step] = ids;
      const from = query.get(bound) === null ? first : Number(query.get(bound)) + step;
      const id = from + step * Number(query.get("offset") ?? 0);
      const messages = Array.from({ length: 25 }, (_, index) => [{ id: String(id + index * step) }]);
      return { messages, total_results: query.has(bound) ? 50 : 10_050 };
    });
    const seen = await Array.fromAsync(paginate(server.http, found, { query: { sort_order } }));
    assertEquals(seen.length, 10_050);
    assertEquals(new Set(seen.map(({ id }) => id)).size, 10_050);
    assertEquals(
      server.asked.slice(-3).map((query) => [query.get("offset"), query.get(bound)]),
      [["9975", null], ["0", seen[9999]?.id ?? ""], ["25", seen[9999]?.id ?? ""]],
    );
  }
});

Deno.test("paginate says so where a search can't go on, after what it could give", async () => {
  await using server = serve((query) => ({
    messages: [[{ id: query.get("offset") ?? "0" }]],
    total_results: 20_000,
  }));
  const walk = paginate(server.http, found, { query: { sort_by: "relevance" } });
  for (let count = 0; count < 400; count += 1) assertEquals((await walk.next()).done, false);
  await assertRejects(() => walk.next(), RangeError, 'use sort_by "timestamp"');
});

Deno.test("paginate walks found threads while there are more (A17)", async () => {
  await using server = serve((query) => ({
    threads: [{ id: query.get("offset") ?? "0" }],
    has_more: query.get("offset") !== "50",
    total_results: 1,
  }));
  const seen = await Array.fromAsync(paginate(server.http, threads, { query: { limit: 25 } }));
  assertEquals(seen.map(({ id }) => id), ["0", "25", "50"]);
});

Deno.test("paginate gives the one page of a lobby's messages (A17)", async () => {
  await using server = serve(() => [{ id: "2" }, { id: "1" }]);
  const route = new Route("GET", "/lobbies/{lobby_id}/messages", { lobby_id: "1" });
  assertEquals((await Array.fromAsync(paginate(server.http, route))).map(({ id }) => id), ["2", "1"]);
  assertEquals(server.asked.map(String), ["limit=200"]);
});

Deno.test("paginatePages gives whole answers, up to the page with the last item", async () => {
  await using server = serve((query) => ({
    audit_log_entries: query.has("before") ? [{ id: "1" }] : [{ id: "3" }, { id: "2" }],
    users: [{ id: "9" }],
  }));
  const route = new Route("GET", "/guilds/{guild_id}/audit-logs", { guild_id });
  const pages = await Array.fromAsync(paginatePages(server.http, route, { limit: 3 }));
  assertEquals(pages.map(({ audit_log_entries, users }) => [audit_log_entries.length, users[0]?.id]), [[
    2,
    "9",
  ], [1, "9"]]);
});

Deno.test("paginate knows what is in a list", async () => {
  await using server = serve(() => []);
  for await (const message of paginate(server.http, messages)) {
    const _typed: DiscordMessage = message;
    // @ts-expect-error: a message is no user.
    const _wrong: DiscordUser = message;
  }
  // @ts-expect-error: a limit is a number.
  assertThrows(() => paginate(server.http, messages, { query: { limit: "many" } }), RangeError);
});

Deno.test("paginate walks the messages of a simulated channel both ways", async () => {
  await using discord = Simulator.inMemory();
  await using http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
  const said = Array.from({ length: 230 }, (_, index) => `message ${index}`);
  for (const text of said) discord.channel.say(text);
  const route = new Route("GET", "/channels/{channel_id}/messages", { channel_id: discord.channel.id });
  const headers = { Authorization: `Bot ${discord.token}` };
  const backwards = await Array.fromAsync(paginate(http, route, { headers }));
  assertEquals(backwards.map(({ content }) => content), said.toReversed());
  const forwards = await Array.fromAsync(paginate(http, route, { headers, query: { after: 0n } }));
  assertEquals(forwards.map(({ content }) => content), said);
});
