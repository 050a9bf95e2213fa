import type { Clock } from "../../clock.ts";
import type { GlobalAcquireOptions, GlobalPermit, GlobalRateLimiter } from "../../http/mod.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { casesOf, type ConformanceCase, demand, demandMaker, type Rule } from "./conformance_case.ts";
import { TrialTime } from "./trial_time.ts";

/** Discord counts the global limit by seconds (A7.3). */
const SECOND_MS = 1_000;
/** Enough that a turn too many stands out, and few enough to be used up at once. */
const LIMIT = 6;
const ROUND_TRIP_MS = 40;
const REFUSAL_MS = 3_000;
const TOLERANCE_MS = 600;

/** Options of {@linkcode globalRateLimiterConformance}. */
export interface GlobalRateLimiterConformanceOptions {
  /** Makes a limiter that nobody has used, of `limit` requests a second, and that goes by `clock`; called for each case. */
  create(clock: Clock, limit: number): GlobalRateLimiter | Promise<GlobalRateLimiter>;
  /** Puts a limiter away after its case, besides its own `close`. Nothing by default. */
  close?(limiter: GlobalRateLimiter): Promise<void> | void;
  /** The clock that the limiter goes by. A new `VirtualClock` for each case by default; `systemClock` takes about 20 seconds. */
  clock?: Clock;
  /** How much later than in the best case a turn may come, in milliseconds. 600 by default. */
  toleranceMs?: number;
}

/**
 * What a {@linkcode GlobalRateLimiter} must do: no second with too many requests, in order, and no turn lost.
 *
 * @example
 * ```ts
 * import { LimitedGlobalRateLimiter } from "@nextsnake/nextcore";
 * import { checkConformance, globalRateLimiterConformance } from "@nextsnake/nextcore/testing";
 *
 * await checkConformance(globalRateLimiterConformance({
 *   create: (clock, limit) => new LimitedGlobalRateLimiter(limit, { clock }),
 * }));
 * ```
 */
export function globalRateLimiterConformance(
  options: GlobalRateLimiterConformanceOptions,
): readonly ConformanceCase[] {
  demandMaker("globalRateLimiterConformance", options, "create");
  const { toleranceMs = TOLERANCE_MS } = options;
  // Turns that may come this late would not tell one that was given back from one of the next second.
  if (!(toleranceMs >= 0 && toleranceMs < SECOND_MS)) {
    throw new RangeError(`toleranceMs must be from 0 to below ${SECOND_MS}: got ${String(toleranceMs)}`);
  }
  return casesOf("GlobalRateLimiter", RULES, async (check) => {
    const clock = options.clock ?? new VirtualClock();
    const limiter = await options.create(clock, LIMIT);
    try {
      await check(new LimiterTrial(limiter, new TrialTime(clock), toleranceMs));
    } finally {
      limiter.close(new Error("The case is over"));
      await options.close?.(limiter);
    }
  });
}

const RULES: readonly Rule<LimiterTrial>[] = [
  { name: "gives as many turns at once as the limit has (A7)", check: givesAtOnce },
  { name: "lets no second have more requests than the limit (B6.1)", check: keepsLimit },
  { name: "takes a turn back that was not used, and only once (B6.2)", check: takesBack },
  { name: "takes no turn back that was used (B6.2)", check: keepsUsed },
  { name: "serves the lower priority first, and equals in the order of asking", check: servesInOrder },
  { name: "rejects who has left, before asking or while waiting, with the reason", check: letsGo },
  {
    name: "lets nothing go after a refusal for as long as it says, and all after it (B6.3)",
    check: obeysRefusal,
  },
  { name: "goes by the longer of two refusals (B6.3)", check: obeysLonger },
  { name: "says how long a request would wait (B3.3)", check: saysWait },
  { name: "rejects all who wait, and those to come, when it is closed", check: closes },
];

interface Asking {
  readonly permit: Promise<GlobalPermit>;
  readonly controller: AbortController;
}

/** A limiter, and what went when. */
class LimiterTrial {
  readonly limiter: GlobalRateLimiter;
  readonly time: TrialTime;
  readonly toleranceMs: number;
  readonly sentAt: number[] = [];

  constructor(limiter: GlobalRateLimiter, time: TrialTime, toleranceMs: number) {
    this.limiter = limiter;
    this.time = time;
    this.toleranceMs = toleranceMs;
  }

  get now(): number {
    return this.time.clock.now();
  }

  ask(options: GlobalAcquireOptions = {}): Asking {
    const controller = new AbortController();
    const asked = async (): Promise<GlobalPermit> =>
      await this.limiter.acquire({ signal: controller.signal, ...options });
    const permit = asked();
    permit.catch(() => {}); // It may be closed.
    return { permit, controller };
  }

  /** Asks for turns, waits for all of them, and holds them. */
  async hold(count: number): Promise<GlobalPermit[]> {
    const asked = Array.from({ length: count }, () => this.ask().permit);
    return await this.time.until(Promise.all(asked), this.toleranceMs, `${count} turns that are free`);
  }

  /** Sends a request as soon as there is a turn, and has its answer. */
  send(options?: GlobalAcquireOptions): Promise<void> {
    const sent = this.#send(options);
    sent.catch(() => {}); // It may be closed.
    return sent;
  }

  async #send(options: GlobalAcquireOptions | undefined): Promise<void> {
    const permit = await this.ask(options).permit;
    this.sentAt.push(this.now);
    permit.send();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.time.clock.setTimeout(resolve, ROUND_TRIP_MS);
    await promise;
    permit.release(ROUND_TRIP_MS);
  }

  sendAll(count: number): Promise<unknown> {
    const all = Promise.all(Array.from({ length: count }, () => this.send()));
    all.catch(() => {});
    return all;
  }

  /** Complains when `promise` settles within `forMs`. */
  async staysOpen(promise: Promise<unknown>, forMs: number, what: string): Promise<void> {
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    promise.then(end, end);
    await this.time.pass(forMs);
    demand(!isOver, what);
  }
}

