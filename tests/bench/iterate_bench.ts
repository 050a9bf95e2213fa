// What it costs to read events in a loop, by how they come.
import { Dispatcher } from "../../dispatcher.ts";

interface BenchEvents {
  tick: number;
}

/** So many events are one turn of the bench. */
const EVENTS = 1000;

const single = new Dispatcher<BenchEvents>();
const singles = single.events("tick");
Deno.bench(`read ${EVENTS} events, one at a time`, { group: "iterate", baseline: true }, async () => {
  for (let index = 0; index < EVENTS; index++) {
    single.dispatch("tick", index);
    await singles.next();
  }
});

const burst = new Dispatcher<BenchEvents>();
const bursts = burst.events("tick");
Deno.bench(`read ${EVENTS} events of one burst`, { group: "iterate" }, async () => {
  for (let index = 0; index < EVENTS; index++) burst.dispatch("tick", index);
  for (let index = 0; index < EVENTS; index++) await bursts.next();
});

const full = new Dispatcher<BenchEvents>();
full.events("tick", { limit: 16, overflow: "dropOldest" });
Deno.bench(`drop ${EVENTS} events that nobody reads`, { group: "iterate" }, () => {
  for (let index = 0; index < EVENTS; index++) full.dispatch("tick", index);
});
