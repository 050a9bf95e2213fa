import { assertEquals, assertGreaterOrEqual, assertRejects } from "@std/assert";
import { type Clock, sleep, systemClock } from "../clock.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";

/** Stands in for the runtime's timers until the end of the block: a test never sleeps. */
class FakeTimers implements Disposable {
  readonly started: { callback: () => void; delayMs: number; isCleared: boolean }[] = [];
  readonly #setTimeout = globalThis.setTimeout;
  readonly #clearTimeout = globalThis.clearTimeout;

  constructor() {
    Reflect.set(globalThis, "setTimeout", (callback: () => void, delayMs: number) => {
      this.started.push({ callback, delayMs, isCleared: false });
      return this.started.length;
    });
    Reflect.set(globalThis, "clearTimeout", (handle: number) => {
      const timer = this.started[handle - 1];
      if (timer !== undefined) timer.isCleared = true;
    });
  }

  [Symbol.dispose](): void {
    globalThis.setTimeout = this.#setTimeout;
    globalThis.clearTimeout = this.#clearTimeout;
  }
}

Deno.test("systemClock never runs backwards, and its wall shows the date", () => {
  let before = systemClock.now();
  for (let reading = 0; reading < 100; reading++) {
    const now = systemClock.now();
    assertGreaterOrEqual(now, before);
    before = now;
  }
  assertGreaterOrEqual(systemClock.wallNow(), Date.UTC(2026, 0, 1));
});

Deno.test("systemClock calls back once, and not at all after it was disposed of", () => {
  using timers = new FakeTimers();
  let calls = 0;
  systemClock.setTimeout(() => calls += 1, 10);
  systemClock.setTimeout(() => calls += 1, 20)[Symbol.dispose]();
  assertEquals(timers.started.map(({ delayMs, isCleared }) => [delayMs, isCleared]), [[10, false], [
    20,
    true,
  ]]);
  timers.started[0]?.callback();
  assertEquals(calls, 1);
});

Deno.test("systemClock takes a negative delay for none", () => {
  using timers = new FakeTimers();
  systemClock.setTimeout(() => {}, -5);
  assertEquals(timers.started[0]?.delayMs, 0);
});

Deno.test("systemClock waits for months in steps that the platform can count", () => {
  using timers = new FakeTimers();
  const longestMs = 2 ** 31 - 1;
  let calls = 0;
  const timer = systemClock.setTimeout(() => calls += 1, 2 * longestMs + 5);
  timers.started[0]?.callback();
  timers.started[1]?.callback();
  assertEquals([timers.started.map((it) => it.delayMs), calls], [[longestMs, longestMs, 5], 0]);
  timer[Symbol.dispose](); // The step that runs is the one to stop.
  assertEquals(timers.started.map((it) => it.isCleared), [false, false, true]);
  timers.started[2]?.callback();
  assertEquals(calls, 1);
});

Deno.test("sleep resolves after its time on the clock it was given", async () => {
  const clock = new VirtualClock();
  let isAwake = false;
  const nap = sleep(clock, 1000).then(() => isAwake = true);
  await clock.advance(999);
  assertEquals(isAwake, false);
  await clock.advance(1);
  await nap;
  assertEquals([isAwake, clock.pendingTimers], [true, 0]);
});

Deno.test("sleep rejects with the signal's reason, and leaves no timer", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const nap = assertRejects(() => sleep(clock, 1000, { signal: controller.signal }), Error, "enough");
  controller.abort(new Error("enough"));
  await nap;
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("sleep starts no timer when its signal was aborted before", async () => {
  const idle: Clock = { ...systemClock, setTimeout: () => assertEquals("a timer", "none") as never };
  const signal = AbortSignal.abort(new Error("before"));
  await assertRejects(() => sleep(idle, 1000, { signal }), Error, "before");
});

Deno.test("sleep leaves nothing on a signal that outlives it", async () => {
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners += 1, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners -= 1, remove(...args));
  await clock.runUntil(sleep(clock, 1, { signal }));
  assertEquals(listeners, 0);
});
