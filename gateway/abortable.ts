/** Options of a wait. */
export interface WaitOptions {
  /** Ends the wait, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** `promise`, unless `signal` aborts first: then its reason. */
export async function abortable(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return await promise;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Resolves when all have. A failure that nobody waits for ends no process: with one of them it would not, either. */
export function allOf(promises: readonly Promise<void>[]): Promise<void> {
  const all = Promise.all(promises).then(ignore);
  all.catch(ignore);
  return all;
}

function ignore(): void {}
