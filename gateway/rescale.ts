import { type Clock, sleep } from "../clock.ts";
import { CatchUp } from "./catch_up.ts";
import { EventMerger, type HeldEvent } from "./event_merger.ts";
import { GatewayOpcode, type GatewayPayload } from "./payload.ts";
import type { Shard } from "./shard.ts";
import type { ShardContext, ShardRelay } from "./shard_events.ts";

/** How long a guild may take to come after the one before, until the stream of a new session counts as ended (GL-4). */
const QUIET_MS = 15_000;
/** How long both sets are listened to when all is there: what is on its way to one has reached the other by then. */
const OVERLAP_MS = 1_000;
/** How long old shards may take to get what happened before the new ones began: later, their sessions are gone (SEQ-9). */
const CATCH_UP_MS = 180_000;
/** How long after the switch an event of the new set may at least be one that the old set had delivered, and at most. */
const GRACE_MS = 10_000;
const LONGEST_GRACE_MS = 300_000;

/** What a {@linkcode rescale} needs. */
export interface RescaleOptions {
  /** The shards that are heard. */
  readonly old: readonly Shard[];
  /** The shards that shall be heard instead: made without a relay, and not started. */
  readonly next: readonly Shard[];
  /** How many shards the new set is of. */
  readonly shardCount: number;
  /** Where events go. */
  readonly relay: ShardRelay<Shard>;
  /** The source of time. */
  readonly clock: Clock;
  /** Whether Discord sends the guilds after READY: with the intent `Guilds`. */
  readonly hasGuilds: boolean;
  /** Gives up, as long as nothing has been switched; ends the time of grace after it. */
  readonly signal: AbortSignal;
  /** How many events the old set may lag behind. */
  readonly limit: number;
  /** Called in the moment of the switch, in one step with it. */
  readonly switched: () => void;
}

/**
 * Replaces a set of shards by another: no event is lost, and none delivered twice (SH-6).
 *
 * The new set starts while the old one goes on. When it has all its guilds, the switch is made in one synchronous step.
 * Where the new set fails before that, or `signal` aborts, it is closed, the old one goes on as if nothing had been, and
 * the promise rejects. Closing the old set is left to the caller.
 */
export async function rescale(options: RescaleOptions): Promise<void> {
  const { old, next, shardCount, relay, clock, limit, switched } = options;
  // A new shard that fails after it was ready must not be switched to.
  const broken = new AbortController();
  for (const shard of next) shard.closed.catch((error) => broken.abort(error));
  const signal = AbortSignal.any([options.signal, broken.signal]);
  const merger = new EventMerger<ShardContext<Shard>>(limit, (payload) => shardIdOf(payload, shardCount));
  const catchUps = old.map(() => new CatchUp());
  const guilds = next.map((shard) => hold(shard, merger, clock, catchUps));
  // Where the last change was a moment ago, its relays still leave out what is repeated.
  const relays = old.map((shard) => shard.relay ?? relay);
  for (const [at, shard] of old.entries()) {
    shard.relayTo(recording(relays[at] ?? relay, merger, clock, catchUps[at]));
  }
  try {
    for (const shard of next) shard.start();
    await Promise.all(next.map((shard) => shard.ready({ signal })));
    if (options.hasGuilds) await Promise.all(guilds.map((stream) => stream.completed(signal)));
    await overlap(old, catchUps, clock, signal);
    if (merger.isOverfull) {
      throw new RangeError(
        `The old shards have fallen more than ${limit} events behind: rescale when they have caught up`,
      );
    }
  } catch (error) {
    for (const [at, shard] of old.entries()) shard.relayTo(relays[at]);
    await Promise.all(next.map((shard) => shard.close()));
    throw error;
  }
  for (const shard of old) shard.relayTo(undefined);
  switched(); // Whoever gets one of their events finds the new shards at hand.
  for (const { payload, context } of merger.switch()) relay.receive(payload, context);
  const arrivals = next.map((shard) => {
    const arrival = new CatchUp();
    shard.relayTo(filtering(relay, merger, arrival));
    return arrival;
  });
  // What an old shard has missed is in no session any more (OD-4).
  const isLost = catchUps.some(({ isDone }) => !isDone);
  for (const shard of isLost ? next : []) relay.report("sessionLost", { shard }, { shard });
  void settle(options, merger, arrivals);
}

