// What handing on one event costs, by who listens.
import { Dispatcher } from "../../dispatcher.ts";

interface BenchEvents {
  tick: number;
}

function createDispatcher(listeners: number): Dispatcher<BenchEvents> {
  const dispatcher = new Dispatcher<BenchEvents>();
  for (let index = 0; index < listeners; index++) dispatcher.listen("tick", () => {});
  return dispatcher;
}

for (const listeners of [0, 1, 10]) {
  const dispatcher = createDispatcher(listeners);
  Deno.bench({
    name: `dispatch to ${listeners} listeners`,
    group: "dispatch",
    baseline: listeners === 0,
    fn: () => void dispatcher.dispatch("tick", 1),
  });
}

const looped = createDispatcher(0);
const ticks = looped.events("tick");
Deno.bench("dispatch to a loop, and read it", { group: "dispatch" }, async () => {
  looped.dispatch("tick", 1);
  await ticks.next();
});
