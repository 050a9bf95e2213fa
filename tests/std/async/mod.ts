/**
 * A stand-in of our own for `@std/async`: the functions that tests and examples use, with the same names, parameters and
 * meaning, so that they run where JSR cannot be reached.
 *
 * @module
 */

/** Options of {@linkcode delay}. */
export interface DelayOptions {
  /** Ends the delay: it then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Options of {@linkcode deadline}. */
export interface DeadlineOptions {
  /** Ends the wait: it then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Resolves after `ms` milliseconds. */
export function delay(ms: number, { signal }: DelayOptions = {}): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    function onAbort(): void {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** What `p` resolves to, or a `TimeoutError` after `ms` milliseconds. */
export async function deadline<T>(p: Promise<T>, ms: number, { signal }: DeadlineOptions = {}): Promise<T> {
  const timer = new AbortController();
  const handle = setTimeout(
    () => timer.abort(new DOMException("Signal timed out.", "TimeoutError")),
    Math.min(ms, 2 ** 31 - 1),
  );
  try {
    return await abortable(p, signal === undefined ? timer.signal : AbortSignal.any([timer.signal, signal]));
  } finally {
    clearTimeout(handle);
  }
}

/** What `p` resolves to, or the reason of `signal` when that comes first. */
export function abortable<T>(p: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    p.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
