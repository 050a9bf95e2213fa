import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { COMMAND_BYTES_LIMIT, Outbox } from "../../gateway/outbox.ts";
import { SendLog } from "../../gateway/send_log.ts";

/** A payload whose JSON has exactly `bytes` bytes: as many of `letter` as fit, and filled up. */
function createCommand(bytes: number, letter = "x"): { op: number; d: string } {
  const room = bytes - JSON.stringify({ op: 8, d: "" }).length;
  const size = new TextEncoder().encode(letter).length;
  return { op: 8, d: letter.repeat(room / size) + "x".repeat(room % size) };
}

/** Sends the payload whose turn it is, and says which it was. */
function sendNext(outbox: Outbox, now = 0): unknown {
  const letter = outbox.next(now);
  if (letter !== undefined) outbox.sent(letter, now);
  return letter?.command.d;
}

Deno.test("Outbox gives payloads in order, each once it is its turn (TX-4)", async () => {
  const outbox = new Outbox(10);
  const first = outbox.add({ op: 3, d: 1 }, undefined);
  let isSecondSent = false;
  const second = outbox.add({ op: 3, d: 2 }, undefined).then(() => isSecondSent = true);
  assertEquals([outbox.size, outbox.next(0)?.text], [2, '{"op":3,"d":1}']);
  sendNext(outbox);
  assertEquals([outbox.size, outbox.next(0)?.text], [1, '{"op":3,"d":2}']);
  await first;
  assertEquals(isSecondSent, false);
  sendNext(outbox);
  await second;
  assertEquals([outbox.size, outbox.next(0)], [0, undefined]);
});

Deno.test("Outbox keeps the payload as it was when it was given", () => {
  const outbox = new Outbox(10);
  const command = { op: 3, d: { status: "idle" } };
  outbox.add(command, undefined);
  command.d.status = "dnd";
  assertEquals(outbox.next(0)?.text, '{"op":3,"d":{"status":"idle"}}');
});

Deno.test("Outbox takes 4096 bytes and not one more, counted in UTF-8 (TX-6)", () => {
  assertEquals(COMMAND_BYTES_LIMIT, 4096);
  const outbox = new Outbox(10);
  outbox.add(createCommand(4096), undefined);
  assertThrows(() => outbox.add(createCommand(4097), undefined), RangeError, "4097");
  outbox.add(createCommand(4096, "é"), undefined); // Half as many characters.
  assertThrows(() => outbox.add(createCommand(4097, "é"), undefined), RangeError, "4097");
  assertEquals(outbox.size, 2);
});

Deno.test("Outbox says op and size of what is too long, and nothing of its content (TX-6)", () => {
  const error = assertThrows(() => new Outbox(10).add(createCommand(5000, "secret "), undefined), RangeError);
  assertEquals(error.message.includes("op 8"), true);
  assertEquals(error.message.includes("secret"), false);
});

Deno.test("Outbox refuses what is no payload", () => {
  const outbox = new Outbox(10);
  for (const command of [undefined, null, "x", 7, {}, { op: "3" }, { op: 1.5 }, { op: NaN }]) {
    assertThrows(() => Reflect.apply(outbox.add, outbox, [command, undefined]), TypeError, "{ op, d }");
  }
  assertThrows(() => outbox.add({ op: 3, d: 1n }, undefined), TypeError);
  assertEquals(outbox.size, 0);
});

Deno.test("Outbox sends null where a payload has no data", () => {
  const outbox = new Outbox(10);
  outbox.add({ op: 3, d: undefined }, undefined);
  assertEquals(outbox.next(0)?.text, '{"op":3,"d":null}');
});

Deno.test("Outbox throws when it is full, and has room again after a send (TX-7)", () => {
  const outbox = new Outbox(2);
  outbox.add({ op: 3, d: 1 }, undefined);
  outbox.add({ op: 3, d: 2 }, undefined);
  assertThrows(() => outbox.add({ op: 3, d: 3 }, undefined), RangeError, "2 payloads already wait");
  sendNext(outbox);
  outbox.add({ op: 3, d: 3 }, undefined);
  assertEquals(outbox.size, 2);
});

