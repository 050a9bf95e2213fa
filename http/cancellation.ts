/** What is ended with a request: the attempt under way. */
export interface Cancelled {
  /** Ends at once. */
  end(reason: unknown): void;
}

/**
 * What ends a request, wherever it is: one signal for its waits and for its attempts, since to make a controller for each
 * and to listen from one to the other took 1 kB a request.
 */
export class Cancellation {
  /** The attempt under way. */
  attempt: Cancelled | undefined;
  #controller = new AbortController();

  /** Aborts when the request is to end, or the attempt that has got it. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the request. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
    this.attempt?.end(reason);
  }

  /** Ends only the attempt under way: what comes after it gets another signal. */
  interrupt(reason: unknown): void {
    const controller = this.#controller;
    this.#controller = new AbortController();
    controller.abort(reason);
    this.attempt?.end(reason);
  }
}
