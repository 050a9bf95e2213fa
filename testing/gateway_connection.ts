/**
 * One WebSocket as Discord sees it: opcodes, limits, heartbeats and close codes.
 *
 * @module
 */

import type { Clock } from "../clock.ts";
import {
  encoderFor,
  type FrameData,
  type FrameEncoder,
  PlainEncoder,
  ZlibStreamEncoder,
} from "./frame_encoder.ts";
import type { GatewayLine, GatewayPort } from "./gateway_port.ts";
import type { GatewaySession, SimulatedSession } from "./gateway_session.ts";
import { isWireObject, type WireObject, type WirePayload } from "./wire.ts";

/** A connection, for assertions and for striking it by hand. */
export interface SimulatedConnection {
  /** What the client opened: host, path and query. */
  readonly url: string;
  /** Whether it came to the address that only resumes are told (`resume_gateway_url`). */
  readonly isAtResumeUrl: boolean;
  /** Its session, once it has one. */
  readonly session: SimulatedSession | undefined;
  /** Whether the line still stands. */
  readonly isOpen: boolean;
  /** What the client sent, oldest first, at most the newest 1000; tokens are left out. */
  readonly received: readonly WirePayload[];
  /** The code it ended with, from whichever side; 1006 for a cut. */
  readonly closeCode: number | undefined;
  /** Sends a close frame. */
  close(code: number, reason?: string): void;
  /** Ends the line without a close frame. */
  cut(): void;
  /** Lets nothing pass any more, and nobody know. */
  freeze(): void;
  /** Sends a message as it is, past every rule. */
  sendRaw(data: FrameData): void;
}

/** Who decides about a connection's commands. */
export interface ConnectionOwner {
  /** IDENTIFY. */
  identify(connection: GatewayConnection, data: WireObject): void;
  /** RESUME. */
  resume(connection: GatewayConnection, data: WireObject): void;
  /** Any command of a session. */
  command(connection: GatewayConnection, session: GatewaySession, opcode: number, data: WireObject): void;
  /** The line ended; with `isSessionOver` its session too. */
  ended(connection: GatewayConnection, isSessionOver: boolean): void;
}

/** What a connection is made with. */
export interface ConnectionSetup {
  /** The time. */
  readonly clock: Clock;
  /** What the client opened. */
  readonly url: URL;
  /** Whether that is the resume address. */
  readonly isAtResumeUrl: boolean;
  /** For HELLO. */
  readonly heartbeatIntervalMs: number;
  /** Whether HELLO never comes. */
  readonly isSilent: boolean;
}

const SENDS_PER_WINDOW = 120;
const SEND_WINDOW_MS = 60_000;
const MAX_PAYLOAD_BYTES = 4096;
const MAX_LOG = 1000;
/** A client whose heartbeat is late by half an interval is gone. */
const HEARTBEAT_GRACE = 1.5;
const VERSIONS = ["9", "10"];
const COMMANDS = [3, 4, 8, 31, 43];

/** Of a connection that has ended. */
const NO_PORT: GatewayPort = { send() {}, close() {}, cut() {}, freeze() {} };

/** The server's side of a WebSocket. */
export class GatewayConnection implements SimulatedConnection, GatewayLine {
  readonly url: string;
  readonly isAtResumeUrl: boolean;
  closeCode: number | undefined;
  /** Whether heartbeats are answered. */
  isAcknowledging = true;
  /** How late everything is that the client gets. */
  lagMs = 0;
  #port: GatewayPort;
  readonly #owner: ConnectionOwner;
  readonly #setup: ConnectionSetup;
  #encoder: FrameEncoder;
  readonly #received: WirePayload[] = [];
  #sentAt: number[] = [];
  #session: GatewaySession | undefined;
  #watchdog: Disposable | undefined;
  /** What is on its way, oldest first. */
  readonly #lagging: { readonly data: FrameData; readonly arrivesAt: number; readonly timer: Disposable }[] =
    [];

  constructor(port: GatewayPort, owner: ConnectionOwner, setup: ConnectionSetup) {
    this.#port = port;
    this.#owner = owner;
    this.#setup = setup;
    this.url = setup.url.href;
    this.isAtResumeUrl = setup.isAtResumeUrl;
    this.#encoder = encoderFor(setup.url.searchParams.get("compress"));
  }

  get session(): GatewaySession | undefined {
    return this.#session;
  }

  get isOpen(): boolean {
    return this.closeCode === undefined;
  }

  get received(): readonly WirePayload[] {
    return this.#received;
  }

