import { assertEquals } from "@std/assert";
import { MemorySessionStore, SessionStoreView, type StoredSession } from "../../gateway/session_store.ts";

function session(shardId: number, sequence: number): StoredSession {
  return {
    sessionId: `s${shardId}`,
    resumeGatewayUrl: undefined,
    sequence,
    shardId,
    shardCount: 2,
    intents: 0,
    tokenFingerprint: "f",
  };
}

Deno.test("SessionStoreView takes over when what it got is handled, and then what is newer has the last word (SEQ-6)", async () => {
  const store = new MemorySessionStore();
  const old = new SessionStoreView(store, true);
  const next = new SessionStoreView(store, false);
  for (const id of [0, 1, 2]) await old.save(id, session(id, 10));
  await next.save(0, session(0, 1));
  await next.save(1, session(1, 1));
  assertEquals(next.load(0), undefined);
  const handled = Promise.withResolvers<void>();
  const takingOver = next.takeOver(old, [2], handled.promise);
  const newer = next.save(0, session(0, 5));
  await old.save(1, session(1, 11)); // Too late.
  assertEquals([0, 1, 2].map((id) => store.load(id)?.sequence), [10, 10, 10]);
  handled.resolve();
  await takingOver;
  await newer;
  assertEquals([0, 1, 2].map((id) => store.load(id)?.sequence), [5, 1, undefined]);
  await next.save(1, session(1, 6));
  assertEquals(store.load(1)?.sequence, 6);
});