async function givesAtOnce(trial: LimiterTrial): Promise<void> {
  const held = await trial.hold(LIMIT);
  for (const permit of held) permit.release();
}

async function keepsLimit(trial: LimiterTrial): Promise<void> {
  const rounds = 3;
  const limitMs = rounds * (SECOND_MS + trial.toleranceMs);
  await trial.time.until(trial.sendAll(rounds * LIMIT), limitMs, `a turn for each of ${rounds * LIMIT}`);
  for (const [index, at] of trial.sentAt.entries()) {
    const distanceMs = (trial.sentAt[index + LIMIT] ?? Infinity) - at;
    demand(distanceMs >= SECOND_MS, `${LIMIT + 1} requests went within ${Math.round(distanceMs)} ms`);
  }
}

async function takesBack(trial: LimiterTrial): Promise<void> {
  const [first] = await trial.hold(LIMIT);
  const next = trial.ask();
  const last = trial.ask();
  first?.release();
  first?.release();
  await trial.time.until(next.permit, trial.toleranceMs, "the turn that was given back");
  await trial.staysOpen(last.permit, 200, "a turn that was given back twice was given out twice");
}

async function keepsUsed(trial: LimiterTrial): Promise<void> {
  const held = await trial.hold(LIMIT);
  for (const permit of held) permit.send();
  await trial.time.pass(ROUND_TRIP_MS);
  for (const permit of held) permit.release(ROUND_TRIP_MS);
  await trial.staysOpen(trial.ask().permit, 800, "a turn that was used was given out again");
}

async function servesInOrder(trial: LimiterTrial): Promise<void> {
  const used = trial.sendAll(LIMIT);
  const order: string[] = [];
  const asked = [1, 0, -1, 0].map((priority, index) =>
    trial.send({ priority }).then(() => order.push(`${index} (${priority})`))
  );
  await trial.time.until(Promise.all([used, ...asked]), 2 * SECOND_MS, "a turn for everyone");
  const got = order.join(", ");
  demand(got === "2 (-1), 1 (0), 3 (0), 0 (1)", `of those who asked, by place and priority, went ${got}`);
}

async function letsGo(trial: LimiterTrial): Promise<void> {
  const reason = new Error("has left");
  await rejectsWith(trial, trial.ask({ signal: AbortSignal.abort(reason) }).permit, reason);
  const used = trial.sendAll(LIMIT); // It has taken no turn.
  const { permit, controller } = trial.ask();
  const next = trial.sendAll(LIMIT);
  await trial.time.pass(100);
  controller.abort(reason);
  await rejectsWith(trial, permit, reason);
  const limitMs = SECOND_MS + trial.toleranceMs;
  await trial.time.until(Promise.all([used, next]), limitMs, "the turns of who asked after one who left");
}

async function obeysRefusal(trial: LimiterTrial): Promise<void> {
  await trial.time.until(trial.send(), trial.toleranceMs, "a turn that is free");
  trial.limiter.update(REFUSAL_MS);
  const refusedAt = trial.now;
  const all = trial.sendAll(LIMIT);
  await trial.time.until(all, REFUSAL_MS + 2 * SECOND_MS, "the turns of who waits for the end of a refusal");
  const waitedMs = (trial.sentAt[1] ?? 0) - refusedAt;
  demand(
    waitedMs >= REFUSAL_MS,
    `a request went ${Math.round(waitedMs)} ms after a refusal of ${REFUSAL_MS}`,
  );
}

async function obeysLonger(trial: LimiterTrial): Promise<void> {
  trial.limiter.update(REFUSAL_MS);
  trial.limiter.update(100);
  const early = "a later, shorter refusal has ended the longer one";
  await trial.staysOpen(trial.ask().permit, REFUSAL_MS - 500, early);
}

async function saysWait(trial: LimiterTrial): Promise<void> {
  const before = trial.limiter.waitMs();
  demand(before === 0, `while nothing has gone, waitMs() is ${before}, not 0`);
  trial.limiter.update(REFUSAL_MS);
  const waitMs = trial.limiter.waitMs();
  const isRight = waitMs > REFUSAL_MS / 2 && waitMs <= REFUSAL_MS + trial.toleranceMs;
  demand(isRight, `after a refusal of ${REFUSAL_MS} ms, waitMs() is ${waitMs}`);
  await trial.time.pass(REFUSAL_MS + trial.toleranceMs);
  const after = trial.limiter.waitMs();
  demand(after === 0, `when a refusal is over, waitMs() is ${after}, not 0`);
}

async function closes(trial: LimiterTrial): Promise<void> {
  const reason = new Error("is closed");
  await trial.hold(LIMIT);
  const waiting = trial.ask().permit;
  await trial.time.pass(50);
  trial.limiter.close(reason);
  await rejectsWith(trial, waiting, reason);
  await rejectsWith(trial, trial.ask().permit, reason);
  await trial.time.pass(trial.toleranceMs);
  const { clock } = trial.time;
  const left = clock instanceof VirtualClock ? clock.pendingTimers : 0;
  demand(left === 0, `${left} timers are left`);
}

async function rejectsWith(trial: LimiterTrial, turn: Promise<unknown>, reason: Error): Promise<void> {
  const outcome = turn.then(() => "a turn", (error) => error === reason ? "" : `another reason, ${error}`);
  const wrong = await trial.time.until(outcome, trial.toleranceMs, `the rejection of who ${reason.message}`);
  demand(wrong === "", `instead of a rejection with the reason came ${wrong}`);
}
