import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { Dispatcher } from "../../dispatcher.ts";
import { EventOverflowError, EventQueue, type OverflowPolicy } from "../../dispatcher/event_queue.ts";

interface TestEvents {
  tick: number;
}

/** A stream of ticks, and who fills it. */
function createDispatcher(): Dispatcher<TestEvents> {
  return new Dispatcher<TestEvents>();
}

/** All that a stream still gives, and the error it ends with. */
async function drain<Value>(stream: AsyncIterable<Value>): Promise<{ values: Value[]; error?: unknown }> {
  const values: Value[] = [];
  try {
    for await (const value of stream) values.push(value);
    return { values };
  } catch (error) {
    return { values, error };
  }
}

/** Mulberry32: the same numbers from 0 to 1 for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

Deno.test("EventStream listens from the call on, not from the first next", async () => {
  const dispatcher = createDispatcher();
  dispatcher.dispatch("tick", 0);
  const stream = dispatcher.events("tick");
  for (const tick of [1, 2, 3]) dispatcher.dispatch("tick", tick);
  dispatcher.close();
  assertEquals(await drain(stream), { values: [1, 2, 3] });
});

Deno.test("EventStream gives every event with its name, to who asks for all", async () => {
  const dispatcher = new Dispatcher<TestEvents & { 7: string }, { shard: number }>();
  const stream = dispatcher.events();
  dispatcher.dispatch("tick", 1, { shard: 5 });
  dispatcher.dispatch(7, "seven", { shard: 6 });
  dispatcher.close();
  const { values } = await drain(stream);
  assertEquals(
    values.map(({ name, payload, event }) => [name, payload, event.type, event.detail, event.shard]),
    [["tick", 1, "tick", 1, 5], [7, "seven", "7", "seven", 6]],
  );
});

Deno.test("EventStream answers several pending reads in order", async () => {
  const dispatcher = createDispatcher();
  const stream = dispatcher.events("tick");
  const reads = [stream.next(), stream.next(), stream.next(), stream.next()];
  dispatcher.dispatch("tick", 1);
  dispatcher.dispatch("tick", 2);
  dispatcher.close(new Error("failed"));
  const results = await Promise.allSettled(reads);
  assertEquals(results.map((it) => it.status === "fulfilled" ? it.value.value : "rejected"), [
    1,
    2,
    "rejected", // The first after the end gets the error,
    undefined, // the others find the stream done.
  ]);
});

Deno.test("EventStream gives what waits after the owner has closed, then ends or throws once", async () => {
  for (const error of [undefined, new Error("critical")]) {
    const dispatcher = createDispatcher();
    const stream = dispatcher.events("tick");
    dispatcher.dispatch("tick", 1);
    dispatcher.dispatch("tick", 2);
    dispatcher.close(error);
    dispatcher.dispatch("tick", 3);
    assertEquals(await drain(stream), error === undefined ? { values: [1, 2] } : { values: [1, 2], error });
    assertEquals(await drain(stream), { values: [] });
    // One that begins after the end ends at once, the same way.
    assertEquals(await drain(dispatcher.events("tick")), error ? { values: [], error } : { values: [] });
  }
});

Deno.test("EventStream stops listening at break, return and await using", async () => {
  const dispatcher = createDispatcher();
  const broken = dispatcher.events("tick");
  dispatcher.dispatch("tick", 1);
  for await (const tick of broken) {
    assertEquals(tick, 1);
    break;
  }
  assertEquals(dispatcher.listenerCount("tick"), 0);

  const returned = dispatcher.events("tick");
  const pending = returned.next();
  dispatcher.dispatch("tick", 2);
  dispatcher.dispatch("tick", 3);
  assertEquals(await returned.return(), { value: undefined, done: true });
  assertEquals([await pending, await returned.next()], [
    { value: 2, done: false },
    { value: undefined, done: true },
  ]);

  {
    await using _stream = dispatcher.events("tick");
    assertEquals(dispatcher.listenerCount("tick"), 1);
  }
  assertEquals(dispatcher.listenerCount("tick"), 0);
});

Deno.test("EventStream that was returned ends quietly, also when its owner had failed", async () => {
  const dispatcher = createDispatcher();
  const stream = dispatcher.events("tick");
  dispatcher.dispatch("tick", 1);
  dispatcher.close(new Error("failed"));
  await stream.return();
  assertEquals(await drain(stream), { values: [] });
});

Deno.test("EventStream throws the signal's reason at once, and drops what waits", async () => {
  const dispatcher = createDispatcher();
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = dispatcher.events("tick", { signal });
  const reading = dispatcher.events("tick", { signal });
  dispatcher.dispatch("tick", 1);
  assertEquals((await reading.next()).value, 1);
  const read = drain(reading);
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals(dispatcher.listenerCount("tick"), 0);
  assertEquals(await read, { values: [], error: reason });
  assertEquals(await drain(waiting), { values: [], error: reason });
  assertEquals(await drain(dispatcher.events("tick", { signal })), { values: [], error: reason });
  assertEquals(dispatcher.listenerCount("tick"), 0);
});

Deno.test("EventStream throws EventOverflowError after the values that wait, by default", async () => {
  const dispatcher = createDispatcher();
  const stream = dispatcher.events("tick", { limit: 3 });
  for (const tick of [1, 2, 3, 4, 5]) dispatcher.dispatch("tick", tick);
  assertEquals(dispatcher.listenerCount("tick"), 0);
  for (const tick of [1, 2, 3]) assertEquals((await stream.next()).value, tick);
  const error = await assertRejects(() => stream.next(), EventOverflowError, '3 values of "tick"');
  assertEquals([error.name, error.limit, stream.dropped], ["EventOverflowError", 3, 0]);
  assertEquals(await stream.next(), { value: undefined, done: true });
});

Deno.test("EventStream drops the oldest or the newest when asked to, and counts them", async () => {
  const kept = { dropOldest: [3, 4, 5], dropNewest: [1, 2, 3] };
  for (const overflow of ["dropOldest", "dropNewest"] as const) {
    const dispatcher = createDispatcher();
    const stream = dispatcher.events("tick", { limit: 3, overflow });
    for (const tick of [1, 2, 3, 4, 5]) dispatcher.dispatch("tick", tick);
    dispatcher.close();
    assertEquals(await drain(stream), { values: kept[overflow] });
    assertEquals(stream.dropped, 2);
  }
});

Deno.test("EventStream lets 16 384 values wait by default", async () => {
  const dispatcher = createDispatcher();
  const stream = dispatcher.events("tick");
  for (let tick = 0; tick <= 16_384; tick++) dispatcher.dispatch("tick", tick);
  const { values, error } = await drain(stream);
  assertEquals([values.length, values.at(-1)], [16_384, 16_383]);
  assertEquals(error instanceof EventOverflowError, true);
});

Deno.test("EventQueue agrees with a plain array in every seeded history", async () => {
  for (let seed = 0; seed < 200; seed++) await compareHistories(seed);
});

async function compareHistories(seed: number): Promise<void> {
  const random = createRandom(seed);
  const limit = 1 + Math.floor(random() * 40);
  const overflow: OverflowPolicy = random() < 0.5 ? "dropOldest" : "dropNewest";
  const queue = new EventQueue<number>("numbers", () => {}, { limit, overflow });
  const model: number[] = [];
  const expected: Promise<number>[] = [];
  const actual: Promise<number | undefined>[] = [];
  const readers: ((value: number) => void)[] = [];
  for (let step = 0; step < 300; step++) {
    if (random() < 0.55) {
      queue.push(step);
      const reader = readers.shift();
      if (reader !== undefined) reader(step);
      else if (model.length < limit) model.push(step);
      else if (overflow === "dropOldest") model.splice(0, 1), model.push(step);
    } else {
      actual.push(queue.next().then((it) => it.value));
      const value = model.shift();
      expected.push(
        value === undefined ? new Promise((resolve) => readers.push(resolve)) : Promise.resolve(value),
      );
    }
  }
  for (const reader of readers.splice(0)) reader(-1), queue.push(-1);
  assertEquals(await Promise.all(actual), await Promise.all(expected), `seed ${seed}`);
}

Deno.test("EventQueue calls onEnd once, whatever ends it", async () => {
  let ends = 0;
  const queue = new EventQueue<number>("numbers", () => ends += 1);
  queue.push(1);
  queue.end();
  queue.end({ error: new Error("too late") });
  queue.abort(new Error("too late"));
  queue.push(2);
  assertStrictEquals(queue[Symbol.asyncIterator](), queue);
  assertEquals(await drain(queue), { values: [1] });
  assertEquals(ends, 1);
});
