import type { Clock } from "../../clock.ts";

/** Ticks in which every promise chain of a bot that needs no time comes to its end. */
const SETTLE_TICKS = 32;
/** Steps without time passing: more is a timer that re-arms itself. */
const STEPS_AT_ONCE = 10_000;

/** Timers of real runtimes are inexact: they come a little early at worst, and some milliseconds late. */
const EARLY_MS = -0.9;
const LATE_MS = 3;

interface Due {
  readonly at: number;
  readonly order: number;
  /** `undefined` once it was called off. */
  callback: (() => void) | undefined;
}

/** How a bot's machine is absent. */
export interface AbsenceOptions {
  /** Whether its clock stands still meanwhile. */
  readonly isClockStopped?: boolean;
  /** Whether timers run before what has arrived, as in a busy event loop (HB-7). */
  readonly areTimersFirst?: boolean;
}

/**
 * The time of a simulated world, and the clock of the one bot in it.
 *
 * They differ while the bot's machine is busy or asleep: the world goes on, and the bot's timers and what arrives for it
 * wait. All in one queue and without chance, so that the same world always lives through the same history.
 */
export class WorldTime {
  /** Milliseconds since the world began. */
  now = 0;
  /** For the bot that lives now. */
  clock: Clock;
  /** How many timers of the bot wait. */
  pendingTimers = 0;
  readonly #world: Heap = new Heap();
  #timers: Heap = new Heap();
  /** What arrived while the bot could not listen. */
  readonly #inbox: (() => void)[] = [];
  /** Counts the bots that were killed. */
  #life = 0;
  #order = 0;
  /** Until when the bot does nothing. */
  #awakeAt = 0;
  /** How long the bot's clock has stood still. */
  #stoppedMs = 0;
  #stoppedUntil = 0;
  #areTimersFirst = true;
  readonly #chance: () => number;

  /** A world whose timers are as inexact as `chance`, from 0 to 1, makes them. */
  constructor(chance: () => number) {
    this.#chance = chance;
    this.clock = this.#newClock();
  }

  /** The end of the bot's last absence, on its own clock. */
  get awakeAt(): number {
    return this.#awakeAt - this.#stoppedMs;
  }

  /** Does `callback` in the world. */
  after(ms: number, callback: () => void): void {
    this.#world.push({ at: this.now + ms, order: this.#order++, callback });
  }

  /** The bot's process is gone, with all that it waited for; the next one has a clock of its own. */
  kill(): void {
    this.#life += 1;
    this.#timers = new Heap();
    this.pendingTimers = 0;
    this.#inbox.length = 0;
    // A machine that was asleep is not any more.
    this.#stoppedMs -= Math.max(0, this.#stoppedUntil - this.now);
    this.#stoppedUntil = 0;
    this.#awakeAt = this.now;
    this.clock = this.#newClock();
  }

  /** Does `callback` in the bot's event loop: when that is busy, later. */
  forBot(ms: number, callback: () => void): void {
    const life = this.#life;
    this.after(ms, () => {
      if (life !== this.#life) return;
      if (this.now < this.#awakeAt || this.#inbox.length > 0) this.#inbox.push(callback);
      else callback();
    });
  }

  /** Nothing happens in the bot for `ms`; its clock may stand still meanwhile, as some do while a machine sleeps. */
  block(ms: number, { isClockStopped = false, areTimersFirst = true }: AbsenceOptions = {}): void {
    if (this.now < this.#awakeAt) return;
    this.#awakeAt = this.now + ms;
    this.#areTimersFirst = areTimersFirst;
    if (!isClockStopped) return;
    this.#stoppedMs += ms;
    this.#stoppedUntil = this.#awakeAt;
  }

  /** Lets the world live until `endAt`; `afterStep` is called whenever something has happened and settled. */
  async run(endAt: number, afterStep: () => void): Promise<void> {
    let steps = 0;
    for (let next; (next = this.#next(endAt)) !== undefined;) {
      const at = Math.max(this.now, next.at);
      steps = at > this.now ? 0 : steps + 1;
      if (steps > STEPS_AT_ONCE) throw new Error("Time stands still: a timer re-arms itself");
      this.now = at;
      next.take();
      for (let tick = 0; tick < SETTLE_TICKS; tick += 1) await undefined;
      afterStep();
    }
    this.now = Math.max(this.now, endAt);
    for (let tick = 0; tick < SETTLE_TICKS; tick += 1) await undefined;
  }

  #next(endAt: number): { readonly at: number; readonly take: () => void } | undefined {
    const worldAt = this.#world.nextAt;
    const timerAt = Math.max(this.#timers.nextAt + this.#stoppedMs, this.#awakeAt);
    const inboxAt = this.#inbox.length > 0 ? this.#awakeAt : Infinity;
    const at = Math.min(worldAt, timerAt, inboxAt);
    if (at > endAt || at === Infinity) return undefined;
    if (at === worldAt) return { at, take: () => this.#world.pop()?.callback?.() };
    const isInbox = inboxAt < timerAt || (inboxAt === timerAt && !this.#areTimersFirst);
    return { at, take: isInbox ? () => this.#inbox.shift()?.() : () => this.#fire() };
  }

  #fire(): void {
    const timer = this.#timers.pop();
    if (timer?.callback === undefined) return;
    this.pendingTimers -= 1;
    const { callback } = timer;
    timer.callback = undefined;
    callback();
  }

  #newClock(): Clock {
    const life = this.#life;
    return {
      now: () => this.now - this.#stoppedMs,
      wallNow: () => 1_767_225_600_000 + this.now,
      setTimeout: (callback, delayMs) =>
        life === this.#life ? this.#setTimer(callback, delayMs) : { [Symbol.dispose]: () => {} },
    };
  }

  #setTimer(callback: () => void, delayMs: number): Disposable {
    if (!Number.isFinite(delayMs)) throw new RangeError(`A timer for ${delayMs} ms`);
    const timer: Due = {
      at: this.clock.now() + Math.max(0, delayMs + EARLY_MS + this.#chance() * (LATE_MS - EARLY_MS)),
      order: this.#order++,
      callback,
    };
    const life = this.#life;
    this.#timers.push(timer);
    this.pendingTimers += 1;
    return {
      [Symbol.dispose]: () => {
        if (timer.callback === undefined) return;
        timer.callback = undefined;
        if (life === this.#life) this.pendingTimers -= 1;
      },
    };
  }
}

/** What is due, the next first; what was called off is passed over. */
class Heap {
  readonly #items: Due[] = [];

  get nextAt(): number {
    while (this.#items[0] !== undefined && this.#items[0].callback === undefined) this.#shift();
    return this.#items[0]?.at ?? Infinity;
  }

  push(due: Due): void {
    const items = this.#items;
    let place = items.push(due) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !isBefore(due, parent)) break;
      items[place] = parent;
      place = above;
    }
    items[place] = due;
  }

  pop(): Due | undefined {
    return this.nextAt === Infinity ? undefined : this.#shift();
  }

  #shift(): Due | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      let child = items[below];
      const right = items[below + 1];
      if (right !== undefined && child !== undefined && isBefore(right, child)) {
        below += 1;
        child = right;
      }
      if (child === undefined || !isBefore(child, last)) break;
      items[place] = child;
      place = below;
    }
    items[place] = last;
    return first;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
