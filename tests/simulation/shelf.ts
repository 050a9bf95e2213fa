import { sleep } from "../../clock.ts";
import type { SessionStore, StoredSession } from "../../gateway/mod.ts";
import type { Chance } from "./chance.ts";
import type { MoodyDiscord } from "./moody_discord.ts";
import type { DueEvent } from "./views.ts";
import type { WorldTime } from "./world_time.ts";

/** How long handlers take at most: less than what a bot waits for them when it closes. */
export const HANDLER_MS = 4_000;
/** How often a handler takes any time at all. */
const SLOW_SHARE = 0.5;
const STORE_MS = 3_000;
const STORE_FAULTS = 0.02;

/** What a shelf needs of the world. */
interface ShelfWorld {
  readonly time: WorldTime;
  readonly chance: Chance;
  readonly discord: MoodyDiscord;
}

/** How long an event may be unsaved: a second until the next save, handlers, and stores that are slow. */
const UNSAVED_MS = 30_000;

/** How far the handlers of a session's events are. */
interface Handling {
  /** Up to where what was kept has been found to be handled. */
  checked: number;
  /** The place of the last event that was given. */
  last: number;
  /** When the first event was given that is not saved. */
  unsavedSince: number | undefined;
}

/** Where sessions outlive bots. */
export class Shelf {
  readonly sessions: Map<number, StoredSession> = new Map();
}

/** A shelf as one life of a bot uses it, and what that bot's handlers have done: the one must not be ahead of the other. */
export class ShelfLife implements SessionStore {
  readonly #shelf: Shelf;
  readonly #world: ShelfWorld;
  readonly #broken: (rule: string, what: string) => void;
  readonly #adopt: (shardId: number, stored: StoredSession, index: number) => boolean;
  readonly #handling = new Map<string, Handling>();
  /** The events that handlers are done with, whichever session they came from. */
  readonly #done = new Set<number>();
  /** The sessions that this life has taken up, or has put here. */
  readonly #own = new Set<string>();
  /** Whether the process is no more. */
  isOver = false;
  /** Whether the shelf has failed, so that it may be behind. */
  hasFailed = false;

  constructor(
    shelf: Shelf,
    world: ShelfWorld,
    broken: (rule: string, what: string) => void,
    adopt: (shardId: number, stored: StoredSession, index: number) => boolean,
  ) {
    this.#shelf = shelf;
    this.#world = world;
    this.#broken = broken;
    this.#adopt = adopt;
  }

  /** A handler of an event; some take their time. */
  async handle({ id, session, index }: DueEvent): Promise<void> {
    const { chance, time } = this.#world;
    const handling = this.#handling.get(session) ?? newHandling(0);
    this.#handling.set(session, handling);
    handling.last = index;
    handling.unsavedSince ??= time.clock.now();
    if (chance.is(SLOW_SHARE)) await sleep(time.clock, chance.scaled(1, HANDLER_MS));
    this.#done.add(Number(id));
  }

  async load(shardId: number): Promise<StoredSession | undefined> {
    await this.#delay();
    const stored = this.#shelf.sessions.get(shardId);
    // It looks again before each save and each connection: whether the session is still its own.
    if (stored !== undefined && !this.isOver && !this.#own.has(stored.sessionId)) {
      const index = this.#placeOf(stored);
      this.#handling.set(stored.sessionId, newHandling(index));
      if (this.#adopt(shardId, stored, index)) this.#own.add(stored.sessionId);
    }
    return stored;
  }

  async save(shardId: number, session: StoredSession): Promise<void> {
    this.#checkHandled(session);
    await this.#delay();
    await this.#fail();
    if (this.isOver) return;
    this.#own.add(session.sessionId);
    this.#shelf.sessions.set(shardId, session);
    const handling = this.#handling.get(session.sessionId);
    if (handling === undefined) return;
    handling.unsavedSince = this.#placeOf(session) >= handling.last
      ? undefined
      : this.#world.time.clock.now();
  }

  /** Saves must keep up with a session's events (SEQ-10). */
  checkFresh(sessionId: string): void {
    const { time } = this.#world;
    const since = this.#handling.get(sessionId)?.unsavedSince;
    if (since === undefined || this.hasFailed) return;
    const unsavedMs = time.clock.now() - Math.max(since, time.awakeAt);
    if (unsavedMs > UNSAVED_MS) {
      this.#broken("SEQ-10", `an event of ${sessionId} is unsaved for ${unsavedMs} ms`);
    }
  }

  async clear(shardId: number): Promise<void> {
    await this.#delay();
    await this.#fail();
    if (!this.isOver) this.#shelf.sessions.delete(shardId);
  }

  /** A session that is kept must not name an event that its handlers are not done with (SEQ-6). */
  #checkHandled(session: StoredSession): void {
    if (this.isOver) return;
    const { sessionId } = session;
    const handling = this.#handling.get(sessionId) ?? newHandling(0);
    this.#handling.set(sessionId, handling);
    const place = this.#placeOf(session);
    const events = this.#world.discord.eventsOf(sessionId, handling.checked, place);
    const open = events.find((event) => !this.#done.has(event));
    if (open !== undefined) {
      this.#broken("SEQ-6", `event ${open} of ${sessionId} is kept as handled, and is not`);
    }
    handling.checked = Math.max(handling.checked, place);
  }

  /** Which event of its session a stored session has come to. */
  #placeOf({ sessionId, sequence }: StoredSession): number {
    return this.#world.discord.placeAt(sessionId, sequence);
  }

  async #delay(): Promise<void> {
    const { chance, time } = this.#world;
    if (chance.is(0.3)) await sleep(time.clock, chance.scaled(1, STORE_MS));
  }

  async #fail(): Promise<void> {
    if (!this.#world.chance.is(STORE_FAULTS)) return;
    this.hasFailed = true;
    await Promise.reject(new Error("The shelf is broken"));
  }
}

function newHandling(last: number): Handling {
  return { checked: last, last, unsavedSince: undefined };
}
