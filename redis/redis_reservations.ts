import type { LimitedAnswer, Reservation, ReservationRequest, ReservationStore } from "../http/mod.ts";
import { REFUND, RESERVE, SETTLE } from "./limit_scripts.ts";
import { checkMs, RedisLink, type RedisOptions } from "./redis_link.ts";
import { integerIn, listIn, textIn } from "./reply.ts";

/** Options of {@linkcode RedisReservations}. */
export interface RedisReservationsOptions extends RedisOptions {
  /** Whose limits they are: what shares a token. `bot` by default. Never the token itself: it becomes part of keys. */
  readonly owner?: string | undefined;
  /** Milliseconds after which a turn that nobody has settled counts as used. 120 000 by default. */
  readonly ticketMs?: number | undefined;
  /** How many turns are taken at once where a bucket is plainly open, for the requests to come. 4 by default; 1: none ahead. */
  readonly ahead?: number | undefined;
  /** Milliseconds for which turns that were taken ahead are kept. 250 by default. */
  readonly aheadMs?: number | undefined;
  /** Told what went wrong. */
  readonly failed?: ((error: unknown) => void) | undefined;
}

/** A turn that was given out here. */
interface Ticket {
  readonly request: ReservationRequest;
  /** Empty for a turn that Redis does not know: where there is no limit, or while it does not answer. */
  readonly bucket: string;
  readonly number: string;
}

/** Turns that were taken ahead. */
interface Spare {
  readonly bucket: string;
  readonly numbers: string[];
  readonly timer: Disposable;
}

const TICKET_MS = 120_000;
const AHEAD_MS = 250;
const MIN_WAIT_MS = 5;
/** How long a route without a limit is not asked about: others may find one. */
const FREE_MS = 10_000;
const FREE_ROUTES = 5_000;

/**
 * Rate limits that several processes count together, in Redis: give it to each `HTTPClient` as `reservations`.
 *
 * A bucket is counted as `limit`, `remaining` and `reset-after` of the answers say, less all turns that are out; while nothing
 * is known of it, one request goes at a time. Where a bucket is plainly open (eight turns for each that is taken ahead), turns
 * for the next requests come with the first, and those need no command. Routes without a limit need one in ten seconds.
 *
 * While Redis does not answer, each client goes by its own count alone: as many may be refused as there are processes.
 * Otherwise a request costs two commands, `RESERVE` and `SETTLE`, and waits for the first.
 *
 * The plain alternative needs none of it: one process sends for all, a proxy as `baseUrl`, with
 * `globalRateLimiter: () => new UnlimitedGlobalRateLimiter()` at those who use it.
 *
 * @example
 * ```ts ignore
 * const reservations = new RedisReservations({ send });
 * const globalRateLimiter = new RedisGlobalRateLimiter({ send });
 * const http = new HTTPClient({ reservations: () => reservations, globalRateLimiter: () => globalRateLimiter });
 * ```
 */
export class RedisReservations implements ReservationStore, Disposable {
  readonly #link: RedisLink;
  readonly #start: string;
  readonly #ticketMs: number;
  readonly #ahead: number;
  readonly #aheadMs: number;
  readonly #failed: (error: unknown) => void;
  readonly #tickets = new Map<string, Ticket>();
  readonly #spares = new Map<string, Spare>();
  /** Lines without a limit, and until when that is believed. */
  readonly #free = new Map<string, number>();
  #count = 0;

  /** Throws a `TypeError` or a `RangeError` on options that can't be right. */
  constructor(options: RedisReservationsOptions) {
    const { owner = "bot", ticketMs = TICKET_MS, ahead = 4, aheadMs = AHEAD_MS, failed = () => {} } = options;
    checkMs("ticketMs", ticketMs);
    checkMs("aheadMs", aheadMs);
    if (!(Number.isSafeInteger(ahead) && ahead >= 1 && ahead <= 100)) {
      throw new RangeError(`ahead must be an integer from 1 to 100: got ${String(ahead)}`);
    }
    this.#link = new RedisLink(options);
    this.#start = limitsKey(this.#link, owner);
    this.#ticketMs = ticketMs;
    this.#ahead = ahead;
    this.#aheadMs = aheadMs;
    this.#failed = failed;
  }

