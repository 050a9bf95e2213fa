import { type Clock, sleep, systemClock } from "../../clock.ts";
import { VirtualClock } from "../virtual_clock.ts";

/** Time for a case: moved by hand where the clock can be moved, waited for where it cannot. */
export class TrialTime {
  readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Lets time pass, and gives everything that waits on a promise its turn. */
  async pass(ms: number): Promise<void> {
    if (this.clock instanceof VirtualClock) await this.clock.advance(ms);
    else await sleep(this.clock, ms);
  }

  /** Follows `promise`, which must settle within `limitMs`; `what` is the subject of the complaint. */
  async until<Value>(promise: Promise<Value> | Value, limitMs: number, what: string): Promise<Value> {
    let isSettled = false;
    const settled = Promise.resolve(promise).then(ignore, ignore).then(() => {
      isSettled = true;
    });
    if (this.clock instanceof VirtualClock) await this.clock.runUntil(settled, { limitMs }).catch(ignore);
    else await this.#waitFor(settled, limitMs);
    if (!isSettled) throw new Error(`${what} did not come within ${limitMs} ms`);
    return promise;
  }

  async #waitFor(settled: Promise<void>, limitMs: number): Promise<void> {
    const enough = new AbortController();
    await Promise.race([settled, sleep(this.clock, limitMs, { signal: enough.signal }).catch(ignore)]);
    enough.abort();
  }
}

/** The time of the real world, for implementations that do their work there. */
export function realTime(): TrialTime {
  return new TrialTime(systemClock);
}

function ignore(): void {}
