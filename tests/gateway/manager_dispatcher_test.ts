import { assertEquals } from "@std/assert";
import { Dispatcher } from "../../dispatcher.ts";
import type { ManagerDispatcher } from "../../gateway/manager_dispatcher.ts";
import type { ShardContext, ShardEvents } from "../../gateway/shard_events.ts";

interface Shard {
  readonly id: number;
}

Deno.test("ManagerDispatcher promises a shard only with events that always have one", () => {
  const dispatcher = new Dispatcher<ShardEvents<Shard>, ShardContext<Shard>>() as ManagerDispatcher<Shard>;
  const ids: unknown[] = [];
  const budget = { total: 1, remaining: 1, resetAfterMs: 0 };
  dispatcher.listen("ready", ({ shard }, event) => ids.push(shard.id, event.shard.id));
  dispatcher.listen("identifyBudget", ({ total }, event) => {
    const shard: undefined extends typeof event.shard ? Shard | undefined : never = event.shard;
    ids.push(total, shard?.id);
  });
  dispatcher.listen((name, _payload, event) => ids.push(name, event.shard?.id));
  dispatcher.addEventListener("critical", ({ detail, shard }) => ids.push(detail.code, shard?.id));
  const shard: Shard = { id: 7 };
  dispatcher.dispatch("ready", { shard }, { shard });
  dispatcher.dispatch("identifyBudget", budget);
  assertEquals(ids, [7, 7, "ready", 7, 1, undefined, "identifyBudget", undefined]);
});
