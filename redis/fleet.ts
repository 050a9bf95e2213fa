import { Dispatcher, type DispatcherEvents } from "../dispatcher.ts";
import { Lease } from "./lease.ts";
import { ASSERT, BEAT, CLAIM, LEAVE, RAISE, RELEASE } from "./lease_scripts.ts";
import { checkCount, checkMs, RedisLink, type RedisOptions } from "./redis_link.ts";
import { integerIn, listIn, pairsIn, textIn } from "./reply.ts";
import { movesOf } from "./spread.ts";

/** What a fleet member tells. */
export interface FleetEvents extends DispatcherEvents {
  /** A shard is ours. */
  granted: Lease;
  /** A shard is no longer ours: it was given back, or lost. */
  ended: Lease;
}

/** Options of a {@linkcode Fleet}. */
export interface FleetOptions extends RedisOptions {
  /** How many shards the bot has; the same for all members. */
  readonly shardCount: number;
  /** Which of them this fleet runs, where others run the rest, each over a Redis of its own. All by default. */
  readonly shardIds?: readonly number[] | undefined;
  /**
   * Runs a shard for as long as the lease lasts. When it returns or rejects, the lease is given back.
   *
   * When `lease.signal` aborts it must stop at once; when `lease.handover` does, as soon as it can.
   */
  readonly run: (lease: Lease) => Promise<void>;
  /** How this member is called; a random part is added. `member` by default. */
  readonly name?: string | undefined;
  /** Milliseconds after which a member that says nothing is dead. 10 000 by default; the same for all members. */
  readonly ttlMs?: number | undefined;
  /** Milliseconds between two signs of life. A twentieth of `ttlMs` by default, at least 50. */
  readonly beatMs?: number | undefined;
  /** Milliseconds that a hand-over may take. 5000 by default. */
  readonly handoverMs?: number | undefined;
  /** Numbers from 0 to 1, for names. */
  readonly random?: (() => number) | undefined;
}

const TTL_MS = 10_000;
const HANDOVER_MS = 5_000;
/** What is held back of a lease: clocks of two machines do not run alike, and a timer may be late. */
const MARGIN_PART = 0.05;
const LEAST_MARGIN_MS = 50;
/** Where a shard has failed, the member gets no others for so long; twice as long each time that it goes on like that. */
const COOLDOWN_MS = 5_000;
const LONGEST_COOLDOWN_MS = 300_000;
const NAMES = 2 ** 40;
const LEASE = /^(.*):(\d{1,15})$/;

/** What Redis says of the fleet. */
interface FleetState {
  readonly quietMs: number;
  readonly version: string;
  readonly members: readonly string[];
  readonly failing: readonly string[];
  readonly leases: ReadonlyMap<number, { readonly member: string; readonly fence: number }>;
}

interface Holding {
  readonly lease: Lease;
  readonly ended: Promise<void>;
}

/**
 * Spreads the shards of a bot over processes: each runs the shards that it has leases for.
 *
 * All leases of a member last as long as its own life, which it prolongs with one command for all of them. A member that
 * could not do so in time gives all of them up *before* anybody else may take them, and joins again as somebody new. Where
 * Redis itself has been restarted or replaced, free leases are given out only after the time of one lease: it may have
 * forgotten who has them.
 *
 * A member at which `run` rejects gives that shard to the others, and gets no more of them for 5 seconds; twice as long
 * each time, up to 5 minutes, where it goes on like that. Where all members fail, all try again.
 *
 * Costs each member one command a beat: two a second with a `ttlMs` of 10 000. The answer lists members and leases only where
 * they have changed, and once in a `ttlMs`.
 *
 * @example
 * ```ts ignore
 * const fleet = new Fleet({ send, shardCount: 16, run: async (lease) => {
 *   await runShard(lease.shardId, lease.signal, lease.handover);
 * } });
 * fleet.start();
 * await fleet.close();
 * ```
 */
export class Fleet implements AsyncDisposable {
  /** How many shards the bot has. */
  readonly shardCount: number;
  /** Tells of leases, and what went wrong: that Redis did not answer, or that `run` has rejected. */
  readonly dispatcher: Dispatcher<FleetEvents>;
  readonly #link: RedisLink;
  readonly #options: FleetOptions;
  readonly #ttlMs: number;
  readonly #beatMs: number;
  readonly #stem: string;
  readonly #shardIds: readonly number[];
  readonly #holdings = new Map<number, Holding>();
  /** Leases that are over here, and have not been given back yet. */
  readonly #returns = new Map<number, Lease>();
  /** The fences of leases that are over: they are not taken up again. */
  readonly #ended = new Map<number, number>();
  /** Shards that have failed here, and until when they are not taken again. */
  readonly #cooldowns = new Map<number, number>();
  #cooldownMs = COOLDOWN_MS;
  /** Until when others should have what is free. */
  #failingUntil = -Infinity;
  /** What Redis has said last, and when it has listed all of it. */
  #state: FleetState | undefined;
  #listedAt = -Infinity;
  #incarnation = 1;
  #isKnown = false;
  /** Until when all leases hold, by our own clock. */
  #deadline = -Infinity;
  #members: readonly string[] = [];
  #beatTimer: Disposable | undefined;
  #deadlineTimer: Disposable | undefined;
  #beating: Promise<void> | undefined;
  #phase: "new" | "running" | "closing" | "closed" = "new";
  /** Whether Redis may know of a member of this name: it has been told, answered or not. */
  #isAnnounced = false;
  #closing: Promise<void> | undefined;

