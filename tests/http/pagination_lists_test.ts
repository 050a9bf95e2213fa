import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type HTTPClient, paginate, Route } from "../../http/mod.ts";
import { type FakeList, listOf, serveList, timeline } from "./fake_lists.ts";

const guild_id = "1";
const channel_id = "1";
const messages = new Route("GET", "/channels/{channel_id}/messages", { channel_id });
const members = new Route("GET", "/guilds/{guild_id}/members", { guild_id });

const byId = (id: string): object => ({ id });
const byUser = (id: string): object => ({ user: { id } });
const byUserId = (user_id: string): object => ({ user_id });
const archived = (archive_timestamp: string): object => ({ id: "7", thread_metadata: { archive_timestamp } });
const HUNDRED = { max: 100, usual: 100 };
const BOTH = ["before", "after"] as const;
const event = { guild_id, guild_scheduled_event_id: "2" };

/** A17, row by row: the walk that is the default, and each way. */
const ROWS: readonly {
  name: string;
  list: FakeList;
  walk: (http: HTTPClient, query?: object) => AsyncIterable<unknown>;
}[] = [
  {
    name: "messages of a channel",
    list: { ...listOf(250, byId), max: 100, usual: 50, order: "newest", cursors: BOTH },
    walk: (http, query) => paginate(http, messages, { ...query && { query } }),
  },
  {
    name: "reactions",
    list: { ...listOf(250, byId), max: 100, usual: 25, order: "oldest", cursors: ["after"] },
    walk: (http, query) =>
      paginate(
        http,
        new Route("GET", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}", {
          channel_id,
          message_id: "2",
          emoji_name: "🔥",
        }),
        { ...query && { query } },
      ),
  },
  {
    name: "voters of a poll",
    list: { ...listOf(250, byId), max: 100, usual: 25, list: "users", order: "oldest", cursors: ["after"] },
    walk: (http, query) =>
      paginate(
        http,
        new Route("GET", "/channels/{channel_id}/polls/{message_id}/answers/{answer_id}", {
          channel_id,
          message_id: "2",
          answer_id: "1",
        }),
        { ...query && { query } },
      ),
  },
  {
    name: "members of a guild",
    list: { ...listOf(2500, byUser), max: 1000, usual: 1, order: "oldest", cursors: ["after"] },
    walk: (http, query) => paginate(http, members, { ...query && { query } }),
  },
  {
    name: "bans",
    list: { ...listOf(2500, byUser), max: 1000, usual: 1000, order: "oldest", cursors: ["after"] },
    walk: (http, query) =>
      paginate(http, new Route("GET", "/guilds/{guild_id}/bans", { guild_id }), { ...query && { query } }),
  },
  {
    name: "audit log",
    list: {
      ...listOf(250, byId),
      max: 100,
      usual: 50,
      list: "audit_log_entries",
      order: "flips",
      cursors: BOTH,
      keeps: (item) => !JSON.stringify(item).includes("7"),
    },
    walk: (http, query) =>
      paginate(http, new Route("GET", "/guilds/{guild_id}/audit-logs", { guild_id }), {
        ...query && { query },
      }),
  },
  {
    name: "members of a thread",
    list: { ...listOf(250, byUserId), ...HUNDRED, order: "oldest", cursors: ["after"] },
    walk: (http, query) =>
      paginate(http, new Route("GET", "/channels/{channel_id}/thread-members", { channel_id }), {
        ...query && { query },
      }),
  },
  ...(["public", "private"] as const).map((kind) => ({
    name: `archived ${kind} threads`,
    list: {
      ...timeline(250, archived),
      max: 100,
      usual: 50,
      min: 2,
      list: "threads",
      hasMore: true,
      order: "newest" as const,
      cursors: ["before"] as const,
    },
    walk: (http: HTTPClient, query?: object) =>
      paginate(http, new Route("GET", `/channels/{channel_id}/threads/archived/${kind}`, { channel_id }), {
        ...query && { query },
      }),
  })),
  {
    name: "joined archived threads",
    list: {
      ...listOf(250, byId),
      max: 100,
      usual: 50,
      min: 2,
      list: "threads",
      hasMore: true,
      order: "newest",
      cursors: ["before"],
    },
    walk: (http, query) =>
      paginate(
        http,
        new Route("GET", "/channels/{channel_id}/users/@me/threads/archived/private", { channel_id }),
        { ...query && { query } },
      ),
  },
  {
    name: "pins",
    list: {
      ...timeline(120, (pinned_at) => ({ pinned_at, message: { id: "7" } })),
      max: 50,
      usual: 50,
      list: "items",
      hasMore: true,
      order: "newest",
      cursors: ["before"],
    },
    walk: (http, query) =>
      paginate(http, new Route("GET", "/channels/{channel_id}/messages/pins", { channel_id }), {
        ...query && { query },
      }),
  },
  {
    name: "own guilds",
    list: { ...listOf(450, byId), max: 200, usual: 200, order: "oldest", cursors: BOTH },
    walk: (http, query) => paginate(http, new Route("GET", "/users/@me/guilds"), { ...query && { query } }),
  },
  {
    name: "users of an event",
    list: { ...listOf(250, byUserId), ...HUNDRED, order: "oldest", cursors: BOTH },
    walk: (http, query) =>
      paginate(
        http,
        new Route("GET", "/guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}/users", event),
        { ...query && { query } },
      ),
  },
  {
    name: "users of an event's exception",
    list: { ...listOf(250, byUserId), ...HUNDRED, order: "oldest", cursors: BOTH },
    walk: (http, query) =>
      paginate(
        http,
        new Route(
          "GET",
          "/guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}/{guild_scheduled_event_exception_id}/users",
          { ...event, guild_scheduled_event_exception_id: "3" },
        ),
        { ...query && { query } },
      ),
  },
  {
    name: "entitlements",
    list: {
      ...listOf(250, byId),
      ...HUNDRED,
      order: "newest",
      cursors: BOTH,
      keeps: (item) => !JSON.stringify(item).includes("3"),
    },
    walk: (http, query) =>
      paginate(
        http,
        new Route("GET", "/applications/{application_id}/entitlements", { application_id: "1" }),
        {
          ...query && { query },
        },
      ),
  },
  {
    name: "subscriptions",
    list: { ...listOf(250, byId), max: 100, usual: 50, order: "newest", cursors: BOTH },
    walk: (http, query) =>
      paginate(http, new Route("GET", "/skus/{sku_id}/subscriptions", { sku_id: "1" }), {
        ...query && { query },
      }),
  },
  {
    name: "requests to join",
    list: { ...listOf(250, byId), ...HUNDRED, list: "guild_join_requests", order: "newest", cursors: BOTH },
    walk: (http, query) =>
      paginate(http, new Route("GET", "/guilds/{guild_id}/requests", { guild_id }), {
        ...query && { query },
      }),
  },
];

