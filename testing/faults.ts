/**
 * What can be made to go wrong.
 *
 * @module
 */

import type { FrameData } from "./frame_encoder.ts";
import type { Gateway } from "./gateway.ts";
import type { GatewayConnection } from "./gateway_connection.ts";
import type { GatewayFaults, RefusedPlace } from "./gateway_faults.ts";
import type { Rest } from "./rest.ts";
import type { RateLimitScope, RestFault, RestFaults } from "./rest_faults.ts";

const SESSION_ENDING_CODES: readonly number[] = [
  4003,
  4004,
  4006,
  4007,
  4009,
  4010,
  4011,
  4012,
  4013,
  4014,
];

/** Which connections a fault strikes; without any field all that are open. */
export interface ConnectionFilter {
  /** Only those of this shard. */
  shardId?: number;
}

/** Which requests a fault strikes; without any field the next one. */
export interface RequestFilter {
  /** Only requests to this route, as `"POST /channels/{channel_id}/messages"`. */
  route?: string;
  /** How many requests. 1 by default. */
  count?: number;
}

/** Options of {@linkcode SimulatorFaults.dropConnections}. */
export interface DropOptions extends ConnectionFilter {
  /** The close frame's code; without it there is no close frame, the line is cut. */
  code?: number;
  /** The close frame's reason. */
  reason?: string;
}

/** Options of {@linkcode SimulatorFaults.invalidSession}. */
export interface InvalidSessionOptions extends ConnectionFilter {
  /** Whether the session may be resumed. `false` by default: the session is over. */
  resumable?: boolean;
}

/** Options of {@linkcode SimulatorFaults.splitFrames}. */
export interface SplitFramesOptions extends ConnectionFilter {
  /** The most bytes in one frame. 1 by default. */
  maxBytes?: number;
}

/** Options of {@linkcode SimulatorFaults.lag}. */
export interface LagOptions extends ConnectionFilter {
  /** How late. 1000 by default; 0 ends it. */
  ms?: number;
}

/** Options of {@linkcode SimulatorFaults.refuse}. */
export interface RefuseOptions {
  /** How many handshakes. 1 by default. */
  count?: number;
  /** Only at the gateway's own address, only where resumes go, or (default) both. */
  at?: RefusedPlace;
  /** HTTP status; 503 by default. `0`: the handshake is never answered. */
  status?: number;
}

/** Options of {@linkcode SimulatorFaults.withholdReady}. */
export interface WithholdReadyOptions {
  /** How many READYs. 1 by default. */
  count?: number;
  /** After how many milliseconds READY comes after all. Never by default. */
  forMs?: number;
}

/** Options of {@linkcode SimulatorFaults.rateLimit}. */
export interface RateLimitOptions extends RequestFilter {
  /** Which limit was hit. `"user"` by default. */
  scope?: RateLimitScope;
  /** How long to wait. 1000 by default. */
  retryAfterMs?: number;
}

/** Options of {@linkcode SimulatorFaults.serverError}. */
export interface ServerErrorOptions extends RequestFilter {
  /** HTTP status. 500 by default. */
  status?: number;
  /** Whether the request takes effect all the same. `false` by default. */
  isExecuted?: boolean;
}

/** Options of {@linkcode SimulatorFaults.edgeBlock}. */
export interface EdgeBlockOptions extends RequestFilter {
  /** 429 by default. */
  status?: number;
  /** The `Retry-After` header; absent by default. */
  retryAfterMs?: number;
}

/** Options of {@linkcode SimulatorFaults.loseRequest}. */
export interface LoseRequestOptions extends RequestFilter {
  /** Whether the request takes effect. `false` by default. */
  isExecuted?: boolean;
  /** Whether the connection stays, without an answer, instead of being cut. `false` by default. */
  isSilent?: boolean;
}

/** Options of {@linkcode SimulatorFaults.delay}. */
export interface DelayOptions extends RequestFilter {
  /** How long the request waits before it is looked at. 1000 by default. */
  ms?: number;
}

