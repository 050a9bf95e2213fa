/**
 * Gives a bot once more what a shard had received.
 *
 * @module
 */

import { type Clock, systemClock } from "../clock.ts";
import { checkClock, checkObject } from "../http/option_checks.ts";
import { kindOf, shown } from "../http/shown.ts";
import type { GatewayLine, GatewayPort } from "./gateway_port.ts";
import { openInMemory } from "./in_memory.ts";
import { RECORDING_HEAD } from "./session_recorder.ts";
import { isWireObject, type WireObject } from "./wire.ts";

/** Options of {@linkcode SessionReplay}. */
export interface SessionReplayOptions {
  /** The time that it goes by; see `VirtualClock`. The runtime's by default. */
  clock?: Clock;
  /** `"recorded"`: as far apart as they came (the default); `"fastest"`: one right after the other. */
  pace?: "recorded" | "fastest";
}

/** A message of a recording. */
interface RecordedMessage {
  readonly at: number;
  readonly op: number;
  readonly t: string | null;
  readonly s: number | null;
  readonly d: unknown;
}

const LONGEST_PAUSE_MS = 86_400_000;
const CLOSE_FOR_RESUME = 4000;

/**
 * Replays a recording of a `SessionRecorder` to a bot with one shard: the same messages in the same order, in new
 * sessions where there were new ones, with lines that break where they broke.
 *
 * Heartbeats are answered, commands are taken and not answered. Give the manager `shardCount` and `shardIds` from here.
 *
 * @example
 * ```ts
 * import { BotAuthentication, HTTPClient, Intents, ShardManager } from "@nextsnake/nextcore";
 * import { SessionReplay, VirtualClock } from "@nextsnake/nextcore/testing";
 *
 * const text = `{"recording":"discord gateway","version":1}
 * {"at":0,"op":10,"t":null,"s":null,"d":{"heartbeat_interval":41250}}
 * {"at":90,"op":0,"t":"READY","s":1,"d":{"v":10,"guilds":[],"shard":[0,1]}}
 * {"at":5000,"op":0,"t":"MESSAGE_CREATE","s":2,"d":{"id":"41771983423143937","content":"xxxx"}}
 * `;
 * const clock = new VirtualClock();
 * await using replay = new SessionReplay(text, { clock });
 * const { baseUrl, fetch, createWebSocket, shardCount, shardIds } = replay;
 * await using http = new HTTPClient({ baseUrl, fetch, clock });
 * const options = { createWebSocket, clock, shardCount, shardIds };
 * await using manager = new ShardManager(new BotAuthentication("any"), Intents.GuildMessages, http, options);
 * const message = manager.waitFor("MESSAGE_CREATE");
 * await clock.runUntil(manager.connect());
 * console.log((await clock.runUntil(message)).id); // 41771983423143937
 * await clock.runUntil(replay.ended);
 * ```
 */
export class SessionReplay implements AsyncDisposable {
  /** For the option of this name of an `HTTPClient`. */
  readonly baseUrl: string;
  /** For the option of this name of an `HTTPClient`: knows `GET /gateway/bot`. */
  readonly fetch: typeof fetch;
  /** For the option of this name of a `ShardManager`. */
  readonly createWebSocket: (url: string) => WebSocket;
  /** How many shards the recorded bot had. */
  readonly shardCount: number;
  /** Which of them was recorded. */
  readonly shardIds: readonly number[];
  /** Resolves when the last message has been given. */
  readonly ended: Promise<void>;
  readonly #end: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #clock: Clock;
  readonly #isFast: boolean;
  readonly #gatewayUrl: string;
  readonly #messages: readonly RecordedMessage[];
  readonly #close: () => Promise<void>;
  /** Which message is next. */
  #next = 0;
  #port: GatewayPort | undefined;
  #timer: Disposable | undefined;

