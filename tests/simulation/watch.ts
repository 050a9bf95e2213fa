import {
  type CloseFacts,
  closeRule,
  deadlineRules,
  openingRules,
  RESUME_LIMIT,
  type Rules,
  sendRules,
} from "./rules.ts";
import type { Line, LineWatcher } from "./line.ts";
import { ENDING_CODES, FATAL_CODES } from "./moody_discord.ts";
import { SetRules } from "./set_rules.ts";
import { type DueEvent, idOf, type LineView, lineView, type ShardView, shardView } from "./views.ts";
import type { WorldTime } from "./world_time.ts";

/** Unknown close codes in a row after which a shard may stop. */
const UNKNOWN_CLOSE_LIMIT = 3;

/** What is left of a bot's sockets after it was closed ends within this (WS-3). */
export const CLOSING_MS = 3_000;

/** A rule was broken. */
export class BrokenRule extends Error {
  /** The name of the class. */
  override readonly name: string = "BrokenRule";
}

/** What must be known of a world to watch it. */
export interface WatchedWorld {
  readonly time: WorldTime;
  readonly maxConcurrency: number;
  /** How long the longest wait for a turn to identify may be. */
  readonly permitMs: () => number;
  /** How far apart IDENTIFYs of the same key are at least. */
  readonly identifyWindowMs: number;
  /** Whether a lost session may be replaced by a new one. */
  readonly mayReconnect: boolean;
  /** Whether a wrong number of shards may be mended (4010, 4011). */
  readonly mayRegroup?: boolean;
  /** Which set of shards is heard; the first, where there is but one. */
  readonly currentSet?: () => number;
  /** What Discord has told a session after one of its events, where it has not forgotten it. */
  readonly owed?: (
    sessionId: string,
    index: number,
  ) => readonly { readonly event: number | undefined }[] | undefined;
  /** Somebody asks for a session. */
  readonly identifying?: (key: number) => void;
  /** Writes the history. */
  readonly note: (what: string) => void;
}

/** What a shard shows of itself. */
export interface VisibleShard {
  readonly key: number;
  readonly state: string;
}

/**
 * Looks on at the bot's end of all lines of one life of a bot, and holds it to the rules at every step.
 *
 * It knows what came and what was sent, and nothing of how the bot decides.
 */
export class Watch implements LineWatcher {
  readonly shards: Map<number, ShardView> = new Map();
  readonly #rules: Rules;
  readonly #time: WorldTime;
  readonly #maxConcurrency: number;
  readonly #identifyWindowMs: number;
  readonly #mayReconnect: boolean;
  readonly #note: (what: string) => void;
  readonly #onLeft: (line: Line) => void;
  readonly #mayRegroup: boolean;
  readonly #identifying: (key: number) => void;
  /** Several sets of shards, one of which is heard. */
  readonly sets: SetRules;
  readonly #views = new Map<Line, LineView>();
  readonly #identifiedAt = new Map<number, number>();
  /** The first rule that was broken: what throws inside the bot might be caught there. */
  #broken: BrokenRule | undefined;
  #isFatalDue = false;
  /** Whether it may stop, unless another number of shards mends it. */
  #mayFail = false;
  /** What has been told as `critical`. */
  failures = 0;
  /** How the user has ended this life. */
  stop: "resumable" | "final" | undefined;
  presence: unknown;
  delivered = 0;

