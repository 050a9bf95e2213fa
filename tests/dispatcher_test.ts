import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { Dispatcher, type DispatcherEvents, DispatchEvent, type ListenerError } from "../dispatcher.ts";
import { settle, VirtualClock } from "../testing/virtual_clock.ts";

interface TestEvents extends DispatcherEvents {
  tick: number;
  word: string;
  11: { op: number };
}

interface TestContext {
  readonly shard: { readonly id: number };
}

function createDispatcher(): Dispatcher<TestEvents, TestContext> {
  return new Dispatcher<TestEvents, TestContext>();
}

/** Collects what goes to `console.error` until the end of the block. */
class ConsoleErrors implements Disposable {
  readonly lines: unknown[][] = [];
  readonly #original = console.error;

  constructor() {
    console.error = (...line: unknown[]) => this.lines.push(line);
  }

  [Symbol.dispose](): void {
    console.error = this.#original;
  }
}

/** A signal that counts who listens for its abort. */
class CountingSignal {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal = this.#controller.signal;
  count = 0;

  constructor() {
    const { signal } = this;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      this.count += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      this.count -= 1;
      remove(...args);
    };
  }

  abort(): void {
    this.#controller.abort();
  }
}

Deno.test("Dispatcher gives the payload, and an event with detail, target and context", () => {
  const dispatcher = createDispatcher();
  const context = { shard: { id: 3 } };
  const seen: [number, DispatchEvent<number> & TestContext][] = [];
  dispatcher.listen("tick", (payload, event) => seen.push([payload, event]));
  dispatcher.dispatch("tick", 7, context);
  dispatcher.dispatch("word", "not for it");
  assertEquals(seen.length, 1);
  for (const [payload, event] of seen) {
    assertEquals(payload, 7);
    assertInstanceOf(event, DispatchEvent);
    assertInstanceOf(event, Event);
    assertEquals([event.type, event.detail], ["tick", 7]);
    assertStrictEquals(event.target, dispatcher);
    assertStrictEquals(event.currentTarget, dispatcher);
    assertStrictEquals(event.shard, context.shard);
  }
});

Deno.test("Dispatcher calls who asked by name first, each kind in the order they came", () => {
  const dispatcher = createDispatcher();
  const seen: string[] = [];
  dispatcher.listen((name, payload) => seen.push(`every ${name} ${payload}`));
  dispatcher.listen("tick", () => seen.push("first"));
  dispatcher.addEventListener("tick", () => seen.push("second"));
  dispatcher.listen("tick", () => seen.push("third"));
  dispatcher.dispatch("tick", 1);
  assertEquals(seen, ["first", "second", "third", "every tick 1"]);
});

Deno.test("Dispatcher takes a number and its text for the same name", () => {
  const dispatcher = createDispatcher();
  const seen: unknown[] = [];
  dispatcher.listen(11, ({ op }) => seen.push(op));
  dispatcher.addEventListener("11", (event) => seen.push(event.type));
  dispatcher.listen((name) => seen.push(name));
  dispatcher.dispatch(11, { op: 11 });
  assertEquals(seen, [11, "11", 11]);
  assertEquals(dispatcher.listenerCount(11), 3);
});

Deno.test("Dispatcher makes one event for all who need it, and none when nobody does", async () => {
  const dispatcher = createDispatcher();
  let made = 0;
  const context = {
    get shard() {
      made += 1; // Read when the context is put on an event.
      return { id: 0 };
    },
  };
  const stream = dispatcher.events("tick");
  const wait = dispatcher.waitFor("tick");
  dispatcher.dispatch("tick", 1, context);
  dispatcher.dispatch("word", "unheard", context);
  assertEquals([made, await wait, (await stream.next()).value], [0, 1, 1]);

  const events = new Set<unknown>();
  dispatcher.listen("tick", (_, event) => events.add(event));
  dispatcher.listen("tick", (_, event) => events.add(event));
  dispatcher.listen((_name, _payload, event) => events.add(event));
  dispatcher.dispatch("tick", 2, context);
  assertEquals([made, events.size], [1, 1]);
  dispatcher.close();
});

Deno.test("Dispatcher.listen stops when disposed of, aborted, or after once", () => {
  const dispatcher = createDispatcher();
  const controller = new AbortController();
  const seen: string[] = [];
  const disposable = dispatcher.listen("tick", (tick) => seen.push(`disposed ${tick}`));
  dispatcher.listen("tick", (tick) => seen.push(`aborted ${tick}`), { signal: controller.signal });
  dispatcher.listen("tick", (tick) => seen.push(`once ${tick}`), { once: true });
  dispatcher.dispatch("tick", 1);
  disposable[Symbol.dispose]();
  disposable[Symbol.dispose]();
  controller.abort();
  dispatcher.dispatch("tick", 2);
  assertEquals(seen, ["disposed 1", "aborted 1", "once 1"]);
  assertEquals(dispatcher.listenerCount("tick"), 0);

  dispatcher.listen("tick", () => seen.push("never"), { signal: AbortSignal.abort() });
  assertEquals(dispatcher.listenerCount("tick"), 0);
});

