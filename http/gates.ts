import type { Clock } from "../clock.ts";
import { BucketMetadata, WAIT_MARGIN_MS } from "./bucket.ts";
import type { LimitedAnswer, Refusal, WaitEstimate } from "./bucket_permit.ts";
import { CollectionWatch } from "./collection_watch.ts";
import { countEvidence, isToPart } from "./counted_apart.ts";
import {
  addWaiting,
  currentOf,
  disarm,
  type Gate,
  HeldTurn,
  type Limit,
  type Line,
  newGate,
  newLine,
  nextAt,
  removeWaiting,
  type RouteInfo,
  statusOf,
  type TurnKeeper,
  Waiter,
} from "./gate.ts";
import type { Turn } from "./lane.ts";
import type { BucketStatus, HoldStatus } from "./rate_limit_status.ts";
import type { RateLimitHeaders } from "./rate_limit_headers.ts";
import { Ring, type RingedState } from "./ring.ts";

/** How long a route counts as free after a success that showed no limit (B4.3). */
const UNLIMITED_MS = 10 * 60 * 1000;
/** What is told as the wait where only the answer to another request can tell. */
export const UNKNOWN_WAIT_MS = 1000;
/** Templates are few; what is beyond this was made by hand from ids (B10.2). */
const MAX_ROUTES = 2000;
/** Ids of limits remembered. */
const MAX_LIMITS = 2000;
/** How many entries each request looks at to forget what is no longer needed (B10.1). */
const SWEEP_STEPS = 2;
/** And how many while there are too many. */
const CROWDED_STEPS = 16;

