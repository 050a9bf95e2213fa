import { BASE_URL } from "./moody_discord.ts";
import { idOf, type LineView, type ShardView } from "./views.ts";

/** Timers come a little late, and nothing is ever exact. */
const SLACK_MS = 200;
/** A heart waits so much longer when it doubts (HB-7), and so long after an absence (HB-10). */
const GRACE_MS = 1_000;
const AFTER_SLEEP_MS = 5_000;
/** Failed resumes in a row after which a session is given up (§9). */
export const RESUME_LIMIT = 3;

/** Where rules get the time, and where they complain. */
export interface Rules {
  /** A rule was broken. */
  broken(rule: string, what: string): void;
  /** The bot's time. */
  now(): number;
  /** How long the longest wait for a turn to identify may be. */
  permitMs(): number;
  /** When the bot was last back from an absence. */
  awakeAt(): number;
}

/** What holds when a line is opened. */
export function openingRules(rules: Rules, shard: ShardView, url: URL): void {
  const now = rules.now();
  if (shard.line !== undefined && !shard.line.isOver) {
    rules.broken("SM-24", "a second line is opened while the first lives");
  }
  const { searchParams } = url;
  if (searchParams.get("v") !== "10" || searchParams.get("encoding") !== "json") {
    rules.broken("URL-3", `${url.href} lacks v=10 or encoding=json`);
  }
  if (now < shard.nextAfter - 2) {
    rules.broken("SM-9, SM-12, §8", `${shard.nextAfter - now} ms before its pause is over`);
  }
  const { openings } = shard;
  openings.push(now);
  while ((openings[0] ?? now) < now - 300_000) openings.shift();
  if (openings.length > 40) rules.broken("BO-1", `${openings.length} lines opened within five minutes`);
}

/** A payload, and the presence that the user set last. */
interface Sending {
  readonly op: number;
  readonly d: unknown;
  readonly presence: unknown;
}

/** What holds when something is sent. */
export function sendRules(rules: Rules, view: LineView, { op, d, presence }: Sending): void {
  countRule(rules, view);
  if (op === 1) return beatRules(rules, view, d);
  if (op === 6) return resumeRules(rules, view, d as { session_id: string; seq: number });
  if (op === 2) {
    identifyRules(rules, view, d as { shard: number[]; presence: unknown });
    const { presence: sent } = d as { presence: unknown };
    if (JSON.stringify(sent) !== JSON.stringify(presence)) {
      rules.broken("TX-11", `IDENTIFY carries ${JSON.stringify(sent)}, not the last presence`);
    }
    return;
  }
  if (view.readyAt === undefined) rules.broken("RS-4", `op ${op} is sent before READY or RESUMED`);
}

function countRule(rules: Rules, view: LineView): void {
  const now = rules.now();
  const place = view.sentCount % 120;
  const before = view.sentAt[place];
  if (before !== undefined && now - before < 60_000) {
    rules.broken("TX-1", `121 payloads within ${now - before} ms`);
  }
  view.sentAt[place] = now;
  view.sentCount += 1;
}

function beatRules(rules: Rules, view: LineView, d: unknown): void {
  const { shard } = view;
  const now = rules.now();
  const expected = view.opening === "resume" || view.readyAt !== undefined ? shard.sequence : null;
  // One that is asked for before HELLO may already name the session that is to be resumed.
  const isEarly = view.helloAt === undefined && d === shard.sequence && !shard.isDead;
  if (d !== expected && !isEarly) {
    rules.broken("HB-3, SEQ-4", `a heartbeat says ${String(d)} instead of ${expected}`);
  }
  if (view.isAsked) {
    view.isAsked = false;
    return;
  }
  const wasAway = view.beatAt === undefined || rules.awakeAt() >= view.beatAt;
  if (!wasAway && view.silentBeats >= 1) {
    rules.broken("HB-5", "a second beat on a line that has fallen silent");
  }
  if (!wasAway && view.unanswered >= 2) rules.broken("HB-6", "a third beat without an answer");
  const sinceMs = now - (view.beatAt ?? -Infinity);
  if (!wasAway && sinceMs < view.intervalMs - GRACE_MS - SLACK_MS) {
    rules.broken("HB-11", `${sinceMs} ms between two beats`);
  }
  view.unanswered = wasAway ? 1 : view.unanswered + 1;
  view.silentBeats = wasAway ? 1 : view.silentBeats + 1;
  view.beatAt = now;
}

