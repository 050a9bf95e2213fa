import { type Clock, systemClock } from "../clock.ts";
import { Bucket, BucketMetadata, type BucketTurn, WAIT_MARGIN_MS } from "./bucket.ts";
import type { BucketPermit, BucketWaiter, LimitedAnswer, Refusal, WaitEstimate } from "./bucket_permit.ts";
import { type GlobalRateLimiter, LimitedGlobalRateLimiter } from "./global_rate_limiter.ts";
import { Lane, type Turn } from "./lane.ts";
import type { BucketStatus, HoldStatus, RateLimitStatus } from "./rate_limit_status.ts";
import { remembered, sweep } from "./remembered.ts";
import type { Queued } from "./wait_queue.ts";

/** Options of {@linkcode RateLimitStorage}. */
export interface RateLimitStorageOptions {
  /** The limit on everything; {@linkcode LimitedGlobalRateLimiter} with Discord's 50 a second by default. */
  readonly globalRateLimiter?: GlobalRateLimiter | undefined;
  /** The clock. */
  readonly clock?: Clock | undefined;
  /** How many buckets are remembered; beyond it, those unused for longest are forgotten. 10,000 by default. */
  readonly maxBuckets?: number | undefined;
}

/** How long a route counts as free after a success that showed no limit (B4.3). */
const UNLIMITED_MS = 10 * 60 * 1000;
/** What is told as the wait where only the answer to another request can tell. */
const UNKNOWN_WAIT_MS = 1000;
/** Templates are few; what is beyond this was made by hand from ids (B10.2). */
const MAX_ROUTES = 2000;
/** Ids of limits remembered. */
const MAX_METADATA = 2000;
/** How many entries each request looks at to forget what is no longer needed (B10.1). */
const SWEEP_STEPS = 4;

interface RouteInfo {
  hash: string | undefined;
  /** Of the time before an id is known. */
  readonly metadata: BucketMetadata;
}

/** A bucket with those who wait for it. */
interface Gate {
  readonly key: string;
  /** The id of the limit; `undefined` while it is not known. */
  readonly hash: string | undefined;
  readonly majorKey: string;
  readonly bucket: Bucket;
  readonly waiting: Set<Line>;
  timer: Disposable | undefined;
  /** Its name has been learned: it is this one now. */
  movedTo: Gate | undefined;
}

interface Line {
  readonly key: string;
  readonly routeKey: string;
  readonly majorKey: string;
  readonly route: RouteInfo;
  readonly lane: Lane<Waiter>;
  gate: Gate;
  running: number;
}

interface Waiter extends Queued, BucketWaiter {
  readonly turn: Turn;
  grant(permit: BucketPermit): void;
  fail(reason: unknown): void;
}

/** The limits of one owner: what has been learned of them, and who waits for them. */
export class RateLimitStorage {
  /** The limit on everything. */
  readonly globalRateLimiter: GlobalRateLimiter;
  readonly #clock: Clock;
  readonly #maxBuckets: number;
  readonly #routes = new Map<string, RouteInfo>();
  readonly #metadata = new Map<string, BucketMetadata>();
  /** In the order of their use, as far as {@linkcode #sweep} needs it. */
  readonly #gates = new Map<string, Gate>();
  readonly #lines = new Map<string, Line>();
  #closing: { readonly reason: unknown } | undefined;

  /** Makes a storage that knows nothing yet. */
  constructor(options: RateLimitStorageOptions = {}) {
    const { clock = systemClock, maxBuckets = 10_000 } = options;
    if (!(maxBuckets >= 1)) throw new RangeError(`maxBuckets is ${maxBuckets}, it must be at least 1`);
    this.#clock = clock;
    this.#maxBuckets = maxBuckets;
    this.globalRateLimiter = options.globalRateLimiter ?? new LimitedGlobalRateLimiter();
    this.globalRateLimiter.attach?.(clock);
  }

  /** How many buckets are remembered, after forgetting those that have nothing to tell. */
  get size(): number {
    this.#sweep(this.#gates.size + this.#lines.size);
    return this.#gates.size;
  }

  /** Whether forgetting it would change nothing but the ids of the limits. */
  get isIdle(): boolean {
    return this.size === 0 && this.#lines.size === 0 && this.globalRateLimiter.waitMs() === 0;
  }

