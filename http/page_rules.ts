import type {
  DiscordAuditLogEntry,
  DiscordBan,
  DiscordChannel,
  DiscordEntitlement,
  DiscordMemberWithUser,
  DiscordMessage,
  DiscordSubscription,
  DiscordUser,
} from "../discord.ts";
import type { ScheduledEventUser } from "./operations/guild_events.ts";
import type { LobbyMessage } from "./operations/lobbies.ts";
import type { JoinRequest } from "./operations/members.ts";
import type { PinnedMessage } from "./operations/messages.ts";
import type { ThreadMember } from "./operations/threads.ts";
import type { CurrentUserGuild } from "./operations/users.ts";

/** Lists that come in pages: from the path template to what is in them (A17). */
export interface PageItems {
  /** Messages of a channel, backwards by default. */
  "/channels/{channel_id}/messages": DiscordMessage;
  /** Who has reacted, by the id of the user. */
  "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}": DiscordUser;
  /** Pinned messages, backwards by when they were pinned. */
  "/channels/{channel_id}/messages/pins": PinnedMessage;
  /** Who has chosen an answer, by the id of the user. */
  "/channels/{channel_id}/polls/{message_id}/answers/{answer_id}": DiscordUser;
  /** Who is in a thread, by the id of the user, always with the member. */
  "/channels/{channel_id}/thread-members": ThreadMember;
  /** Archived private threads, backwards by when they were archived. */
  "/channels/{channel_id}/threads/archived/private": DiscordChannel;
  /** Archived public threads, backwards by when they were archived. */
  "/channels/{channel_id}/threads/archived/public": DiscordChannel;
  /** Threads that were found. */
  "/channels/{channel_id}/threads/search": DiscordChannel;
  /** Archived private threads that the bot has joined, backwards. */
  "/channels/{channel_id}/users/@me/threads/archived/private": DiscordChannel;
  /** Purchases, forwards by default. */
  "/applications/{application_id}/entitlements": DiscordEntitlement;
  /** Subscriptions, forwards by default. */
  "/skus/{sku_id}/subscriptions": DiscordSubscription;
  /** Entries of the log, backwards by default. */
  "/guilds/{guild_id}/audit-logs": DiscordAuditLogEntry;
  /** Bans, by the id of the user. */
  "/guilds/{guild_id}/bans": DiscordBan;
  /** Members, by the id of the user. */
  "/guilds/{guild_id}/members": DiscordMemberWithUser;
  /** Messages that were found. */
  "/guilds/{guild_id}/messages/search": DiscordMessage;
  /** Requests to join, forwards by default. */
  "/guilds/{guild_id}/requests": JoinRequest;
  /** Who is interested in an event, by the id of the user. */
  "/guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}/users": ScheduledEventUser;
  /** Who is interested in an exception of an event, by the id of the user. */
  "/guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}/{guild_scheduled_event_exception_id}/users":
    ScheduledEventUser;
  /** The last messages of a lobby: there is one page only. */
  "/lobbies/{lobby_id}/messages": LobbyMessage;
  /** The guilds that the bot is in, forwards by default. */
  "/users/@me/guilds": CurrentUserGuild;
}

/** Which way to walk: towards older, or towards newer. */
export type Way = "before" | "after";

/** How a list is cut into pages. */
export interface PageRule {
  /** How much a page can hold. */
  readonly size: number;
  /** How much a page must at least be asked for; 1 where it isn't said. */
  readonly minSize?: number;
  /** Where the items are in the answer; missing where the answer is the list. */
  readonly list?: string;
  /** The ways it can be walked; the first is that of a caller who doesn't say. Missing where nothing is a cursor. */
  readonly ways?: readonly Way[];
  /** Where an item has its cursor: its own id by default. */
  readonly cursor?: readonly string[];
  /** What the cursor is; an id by default. */
  readonly isTime?: true;
  /** `has_more` says whether there are more pages. */
  readonly hasMore?: true;
  /** Items may be filtered out of a page: a short one is no sign of the end. */
  readonly isFiltered?: true;
  /** The order, by `sort_by`, in which a search can go on beyond its largest offset; the first is the default's. */
  readonly search?: { readonly defaultSort: string; readonly idSort: string };
  /** What must be asked for, or there are no pages. */
  readonly always?: Readonly<Record<string, boolean>>;
}

