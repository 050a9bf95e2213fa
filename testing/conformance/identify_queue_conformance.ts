import type { Clock } from "../../clock.ts";
import type { IdentifyQueue } from "../../gateway/mod.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { casesOf, type ConformanceCase, demand, demandMaker, type Rule } from "./conformance_case.ts";
import { TrialTime } from "./trial_time.ts";

/** Discord takes one IDENTIFY for each key in this time (ID-2). */
const WINDOW_MS = 5_000;
const TOLERANCE_MS = 2_000;

/** Options of {@linkcode identifyQueueConformance}. */
export interface IdentifyQueueConformanceOptions {
  /** Makes a queue that nobody has used, and that goes by `clock`; called for each case. */
  create(clock: Clock): IdentifyQueue | Promise<IdentifyQueue>;
  /** Puts a queue away after its case. Nothing by default. */
  close?(queue: IdentifyQueue): Promise<void> | void;
  /**
   * The clock that the queue goes by. A new `VirtualClock` for each case by default; `systemClock` for a queue whose
   * time can't be moved: the cases then take about two minutes.
   */
  clock?: Clock;
  /** How much later than in the best case a turn may come, in milliseconds. 2000 by default. */
  toleranceMs?: number;
}

/**
 * What an {@linkcode IdentifyQueue} must do: turns far enough apart, in order, for everyone, and none for who has left.
 *
 * @example
 * ```ts
 * import { LocalIdentifyQueue } from "@nextsnake/nextcore";
 * import { checkConformance, identifyQueueConformance } from "@nextsnake/nextcore/testing";
 *
 * await checkConformance(identifyQueueConformance({ create: (clock) => new LocalIdentifyQueue({ clock }) }));
 * ```
 */
export function identifyQueueConformance(
  options: IdentifyQueueConformanceOptions,
): readonly ConformanceCase[] {
  demandMaker("identifyQueueConformance", options, "create");
  const { toleranceMs = TOLERANCE_MS } = options;
  // Turns that may come this late would not tell a queue that lost a turn from one that is slow.
  if (!(toleranceMs >= 0 && toleranceMs < WINDOW_MS)) {
    throw new RangeError(`toleranceMs must be from 0 to below ${WINDOW_MS}: got ${String(toleranceMs)}`);
  }
  return casesOf("IdentifyQueue", RULES, async (check) => {
    const clock = options.clock ?? new VirtualClock();
    const queue = await options.create(clock);
    const trial = new QueueTrial(queue, new TrialTime(clock), toleranceMs);
    try {
      trial.limit(1);
      await check(trial);
    } finally {
      trial.leave();
      await options.close?.(queue);
    }
  });
}

const RULES: readonly Rule<QueueTrial>[] = [
  { name: "gives the first turn at once (ID-3)", check: firstTurn },
  { name: "gives shards of one key turns at least five seconds apart (ID-2)", check: turnsApart },
  { name: "makes a shard wait for its own next turn, too (ID-5)", check: nextTurnOfSame },
  { name: "gives a turn at once after a quiet time (ID-2)", check: turnAfterQuiet },
  { name: "lets shards of different keys identify at the same time (ID-2)", check: differentKeys },
  { name: "serves shards that ask in ascending order in that order (ID-4)", check: ascendingOrder },
  { name: "rejects who has left before asking, with the reason (ID-8)", check: leftBefore },
  { name: "rejects who leaves while waiting, with the reason (ID-8)", check: leavesWaiting },
  { name: "takes no turn for who left while waiting (SM-7)", check: noTurnForLeft },
  { name: "takes no turn back from who leaves after it (ID-3)", check: turnIsKept },
  { name: "gives nobody a turn for an update that changes nothing (ID-8)", check: sameUpdate },
  { name: "serves those who wait when there are more keys (ID-8)", check: moreKeys },
  { name: "keeps the distance when there are fewer keys (ID-8)", check: fewerKeys },
  { name: "leaves no timer when nobody waits (WS-10)", check: noTimerLeft },
];

interface Turn {
  readonly shardId: number;
  readonly at: number;
}

/** A queue, and who got a turn when. */
class QueueTrial {
  readonly queue: IdentifyQueue;
  readonly time: TrialTime;
  readonly toleranceMs: number;
  readonly turns: Turn[] = [];
  readonly #controllers: AbortController[] = [];

  constructor(queue: IdentifyQueue, time: TrialTime, toleranceMs: number) {
    this.queue = queue;
    this.time = time;
    this.toleranceMs = toleranceMs;
  }

  get order(): string {
    return this.turns.map(({ shardId }) => shardId).join(", ");
  }

  limit(maxConcurrency: number): void {
    this.queue.update({ maxConcurrency, total: 1_000, remaining: 1_000, resetAfterMs: 86_400_000 });
  }

  /** Asks for a turn; aborting the controller leaves the queue. */
  ask(shardId: number): Asking {
    const controller = new AbortController();
    this.#controllers.push(controller);
    const turn = this.queue.acquire(shardId, { signal: controller.signal })
      .then(() => void this.turns.push({ shardId, at: this.time.clock.now() }));
    turn.catch(() => {}); // Who leaves is rejected.
    return { turn, controller };
  }

  /** Waits for all of these turns; each may take a window and the tolerance. */
  async served(...askings: readonly Asking[]): Promise<void> {
    const limitMs = askings.length * (WINDOW_MS + this.toleranceMs);
    const turns = Promise.all(askings.map(({ turn }) => turn));
    await this.time.until(turns, limitMs, `a turn for everyone (${askings.length} asked)`);
  }

  /** Waits for a turn that nothing stands in the way of. */
  async servedAtOnce({ turn }: Asking): Promise<void> {
    await this.time.until(turn, this.toleranceMs, "a turn that nothing stands in the way of");
  }

