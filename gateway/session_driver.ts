import type { Clock } from "../clock.ts";
import { Alarm, type Alarms } from "./alarms.ts";
import { CLOSE_CONNECTION, CLOSE_SESSION } from "./close_codes.ts";
import type { CommandQueue } from "./command_queue.ts";
import type { DisconnectError } from "./errors.ts";
import type { IdentifyQueue } from "./identify_queue.ts";
import { Line } from "./line.ts";
import { type GatewayCommand, GatewayOpcode, type GatewayPayload, redacted } from "./payload.ts";
import type { Session, SessionEffect, SessionInput } from "./session.ts";
import type { GatewayDispatchers } from "./shard_events.ts";
import { reasonOf } from "./shard_log.ts";
import type { ShardReports } from "./shard_reports.ts";
import { ShardCounts } from "./shard_status.ts";
import { NO_CODE, type TransportListener, type TransportOptions } from "./transport.ts";

/** What can have the session of a driver. */
type Owner<Shard> = GatewayDispatchers<Shard> & { readonly id: number };

/** What a {@linkcode SessionDriver} needs of its shard. */
export interface SessionDriverOptions<Shard extends Owner<Shard>> {
  /** What decides. */
  readonly session: Session;
  /** The source of time. */
  readonly clock: Clock;
  /** What its alarm belongs to. */
  readonly alarms: Alarms;
  /** How connections are made. */
  readonly line: Omit<TransportOptions, "traffic">;
  /** Whose turn it is to identify. */
  readonly identifyQueue: IdentifyQueue;
  /** What users want to be sent. */
  readonly commands: CommandQueue;
  /** Who is told of what happens. */
  readonly reports: ShardReports<Shard>;
  /** Looks whether the session is still the shard's own, before it connects again; if not, it is told that it is taken. */
  readonly look: (() => Promise<void>) | undefined;
  /** A dispatch has been delivered. */
  readonly dispatched: () => void;
  /** A session has begun, or goes on. */
  readonly begun: (how: "ready" | "resumed", payload: GatewayPayload | undefined) => void;
  /** The session has failed for good. */
  readonly failed: (error: DisconnectError) => void;
}

/** Drives one session: feeds it what happens, does what it decides, and sets the alarm. */
export class SessionDriver<Shard extends Owner<Shard>> implements TransportListener {
  readonly #options: SessionDriverOptions<Shard>;
  readonly #line: Line;
  readonly #alarm: Alarm;
  #session: Session;
  #isLooking = false;
  /** What was done since the shard was made. */
  readonly counts: ShardCounts = new ShardCounts();

  /** Does nothing until the first {@linkcode step}. */
  constructor(options: SessionDriverOptions<Shard>) {
    this.#options = options;
    this.#session = options.session;
    this.#line = new Line({ ...options.line, traffic: this.counts });
    this.#alarm = new Alarm(options.alarms, () => this.#ring());
  }

  /** What decides. Replaced only before it has begun. */
  get session(): Session {
    return this.#session;
  }

  set session(session: Session) {
    this.#session = session;
  }

  /** Resolves when no socket is left. */
  get ended(): Promise<unknown> {
    return this.#line.ended;
  }

  /** Closes the connection, whatever the session would say. */
  leave(code: number, reason: string): void {
    this.#line.leave(code, reason);
  }

  /** Lets the session decide, then does what it says. */
  step(input: SessionInput): void {
    const { clock, commands, reports } = this.#options;
    const now = clock.now();
    const payload = input.type === "received" ? input.payload : undefined;
    const from = this.#session.state;
    const effects = this.#session.step(input, now);
    const to = this.#session.state;
    if (from !== to) reports.changed(from, to, reasonOf(input, effects));
    if (effects.length === 0 && payload?.op === GatewayOpcode.Dispatch) this.counts.skipped += 1;
    for (const effect of effects) this.#perform(effect, payload, now);
    commands.follow();
    this.flush(now);
  }

  /** Sends what may be sent: with a session, and as far as the window allows (TX-4). Then sets the alarm. */
  flush(now: number): void {
    const { commands, reports } = this.#options;
    while (this.#flushAt(now) <= now) {
      const { heartbeatIntervalMs } = this.#session;
      const command = commands.sendNext(
        now,
        (text) => this.#line.hand(text, now, { heartbeatIntervalMs, isBeat: false }),
      );
      if (command === undefined) break;
      reports.report("sent", redacted(command));
    }
    this.#alarm.set(Math.min(this.#session.wakeAt, this.#flushAt(now)));
  }

  /** The connection is open. */
  opened(): void {
    this.step({ type: "opened" });
  }

  /** The session itself needs two events; of all others, it only needs the number. */
  wants(name: string): boolean {
    const { commands, reports } = this.#options;
    return name === "READY" || name === "RESUMED" || reports.wants(name) || commands.wants(name);
  }

