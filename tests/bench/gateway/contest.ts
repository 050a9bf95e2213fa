import { sleep, systemClock } from "../../../clock.ts";
import type {
  ClientMemory,
  ClientPlan,
  ClientReport,
  ClientStart,
  ServerAddress,
  ServerPlan,
} from "./orders.ts";
import type { IdentifyReport, Playback } from "./mock_gateway.ts";
import { pathIn } from "./peers.ts";
import { Program } from "./program.ts";
import type { FigureName, IdleRow, Row, StartRow, TrafficRow } from "./rows.ts";
import type { Runtime, RuntimeName } from "./runtimes.ts";
import type { Totals } from "./traffic.ts";

/** What was measured of a contestant, at one turn of a row. Turns of the same number are beside each other. */
export interface Sample {
  readonly row: Row;
  readonly contestant: string;
  readonly turn: number;
  readonly figures: Readonly<Partial<Record<FigureName, number>>>;
  /** What the turn is of, where not all are of the same. */
  readonly note?: string;
}

/** Who can't be measured, or has not got what was sent. */
export interface Fault {
  readonly row: Row;
  readonly contestant: string;
  readonly reason: string;
}

/** What comes of a round of a row. */
export interface Outcome {
  readonly samples: readonly Sample[];
  readonly faults: readonly Fault[];
}

const HERE = new URL("./", import.meta.url);
/** Where nobody has to wait to identify. */
const CONNECT_PATIENCE_MS = 40_000;
const START_PATIENCE_MS = 600_000;
/** Between "I expect" and the first byte: who has said something has then come to rest. */
const HEAD_START_MS = 20;
/** Looks like a real one, for whoever looks; the name of a contestant comes after it. */
const TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.";
/** Between two identifies of a key. */
const IDENTIFY_WINDOW_S = 5;
const MEGABYTE_KB = 1024;

/** Measures contestants (`name/runtime`) at a row, once. */
export class Round {
  readonly #runtimes: ReadonlyMap<RuntimeName, Runtime>;
  readonly #number: number;
  readonly #samples: Sample[] = [];
  readonly #faults: Fault[] = [];

  constructor(runtimes: ReadonlyMap<RuntimeName, Runtime>, number: number) {
    this.#runtimes = runtimes;
    this.#number = number;
  }

  async measure(row: Row, contestants: readonly string[]): Promise<Outcome> {
    if (row.kind === "traffic") await this.#traffic(row, contestants);
    else if (row.kind === "idle") await this.#idle(row, contestants);
    else await this.#start(row, contestants);
    return { samples: this.#samples, faults: this.#faults };
  }

  /** All are connected; then each has a piece, one after the other, and then the next piece. */
  async #traffic(row: TrafficRow, contestants: readonly string[]): Promise<void> {
    const { shards, pieces } = row;
    await using server = new Program(...this.#serverCommand({ shards, maxConcurrency: shards, pieces }));
    const { host, totals } = await server.answer<ServerAddress>();
    await using stack = new AsyncDisposableStack();
    const clients = new Map<string, Program>();
    for (const contestant of contestants) {
      const plan = { host, token: tokenOf(contestant), shards, wanted: row.wanted };
      await this.#try(row, contestant, async () => {
        clients.set(contestant, await this.#connect(stack, contestant, plan));
      });
    }
    for (const [piece, { events, messages, characters }] of totals.entries()) {
      for (const [contestant, client] of clients) {
        const sent = { events: row.wanted === "all" ? events : messages, messages, characters };
        const isDone = await this.#try(row, contestant, async () => {
          const [report, playback] = await play(server, client, { row, contestant, piece, sent });
          if (piece === 0) return;
          const turn = this.#number * totals.length + piece;
          this.#samples.push({ row, contestant, turn, figures: figuresOf(row, events, report, playback) });
        });
        if (!isDone) clients.delete(contestant);
      }
    }
  }

  /** One after the other: with few shards, and with many. */
  async #idle(row: IdleRow, contestants: readonly string[]): Promise<void> {
    const { few, many, events } = row;
    const plan = { shards: many, maxConcurrency: many, pieces: [events] };
    await using server = new Program(...this.#serverCommand(plan));
    const { host, totals: [sent] } = await server.answer<ServerAddress>();
    for (const contestant of contestants) {
      await this.#try(row, contestant, async () => {
        const residents: number[] = [];
        for (const shards of [few, many]) {
          await using stack = new AsyncDisposableStack();
          const token = `${tokenOf(contestant)}${shards}`;
          const client = await this.#connect(stack, contestant, { host, token, shards, wanted: "all" });
          if (sent !== undefined) {
            await play(server, client, { row, contestant, piece: 0, sent, token, shards });
          }
          residents.push(await restOf(client));
        }
        const [ofFew = 0, ofMany = 0] = residents;
        const figures = { memory: (ofMany - ofFew) / (many - few) };
        this.#samples.push({ row, contestant, turn: this.#number, figures });
      });
    }
  }

  /** All at once: nobody has much to do. */
  async #start(row: StartRow, contestants: readonly string[]): Promise<void> {
    const { few, many, maxConcurrency } = row;
    await using server = new Program(...this.#serverCommand({ shards: many, maxConcurrency, pieces: [] }));
    const { host } = await server.answer<ServerAddress>();
    const runs = contestants.flatMap((contestant) => [few, many].map((shards) => ({ contestant, shards })));
    await Promise.all(runs.map(({ contestant, shards }) =>
      this.#try(row, contestant, async () => {
        await using stack = new AsyncDisposableStack();
        const plan = { host, token: `${tokenOf(contestant)}${shards}`, shards, wanted: "all" } as const;
        const client = this.#spawn(stack, contestant, plan);
        const { startMs, cpuMs } = await client.answer<ClientStart>(START_PATIENCE_MS);
        const figures = {
          start: startMs / 1_000,
          ideal: (Math.ceil(shards / maxConcurrency) - 1) * IDENTIFY_WINDOW_S,
          cpu: cpuMs * 1_000 / shards,
          memory: await restOf(client) / shards,
        };
        this.#samples.push({ row, contestant, turn: this.#number, figures, note: `${shards} shards` });
      })
    ));
    for (const { contestant, shards } of runs) {
      await this.#try(row, contestant, async () => {
        await server.tell({ type: "identifies", token: `${tokenOf(contestant)}${shards}` });
        const { count, tooSoon } = await server.answer<IdentifyReport>();
        if (count === shards && tooSoon === 0) return;
        throw new Error(`${count} of ${shards} shards have identified, ${tooSoon} of them too soon`);
      });
    }
  }

  async #connect(
    stack: AsyncDisposableStack,
    contestant: string,
    plan: Omit<ClientPlan, "contestant">,
  ): Promise<Program> {
    const client = this.#spawn(stack, contestant, plan);
    await client.answer<ClientStart>(CONNECT_PATIENCE_MS);
    return client;
  }

  #spawn(
    stack: AsyncDisposableStack,
    contestant: string,
    plan: Omit<ClientPlan, "contestant">,
  ): Program {
    const [name, runtimeName] = partsOf(contestant);
    const runtime = this.#runtimes.get(runtimeName);
    if (runtime === undefined) throw new Error(`there is no ${runtimeName}`);
    const wholePlan: ClientPlan = { contestant: name, ...plan };
    const args = [...runtime.args, pathIn(HERE, "client_process.ts"), JSON.stringify(wholePlan)];
    return stack.use(new Program(runtime.command, args));
  }

  #serverCommand(plan: Omit<ServerPlan, "seed">): [string, readonly string[]] {
    const wholePlan: ServerPlan = { ...plan, seed: this.#number + 1 };
    const rights = ["--allow-net=127.0.0.1", "--allow-read", "--allow-env", "--allow-sys"];
    const program = pathIn(HERE, "server_process.ts");
    const args = ["run", "--quiet", "--no-config", "--no-lock", "--no-check", ...rights, program];
    return [Deno.execPath(), [...args, JSON.stringify(wholePlan)]];
  }

  /** Whoever fails is out of the row; the others go on. */
  async #try(row: Row, contestant: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#faults.push({ row, contestant, reason });
      return false;
    }
  }
}

