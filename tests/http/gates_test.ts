import { assert, assertEquals } from "@std/assert";
import { HeldTurn, type Waiter } from "../../http/gate.ts";
import { Gates } from "../../http/gates.ts";
import type { RateLimitHeaders, Turn } from "../../http/mod.ts";
import { VirtualClock } from "../../testing/mod.ts";
import { seededRandom } from "./limited_server.ts";
import { StepClock } from "./limiter_world.ts";

const WALKS = 3000;

Deno.test("Gates forgets what was only asked about, before there is too much of it (B10.1, C16)", () => {
  const gates = new Gates(new VirtualClock(), 100);
  for (let index = 0; index < 1000; index++) {
    const turn = {
      routeKey: "GET /x",
      majorKey: `channels/${index}`,
      rank: 0,
      sequence: index,
      bodyKeys: undefined,
    };
    gates.estimate(turn);
  }
  assert(gates.size <= 100 && gates.lineCount <= 100, `${gates.size} buckets, ${gates.lineCount} lines`);
});

/** Walks at random through a room whose server says whatever it likes; every turn must be somewhere, and nobody stuck. */
async function walkAnywhere(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(random() * values.length)] as Value;
  const clock = new StepClock();
  const gates = new Gates(clock, 4);
  const out: HeldTurn[] = [];
  const waiting = new Set<Waiter>();
  let sequence = 0;
  const enter = (): void => {
    const turn: Turn = {
      routeKey: pick(["GET /a", "PUT /a", "POST /b", "GET /c"]),
      majorKey: pick(["channels/1", "channels/2"]),
      rank: pick([0, 0, -1]),
      sequence: sequence++,
      bodyKeys: random() < 0.4 ? new Set([pick(["name", "topic"])]) : undefined,
      isOrdered: random() < 0.3,
      bucketScope: random() < 0.2 ? "scope" : undefined,
      limitHint: random() < 0.2 ? { limit: pick([1, 3]), windowMs: 500 } : undefined,
    };
    const held = gates.tryEnter(turn);
    if (held !== undefined) out.push(held);
    else waiting.add(gates.enter(turn));
  };
  const look = (): void => {
    for (const waiter of waiting) {
      if (waiter.permit === undefined) continue;
      assert(waiter.permit instanceof HeldTurn);
      out.push(waiter.permit);
      waiting.delete(waiter);
    }
    const counts = gates.status().buckets.map(({ inFlight }) => inFlight);
    assert(counts.every((count) => count >= 0), `a bucket counts ${counts}`);
    assertEquals(
      counts.reduce((sum, count) => sum + count, 0),
      out.length,
      "turns are counted where they are not",
    );
    assert(
      waiting.size === 0 || out.length > 0 || clock.pendingTimers > 0,
      "somebody waits and nothing can happen",
    );
  };
  const headers = (): RateLimitHeaders | undefined => {
    const limit = pick([1, 2, 5]);
    const resetAfterMs = pick([0, 300, 2000]);
    const resetAt = random() < 0.5 ? clock.wallNow() + resetAfterMs : undefined;
    const remaining = Math.floor(random() * (limit + 1));
    return random() < 0.2
      ? undefined
      : { bucket: pick(["one", "two", "three", undefined]), limit, remaining, resetAfterMs, resetAt };
  };
  const end = (isWild: boolean): void => {
    const [held] = out.splice(Math.floor(random() * out.length), 1);
    if (held === undefined) return;
    const chance = isWild ? random() : 1;
    if (random() < 0.8) held.send();
    if (chance < 0.1) held.release();
    else if (chance < 0.2) held.giveBack();
    else {
      const scope = pick(["user", "user", "shared", "global"] as const);
      const refusal = chance < 0.4
        ? { scope, isSublimit: random() < 0.3, retryAfterMs: 1 + random() * 1000 }
        : undefined;
      held.settle({ headers: headers(), isSuccess: refusal === undefined && random() < 0.8, refusal });
    }
    held.leave();
  };
  for (let step = 0; step < 60; step++) {
    const chance = random();
    if (chance < 0.45) enter();
    else if (chance < 0.8) end(true);
    else if (chance < 0.85) {
      for (const waiter of waiting) {
        waiter.leave();
        waiting.delete(waiter);
        break;
      }
    } else await clock.moveTo(clock.now() + random() * 700);
    look();
  }
  for (let round = 0; out.length + waiting.size > 0; round++) {
    assert(round < 1000, "turns do not come to an end");
    if (out.length > 0) end(false);
    else await clock.moveTo(clock.nextAt);
    look();
  }
  await clock.moveTo(clock.now() + 3_600_000);
  gates.forget();
  assertEquals([gates.size, gates.lineCount, clock.pendingTimers], [0, 0, 0]);
}

Deno.test("Gates loses no turn and strands nobody, whatever the answers say (A5.5, B4.7, B4.8, C3, C4, C16)", async () => {
  const first = 1 + Math.floor(Date.now() / 86_400_000) * WALKS;
  for (let seed = first; seed < first + WALKS; seed++) {
    try {
      await walkAnywhere(seed);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
});