for (const { name, list, walk } of ROWS) {
  const { items, keeps = () => true, isTime, cursors, cursorOf } = list;
  const forwards = items.filter(keeps);
  const backwards = forwards.toReversed();

  Deno.test(`paginate walks ${name} to the end, each once (A17)`, async () => {
    await using server = serveList(list);
    const seen = await Array.fromAsync(walk(server.http));
    const isForwards = server.asked[0]?.has("after") ?? false;
    assertEquals(seen, isForwards ? forwards : backwards);
    assertEquals(server.asked[0]?.get("limit"), String(list.max));
  });

  for (const way of cursors) {
    Deno.test(`paginate walks ${name} ${way} a place (A17)`, async () => {
      await using server = serveList(list);
      const place = items.at(way === "before" ? -20 : 20);
      assert(place !== undefined);
      const seen = await Array.fromAsync(walk(server.http, { [way]: cursorOf(place) }));
      const at = items.indexOf(place);
      const [older, newer] = [
        items.slice(0, at).filter(keeps).toReversed(),
        items.slice(at + 1).filter(keeps),
      ];
      assertEquals(seen, way === "before" ? older : newer);
    });
  }

  Deno.test(`paginate of ${name} rejects cursors that it can't walk with`, () => {
    const { http } = serveList(list);
    assertThrows(() => walk(http, { before: "1", after: "2" }), TypeError, "both before and after");
    assertThrows(() => walk(http, { around: "1" }), TypeError, "around");
    const [way = "before"] = cursors;
    const [bad, kind] = isTime ? ["yesterday", "a moment"] : ["x1", "an id"];
    assertThrows(() => walk(http, { [way]: bad }), TypeError, `${way} must be ${kind}`);
    const other = way === "before" ? "after" : "before";
    if (cursors.length === 1) assertThrows(() => walk(http, { [other]: "1" }), TypeError, `lead only ${way}`);
  });
}

Deno.test("paginate does not go in circles among moments of one millisecond (A17.1)", async () => {
  const thread = (id: string, micros: string): unknown => ({
    id,
    thread_metadata: { archive_timestamp: `2026-01-01T00:00:00.000${micros}+00:00` },
  });
  const pages = [thread("1", "500"), thread("2", "400"), thread("1", "500")];
  let asked = 0;
  const http = {
    request: (): Promise<Response> =>
      Promise.resolve(Response.json({ threads: [pages[asked++ % pages.length]], has_more: true })),
  };
  const route = new Route("GET", "/channels/{channel_id}/threads/archived/public", { channel_id: "1" });
  const ids: string[] = [];
  await assertRejects(
    async () => {
      for await (const { id } of paginate(http, route, { limit: 20 })) ids.push(id);
    },
    Error,
    "leads no further",
  );
  assertEquals(ids, ["1", "2", "1"]);
});
