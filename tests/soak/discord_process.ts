/**
 * The Discord of the soak, in a process of its own, so that its memory is not the bot's: says where it is, then sends
 * events and drops connections until its input ends, then says how many events there were.
 *
 * @module
 */
import { Simulator } from "../../testing/mod.ts";

const TICK_MS = 20;

/** What the soak asks of its Discord. */
export interface SoakPlan {
  readonly token: string;
  readonly shards: number;
  readonly eventsPerSecond: number;
  /** Milliseconds between two drops. */
  readonly dropEveryMs: number;
}

/** Where the soak's Discord is. */
export interface SoakAddress {
  readonly baseUrl: string;
}

/** What has been sent: the number of the last event of each shard. */
export interface SoakTotals {
  readonly sent: readonly number[];
  readonly drops: number;
}

/** A guild of the shard (SH-1). */
function guildOf(shardId: number): string {
  return String(BigInt(shardId) << 22n);
}

/** What goes on in the process. */
class Soak {
  readonly #discord: Simulator;
  readonly #plan: SoakPlan;
  readonly #sent: number[];
  readonly #startedAt = performance.now();
  #events = 0;
  #drops = 0;

  constructor(discord: Simulator, plan: SoakPlan) {
    this.#discord = discord;
    this.#plan = plan;
    this.#sent = new Array<number>(plan.shards).fill(0);
  }

  get totals(): SoakTotals {
    return { sent: this.#sent, drops: this.#drops };
  }

  /** As many events as are due, to all shards in turn, and a drop if one is. */
  tick(): void {
    const { eventsPerSecond, dropEveryMs, shards } = this.#plan;
    const elapsedMs = performance.now() - this.#startedAt;
    for (const due = elapsedMs / 1_000 * eventsPerSecond; this.#events < due; this.#events += 1) {
      const shardId = this.#events % shards;
      const content = String(this.#sent[shardId] = (this.#sent[shardId] ?? 0) + 1);
      this.#discord.dispatch("MESSAGE_CREATE", { guild_id: guildOf(shardId), content, padding: PADDING });
    }
    if (elapsedMs / dropEveryMs > this.#drops + 1) this.#drop(this.#drops++);
  }

  #drop(count: number): void {
    const { faults } = this.#discord;
    const filter = { shardId: count * 7 % this.#plan.shards };
    const kinds = [
      () => faults.dropConnections(filter),
      () => faults.dropConnections({ ...filter, code: 4000 }),
      () => faults.reconnect(filter),
      () => faults.corrupt(filter),
      () => faults.invalidSession({ ...filter, resumable: true }),
      () => faults.freeze(filter),
    ];
    kinds[count % kinds.length]?.();
  }
}

/** About as long as real events are. */
const PADDING = "All work and no play makes a dull test. ".repeat(15);

if (import.meta.main) {
  const plan: SoakPlan = JSON.parse(Deno.args[0] ?? "");
  const { token, shards } = plan;
  await using discord = await Simulator.start({ token, shards, maxConcurrency: shards, historyLimit: 2_000 });
  const address: SoakAddress = { baseUrl: discord.baseUrl };
  console.log(JSON.stringify(address));
  const lines = Deno.stdin.readable[Symbol.asyncIterator]();
  await lines.next(); // The bot is ready.
  const soak = new Soak(discord, plan);
  const timer = setInterval(() => soak.tick(), TICK_MS);
  await lines.next();
  clearInterval(timer);
  console.log(JSON.stringify(soak.totals));
  await lines.next();
}
