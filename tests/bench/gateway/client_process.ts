/**
 * One contestant in a process of its own, in any runtime: `<plan as JSON>`. Says when it is ready, does what lines on its
 * input tell, and ends with its input.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { CONTESTANTS } from "./contestants.ts";
import { type ClientOrder, type ClientPlan, type ClientReport, PREFIX } from "./orders.ts";
import { Tally } from "./tally.ts";
import { WallClock } from "./wall_clock.ts";

/** Events that are too many come by then. */
const SETTLE_MS = 50;
/** Whoever takes longer has lost some. */
const PATIENCE_MS = 40_000;

const plan: ClientPlan = JSON.parse(process.argv[2] ?? "");
const create = CONTESTANTS[plan.contestant];
if (create === undefined) throw new Error(`There is no ${plan.contestant}`);
const clock = new WallClock();
const tally = new Tally(plan.shards);
const startedAt = performance.now();
const cpuBefore = cpuUs();
await create({ ...plan, tally });
await tally.allReady;
say({ startMs: performance.now() - startedAt, cpuMs: (cpuUs() - cpuBefore) / 1_000 });
for await (const line of createInterface({ input: process.stdin })) {
  const order: ClientOrder = JSON.parse(line);
  if (order.type === "rest") say(await rest());
  else say(await count(order.events, order.isTimed));
}
process.exit(0); // Whoever is connected would go on for ever.

async function count(events: number, isTimed: boolean | undefined): Promise<ClientReport> {
  collectGarbage();
  const reached = tally.expect(events, isTimed);
  const before = cpuUs();
  say({ isExpecting: true });
  const timeout = new AbortController();
  await Promise.race([reached, pause(PATIENCE_MS, undefined, { signal: timeout.signal }).catch(() => {})]);
  const spent = { cpuUs: cpuUs() - before, endedAt: clock.now() };
  timeout.abort();
  await pause(SETTLE_MS);
  const receivedAt = tally.receivedAt.map((instant) => clock.at(instant));
  return { ...spent, ...tally.totals, receivedAt, peakKb: process.resourceUsage().maxRSS };
}

async function rest(): Promise<{ readonly residentKb: number }> {
  for (let turn = 0; turn < 4; turn += 1) {
    collectGarbage();
    await pause(500);
  }
  return { residentKb: process.memoryUsage().rss / 1024 };
}

/** Where the runtime was told to lend it, or lends it to all. */
function collectGarbage(): void {
  const { gc, Bun: bun } = globalThis as {
    readonly gc?: () => void;
    readonly Bun?: { gc(isForced: boolean): void };
  };
  gc?.();
  bun?.gc(true);
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function say(what: unknown): void {
  console.log(PREFIX + JSON.stringify(what));
}