/** The name of a contestant, and of its runtime. */
export function partsOf(contestant: string): [string, RuntimeName] {
  const at = contestant.lastIndexOf("/");
  return [contestant.slice(0, at), contestant.slice(at + 1) as RuntimeName];
}

interface Turn {
  readonly row: Row;
  readonly contestant: string;
  readonly piece: number;
  /** What each shard is sent, of what is wanted. */
  readonly sent: Totals;
  readonly token?: string;
  readonly shards?: number;
}

/** Has a piece played to a client; throws unless it has got all of it, and no more. */
async function play(server: Program, client: Program, turn: Turn): Promise<[ClientReport, Playback]> {
  const { row, contestant, piece, sent, token = tokenOf(contestant) } = turn;
  const { shards = row.kind === "traffic" ? row.shards : 1 } = turn;
  const perSecond = row.kind === "traffic" ? row.perSecond : undefined;
  await client.tell({ type: "expect", events: sent.events * shards, isTimed: perSecond !== undefined });
  await client.answer();
  await sleep(systemClock, HEAD_START_MS);
  await server.tell({ type: "play", token, piece, ...perSecond === undefined ? {} : { perSecond } });
  const [report, playback] = await Promise.all([client.answer<ClientReport>(), server.answer<Playback>()]);
  for (const name of ["events", "messages", "characters"] as const) {
    const expected = sent[name] * shards;
    if (report[name] !== expected) throw new Error(`it got ${report[name]} of ${expected} ${name}`);
  }
  return [report, playback];
}

function figuresOf(
  { shards, perSecond }: TrafficRow,
  eventsOfShard: number,
  report: ClientReport,
  playback: Playback,
): Sample["figures"] {
  const events = eventsOfShard * shards;
  const cpu = report.cpuUs / events;
  const peak = report.peakKb / MEGABYTE_KB;
  if (perSecond === undefined) {
    return { cpu, rate: events / (report.endedAt - playback.startedAt), peak };
  }
  const latencies = report.receivedAt.map((at, index) => at - (playback.sentAt[index] ?? NaN))
    .toSorted((one, other) => one - other);
  const at = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? NaN;
  return { p50: at(0.5), p99: at(0.99), cpu };
}

async function restOf(client: Program): Promise<number> {
  await client.tell({ type: "rest" });
  return (await client.answer<ClientMemory>()).residentKb;
}

function tokenOf(contestant: string): string {
  return TOKEN + contestant.replaceAll(/\W/g, "_");
}
