import { ignore } from "./ignore.ts";
import { shown } from "./shown.ts";

/** Options of a wait. */
export interface WaitOptions {
  /** Ends the wait, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The signal of a wait's options; throws a `TypeError` when it is none, or the options are no object. */
export function signalOf(options: WaitOptions): AbortSignal | undefined {
  const { signal } = checkObject(options, "Options");
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError(`signal must be an AbortSignal: got ${shown(signal)}`);
}

/** Gives back what is an object; throws a `TypeError` that begins with `name` for what is none. */
export function checkObject<Value>(value: Value, name: string): Value {
  if (typeof value === "object" && value !== null) return value;
  throw new TypeError(`${name} must be an object, or left out: got ${shown(value)}`);
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