function resumeRules(rules: Rules, view: LineView, d: { session_id: string; seq: number }): void {
  const { shard } = view;
  if (view.opening !== undefined) rules.broken("ID-1", "RESUME after IDENTIFY or RESUME");
  if (d.session_id !== shard.sessionId) {
    rules.broken("RS-1", `RESUME of ${d.session_id}, not ${shard.sessionId}`);
  }
  if (shard.isDead) rules.broken("SEQ-8", `RESUME of ${d.session_id}, which is dead`);
  if (shard.failedResumes >= RESUME_LIMIT) rules.broken("RS ladder 4", "a fourth RESUME after three failed");
  if (d.seq !== shard.sequence) rules.broken("SEQ-5", `RESUME from ${d.seq} instead of ${shard.sequence}`);
  introduced(rules, view, "resume");
}

function identifyRules(rules: Rules, view: LineView, { shard: pair }: { shard: number[] }): void {
  const { shard } = view;
  if (view.opening !== undefined) rules.broken("ID-1", "IDENTIFY after IDENTIFY or RESUME");
  if (!view.line.url.href.startsWith(BASE_URL)) rules.broken("URL-4", "IDENTIFY at a resume host");
  if (pair[0] !== idOf(shard.key)) rules.broken("ID-12", `shard ${shard.key} identifies as ${pair[0]}`);
  if (shard.sessionId !== undefined && !shard.isDead && shard.failedResumes < RESUME_LIMIT) {
    rules.broken("SEQ-8", `IDENTIFY although ${shard.sessionId} lives`);
  }
  shard.sessionId = undefined;
  introduced(rules, view, "identify");
}

function introduced(rules: Rules, view: LineView, opening: "identify" | "resume"): void {
  if (view.helloAt === undefined) rules.broken("SM-4", `${opening} before HELLO`);
  view.opening = opening;
  view.openingAt = rules.now();
}

/** What is known when the bot closes a line. */
export interface CloseFacts {
  readonly code: number | undefined;
  readonly stop: "resumable" | "final" | undefined;
  readonly isFatal: boolean;
  /** Whether the shard is not heard: it was replaced, or shall replace others and may be given up. */
  readonly isUnheard: boolean;
}

/** A line is left only for a reason, and with the code that the reason asks for. */
export function closeRule(
  rules: Rules,
  view: LineView,
  { code, stop, isFatal, isUnheard }: CloseFacts,
): void {
  const mayEnd = stop === "final" || isFatal || isUnheard;
  if (code === 1000 && !mayEnd) rules.broken("BO-5", "a session is ended that nobody asked to end");
  if (code !== 1000 && !(code !== undefined && code >= 3_000)) rules.broken("WS-1", `closed with ${code}`);
  if (isUnheard && code === 1_000) return;
  if (stop !== undefined) {
    const right = stop === "final" ? 1_000 : 4_900;
    if (code !== right && !isFatal) rules.broken("BO-5", `${stop} close with ${code}`);
    return;
  }
  if (!isFatal && !hasReason(rules, view)) rules.broken("HB-5, ID-9", "a healthy line is left");
}

