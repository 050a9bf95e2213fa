/** Aborts when the program is asked to stop: by Ctrl+C (SIGINT), or by whoever runs it (SIGTERM). */
export interface Stop extends Disposable {
  readonly signal: AbortSignal;
  /** Resolves then. */
  readonly stopped: Promise<void>;
  /** Asks the program itself to stop. */
  stop(): void;
}

/** Listens for that until it is disposed of. A second Ctrl+C ends the program at once. Needs no permission. */
export function untilStopped(): Stop {
  const controller = new AbortController();
  // Windows has no SIGTERM.
  const names: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const dispose = (): void => {
    for (const name of names) Deno.removeSignalListener(name, stop);
  };
  const stop = (): void => {
    dispose();
    controller.abort(new DOMException("The program was asked to stop", "AbortError"));
  };
  for (const name of names) Deno.addSignalListener(name, stop);
  const { signal } = controller;
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  return { signal, stopped, stop, [Symbol.dispose]: dispose };
}
