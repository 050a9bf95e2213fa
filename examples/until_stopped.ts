/** Aborts when the program is asked to stop: by Ctrl+C (SIGINT), or by whoever runs it (SIGTERM). */
export interface Stop extends Disposable {
  readonly signal: AbortSignal;
}

/** Listens for that until it is disposed of. A second Ctrl+C ends the program at once. */
export function untilStopped(): Stop {
  const controller = new AbortController();
  // Windows has no SIGTERM.
  const names: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const stop = (): void => {
    dispose();
    controller.abort(new DOMException("The program was asked to stop", "AbortError"));
  };
  const dispose = (): void => {
    for (const name of names) Deno.removeSignalListener(name, stop);
  };
  for (const name of names) Deno.addSignalListener(name, stop);
  return { signal: controller.signal, [Symbol.dispose]: dispose };
}