  /** A payload has come; whether somebody has waited for it. */
  received(payload: GatewayPayload, now: number): boolean {
    const { op, s, t } = payload;
    const isPlain = op === GatewayOpcode.Dispatch && t !== "READY" && t !== "RESUMED";
    if (!isPlain) {
      this.step({ type: "received", payload });
      return true; // Many may wait for what it says.
    }
    if (this.#session.dispatched(s, now)) return this.#deliver(payload);
    this.counts.skipped += 1;
    return false;
  }

  /** A dispatch has come that nobody wants. */
  skimmed(_name: string, sequence: number, now: number): void {
    if (!this.#session.dispatched(sequence, now)) {
      this.counts.skipped += 1;
      return;
    }
    this.counts.received += 1;
    this.#options.dispatched();
  }

  /** The connection is of no use any more. */
  garbled(reason: string): void {
    this.step({ type: "garbled", reason });
  }

  /** The connection has ended by itself. */
  closed(code: number, reason: string): void {
    this.step({ type: "closed", code, reason });
  }

  #ring(): void {
    if (this.#session.state !== "backoff" || this.#options.look === undefined) this.step({ type: "alarm" });
    else if (!this.#isLooking) void this.#lookFirst(this.#options.look);
  }

  async #lookFirst(look: () => Promise<void>): Promise<void> {
    this.#isLooking = true;
    await look();
    this.#isLooking = false;
    this.step({ type: "alarm" }); // Which does nothing, where it is not time for it any more.
  }

  #perform(effect: SessionEffect, payload: GatewayPayload | undefined, now: number): void {
    const { begun, failed, reports } = this.#options;
    switch (effect.type) {
      case "deliver":
        if (payload !== undefined) this.#deliver(payload);
        return;
      case "send":
        return this.#transmit(effect.command, payload?.op === GatewayOpcode.Heartbeat, now);
      case "open":
        return this.#open(effect.url);
      case "close":
        return this.#leave(effect.code, effect.reason);
      case "askPermit":
        this.#askPermit();
        return;
      case "disconnected":
        return this.#disconnected(effect);
      case "failed":
        return failed(effect.error);
      case "ready":
        return begun("ready", payload);
      case "resumed":
        this.counts.resumes += 1;
        return begun("resumed", payload);
      case "slowReady":
      case "sessionLost":
        return reports.report(effect.type, reports.context);
    }
  }

  /** Whether somebody has waited for it, who goes on in a turn to come. */
  #deliver(payload: GatewayPayload): boolean {
    const { commands, dispatched, reports } = this.#options;
    let isAnswer = false;
    if (payload.op === GatewayOpcode.Dispatch) {
      this.counts.received += 1;
      isAnswer = commands.received(payload);
      dispatched();
    }
    return reports.deliver(payload) || isAnswer;
  }

  #open(url: string): void {
    this.counts.connections += 1;
    try {
      this.#line.open(url, this);
    } catch (error) {
      this.#options.reports.reportError("connect", error);
      queueMicrotask(() => {
        if (this.#session.state === "connecting" && !this.#line.isConnected) {
          this.step({ type: "closed", code: NO_CODE, reason: "No socket" });
        }
      });
    }
  }

  #leave(code: number, reason: string): void {
    const { reports } = this.#options;
    this.#line.leave(code, reason);
    reports.report("clientDisconnect", { resumable: code !== CLOSE_SESSION, reason, ...reports.context });
  }

  #disconnected({ code, reason, willResume }: SessionEffect & { type: "disconnected" }): void {
    const { reports } = this.#options;
    this.#line.leave(CLOSE_CONNECTION, ""); // Should the socket still be open: 1000 would end the session.
    reports.report("disconnect", { code, reason, willResume, ...reports.context });
  }

  async #askPermit(): Promise<void> {
    const { identifyQueue, reports } = this.#options;
    const { id } = reports.context.shard;
    try {
      if (!await this.#line.wait((signal) => identifyQueue.acquire(id, { signal }))) return;
    } catch (error) {
      reports.reportError("identify", error);
      return this.step({ type: "garbled", reason: "The identify queue has failed" });
    }
    this.counts.identifies += 1;
    this.step({ type: "permitted" });
  }

  /** Sends what never waits; a heartbeat that Discord asks for is left out where it would cost the connection (TX-1). */
  #transmit(command: GatewayCommand, isAnswer: boolean, now: number): void {
    const isOpened = ["identifying", "resuming", "ready"].includes(this.#session.state);
    if (isAnswer && !this.#line.hasRoomForAnswer(now, { isOpened })) return;
    const isBeat = command.op === GatewayOpcode.Heartbeat && !isAnswer;
    const { heartbeatIntervalMs } = this.#session;
    const isSent = this.#line.hand(JSON.stringify(command), now, { heartbeatIntervalMs, isBeat });
    if (isSent) this.#options.reports.report("sent", redacted(command));
  }

  /** When a user's payload may be sent next. */
  #flushAt(now: number): number {
    const { commands } = this.#options;
    if (commands.size === 0 || this.#session.state !== "ready") return Infinity;
    return Math.max(this.#line.roomAt(now), commands.nextAt(now));
  }
}