  /** Joins the line. The turn is there at once where one is free. */
  enter(turn: Turn): BucketWaiter {
    this.#sweep(SWEEP_STEPS);
    const line = this.#lineOf(turn);
    const waiter = this.#waiter(turn, line);
    if (this.#closing !== undefined) {
      waiter.fail(this.#closing.reason);
      return waiter;
    }
    line.lane.push(waiter);
    line.gate.waiting.add(line);
    this.#pump(line.gate);
    return waiter;
  }

  /** How long a request would wait. */
  estimate(turn: Turn): WaitEstimate {
    const now = this.#clock.now();
    const { lane, gate } = this.#lineOf(turn);
    const hold = lane.holdOf(turn, now);
    const ahead = [...gate.waiting].reduce((sum, line) => sum + line.lane.countBefore(turn), 0);
    const knownMs = gate.bucket.waitMs(now, ahead);
    const isGuess = knownMs === undefined || (turn.isOrdered === true && lane.isOccupied);
    const waitMs = knownMs || (isGuess ? UNKNOWN_WAIT_MS : 0);
    if (hold !== undefined && hold.until - now >= waitMs) {
      return { waitMs: hold.until - now, scope: hold.scope, isGuess };
    }
    return { waitMs, scope: "user", isGuess };
  }

  /** What is remembered, for people and for metrics. Walks over all of it. */
  status(): RateLimitStatus {
    this.#sweep(this.#gates.size + this.#lines.size);
    const now = this.#clock.now();
    const buckets = [...this.#gates.values()].map((gate) => statusOf(gate, now));
    const holds = [...this.#lines.values()].flatMap(({ routeKey, majorKey, lane }): HoldStatus[] =>
      lane.holdsAt(now).map(({ scope, until, keys }) => {
        return { route: routeKey, majorKey, scope, keys: [...keys ?? []], endsAfterMs: until - now };
      })
    );
    return { globalWaitMs: this.globalRateLimiter.waitMs(), buckets, holds };
  }

  /** Rejects all who wait, and those to come, with `reason`. */
  close(reason: unknown): void {
    this.#closing ??= { reason };
    this.globalRateLimiter.close(reason);
    for (const gate of this.#gates.values()) {
      disarm(gate);
      for (const { lane } of gate.waiting) {
        for (let waiter = lane.takeAny(); waiter !== undefined; waiter = lane.takeAny()) waiter.fail(reason);
      }
      gate.waiting.clear();
    }
  }

  #lineOf({ routeKey, majorKey }: Turn): Line {
    const key = `${routeKey}|${majorKey}`;
    const known = this.#lines.get(key);
    const route = known?.route ?? this.#routeOf(routeKey);
    const line = known ?? {
      key,
      routeKey,
      majorKey,
      route,
      lane: new Lane<Waiter>(),
      gate: this.#gateOf(route, routeKey, majorKey),
      running: 0,
    };
    if (known === undefined) this.#lines.set(key, line);
    if (route.hash !== undefined && (known === undefined || line.gate.hash === undefined)) {
      // What was learned before the bucket had a name is true of it too.
      const nameless = this.#gates.get(namelessKey(routeKey, majorKey));
      if (nameless !== undefined) this.#pump(this.#relink(line, nameless, route.hash));
    }
    // While nothing runs or waits here, nothing ties it to the bucket it had: the route may have learned better.
    if (line.running === 0 && line.lane.size === 0 && !line.lane.isOccupied) {
      line.gate = this.#gateOf(route, routeKey, majorKey);
    } else if (!this.#gates.has(line.gate.key)) this.#gates.set(line.gate.key, line.gate);
    return line;
  }

  #routeOf(routeKey: string): RouteInfo {
    return remembered(
      this.#routes,
      routeKey,
      MAX_ROUTES,
      () => ({ hash: undefined, metadata: new BucketMetadata() }),
    );
  }

  #gateOf({ hash, metadata }: RouteInfo, routeKey: string, majorKey: string): Gate {
    return hash === undefined
      ? this.#gate(namelessKey(routeKey, majorKey), undefined, majorKey, metadata)
      : this.#namedGate(hash, majorKey);
  }

  #metadataOf(hash: string): BucketMetadata {
    return remembered(this.#metadata, hash, MAX_METADATA, () => new BucketMetadata());
  }

