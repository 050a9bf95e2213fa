/**
 * The protocol of one shard, without any I/O: what happened goes in, what must be done comes out.
 *
 * Three things live at different lengths, and keeping them apart is the whole theory:
 *
 * - A **connection** is one WebSocket. It has a heart (from HELLO on) and is in one {@linkcode Phase}. Leaving a phase
 *   always goes through `#leave`, which counts what failed; whatever a left connection still says is never heard.
 * - A **session** is Discord's memory of the shard, named by the {@linkcode ResumePoint}. It outlives connections, and is
 *   given up only when Discord says that it is dead, or after it has failed often enough (the ladder, §9).
 * - The **shard** outlives sessions: it counts attempts, so that each way to fail backs off by itself (§10).
 *
 *     idle ─start→ connecting ─opened→ awaitingHello ─HELLO→ resuming ─RESUMED→ ready
 *                   ↑                                  └→ awaitingPermit → identifying ─READY→ ready
 *                  backoff ←──── any connection that ended or was left; dead ←── fatal close code
 *
 * Rules of the driver: after each step do the effects in order, and feed `alarm` at `wakeAt`. An alarm that comes early
 * does nothing.
 *
 * @module
 */
import { Backoff } from "./backoff.ts";
import { CLOSE_CONNECTION, CLOSE_SESSION, closePauseMs, closeVerdict, fatalError } from "./close_codes.ts";
import {
  type DisconnectError,
  ReconnectCheckFailedError,
  SessionTakenError,
  UnhandledCloseCodeError,
} from "./errors.ts";
import { gatewayUrl, resumeUrl, type ResumeUrlPolicy } from "./gateway_url.ts";
import { Heartbeat } from "./heartbeat.ts";
import { GatewayOpcode, type GatewayPayload, helloInterval, readyFacts } from "./payload.ts";
import type { SessionEffect, SessionInput } from "./session_step.ts";
import type { ShardState } from "./shard_state.ts";

export type { SessionEffect, SessionInput } from "./session_step.ts";

/** How long a connection may take to open and say HELLO. */
const HELLO_TIMEOUT_MS = 20_000;
/** After how long a READY counts as slow, and how long it may take while Discord answers heartbeats: in an outage,
 * waiting costs nothing (ID-9). */
const READY_SLOW_MS = 15_000;
const READY_TIMEOUT_MS = 300_000;
/** How long a resuming connection may be silent (RS-5), and how long answered heartbeats alone may keep it. */
const RESUME_SILENCE_MS = 30_000;
const RESUME_TIMEOUT_MS = 300_000;
/** A connection that was ready for so long counts as healthy (BO-2). */
const STABLE_MS = 60_000;
/** The pause after INVALID_SESSION is random between these. */
const INVALID_SESSION_MIN_MS = 1_000;
const INVALID_SESSION_MAX_MS = 5_000;
/** Refusals of the resume host in a row before its address is dropped (ladder 2). */
const REFUSAL_LIMIT = 2;
/** Resumes in a row that may fail before the session is dropped (ladder 4). */
const FAILED_RESUME_LIMIT = 3;
/** Unknown close codes in a row before the shard stops. */
const UNKNOWN_CLOSE_LIMIT = 3;

/** Where a session can be taken up again (SEQ-1). */
export interface ResumePoint {
  /** The session's id. */
  readonly sessionId: string;
  /** Where to resume, or `undefined` when only the base URL is left. */
  readonly resumeGatewayUrl: string | undefined;
  /** The sequence number of the last dispatch that was received. */
  readonly sequence: number;
}

/** What a session needs to know of its shard. */
export interface SessionOptions {
  /** The shard's id. */
  readonly shardId: number;
  /** How many shards the bot has. */
  readonly shardCount: number;
  /** The bot's token, without a prefix. */
  readonly token: string;
  /** The intents to ask for. */
  readonly intents: number;
  /** The base URL, without a query. */
  readonly gatewayUrl: string;
  /** `compress` of the URLs, if any. */
  readonly compress: string | undefined;
  /** What to make of the resume URL (URL-6). */
  readonly resumeUrl: ResumeUrlPolicy;
  /** `properties` of IDENTIFY. */
  readonly properties: { readonly os: string; readonly browser: string; readonly device: string };
  /** `large_threshold` of IDENTIFY. */
  readonly largeThreshold: number | undefined;
  /** `capabilities` of IDENTIFY. */
  readonly capabilities?: number | undefined;
  /** Whether a lost session may be replaced by a new one. */
  readonly mayReconnect: boolean;
  /** A number from 0 to 1. */
  readonly random: () => number;
}

