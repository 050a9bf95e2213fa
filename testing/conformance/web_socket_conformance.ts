import { type Clock, systemClock } from "../../clock.ts";
import { Simulator } from "../simulator.ts";
import { casesOf, type ConformanceCase, demand, demandMaker, type Rule } from "./conformance_case.ts";
import { TrialTime } from "./trial_time.ts";

const TIMEOUT_MS = 10_000;
const OPEN = 1;
const CLOSED = 3;
/** Codes of an end without a close frame; Deno says 0 (WS-4). */
const NO_CODES: readonly unknown[] = [0, 1005, 1006, undefined];
/** Guilds, their messages, and what is in these. */
const INTENTS = (1 << 0) | (1 << 9) | (1 << 15);

/** Options of {@linkcode webSocketConformance}. */
export interface WebSocketConformanceOptions {
  /** Makes a socket to `url`: what is tried. `discord` is the simulator behind that URL. */
  createWebSocket(url: string, discord: Simulator): WebSocket;
  /**
   * Starts the Discord that is to be reached; called for each case. `Simulator.start` by default, with real sockets on
   * loopback: Deno only, and with permission for the network there.
   */
  createSimulator?(): Simulator | Promise<Simulator>;
  /** The clock that the simulator goes by. `systemClock` by default; a `VirtualClock` for one in memory. */
  clock?: Clock;
  /** How long to wait for what must come, in milliseconds. 10 000 by default. */
  timeoutMs?: number;
}

/**
 * What a `createWebSocket` must do: the part of the web's standard that a shard relies on (§20 of the protocol: WS-*).
 *
 * @example
 * ```ts
 * import { checkConformance, Simulator, VirtualClock, webSocketConformance } from "@nextsnake/nextcore/testing";
 *
 * const clock = new VirtualClock();
 * const cases = webSocketConformance({
 *   createWebSocket: (url, discord) => discord.createWebSocket(url),
 *   createSimulator: () => Simulator.inMemory({ clock }),
 *   clock,
 * });
 * await checkConformance(cases);
 * ```
 */
export function webSocketConformance(options: WebSocketConformanceOptions): readonly ConformanceCase[] {
  demandMaker("webSocketConformance", options, "createWebSocket");
  const { createWebSocket, createSimulator = () => Simulator.start(), clock = systemClock } = options;
  const { timeoutMs = TIMEOUT_MS } = options;
  return casesOf("createWebSocket", RULES, async (check) => {
    const discord = await createSimulator();
    const trial = new SocketTrial(discord, createWebSocket, new TrialTime(clock), timeoutMs);
    try {
      await check(trial);
    } finally {
      await trial.leave();
      await discord.close();
    }
  });
}

const RULES: readonly Rule<SocketTrial>[] = [
  { name: "opens a socket, later than it returns", check: opens },
  { name: "gives text as strings, whole and in order", check: givesText },
  { name: "gives bytes as an ArrayBuffer when asked to (WS-7)", check: givesBytes },
  { name: "keeps text and bytes in one order (WS-7)", check: keepsOrder },
  { name: "sends text as it is and in order", check: sends },
  { name: "closes with 1000, and says so", check: (trial) => closes(trial, 1000) },
  { name: "closes with a code of one's own, and says so (WS-1)", check: (trial) => closes(trial, 4900) },
  { name: "tells code and reason of the other side's close", check: tellsClose },
  { name: "tells when the line is cut, without a code (WS-4)", check: tellsCut },
  { name: "tells by error or close when the handshake is refused (WS-5)", check: tellsRefusal },
  { name: "never opens what was closed while it was connecting", check: closesConnecting },
];

/** A socket, and what it has said. */
class SocketLog {
  readonly socket: WebSocket;
  readonly messages: unknown[] = [];
  readonly ends: { readonly type: string; readonly code?: number; readonly reason?: string }[] = [];
  readonly closed: Promise<void>;
  isOpened = false;
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();

