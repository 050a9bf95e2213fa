import { HTTPClient, UnlimitedGlobalRateLimiter } from "../../http/mod.ts";

/** A list of Discord's, as A17 tells of it; written without looking at the table that the client reads. */
export interface FakeList {
  /** What is in it, from the lowest cursor on. */
  readonly items: readonly object[];
  /** An item's cursor. */
  readonly cursorOf: (item: object) => string;
  /** The largest page, and the size of one where none is asked for. */
  readonly max: number;
  readonly usual: number;
  /** The smallest page. */
  readonly min?: number;
  /** Where the list is in the answer. */
  readonly list?: string;
  readonly hasMore?: boolean;
  /** The order of pages: `newest` and `oldest` always so, `flips` oldest first only with `after`. */
  readonly order: "newest" | "oldest" | "flips";
  /** Which cursors there are. */
  readonly cursors: readonly ("before" | "after")[];
  /** Cursors are moments. */
  readonly isTime?: boolean;
  /** Takes items out of a page that has been cut already. */
  readonly keeps?: (item: object) => boolean;
}

/** A client of a server that knows one list, and the queries that it was asked with. */
export interface FakeServer extends AsyncDisposable {
  readonly http: HTTPClient;
  readonly asked: URLSearchParams[];
}

/** Serves a list by its rules; what breaks them is answered 400. */
export function serveList(list: FakeList): FakeServer {
  return serve((query) => pageOf(list, query));
}

/** Answers each query with what a function makes of it. */
export function serve(answer: (query: URLSearchParams, index: number) => unknown): FakeServer {
  const asked: URLSearchParams[] = [];
  const http = new HTTPClient({
    globalRateLimiter: () => new UnlimitedGlobalRateLimiter(),
    fetch: (url) => {
      const query = new URL(url instanceof Request ? url.url : url).searchParams;
      asked.push(query);
      const body = answer(query, asked.length - 1);
      return Promise.resolve(body instanceof Response ? body : Response.json(body));
    },
  });
  return { http, asked, [Symbol.asyncDispose]: () => http.close() };
}

function pageOf(list: FakeList, query: URLSearchParams): unknown {
  const { items, cursorOf, max, usual, min = 1, cursors, order, isTime, keeps = () => true } = list;
  const size = Number(query.get("limit") ?? usual);
  const [before, after] = [query.get("before"), query.get("after")];
  const isBad = size > max || size < min || (before !== null && after !== null) ||
    (before !== null && !cursors.includes("before")) || (after !== null && !cursors.includes("after"));
  if (isBad) return Response.json({ code: 50035, message: "Invalid Form Body" }, { status: 400 });
  const number = (cursor: string) => isTime ? Date.parse(cursor) : Number(cursor);
  const fitting = items.filter((item) => {
    const cursor = number(cursorOf(item));
    return (before === null || cursor < number(before)) && (after === null || cursor > number(after));
  });
  const isFromEnd = before !== null || (after === null && order !== "oldest");
  const cut = isFromEnd ? fitting.slice(-size) : fitting.slice(0, size);
  const page = cut.filter(keeps);
  if (order === "newest" || (order === "flips" && after === null)) page.reverse();
  if (list.list === undefined) return page;
  return { [list.list]: page, ...list.hasMore ? { has_more: fitting.length > cut.length } : {} };
}

/** A list of so many items, whose cursors lie where a function puts them. */
export function listOf(
  count: number,
  make: (cursor: string) => object,
): Pick<FakeList, "items" | "cursorOf"> {
  const cursors = new Map(Array.from({ length: count }, (_, index) => {
    const cursor = String(1000 + index);
    return [make(cursor), cursor];
  }));
  return { items: [...cursors.keys()], cursorOf: (item) => cursors.get(item) ?? "" };
}

/** A moment for a cursor. */
export function momentOf(cursor: string): string {
  return new Date(Date.UTC(2026, 0, 1) + Number(cursor) * 1000).toISOString();
}

/** A list whose cursors are moments. */
export function timeline(
  count: number,
  make: (moment: string) => object,
): Pick<FakeList, "items" | "cursorOf" | "isTime"> {
  const { items, cursorOf } = listOf(count, (cursor) => make(momentOf(cursor)));
  return { items, cursorOf: (item) => momentOf(cursorOf(item)), isTime: true };
}
