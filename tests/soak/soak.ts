/**
 * A bot with many shards over a long time, on real sockets: what is lost, what comes twice, and whether memory stays flat.
 *
 *     deno task soak [--minutes 30] [--shards 64] [--events 500] [--drop-every-ms 3000]
 *
 * Exits with 1 when an event was lost or came twice, or when a session was lost.
 *
 * @module
 */
import { BotAuthentication, HTTPClient, Intents, ShardManager, sleep, systemClock } from "../../mod.ts";
import type { SoakAddress, SoakPlan, SoakTotals } from "./discord_process.ts";

const TOKEN = "a.b.c";
/** Events are told apart by their content. */
const INTENTS: number = Intents.GuildMessages | Intents.MessageContent;
const MINUTE_MS = 60_000;
/** How often figures are shown. */
const REPORT_MS = 15_000;
/** How long the last events may take: a frozen line is found out only by its heartbeats. */
const DRAIN_MS = 150_000;
const MIB = 2 ** 20;

/** The soak's Discord, and how to talk to it. */
class DiscordProcess {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  constructor(plan: SoakPlan) {
    this.#process = new Deno.Command("deno", {
      args: [
        "run",
        "--allow-net=127.0.0.1",
        new URL("./discord_process.ts", import.meta.url).href,
        JSON.stringify(plan),
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#lines = linesOf(this.#process.stdout);
  }

  /** The next thing that it says. */
  async read<Said>(): Promise<Said> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error("The Discord of the soak has ended: see its error above");
    return JSON.parse(value);
  }

  /** Tells it to go on to what is next. */
  async proceed(): Promise<void> {
    await this.#input.write(new TextEncoder().encode("\n"));
  }

  async end(): Promise<void> {
    await this.#input.close();
    await this.#process.status;
  }
}

/** Counts what comes. */
class Tally {
  received = 0;
  doubled = 0;
  /** Events that came before one with a lower number. */
  skipped = 0;
  readonly #last: number[];

  constructor(shards: number) {
    this.#last = new Array<number>(shards).fill(0);
  }

  take(shardId: number, index: number): void {
    const expected = (this.#last[shardId] ?? 0) + 1;
    this.received += 1;
    if (index < expected) {
      this.doubled += 1;
      return;
    }
    this.skipped += index - expected;
    this.#last[shardId] = index;
  }

  /** Events that have not come. */
  missing(sent: readonly number[]): number {
    return sent.reduce((sum, count, shardId) => sum + count - (this.#last[shardId] ?? 0), this.skipped);
  }
}

if (import.meta.main) Deno.exit(await soak(planOf(Deno.args)));

async function soak({ minutes, ...plan }: SoakPlan & { readonly minutes: number }): Promise<number> {
  const discord = new DiscordProcess(plan);
  const { baseUrl } = await discord.read<SoakAddress>();
  const tally = new Tally(plan.shards);
  const counts = { sessionLost: 0, disconnect: 0, clientDisconnect: 0, resumed: 0 };
  await using http = new HTTPClient({ baseUrl });
  await using manager = new ShardManager(new BotAuthentication(TOKEN), INTENTS, http);
  manager.listen("MESSAGE_CREATE", ({ content }, { shard }) => tally.take(shard.id, Number(content)));
  for (const name of ["sessionLost", "disconnect", "clientDisconnect", "resumed"] as const) {
    manager.dispatcher.listen(name, () => counts[name] += 1);
  }
  await manager.connect();
  await manager.ready();
  await discord.proceed();
  console.log(
    `${plan.shards} shards are ready; ${plan.eventsPerSecond} events a second for ${minutes} minutes`,
  );
  for (let passedMs = 0; passedMs < minutes * MINUTE_MS; passedMs += REPORT_MS) {
    await sleep(systemClock, REPORT_MS);
    show(`${((passedMs + REPORT_MS) / MINUTE_MS).toFixed(2)} min`, tally, counts);
  }
  await discord.proceed();
  const { sent, drops } = await discord.read<SoakTotals>();
  await drain(tally, sent);
  const total = sent.reduce((sum, count) => sum + count, 0);
  const lost = tally.missing(sent);
  console.log(`${total} events sent, ${lost} lost, ${tally.doubled} doubled; ${drops} drops`);
  await manager.close();
  await discord.end();
  return lost + tally.doubled + counts.sessionLost === 0 ? 0 : 1;
}

/** Waits for the last events. */
async function drain(tally: Tally, sent: readonly number[]): Promise<void> {
  for (let waitedMs = 0; waitedMs < DRAIN_MS && tally.missing(sent) > 0; waitedMs += 500) {
    await sleep(systemClock, 500);
  }
}

function show(
  when: string,
  { received, doubled, skipped }: Tally,
  counts: Readonly<Record<string, number>>,
): void {
  const { rss, heapUsed, external } = Deno.memoryUsage();
  const memory = [rss, heapUsed, external].map((bytes) => (bytes / MIB).toFixed(1)).join(" / ");
  const ends = Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(", ");
  console.log(
    `${when}: ${received} events, ${skipped} skipped, ${doubled} doubled, ${ends}; ` +
      `memory ${memory} MiB (rss / heap / external)`,
  );
}

/** The options, with their defaults. */
function planOf(args: readonly string[]): SoakPlan & { readonly minutes: number } {
  const read = (name: string, otherwise: number): number => {
    const at = args.indexOf(name);
    const value = at === -1 ? otherwise : Number(args[at + 1]);
    if (value > 0) return value;
    throw new RangeError(`${name} must be a positive number`);
  };
  return {
    token: TOKEN,
    minutes: read("--minutes", 30),
    shards: read("--shards", 64),
    eventsPerSecond: read("--events", 500),
    dropEveryMs: read("--drop-every-ms", 3_000),
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
