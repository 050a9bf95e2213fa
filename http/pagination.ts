import type { Operations } from "./operations.ts";
import {
  isCursor,
  nextCursor,
  nextOfSearch,
  type Page,
  PAGE_RULES,
  type PageItems,
  pageOf,
  type PageParameters,
  type PageRule,
  type Way,
} from "./page_rules.ts";
import { checkRequestOptions, type PlainRequestOptions, type RequestOptions } from "./request_options.ts";
import type { Query } from "./request_head.ts";
import { Route } from "./route.ts";
import { kindOf, shown } from "./shown.ts";
import type { QueryOf } from "./typed_request.ts";

/** A list that comes in pages. */
export type PagedTemplate = keyof PageItems & string;

/** What pages are asked for with: an `HTTPClient`, or something around it. */
export interface PageSource {
  /** Sends a request. */
  request(route: Route, options: RequestOptions): Promise<Response>;
}

/** Options of {@linkcode paginate} and {@linkcode paginatePages}: those of a request, and where to stop. */
export interface PaginateOptions<Parameters = Query> extends Omit<PlainRequestOptions, "body" | "files"> {
  /**
   * Where to begin and what to ask for. `before` walks towards what is older, `after` towards what is newer; of the
   * two, only one. `limit` is the size of a page, as large as Discord allows by default.
   */
  readonly query?: Parameters | undefined;
  /** How many items to give at most; as many as there are by default. */
  readonly limit?: number | undefined;
}

/**
 * Walks a list that comes in pages, item by item. A page is asked for when the one before has been used up.
 *
 * The items come in the order of the walk: `after` gives the oldest first, `before` the newest. Searches go on beyond
 * 10,000 results only where they are sorted by time; elsewhere they end with a `RangeError` there. An `Error` ends a walk
 * that would not get on, because a page leads no further than the one before. Wrong options throw a `TypeError` or
 * `RangeError` at the call; requests reject as those of the client do.
 *
 * @example
 * ```ts
 * import { HTTPClient, paginate, Route } from "@nextsnake/nextcore";
 * import { Simulator } from "@nextsnake/nextcore/testing";
 *
 * await using discord = Simulator.inMemory(); // In a real bot, leave it out, and the options it gives.
 * await using http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch });
 * discord.channel.say("first");
 * discord.channel.say("second");
 *
 * const route = new Route("GET", "/channels/{channel_id}/messages", { channel_id: discord.channel.id });
 * const headers = { Authorization: `Bot ${discord.token}` };
 * for await (const message of paginate(http, route, { headers, query: { after: "0" }, limit: 1000 })) {
 *   console.log(message.content); // "first", then "second"
 * }
 * ```
 */
export function paginate<Template extends PagedTemplate>(
  http: PageSource,
  route: Route<Template, "GET">,
  options: PaginateOptions<QueryOf<"GET", Template>> = {},
): AsyncGenerator<PageItems[Template], void, undefined> {
  return itemsOf<PageItems[Template]>(walk(http, route, checkedWalk(http, route, options), options));
}

/**
 * Walks a list page by page, as {@linkcode paginate} does item by item, and gives each answer as it came: some tell more
 * than their items, such as who the users in an audit log are.
 *
 * `limit` ends it with the page in which that many items have come.
 *
 * @example
 * ```ts
 * import { HTTPClient, paginatePages, Route } from "@nextsnake/nextcore";
 *
 * await using http = new HTTPClient({ fetch: () => Promise.resolve(Response.json({ audit_log_entries: [], users: [] })) });
 * const route = new Route("GET", "/guilds/{guild_id}/audit-logs", { guild_id: "613425648685547541" });
 * for await (const { audit_log_entries, users } of paginatePages(http, route)) {
 *   console.log(audit_log_entries.length, users.length);
 * }
 * ```
 */
export function paginatePages<Template extends PagedTemplate>(
  http: PageSource,
  route: Route<Template, "GET">,
  options: PaginateOptions<QueryOf<"GET", Template>> = {},
): AsyncGenerator<PageAnswer<Template>, void, undefined> {
  return answersOf<PageAnswer<Template>>(walk(http, route, checkedWalk(http, route, options), options));
}

/** The answer that a page comes as. */
export type PageAnswer<Template extends PagedTemplate> = Operations[`GET ${Template}`]["response"];

/** A walk that has been checked. */
interface Walk {
  readonly rule: PageRule;
  readonly way: Way | undefined;
  readonly query: Query;
  /** Where it begins; `undefined` at the end of the list that it walks away from. */
  readonly cursor: string | undefined;
  readonly size: number;
  readonly limit: number;
}

async function* itemsOf<Item>(pages: AsyncIterable<Page>): AsyncGenerator<Item, void, undefined> {
  for await (const { items } of pages) yield* items as Item[];
}

async function* answersOf<Answer>(pages: AsyncIterable<Page>): AsyncGenerator<Answer, void, undefined> {
  for await (const { answer } of pages) yield answer as Answer;
}