  /** Reads a recording. Throws a `TypeError` that names the line where it is none, or of another version. */
  constructor(text: string, options: SessionReplayOptions = {}) {
    checkObject("The options", options, '{ pace: "fastest" }');
    const { clock = systemClock, pace = "recorded" } = options;
    checkClock(clock);
    if (pace !== "recorded" && pace !== "fastest") {
      throw new TypeError(`pace is ${shown(pace)}, it must be "recorded" or "fastest"`);
    }
    this.#messages = parse(text);
    this.#clock = clock;
    this.#isFast = pace === "fastest";
    const ready = this.#messages.find(({ t }) => t === "READY")?.d;
    const [id, count] = isWireObject(ready) && Array.isArray(ready.shard) ? ready.shard : [0, 1];
    this.shardCount = Number.isSafeInteger(count) && count > 0 ? count : 1;
    this.shardIds = [Number.isSafeInteger(id) && id >= 0 && id < this.shardCount ? id : 0];
    const door = openInMemory(clock, 0);
    this.baseUrl = door.baseUrl;
    this.fetch = door.fetch;
    this.createWebSocket = door.createWebSocket;
    this.#gatewayUrl = door.gatewayUrl;
    this.#close = () => door.close();
    this.ended = this.#end.promise;
    this.ended.catch(() => {});
    door.connect({
      handle: (request) => Promise.resolve(this.#answer(request)),
      refusalOf: () => undefined,
      open: (port) => this.#open(port),
    });
  }

  /** Cuts the line; `ended` rejects when there was more to come. */
  async close(): Promise<void> {
    this.#end.reject(new Error("The replay was closed before its end"));
    this.#leave();
    await this.#close();
  }

  /** The same as {@linkcode SessionReplay.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #answer(request: Request): Response {
    if (!new URL(request.url).pathname.endsWith("/gateway/bot")) {
      return Response.json({ message: "404: Not Found", code: 0 }, { status: 404 });
    }
    const session_start_limit = { total: 1000, remaining: 1000, reset_after: 0, max_concurrency: 1 };
    return Response.json({ url: this.#gatewayUrl, shards: this.shardCount, session_start_limit });
  }

  /** A bot connects: the next HELLO is for it, or one that it had already where it came before its time. */
  #open(port: GatewayPort): GatewayLine {
    this.#leave();
    this.#port = port;
    const hello = this.#messages.findIndex(({ op }, at) => op === 10 && at >= this.#next);
    if (hello !== -1) this.#next = hello + 1;
    const d = this.#messages[hello]?.d ?? { heartbeat_interval: 41_250 };
    this.#send({ t: null, s: null, op: 10, d });
    return {
      receive: (data) => this.#receive(port, data),
      closed: () => {
        if (this.#port === port) this.#leave();
      },
    };
  }

  #receive(port: GatewayPort, data: string | Uint8Array): void {
    if (this.#port !== port) return;
    const { op } = JSON.parse(String(data));
    if (op === 1) this.#send({ t: null, s: null, op: 11, d: null });
    else if (op === 2 || op === 6) this.#begin(op === 2);
  }

  /** The bot asks for the session that the recording goes on with, or for another. */
  #begin(isNew: boolean): void {
    const first = this.#messages.slice(this.#next).find(({ op }) => op === 0 || op === 10);
    if (first?.op === 0 && first.t === "READY" && !isNew) {
      this.#next -= 1; // Its HELLO comes again.
      return this.#send({ t: null, s: null, op: 9, d: false });
    }
    if (isNew && first?.t !== "READY") {
      this.#send({ t: "READY", s: Math.max(0, (first?.s ?? 1) - 1), op: 0, d: this.#readyData({}) });
    }
    this.#schedule();
  }

  #schedule(): void {
    const message = this.#messages[this.#next];
    if (message === undefined) return this.#end.resolve();
    const sinceMs = message.at - (this.#messages[this.#next - 1]?.at ?? message.at);
    this.#timer = this.#clock.setTimeout(() => this.#give(message), this.#isFast ? 0 : sinceMs);
  }

  #give(message: RecordedMessage): void {
    this.#timer = undefined;
    if (message.op === 10) { // Another connection: this one ends.
      this.#port?.close(CLOSE_FOR_RESUME, "");
      return this.#leave();
    }
    this.#next += 1;
    const { op, t, s, d } = message;
    // Answers to heartbeats are given to those that come now.
    if (op !== 11) this.#send({ op, t, s, d: t === "READY" ? this.#readyData(d) : d });
    if (op === 9 && this.#next < this.#messages.length) return; // The bot leaves.
    this.#schedule();
  }

  /** Of the session: where it is resumed, and what recordings leave out. */
  #readyData(d: unknown): WireObject {
    const shard = [this.shardIds[0], this.shardCount];
    const rest = isWireObject(d) ? d : {};
    return {
      v: 10,
      guilds: [],
      shard,
      ...rest,
      session_id: "replayed",
      resume_gateway_url: this.#gatewayUrl,
    };
  }

  #send(payload: { op: number; t: string | null; s: number | null; d: unknown }): void {
    this.#port?.send(JSON.stringify(payload));
  }

  #leave(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#port = undefined;
  }
}

function parse(text: string): RecordedMessage[] {
  if (typeof text !== "string") throw new TypeError(`A recording must be a text, got ${kindOf(text)}`);
  const lines = text.split("\n");
  if (lines[0]?.trim() !== RECORDING_HEAD) {
    throw new TypeError(
      `Line 1 is not that of a recording this version can replay: it must be ${RECORDING_HEAD}`,
    );
  }
  const messages: RecordedMessage[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === "") continue;
    const message = messageOf(line);
    const before = messages.at(-1)?.at ?? 0;
    if (message === undefined || message.at < before || message.at - before > LONGEST_PAUSE_MS) {
      throw new TypeError(`Line ${index + 1} is no message of a recording: record it again, or take it out`);
    }
    messages.push(message);
  }
  return messages;
}

function messageOf(line: string): RecordedMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!isWireObject(value)) return undefined;
    const { at, op, t = null, s = null, d = null } = value;
    const isWhole = typeof at === "number" && at >= 0 && typeof op === "number" && Number.isInteger(op);
    if (!isWhole || (t !== null && typeof t !== "string")) return undefined;
    if (s !== null && !(typeof s === "number" && Number.isSafeInteger(s) && s >= 0)) return undefined;
    return { at, op, t, s, d };
  } catch {
    return undefined;
  }
}