Deno.test("Dispatcher.listen calls a once listener once, also when it dispatches again", () => {
  const dispatcher = createDispatcher();
  let calls = 0;
  dispatcher.listen("tick", () => {
    calls += 1;
    dispatcher.dispatch("tick", calls);
  }, { once: true });
  dispatcher.dispatch("tick", 0);
  assertEquals(calls, 1);
});

Deno.test("Dispatcher leaves out who is removed during a dispatch, and who is added", () => {
  const dispatcher = createDispatcher();
  const seen: string[] = [];
  dispatcher.listen("tick", () => {
    seen.push("first");
    second[Symbol.dispose]();
    every[Symbol.dispose]();
    dispatcher.listen("tick", () => seen.push("added"), { once: true });
    dispatcher.listen(() => seen.push("added every"), { once: true });
  }, { once: true });
  const second = dispatcher.listen("tick", () => seen.push("second"));
  dispatcher.listen("tick", () => seen.push("third"));
  const every = dispatcher.listen(() => seen.push("every"));
  dispatcher.dispatch("tick", 1);
  assertEquals(seen, ["first", "third"]);
  dispatcher.dispatch("tick", 2);
  assertEquals(seen.slice(2), ["third", "added", "added every"]);
});

Deno.test("Dispatcher.listenerCount counts everyone who would get it", () => {
  const dispatcher = createDispatcher();
  assertEquals(dispatcher.listenerCount("tick"), 0);
  dispatcher.listen("tick", () => {});
  dispatcher.addEventListener("tick", () => {});
  dispatcher.listen(() => {});
  dispatcher.events("tick");
  dispatcher.events();
  dispatcher.waitFor("tick").catch(() => {});
  assertEquals(dispatcher.listenerCount("tick"), 6);
  assertEquals(dispatcher.listenerCount("word"), 2);
  dispatcher.close();
  assertEquals(dispatcher.listenerCount("tick"), 0);
});

Deno.test("Dispatcher reports what a listener throws or rejects with, and calls the others", async () => {
  using errors = new ConsoleErrors();
  const dispatcher = createDispatcher();
  const thrown = new Error("thrown");
  const rejected = new Error("rejected");
  const reported: ListenerError[] = [];
  const shards: number[] = [];
  let calls = 0;
  dispatcher.listen("error", (error, event) => {
    reported.push(error);
    shards.push(event.shard.id);
  });
  dispatcher.listen("tick", () => {
    throw thrown;
  });
  dispatcher.addEventListener("tick", () => Promise.reject(rejected));
  dispatcher.listen("tick", () => calls += 1);
  dispatcher.dispatch("tick", 5, { shard: { id: 2 } });
  await settle();
  assertEquals(calls, 1);
  assertEquals(reported, [
    { error: thrown, name: "tick", payload: 5 },
    { error: rejected, name: "tick", payload: 5 },
  ]);
  assertEquals(shards, [2, 2]);
  assertEquals(errors.lines, []);
});

Deno.test("Dispatcher reports to console.error when nobody listens for errors", () => {
  using errors = new ConsoleErrors();
  const dispatcher = createDispatcher();
  const thrown = new Error("thrown");
  dispatcher.listen("tick", () => {
    throw thrown;
  });
  dispatcher.dispatch("tick", 1);
  assertEquals(errors.lines, [['"tick" failed:', thrown]]);
});

Deno.test("Dispatcher sends what a listener of errors throws to console.error, and never in circles", async () => {
  using errors = new ConsoleErrors();
  const dispatcher = createDispatcher();
  let others = 0;
  dispatcher.listen("error", () => {
    throw "from the error listener";
  });
  dispatcher.listen("error", () => Promise.reject("later"));
  dispatcher.listen("error", () => others += 1);
  dispatcher.listen((name) => {
    throw `every ${name}`;
  });
  dispatcher.dispatch("tick", 1);
  await settle();
  assertEquals(others, 1);
  assertEquals(errors.lines.map((line) => line[1]), ["from the error listener", "every error", "later"]);
});