  /** Says HELLO, or refuses what the URL asks for. */
  start(): void {
    if (this.#setup.isSilent) return;
    const { searchParams } = this.#setup.url;
    // Without a version Discord takes the long deprecated v6.
    if (!VERSIONS.includes(searchParams.get("v") ?? "6")) return this.close(4012, "Invalid API version.");
    if ((searchParams.get("encoding") ?? "json") !== "json") {
      return this.close(4002, "The simulator speaks only JSON.");
    }
    this.push({ t: null, s: null, op: 10, d: { heartbeat_interval: this.#setup.heartbeatIntervalMs } });
    this.#watch();
  }

  /** Sends one payload. */
  push(payload: WirePayload): void {
    if (!this.isOpen) return;
    for (const frame of this.#encoder.encode(JSON.stringify(payload))) this.#send(frame);
  }

  /** Sends a message as it is, past every rule. */
  sendRaw(data: FrameData): void {
    if (this.isOpen) this.#send(data);
  }

  /** Sends what no client can decode. */
  corrupt(): void {
    this.sendRaw(this.#encoder.garbage());
  }

  /** Cuts `zlib-stream` messages into frames of at most `maxBytes` from now on. */
  splitFrames(maxBytes: number): void {
    if (this.#encoder instanceof ZlibStreamEncoder) this.#encoder.maxFrameBytes = maxBytes;
  }

  /** Compresses long payloads from now on, if the transport does not do it already. */
  compressPayloads(): void {
    if (this.#encoder instanceof PlainEncoder) this.#encoder.isCompressing = true;
  }

  /** Gives the connection its session. */
  join(session: GatewaySession): void {
    this.#session = session;
    session.attach(this);
  }

  close(code: number, reason = "", isSessionOver = false): void {
    if (!this.isOpen) return;
    while (this.#lagging.length > 0) this.#arrive();
    this.#port.close(code, reason);
    this.#end(code, isSessionOver);
  }

  cut(): void {
    if (!this.isOpen) return;
    this.#port.cut();
    this.#end(1006, false);
  }

  /** The line stays; only when no heartbeat comes any more is it given up on this side. */
  freeze(): void {
    if (this.isOpen) this.#port.freeze();
  }

  /** The client closed, or is gone. 1000 and 1001 end the session. */
  closed(code: number): void {
    if (this.isOpen) this.#end(code, code === 1000 || code === 1001);
  }

  receive(data: string | Uint8Array): void {
    if (!this.isOpen || this.#setup.isSilent) return;
    if (!this.#count()) return this.close(4008, "Rate limited.");
    const bytes = typeof data === "string" ? new TextEncoder().encode(data).length : data.length;
    if (bytes > MAX_PAYLOAD_BYTES) return this.close(4002, "Error while decoding payload.");
    const payload = parse(data);
    if (payload === undefined) return this.close(4002, "Error while decoding payload.");
    this.#log(payload);
    this.#handle(payload);
  }

  #send(data: FrameData): void {
    if (this.lagMs <= 0 && this.#lagging.length === 0) return this.#port.send(data);
    // Nothing overtakes what was sent before it, also when the lag has become shorter.
    const now = this.#setup.clock.now();
    const arrivesAt = Math.max(now + this.lagMs, this.#lagging.at(-1)?.arrivesAt ?? 0);
    const timer = this.#setup.clock.setTimeout(() => this.#arrive(), arrivesAt - now);
    this.#lagging.push({ data, arrivesAt, timer });
  }

  /** The oldest message that is on its way has arrived. */
  #arrive(): void {
    const oldest = this.#lagging.shift();
    if (oldest === undefined) return;
    oldest.timer[Symbol.dispose]();
    this.#port.send(oldest.data);
  }

  #handle({ op, d }: WirePayload): void {
    if (op === 1) return this.#heartbeat(d);
    if (op !== 2 && op !== 6 && !COMMANDS.includes(op)) return this.close(4001, "Unknown opcode.");
    if (!isWireObject(d)) return this.close(4001, `Opcode ${op} needs an object as its data.`);
    if (op === 2 || op === 6) {
      if (this.#session !== undefined) return this.close(4005, "Already authenticated.");
      return op === 2 ? this.#owner.identify(this, d) : this.#owner.resume(this, d);
    }
    if (this.#session === undefined) return this.close(4003, "Not authenticated.");
    this.#owner.command(this, this.#session, op, d);
  }

  #heartbeat(sequence: unknown): void {
    if (sequence !== null && !Number.isInteger(sequence)) {
      return this.close(4001, "A heartbeat's data is the last sequence number, or null.");
    }
    this.#watch();
    if (this.isAcknowledging) this.push({ t: null, s: null, op: 11, d: null });
  }

  /** Counts every message; says whether it still is within 120 in any 60 s (TX-1). */
  #count(): boolean {
    const now = this.#setup.clock.now();
    this.#sentAt = this.#sentAt.filter((at) => now - at < SEND_WINDOW_MS);
    this.#sentAt.push(now);
    return this.#sentAt.length <= SENDS_PER_WINDOW;
  }

  #log(payload: WirePayload): void {
    const { d } = payload;
    const isSecret = isWireObject(d) && "token" in d;
    this.#received.push(isSecret ? { ...payload, d: { ...d, token: "(left out)" } } : payload);
    if (this.#received.length > MAX_LOG) this.#received.shift();
  }

  /** Gives the client until its next heartbeat is overdue. */
  #watch(): void {
    this.#watchdog?.[Symbol.dispose]();
    const { clock, heartbeatIntervalMs } = this.#setup;
    this.#watchdog = clock.setTimeout(() => this.cut(), heartbeatIntervalMs * HEARTBEAT_GRACE);
  }

  #end(code: number, isSessionOver: boolean): void {
    this.closeCode = code;
    this.#watchdog?.[Symbol.dispose]();
    for (const { timer } of this.#lagging.splice(0)) timer[Symbol.dispose]();
    // Ended connections are remembered: their windows, and what hangs on their sockets, need not be.
    this.#encoder = new PlainEncoder();
    this.#port = NO_PORT;
    this.#session?.detach(this, this.#setup.clock.now());
    this.#owner.ended(this, isSessionOver);
  }
}

function parse(data: string | Uint8Array): WirePayload | undefined {
  try {
    const text = typeof data === "string" ? data : new TextDecoder("utf-8", { fatal: true }).decode(data);
    const value: unknown = JSON.parse(text);
    if (!isWireObject(value) || typeof value.op !== "number") return undefined;
    return { op: value.op, d: value.d, s: null, t: null };
  } catch {
    return undefined;
  }
}
