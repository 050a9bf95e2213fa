import { Bucket, type BucketMetadata, type BucketTurn } from "./bucket.ts";
import type { BucketPermit, BucketWaiter, LimitedAnswer } from "./bucket_permit.ts";
import type { RouteCounts } from "./counted_apart.ts";
import { Lane, type Turn } from "./lane.ts";
import type { BucketStatus } from "./rate_limit_status.ts";
import type { Ringed } from "./ring.ts";
import type { Queued } from "./wait_queue.ts";

/** A limit, wherever it applies: one of those that answers name, or that of a route whose limit has no name yet. */
export interface Limit {
  /** Its id; `undefined` while it is not known. */
  readonly hash: string | undefined;
  readonly metadata: BucketMetadata;
  /** Its buckets, by what they are counted for. */
  readonly gates: Map<string, Gate>;
  /** How many routes have named it. */
  routes: number;
}

/** What is known of a route: method, template and variant. */
export interface RouteInfo extends RouteCounts {
  readonly key: string;
  /** Until an answer names its limit. */
  readonly nameless: Limit;
  /** The limit that new requests go to. */
  limit: Limit;
  readonly lines: Map<string, Line>;
}

/** A bucket with those who wait for it. */
export interface Gate extends Ringed {
  readonly limit: Limit;
  /** What it is counted for: a top-level resource, or what the caller said. */
  readonly scope: string;
  readonly bucket: Bucket;
  /** The lines in which somebody waits; `undefined` for none. */
  waiting: Set<Line> | undefined;
  timer: Disposable | undefined;
  /** When the timer is due. */
  timerAt: number;
  /** It is this one now: its name has been learned, or it turned out to be the same. */
  movedTo: Gate | undefined;
  /** The answer that came last, where several routes share the limit (B4.7). */
  last: CountedAnswer | undefined;
}

/** What an answer said of a bucket, and which route it was to. */
export interface CountedAnswer {
  readonly route: RouteInfo;
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly limit: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
}

/** The requests of one route on one resource. */
export interface Line extends Ringed {
  /** Its name in its route. */
  readonly key: string;
  readonly route: RouteInfo;
  readonly majorKey: string;
  /** What its limit is counted for. */
  readonly scope: string;
  readonly lane: Lane<Waiter>;
  gate: Gate;
  /** How many of its turns are taken and not over. */
  running: number;
}

/** Who keeps the accounts of turns. */
export interface TurnKeeper {
  now(): number;
  isGood(turn: HeldTurn): boolean;
  settle(turn: HeldTurn, answer: LimitedAnswer): void;
  release(turn: HeldTurn): void;
  giveBack(turn: HeldTurn): void;
  vacate(line: Line): void;
  /** One in line gives up. */
  leave(waiter: Waiter): void;
}

/** A gate with its bucket full. */
export function newGate(limit: Limit, scope: string): Gate {
  return {
    limit,
    scope,
    bucket: new Bucket(limit.metadata),
    waiting: undefined,
    timer: undefined,
    timerAt: 0,
    movedTo: undefined,
    last: undefined,
    place: -1,
    wasUsed: true,
  };
}

/** A line in which nobody is. */
export function newLine(key: string, route: RouteInfo, majorKey: string, scope: string, gate: Gate): Line {
  return { key, route, majorKey, scope, lane: new Lane(), gate, running: 0, place: -1, wasUsed: true };
}

/** A turn of a bucket that somebody has. */
export class HeldTurn implements BucketPermit {
  readonly turn: Turn;
  readonly line: Line;
  readonly from: Gate;
  readonly bucketTurn: BucketTurn;
  readonly #keeper: TurnKeeper;
  #isOver = false;
  #hasLeft: boolean;

  constructor(keeper: TurnKeeper, turn: Turn, line: Line, from: Gate, bucketTurn: BucketTurn) {
    this.#keeper = keeper;
    this.turn = turn;
    this.line = line;
    this.from = from;
    this.bucketTurn = bucketTurn;
    this.#hasLeft = turn.isOrdered !== true;
  }

