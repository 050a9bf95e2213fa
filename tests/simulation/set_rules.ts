import type { Rules } from "./rules.ts";
import { type DueEvent, setOf, type ShardView } from "./views.ts";

/** How long shards that were replaced may take to end; a store may be slow before that. */
const RETIREMENT_MS = 25_000;

/** What must be known of several sets of shards. */
export interface SetWorld {
  /** Which set is heard. */
  readonly currentSet: () => number;
  /** What Discord has told a session after one of its events, where it has not forgotten it. */
  readonly owed: (
    sessionId: string,
    index: number,
  ) => readonly { readonly event: number | undefined }[] | undefined;
  readonly note: (what: string) => void;
  /** Another set is heard from now on. */
  readonly switched: () => void;
}

/**
 * Holds sets of shards that replace each other to their rules: nothing is lost at the switch, and nothing comes twice
 * (SH-6, SH-7).
 */
export class SetRules {
  readonly #rules: Rules;
  readonly #shards: ReadonlyMap<number, ShardView>;
  readonly #world: SetWorld;
  #current = 0;
  /** What listeners got. */
  readonly #delivered = new Set<string>();
  /** What only shards have seen that are not heard yet. */
  readonly #held = new Map<string, { readonly shard: ShardView; readonly event: DueEvent }>();
  /** The last event of each guild that listeners got. */
  readonly #lastOf = new Map<string, number>();
  #newestAtSwitch = 0;
  /** Old shards without a session at a time when a new one began: what came in between is in neither. */
  readonly #blind = new Set<number>();
  /** Whether events of the next set were heard before the switch. */
  #isEarly = false;
  /** What was lost at the switch, in this step, and whether that was told. */
  #lost: string | undefined;
  #isTold = false;
  #hasSwitched = false;
  /** How often the set was replaced. */
  switches = 0;

  constructor(rules: Rules, shards: ReadonlyMap<number, ShardView>, world: SetWorld) {
    this.#rules = rules;
    this.#shards = shards;
    this.#world = world;
  }

  /** Whether a shard is one of those that are heard. */
  isHeard({ key }: ShardView): boolean {
    return setOf(key) === this.#current;
  }

  /** A shard opens a line. */
  opened(shard: ShardView): void {
    this.look();
    if (shard.retiredAt !== undefined) {
      this.#rules.broken("SH-6", `shard ${shard.key} opens a line, though it was replaced`);
    }
  }

  /** An event comes to a shard. */
  came(shard: ShardView, event: DueEvent): void {
    if (shard.retiredAt !== undefined) return;
    if (event.index !== shard.index + 1) {
      this.#rules.broken("OD-2", `event ${event.index} of ${event.session} comes after ${shard.index}`);
    }
    shard.index = event.index;
    const isKnown = this.#delivered.has(event.id);
    if (this.isHeard(shard)) shard.due = isKnown ? undefined : event;
    else if (!isKnown) this.#held.set(event.id, { shard, event });
  }

  /** A session begins. */
  began(shard: ShardView): void {
    this.#blind.delete(shard.key);
    if (this.isHeard(shard)) return;
    for (const { key, isDead, hadSession } of this.#of(this.#current)) {
      if (isDead && hadSession) this.#blind.add(key);
    }
  }

  /** Listeners get an event; gives which one, or `undefined` when they should not. */
  heard(shard: ShardView, id: string): DueEvent | undefined {
    this.look();
    const event = this.#take(shard, id);
    if (event === undefined) return undefined;
    this.#delivered.add(id);
    const number = Number(id);
    const last = this.#lastOf.get(event.guild) ?? 0;
    // From before the switch something may come late that the old session of a guild, now lost, did not bring.
    const isLate = this.#hasSwitched || number <= this.#newestAtSwitch;
    if (number <= last && !isLate) {
      this.#rules.broken("OD-1", `event ${id} of guild ${event.guild} comes after ${last}`);
    }
    this.#lastOf.set(event.guild, Math.max(last, number));
    return event;
  }