Deno.test("Dispatcher gives errors to loops and waits too", async () => {
  using errors = new ConsoleErrors();
  const dispatcher = new Dispatcher<{ tick: number }>(); // Its map need not name "error".
  const stream = dispatcher.events("error");
  const wait = dispatcher.waitFor("error", ({ name }) => name === "tick");
  dispatcher.listen("tick", () => {
    throw "thrown";
  });
  dispatcher.dispatch("tick", 1);
  assertEquals(await wait, { error: "thrown", name: "tick", payload: 1 });
  assertEquals((await stream.next()).value, await wait);
  assertEquals(errors.lines, []);
  dispatcher.close();
});

Deno.test("Dispatcher.addEventListener honours once, signal, duplicates, capture and handleEvent", () => {
  const dispatcher = createDispatcher();
  const seen: unknown[] = [];
  const listener = (event: DispatchEvent<number>): void => {
    seen.push(event.detail);
  };
  dispatcher.addEventListener("tick", listener);
  dispatcher.addEventListener("tick", listener, { once: true }); // The same: the first stays as it is.
  dispatcher.addEventListener("tick", listener, { passive: true });
  assertEquals(dispatcher.listenerCount("tick"), 1);
  dispatcher.addEventListener("tick", listener, true);
  assertEquals(dispatcher.listenerCount("tick"), 2);
  dispatcher.removeEventListener("tick", listener, { capture: true });
  dispatcher.dispatch("tick", 1);
  dispatcher.dispatch("tick", 2);
  dispatcher.removeEventListener("tick", listener);
  dispatcher.removeEventListener("tick", listener);
  dispatcher.dispatch("tick", 3);
  assertEquals(seen, [1, 2]);

  const object = {
    seen: [] as number[],
    handleEvent(event: DispatchEvent<number>): void {
      this.seen.push(event.detail);
    },
  };
  const controller = new AbortController();
  dispatcher.addEventListener("tick", object, { signal: controller.signal });
  dispatcher.addEventListener("tick", function (this: unknown) {
    seen.push(this === dispatcher);
  }, { once: true });
  dispatcher.addEventListener("tick", null);
  dispatcher.dispatch("tick", 4);
  controller.abort();
  dispatcher.dispatch("tick", 5);
  assertEquals([object.seen, seen], [[4], [1, 2, true]]);
});

Deno.test("Dispatcher.addEventListener reports an object without handleEvent when an event comes", () => {
  const dispatcher = createDispatcher();
  const reported: unknown[] = [];
  dispatcher.listen("error", ({ error }) => reported.push(error));
  Reflect.apply(dispatcher.addEventListener, dispatcher, ["tick", {}]);
  dispatcher.dispatch("tick", 1);
  assertInstanceOf(reported[0], TypeError);
});

Deno.test("Dispatcher.dispatchEvent gives a foreign event to everyone", async () => {
  const dispatcher = createDispatcher();
  const stream = dispatcher.events("word");
  const seen: unknown[] = [];
  const event = new CustomEvent("word", { detail: "hi", cancelable: true });
  dispatcher.addEventListener("word", (given) => {
    seen.push(given === event, given.target === dispatcher, given.detail);
    given.preventDefault();
  });
  dispatcher.listen((name, payload) => seen.push(name, payload));
  assertEquals(dispatcher.dispatchEvent(event), false);
  assertEquals(seen, [true, true, "hi", "word", "hi"]);
  assertEquals((await stream.next()).value, "hi");
  assertEquals(dispatcher.dispatchEvent(new Event("word")), true);
  assertStrictEquals((await stream.next()).value, undefined);
  dispatcher.close();
  assertEquals(dispatcher.dispatchEvent(new CustomEvent("word", { detail: "late" })), true);
  assertEquals(seen.length, 10); // Two events of five entries each; none after the end.
});

Deno.test("Dispatcher.close rejects waits, with the error or an AbortError", async () => {
  const clock = new VirtualClock();
  for (const error of [undefined, new Error("failed")]) {
    const dispatcher = new Dispatcher<TestEvents>({ clock });
    const wait = dispatcher.waitFor("tick", undefined, { timeoutMs: 5 });
    dispatcher.close(error);
    dispatcher.close(new Error("a second call changes nothing"));
    const rejections = [wait, dispatcher.waitFor("tick")].map((it) => assertRejects(() => it, Error));
    for (const rejection of await Promise.all(rejections)) {
      if (error !== undefined) assertStrictEquals(rejection, error);
      else assertEquals(rejection.name, "AbortError");
    }
  }
  assertEquals(clock.pendingTimers, 0);
});

