import { Session, type SessionEffect, type SessionInput } from "../../gateway/session.ts";
import { Line, type LineServer } from "./line.ts";
import { BASE_URL, control, RESUME_URL } from "./moody_discord.ts";
import { BrokenRule, Watch } from "./watch.ts";
import { WorldTime } from "./world_time.ts";

const SHARD_ID = 0;
const INTERVAL_MS = 41_250;
const MINUTE_MS = 61_000;
/** How late an alarm is when a machine has slept. */
const SLEEP_MS = 30_000;
/** After a sleep, two things may be due: a heartbeat and a deadline. */
const ALARMS_AT_ONCE = 2;
/** Counters have grown as far as they matter. */
const MANY = 10;

/** One thing that may happen to a session. */
export interface Move {
  readonly name: string;
  /** Whether it can happen now. */
  can(rig: SessionRig): boolean;
  do(rig: SessionRig): void;
}

/** The bare session, with somebody who does what it says as a shard would, and watches it by the same rules. */
export class SessionRig {
  readonly session: Session;
  readonly #time = new WorldTime(() => 0.5);
  readonly #watch: Watch;
  #line: Line | undefined;
  #isAsking = false;
  #attempts = 0;
  #identifies = 0;
  #refusals = 0;

  /** A session whose dice always show `chance`. */
  constructor(chance: number, mayReconnect = true) {
    // Turns are the queue's affair, which is not here.
    const turns = { maxConcurrency: 1, permitMs: () => Infinity, identifyWindowMs: 0, mayReconnect };
    this.#watch = new Watch({ time: this.#time, ...turns, note: () => {} }, () => {});
    this.session = new Session({
      shardId: SHARD_ID,
      shardCount: 1,
      token: "a.b.c",
      intents: 0,
      gatewayUrl: BASE_URL,
      compress: undefined,
      resumeUrl: "follow",
      properties: { os: "linux", browser: "nextcore", device: "nextcore" },
      largeThreshold: undefined,
      mayReconnect,
      random: () => chance,
    });
  }

  get isConnected(): boolean {
    return this.#line !== undefined;
  }

  get isAsking(): boolean {
    return this.#isAsking && this.#line !== undefined;
  }

  /** Milliseconds until the alarm. */
  get alarmInMs(): number {
    return this.session.wakeAt - this.#time.now;
  }

