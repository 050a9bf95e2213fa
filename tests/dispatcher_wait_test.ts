// How a dispatcher is waited on.
import { assertEquals, assertRejects } from "@std/assert";
import { Dispatcher } from "../dispatcher.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";

interface TestEvents {
  tick: number;
  word: string;
}

interface TestContext {
  readonly shard: { readonly id: number };
}

function createDispatcher(): Dispatcher<TestEvents, TestContext> {
  return new Dispatcher<TestEvents, TestContext>();
}

Deno.test("Dispatcher.waitFor gives the first payload that check accepts", async () => {
  const dispatcher = createDispatcher();
  const even = dispatcher.waitFor("tick", (tick, event) => tick % 2 === 0 && event.shard.id === 1);
  const any = dispatcher.waitFor("tick");
  for (const [tick, id] of [[1, 1], [2, 0], [4, 1], [6, 1]] as const) {
    dispatcher.dispatch("tick", tick, { shard: { id } });
  }
  assertEquals([await even, await any], [4, 1]);
  assertEquals(dispatcher.listenerCount("tick"), 0);
});

Deno.test("Dispatcher.waitFor rejects with what check throws", async () => {
  const dispatcher = createDispatcher();
  const wait = dispatcher.waitFor("tick", () => {
    throw new RangeError("from check");
  });
  dispatcher.dispatch("tick", 1);
  await assertRejects(() => wait, RangeError, "from check");
  assertEquals(dispatcher.listenerCount("tick"), 0);
});

Deno.test("Dispatcher.waitFor rejects with a TimeoutError after timeoutMs, and leaves no timer", async () => {
  const clock = new VirtualClock();
  const dispatcher = new Dispatcher<TestEvents>({ clock });
  const late = assertRejects(() => dispatcher.waitFor("tick", undefined, { timeoutMs: 1000 }), DOMException);
  const inTime = dispatcher.waitFor("tick", (tick) => tick === 1, { timeoutMs: 1001 });
  await clock.advance(1000);
  assertEquals((await late).name, "TimeoutError");
  dispatcher.dispatch("tick", 1);
  assertEquals(await inTime, 1);
  assertEquals([clock.pendingTimers, dispatcher.listenerCount("tick")], [0, 0]);
});

Deno.test("Dispatcher.waitFor rejects with the signal's reason, also when it was aborted before", async () => {
  const clock = new VirtualClock();
  const dispatcher = new Dispatcher<TestEvents>({ clock });
  const controller = new AbortController();
  const { signal } = controller;
  const wait = dispatcher.waitFor("tick", undefined, { signal, timeoutMs: 5 });
  controller.abort(new Error("enough"));
  await assertRejects(() => wait, Error, "enough");
  await assertRejects(() => dispatcher.waitFor("tick", undefined, { signal, timeoutMs: 5 }), Error, "enough");
  assertEquals([clock.pendingTimers, dispatcher.listenerCount("tick")], [0, 0]);
});

Deno.test("Dispatcher.waitFor rejects on bad arguments, and never throws: what gives a promise does not", async () => {
  const dispatcher = createDispatcher();
  const wait = (...args: unknown[]) => (): Promise<unknown> =>
    Reflect.apply(dispatcher.waitFor, dispatcher, args);
  for (
    const bad of [
      wait(),
      wait("tick", {}),
      wait("tick", undefined, { signal: 1 }),
      wait("tick", undefined, null),
      wait("tick", undefined, 5),
    ]
  ) await assertRejects(bad, TypeError);
  for (const timeoutMs of [-1, NaN, Infinity, "5"]) {
    await assertRejects(wait("tick", undefined, { timeoutMs }), RangeError);
  }
  assertEquals(dispatcher.listenerCount("tick"), 0);
});