/** What a connection is doing. Only connections past HELLO have a heart. */
type Phase =
  | { readonly name: "idle" | "dead" }
  | { readonly name: "backoff"; readonly until: number }
  | { readonly name: "connecting" | "awaitingHello"; readonly until: number; readonly isResumeHost: boolean }
  | { readonly name: "awaitingPermit"; readonly heart: Heartbeat }
  | {
    readonly name: "identifying";
    readonly heart: Heartbeat;
    readonly until: number;
    readonly since: number;
  }
  | { readonly name: "resuming"; readonly heart: Heartbeat; readonly until: number }
  | { readonly name: "ready"; readonly heart: Heartbeat; readonly since: number };

/** Shared by all steps that have nothing to do, and by those that only deliver: most of them. */
const NOTHING: readonly SessionEffect[] = [];
const DELIVER: readonly SessionEffect[] = [{ type: "deliver" }];

/** Why a connection was left. */
interface Departure {
  readonly code: number;
  readonly reason: string;
  readonly pauseMs?: number;
}

/** One shard's way through connections and sessions. */
export class Session {
  readonly #options: SessionOptions;
  #phase: Phase = { name: "idle" };
  /** The session that Discord remembers, as far as we know. */
  #memory: Omit<ResumePoint, "sequence"> | undefined;
  /** The number of the last dispatch of that session. */
  #sequence = 0;
  #presence: unknown;
  readonly #backoff: Backoff;
  #refusals = 0;
  #failedResumes = 0;
  /** When the resume under way was asked for, or last brought an event. */
  #resumeMovedAt = 0;
  #unknownCloses = 0;
  #hadSession: boolean;

