import type { Clock } from "../clock.ts";

/** It is set again and again, and rings once at the last instant that was set. */
export class Alarm {
  readonly #alarms: Alarms;
  readonly #ring: () => void;
  /** When it rings; `Infinity` for never. */
  at: number = Infinity;
  /** Where {@linkcode Alarms} has it; -1 for nowhere. */
  place: number = -1;

  /** An alarm that is not set. */
  constructor(alarms: Alarms, ring: () => void) {
    this.#alarms = alarms;
    this.#ring = ring;
  }

  /** Sets it to `at`; to `Infinity` to never ring. Costs nothing while `at` is the same. */
  set(at: number): void {
    if (at === this.at) return;
    this.at = at;
    this.#alarms.moved(this);
  }

  /** It is time. */
  ring(): void {
    this.#ring();
  }
}

/**
 * Many alarms on one timer: shards have one alarm each, and all shards of a manager one timer.
 *
 * Timers of their own took 1.0 kB for each of 500 shards on Deno: with a fractional delay, each has a list of its own in the runtime.
 */
export class Alarms {
  readonly #clock: Clock;
  /** A binary heap: none rings before the one above it. */
  readonly #heap: Alarm[] = [];
  /** When the timer is over; `undefined` while there is none. */
  #timerAt: number | undefined;
  #timer: Disposable | undefined;
  #isRinging = false;

  /** No alarm is set. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For {@linkcode Alarm}: it has been set to another instant. */
  moved(alarm: Alarm): void {
    if (alarm.at === Infinity) this.#remove(alarm);
    else {
      if (alarm.place === -1) alarm.place = this.#heap.push(alarm) - 1;
      this.#settle(alarm);
    }
    if (!this.#isRinging) this.#start();
  }

  /** Has the timer end when the first alarm rings. */
  #start(): void {
    const at = this.#heap[0]?.at;
    if (at === this.#timerAt) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#timerAt = at;
    if (at !== undefined) this.#timer = this.#clock.setTimeout(() => this.#ring(), at - this.#clock.now());
  }

  /** Rings those whose time it is, each once; the timer may be early. */
  #ring(): void {
    this.#timer = undefined;
    this.#timerAt = undefined;
    this.#isRinging = true;
    const now = this.#clock.now();
    try {
      for (let count = this.#heap.length; count > 0; count -= 1) {
        const first = this.#heap[0];
        if (first === undefined || first.at > now) break;
        first.at = Infinity;
        this.#remove(first);
        first.ring();
      }
    } finally {
      this.#isRinging = false;
      this.#start();
    }
  }

  #remove(alarm: Alarm): void {
    const { place } = alarm;
    const last = this.#heap.pop();
    alarm.place = -1;
    if (last === undefined || last === alarm) return;
    last.place = place;
    this.#heap[place] = last;
    this.#settle(last);
  }

  /** Moves it up or down to where it belongs. */
  #settle(alarm: Alarm): void {
    for (let above = this.#above(alarm); above !== undefined && above.at > alarm.at;) {
      this.#swap(alarm, above);
      above = this.#above(alarm);
    }
    for (let below = this.#below(alarm); below !== undefined && below.at < alarm.at;) {
      this.#swap(alarm, below);
      below = this.#below(alarm);
    }
  }

  #above({ place }: Alarm): Alarm | undefined {
    return place === 0 ? undefined : this.#heap[(place - 1) >> 1];
  }

  /** The sooner one of the two below it. */
  #below({ place }: Alarm): Alarm | undefined {
    const one = this.#heap[place * 2 + 1];
    const other = this.#heap[place * 2 + 2];
    return one !== undefined && other !== undefined && other.at < one.at ? other : one;
  }

  #swap(one: Alarm, other: Alarm): void {
    const { place } = one;
    one.place = other.place;
    other.place = place;
    this.#heap[one.place] = one;
    this.#heap[other.place] = other;
  }
}