function hasReason(rules: Rules, view: LineView): boolean {
  const now = rules.now();
  if (view.isDoomed) return true;
  if (view.helloAt === undefined) return now - view.openedAt >= 19_990;
  const isReady = view.readyAt !== undefined;
  if (!isReady && view.opening === "identify" && now - view.openingAt >= 299_990) return true;
  if (!isReady && view.opening === "resume" && now - view.heardAt >= 29_990) return true;
  if (!isReady && view.opening === "resume" && now - view.openingAt >= 299_990) return true;
  if (view.unanswered === 0 || view.beatAt === undefined) return false;
  const wasAway = rules.awakeAt() >= view.beatAt - SLACK_MS;
  return now - view.beatAt >= Math.min(view.intervalMs, wasAway ? AFTER_SLEEP_MS : Infinity) - GRACE_MS;
}

/** How long a shard may ask its store whether the session is still its own, before it connects. */
const LOOK_MS = 5_000;

/** Nothing waits longer than it may, or for something that never comes. */
export function deadlineRules(rules: Rules, shard: ShardView, state: string): void {
  const view = shard.line;
  if (shard.due !== undefined) {
    rules.broken(
      "OD-2",
      `event ${shard.due.id}, ${shard.due.index} of ${shard.due.session} was not given to the listeners`,
    );
  }
  reportRules(rules, shard);
  if (view?.isAsked === true && !view.isOver) {
    rules.broken("HB-4", "a heartbeat that was asked for was not sent");
  }
  if (view === undefined || state === "idle" || state === "dead") return;
  if (view.isOver) {
    const lookedBefore = Math.max(shard.nextBefore, rules.awakeAt()) + LOOK_MS;
    if (isPast(rules, lookedBefore)) rules.broken("BO-1", "no new line is opened");
    return;
  }
  if (view.isDoomed) rules.broken("SM-5, SM-13 to SM-18", "a line is kept that is of no use any more");
  if (view.helloAt === undefined) {
    if (isPast(rules, view.openedAt + 20_000)) rules.broken("SM-3", "still waits for HELLO");
    return;
  }
  heartDeadlines(rules, view, view.helloAt);
  openingDeadlines(rules, view, view.helloAt);
}

function reportRules(rules: Rules, { expected, reported }: ShardView): void {
  for (const name of ["ready", "resumed", "sessionLost"] as const) {
    if (expected[name] !== reported[name]) {
      rules.broken("OD-4, SM-8, SM-11", `${name}: ${reported[name]} reports instead of ${expected[name]}`);
    }
  }
}

function heartDeadlines(rules: Rules, view: LineView, helloAt: number): void {
  const { beatAt, intervalMs } = view;
  const beatBy = (beatAt ?? helloAt) + intervalMs + GRACE_MS;
  if (isPast(rules, Math.max(beatBy, rules.awakeAt() + AFTER_SLEEP_MS + GRACE_MS))) {
    rules.broken("HB-1, HB-2", "a heartbeat is overdue");
  }
  const silentUntil = view.heardAt + 2 * intervalMs + GRACE_MS;
  if (isPast(rules, Math.max(silentUntil, rules.awakeAt() + AFTER_SLEEP_MS + GRACE_MS))) {
    rules.broken("HB-5, SM-17", "a dead line is kept");
  }
}

function openingDeadlines(rules: Rules, view: LineView, helloAt: number): void {
  if (view.readyAt !== undefined) return;
  const { opening, openingAt, heardAt } = view;
  if (opening === undefined && isPast(rules, Math.max(helloAt, rules.awakeAt()) + rules.permitMs())) {
    rules.broken("ID-3", "never got its turn");
  }
  if (opening === "identify" && isPast(rules, openingAt + 300_000)) {
    rules.broken("ID-9", "still waits for READY");
  }
  if (opening === "resume" && isPast(rules, heardAt + 30_000)) {
    rules.broken("RS-5", "a resume has fallen silent");
  }
}

function isPast(rules: Rules, at: number): boolean {
  return rules.now() > Math.max(at, rules.awakeAt()) + SLACK_MS;
}
