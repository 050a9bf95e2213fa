import { assertEquals } from "@std/assert";
import { Cancellation } from "../../http/cancellation.ts";

function watched(): { cancellation: Cancellation; first: AbortSignal; ended: unknown[] } {
  const cancellation = new Cancellation();
  const ended: unknown[] = [];
  cancellation.attempt = { end: (reason) => ended.push(reason) };
  return { cancellation, first: cancellation.signal, ended };
}

Deno.test("Cancellation ends what waits and the attempt under way, with the reason (B8)", () => {
  const { cancellation, first, ended } = watched();
  cancellation.abort("enough");
  assertEquals([first.reason, cancellation.signal, ended], ["enough", first, ["enough"]]);
});

Deno.test("Cancellation that interrupts an attempt ends only that: what follows it can be aborted (B8.1)", () => {
  const { cancellation, first, ended } = watched();
  cancellation.interrupt("late");
  const second = cancellation.signal;
  assertEquals([first.reason, second.aborted, ended], ["late", false, ["late"]]);
  cancellation.attempt = undefined;
  cancellation.abort("enough");
  assertEquals([first.reason, second.reason, ended], ["late", "enough", ["late"]]);
});