Deno.test("Dispatcher.close ends every listener, and later ones are never called", () => {
  const dispatcher = createDispatcher();
  const seen: string[] = [];
  dispatcher.listen("tick", () => {
    seen.push("first");
    dispatcher.close();
  });
  dispatcher.listen("tick", () => seen.push("second"));
  dispatcher.listen(() => seen.push("every"));
  dispatcher.dispatch("tick", 1);
  dispatcher.listen("tick", () => seen.push("late"))[Symbol.dispose]();
  dispatcher.listen("tick", () => seen.push("late"));
  dispatcher.addEventListener("tick", () => seen.push("late"));
  dispatcher.dispatch("tick", 2);
  assertEquals(seen, ["first"]);
});

Deno.test("Dispatcher.close keeps listeners of errors for what fails later", async () => {
  using errors = new ConsoleErrors();
  const dispatcher = createDispatcher();
  const work = Promise.withResolvers<void>();
  const reported: unknown[] = [];
  dispatcher.listen("error", ({ error }) => reported.push(error));
  dispatcher.listen("tick", () => work.promise);
  dispatcher.dispatch("tick", 1);
  dispatcher.close();
  dispatcher.dispatch("error", { error: "dispatched", name: "tick", payload: 1 }); // Does nothing any more.
  work.reject("late");
  await settle();
  assertEquals([reported, errors.lines], [["late"], []]);
});

Deno.test("Dispatcher leaves nothing on a signal that outlives what it was given to", async () => {
  const dispatcher = createDispatcher();
  const long = new CountingSignal();
  const { signal } = long;
  for (let round = 0; round < 3; round++) {
    const listener = (): void => {};
    dispatcher.listen("tick", listener, { signal })[Symbol.dispose]();
    dispatcher.listen("tick", listener, { signal, once: true });
    dispatcher.addEventListener("tick", listener, { signal });
    dispatcher.removeEventListener("tick", listener);
    await dispatcher.events("tick", { signal }).return();
    dispatcher.events("tick", { signal, limit: 1 });
    const wait = dispatcher.waitFor("tick", undefined, { signal });
    dispatcher.dispatch("tick", round);
    dispatcher.dispatch("tick", round); // Overflows the stream.
    await wait;
    assertEquals(long.count, 0);
  }
  dispatcher.listen("tick", () => {}, { signal });
  dispatcher.listen("error", () => {}, { signal });
  dispatcher.listen(() => {}, { signal });
  dispatcher.events({ signal });
  assertEquals(long.count, 4);
  dispatcher.close();
  assertEquals(long.count, 0);
  dispatcher.listen("tick", () => {}, { signal });
  assertEquals(long.count, 0);
});

Deno.test("Dispatcher refuses bad arguments at the call, and adds nobody", () => {
  const dispatcher = createDispatcher();
  const call = (method: "listen" | "events" | "addEventListener", ...args: unknown[]) => () =>
    Reflect.apply(dispatcher[method], dispatcher, args);
  const nothing = (): void => {};
  for (
    const bad of [
      call("listen", "tick"),
      call("listen", "tick", {}),
      call("listen", undefined, nothing),
      call("listen", "tick", nothing, { signal: "now" }),
      call("events", true),
      call("events", null),
      call("events", "tick", 5),
      call("listen", "tick", nothing, null),
      call("events", "tick", { signal: {} }),
      call("events", "tick", { overflow: "drop" }),
      call("addEventListener", "tick", 1),
      call("addEventListener", Symbol("tick"), nothing),
    ]
  ) assertThrows(bad, TypeError);
  for (
    const bad of [
      call("events", "tick", { limit: 0 }),
      call("events", "tick", { limit: 1.5 }),
      call("events", { limit: Infinity }),
      call("events", { limit: "5" }),
    ]
  ) assertThrows(bad, RangeError);
  assertThrows(() => Reflect.apply(dispatcher.dispatchEvent, dispatcher, ["tick"]), TypeError);
  assertEquals(dispatcher.listenerCount("tick"), 0);
});

Deno.test("Dispatcher is an EventTarget, and its types follow its map", () => {
  const dispatcher = createDispatcher();
  const target: EventTarget = dispatcher;
  assert(target instanceof EventTarget);
  const iterator: AsyncIterableIterator<number> & AsyncDisposable = dispatcher.events("tick");
  const every: AsyncIterable<{ name: string | number; payload: unknown; event: Event }> = dispatcher.events();
  assert(iterator !== every);
  // @ts-expect-error: a name that the map lacks
  dispatcher.listen("tock", () => {});
  // @ts-expect-error: a payload of another type
  dispatcher.dispatch("tick", "one");
  // @ts-expect-error: a listener of another type
  dispatcher.listen("tick", (tick: string) => tick);
  dispatcher.close();
});