const USER: PageRule = { size: 100, ways: ["after"] };
const ARCHIVED: PageRule = {
  size: 100,
  minSize: 2,
  list: "threads",
  ways: ["before"],
  cursor: ["thread_metadata", "archive_timestamp"],
  isTime: true,
  hasMore: true,
};
const EVENT_USERS: PageRule = { size: 100, ways: ["after", "before"], cursor: ["user_id"] };

/** The rules of A17. Where both ways are open and the order of a first page isn't told, it is walked from the beginning. */
export const PAGE_RULES: { readonly [Template in keyof PageItems]: PageRule } = {
  "/channels/{channel_id}/messages": { size: 100, ways: ["before", "after"] },
  "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}": USER,
  "/channels/{channel_id}/messages/pins": {
    size: 50,
    list: "items",
    ways: ["before"],
    cursor: ["pinned_at"],
    isTime: true,
    hasMore: true,
  },
  "/channels/{channel_id}/polls/{message_id}/answers/{answer_id}": { ...USER, list: "users" },
  "/channels/{channel_id}/thread-members": { ...USER, cursor: ["user_id"], always: { with_member: true } },
  "/channels/{channel_id}/threads/archived/private": ARCHIVED,
  "/channels/{channel_id}/threads/archived/public": ARCHIVED,
  "/channels/{channel_id}/threads/search": {
    size: 25,
    list: "threads",
    hasMore: true,
    search: { defaultSort: "last_message_time", idSort: "creation_time" },
  },
  "/channels/{channel_id}/users/@me/threads/archived/private": {
    size: 100,
    minSize: 2,
    list: "threads",
    ways: ["before"],
    hasMore: true,
  },
  "/applications/{application_id}/entitlements": { size: 100, ways: ["after", "before"], isFiltered: true },
  "/skus/{sku_id}/subscriptions": { size: 100, ways: ["after", "before"], isFiltered: true },
  "/guilds/{guild_id}/audit-logs": {
    size: 100,
    list: "audit_log_entries",
    ways: ["before", "after"],
    isFiltered: true,
  },
  // `before` beats `after`, and its pages begin with the lowest id all the same: only one way gets through.
  "/guilds/{guild_id}/bans": { size: 1000, ways: ["after"], cursor: ["user", "id"] },
  "/guilds/{guild_id}/members": { size: 1000, ways: ["after"], cursor: ["user", "id"] },
  "/guilds/{guild_id}/messages/search": {
    size: 25,
    list: "messages",
    search: { defaultSort: "timestamp", idSort: "timestamp" },
  },
  "/guilds/{guild_id}/requests": {
    size: 100,
    list: "guild_join_requests",
    ways: ["after", "before"],
    isFiltered: true,
  },
  "/guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}/users": EVENT_USERS,
  "/guilds/{guild_id}/scheduled-events/{guild_scheduled_event_id}/{guild_scheduled_event_exception_id}/users":
    EVENT_USERS,
  "/lobbies/{lobby_id}/messages": { size: 200 },
  "/users/@me/guilds": { size: 200, ways: ["after", "before"] },
};

/** What came as one page. */
export interface Page {
  /** The answer. */
  readonly answer: unknown;
  /** What is in it, in the order in which the list is walked. */
  readonly items: readonly unknown[];
}

/** What the next page is asked with. */
export type PageParameters = Readonly<Record<string, string | number>>;

/** Searches leave out so many results at most. */
const MAX_OFFSET = 9975;

