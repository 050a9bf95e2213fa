import { assertEquals } from "@std/assert";
import { SessionHold } from "../../gateway/session_hold.ts";
import type { StoredSession } from "../../gateway/session_store.ts";

const RECORD: StoredSession = {
  sessionId: "abc",
  resumeGatewayUrl: undefined,
  sequence: 1,
  shardId: 0,
  shardCount: 1,
  intents: 0,
  tokenFingerprint: "0",
};

Deno.test("SessionHold is lost to whoever takes the record up later, and to nobody before", () => {
  const old = new SessionHold(() => 0.1);
  const young = new SessionHold(() => 0.2);
  old.take(undefined);
  const first = { ...RECORD, ...old.mark };
  assertEquals([first.fence, old.isLostTo(first)], [1, false]);
  assertEquals(young.isLostTo(first), false, "it has taken nothing yet");
  young.take(first);
  const second = { ...RECORD, ...young.mark };
  assertEquals([second.fence, old.isLostTo(second), young.isLostTo(second)], [2, true, false]);
  // The old one had looked before that, and saves after it: the young one is not taken in.
  assertEquals(young.isLostTo(first), false);
});

Deno.test("SessionHold with the same fence as another is lost where the other has written last", () => {
  const [one, other] = [new SessionHold(() => 0.1), new SessionHold(() => 0.2)];
  for (const hold of [one, other]) hold.take(RECORD);
  const written = { ...RECORD, ...other.mark };
  assertEquals([one.isLostTo(written), other.isLostTo(written)], [true, false]);
});

Deno.test("SessionHold is not lost to a record without a mark, or with a mark that is none", () => {
  const hold = new SessionHold(() => 0.1);
  hold.take(undefined);
  const marks: readonly Record<string, unknown>[] = [
    {},
    { holder: "x" },
    { fence: 9 },
    { holder: 5, fence: 9 },
    { holder: "x", fence: "9" },
    { holder: "x", fence: 0.5 },
  ];
  for (const mark of marks) assertEquals(hold.isLostTo({ ...RECORD, ...mark }), false, JSON.stringify(mark));
  assertEquals([hold.isLostTo(undefined), hold.isLostTo(null)], [false, false]);
});

Deno.test("SessionHold keeps up with a fence that was raised in its own name", () => {
  const hold = new SessionHold(() => 0.1);
  hold.take(undefined);
  hold.take({ ...RECORD, ...hold.mark, fence: 7 });
  assertEquals(hold.mark.fence, 7);
});