  /** Takes a turn, or says how long to wait. */
  async reserve(request: ReservationRequest): Promise<Reservation> {
    const line = lineOf(request);
    const spare = this.#spares.get(line);
    const number = spare?.numbers.shift();
    if (spare !== undefined && number !== undefined) {
      return this.#ticket({ request, bucket: spare.bucket, number });
    }
    if ((this.#free.get(line) ?? 0) > this.#link.clock.now()) return this.#ticket(unknown(request));
    const { routeKey, majorKey } = request;
    const args = [routeKey, majorKey, fieldsOf(request), this.#ticketMs, this.#ahead];
    try {
      return this.#taken(request, line, listIn(await this.#link.run(RESERVE, [this.#start], args)));
    } catch (error) {
      this.#failed(error);
      return this.#ticket(unknown(request)); // The client has counted for itself.
    }
  }

  /** The request was sent; `undefined` when no answer came. */
  async settle(ticket: string, answer: LimitedAnswer | undefined): Promise<void> {
    const known = this.#tickets.get(ticket);
    if (known === undefined) return;
    this.#tickets.delete(ticket);
    const { request, bucket, number } = known;
    const { headers, refusal, isSuccess } = answer ?? {};
    const line = lineOf(request);
    if (headers !== undefined || refusal !== undefined) this.#free.delete(line);
    if (number === "" && headers === undefined && refusal === undefined && this.#free.has(line)) return;
    const outcome = answer === undefined ? "lost" : isSuccess ? "ok" : "failed";
    const args = [
      bucket,
      number,
      request.routeKey,
      request.majorKey,
      fieldsOf(request),
      outcome,
      headers?.bucket ?? "",
      headers?.limit ?? "",
      headers?.remaining ?? "",
      headers?.resetAfterMs ?? "",
      refusal?.scope ?? "",
      refusal?.retryAfterMs ?? "",
      refusal?.isSublimit ? 1 : 0,
    ];
    await this.#tell(() => this.#link.run(SETTLE, [this.#start], args));
  }

  /** The request was not sent. */
  async refund(ticket: string): Promise<void> {
    const known = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    if (known !== undefined && known.number !== "") await this.#refund(known.bucket, [known.number]);
  }

  /** Gives back what was taken ahead. */
  [Symbol.dispose](): void {
    for (const line of [...this.#spares.keys()]) this.#giveBack(line);
  }

  #taken(request: ReservationRequest, line: string, [state, ...rest]: readonly unknown[]): Reservation {
    switch (textIn(state)) {
      case "wait":
        return { waitMs: Math.max(MIN_WAIT_MS, integerIn(rest[0])) };
      case "free":
        this.#believeFree(line, integerIn(rest[0]));
        return this.#ticket(unknown(request));
      case "ok": {
        const [bucket = "", number = "", ...ahead] = rest.map(textIn);
        if (ahead.length > 0) this.#keepAhead(line, bucket, ahead);
        return this.#ticket({ request, bucket, number });
      }
      default:
        throw new TypeError(`Redis answered "${textIn(state)}" where a turn was due`);
    }
  }

  #ticket(ticket: Ticket): Reservation {
    const id = String(this.#count++);
    this.#tickets.set(id, ticket);
    return { ticket: id };
  }

  #keepAhead(line: string, bucket: string, numbers: string[]): void {
    this.#giveBack(line);
    const timer = this.#link.clock.setTimeout(() => this.#giveBack(line), this.#aheadMs);
    this.#spares.set(line, { bucket, numbers, timer });
  }

  #giveBack(line: string): void {
    const spare = this.#spares.get(line);
    if (spare === undefined) return;
    this.#spares.delete(line);
    spare.timer[Symbol.dispose]();
    if (spare.numbers.length > 0) void this.#refund(spare.bucket, spare.numbers);
  }

  #believeFree(line: string, forMs: number): void {
    for (const key of this.#free.keys()) {
      if (this.#free.size < FREE_ROUTES) break;
      this.#free.delete(key);
    }
    this.#free.set(line, this.#link.clock.now() + Math.min(forMs, FREE_MS));
  }

  #refund(bucket: string, numbers: readonly string[]): Promise<void> {
    return this.#tell(() => this.#link.run(REFUND, [this.#start], [bucket, ...numbers]));
  }

  /** What can't be told is found out: tickets expire. */
  async #tell(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#failed(error);
    }
  }
}

/** What all keys of the limits of one owner begin with. */
export function limitsKey(link: RedisLink, owner: string): string {
  if (!/^[\w:-]{1,64}$/.test(owner)) {
    throw new TypeError("owner must be 1 to 64 letters, digits or characters of _:-; a token never");
  }
  return `${link.fleetKey("limits")}:${owner}:`;
}

function lineOf({ routeKey, majorKey }: ReservationRequest): string {
  return `${routeKey}|${majorKey}`;
}

function fieldsOf({ bodyKeys }: ReservationRequest): string {
  return bodyKeys.toSorted().join(",");
}

function unknown(request: ReservationRequest): Ticket {
  return { request, bucket: "", number: "" };
}
