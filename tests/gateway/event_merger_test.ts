import { assertEquals } from "@std/assert";
import { EventMerger } from "../../gateway/event_merger.ts";
import type { GatewayPayload } from "../../gateway/payload.ts";

function reaction(emoji: string): GatewayPayload {
  return { op: 0, t: "MESSAGE_REACTION_ADD", s: 1, d: { message_id: "1", emoji } };
}

/** What is delivered in all: by the old set, at the switch, and by the new set. */
class Merged {
  readonly #merger = new EventMerger<undefined>(100, () => 0);
  delivered = 0;

  old(event: GatewayPayload, now: number): void {
    this.delivered += 1;
    this.#merger.oldDelivered(event, now);
  }

  began(now: number): void {
    this.#merger.began(0, now);
  }

  young(event: GatewayPayload, now: number): void {
    this.#merger.newSeen({ payload: event, context: undefined }, now);
  }

  switch(): void {
    this.delivered += this.#merger.switch().length;
  }

  late(event: GatewayPayload): void {
    if (!this.#merger.isRepeated(event)) this.delivered += 1;
  }
}

Deno.test("EventMerger does not double an event that came just before a new session was seen to begin (SH-6)", () => {
  const merged = new Merged();
  merged.old(reaction("a"), 900); // Discord had it after the new session: that one sees it, too, but later.
  merged.began(1_000);
  merged.young(reaction("a"), 1_010);
  merged.switch();
  assertEquals(merged.delivered, 1);
});

Deno.test("EventMerger loses no event for one that a new session never saw, however it comes again (SH-6)", () => {
  for (const firstAt of [0, 900, 999]) {
    for (const order of ["old first", "new first", "none"]) {
      const merged = new Merged();
      merged.old(reaction("a"), firstAt); // Before the new session, for Discord as well.
      merged.began(1_000);
      if (order === "old first") merged.old(reaction("a"), 5_000);
      if (order !== "none") merged.young(reaction("a"), 5_000);
      if (order === "new first") merged.old(reaction("a"), 5_001);
      merged.switch();
      merged.late(reaction("a"));
      assertEquals(merged.delivered, order === "none" ? 2 : 3, `${firstAt}, ${order}`);
    }
  }
});

Deno.test("EventMerger delivers at the switch what only the new set has seen, and later nothing twice (SH-3)", () => {
  const merged = new Merged();
  merged.began(0);
  merged.young(reaction("a"), 10);
  merged.old(reaction("b"), 20);
  merged.switch();
  assertEquals(merged.delivered, 2);
  merged.late(reaction("b"));
  assertEquals(merged.delivered, 2);
  merged.late(reaction("b"));
  assertEquals(merged.delivered, 3);
});
