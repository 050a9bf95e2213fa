import type { Clock } from "../clock.ts";
import type { GatewayBot } from "../discord.ts";
import type { BudgetedIdentifyQueue, PlannedIdentifyQueue } from "./budgeted_identify_queue.ts";
import { parseGatewayBot } from "./payload.ts";
import { missingSessions, type SessionIdentity } from "./session_keeper.ts";
import type { SessionStore } from "./session_store.ts";

/** Guilds that a shard may have, and that Discord recommends a shard for (SH-8). */
const GUILDS_PER_SHARD = 2_500;
const GUILDS_RECOMMENDED = 1_000;

/** The shards that shall start, and their turns to identify. */
interface PlannedStart {
  readonly identities: readonly SessionIdentity[];
  readonly turns: PlannedIdentifyQueue;
}

/** Asks Discord where a bot connects, with how many shards, and how many sessions it may start (URL-1, ID-8). */
export class GatewayGuide {
  readonly #request: (signal: AbortSignal) => Promise<Response>;
  readonly #identifyQueue: BudgetedIdentifyQueue;
  readonly #clock: Clock;
  #maxConcurrency = 1;

  /** `request` asks `GET /gateway/bot`; the queue is told the limits of each answer. */
  constructor(
    request: (signal: AbortSignal) => Promise<Response>,
    identifyQueue: BudgetedIdentifyQueue,
    clock: Clock,
  ) {
    this.#request = request;
    this.#identifyQueue = identifyQueue;
    this.#clock = clock;
  }

  /** How many shards may identify at the same time; one before Discord has been asked. */
  get maxConcurrency(): number {
    return this.#maxConcurrency;
  }

  /** Asks now. Rejects with what the request fails with, and with a `TypeError` for an answer that is none. */
  async ask(signal: AbortSignal): Promise<GatewayBot> {
    const response = await this.#request(signal);
    const gateway = parseGatewayBot(await response.json().catch(() => undefined));
    const { max_concurrency, total, remaining, reset_after } = gateway.session_start_limit;
    this.#maxConcurrency = max_concurrency;
    this.#identifyQueue.update({
      maxConcurrency: max_concurrency,
      total,
      remaining,
      resetAfterMs: reset_after,
    });
    return gateway;
  }

  /** Refuses a start for which Discord does not grant enough sessions (ID-7); those that are kept need none. */
  async plan(
    { identities, turns }: PlannedStart,
    { session_start_limit: { remaining } }: GatewayBot,
    sessions: SessionStore | undefined,
  ): Promise<void> {
    const isEnough = identities.length <= remaining;
    const needed = isEnough ? identities.length : await missingSessions(sessions, identities, this.#clock);
    turns.plan(identities.map(({ shardId }) => shardId), needed);
  }
}

/** How full so many shards are, from 0 to 1, where Discord recommends `recommended` of them. */
export function fillOf(shardCount: number, recommended: number): number {
  return recommended * GUILDS_RECOMMENDED / (shardCount * GUILDS_PER_SHARD);
}