/** Options of {@linkcode SimulatorFaults.html}. */
export interface HtmlOptions extends RequestFilter {
  /** 200 by default. */
  status?: number;
}

/** Options of {@linkcode SimulatorFaults.respond}. */
export interface RespondOptions extends RequestFilter {
  /** HTTP status. 200 by default. */
  status?: number;
  /** All headers; nothing is added to them. */
  headers?: Readonly<Record<string, string>>;
  /** The body. None by default. */
  body?: string | Uint8Array<ArrayBuffer>;
  /** Whether the request takes effect all the same. `false` by default. */
  isExecuted?: boolean;
}

/**
 * What can be made to go wrong. Without arguments a fault strikes every open connection, or the next request; options
 * narrow it.
 */
export class SimulatorFaults {
  readonly #gateway: Gateway;
  readonly #gatewayFaults: GatewayFaults;
  readonly #rest: Rest;
  readonly #restFaults: RestFaults;

  /** Made by the simulator. */
  constructor(gateway: Gateway, gatewayFaults: GatewayFaults, rest: Rest, restFaults: RestFaults) {
    this.#gateway = gateway;
    this.#gatewayFaults = gatewayFaults;
    this.#rest = rest;
    this.#restFaults = restFaults;
  }

  /**
   * Ends connections: without a code the line is cut, with one there is a close frame.
   *
   * The sessions can be resumed, unless the code says that they are over (4003, 4006, 4007, 4009 and what stops a bot).
   */
  dropConnections({ code, reason = "", ...filter }: DropOptions = {}): void {
    for (const connection of this.#open(filter)) {
      if (code === undefined) connection.cut();
      else connection.close(code, reason, SESSION_ENDING_CODES.includes(code));
    }
  }