  /** Complains when two turns of a key were too close. */
  checkDistances(keys: number): void {
    for (const [index, { shardId, at }] of this.turns.entries()) {
      const before = this.turns.slice(0, index).findLast((turn) => turn.shardId % keys === shardId % keys);
      const distanceMs = at - (before?.at ?? -Infinity);
      demand(
        distanceMs >= WINDOW_MS,
        `shards ${before?.shardId} and ${shardId} got turns ${Math.round(distanceMs)} ms apart, at least ` +
          `${WINDOW_MS} are needed`,
      );
    }
  }

  leave(): void {
    for (const controller of this.#controllers) controller.abort();
  }
}

interface Asking {
  readonly turn: Promise<void>;
  readonly controller: AbortController;
}

async function firstTurn(trial: QueueTrial): Promise<void> {
  await trial.servedAtOnce(trial.ask(0));
}

async function turnsApart(trial: QueueTrial): Promise<void> {
  await trial.served(trial.ask(0), trial.ask(1), trial.ask(2));
  trial.checkDistances(1);
}

async function nextTurnOfSame(trial: QueueTrial): Promise<void> {
  await trial.servedAtOnce(trial.ask(0));
  await trial.time.pass(1_000);
  await trial.served(trial.ask(0));
  trial.checkDistances(1);
}

async function turnAfterQuiet(trial: QueueTrial): Promise<void> {
  await trial.servedAtOnce(trial.ask(0));
  await trial.time.pass(2 * WINDOW_MS);
  await trial.servedAtOnce(trial.ask(1));
}

async function differentKeys(trial: QueueTrial): Promise<void> {
  trial.limit(4);
  const askings = [0, 1, 2, 3].map((shardId) => trial.ask(shardId));
  for (const asking of askings) await trial.servedAtOnce(asking);
  await trial.served(...[4, 5, 6, 7].map((shardId) => trial.ask(shardId)));
  trial.checkDistances(4);
}

async function ascendingOrder(trial: QueueTrial): Promise<void> {
  await trial.served(...[0, 1, 2, 3].map((shardId) => trial.ask(shardId)));
  demand(trial.order === "0, 1, 2, 3", `the turns were of ${trial.order}`);
}

async function leftBefore(trial: QueueTrial): Promise<void> {
  const reason = new Error("has left");
  const turn = trial.queue.acquire(0, { signal: AbortSignal.abort(reason) });
  await rejectsWith(trial, turn, reason);
  // It has not used the turn.
  await trial.servedAtOnce(trial.ask(1));
}

async function leavesWaiting(trial: QueueTrial): Promise<void> {
  const reason = new Error("has left");
  await trial.servedAtOnce(trial.ask(0));
  const { turn, controller } = trial.ask(1);
  await trial.time.pass(1_000);
  controller.abort(reason);
  await rejectsWith(trial, turn, reason);
}

async function noTurnForLeft(trial: QueueTrial): Promise<void> {
  await trial.servedAtOnce(trial.ask(0));
  const { controller } = trial.ask(1);
  const second = trial.ask(2);
  await trial.time.pass(1_000);
  controller.abort();
  await trial.time.until(
    second.turn,
    WINDOW_MS - 1_000 + trial.toleranceMs,
    "the turn of who left, for the next",
  );
  demand(trial.order === "0, 2", `the turns were of ${trial.order}`);
  trial.checkDistances(1);
}

async function turnIsKept(trial: QueueTrial): Promise<void> {
  const first = trial.ask(0);
  await trial.servedAtOnce(first);
  first.controller.abort();
  await trial.served(trial.ask(1));
  trial.checkDistances(1);
}

async function sameUpdate(trial: QueueTrial): Promise<void> {
  await trial.servedAtOnce(trial.ask(0));
  const second = trial.ask(1);
  await trial.time.pass(1_000);
  trial.limit(1);
  await trial.served(second);
  trial.checkDistances(1);
}

async function moreKeys(trial: QueueTrial): Promise<void> {
  const [first, ...others] = [0, 1, 2, 3].map((shardId) => trial.ask(shardId));
  if (first !== undefined) await trial.servedAtOnce(first);
  trial.limit(4);
  const turns = Promise.all(others.map(({ turn }) => turn));
  await trial.time.until(turns, WINDOW_MS + trial.toleranceMs, "the turns of shards with keys of their own");
}

async function fewerKeys(trial: QueueTrial): Promise<void> {
  trial.limit(4);
  await trial.served(...[0, 1, 2, 3].map((shardId) => trial.ask(shardId)));
  trial.limit(1);
  await trial.served(trial.ask(4));
  const [at0 = 0, , , , at4 = 0] = trial.turns.map(({ at }) => at);
  demand(
    at4 - at0 >= WINDOW_MS,
    `shards 0 and 4 have the same key now, and got turns ${Math.round(at4 - at0)} ms apart`,
  );
}

async function noTimerLeft(trial: QueueTrial): Promise<void> {
  await trial.served(trial.ask(0), trial.ask(1));
  const { turn, controller } = trial.ask(2);
  controller.abort();
  await trial.time.until(turn.catch(() => {}), trial.toleranceMs, "the rejection of who left");
  const { clock } = trial.time;
  const left = clock instanceof VirtualClock ? clock.pendingTimers : 0;
  demand(left === 0, `${left} timers are left`);
}

async function rejectsWith(trial: QueueTrial, turn: Promise<void>, reason: unknown): Promise<void> {
  const outcome = turn.then(
    () => "it got a turn",
    (error) => error === reason ? undefined : "of another reason",
  );
  const problem = await trial.time.until(outcome, trial.toleranceMs, "the rejection");
  demand(problem === undefined, `it should have been rejected with the signal's reason: ${problem}`);
}