/** What is in an answer; a `TypeError` where it is no list. */
export function pageOf(rule: PageRule, answer: unknown, way: Way | undefined): Page {
  const found = rule.list === undefined ? answer : fieldOf(answer, [rule.list]);
  // An empty list may be left out, or be null.
  const list = found ?? [];
  if (!Array.isArray(list)) throw new TypeError("Cannot list: the answer has no list where it should be");
  // Each message that was found comes in a list of its own.
  const items: unknown[] = rule.search === undefined ? list : list.flat();
  const [first, last] = [cursorOf(rule, items[0]), cursorOf(rule, items.at(-1))];
  const isTurned = way !== undefined && first !== undefined && last !== undefined &&
    isFurther(rule, way, first, last);
  return { answer, items: isTurned ? items.toReversed() : items };
}

/** What comes after a page of a list with cursors: `undefined` at the end; an error where it would not get on. */
export function nextCursor(
  rule: PageRule,
  way: Way,
  { answer, items }: Page,
  asked: { readonly size: number; readonly cursor: string | undefined },
): string | undefined {
  if (items.length === 0) return undefined;
  if (rule.hasMore === true && fieldOf(answer, ["has_more"]) !== true) return undefined;
  if (rule.hasMore === undefined && rule.isFiltered === undefined && items.length < asked.size) {
    return undefined;
  }
  return furthest(rule, way, items, asked.cursor);
}

/** What comes after a page of a search (A17): the number of results is no sign of the end. */
export function nextOfSearch(
  rule: PageRule,
  { answer, items }: Page,
  asked: { readonly size: number; readonly offset: number; readonly cursor: string | undefined },
  { sortBy, sortOrder }: { readonly sortBy: string | undefined; readonly sortOrder: string | undefined },
): PageParameters | undefined {
  const offset = asked.offset + asked.size;
  const total = fieldOf(answer, ["total_results"]);
  const isOver = rule.hasMore === true
    ? fieldOf(answer, ["has_more"]) !== true
    : typeof total !== "number" || offset >= total;
  if (isOver) return undefined;
  if (offset <= MAX_OFFSET) return { offset };
  const { defaultSort, idSort } = rule.search ?? {};
  if ((sortBy ?? defaultSort) !== idSort) {
    throw new RangeError(`Cannot list more than ${offset} results in this order: use sort_by "${idSort}"`);
  }
  const way = sortOrder === "asc" ? "after" : "before";
  const cursor = furthest(rule, way, items, asked.cursor);
  return { offset: 0, [way === "after" ? "min_id" : "max_id"]: cursor };
}

/** The cursor of what is furthest in a way; an error where that is no further than before (A17.1). */
function furthest(rule: PageRule, way: Way, items: readonly unknown[], from: string | undefined): string {
  let found: string | undefined;
  for (const item of items) {
    const cursor = cursorOf(rule, item);
    if (cursor !== undefined && (found === undefined || isFurther(rule, way, cursor, found))) found = cursor;
  }
  if (found !== undefined && (from === undefined || isFurther(rule, way, found, from))) return found;
  throw new Error(`Cannot list further ${way} ${from ?? "the first page"}: the last page leads no further`);
}

function isFurther({ isTime }: PageRule, way: Way, cursor: string, than: string): boolean {
  if (isTime === true) {
    const apartMs = Date.parse(than) - Date.parse(cursor);
    // Discord tells microseconds, which a date does not hold: the texts do.
    return apartMs > 0 || (apartMs === 0 && cursor < than);
  }
  return way === "after" ? BigInt(cursor) > BigInt(than) : BigInt(cursor) < BigInt(than);
}

/** An item's cursor, if it is one. */
function cursorOf(rule: PageRule, item: unknown): string | undefined {
  const value = fieldOf(item, rule.cursor ?? ["id"]);
  return isCursor(rule, value) ? value : undefined;
}

/** Whether it is what the list counts by: a moment or an id. */
export function isCursor({ isTime }: PageRule, value: unknown): value is string {
  if (typeof value !== "string") return false;
  return isTime === true ? !Number.isNaN(Date.parse(value)) : /^\d{1,20}$/.test(value);
}

function fieldOf(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (one, name) => typeof one === "object" && one !== null ? Reflect.get(one, name) : undefined,
    value,
  );
}
