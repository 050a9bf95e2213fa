import { assert, assertEquals } from "@std/assert";
import { EdgeBlocks, InvalidRequestCount, KnownRefusals } from "../../http/known_refusals.ts";
import { Route } from "../../http/mod.ts";

const MINUTE_MS = 60_000;
const me = new Route("GET", "/users/@me");
const guilds = new Route("GET", "/users/@me/guilds");

function hook(id: string, token = "token-of-a-webhook"): Route {
  return new Route("POST", "/webhooks/{webhook_id}/{webhook_token}", {
    webhook_id: id,
    webhook_token: token,
  });
}

Deno.test("KnownRefusals refuses a bot's token everywhere after a 401, and no other (A10.2)", () => {
  const known = new KnownRefusals();
  known.note(me, "Bot one", 401, 0, 0);
  assertEquals([known.statusOf(guilds, "Bot one", 0), known.statusOf(me, "Bot two", 0)], [401, undefined]);
  assertEquals(known.statusOf(me, undefined, 0), undefined);
});

Deno.test("KnownRefusals refuses a grant only where it was refused: it may lack a scope (A10.2)", () => {
  const known = new KnownRefusals();
  known.note(guilds, "Bearer one", 401, 0, 0);
  assertEquals([known.statusOf(guilds, "Bearer one", 0), known.statusOf(me, "Bearer one", 0)], [
    401,
    undefined,
  ]);
});

Deno.test("KnownRefusals draws nothing from a 401 of a token in the path (A10.2)", () => {
  const known = new KnownRefusals();
  known.note(hook("1"), "Bot one", 401, 50027, 0);
  assertEquals(known.statusOf(me, "Bot one", 0), undefined);
});

Deno.test("KnownRefusals takes an unknown webhook for gone, for a while (A10.3)", () => {
  const known = new KnownRefusals();
  known.note(hook("1"), undefined, 404, 10015, 0);
  known.note(hook("2"), undefined, 404, 10008, 0);
  assertEquals([
    known.statusOf(hook("1"), undefined, 9 * MINUTE_MS),
    known.statusOf(hook("1"), undefined, 10 * MINUTE_MS),
  ], [404, undefined]);
  assertEquals([
    known.statusOf(hook("2"), undefined, 0),
    known.statusOf(hook("1", "another-token"), undefined, 0),
  ], [
    undefined,
    undefined,
  ]);
  const followUp = new Route("POST", "/webhooks/{application_id}/{interaction_token}", {
    application_id: "1",
    interaction_token: "x",
  });
  known.note(followUp, undefined, 404, 10015, 0);
  assertEquals(known.statusOf(followUp, undefined, 0), undefined);
});

Deno.test("EdgeBlocks blocks a route first, then everything (A9.4, C12)", () => {
  const edge = new EdgeBlocks();
  assertEquals(edge.block("a", undefined, 0), { isEverything: false, retryAfterMs: MINUTE_MS });
  assertEquals([edge.waitMs("a", 0), edge.waitMs("b", 0)], [MINUTE_MS, 0]);
  assertEquals(edge.block("b", 5000, 30_000), { isEverything: true, retryAfterMs: 5000 });
  assertEquals([edge.waitMs("c", 30_000), edge.waitMs("a", 30_000)], [5000, 30_000]);
});

Deno.test("EdgeBlocks keeps routes apart that were blocked more than a minute apart (A9.4)", () => {
  const edge = new EdgeBlocks();
  edge.block("a", 1000, 0);
  assertEquals(edge.block("b", 1000, MINUTE_MS + 1).isEverything, false);
});

Deno.test("EdgeBlocks lets exactly one find out when the time is over (A9.4, C12)", () => {
  const edge = new EdgeBlocks();
  edge.block("a", 1000, 0);
  assertEquals(edge.enter("a", 999), { isBlocked: true, retryAfterMs: 1 });
  const probe = edge.enter("a", 1000);
  assert(!probe.isBlocked);
  assertEquals(edge.enter("a", 1000).isBlocked, true);
  probe.end("unknown");
  probe.end("passed");
  const second = edge.enter("a", 1000);
  assert(!second.isBlocked);
  second.end("passed");
  assertEquals([edge.enter("a", 1000).isBlocked, edge.enter("a", 1000).isBlocked], [false, false]);
});

Deno.test("EdgeBlocks blocks for twice as long each time, up to an hour (A9.4)", () => {
  const edge = new EdgeBlocks();
  const lengths: number[] = [];
  for (let now = 0, strike = 0; strike < 9; strike++) {
    const { retryAfterMs } = edge.block("a", undefined, now);
    lengths.push(retryAfterMs / MINUTE_MS);
    now += retryAfterMs;
  }
  assertEquals(lengths, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

Deno.test("InvalidRequestCount counts the last ten minutes (A10.1)", () => {
  const count = new InvalidRequestCount();
  assertEquals([count.add(0), count.add(5000), count.add(5 * MINUTE_MS)], [1, 2, 3]);
  assertEquals([count.count(10 * MINUTE_MS + 9999), count.count(10 * MINUTE_MS + 10_000)], [3, 1]);
  assertEquals(count.lowerAt(11 * MINUTE_MS), 15 * MINUTE_MS + 10_000);
  assertEquals([count.count(16 * MINUTE_MS), count.lowerAt(16 * MINUTE_MS)], [0, 16 * MINUTE_MS]);
});
