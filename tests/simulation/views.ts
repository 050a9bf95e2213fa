import type { Line } from "./line.ts";

/** What anyone could know of a line who sees what passes at the bot's end. All instants are of the bot's clock. */
export interface LineView {
  readonly line: Line;
  readonly shard: ShardView;
  readonly openedAt: number;
  helloAt: number | undefined;
  intervalMs: number;
  /** How the bot introduced itself, and when. */
  opening: "identify" | "resume" | undefined;
  openingAt: number;
  /** When READY or RESUMED came. */
  readyAt: number | undefined;
  /** When anything last came. */
  heardAt: number;
  /** Whether the last frame left no choice but to leave. */
  isDoomed: boolean;
  /** When the last 120 payloads were sent, in a ring. */
  readonly sentAt: number[];
  sentCount: number;
  /** When the last heartbeat was sent that was not asked for. */
  beatAt: number | undefined;
  /** Such heartbeats since an answer; since a long absence, where there was one. */
  unanswered: number;
  /** Such heartbeats since anything came. */
  silentBeats: number;
  /** Whether a heartbeat was asked for in this step. */
  isAsked: boolean;
  /** Whether the bot has left it, or was told of its end. */
  isOver: boolean;
}

/** An event, and where it stands among those of a session. */
export interface DueEvent {
  readonly id: string;
  readonly guild: string;
  readonly session: string;
  readonly index: number;
}

/** Sets of shards follow each other; the shards of the first are known by their ids. */
const SHARDS_A_SET = 1_000;

/** What a shard of a set is known by. */
export function keyOf(set: number, shardId: number): number {
  return set * SHARDS_A_SET + shardId;
}

/** Which set a shard belongs to. */
export function setOf(key: number): number {
  return Math.floor(key / SHARDS_A_SET);
}

/** The id of a shard. */
export function idOf(key: number): number {
  return key % SHARDS_A_SET;
}

/** What anyone could know of a shard. */
export interface ShardView {
  /** The number of its set, and its id. */
  readonly key: number;
  line: LineView | undefined;
  /** The session that the bot should remember. */
  sessionId: string | undefined;
  /** The number of the last event that it was given. */
  sequence: number;
  /** Whether the bot was told that the session is over. */
  isDead: boolean;
  hadSession: boolean;
  /** The place of the last event that listeners got. */
  index: number;
  failedResumes: number;
  unknownCloses: number;
  /** When the last line was left, and what that means for the next. */
  leftAt: number | undefined;
  nextAfter: number;
  nextBefore: number;
  readonly openings: number[];
  /** The event that listeners must get in this step. */
  due: DueEvent | undefined;
  /** Since when it is not heard any more, and shall end. */
  retiredAt: number | undefined;
  /** What the shard should have reported so far, and what it has. */
  readonly expected: Reports;
  readonly reported: Reports;
}

/** How often what was reported. */
export interface Reports {
  ready: number;
  resumed: number;
  sessionLost: number;
}

/** A view of a line that was opened just now. */
export function lineView(line: Line, shard: ShardView, now: number): LineView {
  return {
    line,
    shard,
    openedAt: now,
    helloAt: undefined,
    intervalMs: Infinity,
    opening: undefined,
    openingAt: 0,
    readyAt: undefined,
    heardAt: now,
    isDoomed: false,
    sentAt: [],
    sentCount: 0,
    beatAt: undefined,
    unanswered: 0,
    silentBeats: 0,
    isAsked: false,
    isOver: false,
  };
}

/** A view of a shard that was made just now. */
export function shardView(key: number): ShardView {
  return {
    key,
    line: undefined,
    sessionId: undefined,
    sequence: 0,
    isDead: false,
    hadSession: false,
    index: 0,
    failedResumes: 0,
    unknownCloses: 0,
    leftAt: undefined,
    nextAfter: -Infinity,
    nextBefore: Infinity,
    openings: [],
    due: undefined,
    retiredAt: undefined,
    expected: { ready: 0, resumed: 0, sessionLost: 0 },
    reported: { ready: 0, resumed: 0, sessionLost: 0 },
  };
}