/** The buckets of one owner, and who waits for them. */
export class Gates implements TurnKeeper {
  readonly #clock: Clock;
  readonly #maxBuckets: number;
  readonly #routes = new Map<string, RouteInfo>();
  /** By id; those that a route has for itself by the id and the route. */
  readonly #limits = new Map<string, Limit>();
  readonly #gates: Ring<Gate>;
  readonly #lines: Ring<Line>;
  readonly #collection = new CollectionWatch(() => this.forget());
  #closing: { readonly reason: unknown } | undefined;
  // Made once: each request sweeps.
  readonly #forgetGate = (gate: Gate): void => {
    this.#gates.remove(gate);
    gate.limit.gates.delete(gate.scope);
  };
  readonly #forgetLine = (line: Line): void => {
    this.#lines.remove(line);
    line.route.lines.delete(line.key);
  };

  constructor(clock: Clock, maxBuckets: number) {
    this.#clock = clock;
    this.#maxBuckets = maxBuckets;
    this.#gates = new Ring(maxBuckets);
    this.#lines = new Ring(maxBuckets);
  }

  /** How many buckets are remembered. */
  get size(): number {
    return this.#gates.size;
  }

  /** How many lines are remembered. */
  get lineCount(): number {
    return this.#lines.size;
  }

  /** A turn where one is free and nobody waits for it; `undefined` where there is a line. */
  tryEnter(turn: Turn): HeldTurn | undefined {
    if (this.#closing !== undefined) return undefined;
    const now = this.#clock.now();
    this.#sweep(now, SWEEP_STEPS);
    const line = this.#lineOf(turn, now);
    const { gate } = line;
    const isOpen = gate.waiting === undefined && gate.bucket.available(now) > 0 && line.lane.lets(turn, now);
    return isOpen ? this.#hold(turn, line, gate, now) : undefined;
  }

  /** Joins the line. */
  enter(turn: Turn): Waiter {
    const now = this.#clock.now();
    this.#sweep(now, SWEEP_STEPS);
    const line = this.#lineOf(turn, now);
    const waiter = new Waiter(this, turn, line);
    if (this.#closing !== undefined) {
      waiter.fail(this.#closing.reason);
      return waiter;
    }
    line.lane.push(waiter);
    addWaiting(line.gate, line);
    this.#pump(line.gate, now);
    return waiter;
  }

  /** How long a request would wait. */
  estimate(turn: Turn): WaitEstimate {
    const now = this.#clock.now();
    this.#sweep(now, SWEEP_STEPS);
    const { lane, gate } = this.#lineOf(turn, now);
    const hold = lane.holdOf(turn, now);
    let ahead = 0;
    for (const line of gate.waiting ?? []) ahead += line.lane.countBefore(turn);
    const knownMs = gate.bucket.waitMs(now, ahead);
    const isGuess = knownMs === undefined || (turn.isOrdered === true && lane.isOccupied);
    const waitMs = knownMs || (isGuess ? UNKNOWN_WAIT_MS : 0);
    if (hold !== undefined && hold.until - now >= waitMs) {
      return { waitMs: hold.until - now, scope: hold.scope, isGuess };
    }
    return { waitMs, scope: "user", isGuess };
  }

  /** What is remembered. */
  status(): { readonly buckets: BucketStatus[]; readonly holds: HoldStatus[] } {
    const now = this.#clock.now();
    const buckets = [...this.#gates].map((gate) => statusOf(gate, now));
    const holds = [...this.#lines].flatMap(({ route, majorKey, lane }): HoldStatus[] =>
      lane.holdsAt(now).map(({ scope, until, keys }) => {
        return { route: route.key, majorKey, scope, keys: [...keys ?? []], endsAfterMs: until - now };
      })
    );
    return { buckets, holds };
  }

  /** Forgets all that has nothing to tell. */
  forget(): void {
    this.#sweep(this.#clock.now(), Math.max(this.#gates.size, this.#lines.size));
    if (this.#gates.size > 0) this.#collection.start();
  }

  /** Rejects all who wait, and those to come, with `reason`. */
  close(reason: unknown): void {
    this.#closing ??= { reason };
    for (const gate of this.#gates) {
      disarm(gate);
      for (const { lane } of gate.waiting ?? []) {
        for (let waiter = lane.takeAny(); waiter !== undefined; waiter = lane.takeAny()) waiter.fail(reason);
      }
      gate.waiting = undefined;
    }
  }

  /** What time it is, for those who have a turn. */
  now(): number {
    return this.#clock.now();
  }

  /** Whether a turn may still be used. */
  isGood({ turn, line, from }: HeldTurn): boolean {
    const now = this.#clock.now();
    const { limit, bucket } = currentOf(from);
    // What is known of the route by now tells of another bucket than the nameless one it was taken from.
    if (limit.hash === undefined && line.route.limit.hash !== undefined) return false;
    return bucket.holds(now) && line.lane.holdOf(turn, now) === undefined;
  }

  /** Ends a turn with its answer. */
  settle(held: HeldTurn, answer: LimitedAnswer): void {
    const { line, bucketTurn } = held;
    const now = this.#clock.now();
    const from = currentOf(held.from);
    const gate = this.#gateOfAnswer(held, from, answer.headers, now);
    const { bucket, limit } = gate;
    // Where it is counted by now: it may have been handed over with all others.
    const holder = currentOf(from);
    if (gate !== holder) holder.bucket.giveBack(bucketTurn);
    const { headers, isSuccess, refusal } = answer;
    if (headers !== undefined) bucket.settle(bucketTurn, headers, now);
    else if (isSuccess && limit.metadata.isHint) bucket.count(bucketTurn, now);
    else if (isSuccess || refusal !== undefined) {
      bucket.giveBack(bucketTurn);
      if (isSuccess && limit.metadata.limit === undefined) this.#setUnlimited(limit, now);
    } else bucket.lose(bucketTurn, now);
    if (refusal !== undefined) this.#refuse(held.turn, line, gate, refusal, now);
    this.#end(line, currentOf(gate), now);
    // Others may wait there for just this turn to end.
    if (gate !== holder) this.#pump(currentOf(holder), now);
  }

  /** Ends a turn without an answer. */
  release(held: HeldTurn): void {
    const now = this.#clock.now();
    const gate = currentOf(held.from);
    gate.bucket.lose(held.bucketTurn, now);
    this.#end(held.line, gate, now);
  }

  /** Ends a turn that was not sent. */
  giveBack(held: HeldTurn): void {
    const now = this.#clock.now();
    const gate = currentOf(held.from);
    gate.bucket.giveBack(held.bucketTurn);
    this.#end(held.line, gate, now);
  }

  /** One that others must not overtake is over. */
  vacate(line: Line): void {
    line.lane.vacate();
    if (line.lane.size > 0) this.#pump(currentOf(line.gate), this.#clock.now());
  }

  /** Somebody in line gives up. */
  leave(waiter: Waiter): void {
    const { line } = waiter;
    if (waiter.place === -1) return;
    line.lane.remove(waiter);
    if (line.lane.size === 0) removeWaiting(line.gate, line);
    this.#arm(line.gate, this.#clock.now());
  }

  #end(line: Line, gate: Gate, now: number): void {
    line.running -= 1;
    this.#pump(gate, now);
    const own = currentOf(line.gate);
    if (own !== gate) this.#pump(own, now);
  }

  #lineOf(turn: Turn, now: number): Line {
    const { routeKey, majorKey, bucketScope, limitHint } = turn;
    const route = this.#routes.get(routeKey) ?? this.#createRoute(routeKey);
    const key = bucketScope === undefined ? majorKey : `${majorKey} @${bucketScope}`;
    const line = route.lines.get(key) ?? this.#createLine(route, key, turn);
    if (line.gate.limit !== route.limit || line.gate.place === -1) this.#place(line, now);
    line.wasUsed = true;
    line.gate.wasUsed = true;
    if (limitHint !== undefined) line.gate.limit.metadata.hint(limitHint);
    return line;
  }

  /** The route may have learned better, or the bucket been forgotten, since the line was used last. */
  #place(line: Line, now: number): void {
    const { route, lane } = line;
    const gate = currentOf(line.gate);
    line.gate = gate;
    const isIdle = line.running === 0 && lane.size === 0 && !lane.isOccupied;
    if (gate.place === -1) line.gate = this.#gateOf(route.limit, line.scope);
    else if (gate.limit === route.nameless && route.limit !== gate.limit) {
      // What was learned before the bucket had a name is true of it too.
      this.#pump(this.#relink(line, gate, route.limit, now), now);
    } else if (isIdle) line.gate = this.#gateOf(route.limit, line.scope);
  }

  #createRoute(key: string): RouteInfo {
    for (const [other, { lines, nameless }] of this.#routes) {
      if (this.#routes.size < MAX_ROUTES) break;
      if (lines.size === 0 && nameless.gates.size === 0) this.#routes.delete(other);
    }
    const nameless = newLimit(undefined);
    const counts = { doubts: 0, apartFrom: undefined, hasRejoined: false };
    const route: RouteInfo = { key, nameless, limit: nameless, lines: new Map(), ...counts };
    this.#routes.set(key, route);
    return route;
  }

  #createLine(route: RouteInfo, key: string, { majorKey, bucketScope }: Turn): Line {
    const scope = bucketScope === undefined ? majorKey : `@${bucketScope}`;
    const gate = route.nameless.gates.get(scope) ?? this.#gateOf(route.limit, scope);
    const line = newLine(key, route, majorKey, scope, gate);
    route.lines.set(key, line);
    this.#lines.add(line);
    return line;
  }

  #gateOf(limit: Limit, scope: string): Gate {
    const known = limit.gates.get(scope);
    if (known !== undefined) return known;
    const gate = newGate(limit, scope);
    limit.gates.set(scope, gate);
    this.#gates.add(gate);
    this.#collection.start();
    return gate;
  }

  /** The limit of an id, as a route knows it: with others, or for itself (B4.7). */
  #limitOf(hash: string, route: RouteInfo): Limit {
    const name = route.apartFrom === hash ? apartName(hash, route) : hash;
    const known = this.#limits.get(name);
    if (known !== undefined) return known;
    for (const [other, { gates }] of this.#limits) {
      if (this.#limits.size < MAX_LIMITS) break;
      if (gates.size === 0) this.#forgetLimit(other);
    }
    const limit = newLimit(hash);
    this.#limits.set(name, limit);
    return limit;
  }

  #forgetLimit(name: string): void {
    const limit = this.#limits.get(name);
    this.#limits.delete(name);
    for (const route of this.#routes.values()) {
      if (route.limit === limit) route.limit = route.nameless;
    }
  }

  #hold(turn: Turn, line: Line, gate: Gate, now: number): HeldTurn {
    line.running += 1;
    if (turn.isOrdered === true) line.lane.occupy();
    return new HeldTurn(this, turn, line, gate, gate.bucket.reserve(now));
  }

  /** Gives out all turns that are free, best first, and sets the timer for the next (B9.1). */
  #pump(gate: Gate, now: number): void {
    if (gate.waiting === undefined) {
      disarm(gate);
      return;
    }
    if (gate.limit.hash === undefined && gate.bucket.inFlight === 0) {
      const [line] = gate.waiting;
      if (line !== undefined && line.route.limit.hash !== undefined) {
        this.#pump(this.#relink(line, gate, line.route.limit, now), now);
        return;
      }
    }
    while (gate.bucket.available(now) > 0) {
      const waiter = nextAt(gate, now);
      if (waiter === undefined) break;
      const { line, turn } = waiter;
      line.lane.remove(waiter);
      if (line.lane.size === 0) removeWaiting(gate, line);
      waiter.grant(this.#hold(turn, line, gate, now));
    }
    this.#arm(gate, now);
  }

  #arm(gate: Gate, now: number): void {
    let wakeAt = Infinity;
    if (gate.waiting !== undefined && this.#closing === undefined) {
      const opensAt = gate.bucket.opensAt(now);
      for (const { lane } of gate.waiting) wakeAt = Math.min(wakeAt, lane.wakeAt(opensAt));
    }
    // One that comes a little early only looks once more than it had to: cheaper than a new one for each answer.
    if (gate.timer !== undefined && wakeAt < Infinity && gate.timerAt <= wakeAt) return;
    disarm(gate);
    if (wakeAt === Infinity) return;
    gate.timerAt = wakeAt;
    gate.timer = this.#clock.setTimeout(() => {
      gate.timer = undefined;
      this.#pump(gate, this.#clock.now());
    }, Math.max(1, wakeAt - now));
  }

  /** The gate that an answer tells of; the line moves there (B4.2, B4.7, B4.8). */
  #gateOfAnswer(
    { line, bucketTurn }: HeldTurn,
    from: Gate,
    headers: RateLimitHeaders | undefined,
    now: number,
  ): Gate {
    const { route } = line;
    // An answer that names no bucket is about the one that others have named meanwhile.
    const hash = headers?.bucket ?? (from.limit.hash === undefined ? route.limit.hash : undefined);
    if (hash === undefined) return from;
    const isKnown = from.limit.hash === hash && from.limit === route.limit;
    const gate = isKnown ? from : this.#relink(line, from, this.#limitOf(hash, route), now);
    if (headers === undefined || gate.limit.routes < 2) return gate;
    const { last } = gate;
    const sentAt = bucketTurn.sentAt ?? now;
    const evidence = last === undefined || last.route === route
      ? "none"
      : countEvidence(last, headers, sentAt, now);
    if (isToPart(route, evidence)) {
      route.apartFrom = hash;
      return this.#relink(line, gate, this.#limitOf(hash, route), now);
    }
    const { limit, remaining, resetAfterMs } = headers;
    gate.last = { route, sentAt, receivedAt: now, limit, remaining, resetAfterMs };
    return gate;
  }

  /** Sends a line, and the requests to come of its route, to another limit. */
  #relink(line: Line, from: Gate, limit: Limit, now: number): Gate {
    const { route } = line;
    if (route.limit !== limit) limit.routes += 1;
    route.limit = limit;
    const gate = this.#gateOf(limit, line.scope);
    if (gate === from) return gate;
    if (from.limit === route.nameless) this.#merge(from, gate, now);
    if (line.gate !== gate) this.#move(line, gate, now);
    return gate;
  }

  /** One gate turns out to be another. */
  #merge(from: Gate, to: Gate, now: number): void {
    to.bucket.adopt(from.bucket, now);
    from.movedTo = to;
    this.#forgetGate(from);
    for (const line of [...from.waiting ?? []]) this.#move(line, to, now);
  }

  #move(line: Line, to: Gate, now: number): void {
    const from = line.gate;
    removeWaiting(from, line);
    this.#arm(from, now);
    line.gate = to;
    if (line.lane.size > 0) addWaiting(to, line);
  }

  /** Puts a refusal where it belongs (A8): on the bucket, or on requests of this kind. */
  #refuse(turn: Turn, { lane }: Line, gate: Gate, refusal: Refusal, now: number): void {
    const { scope, retryAfterMs, isSublimit } = refusal;
    if (scope === "global") return;
    const hold = { scope, until: now + retryAfterMs + WAIT_MARGIN_MS };
    gate.limit.metadata.refuse(now, false);
    if (scope === "shared") lane.hold(hold);
    else if (isSublimit) lane.holdFields(hold, turn.bodyKeys, now);
    else {
      gate.bucket.refuse(retryAfterMs, now);
      if (gate.limit.hash !== undefined) this.#rejoin(gate.limit.hash, now);
    }
  }

  /** A limit was used up: routes that seemed to have it for themselves may share it after all (B4.7). */
  #rejoin(hash: string, now: number): void {
    for (const route of this.#routes.values()) {
      if (route.apartFrom !== hash) continue;
      const name = apartName(hash, route);
      const own = this.#limits.get(name);
      this.#limits.delete(name);
      route.apartFrom = undefined;
      route.hasRejoined = true;
      const shared = this.#limitOf(hash, route);
      if (route.limit === own) route.limit = shared;
      for (const gate of [...own?.gates.values() ?? []]) {
        const to = this.#gateOf(shared, gate.scope);
        this.#merge(gate, to, now);
        this.#pump(to, now);
      }
    }
  }

  /** A success without a limit: all requests of the route go, on every resource (B4.3). */
  #setUnlimited({ metadata, gates }: Limit, now: number): void {
    const wasUnlimited = metadata.isUnlimited(now);
    metadata.setUnlimited(now + UNLIMITED_MS);
    if (wasUnlimited) return;
    for (const gate of [...gates.values()]) this.#pump(gate, now);
  }

  #sweep(now: number, few: number): void {
    const isCrowded = Math.max(this.#gates.size, this.#lines.size) > this.#maxBuckets;
    const steps = isCrowded ? Math.max(few, CROWDED_STEPS) : few;
    this.#gates.sweep(steps, now, gateState, this.#forgetGate);
    this.#lines.sweep(steps, now, lineState, this.#forgetLine);
  }
}

function newLimit(hash: string | undefined): Limit {
  return { hash, metadata: new BucketMetadata(), gates: new Map(), routes: 0 };
}

function apartName(hash: string, { key }: RouteInfo): string {
  return `${hash} ${key}`;
}

function gateState({ waiting, bucket }: Gate, now: number): RingedState {
  if (waiting !== undefined || bucket.inFlight > 0) return "busy";
  return bucket.isFresh(now) ? "fresh" : "idle";
}

/** A line is kept as long as its bucket: it is made for no single request. */
function lineState({ lane, running, gate }: Line, now: number): RingedState {
  if (lane.size > 0 || lane.isOccupied || running > 0) return "busy";
  return lane.isFresh(now) && (gate.place === -1 || gate.bucket.isFresh(now)) ? "fresh" : "idle";
}
