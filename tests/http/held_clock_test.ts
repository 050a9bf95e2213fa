import { assertEquals, assertThrows } from "@std/assert";
import { HeldClock } from "../../http/held_clock.ts";
import { VirtualClock } from "../../testing/mod.ts";

Deno.test("HeldClock stands still while something is done, and goes on after it, also where that throws", () => {
  const virtual = new VirtualClock();
  const clock = new HeldClock(virtual);
  const now = virtual.now();
  assertEquals(clock.hold(now + 5, () => clock.now()), now + 5);
  assertEquals(clock.now(), now);
  assertThrows(() =>
    clock.hold(now + 5, () => {
      throw new Error("no");
    })
  );
  assertEquals([clock.now(), clock.wallNow()], [now, virtual.wallNow()]);
});