  #take(shard: ShardView, id: string): DueEvent | undefined {
    const { due } = shard;
    if (due?.id === id && this.isHeard(shard)) {
      shard.due = undefined;
      this.#held.delete(id);
      return due;
    }
    const held = this.#held.get(id);
    if (held?.shard !== shard) return undefined;
    this.#isEarly ||= !this.isHeard(shard);
    this.#held.delete(id);
    return held.event;
  }

  /** Looks whether another set is heard. */
  look(): void {
    const current = this.#world.currentSet();
    if (current === this.#current) return;
    const before = this.#current;
    this.#world.note(`--- set ${current} replaces ${before}`);
    this.#current = current;
    this.switches += 1;
    for (const shard of this.#of(before)) this.#lost ??= this.#lostOf(shard, current);
    this.#hasSwitched = true;
    this.retire(before);
    this.#world.switched();
  }

  /** A shard tells that events were lost; whether that is said of the switch. */
  tellsOfSwitch(shard: ShardView): boolean {
    this.look();
    if (!this.#hasSwitched || !this.isHeard(shard)) return false;
    this.#isTold = true;
    return true;
  }

  /** A set is not heard any more, or never was: it shall end. */
  retire(set: number): void {
    for (const shard of this.#of(set)) {
      shard.retiredAt ??= this.#rules.now();
      shard.due = undefined;
      for (const [id, held] of this.#held) if (held.shard === shard) this.#held.delete(id);
    }
  }

  /** A set has ended, it is said. */
  ended(set: number): void {
    this.look();
    for (const { key, line } of this.#of(set)) {
      if (line !== undefined && !line.isOver) {
        this.#rules.broken("SH-6", `shard ${key} lives on after its end`);
      }
    }
  }

  /** What must hold after each step. */
  afterStep(): void {
    this.look();
    if (this.#lost !== undefined && !this.#isTold) {
      this.#rules.broken("SH-6, OD-4", `${this.#lost} is lost at the switch, and nobody is told`);
    }
    this.#lost = undefined;
    if (this.#hasSwitched) this.#afterSwitch();
    this.#isTold = this.#hasSwitched = false;
    if (this.#isEarly) this.#rules.broken("SH-6", "events of new shards are heard before the switch");
    for (const { key, retiredAt, line } of this.#shards.values()) {
      if (retiredAt === undefined || line === undefined || line.isOver) continue;
      const sinceMs = this.#rules.now() - Math.max(retiredAt, this.#rules.awakeAt());
      if (sinceMs > RETIREMENT_MS) {
        this.#rules.broken("SH-6", `shard ${key} lives on ${sinceMs} ms after it was replaced`);
      }
    }
  }

  /** What was held is heard in one step with the switch. */
  #afterSwitch(): void {
    const [id] = this.#held.keys();
    if (id !== undefined) {
      this.#rules.broken("SH-6", `event ${id}, which new shards have seen, is lost at the switch`);
    }
    this.#held.clear();
    this.#newestAtSwitch = Math.max(0, ...this.#lastOf.values());
  }

  /** What an old shard had not got yet, a new one must have got, or get. */
  #lostOf({ key, sessionId, index, isDead }: ShardView, current: number): string | undefined {
    if (this.#blind.has(key)) return `what came after the session of shard ${key}`;
    if (sessionId === undefined || isDead) return undefined;
    const coming = new Set<number | undefined>();
    for (const shard of this.#of(current)) {
      const owed = shard.isDead || shard.sessionId === undefined
        ? undefined
        : this.#world.owed(shard.sessionId, shard.index);
      if (owed === undefined) return undefined; // It will tell that events were lost.
      for (const { event } of owed) coming.add(event);
    }
    const lost = this.#world.owed(sessionId, index)?.find(({ event }) =>
      !coming.has(event) && !this.#delivered.has(String(event)) && !this.#held.has(String(event))
    );
    return lost && `event ${lost.event}, which shard ${key} would have got,`;
  }

  #of(set: number): ShardView[] {
    return [...this.#shards.values()].filter(({ key }) => setOf(key) === set);
  }
}
