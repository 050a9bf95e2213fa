// What the dashboard shows: from a state to lines of text, and nothing else.
import type { HTTPStatus, ShardState, ShardStatus } from "@nextsnake/nextcore";
import { fit } from "./text_width.ts";

/** All that is shown. */
export interface DashboardState {
  /** Milliseconds since the start. */
  readonly elapsedMs: number;
  /** How many shards the bot has; `undefined` while it is not known. */
  readonly shardCount: number | undefined;
  /** The shards that run here. */
  readonly shards: readonly ShardStatus[];
  /** Shards that have become ready, a second. */
  readonly readyPerSecond: number;
  /** The mean latency, oldest first. */
  readonly latencies: readonly number[];
  /** The latencies of single shards, oldest first, where they are kept. */
  readonly shardLatencies: ReadonlyMap<number, readonly number[]>;
  /** Events a second, by name. */
  readonly eventRates: ReadonlyMap<string, number>;
  /** What the HTTP client does. */
  readonly http: HTTPStatus;
}

/** The size of a terminal. */
export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** A sign for each state, so that it can be told without colours; the worst comes last. */
const SIGNS: Readonly<Record<ShardState, string>> = {
  ready: "#",
  resuming: "r",
  identifying: "i",
  awaitingPermit: ".",
  awaitingHello: "h",
  connecting: "c",
  idle: "-",
  backoff: "b",
  dead: "X",
};
const STATES = Object.keys(SIGNS) as ShardState[];
const BARS = "▁▂▃▄▅▆▇█";
/** The most rows that the map of shards and each list take. */
const MAP_ROWS = 8;
const LIST_ROWS = 8;

/** The dashboard as lines: at most as many as there are rows, each as wide as the terminal. */
export function renderFrame(state: DashboardState, { columns, rows }: FrameSize): string[] {
  const width = Math.max(1, Math.floor(columns));
  const map = shardMap(state.shards, width);
  // What is left of the screen goes to three lists, each with its title or what is more.
  const list = Math.max(1, Math.min(LIST_ROWS, Math.floor((rows - map.length - 9) / 3)));
  const lines = [
    titleLine(state),
    progressLine(state, width),
    stateLine(state.shards),
    ...map,
    "",
    `latency ${sparkline(state.latencies, Math.max(1, width - 8))}`,
    ...shardList(state, list),
    "",
    ...eventList(state.eventRates, width, list),
    "",
    ...bucketList(state.http, list),
  ];
  return lines.slice(0, Math.max(1, Math.floor(rows))).map((line) => fit(line, width));
}

/** The same in one line, for where there is no terminal. */
export function renderLine(state: DashboardState): string {
  const { http, elapsedMs } = state;
  const parts = [
    duration(elapsedMs),
    `${count(readyCount(state))}/${count(totalOf(state))} shards ready`,
    `${rate(totalRate(state))} events/s`,
    `latency ${latency(state.latencies.at(-1))}`,
    `${count(http.pending)} requests pending`,
  ];
  return fit(parts.join(", "), 200).trimEnd();
}

/** The last values as bars; the highest is as high as a bar can be. */
export function sparkline(values: readonly number[], columns: number): string {
  const shown = values.slice(-columns);
  const highest = Math.max(...shown, 1e-9);
  return shown.map((value) => BARS[Math.min(7, Math.max(0, Math.round(value / highest * 7)))]).join("");
}

function titleLine(state: DashboardState): string {
  const { shards, shardCount, elapsedMs, latencies } = state;
  const here = shardCount === undefined || shardCount === shards.length
    ? `${count(shards.length)} shards`
    : `${count(shards.length)} of ${count(shardCount)} shards`;
  return `nextcore  ${here}  up ${duration(elapsedMs)}  ${rate(totalRate(state))} events/s  ` +
    `latency ${latency(latencies.at(-1))}`;
}

function progressLine(state: DashboardState, width: number): string {
  const ready = readyCount(state);
  const total = totalOf(state);
  const { readyPerSecond } = state;
  const isDone = total > 0 && ready === total;
  const left = readyPerSecond > 0 ? `, ${duration((total - ready) / readyPerSecond * 1000)} left` : "";
  const text = `${count(ready)}/${count(total)} ready${isDone ? "" : left}`;
  const length = Math.max(0, Math.min(50, width - text.length - 3));
  const filled = total === 0 ? 0 : Math.floor(ready / total * length);
  return `[${"=".repeat(filled)}${" ".repeat(length - filled)}] ${text}`;
}