  #namedGate(hash: string, majorKey: string): Gate {
    return this.#gate(`${hash}|${majorKey}`, hash, majorKey, this.#metadataOf(hash));
  }

  #gate(key: string, hash: string | undefined, majorKey: string, metadata: BucketMetadata): Gate {
    return remembered(this.#gates, key, Infinity, () => ({
      key,
      hash,
      majorKey,
      bucket: new Bucket(metadata),
      waiting: new Set(),
      timer: undefined,
      movedTo: undefined,
    }));
  }

  #waiter(turn: Turn, line: Line): Waiter {
    const { promise, resolve, reject } = Promise.withResolvers<BucketPermit>();
    promise.catch(() => {}); // Whoever does not wait need not hear of it.
    const leave = (): void => this.#leave(waiter, line);
    const waiter: Waiter & { permit: BucketPermit | undefined } = {
      rank: turn.rank,
      sequence: turn.sequence,
      place: -1,
      turn,
      permit: undefined,
      leave,
      fail: reject,
      grant(permit) {
        waiter.permit = permit;
        resolve(permit);
      },
      async wait(signal) {
        const onAbort = (): void => {
          if (waiter.permit !== undefined) return;
          leave();
          reject(signal?.reason);
        };
        if (signal?.aborted) onAbort();
        signal?.addEventListener("abort", onAbort, { once: true });
        try {
          return await promise;
        } finally {
          signal?.removeEventListener("abort", onAbort);
        }
      },
    };
    return waiter;
  }

  #leave(waiter: Waiter, line: Line): void {
    if (waiter.place === -1) return;
    line.lane.remove(waiter);
    if (line.lane.size === 0) line.gate.waiting.delete(line);
    this.#arm(line.gate, this.#clock.now());
    this.#forgetIfFresh(line);
  }

  /** Gives out all turns that are free, best first, and sets the timer for the next (B9.1). */
  #pump(gate: Gate): void {
    const now = this.#clock.now();
    if (gate.hash === undefined && gate.bucket.inFlight === 0) {
      const [line] = gate.waiting;
      if (line?.route.hash !== undefined) {
        this.#pump(this.#relink(line, gate, line.route.hash));
        return;
      }
    }
    while (gate.bucket.available(now) > 0) {
      const next = nextIn(gate, now);
      if (next === undefined) break;
      const { line, waiter } = next;
      line.lane.remove(waiter);
      if (line.lane.size === 0) gate.waiting.delete(line);
      waiter.grant(this.#permit(waiter.turn, line, gate));
    }
    this.#arm(gate, now);
  }

  #arm(gate: Gate, now: number): void {
    disarm(gate);
    const opensAt = gate.waiting.size === 0 ? Infinity : gate.bucket.opensAt(now);
    let wakeAt = Infinity;
    for (const { lane } of gate.waiting) wakeAt = Math.min(wakeAt, lane.wakeAt(opensAt));
    if (wakeAt === Infinity || this.#closing !== undefined) return;
    gate.timer = this.#clock.setTimeout(() => {
      gate.timer = undefined;
      this.#pump(gate);
    }, Math.max(1, wakeAt - now));
  }

  #permit(turn: Turn, line: Line, from: Gate): BucketPermit {
    const bucketTurn = from.bucket.reserve(this.#clock.now());
    line.running += 1;
    if (turn.isOrdered) line.lane.occupy();
    let isOver = false;
    let hasLeft = turn.isOrdered !== true;
    const end = (act: (gate: Gate, now: number) => void): void => {
      if (isOver) return;
      isOver = true;
      line.running -= 1;
      const gate = currentOf(from);
      act(gate, this.#clock.now());
      this.#pump(gate);
      if (line.gate !== gate) this.#pump(line.gate);
      this.#forgetIfFresh(line);
    };
    return {
      isGood: () => {
        const now = this.#clock.now();
        const { hash, bucket } = currentOf(from);
        // What is known of the route by now tells of another bucket than the nameless one it was taken from.
        if (hash === undefined && line.route.hash !== undefined) return false;
        return bucket.holds(now) && line.lane.holdOf(turn, now) === undefined;
      },
      send: () => {
        bucketTurn.sentAt ??= this.#clock.now();
      },
      settle: (answer) => end((gate, now) => this.#settle(turn, line, gate, bucketTurn, answer, now)),
      release: () => end((gate, now) => gate.bucket.lose(bucketTurn, now)),
      giveBack: () => end((gate) => gate.bucket.giveBack(bucketTurn)),
      leave: () => {
        if (hasLeft) return;
        hasLeft = true;
        line.lane.vacate();
        this.#pump(line.gate);
        this.#forgetIfFresh(line);
      },
    };
  }

  #settle(
    turn: Turn,
    line: Line,
    from: Gate,
    bucketTurn: BucketTurn,
    answer: LimitedAnswer,
    now: number,
  ): void {
    const { headers, isSuccess, refusal } = answer;
    // An answer that names no bucket is about the one that others have named meanwhile.
    const hash = headers?.bucket ?? (from.hash === undefined ? line.route.hash : undefined);
    const gate = hash === undefined ? from : this.#relink(line, from, hash);
    const { bucket } = gate;
    if (gate !== from) from.bucket.giveBack(bucketTurn);
    if (headers !== undefined) {
      bucket.settle(bucketTurn, headers, now);
    } else if (refusal !== undefined || isSuccess) {
      bucket.giveBack(bucketTurn);
      if (isSuccess && bucket.metadata.limit === undefined) this.#setUnlimited(bucket.metadata, now);
    } else {
      bucket.lose(bucketTurn, now);
    }
    if (refusal !== undefined) this.#refuse(turn, line, gate, refusal, now);
  }

  /** Puts a refusal where it belongs (A8): on the bucket, or on requests of this kind. */
  #refuse(turn: Turn, { lane }: Line, { bucket }: Gate, refusal: Refusal, now: number): void {
    const { scope, retryAfterMs, isSublimit } = refusal;
    if (scope === "global") return;
    const hold = { scope, until: now + retryAfterMs + WAIT_MARGIN_MS };
    bucket.metadata.refuse(now, false);
    if (scope === "shared") lane.hold(hold);
    else if (isSublimit) lane.holdFields(hold, turn.bodyKeys, now);
    else bucket.refuse(retryAfterMs, now);
  }

  /** A success without a limit: all requests of the route go, on every resource (B4.3). */
  #setUnlimited(metadata: BucketMetadata, now: number): void {
    const wasUnlimited = metadata.isUnlimited(now);
    metadata.setUnlimited(now + UNLIMITED_MS);
    if (wasUnlimited) return;
    for (const gate of [...this.#gates.values()]) {
      if (gate.bucket.metadata === metadata) this.#pump(gate);
    }
  }

  /** Notes the id of a route's limit, and moves the line to its bucket (B4.2, B4.8). */
  #relink(line: Line, from: Gate, hash: string): Gate {
    line.route.hash = hash;
    const gate = this.#namedGate(hash, line.majorKey);
    if (gate === from) return gate;
    if (from.hash === undefined) {
      gate.bucket.adopt(from.bucket);
      from.movedTo = gate;
      this.#gates.delete(from.key);
    }
    if (line.gate !== gate) {
      line.gate.waiting.delete(line);
      this.#arm(line.gate, this.#clock.now());
      line.gate = gate;
      if (line.lane.size > 0) gate.waiting.add(line);
    }
    return gate;
  }

  #forgetIfFresh(line: Line): void {
    if (line.running > 0 || !line.lane.isFresh(this.#clock.now())) return;
    if (this.#lines.get(line.key) === line) this.#lines.delete(line.key);
  }

  /** Looks at the entries unused for longest, and forgets those that can go. */
  #sweep(steps: number): void {
    const now = this.#clock.now();
    sweep(this.#gates, steps, this.#maxBuckets, (gate) => {
      if (gate.waiting.size > 0 || gate.bucket.inFlight > 0) return "busy";
      return gate.bucket.isFresh(now) ? "fresh" : "idle";
    });
    sweep(this.#lines, steps, this.#maxBuckets, ({ lane, running }) => {
      if (lane.size > 0 || lane.isOccupied || running > 0) return "busy";
      return lane.isFresh(now) ? "fresh" : "idle";
    });
  }
}