  /** Throws a `TypeError` or a `RangeError` on options that can't be right. Joins nothing before {@linkcode start}. */
  constructor(options: FleetOptions) {
    const { shardCount, run, ttlMs = TTL_MS, name = "member", random = Math.random } = options;
    const { beatMs = beatMsFor(ttlMs) } = options;
    checkCount("shardCount", shardCount);
    checkFleetOptions(options);
    if (typeof run !== "function") throw new TypeError(`run must be a function: got ${typeof run}`);
    this.shardCount = shardCount;
    this.#shardIds = checkedShardIds(shardCount, options.shardIds);
    this.#link = new RedisLink(options);
    this.dispatcher = new Dispatcher({ clock: this.#link.clock });
    this.#options = options;
    this.#ttlMs = ttlMs;
    this.#beatMs = beatMs;
    this.#stem = `${name}-${Math.floor(random() * NAMES).toString(36)}`;
  }

  /** What this member is called now; it changes when it was taken for dead. */
  get memberId(): string {
    return `${this.#stem}-${this.#incarnation}`;
  }

  /** Who lives, as far as is known. */
  get members(): readonly string[] {
    return this.#members;
  }

  /** The leases that are held here. */
  get leases(): readonly Lease[] {
    return [...this.#holdings.values()].map(({ lease }) => lease).filter((lease) => lease.isHeld);
  }

  /** Joins the fleet, and stays in it. */
  start(): void {
    if (this.#phase !== "new") {
      throw new TypeError("This fleet member has been started already, or closed: make a new one");
    }
    this.#phase = "running";
    this.#beatSoon(0);
  }

  /** Makes the fence of a lease larger than `least`. Resolves with whether it is still ours. */
  async raise(lease: Lease, least: number): Promise<boolean> {
    const reply = await this.#link.run(RAISE, this.#keys, [
      lease.memberId,
      lease.shardId,
      lease.fence,
      least + 1,
    ]);
    const fence = textIn(reply);
    if (fence === "") return false;
    lease.raise(integerIn(fence));
    return true;
  }

  /** Hands all shards over, and leaves. Takes `handoverMs` at most, what is under way, and one command. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#phase = "closing";
    for (const { lease } of this.#holdings.values()) lease.handOver();
    const { clock } = this.#link;
    const patience = Promise.withResolvers<void>();
    const timer = clock.setTimeout(patience.resolve, this.#options.handoverMs ?? HANDOVER_MS);
    await Promise.race([this.#allEnded(), patience.promise]);
    timer[Symbol.dispose]();
    this.#phase = "closed";
    this.#beatTimer?.[Symbol.dispose]();
    this.#loseAll("the member has left");
    await this.#beating;
    if (this.#isAnnounced) {
      await this.#link.run(LEAVE, this.#keys, [this.memberId]).catch((error) => this.#report(error));
    }
    this.dispatcher.close();
  }

  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #keys(): string[] {
    return ["members", "leases", "server"].map((name) => this.#link.fleetKey(name));
  }

  async #allEnded(): Promise<void> {
    await Promise.all([...this.#holdings.values()].map(({ ended }) => ended));
  }

  #beatSoon(delayMs: number): void {
    this.#beatTimer = this.#link.clock.setTimeout(() => {
      this.#beating = this.#beatAndGoOn();
    }, delayMs);
  }

  async #beatAndGoOn(): Promise<void> {
    const startedAt = this.#link.clock.now();
    this.#checkDeadline();
    try {
      await this.#beat();
    } catch (error) {
      this.#report(error);
    }
    if (this.#phase === "closed") return;
    this.#beatSoon(Math.max(1, this.#beatMs - (this.#link.clock.now() - startedAt)));
  }

  async #beat(): Promise<void> {
    const sentAt = this.#link.clock.now();
    const { memberId } = this;
    const mode = this.#isKnown ? "stay" : "join";
    // Now and then all of it is asked for: what was changed by hand, or by an older version of this, has not been counted.
    const isOld = sentAt - this.#listedAt >= this.#ttlMs;
    const known = isOld ? undefined : this.#state;
    const args = [memberId, this.#ttlMs, this.#ttlMs, mode, known?.version ?? ""];
    this.#isAnnounced = true;
    const reply = listIn(await this.#link.run(BEAT, this.#keys, args, this.#ttlMs / 3));
    if (this.#phase === "closed") return;
    if (memberId !== this.memberId) return; // The deadline has passed meanwhile: somebody new joins next.
    if (textIn(reply[0]) === "gone") return this.#loseAll("the fleet took this member for dead");
    this.#isKnown = true;
    this.#extend(sentAt);
    this.#checkDeadline();
    if (!this.#isKnown) return; // The answer has come after its time: this process was stopped.
    const state = stateIn(reply, known);
    if (state.version !== known?.version) this.#listedAt = sentAt;
    this.#state = state;
    this.#members = state.members;
    if (state.quietMs > 0) await this.#assert();
    this.#reconcile(state);
    await this.#giveBack();
    await this.#move(state);
  }

  /** All leases hold until then: counted from when the command was sent, so that ours end before those in Redis. */
  #extend(sentAt: number): void {
    const { clock } = this.#link;
    this.#deadline = sentAt + this.#ttlMs - Math.max(LEAST_MARGIN_MS, this.#ttlMs * MARGIN_PART);
    this.#deadlineTimer?.[Symbol.dispose]();
    this.#deadlineTimer = clock.setTimeout(
      () => this.#checkDeadline(),
      Math.max(0, this.#deadline - clock.now()),
    );
  }