  /** What the future depends on, seen from outside: two sessions that look the same are the same. */
  get key(): string {
    const { session } = this;
    const now = this.#time.now;
    const shard = this.#watch.shards.get(SHARD_ID);
    const view = shard?.line;
    const ago = (at: number | undefined) => at === undefined ? -1 : Math.round(now - at);
    return JSON.stringify([
      session.state,
      ago(session.wakeAt),
      session.resumePoint !== undefined && session.resumePoint.resumeGatewayUrl,
      [Math.min(this.#attempts, MANY), Math.min(this.#identifies, MANY), this.#refusals, this.isAsking],
      shard &&
      [shard.isDead, shard.hadSession, shard.failedResumes, shard.unknownCloses],
      view !== undefined && !view.isOver && [
        view.opening,
        ago(view.openingAt),
        ago(view.helloAt),
        Math.min(ago(view.readyAt), MINUTE_MS),
        ago(view.heardAt),
        ago(view.beatAt),
        view.unanswered,
        view.silentBeats,
      ],
    ]);
  }

  start(): void {
    this.#watch.stop = undefined;
    const shard = this.#watch.shards.get(SHARD_ID);
    if (shard !== undefined) shard.nextAfter = -Infinity; // A user need not wait.
    this.#feed({ type: "start" });
  }

  stop(isResumable: boolean): void {
    const shard = this.#watch.shards.get(SHARD_ID);
    const failedResumes = shard?.failedResumes ?? 0;
    this.#watch.stop = isResumable ? "resumable" : "final";
    this.#feed({ type: "stop", isResumable });
    if (shard === undefined) return;
    shard.failedResumes = failedResumes; // It has not failed, it was stopped.
    if (!isResumable) shard.isDead = true;
  }

  /** An alarm at its time, or long after. */
  wake({ isLate }: { readonly isLate: boolean }): void {
    this.#time.now = Math.max(this.#time.now, this.session.wakeAt) + (isLate ? SLEEP_MS : 0);
    if (isLate) this.#time.block(0);
    for (let alarms = 0; alarms < ALARMS_AT_ONCE; alarms += 1) {
      this.#feed({ type: "alarm" });
      if (this.session.wakeAt > this.#time.now || this.session.state === "backoff") return;
    }
    throw new BrokenRule("an alarm leaves an alarm that is due at once");
  }

  /** An alarm that comes too early. */
  wakeEarly(): void {
    const before = this.session.wakeAt;
    const effects = this.session.step({ type: "alarm" }, this.#time.now);
    if (effects.length > 0 || this.session.wakeAt !== before) {
      throw new BrokenRule("an early alarm does something");
    }
  }

  /** A minute in which Discord answers. */
  live(): void {
    const endAt = this.#time.now + MINUTE_MS;
    while (this.session.wakeAt <= endAt && this.isConnected) {
      this.wake({ isLate: false });
      if (this.isConnected) this.receive(control(11, null));
    }
    if (this.isConnected) this.#time.now = Math.max(this.#time.now, endAt);
    this.#check();
  }

  opened(): void {
    this.#feed({ type: "opened" });
  }

  permitted(): void {
    this.#isAsking = false;
    this.#feed({ type: "permitted" });
  }

  hello(): void {
    this.#refusals = 0;
    this.receive(control(10, { heartbeat_interval: INTERVAL_MS }));
  }

  ready(): void {
    const d = { v: 10, session_id: "session", resume_gateway_url: RESUME_URL };
    this.receive(JSON.stringify({ op: 0, t: "READY", s: 1, d }));
  }

  /** An event, or RESUMED, with a number that is `ahead` of the last. */
  event(t: string, ahead: number): void {
    const shard = this.#watch.shards.get(SHARD_ID);
    const s = (this.session.resumePoint?.sequence ?? 0) + ahead;
    const index = (shard?.index ?? 0) + 1;
    this.receive(
      JSON.stringify({ op: 0, t, s, d: { id: `${index}` }, at: { session: "session", index } }),
    );
  }

  receive(text: string): void {
    if (this.#line === undefined) return;
    this.#watch.arriving(this.#line, text);
    this.#feed({ type: "received", payload: JSON.parse(text) });
  }

  garble(): void {
    if (this.#line !== undefined) this.#watch.arriving(this.#line, "?");
    this.#feed({ type: "garbled", reason: "A message is not JSON" });
  }

  closed(code: number): void {
    if (this.#line !== undefined) this.#watch.ending(this.#line, code);
    this.#feed({ type: "closed", code, reason: "" }, () => this.#over());
  }

  #feed(input: SessionInput, before = () => {}): void {
    const { state } = this.session;
    const shard = this.#watch.shards.get(SHARD_ID);
    const isStable = state === "ready" && this.#time.now - (shard?.line?.readyAt ?? Infinity) >= 60_000;
    const line = this.#line;
    const effects = this.session.step(input, this.#time.now);
    before();
    if (state === "dead" && effects.length > 0) throw new BrokenRule("a dead session does something");
    for (const effect of effects) this.#perform(effect, input);
    if (line !== undefined && this.#line !== line) this.#left(line, isStable);
    this.#check();
  }

  #check(): void {
    this.#watch.afterStep(
      [{ key: SHARD_ID, state: this.session.state }],
      this.session.wakeAt === Infinity ? 0 : 1,
    );
  }

  #left(line: Line, isStable: boolean): void {
    if (isStable) this.#attempts = this.#identifies = 0;
    this.#attempts += 1;
    const view = this.#watch.shards.get(SHARD_ID)?.line;
    if (view?.helloAt === undefined && line.url.href.startsWith(RESUME_URL)) {
      this.#refusals = (this.#refusals + 1) % 2;
    }
  }

  #over(): void {
    this.#line = undefined;
    this.#isAsking = false;
  }

  #perform(effect: SessionEffect, input: SessionInput): void {
    switch (effect.type) {
      case "open":
        if (this.#line !== undefined) throw new BrokenRule("SM-24: a second connection is opened");
        this.#line = new Line(effect.url, this.#time, NOBODY, this.#watch, 0);
        return this.#watch.opened(SHARD_ID, this.#line);
      case "close":
        if (this.#line === undefined) throw new BrokenRule("SM-0: a connection is closed that is over");
        this.#watch.left(this.#line, effect.code, effect.reason);
        return this.#over();
      case "send":
        if (this.#line === undefined) throw new BrokenRule("SM-0: something is sent after the end");
        if (effect.command.op === 2) this.#identifies += 1;
        return this.#watch.sent(this.#line, JSON.stringify(effect.command));
      case "askPermit":
        if (this.#isAsking) throw new BrokenRule("ID-5: asks for a second turn");
        this.#isAsking = true;
        return;
      case "deliver":
        if (input.type !== "received") throw new BrokenRule("OD-2: delivers what never came");
        if (input.payload.t === "MESSAGE_CREATE") this.#watch.heard(SHARD_ID, input.payload.d);
        return;
      case "disconnected":
        if (effect.willResume !== (this.session.resumePoint !== undefined)) {
          throw new BrokenRule(`CC-1: willResume is ${effect.willResume}`);
        }
        return;
      case "failed":
        this.#watch.failures += 1;
        return;
      case "slowReady":
        return;
      default:
        this.#watch.reported(SHARD_ID, effect.type);
    }
  }
}

const NOBODY: LineServer = { opening: () => {}, received: () => {}, ended: () => {} };