  /** A session that continues at `resumePoint`, where there is one; the next new one is a loss if it `hadSession`. */
  constructor(
    options: SessionOptions,
    resumePoint?: ResumePoint,
    hadSession: boolean = resumePoint !== undefined,
  ) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
    this.#memory = resumePoint;
    this.#sequence = resumePoint?.sequence ?? 0;
    this.#hadSession = hadSession;
  }

  /** What the connection is doing. */
  get state(): ShardState {
    return this.#phase.name;
  }

  /** When to feed an alarm; `Infinity` for never. */
  get wakeAt(): number {
    const phase = this.#phase;
    const until = "until" in phase ? phase.until : Infinity;
    return "heart" in phase ? Math.min(phase.heart.dueAt, until) : until;
  }

  /** Where the session can be taken up again. */
  get resumePoint(): ResumePoint | undefined {
    const memory = this.#memory;
    if (memory === undefined) return undefined;
    return {
      sessionId: memory.sessionId,
      resumeGatewayUrl: memory.resumeGatewayUrl,
      sequence: this.#sequence,
    };
  }

  /** Milliseconds that the last answered heartbeat took. */
  get latencyMs(): number | undefined {
    return "heart" in this.#phase ? this.#phase.heart.latencyMs : undefined;
  }

  /** The milliseconds between heartbeats of this connection, once they are known. */
  get heartbeatIntervalMs(): number | undefined {
    return "heart" in this.#phase ? this.#phase.heart.intervalMs : undefined;
  }

  /** The presence that the next IDENTIFY carries: a new session starts with no other (TX-11). */
  get presence(): unknown {
    return this.#presence;
  }

  set presence(presence: unknown) {
    this.#presence = presence;
  }

  /** Takes in what happened at `now`; gives back what must be done, in order. */
  step(input: SessionInput, now: number): readonly SessionEffect[] {
    switch (input.type) {
      case "received":
        return this.#received(input.payload, now);
      case "alarm":
        return this.#alarm(now);
      case "start":
        return this.#phase.name === "idle" ? this.#open(now) : NOTHING;
      case "stop":
        return this.#stop(input.isResumable);
      case "opened":
        return this.#opened();
      case "permitted":
        return this.#permitted(now);
      case "taken":
        return this.#taken();
      case "garbled":
        return this.#abandon({ code: CLOSE_CONNECTION, reason: input.reason }, now);
      case "closed":
        return this.#closed(input, now);
    }
  }

  /**
   * Takes in a dispatch other than READY and RESUMED; gives whether it is to be delivered.
   *
   * The same as a step, without inputs and effects: of such dispatches there are many, and nothing else comes of them.
   */
  dispatched(s: number | null, now: number): boolean {
    const phase = this.#phase;
    if ("heart" in phase) phase.heart.heard(now);
    else if (phase.name !== "connecting" && phase.name !== "awaitingHello") return false;
    return this.#note(s, now);
  }

  #open(now: number): readonly SessionEffect[] {
    const { gatewayUrl: base, compress, resumeUrl: policy } = this.#options;
    const host = resumeUrl(this.#memory?.resumeGatewayUrl, base, policy);
    this.#phase = { name: "connecting", until: now + HELLO_TIMEOUT_MS, isResumeHost: host !== undefined };
    return [{ type: "open", url: gatewayUrl(host ?? base, compress) }];
  }

  #opened(): readonly SessionEffect[] {
    if (this.#phase.name === "connecting") this.#phase = { ...this.#phase, name: "awaitingHello" };
    return NOTHING;
  }

  #received(payload: GatewayPayload, now: number): readonly SessionEffect[] {
    const phase = this.#phase;
    if ("heart" in phase) phase.heart.heard(now);
    else if (phase.name !== "connecting" && phase.name !== "awaitingHello") return NOTHING;
    switch (payload.op) {
      case GatewayOpcode.Dispatch:
        return this.#dispatched(payload, now);
      case GatewayOpcode.HeartbeatAck:
        if ("heart" in phase) phase.heart.acknowledged(now);
        return DELIVER;
      case GatewayOpcode.Heartbeat:
        return [this.#beat(), ...DELIVER]; // HB-4
      case GatewayOpcode.Hello:
        return this.#hello(payload.d, now);
      case GatewayOpcode.Reconnect:
        return delivered(this.#abandon({ code: CLOSE_CONNECTION, reason: "Asked to reconnect" }, now));
      case GatewayOpcode.InvalidSession:
        return delivered(this.#invalidSession(payload.d !== false, now));
      default:
        return DELIVER; // ENV-2
    }
  }

  #hello(d: unknown, now: number): readonly SessionEffect[] {
    if (this.#phase.name !== "connecting" && this.#phase.name !== "awaitingHello") return DELIVER;
    const intervalMs = helloInterval(d);
    if (intervalMs === undefined) {
      return this.#abandon({ code: CLOSE_CONNECTION, reason: "HELLO without a heartbeat interval" }, now);
    }
    this.#refusals = 0;
    const heart = new Heartbeat(intervalMs, this.#options.random(), now);
    if (this.#memory === undefined) {
      this.#phase = { name: "awaitingPermit", heart };
      return [...DELIVER, { type: "askPermit" }];
    }
    this.#phase = { name: "resuming", heart, until: now + RESUME_SILENCE_MS };
    this.#resumeMovedAt = now;
    const resume = { token: this.#options.token, session_id: this.#memory.sessionId, seq: this.#sequence };
    return [{ type: "send", command: { op: GatewayOpcode.Resume, d: resume } }, ...DELIVER];
  }

  #permitted(now: number): readonly SessionEffect[] {
    const phase = this.#phase;
    if (phase.name !== "awaitingPermit") return NOTHING;
    this.#phase = { name: "identifying", heart: phase.heart, until: now + READY_SLOW_MS, since: now };
    this.#backoff.identified();
    const { token, intents, properties, largeThreshold, capabilities, shardId, shardCount } = this.#options;
    const d: Record<string, unknown> = { token, intents, properties, shard: [shardId, shardCount] };
    if (largeThreshold !== undefined) d.large_threshold = largeThreshold;
    if (capabilities !== undefined) d.capabilities = capabilities;
    if (this.#presence !== undefined) d.presence = this.#presence;
    return [{ type: "send", command: { op: GatewayOpcode.Identify, d } }];
  }

  #dispatched({ d, s, t }: GatewayPayload, now: number): readonly SessionEffect[] {
    if (t === "READY") return this.#ready(d, s, now);
    const isNew = this.#note(s, now);
    if (t === "RESUMED") return this.#resumed(now);
    return isNew ? DELIVER : NOTHING;
  }

  /** Whether the number of a dispatch is a new one (SEQ-7): a replay may start earlier than it must. */
  #note(s: number | null, now: number): boolean {
    if (s === null) return true;
    if (this.#memory !== undefined && s <= this.#sequence) return false;
    this.#sequence = s;
    this.#resumeMovedAt = now;
    this.#failedResumes = 0; // A replay that moves on is no failure, also when it is cut short.
    return true;
  }

  #ready(d: unknown, s: number | null, now: number): readonly SessionEffect[] {
    const phase = this.#phase;
    const facts = readyFacts(d);
    if (facts === undefined || !("heart" in phase)) {
      return this.#abandon({ code: CLOSE_CONNECTION, reason: "READY without a session" }, now);
    }
    this.#memory = facts;
    this.#sequence = s ?? 0;
    this.#succeed(phase.heart, now);
    const isLost = this.#hadSession;
    this.#hadSession = true;
    return isLost
      ? [...DELIVER, { type: "ready" }, { type: "sessionLost" }]
      : [...DELIVER, { type: "ready" }];
  }

  #resumed(now: number): readonly SessionEffect[] {
    const phase = this.#phase;
    if (phase.name !== "resuming") return DELIVER; // SM-21
    this.#succeed(phase.heart, now);
    return [...DELIVER, { type: "resumed" }];
  }

  #succeed(heart: Heartbeat, now: number): void {
    this.#phase = { name: "ready", heart, since: now };
    this.#failedResumes = 0;
    this.#unknownCloses = 0;
  }

  #invalidSession(isResumable: boolean, now: number): readonly SessionEffect[] {
    if (!isResumable) this.#memory = undefined;
    const spanMs = INVALID_SESSION_MAX_MS - INVALID_SESSION_MIN_MS;
    const pauseMs = INVALID_SESSION_MIN_MS + this.#options.random() * spanMs;
    return this.#abandon({ code: CLOSE_CONNECTION, reason: "The session is not valid", pauseMs }, now);
  }

  #alarm(now: number): readonly SessionEffect[] {
    const phase = this.#phase;
    if (now < this.wakeAt) return NOTHING;
    if ("heart" in phase && now >= phase.heart.dueAt) return this.#heartDue(phase.heart, now);
    switch (phase.name) {
      case "backoff":
        return this.#open(now);
      case "connecting":
      case "awaitingHello":
        return this.#abandon({ code: CLOSE_CONNECTION, reason: "No HELLO came" }, now);
      case "identifying":
        return this.#readyDue(phase, now);
      case "resuming":
        return this.#resumeDue(phase, now);
      default:
        return NOTHING;
    }
  }

  #readyDue(phase: Phase & { name: "identifying" }, now: number): readonly SessionEffect[] {
    const until = phase.since + READY_TIMEOUT_MS;
    if (now >= until) return this.#abandon({ code: CLOSE_CONNECTION, reason: "No READY came" }, now);
    this.#phase = { ...phase, until };
    return [{ type: "slowReady" }];
  }

  #resumeDue(phase: Phase & { name: "resuming" }, now: number): readonly SessionEffect[] {
    // Answered heartbeats keep a silent resume alive for a while (RS-5), but not for ever.
    const { heardAt } = phase.heart;
    const until = Math.min(heardAt + RESUME_SILENCE_MS, this.#resumeMovedAt + RESUME_TIMEOUT_MS);
    if (now >= until) return this.#abandon({ code: CLOSE_CONNECTION, reason: "The resume fell silent" }, now);
    this.#phase = { ...phase, until };
    return NOTHING;
  }

  #heartDue(heart: Heartbeat, now: number): readonly SessionEffect[] {
    switch (heart.due(now)) {
      case "wait":
        return NOTHING;
      case "dead":
        return this.#abandon({ code: CLOSE_CONNECTION, reason: "Heartbeats are not answered" }, now);
      case "send":
        heart.sent(now);
        return [this.#beat()];
    }
  }

  #beat(): SessionEffect {
    const d = this.#memory === undefined ? null : this.#sequence; // HB-3
    return { type: "send", command: { op: GatewayOpcode.Heartbeat, d } };
  }

  get #isConnected(): boolean {
    const { name } = this.#phase;
    return "heart" in this.#phase || name === "connecting" || name === "awaitingHello";
  }

  #taken(): readonly SessionEffect[] {
    const { shardId } = this.#options;
    const isConnected = this.#isConnected;
    if (this.#phase.name === "dead") return NOTHING;
    const reason = "Taken over by another process";
    const failed = this.#fail(new SessionTakenError({ reason, shardId }));
    return isConnected ? [{ type: "close", code: CLOSE_CONNECTION, reason }, ...failed] : failed;
  }

  #stop(isResumable: boolean): readonly SessionEffect[] {
    const isConnected = this.#isConnected;
    if (this.#phase.name !== "dead") this.#phase = { name: "idle" };
    if (!isResumable) this.#memory = undefined;
    const code = isResumable ? CLOSE_CONNECTION : CLOSE_SESSION;
    return isConnected ? [{ type: "close", code, reason: "Stopped" }] : NOTHING;
  }

  #closed({ code, reason }: Departure, now: number): readonly SessionEffect[] {
    const name = this.#phase.name;
    if (name === "idle" || name === "backoff" || name === "dead") return NOTHING;
    const { intents, shardId } = this.#options;
    const verdict = closeVerdict(code);
    if (verdict === "stop") return this.#fail(fatalError(intents, { code, reason, shardId }));
    if (verdict === "unknown" && ++this.#unknownCloses >= UNKNOWN_CLOSE_LIMIT) {
      return this.#fail(new UnhandledCloseCodeError({ code, reason, shardId }));
    }
    if (verdict === "identify") this.#memory = undefined;
    const effects = this.#leave({ code, reason, pauseMs: closePauseMs(code) }, now);
    const willResume = this.#memory !== undefined;
    if (verdict === "resumeOnce" && (name === "ready" || name === "resuming")) {
      this.#failedResumes = FAILED_RESUME_LIMIT - 1;
    }
    return [{ type: "disconnected", code, reason, willResume }, ...effects];
  }

  /** Closes the connection from our side, so that its session lives on, and goes to the next one. */
  #abandon(departure: Departure, now: number): readonly SessionEffect[] {
    const name = this.#phase.name;
    if (name === "idle" || name === "backoff" || name === "dead") return NOTHING;
    const { code, reason } = departure;
    return [{ type: "close", code, reason }, ...this.#leave(departure, now)];
  }

  /** The one way out of a connection: counts what failed, and waits before the next. */
  #leave({ code, reason, pauseMs = 0 }: Departure, now: number): readonly SessionEffect[] {
    const phase = this.#phase;
    if (phase.name === "ready" && now - phase.since >= STABLE_MS) this.#backoff.reset();
    if (phase.name === "resuming" && ++this.#failedResumes >= FAILED_RESUME_LIMIT) {
      this.#memory = undefined;
    }
    if ("isResumeHost" in phase && phase.isResumeHost && ++this.#refusals >= REFUSAL_LIMIT) {
      this.#dropResumeHost();
    }
    const { mayReconnect, shardId } = this.#options;
    if (this.#memory === undefined && this.#hadSession && !mayReconnect) {
      return this.#fail(new ReconnectCheckFailedError({ code, reason, shardId }));
    }
    const backoffMs = this.#backoff.nextMs(this.#memory === undefined);
    this.#phase = { name: "backoff", until: now + Math.max(pauseMs, backoffMs) };
    return NOTHING;
  }

  #dropResumeHost(): void {
    this.#refusals = 0;
    if (this.#memory) this.#memory = { sessionId: this.#memory.sessionId, resumeGatewayUrl: undefined };
  }

  #fail(error: DisconnectError): readonly SessionEffect[] {
    this.#phase = { name: "dead" };
    this.#memory = undefined;
    return [{ type: "failed", error }];
  }
}

/** Delivers once the connection is closed, so that a listener finds it done, but before anything ends for good. */
function delivered([close, ...rest]: readonly SessionEffect[]): readonly SessionEffect[] {
  return close === undefined ? DELIVER : [close, ...DELIVER, ...rest];
}
