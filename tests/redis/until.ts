import { assert } from "@std/assert";

/** Waits, in real time, until something has happened: Redis has no clock that a test could move. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 20_000,
): Promise<void> {
  const startedAt = performance.now();
  while (!await condition()) {
    assert(performance.now() - startedAt < limitMs, `${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
