/**
 * What can be said when one begins to listen, or to wait.
 *
 * @module
 */

/** Options of `Dispatcher.listen`. */
export interface ListenOptions {
  /** Stops listening. */
  signal?: AbortSignal | undefined;
  /** Whether to stop after the first event. */
  once?: boolean | undefined;
}

/** Options of `addEventListener`, as the platform has them: not every runtime's types have a name for these. */
export interface DispatchListenerOptions {
  /** Only tells two registrations of one listener apart. */
  readonly capture?: boolean;
  /** Whether the listener gets one event only. */
  readonly once?: boolean;
  /** Means nothing here. */
  readonly passive?: boolean;
  /** Takes the listener away. */
  readonly signal?: AbortSignal;
}

/** Options of `Dispatcher.waitFor`. */
export interface WaitForOptions {
  /** Ends the wait: it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** How many milliseconds to wait at most; then the wait rejects with a `TimeoutError`. By default it has no end. */
  timeoutMs?: number | undefined;
}