  /** Listens as a shard does: by the handlers, right after the socket was made. */
  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#note(() => this.isOpened = true);
    socket.onmessage = ({ data }) => this.#note(() => this.messages.push(data));
    socket.onclose = ({ code, reason }) => this.#note(() => this.ends.push({ type: "close", code, reason }));
    socket.onerror = () => this.#note(() => this.ends.push({ type: "error" }));
    this.closed = this.becomes(() => this.ends.some(({ type }) => type === "close"));
  }

  async becomes(isReached: () => boolean): Promise<void> {
    while (!isReached()) await this.#changed.promise;
  }

  #note(change: () => void): void {
    change();
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

class SocketTrial {
  readonly discord: Simulator;
  readonly #createWebSocket: WebSocketConformanceOptions["createWebSocket"];
  readonly #time: TrialTime;
  readonly #timeoutMs: number;
  readonly #logs: SocketLog[] = [];

  constructor(
    discord: Simulator,
    createWebSocket: WebSocketConformanceOptions["createWebSocket"],
    time: TrialTime,
    timeoutMs: number,
  ) {
    this.discord = discord;
    this.#createWebSocket = createWebSocket;
    this.#time = time;
    this.#timeoutMs = timeoutMs;
  }

  connect(): SocketLog {
    const url = `${this.discord.gatewayUrl}/?v=10&encoding=json`;
    const log = new SocketLog(this.#createWebSocket(url, this.discord));
    this.#logs.push(log);
    return log;
  }

  /** A socket that is open, and has had HELLO. */
  async connected(): Promise<SocketLog> {
    const log = this.connect();
    await this.until(log.becomes(() => log.isOpened), "onopen");
    await this.until(log.becomes(() => log.messages.length > 0), "the first message");
    log.messages.length = 0;
    return log;
  }

  /** Waits until something has happened to the socket. */
  async until(happened: Promise<void>, what: string): Promise<void> {
    await this.#time.until(happened, this.#timeoutMs, what);
  }

  /** Waits until something has happened at the other end: a little time for what is under way. */
  async untilDiscord(isReached: () => boolean, what: string): Promise<void> {
    for (let waitedMs = 0; !isReached(); waitedMs += STEP_MS) {
      demand(waitedMs <= this.#timeoutMs, `${what} did not come within ${this.#timeoutMs} ms`);
      await this.#time.pass(STEP_MS);
    }
  }

  /** Lets what is under way arrive. */
  async linger(): Promise<void> {
    await this.#time.pass(LINGER_MS);
  }

  /** Leaves no socket behind, as far as they can be closed. */
  async leave(): Promise<void> {
    for (const { socket, closed } of this.#logs) {
      if (socket.readyState === CLOSED) continue;
      socket.close();
      await this.#time.until(closed, LEAVE_MS, "onclose").catch(() => {});
    }
  }
}

const STEP_MS = 5;
const LINGER_MS = 50;
const LEAVE_MS = 2_000;

async function opens(trial: SocketTrial): Promise<void> {
  const log = trial.connect();
  demand(
    log.socket.readyState !== OPEN,
    "it is open before it was given to anybody, so onopen will not be called",
  );
  await trial.until(log.becomes(() => log.isOpened), "onopen");
  demand(log.socket.readyState === OPEN, `readyState is ${log.socket.readyState} after onopen`);
}

async function givesText(trial: SocketTrial): Promise<void> {
  const log = await trial.connected();
  const sent = Array.from({ length: 50 }, (_, index) => `{"number":${index},"text":"für 雪 🎉 ${index}"}`);
  sent.push("x".repeat(1_000_000), "");
  for (const text of sent) trial.discord.faults.sendRaw(text);
  await trial.until(log.becomes(() => log.messages.length >= sent.length), `all of ${sent.length} messages`);
  for (const [index, text] of sent.entries()) {
    const got = log.messages[index];
    demand(typeof got === "string", `message ${index} is no string: ${kindOf(got)}`);
    demand(got === text, `message ${index} is not what was sent at that place`);
  }
}

async function givesBytes(trial: SocketTrial): Promise<void> {
  const log = await trial.connected();
  const sent = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
  trial.discord.faults.sendRaw(sent);
  await trial.until(log.becomes(() => log.messages.length > 0), "the message");
  const [got] = log.messages;
  demand(got instanceof ArrayBuffer, `binaryType is "arraybuffer", and the message is ${kindOf(got)}`);
  const bytes = new Uint8Array(got);
  const isSame = bytes.length === sent.length && bytes.every((byte, index) => byte === sent[index]);
  demand(isSame, `${bytes.length} bytes came that are not the ${sent.length} that were sent`);
}

async function keepsOrder(trial: SocketTrial): Promise<void> {
  const log = await trial.connected();
  for (let round = 0; round < 20; round += 1) {
    trial.discord.faults.sendRaw(new Uint8Array(round % 2 === 0 ? 50_000 : 1));
    trial.discord.faults.sendRaw("text");
  }
  await trial.until(log.becomes(() => log.messages.length >= 40), "all of 40 messages");
  const kinds = log.messages.map((message) => typeof message === "string" ? "text" : "bytes");
  const isInOrder = kinds.every((kind, index) => kind === (index % 2 === 0 ? "bytes" : "text"));
  demand(isInOrder, `bytes and text were sent in turn, and came as ${kinds.join(", ")}`);
}

async function sends(trial: SocketTrial): Promise<void> {
  const { discord } = trial;
  const { socket } = await trial.connected();
  const os = "für 雪 🎉";
  const properties = { os, browser: "nextcore", device: "nextcore" };
  const d = { token: discord.token, intents: INTENTS, properties };
  for (const payload of [{ op: 1, d: null }, { op: 2, d }, { op: 1, d: 0 }]) {
    socket.send(JSON.stringify(payload));
  }
  const received = () => discord.connections.at(-1)?.received ?? [];
  await trial.untilDiscord(() => received().length >= 3, "everything that was sent");
  const opcodes = received().map(({ op }) => op).join(", ");
  demand(opcodes === "1, 2, 1", `opcodes 1, 2, 1 were sent, and ${opcodes} came`);
  const isSame = JSON.stringify(received()[1]?.d).includes(JSON.stringify(os));
  demand(isSame, "text that is not ASCII did not come as it was sent");
}

async function closes(trial: SocketTrial, code: number): Promise<void> {
  const log = await trial.connected();
  log.socket.close(code, "enough");
  await trial.until(log.closed, "onclose after close()");
  demand(log.socket.readyState === CLOSED, `readyState is ${log.socket.readyState} after onclose`);
  const heard = () => trial.discord.connections.at(-1)?.closeCode;
  await trial.untilDiscord(() => heard() !== undefined, "the close, at the other side,");
  demand(heard() === code, `the other side was told ${heard()} instead of ${code}`);
}

async function tellsClose(trial: SocketTrial): Promise<void> {
  const log = await trial.connected();
  trial.discord.faults.dropConnections({ code: 4009, reason: "Session timed out" });
  await trial.until(log.closed, "onclose");
  const end = log.ends.find(({ type }) => type === "close");
  demand(end?.code === 4009, `the code is ${end?.code} instead of 4009`);
  demand(end.reason === "Session timed out", `the reason is ${JSON.stringify(end.reason)}`);
  demand(log.socket.readyState === CLOSED, `readyState is ${log.socket.readyState} after onclose`);
}

async function tellsCut(trial: SocketTrial): Promise<void> {
  const log = await trial.connected();
  trial.discord.faults.dropConnections();
  await trial.until(log.becomes(() => log.ends.length > 0), "onerror or onclose");
  await trial.linger();
  demand(log.socket.readyState !== OPEN, "the socket says that it is open");
  for (const { type, code } of log.ends) {
    demand(type === "error" || NO_CODES.includes(code), `the code is ${code}, which nobody has sent`);
  }
}

async function tellsRefusal(trial: SocketTrial): Promise<void> {
  trial.discord.faults.refuse();
  const log = trial.connect();
  await trial.until(log.becomes(() => log.ends.length > 0 || log.isOpened), "onerror or onclose");
  await trial.linger();
  demand(!log.isOpened, "it opened");
  demand(log.socket.readyState !== OPEN, "the socket says that it is open");
}

async function closesConnecting(trial: SocketTrial): Promise<void> {
  const log = trial.connect();
  log.socket.close(1000);
  await trial.linger();
  demand(!log.isOpened, "onopen was called");
  demand(log.socket.readyState !== OPEN, "the socket says that it is open");
}

function kindOf(value: unknown): string {
  return typeof value === "object" && value !== null ? `a ${value.constructor?.name}` : `a ${typeof value}`;
}
