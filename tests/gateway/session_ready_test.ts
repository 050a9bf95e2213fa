import { assertEquals } from "@std/assert";
import { SessionBench } from "./session_bench.ts";

/** A session that has sent IDENTIFY. */
function identifying(): SessionBench {
  const bench = new SessionBench();
  bench.on("start");
  bench.greet();
  bench.on("permitted");
  return bench;
}

Deno.test("Session says once, after 15 s, that READY is slow, and keeps waiting (ID-9, HB-13)", () => {
  const bench = identifying();
  assertEquals(bench.live(14_999), []);
  assertEquals(bench.live(1), ["slowReady"]);
  const rest = bench.live(284_000);
  assertEquals(rest.filter((effect) => effect !== "heartbeat null"), []);
  assertEquals(bench.session.state, "identifying");
});

Deno.test("Session says nothing of a READY that comes in time, or after the warning (ID-9)", () => {
  const inTime = identifying();
  inTime.live(14_000);
  assertEquals(inTime.ready(), ["deliver", "ready"]);
  assertEquals(inTime.live(20_000), ["heartbeat 1"]);
  const late = identifying();
  late.live(200_000);
  assertEquals(late.ready(), ["deliver", "ready"]);
});

Deno.test("Session gives up before it warns when the machine has slept for so long (ID-9)", () => {
  const bench = identifying();
  bench.after(400_000).on("alarm"); // The heart comes first.
  bench.receive(11);
  assertEquals(bench.on("alarm"), ["close 4900"]);
});