  constructor(world: WatchedWorld, onLeft: (line: Line) => void) {
    const { time, note, permitMs } = world;
    this.#time = time;
    this.#maxConcurrency = world.maxConcurrency;
    this.#identifyWindowMs = world.identifyWindowMs;
    this.#mayReconnect = world.mayReconnect;
    this.#note = note;
    this.#onLeft = onLeft;
    this.#rules = {
      broken: (rule, what) => {
        note(`!!! ${rule}: ${what}`);
        this.#broken ??= new BrokenRule(`${rule}: ${what}`);
      },
      now: () => time.clock.now(),
      awakeAt: () => time.awakeAt,
      permitMs,
    };
    this.#mayRegroup = world.mayRegroup ?? false;
    this.#identifying = world.identifying ?? (() => {});
    this.sets = new SetRules(this.#rules, this.shards, {
      currentSet: world.currentSet ?? (() => 0),
      owed: world.owed ?? (() => []),
      note,
      switched: () => {
        this.#mayFail = false;
      },
    });
  }

  /**
   * A shard finds a session that was kept: it is to be resumed, after the event with this place. Without a place it is not
   * its own, and lost.
   */
  adopt(
    key: number,
    { sessionId, sequence }: { sessionId: string; sequence: number },
    index: number | undefined,
  ): void {
    this.#note(`shard ${key} takes up ${sessionId} after ${sequence}, event ${index}`);
    const own = index === undefined ? {} : { sessionId, sequence, index };
    this.shards.set(key, { ...shardView(key), ...own, hadSession: true });
  }

  /** Another rule was broken. */
  broken(rule: string, what: string): void {
    this.#rules.broken(rule, what);
  }

  /** A shard has opened a line. */
  opened(key: number, line: Line): void {
    const shard = this.shards.get(key) ?? shardView(key);
    this.shards.set(key, shard);
    this.#note(`shard ${key} opens ${line.url.href}`);
    openingRules(this.#rules, shard, line.url);
    if (this.stop !== undefined) this.#rules.broken("BO-5", "a line is opened after the end");
    this.sets.opened(shard);
    shard.line = lineView(line, shard, this.#rules.now());
    this.#views.set(line, shard.line);
  }

  sent(line: Line, text: string): void {
    const view = this.#views.get(line);
    if (view === undefined || view.isOver) {
      return this.#rules.broken("SM-0", "something is sent through a line that is over");
    }
    const { op, d } = JSON.parse(text);
    this.#note(`shard ${view.shard.key} sends op ${op} ${op === 1 ? d : ""}`);
    sendRules(this.#rules, view, { op, d, presence: this.presence });
    if (op === 2) this.#identified(view.shard.key);
  }

  arriving(line: Line, text: string | undefined): void {
    const view = this.#views.get(line);
    if (view === undefined || view.isOver) return; // Whatever a left line still says must not matter (SM-0).
    this.#note(`shard ${view.shard.key} gets ${text}`);
    view.heardAt = this.#rules.now();
    view.silentBeats = 0;
    this.sets.look();
    const frame = text === undefined ? undefined : frameOf(text);
    if (frame === undefined) view.isDoomed = true;
    else this.#framed(view, frame);
  }

  left(line: Line, code: number | undefined, reason: string): void {
    const view = this.#views.get(line);
    if (view === undefined || view.isOver) return;
    this.#note(`shard ${view.shard.key} leaves its line with ${code}: ${reason}`);
    this.sets.look();
    const isFatal = this.#isFatalDue || this.#mayFail || this.failures > 0;
    const isUnheard = !this.sets.isHeard(view.shard);
    const facts: CloseFacts = { code, stop: this.stop, isFatal, isUnheard };
    closeRule(this.#rules, view, facts);
    if (code === 1000) view.shard.isDead = true;
    this.#over(view, view.shard.nextAfter > this.#rules.now() ? 5_000 : 0);
    this.#onLeft(line);
  }

  ending(line: Line, code: number): void {
    const view = this.#views.get(line);
    if (view === undefined || view.isOver) return;
    this.#note(`shard ${view.shard.key} hears that its line ended with ${code}`);
    const { shard } = view;
    if (ENDING_CODES.includes(code)) shard.isDead = true;
    const isUnknown = code > 4014;
    const isFatal = FATAL_CODES.includes(code) || (isUnknown && ++shard.unknownCloses >= UNKNOWN_CLOSE_LIMIT);
    if (isFatal) this.#doom(shard, code);
    const wasJoined = view.readyAt !== undefined || view.opening === "resume";
    const pauseMs = code === 4008 ? 5_000 : 0;
    if (pauseMs > 0) shard.nextAfter = this.#rules.now() + pauseMs;
    this.#over(view, pauseMs);
    if ((code === 1000 || code === 1001) && wasJoined) {
      shard.failedResumes = Math.max(shard.failedResumes, RESUME_LIMIT - 1); // One more attempt (§8).
    }
  }

  /** A listener of the bot has got an event. */
  heard(key: number, d: unknown): DueEvent | undefined {
    const { id } = d as { id: string };
    const shard = this.shards.get(key);
    const event = shard === undefined ? undefined : this.sets.heard(shard, id);
    if (event === undefined) {
      this.#rules.broken("SEQ-7, SM-0, SH-6", `event ${id} comes twice, or from a line that was left`);
    } else this.delivered += 1;
    return event;
  }

  /** A shard has reported something. */
  reported(key: number, what: "ready" | "resumed" | "sessionLost"): void {
    this.#note(`shard ${key} reports ${what}`);
    const shard = this.shards.get(key);
    if (shard === undefined || (what === "sessionLost" && this.sets.tellsOfSwitch(shard))) return;
    shard.reported[what] += 1;
  }

  /** Something has happened, and everybody is done with it. */
  afterStep(shards: readonly VisibleShard[], pendingTimers: number): void {
    this.sets.afterStep();
    for (const { key, state } of shards) {
      const shard = this.shards.get(key);
      if (shard === undefined || shard.retiredAt !== undefined) continue;
      deadlineRules(this.#rules, shard, state);
      if (state !== "idle" && state !== "dead" && pendingTimers === 0) {
        this.#rules.broken("no wait without an alarm", `shard ${key} is ${state} and no timer is left`);
      }
    }
    if (this.failures > 0 && !this.#isFatalDue && !this.#mayFail) {
      this.#rules.broken("CC-1", "stopped for good without a reason");
    }
    if (this.#isFatalDue && this.failures === 0 && this.stop === undefined) {
      this.#rules.broken("CC-1", "went on after what should have stopped it");
    }
    if (this.failures > 1) this.#rules.broken("CC-1", "told twice that it has stopped");
    this.check();
  }

  /** The bot should have closed by now: towards a dead peer it takes two seconds (WS-3). */
  closing(sinceMs: number, limitMs: number): void {
    if (sinceMs > limitMs) this.#rules.broken("BO-5, WS-3", `close() takes ${sinceMs} ms`);
    this.check();
  }

  /** Throws if a rule was broken. */
  check(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** A shard can't go on; where it is one that is heard, the bot can't. */
  #doom(shard: ShardView, code: number): void {
    if (!this.sets.isHeard(shard)) return;
    if (this.#mayRegroup && (code === 4010 || code === 4011)) this.#mayFail = true;
    else this.#isFatalDue = true;
    if (code === 4010 || code === 4011) shard.isDead = true;
  }

  #identified(key: number): void {
    const turn = idOf(key) % this.#maxConcurrency;
    const sinceMs = this.#time.now - (this.#identifiedAt.get(turn) ?? -Infinity);
    this.#identifiedAt.set(turn, this.#time.now);
    if (sinceMs < this.#identifyWindowMs) {
      this.#rules.broken("ID-2", `${sinceMs} ms between two IDENTIFYs of key ${turn}`);
    }
    this.#identifying(key);
  }

  #framed(view: LineView, { op, d, s, t, at }: Frame): void {
    const now = this.#rules.now();
    if (op === 1) view.isAsked = true;
    else if (op === 11) view.unanswered = 0;
    else if (op === 10 && view.helloAt === undefined) this.#greeted(view, d);
    else if (op === 7) view.isDoomed = true;
    else if (op === 9) {
      view.isDoomed = true;
      view.shard.nextAfter = now + 1_000;
      if (d !== true) view.shard.isDead = true;
    } else if (op === 0) this.#dispatched(view, t, s, d, at);
  }

  #greeted(view: LineView, d: unknown): void {
    const { heartbeat_interval } = d as { heartbeat_interval: unknown };
    if (typeof heartbeat_interval !== "number") view.isDoomed = true;
    else {
      view.helloAt = this.#rules.now();
      view.intervalMs = heartbeat_interval;
    }
  }

  #dispatched(view: LineView, t: string | null, s: number | null, d: unknown, at: Place | undefined): void {
    const { shard } = view;
    if (t === "READY") return this.#ready(view, s, d);
    if (s !== null && s > shard.sequence) {
      shard.sequence = s;
      shard.failedResumes = 0;
      if (t === "MESSAGE_CREATE" && at !== undefined) {
        const { id, guild_id: guild = "none" } = d as { id: string; guild_id?: string };
        this.sets.came(shard, { id, guild, ...at });
      }
    }
    if (t === "RESUMED" && view.opening === "resume" && view.readyAt === undefined) {
      if (this.sets.isHeard(shard)) shard.expected.resumed += 1;
      this.#begun(view);
    }
  }

  #ready(view: LineView, s: number | null, d: unknown): void {
    const { shard } = view;
    const { session_id } = d as { session_id: unknown };
    if (typeof session_id !== "string") {
      view.isDoomed = true;
      return;
    }
    if (this.sets.isHeard(shard)) {
      shard.expected.ready += 1;
      if (shard.hadSession) shard.expected.sessionLost += 1;
    }
    this.sets.began(shard);
    shard.hadSession = true;
    shard.sessionId = session_id;
    shard.sequence = s ?? 0;
    shard.isDead = false;
    shard.index = 0;
    this.#begun(view);
  }

  #begun(view: LineView): void {
    view.readyAt = this.#rules.now();
    view.shard.failedResumes = 0;
    view.shard.unknownCloses = 0;
  }

  /** A line is over: how soon, and how late, may the next one be opened (BO-1 to BO-3)? */
  #over(view: LineView, pauseMs: number): void {
    const { shard } = view;
    const now = this.#rules.now();
    view.isOver = true;
    if (view.opening === "resume" && view.readyAt === undefined) shard.failedResumes += 1;
    const isStable = view.readyAt !== undefined && now - view.readyAt >= 60_000;
    const hasSession = shard.sessionId !== undefined && !shard.isDead &&
      shard.failedResumes < RESUME_LIMIT;
    const capMs = isStable ? 1_000 : hasSession ? 60_000 : 600_000;
    const isLost = !hasSession && shard.hadSession && this.stop === undefined;
    if (isLost && !this.#mayReconnect) this.#isFatalDue = true; // CC-2
    shard.leftAt = now;
    shard.nextBefore = now + Math.max(pauseMs, capMs);
  }
}

interface Frame {
  readonly op: number;
  readonly d: unknown;
  readonly s: number | null;
  readonly t: string | null;
  /** Where it stands: for those who watch. */
  readonly at: Place | undefined;
}

interface Place {
  readonly session: string;
  readonly index: number;
}

/** A message with an envelope as Discord documents it (ENV-1). */
function frameOf(text: string): Frame | undefined {
  try {
    const { op, d = null, s = null, t = null, at } = JSON.parse(text);
    const isWhole = Number.isInteger(op) && (s === null || s >= 0) && (op !== 0 || typeof t === "string");
    return isWhole ? { op, d, s, t, at } : undefined;
  } catch {
    return undefined;
  }
}
