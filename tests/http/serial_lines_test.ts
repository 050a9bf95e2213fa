import { assertEquals, assertRejects } from "@std/assert";
import { SerialLines } from "../../http/serial_lines.ts";

const never = new AbortController().signal;

Deno.test("SerialLines gives one turn of a key at a time, in order (B7.3)", async () => {
  const lines = new SerialLines();
  const order: number[] = [];
  const first = await lines.enter("a", never);
  assertEquals([lines.isBusy("a"), lines.isBusy("b")], [true, false]);
  const others = [1, 2].map(async (number) => {
    const turn = await lines.enter("a", never);
    order.push(number);
    turn[Symbol.dispose]();
  });
  (await lines.enter("b", never))[Symbol.dispose]();
  assertEquals(order, []);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await Promise.all(others);
  assertEquals(order, [1, 2]);
  assertEquals(lines.isBusy("a"), false);
});

Deno.test("SerialLines lets those in line leave without a hole (B8)", async () => {
  const lines = new SerialLines();
  const first = await lines.enter("a", never);
  const stop = new AbortController();
  const gone = assertRejects(() => lines.enter("a", stop.signal), Error, "enough");
  const last = lines.enter("a", never);
  stop.abort(new Error("enough"));
  await gone;
  first[Symbol.dispose]();
  (await last)[Symbol.dispose]();
  assertEquals(lines.isBusy("a"), false);
  await assertRejects(() => lines.enter("a", stop.signal), Error, "enough");
  assertEquals(lines.isBusy("a"), false);
});
