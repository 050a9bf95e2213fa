// What a dispatcher tells of events that are being handled.
import { assert, assertEquals } from "@std/assert";
import { Dispatcher } from "../dispatcher.ts";
import { settle } from "../testing/virtual_clock.ts";

/** Whether a promise has settled, once everything that can happen has happened. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let has = false;
  promise.finally(() => has = true).catch(() => {});
  await settle();
  return has;
}

Deno.test("Dispatcher.drained waits for async listeners of what was dispatched before it, and for no later ones", async () => {
  const dispatcher = new Dispatcher<{ tick: number }>();
  const work: PromiseWithResolvers<void>[] = [];
  dispatcher.listen("tick", () => {
    const step = Promise.withResolvers<void>();
    work.push(step);
    return step.promise;
  });
  await dispatcher.drained();
  dispatcher.dispatch("tick", 1);
  const drained = dispatcher.drained();
  dispatcher.dispatch("tick", 2);
  assertEquals(await isSettled(drained), false);
  work[0]?.resolve();
  assertEquals(await isSettled(drained), true);
  const later = dispatcher.drained();
  assertEquals(await isSettled(later), false);
  dispatcher.listen("error", () => {});
  work[1]?.reject(new Error("a listener that fails has done with it too"));
  assertEquals(await isSettled(later), true);
});

Deno.test("Dispatcher.dispatchTracked tells when one event is handled, whatever others wait for", async () => {
  const dispatcher = new Dispatcher<{ tick: number }>();
  assertEquals(dispatcher.dispatchTracked("tick", 0), undefined);
  const work: PromiseWithResolvers<void>[] = [];
  const failures: unknown[] = [];
  dispatcher.listen("error", ({ error }) => failures.push(error));
  dispatcher.listen("tick", () => {});
  assertEquals(dispatcher.dispatchTracked("tick", 0), undefined, "nobody waits for anything");
  dispatcher.listen("tick", () => {
    const step = Promise.withResolvers<void>();
    work.push(step);
    return step.promise;
  });
  const [one, two] = [1, 2].map((tick) => dispatcher.dispatchTracked("tick", tick) ?? Promise.resolve());
  assert(one !== undefined && two !== undefined);
  work[1]?.reject("late");
  assertEquals([await isSettled(one), await isSettled(two), failures], [false, true, ["late"]]);
  const ticks = dispatcher.events();
  const three = dispatcher.dispatchTracked("tick", 3) ?? Promise.resolve();
  const four = dispatcher.dispatchTracked("tick", 4) ?? Promise.resolve();
  for (const { resolve } of work) resolve();
  assertEquals([await isSettled(one), await isSettled(three)], [true, false]);
  await ticks.next();
  await ticks.next();
  assertEquals([await isSettled(three), await isSettled(four)], [true, false]);
  await ticks.return();
  assertEquals(await isSettled(four), true);
  dispatcher.close();
  assertEquals(dispatcher.dispatchTracked("tick", 5), undefined);
});

Deno.test("Dispatcher.dispatchTracked waits for no event that a listener dispatches meanwhile", async () => {
  const dispatcher = new Dispatcher<{ tick: number; tock: number }>();
  const [own, other] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  dispatcher.listen("tock", () => other.promise);
  dispatcher.listen("tick", (tick) => {
    dispatcher.dispatch("tock", tick);
    return own.promise;
  });
  const handled = dispatcher.dispatchTracked("tick", 1) ?? Promise.resolve();
  assertEquals(await isSettled(handled), false);
  own.resolve();
  assertEquals(await isSettled(handled), true);
  other.resolve();
  await dispatcher.drained();
});

Deno.test("Dispatcher.drained waits until a loop asks for the value after the last, also after close", async () => {
  const dispatcher = new Dispatcher<{ tick: number }>();
  const ticks = dispatcher.events("tick");
  dispatcher.dispatch("tick", 1);
  dispatcher.dispatch("tick", 2);
  const drained = dispatcher.drained();
  dispatcher.close();
  assertEquals((await ticks.next()).value, 1);
  assertEquals((await ticks.next()).value, 2);
  assertEquals(await isSettled(drained), false);
  assertEquals(await isSettled(dispatcher.drained()), false);
  assertEquals((await ticks.next()).done, true);
  assertEquals(await isSettled(drained), true);
  assertEquals(await isSettled(dispatcher.drained()), true);
});

Deno.test("Dispatcher.drained takes what a loop broke off, or dropped, for handled", async () => {
  const dispatcher = new Dispatcher<{ tick: number }>();
  const broken = dispatcher.events("tick");
  const dropping = dispatcher.events("tick", { limit: 1, overflow: "dropOldest" });
  for (const tick of [1, 2, 3]) dispatcher.dispatch("tick", tick);
  const drained = dispatcher.drained();
  await broken.return();
  assertEquals(await isSettled(drained), false);
  assertEquals((await dropping.next()).value, 3);
  assertEquals(await isSettled(drained), false);
  const last = dropping.next();
  assertEquals(await isSettled(drained), true);
  await dropping.return();
  await last;
});

Deno.test("Dispatcher.drained counts a value that went straight to a pending read", async () => {
  const dispatcher = new Dispatcher<{ tick: number }>();
  const ticks = dispatcher.events("tick");
  const first = ticks.next();
  dispatcher.dispatch("tick", 1);
  const drained = dispatcher.drained();
  await first;
  assertEquals(await isSettled(drained), false);
  const second = ticks.next();
  assertEquals(await isSettled(drained), true);
  dispatcher.close();
  await second;
});
