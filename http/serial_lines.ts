/** Lets requests of one key go one after the other (B7.3). */
export class SerialLines {
  /** The turns that are taken or waited for; the first of each is the one that runs. */
  readonly #lines = new Map<string, (() => void)[]>();

  /** Whether somebody has the turn. */
  isBusy(key: string): boolean {
    return this.#lines.has(key);
  }

  /** Waits for the turn of `key`; dispose of the result to pass it on. Leaves the line when `signal` aborts. */
  async enter(key: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const line = this.#lines.get(key) ?? [];
    this.#lines.set(key, line);
    line.push(resolve);
    if (line[0] === resolve) resolve();
    const onAbort = (): void => {
      this.#leave(key, line, resolve);
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
    return { [Symbol.dispose]: () => this.#leave(key, line, resolve) };
  }

  #leave(key: string, line: (() => void)[], who: () => void): void {
    const place = line.indexOf(who);
    if (place === -1) return;
    line.splice(place, 1);
    if (line.length === 0) this.#lines.delete(key);
    else if (place === 0) line[0]?.();
  }
}