function stateLine(shards: readonly ShardStatus[]): string {
  const counts = new Map<ShardState, number>();
  for (const { state } of shards) counts.set(state, (counts.get(state) ?? 0) + 1);
  return STATES.filter((state) => counts.has(state))
    .map((state) => `${SIGNS[state]} ${count(counts.get(state) ?? 0)} ${state}`).join("   ");
}

/** A sign for each shard; where there are too many, one stands for several and shows the worst of them. */
function shardMap(shards: readonly ShardStatus[], width: number): string[] {
  if (shards.length === 0) return [];
  const each = Math.ceil(shards.length / (width * MAP_ROWS));
  let signs = "";
  for (let at = 0; at < shards.length; at += each) {
    let worst = 0;
    for (const { state } of shards.slice(at, at + each)) worst = Math.max(worst, STATES.indexOf(state));
    signs += SIGNS[STATES[worst] ?? "idle"];
  }
  const lines = each > 1 ? [`(each sign: ${each} shards)`] : [];
  for (let at = 0; at < signs.length; at += width) lines.push(signs.slice(at, at + width));
  return lines;
}

/** Those that are worst off first, then those that are slowest. */
function shardList({ shards, shardLatencies }: DashboardState, limit: number): string[] {
  const rank = ({ state }: ShardStatus): number => STATES.indexOf(state);
  const worst = shards.toSorted((one, other) =>
    rank(other) - rank(one) || (other.latencyMs ?? 0) - (one.latencyMs ?? 0) || one.id - other.id
  );
  return worst.slice(0, limit).map(({ id, state, latencyMs, received, queued }) =>
    `${String(id).padStart(6)}  ${state.padEnd(14)} ${latency(latencyMs).padStart(8)}  ` +
    `${sparkline(shardLatencies.get(id) ?? [], 16).padEnd(16)}  ${count(received)} events  ${
      count(queued)
    } queued`
  );
}

function eventList(rates: ReadonlyMap<string, number>, width: number, limit: number): string[] {
  const sorted = [...rates].sort(([oneName, one], [otherName, other]) =>
    other - one || (oneName < otherName ? -1 : 1)
  );
  const highest = Math.max(sorted[0]?.[1] ?? 0, 1e-9);
  const bar = Math.max(0, Math.min(40, width - 42));
  const lines = sorted.slice(0, limit).map(([name, value]) =>
    `${fit(name, 30)} ${rate(value).padStart(8)}/s ${"▇".repeat(Math.round(value / highest * bar))}`
  );
  if (sorted.length > limit) lines.push(`and ${sorted.length - limit} more names`);
  return lines.length === 0 ? ["no events yet"] : lines;
}

function bucketList({ pending, invalidRequests, limits }: HTTPStatus, limit: number): string[] {
  const buckets = [...limits.values()].flatMap((owner) => owner.buckets);
  const holds = [...limits.values()].reduce((sum, owner) => sum + owner.holds.length, 0);
  const busiest = buckets.toSorted((one, other) =>
    other.waiting - one.waiting || other.inFlight - one.inFlight || (one.majorKey < other.majorKey ? -1 : 1)
  );
  const title = `requests: ${count(pending)} pending, ${count(invalidRequests)} invalid, ` +
    `${count(buckets.length)} buckets, ${count(holds)} held`;
  return [
    title,
    ...busiest.slice(0, limit).map(
      ({ majorKey, limit: size, available, waiting, inFlight, opensAfterMs }) => {
        const left = `${Number.isFinite(available) ? available : "∞"}/${size ?? "?"} left`;
        const opens = opensAfterMs === undefined ? "" : `  opens in ${duration(opensAfterMs)}`;
        const key = fit(majorKey || "(global)", 28);
        return `  ${key} ${left.padEnd(12)} ${count(inFlight)} sent  ${count(waiting)} waiting${opens}`;
      },
    ),
  ];
}

/** How many shards are ready. */
export function readyCount({ shards }: DashboardState): number {
  return shards.reduce((sum, { state }) => sum + Number(state === "ready"), 0);
}

function totalOf({ shards, shardCount }: DashboardState): number {
  return shards.length > 0 ? shards.length : shardCount ?? 0;
}

function totalRate({ eventRates }: DashboardState): number {
  return [...eventRates.values()].reduce((sum, value) => sum + value, 0);
}

function latency(ms: number | undefined): string {
  return ms === undefined ? "–" : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

function rate(value: number): string {
  return value < 10 ? value.toFixed(1) : count(Math.round(value));
}

/** With a blank between thousands. */
function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? rest : `${Math.floor(seconds / 3600)}:${rest}`;
}