  /** Lets nothing pass any more in either direction; neither side is told, and no close ever comes. */
  freeze(filter: ConnectionFilter = {}): void {
    for (const connection of this.#open(filter)) connection.freeze();
  }

  /** Asks clients to reconnect: op 7. */
  reconnect(filter: ConnectionFilter = {}): void {
    for (const connection of this.#open(filter)) connection.push({ t: null, s: null, op: 7, d: null });
  }

  /** Says that sessions are invalid: op 9. */
  invalidSession({ resumable = false, ...filter }: InvalidSessionOptions = {}): void {
    for (const connection of this.#open(filter)) this.#gateway.invalidate(connection, resumable);
  }

  /** Sends what cannot be decoded: garbage inside the compressed stream, or JSON that breaks off. */
  corrupt(filter: ConnectionFilter = {}): void {
    for (const connection of this.#open(filter)) connection.corrupt();
  }

  /** Cuts `zlib-stream` messages into several frames from now on (Z-2). */
  splitFrames({ maxBytes = 1, ...filter }: SplitFramesOptions = {}): void {
    if (!(maxBytes >= 1)) throw new RangeError(`maxBytes is ${maxBytes}: give at least 1`);
    for (const connection of this.#open(filter)) connection.splitFrames(maxBytes);
  }

  /** Lets everything that connections are sent come late from now on, in order. */
  lag({ ms = 1000, ...filter }: LagOptions = {}): void {
    if (!(ms >= 0 && ms < Infinity)) throw new RangeError(`ms is ${ms}: give a finite number, not below 0`);
    for (const connection of this.#open(filter)) connection.lagMs = ms;
  }

  /** Answers no heartbeat any more. */
  withholdAcks(filter: ConnectionFilter = {}): void {
    for (const connection of this.#open(filter)) connection.isAcknowledging = false;
  }

  /** Asks for a heartbeat: op 1. */
  requestHeartbeat(filter: ConnectionFilter = {}): void {
    for (const connection of this.#open(filter)) connection.push({ t: null, s: null, op: 1, d: null });
  }

  /** Sends one WebSocket message as it is. */
  sendRaw(data: FrameData, filter: ConnectionFilter = {}): void {
    for (const connection of this.#open(filter)) connection.sendRaw(data);
  }

  /** Lets sessions die unnoticed: the connections go on, but the next resume is refused with op 9 `false`. */
  killSessions({ shardId }: ConnectionFilter = {}): void {
    for (const session of this.#gateway.sessions.values()) {
      if (shardId === undefined || session.shardId === shardId) session.isDoomed = true;
    }
  }

  /** Refuses the next handshakes. */
  refuse({ count = 1, at = "all", status = 503 }: RefuseOptions = {}): void {
    this.#gatewayFaults.refuse(at, checkCount(count), status);
  }

  /** Cuts the next `count` (1) connections at their RESUME, as a session that is broken on Discord's side does (§9). */
  breakResumes({ count = 1 }: { count?: number } = {}): void {
    this.#gatewayFaults.breakResumes(checkCount(count));
  }

  /** Accepts the next `count` (1) connections but never says HELLO, nor anything else. */
  silence({ count = 1 }: { count?: number } = {}): void {
    this.#gatewayFaults.silence(checkCount(count));
  }

  /** Holds the next READYs back while heartbeats are answered. */
  withholdReady({ count = 1, forMs = Infinity }: WithholdReadyOptions = {}): void {
    this.#gatewayFaults.withholdReady(checkCount(count), forMs);
  }

  /** Answers 429 as for a limit that was hit (A8). */
  rateLimit({ scope = "user", retryAfterMs = 1000, ...filter }: RateLimitOptions = {}): void {
    this.#plan({ kind: "rateLimit", scope, retryAfterMs }, filter);
  }

  /** Answers with a 5xx. */
  serverError({ status = 500, isExecuted = false, ...filter }: ServerErrorOptions = {}): void {
    this.#plan({ kind: "serverError", status, isExecuted }, filter);
  }

  /** Answers as the edge does when it blocks an address: HTML, no rate-limit headers (A9). */
  edgeBlock({ status = 429, retryAfterMs, ...filter }: EdgeBlockOptions = {}): void {
    this.#plan({ kind: "edgeBlock", status, retryAfterMs }, filter);
  }

  /** Loses a request (`isExecuted: false`) or its answer, and cuts the connection. */
  loseRequest({ isExecuted = false, isSilent = false, ...filter }: LoseRequestOptions = {}): void {
    this.#plan({ kind: "lose", isExecuted, isSilent }, filter);
  }

  /** Executes the request and answers HTML where JSON was due. */
  html({ status = 200, ...filter }: HtmlOptions = {}): void {
    this.#plan({ kind: "html", status }, filter);
  }

  /** Answers as it is told to, past every rule. */
  respond({ status = 200, headers = {}, body, isExecuted = false, ...filter }: RespondOptions = {}): void {
    const make = () => new Response(body ?? null, { status, headers });
    make();
    this.#plan({ kind: "respond", make, isExecuted }, filter);
  }

  /** Lets requests wait before they are looked at. */
  delay({ ms = 1000, route, count = 1 }: DelayOptions = {}): void {
    this.#rest.checkRoute(route);
    this.#restFaults.planDelay(ms, checkCount(count), route);
  }

  /** Forgets every fault that has not struck yet. */
  clear(): void {
    this.#gatewayFaults.clear();
    this.#restFaults.clear();
  }

  #open({ shardId }: ConnectionFilter): readonly GatewayConnection[] {
    return this.#gateway.connections.filter(({ isOpen, session }) =>
      isOpen && (shardId === undefined || session?.shardId === shardId)
    );
  }

  #plan(fault: RestFault, { route, count = 1 }: RequestFilter): void {
    this.#rest.checkRoute(route);
    this.#restFaults.plan(fault, checkCount(count), route);
  }
}

function checkCount(count: number): number {
  if (count >= 1) return count;
  throw new RangeError(`count is ${count}: give a number from 1 on`);
}