function statusOf({ hash, majorKey, bucket, waiting }: Gate, now: number): BucketStatus {
  const { metadata, inFlight } = bucket;
  const opensAt = bucket.opensAt(now);
  return {
    bucket: hash,
    majorKey,
    limit: metadata.limit,
    kind: metadata.kind,
    available: Math.max(0, bucket.available(now)),
    inFlight,
    waiting: [...waiting].reduce((sum, { lane }) => sum + lane.size, 0),
    opensAfterMs: opensAt === Infinity ? undefined : Math.max(0, opensAt - now),
  };
}

function namelessKey(routeKey: string, majorKey: string): string {
  return `?${routeKey}|${majorKey}`;
}

function nextIn(gate: Gate, now: number): { line: Line; waiter: Waiter } | undefined {
  let best: { line: Line; waiter: Waiter } | undefined;
  for (const line of gate.waiting) {
    const waiter = line.lane.next(now);
    if (waiter === undefined) continue;
    const isBetter = best === undefined || waiter.rank < best.waiter.rank ||
      (waiter.rank === best.waiter.rank && waiter.sequence < best.waiter.sequence);
    if (isBetter) best = { line, waiter };
  }
  return best;
}

function currentOf(gate: Gate): Gate {
  let current = gate;
  while (current.movedTo !== undefined) current = current.movedTo;
  return current;
}

function disarm(gate: Gate): void {
  gate.timer?.[Symbol.dispose]();
  gate.timer = undefined;
}