  isGood(): boolean {
    return this.#keeper.isGood(this);
  }

  send(): void {
    this.bucketTurn.sentAt ??= this.#keeper.now();
  }

  settle(answer: LimitedAnswer): void {
    if (this.#ends()) this.#keeper.settle(this, answer);
  }

  release(): void {
    if (this.#ends()) this.#keeper.release(this);
  }

  giveBack(): void {
    if (this.#ends()) this.#keeper.giveBack(this);
  }

  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#keeper.vacate(this.line);
  }

  #ends(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    return true;
  }
}

/** Someone in line. */
export class Waiter implements BucketWaiter, Queued {
  readonly rank: number;
  readonly sequence: number;
  place = -1;
  readonly turn: Turn;
  readonly line: Line;
  readonly #keeper: TurnKeeper;
  #permit: BucketPermit | undefined;
  #failure: { readonly reason: unknown } | undefined;
  /** Made when somebody wants to wait for it. */
  #turning: PromiseWithResolvers<BucketPermit> | undefined;

  constructor(keeper: TurnKeeper, turn: Turn, line: Line) {
    this.#keeper = keeper;
    this.turn = turn;
    this.line = line;
    this.rank = turn.rank;
    this.sequence = turn.sequence;
  }

  get permit(): BucketPermit | undefined {
    return this.#permit;
  }

  leave(): void {
    this.#keeper.leave(this);
  }

  grant(permit: BucketPermit): void {
    this.#permit = permit;
    this.#turning?.resolve(permit);
  }

  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#turning?.reject(reason);
  }

  async wait(signal: AbortSignal | undefined): Promise<BucketPermit> {
    const onAbort = (): void => {
      if (this.#permit !== undefined) return;
      this.leave();
      this.fail(signal?.reason);
    };
    if (signal?.aborted) onAbort();
    if (this.#permit !== undefined) return this.#permit;
    if (this.#failure !== undefined) throw this.#failure.reason;
    this.#turning ??= Promise.withResolvers();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await this.#turning.promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }
}

/** A gate for people and for metrics. */
export function statusOf({ limit, scope, bucket, waiting }: Gate, now: number): BucketStatus {
  const { metadata, inFlight } = bucket;
  const opensAt = bucket.opensAt(now);
  let waitingCount = 0;
  for (const { lane } of waiting ?? []) waitingCount += lane.size;
  return {
    bucket: limit.hash,
    majorKey: scope,
    limit: metadata.limit,
    kind: metadata.kind,
    available: Math.max(0, bucket.available(now)),
    inFlight,
    waiting: waitingCount,
    opensAfterMs: opensAt === Infinity ? undefined : Math.max(0, opensAt - now),
  };
}

/** Who is next at a gate, of those whom nothing holds. */
export function nextAt({ waiting }: Gate, now: number): Waiter | undefined {
  let best: Waiter | undefined;
  for (const { lane } of waiting ?? []) {
    const waiter = lane.next(now);
    if (waiter === undefined) continue;
    const isBetter = best === undefined || waiter.rank < best.rank ||
      (waiter.rank === best.rank && waiter.sequence < best.sequence);
    if (isBetter) best = waiter;
  }
  return best;
}

/** Writes down that somebody waits in a line. */
export function addWaiting(gate: Gate, line: Line): void {
  gate.waiting ??= new Set();
  gate.waiting.add(line);
}

/** Writes down that nobody waits in a line any more, or that it waits elsewhere. */
export function removeWaiting(gate: Gate, line: Line): void {
  gate.waiting?.delete(line);
  if (gate.waiting?.size === 0) gate.waiting = undefined;
}

/** What a gate is by now. */
export function currentOf(gate: Gate): Gate {
  let current = gate;
  while (current.movedTo !== undefined) current = current.movedTo;
  return current;
}

/** Ends the timer of a gate. */
export function disarm(gate: Gate): void {
  if (gate.timer === undefined) return;
  gate.timer[Symbol.dispose]();
  gate.timer = undefined;
}
