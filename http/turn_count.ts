/** Discord counts the global limit by seconds (A7.3). */
export const WINDOW_MS = 1000;
/** Bounds of what is added to the window for a request of which only the round trip is known (B6.1). */
const MIN_MARGIN_MS = 25;
const MAX_MARGIN_MS = 250;
/** After this time a turn is free again, whatever has become of it. */
const LONGEST_MS = WINDOW_MS + MAX_MARGIN_MS;
/** Added to what a round trip took longer than the shortest one: clocks and timers are not exact. */
const GUARD_MS = 5;
/** The shortest of fewer round trips says little about the next one. */
const MIN_ROUND_TRIPS = 24;
/** Round trips are remembered for this time, and for as much again: ways change. */
const MEASURED_MS = 5 * 60 * 1000;
/** One turn under the global limit. */
export interface GlobalTurn {
  /** Whether it has been used. */
  state: "held" | "sent" | "over";
  /** When that was. */
  sentAt: number;
  /** Those sent in the same millisecond that have no answer. */
  sent: Sent | undefined;
}

/** Turns sent in the same millisecond. */
interface Sent {
  readonly at: number;
  unanswered: number;
}

/** Turns that are free again in the same millisecond. */
interface Ending {
  readonly at: number;
  count: number;
}

/** Counts the turns that are in use, and those that were a moment ago. Pure: the caller says what time it is. */
export class TurnCount {
  readonly #limit: number;
  /** Turns given that have not been sent. */
  #held = 0;
  /** Those without an answer, in the order in which they were sent. */
  readonly #sent: Sent[] = [];
  #unanswered = 0;
  /** Those whose end is known, the first to be free first. */
  readonly #endings: Ending[] = [];
  #ending = 0;
  readonly #ways = new RoundTrips();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Gives one. */
  take(): GlobalTurn {
    this.#held += 1;
    return { state: "held", sentAt: 0, sent: undefined };
  }

  /** It is being used. */
  send(turn: GlobalTurn, now: number): void {
    if (turn.state !== "held") return;
    this.#held -= 1;
    turn.state = "sent";
    turn.sentAt = now;
    if (this.#limit === Infinity) return;
    const last = this.#sent.at(-1);
    const at = Math.ceil(now);
    turn.sent = last?.at === at ? last : { at, unanswered: 0 };
    if (turn.sent !== last) this.#sent.push(turn.sent);
    turn.sent.unanswered += 1;
    this.#unanswered += 1;
  }

  /** It has been used, or is given back. */
  end(turn: GlobalTurn, roundTripMs: number | undefined, now: number): void {
    if (turn.state === "held") this.#held -= 1;
    const wasSent = turn.state === "sent";
    turn.state = "over";
    if (!wasSent || roundTripMs === undefined) return;
    const marginMs = this.#ways.marginOf(roundTripMs, turn.sentAt, now);
    // Where none of them is left, it has been counted for the longest time already.
    if (turn.sent === undefined || turn.sent.unanswered === 0) return;
    turn.sent.unanswered -= 1;
    this.#unanswered -= 1;
    this.#endAt(Math.ceil(turn.sentAt + WINDOW_MS + Math.min(marginMs, MAX_MARGIN_MS)));
  }

  /** When one is free; `Infinity` where that depends on turns that are held. */
  freeAt(now: number): number {
    if (this.#countAt(now) < this.#limit) return now;
    return Math.min((this.#sent[0]?.at ?? Infinity) + LONGEST_MS, this.#endings[0]?.at ?? Infinity);
  }

  /** Whether none is in use, nor was a moment ago. */
  isWhole(now: number): boolean {
    return this.#countAt(now) === 0;
  }

  #countAt(now: number): number {
    for (let oldest = this.#sent[0]; oldest !== undefined; oldest = this.#sent[0]) {
      if (oldest.unanswered > 0 && oldest.at + LONGEST_MS > now) break;
      this.#unanswered -= oldest.unanswered;
      oldest.unanswered = 0;
      this.#sent.shift();
    }
    for (let next = this.#endings[0]; next !== undefined && next.at <= now; next = this.#endings[0]) {
      this.#endings.shift();
      this.#ending -= next.count;
    }
    return this.#held + this.#unanswered + this.#ending;
  }

  /** Nearly all end about as late as the last did: its place is near the end of the list. */
  #endAt(at: number): void {
    let place = this.#endings.length;
    while (place > 0 && (this.#endings[place - 1]?.at ?? -Infinity) > at) place -= 1;
    const before = this.#endings[place - 1];
    if (before?.at === at) before.count += 1;
    else this.#endings.splice(place, 0, { at, count: 1 });
    this.#ending += 1;
  }
}

/** What round trips tell of how much sooner a later request may arrive than one before it. */
class RoundTrips {
  #firstAnswerAt = Infinity;
  #current: Spread = nothingMeasured();
  #former: Spread = nothingMeasured();
  #measuredFrom = 0;

  /** How much later than a window after it was sent another one may go; learns from its round trip. */
  marginOf(roundTripMs: number, sentAt: number, now: number): number {
    this.#firstAnswerAt = Math.min(this.#firstAnswerAt, now);
    // Who was sent before the first answer had to open a connection: a later one may be much faster.
    if (sentAt > this.#firstAnswerAt) this.#learn(roundTripMs, now);
    const count = this.#current.count + this.#former.count;
    // Nobody knows how much of a round trip passes before the server counts: all of it is the safe side.
    if (count < MIN_ROUND_TRIPS) return Math.max(MIN_MARGIN_MS, roundTripMs);
    const shortestMs = Math.min(this.#current.shortestMs, this.#former.shortestMs);
    const longestMs = Math.max(this.#current.longestMs, this.#former.longestMs);
    // The fewer were seen, the further the shortest of all may be from the shortest seen. Simulated: of 60,000 requests
    // at 50 a second, ways of 50 to 150 ms each, none came too early; without this part 9 did.
    return roundTripMs - shortestMs + GUARD_MS + 2 * (longestMs - shortestMs) / Math.sqrt(count);
  }

  #learn(roundTripMs: number, now: number): void {
    if (now - this.#measuredFrom > MEASURED_MS) {
      this.#former = this.#current;
      this.#current = nothingMeasured();
      this.#measuredFrom = now;
    }
    const spread = this.#current;
    spread.shortestMs = Math.min(spread.shortestMs, roundTripMs);
    spread.longestMs = Math.max(spread.longestMs, roundTripMs);
    spread.count += 1;
  }
}

interface Spread {
  shortestMs: number;
  longestMs: number;
  count: number;
}

function nothingMeasured(): Spread {
  return { shortestMs: Infinity, longestMs: 0, count: 0 };
}
