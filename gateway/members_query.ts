import { signalOf } from "./abortable.ts";
import { snowflake } from "./commands.ts";
import { Intents } from "./intents.ts";
import { shown } from "./shown.ts";
import { type GatewayCommand, GatewayOpcode } from "./payload.ts";

/** Discord drops a longer nonce without a word, and the answer could not be told from others. */
const NONCE_BYTES_LIMIT = 32;
/** Users that one request may name, and members that a search finds at most (MR-1). */
const USERS_LIMIT = 100;
const GAP_TIMEOUT_MS = 30_000;
const CHUNK_LIMIT = 1_000;

/** Which members to ask for: either `query`, or `user_ids`. Names of the wire are as on the wire. */
export interface GuildMembersQuery {
  /** What their names begin with; `""` with `limit` 0 for all members, which needs `Intents.GuildMembers`. */
  readonly query?: string | undefined;
  /** How many to find: at most 100, which is the default. With `query: ""`, the default is 0 for all. */
  readonly limit?: number | undefined;
  /** Who: any number of users, asked for by the hundred; of none, nothing is asked and no chunk comes. */
  readonly user_ids?: string | bigint | readonly (string | bigint)[] | undefined;
  /** Whether their presences come along, which needs `Intents.GuildPresences`. */
  readonly presences?: boolean | undefined;
  /** What the chunks are to carry: at most 32 bytes, and no other request's. One is made by default. */
  readonly nonce?: string | undefined;
  /** How often to ask again, after the wait that Discord wants, when it refuses. By default 0: it throws. */
  readonly retry?: number | undefined;
  /** Milliseconds to wait for the next chunk, while the shard is ready; then it throws. By default 30 000. */
  readonly gapTimeoutMs?: number | undefined;
  /** How many chunks may wait to be read, by default 1000; past that it throws a `RangeError`. */
  readonly chunkLimit?: number | undefined;
  /** Takes the request back: the loop then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A query that has been checked. */
export interface CheckedQuery {
  readonly guildId: string;
  /** Whether it is one for all members: Discord answers that once in 30 s (MR-4). */
  readonly isAll: boolean;
  /** What goes on the wire, one after the other, still without a nonce. */
  readonly parts: readonly Readonly<Record<string, unknown>>[];
  readonly nonce: string | undefined;
  readonly retry: number;
  readonly gapTimeoutMs: number;
  readonly chunkLimit: number;
}

/** Throws a `TypeError` or a `RangeError` on what Discord would refuse, or not answer (MR-1). */
export function checkQuery(
  guildId: string | bigint,
  query: GuildMembersQuery,
  intents: number,
): CheckedQuery {
  const guild_id = snowflake(guildId, "guildId");
  if (
    typeof query !== "object" || query === null ||
    (query.query === undefined) === (query.user_ids === undefined)
  ) {
    throw new TypeError(
      'A request for members needs either query or user_ids: use query: "" for all members',
    );
  }
  signalOf(query);
  const { presences = false, nonce, retry = 0, gapTimeoutMs = GAP_TIMEOUT_MS, chunkLimit = CHUNK_LIMIT } =
    query;
  if (typeof presences !== "boolean") throw new TypeError("presences must be true or false");
  if (presences) checkIntent(intents, "GuildPresences", "presences: true");
  checkNonce(nonce);
  checkCount("retry", retry, 0);
  checkCount("chunkLimit", chunkLimit, 1);
  if (!(typeof gapTimeoutMs === "number" && gapTimeoutMs > 0 && gapTimeoutMs < Infinity)) {
    throw new RangeError(
      `gapTimeoutMs must be a number of milliseconds above 0: got ${shown(gapTimeoutMs)}`,
    );
  }
  const rest = { guildId: guild_id, nonce, retry, gapTimeoutMs, chunkLimit };
  if (query.user_ids !== undefined) {
    return { ...rest, isAll: false, parts: parts(guild_id, query, presences) };
  }
  const { limit, isAll } = checkSearch(query, intents);
  return { ...rest, isAll, parts: [{ guild_id, query: query.query, limit, presences }] };
}

/** The payload of a part. */
export function membersCommand(part: Readonly<Record<string, unknown>>, nonce: string): GatewayCommand {
  return { op: GatewayOpcode.RequestGuildMembers, d: { ...part, nonce } };
}

function parts(
  guild_id: string,
  { user_ids = [], limit }: GuildMembersQuery,
  presences: boolean,
): Readonly<Record<string, unknown>>[] {
  if (limit !== undefined && limit !== 0) {
    throw new TypeError("limit belongs to query: leave it out with user_ids");
  }
  const ids = [user_ids].flat().map((id) => snowflake(id, "user_ids"));
  const all: Record<string, unknown>[] = [];
  for (let start = 0; start < ids.length; start += USERS_LIMIT) {
    all.push({ guild_id, user_ids: ids.slice(start, start + USERS_LIMIT), limit: 0, presences });
  }
  return all;
}

function checkSearch(
  { query, limit = query === "" ? 0 : USERS_LIMIT }: GuildMembersQuery,
  intents: number,
): { limit: number; isAll: boolean } {
  if (typeof query !== "string") throw new TypeError(`query must be a string: got ${shown(query)}`);
  if (query.length > USERS_LIMIT) {
    throw new RangeError(`query may have ${USERS_LIMIT} characters, no name has more: got ${query.length}`);
  }
  checkCount("limit", limit, 0);
  const isAll = query === "" && limit === 0;
  if (isAll) checkIntent(intents, "GuildMembers", "asking for all members");
  if (limit > USERS_LIMIT) {
    throw new RangeError(`limit may be ${USERS_LIMIT} at most, or 0 with query: "" for all: got ${limit}`);
  }
  return { limit, isAll };
}

function checkIntent(intents: number, name: "GuildMembers" | "GuildPresences", what: string): void {
  if ((intents & Intents[name]) !== 0) return;
  throw new TypeError(`Cannot request members: ${what} needs Intents.${name}`);
}

function checkNonce(nonce: unknown): void {
  if (nonce === undefined) return;
  if (typeof nonce !== "string" || nonce === "") {
    throw new TypeError("nonce must be a string that is not empty");
  }
  const bytes = new TextEncoder().encode(nonce).byteLength;
  if (bytes > NONCE_BYTES_LIMIT) {
    throw new RangeError(
      `nonce may have ${NONCE_BYTES_LIMIT} bytes, Discord drops a longer one: this one has ${bytes}`,
    );
  }
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`${name} must be an integer from ${least} on: got ${shown(value)}`);
}
