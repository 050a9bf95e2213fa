interface Waiter {
  readonly shardId: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** The line of an `IdentifyQueue`, also for one of your own: who waits, the lowest shard first (ID-4). */
export class IdentifyLine {
  /** Ascending by shard id. */
  readonly #waiters: Waiter[] = [];

  /** The shards that wait, ascending. */
  get shardIds(): readonly number[] {
    return this.#waiters.map(({ shardId }) => shardId);
  }

  /**
   * Waits until the shard is served. When `signal` aborts, its place is given up, the promise rejects with the reason, and
   * `left` is called.
   */
  wait(shardId: number, signal: AbortSignal, left: () => void): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = {
      shardId,
      resolve: () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      },
      reject: (reason) => {
        signal.removeEventListener("abort", onAbort);
        reject(reason);
      },
    };
    const onAbort = (): void => {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      reject(signal.reason);
      left();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const behind = this.#waiters.findIndex((other) => other.shardId > shardId);
    this.#waiters.splice(behind === -1 ? this.#waiters.length : behind, 0, waiter);
    return promise;
  }

  /** Serves the shard, which waits. */
  serve(shardId: number): void {
    const at = this.#waiters.findIndex((waiter) => waiter.shardId === shardId);
    if (at !== -1) this.#waiters.splice(at, 1)[0]?.resolve();
  }

  /** Ends all waits: they reject with the reason. */
  rejectAll(reason: unknown): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
  }
}
