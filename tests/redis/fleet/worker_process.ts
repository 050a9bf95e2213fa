/**
 * A worker of a fleet: notes each event in Redis, and is done with it when that is there. Says every second how long events
 * took; ends at SIGTERM.
 *
 * @module
 */
import { EventSource } from "../../../redis/mod.ts";
import { RespClient } from "../resp_client.ts";
import type { ProcessPlan } from "./gateway_process.ts";

/** What a worker says. */
export interface WorkerReport {
  readonly handled: number;
  readonly doubled: number;
  /** Milliseconds from the Discord to the end of the handler, of some. */
  readonly latenciesMs: readonly number[];
}

const REPORT_MS = 1_000;

if (import.meta.main) {
  const { redisPort, name, ttlMs }: ProcessPlan = JSON.parse(Deno.args[0] ?? "");
  const [client, reader] = [new RespClient(redisPort), new RespClient(redisPort)];
  const source = new EventSource({
    send: (command) => client.send(command),
    read: (command) => reader.send(command),
    name,
    reclaimMs: ttlMs,
  });
  let [handled, doubled] = [0, 0];
  let latenciesMs: number[] = [];
  source.listen("MESSAGE_CREATE", async ({ content }, { shard }) => {
    const [index = "", sentAt] = String(content).split(" ");
    const before = await client.send(["SETBIT", `handled:${shard.id}`, index, "1"]);
    handled += 1;
    if (before === 1) doubled += 1;
    latenciesMs.push(Date.now() - Number(sentAt));
  });
  source.sourceDispatcher.listen(
    "error",
    ({ name: part, error }) => console.error(`${name}: ${part}: ${error}`),
  );
  Deno.addSignalListener("SIGTERM", async () => {
    await source.close();
    Deno.exit(0);
  });
  await source.start();
  setInterval(() => {
    const report: WorkerReport = { handled, doubled, latenciesMs };
    console.log(JSON.stringify(report));
    [handled, doubled, latenciesMs] = [0, 0, []];
  }, REPORT_MS);
}
