import type { HTTPClient, ShardManager } from "@nextsnake/nextcore";
import type { DashboardState } from "./frame.ts";

/** Seconds that rates are taken over, and readings that are kept. */
const WINDOW = 5;
/** Shards start in batches, five seconds apart. */
const START_WINDOW = 20;
const HISTORY = 240;
/** Names that are counted apart: they come from the network. */
const NAME_LIMIT = 300;
/** Up to so many shards the latencies of each are kept. */
const SHARD_LIMIT = 512;

/** Watches a bot, and tells what the dashboard shows. Call `read` once a second. */
export class Recorder implements Disposable {
  readonly #manager: ShardManager;
  readonly #http: HTTPClient;
  readonly #startedAt: number;
  readonly #listening: Disposable;
  /** Events of the last seconds by name, and how many shards were ready: the current one last. */
  readonly #seconds: Map<string, number>[] = [];
  readonly #ready: number[] = [];
  readonly #latencies: number[] = [];
  readonly #shardLatencies = new Map<number, number[]>();
  #counts = new Map<string, number>();

  constructor(manager: ShardManager, http: HTTPClient, now: number) {
    this.#manager = manager;
    this.#http = http;
    this.#startedAt = now;
    this.#listening = manager.listen((name) => {
      const key = this.#counts.has(name) || this.#counts.size < NAME_LIMIT ? name : "(others)";
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    });
  }

  /** The state at this second. */
  read(now: number): DashboardState {
    const shards = this.#manager.status();
    const ready = shards.filter(({ state }) => state === "ready").length;
    keep(this.#seconds, this.#counts, WINDOW);
    keep(this.#ready, ready, START_WINDOW);
    this.#counts = new Map();
    const { latencyMs } = this.#manager;
    if (latencyMs !== undefined) keep(this.#latencies, latencyMs, HISTORY);
    for (const { id, latencyMs } of shards.slice(0, SHARD_LIMIT)) {
      if (latencyMs === undefined) continue;
      const history = this.#shardLatencies.get(id) ?? [];
      this.#shardLatencies.set(id, history);
      keep(history, latencyMs, HISTORY);
    }
    const before = this.#ready[0] ?? 0;
    return {
      elapsedMs: now - this.#startedAt,
      shardCount: this.#manager.shardCount,
      shards,
      readyPerSecond: Math.max(0, (ready - before) / Math.max(1, this.#ready.length - 1)),
      latencies: this.#latencies,
      shardLatencies: this.#shardLatencies,
      eventRates: this.#rates(),
      http: this.#http.status(),
    };
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  #rates(): Map<string, number> {
    const rates = new Map<string, number>();
    for (const counts of this.#seconds) {
      for (const [name, count] of counts) {
        rates.set(name, (rates.get(name) ?? 0) + count / this.#seconds.length);
      }
    }
    return rates;
  }
}

function keep<Value>(history: Value[], value: Value, limit: number): void {
  history.push(value);
  if (history.length > limit) history.shift();
}