async function* walk(
  http: PageSource,
  route: Route,
  { rule, way, query, cursor: start, size, limit }: Walk,
  { limit: _limit, ...options }: PaginateOptions<unknown>,
): AsyncGenerator<Page, void, undefined> {
  let cursor = start;
  let place: PageParameters | undefined = way !== undefined && start !== undefined ? { [way]: start } : {};
  for (let left = limit; left > 0 && place !== undefined;) {
    const asked = Math.max(rule.minSize ?? 1, Math.min(size, left));
    const parameters = withParameters(query, { ...rule.always, ...place, limit: asked });
    const response = await http.request(route, { ...options, query: parameters });
    const page = pageOf(rule, await response.json(), way);
    yield page.items.length > left ? { ...page, items: page.items.slice(0, left) } : page;
    left -= page.items.length;
    if (left <= 0) return;
    if (rule.search !== undefined) {
      const sort = { sortBy: textIn(query, "sort_by"), sortOrder: textIn(query, "sort_order") };
      const offset = Number(place["offset"] ?? textIn(query, "offset") ?? 0);
      const next = nextOfSearch(rule, page, { size: asked, offset, cursor }, sort);
      const bound = next?.["max_id"] ?? next?.["min_id"];
      if (bound !== undefined) cursor = String(bound);
      // What has been narrowed down to stays so, whatever the offset.
      place = next === undefined ? undefined : { ...place, ...next };
    } else if (way === undefined) return;
    else {
      cursor = nextCursor(rule, way, page, { size: asked, cursor });
      place = cursor === undefined ? undefined : { [way]: cursor };
    }
  }
}

function checkedWalk(
  http: PageSource,
  route: Route<PagedTemplate>,
  options: PaginateOptions<unknown>,
): Walk {
  if (typeof http?.request !== "function") {
    throw new TypeError(`Cannot list: the first argument must be an HTTPClient, got ${kindOf(http)}`);
  }
  if (!(route instanceof Route)) {
    throw new TypeError(
      `Cannot list: the second argument must be a Route, as in new Route("GET", "/users/@me/guilds"), got ${
        kindOf(route)
      }`,
    );
  }
  checkRequestOptions(options);
  const { method, template } = route;
  const { query, limit = Infinity } = options;
  if (method !== "GET") {
    throw new TypeError(`Cannot list ${template}: the route is a ${method}, it must be a GET`);
  }
  const rule: PageRule | undefined = Object.hasOwn(PAGE_RULES, template) ? PAGE_RULES[template] : undefined;
  if (rule === undefined) {
    throw new TypeError(`Cannot list ${template}: it does not come in pages, request it`);
  }
  if (limit !== Infinity && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new RangeError(
      `Cannot list ${template}: limit is ${shown(limit)}, it must be an integer from 0 on`,
    );
  }
  const asked = query === undefined || query === null ? {} : query as Query;
  const { way, cursor } = checkedStart(template, rule, asked);
  return { rule, way, query: asked, cursor, size: checkedSize(template, rule, asked), limit };
}

function checkedStart(
  template: string,
  rule: PageRule,
  query: Query,
): { readonly way: Way | undefined; readonly cursor: string | undefined } {
  const { ways } = rule;
  if (ways === undefined) return { way: undefined, cursor: undefined };
  if (textIn(query, "around") !== undefined) {
    throw new TypeError(`Cannot list ${template} around something: walk with before or after`);
  }
  const given = (["before", "after"] as const).filter((way) => textIn(query, way) !== undefined);
  if (given.length > 1) {
    throw new TypeError(`Cannot list ${template} both before and after: give one of them`);
  }
  const way = given[0] ?? ways[0];
  if (way === undefined || !ways.includes(way)) {
    throw new TypeError(`Cannot list ${template} with ${way}: Discord's pages lead only ${ways}`);
  }
  // Without a cursor the order of a first page is not told everywhere: from the first id on it is.
  const cursor = textIn(query, way) ?? (way === "after" ? "0" : undefined);
  if (cursor === undefined || isCursor(rule, cursor)) return { way, cursor };
  throw new TypeError(`Cannot list ${template}: ${way} must be ${rule.isTime ? "a moment" : "an id"}`);
}

function checkedSize(template: string, { size, minSize = 1 }: PageRule, query: Query): number {
  const text = textIn(query, "limit");
  if (text === undefined) return size;
  const asked = Number(text);
  if (Number.isSafeInteger(asked) && asked >= minSize && asked <= size) return asked;
  throw new RangeError(
    `Cannot list ${template}: pages of ${text}, they must be from ${minSize} to ${size}; the option limit ends the walk`,
  );
}

/** One value of a query, as it would be sent; `undefined` where none would. */
function textIn(query: Query, name: string): string | undefined {
  if (query instanceof URLSearchParams) return query.get(name) ?? undefined;
  const value = query[name];
  if (value === undefined || value === null) return undefined;
  return value instanceof Date ? value.toISOString() : String(value);
}

function withParameters(query: Query, changes: Readonly<Record<string, string | number | boolean>>): Query {
  if (!(query instanceof URLSearchParams)) return { ...query, ...changes };
  const changed = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) changed.set(name, String(value));
  return changed;
}