Deno.test("Outbox forgets a payload whose signal aborts, and no other (TX-7)", async () => {
  const outbox = new Outbox(10);
  const controller = new AbortController();
  outbox.add({ op: 3, d: 1 }, undefined);
  const second = outbox.add({ op: 3, d: 2 }, controller.signal);
  outbox.add({ op: 3, d: 3 }, undefined);
  controller.abort(new Error("too slow"));
  await assertRejects(() => second, Error, "too slow");
  sendNext(outbox);
  assertEquals([outbox.size, outbox.next(0)?.text], [1, '{"op":3,"d":3}']);
});

Deno.test("Outbox does not take a payload whose signal has aborted already (TX-7)", async () => {
  const outbox = new Outbox(10);
  const signal = AbortSignal.abort(new Error("too late"));
  await assertRejects(() => outbox.add({ op: 3, d: 1 }, signal), Error, "too late");
  assertEquals(outbox.size, 0);
});

Deno.test("Outbox ignores an abort after the send", async () => {
  const outbox = new Outbox(10);
  const controller = new AbortController();
  const first = outbox.add({ op: 3, d: 1 }, controller.signal);
  sendNext(outbox);
  outbox.add({ op: 3, d: 2 }, undefined);
  controller.abort();
  await first;
  assertEquals(outbox.size, 1);
});

Deno.test("Outbox rejects all that waits when it is cleared (BO-5)", async () => {
  const outbox = new Outbox(10);
  const controller = new AbortController();
  const waiting = [outbox.add({ op: 3, d: 1 }, undefined), outbox.add({ op: 3, d: 2 }, controller.signal)];
  outbox.clear(new Error("stopped"));
  for (const promise of waiting) await assertRejects(() => promise, Error, "stopped");
  assertEquals(outbox.size, 0);
  controller.abort();
});

Deno.test("Outbox puts the latest payload of a pace in the place of the one that waits (TX-9)", async () => {
  const outbox = new Outbox(2);
  const pace = new SendLog(1, 100);
  const settled: number[] = [];
  for (const d of [1, 2]) outbox.add({ op: 3, d }, undefined, pace).then(() => settled.push(d));
  outbox.add({ op: 4, d: "other" }, undefined);
  outbox.add({ op: 3, d: 3 }, undefined, pace).then(() => settled.push(3)); // Also when the outbox is full.
  assertEquals(outbox.size, 2);
  assertEquals(sendNext(outbox), 3);
  await Promise.resolve();
  assertEquals(settled, [1, 2, 3]);
  assertEquals(sendNext(outbox), "other");
});

Deno.test("Outbox lets others go first while a payload waits for its pace (TX-9)", () => {
  const outbox = new Outbox(10);
  const pace = new SendLog(2, 100);
  for (const now of [0, 10]) {
    outbox.add({ op: 3, d: now }, undefined, pace);
    assertEquals([outbox.nextAt(now), sendNext(outbox, now)], [now, now]);
  }
  outbox.add({ op: 3, d: "late" }, undefined, pace);
  assertEquals([outbox.nextAt(20), sendNext(outbox, 20)], [100, undefined]);
  outbox.add({ op: 4, d: "other" }, undefined);
  assertEquals([outbox.nextAt(30), sendNext(outbox, 30)], [30, "other"]);
  assertEquals([outbox.nextAt(99), sendNext(outbox, 99)], [100, undefined]);
  assertEquals(sendNext(outbox, 100), "late");
  assertEquals(outbox.nextAt(100), Infinity);
});

Deno.test("Outbox keeps a payload that somebody still waits for, and forgets it with the last (TX-7, TX-9)", async () => {
  const outbox = new Outbox(10);
  const pace = new SendLog(1, 100);
  const [one, other] = [new AbortController(), new AbortController()];
  const first = outbox.add({ op: 3, d: 1 }, one.signal, pace);
  const second = outbox.add({ op: 3, d: 2 }, other.signal, pace);
  other.abort(new Error("no more"));
  await assertRejects(() => second, Error, "no more");
  assertEquals(outbox.next(0)?.command.d, 2);
  one.abort(new Error("neither"));
  await assertRejects(() => first, Error, "neither");
  assertEquals(outbox.size, 0);
});