/** Listens to both sets, until the old one has all that happened before the new one began; but for shards that are dead. */
async function overlap(
  old: readonly Shard[],
  catchUps: readonly CatchUp[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (let waitedMs = 0; waitedMs <= CATCH_UP_MS; waitedMs += OVERLAP_MS) {
    await sleep(clock, OVERLAP_MS, { signal });
    if (old.every(({ state }, at) => state === "dead" || catchUps[at]?.isDone)) return;
  }
}

/** When the new shards have got all that was sent before the switch, nothing can be repeated any more. */
async function settle(
  { clock, signal }: RescaleOptions,
  merger: EventMerger<ShardContext<Shard>>,
  arrivals: readonly CatchUp[],
): Promise<void> {
  let isOver = false;
  for (let waitedMs = 0; !isOver && waitedMs < LONGEST_GRACE_MS; waitedMs += GRACE_MS) {
    await sleep(clock, GRACE_MS, { signal }).catch(() => {
      isOver = true;
    });
    isOver ||= arrivals.every(({ isDone }) => isDone);
  }
  merger.forget();
}

/** Keeps what a new shard gets from being heard, but for later. */
function hold(
  shard: Shard,
  merger: EventMerger<ShardContext<Shard>>,
  clock: Clock,
  catchUps: readonly CatchUp[],
): GuildStream {
  const guilds = new GuildStream(clock);
  shard.relayTo({
    report: () => {},
    receive: (payload, context) => {
      if (payload.op !== GatewayOpcode.Dispatch) return false;
      if (payload.t === "READY") {
        merger.began(shard.id, clock.now());
        for (const catchUp of catchUps) catchUp.mark();
      }
      if (guilds.takes(payload)) return false;
      const event: HeldEvent<ShardContext<Shard>> = { payload, context };
      merger.newSeen(event, clock.now());
      return false;
    },
    drained: () => Promise.resolve(),
  });
  return guilds;
}

/** Delivers, and remembers it. */
function recording(
  relay: ShardRelay<Shard>,
  merger: EventMerger<ShardContext<Shard>>,
  clock: Clock,
  catchUp: CatchUp | undefined,
): ShardRelay<Shard> {
  return watched(relay, catchUp, (payload, context) => {
    if (payload.op === GatewayOpcode.Dispatch) merger.oldDelivered(payload, clock.now());
    return relay.receive(payload, context);
  });
}

/** Delivers what was not delivered before the switch. */
function filtering(
  relay: ShardRelay<Shard>,
  merger: EventMerger<ShardContext<Shard>>,
  arrival: CatchUp,
): ShardRelay<Shard> {
  return watched(relay, arrival, (payload, context) => {
    if (payload.op === GatewayOpcode.Dispatch && merger.isRepeated(payload)) return false;
    return relay.receive(payload, context);
  }, () => merger.remembers);
}

function watched(
  relay: ShardRelay<Shard>,
  catchUp: CatchUp | undefined,
  receive: ShardRelay<Shard>["receive"],
  needsAll: () => boolean = () => true,
): ShardRelay<Shard> {
  return {
    wants: (name) => needsAll() || (relay.wants?.(name) ?? true),
    report: (name, payload, context) => {
      if (name === "sent" && "op" in payload) catchUp?.sent(Number(payload.op));
      relay.report(name, payload, context);
    },
    receive: (payload, context) => {
      catchUp?.received(payload.op, context.shard.state === "ready");
      return receive(payload, context);
    },
    drained: () => relay.drained(),
  };
}

/** Which shard of so many gets an event (SH-1, SH-2). */
function shardIdOf({ t, d }: GatewayPayload, shardCount: number): number {
  const data: { id?: unknown; guild_id?: unknown } = typeof d === "object" && d !== null ? d : {};
  const id = t?.startsWith("GUILD_") && data.guild_id === undefined ? data.id : data.guild_id;
  if (typeof id !== "string" || !/^\d{1,20}$/.test(id)) return 0;
  return Number((BigInt(id) >> 22n) % BigInt(shardCount));
}

/** What a new session begins with: READY, and then its guilds one by one (GL-1, GL-3, GL-4). */
class GuildStream {
  readonly #clock: Clock;
  #awaited: Set<string> | undefined;
  #lastAt = 0;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a dispatch belongs to the beginning of the session: it is no news then. */
  takes({ t, d }: GatewayPayload): boolean {
    const data: { id?: unknown; guilds?: unknown } = typeof d === "object" && d !== null ? d : {};
    if (t === "READY") {
      this.#awaited = new Set(Array.isArray(data.guilds) ? data.guilds.map(({ id }) => String(id)) : []);
      this.#moved();
      return true;
    }
    if (t === "RESUMED") return true;
    if ((t !== "GUILD_CREATE" && t !== "GUILD_DELETE") || typeof data.id !== "string") return false;
    const isAwaited = this.#awaited?.delete(data.id) === true;
    if (isAwaited) this.#moved();
    return isAwaited;
  }

  /** Resolves when all guilds have come, or none has come for a while. */
  async completed(signal: AbortSignal): Promise<void> {
    while (this.#awaited === undefined || this.#awaited.size > 0) {
      const leftMs = this.#lastAt + QUIET_MS - this.#clock.now();
      if (this.#awaited !== undefined && leftMs <= 0) return;
      const waiting = new AbortController();
      this.#wake = () => waiting.abort();
      await sleep(this.#clock, Math.max(1, leftMs), { signal: AbortSignal.any([signal, waiting.signal]) })
        .catch(() => signal.throwIfAborted());
    }
  }

  #moved(): void {
    this.#lastAt = this.#clock.now();
    this.#wake?.();
  }
}