  #checkDeadline(): void {
    if (this.#isKnown && this.#link.clock.now() >= this.#deadline) {
      this.#loseAll("Redis has not answered in time");
    }
  }

  /** Nobody may use what was ours; who comes back is somebody else. */
  #loseAll(why: string): void {
    this.#deadlineTimer?.[Symbol.dispose]();
    for (const { lease } of this.#holdings.values()) lease.lose(why);
    this.#returns.clear();
    this.#state = undefined;
    if (this.#phase === "closed") return;
    this.#incarnation += 1;
    this.#isKnown = false;
    this.#isAnnounced = false;
    this.#deadline = -Infinity;
  }

  /** Redis is another than before: tell it what we have. */
  async #assert(): Promise<void> {
    const held = this.leases;
    if (held.length === 0) return;
    const pairs = held.flatMap(({ shardId, fence }) => [shardId, fence]);
    const kept = listIn(await this.#link.run(ASSERT, this.#keys, [this.memberId, ...pairs]));
    for (const [index, lease] of held.entries()) {
      if (textIn(kept[index] ?? "0") !== "1") lease.lose("somebody else has it");
    }
  }

  /** Compares what Redis says with what we have. */
  #reconcile({ quietMs, leases }: FleetState): void {
    for (const [shardId, { lease }] of this.#holdings) {
      const record = leases.get(shardId);
      if (record?.member === lease.memberId) lease.raise(record.fence);
      else if (quietMs === 0) lease.lose("somebody else has it");
    }
    // Given to us by a command of which we have seen no answer; or given back by us, which Redis has forgotten.
    for (const [shardId, { member, fence }] of leases) {
      const isNew = !this.#holdings.has(shardId) && !this.#returns.has(shardId);
      if (member !== this.memberId || !isNew || quietMs > 0) continue;
      if (fence > (this.#ended.get(shardId) ?? 0)) this.#hold(shardId, fence);
      else this.#returns.set(shardId, this.#lease(shardId, fence));
    }
  }

  async #giveBack(): Promise<void> {
    const leases = [...this.#returns.values()];
    if (leases.length === 0) return;
    const pairs = leases.flatMap(({ shardId, fence }) => [shardId, fence]);
    const failingMs = Math.ceil(Math.max(0, this.#failingUntil - this.#link.clock.now()));
    await this.#link.run(RELEASE, this.#keys, [this.memberId, failingMs, ...pairs]);
    for (const { shardId } of leases) this.#returns.delete(shardId);
  }

  async #move({ quietMs, members, failing, leases }: FleetState): Promise<void> {
    if (this.#phase !== "running") return;
    const owners = new Map([...leases].map(([id, { member }]) => [id, member]));
    for (const { shardId } of this.leases) owners.set(shardId, this.memberId);
    const { claim, give } = movesOf({
      me: this.memberId,
      members,
      failing,
      shardIds: this.#shardIds,
      owners,
    });
    for (const id of give) this.#holdings.get(id)?.lease.handOver();
    const now = this.#link.clock.now();
    const wanted = claim.filter((id) => (this.#cooldowns.get(id) ?? now) <= now && !this.#holdings.has(id));
    if (wanted.length === 0 || quietMs > 0) return;
    const { memberId } = this;
    const fences = listIn(await this.#link.run(CLAIM, this.#keys, [memberId, ...wanted]));
    if (memberId !== this.memberId || this.#link.clock.now() >= this.#deadline) return;
    for (const [index, id] of wanted.entries()) {
      const fence = textIn(fences[index] ?? "");
      if (fence !== "") this.#hold(id, integerIn(fence));
    }
  }

  #hold(shardId: number, fence: number): void {
    if (this.#phase !== "running") return;
    const lease = this.#lease(shardId, fence);
    this.#holdings.set(shardId, { lease, ended: this.#run(lease) });
  }

  #lease(shardId: number, fence: number): Lease {
    return new Lease(shardId, this.memberId, fence, () => this.#link.clock.now() >= this.#deadline);
  }

  async #run(lease: Lease): Promise<void> {
    await undefined; // So that it is among the holdings before it can end.
    this.dispatcher.dispatch("granted", lease);
    try {
      await this.#options.run(lease);
    } catch (error) {
      if (!lease.signal.aborted) {
        this.#leaveToOthers(lease.shardId);
        this.#report(error);
      }
    }
    this.#holdings.delete(lease.shardId);
    this.#ended.set(lease.shardId, lease.fence);
    this.dispatcher.dispatch("ended", lease);
    lease.lose("it was given back");
    if (lease.memberId !== this.memberId || !this.#isKnown) return;
    this.#returns.set(lease.shardId, lease);
    await this.#giveBack().catch((error) => this.#report(error)); // Else the next beat does it.
  }

  /** A shard has failed here. */
  #leaveToOthers(shardId: number): void {
    const now = this.#link.clock.now();
    if (now >= this.#failingUntil) {
      const wasSound = now >= this.#failingUntil + this.#cooldownMs;
      this.#cooldownMs = wasSound ? COOLDOWN_MS : Math.min(LONGEST_COOLDOWN_MS, 2 * this.#cooldownMs);
      this.#failingUntil = now + this.#cooldownMs;
    }
    this.#cooldowns.set(shardId, this.#failingUntil);
  }

  #report(error: unknown): void {
    this.dispatcher.reportError({ error, name: "fleet", payload: undefined });
  }
}

/** Throws a `TypeError` or a `RangeError` on options that can't be right, whatever number of shards there is. */
export function checkFleetOptions(
  options: Pick<FleetOptions, "name" | "shardIds" | "ttlMs" | "beatMs" | "handoverMs">,
): void {
  const { ttlMs = TTL_MS, handoverMs = HANDOVER_MS, name = "member", shardIds } = options;
  const { beatMs = beatMsFor(ttlMs) } = options;
  checkMs("ttlMs", ttlMs);
  checkMs("beatMs", beatMs);
  checkMs("handoverMs", handoverMs);
  if (beatMs > ttlMs / 3) throw new RangeError(`beatMs must be at most a third of ttlMs: got ${beatMs}`);
  if (typeof name !== "string" || !/^[\w-]{1,64}$/.test(name)) {
    throw new TypeError("name must be 1 to 64 letters, digits or characters of _-");
  }
  if (shardIds !== undefined && !Array.isArray(shardIds)) {
    throw new TypeError("shardIds must be a list of ids; leave it out for all shards");
  }
}

function beatMsFor(ttlMs: number): number {
  return Math.max(50, ttlMs / 20);
}

/** What Redis says: what is known already is not listed again. */
function stateIn(reply: readonly unknown[], known: FleetState | undefined): FleetState {
  const [, quiet, token, names, leases] = reply;
  const [quietMs, version] = [integerIn(quiet), textIn(token)];
  if (version === known?.version) return { ...known, quietMs };
  const entries = pairsIn(leases).flatMap(([shardId, value]) => {
    const [, member = "", fence] = LEASE.exec(textIn(value)) ?? [];
    // What is no lease is none: such a shard is free, and its record is written anew by who takes it.
    const isWhole = /^\d+$/.test(shardId) && fence !== undefined;
    return isWhole ? [[Number(shardId), { member, fence: integerIn(fence) }] as const] : [];
  });
  const all = listIn(names).map(textIn);
  return {
    quietMs,
    version,
    members: all.filter((name) => !name.startsWith("!")),
    failing: all.filter((name) => name.startsWith("!")).map((name) => name.slice(1)),
    leases: new Map(entries),
  };
}

function checkedShardIds(shardCount: number, shardIds: readonly number[] | undefined): readonly number[] {
  const ids = shardIds?.toSorted((one, other) => one - other) ??
    Array.from({ length: shardCount }, (_, id) => id);
  const wrong = ids.find((id, index) =>
    !Number.isSafeInteger(id) || id < 0 || id >= shardCount || ids[index - 1] === id
  );
  if (wrong !== undefined || ids.length === 0) {
    throw new RangeError(`shardIds must be ids from 0 to ${shardCount - 1}, each once: got ${String(wrong)}`);
  }
  return ids;
}
