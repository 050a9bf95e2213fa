import type { Chance } from "./chance.ts";
import type { Line, LineServer, Refusal } from "./line.ts";
import type { SessionBudget } from "./session_budget.ts";
import type { WorldTime } from "./world_time.ts";

/** Where a bot connects first. */
export const BASE_URL = "wss://gateway.moody.invalid";
/** Where a bot resumes. */
export const RESUME_URL = "wss://resume.moody.invalid";
/** How long a session is remembered without a line. */
const RESUME_WINDOW_MS = 180_000;
/** A client whose beat is so many intervals overdue is gone. */
const OVERDUE_INTERVALS = 1.6;
/** How often heartbeats are asked for at most. */
const ASK_PAUSE_MS = 90_000;
/** Codes after which a session is over. */
export const ENDING_CODES: readonly number[] = [4003, 4006, 4007, 4009];
/** Codes after which the bot is over. */
export const FATAL_CODES: readonly number[] = [4004, 4010, 4011, 4012, 4013, 4014];

/** How many guilds there are. */
export const GUILDS_IN_ALL = 5;
const FIRST_GUILD = 27_720 * 3;
/** The intent for guilds, and how often one of them never comes. */
const GUILDS = 1;
const MISSING_GUILDS = 0.03;

/** What a Discord is made with. */
export interface MoodyOptions {
  readonly heartbeatIntervalMs: number;
  readonly recommendedShards: number;
  readonly budget: SessionBudget;
}

/** What Discord does wrong the next times. */
export interface Moods {
  /** Whether every handshake is refused. */
  isOut: boolean;
  /** Whether resume hosts refuse every handshake (URL-5). */
  isResumeHostDead: boolean;
  /** Handshakes to refuse: `true` at resume hosts only. */
  readonly refusals: boolean[];
  /** What comes instead of HELLO. */
  readonly greetings: ("nothing" | "op 7" | "op 9" | "no interval" | "cut")[];
  /** What comes instead of a replay (§9). */
  readonly brokenResumes: ("cut" | "op 9 true" | "nothing" | "half")[];
  /** What comes instead of READY; a number delays it. */
  readonly brokenIdentifies: ("op 9" | "cut" | number)[];
  /** Until when heartbeats are not answered. */
  unansweredUntil: number;
  /** What is added to the latency of new lines. */
  lagMs: number;
}

/** A session as Discord knows it. */
export interface MoodySession {
  readonly id: string;
  readonly shardId: number;
  /** How many shards the bot had when it began. */
  readonly shardCount: number;
  /** What was sent so far. */
  readonly log: LogEntry[];
  s: number;
  line: Line | undefined;
  isDead: boolean;
  isReady: boolean;
  detachedAt: number;
}

/** Something that a session was told. */
export interface LogEntry {
  readonly s: number;
  /** The place of the last event up to here among the session's events. */
  readonly index: number;
  /** Which event it is, of all that have happened; `undefined` for a guild of the beginning. */
  readonly event: number | undefined;
  readonly text: string;
}

interface Seat {
  session: MoodySession | undefined;
  beatAt: number;
  askedAt: number;
}

/** A small Discord that does what a big one may do, at the worst moments. */
export class MoodyDiscord implements LineServer {
  readonly moods: Moods = calm();
  readonly sessions: Map<string, MoodySession> = new Map();
  readonly lines: Set<Line> = new Set();
  readonly heartbeatIntervalMs: number;
  readonly budget: SessionBudget;
  identifies = 0;
  /** How many shards are recommended. */
  recommendedShards: number;
  /** Whether it must be as many (SH-4). */
  isStrict = false;
  #events = 0;
  readonly #time: WorldTime;
  readonly #chance: Chance;
  readonly #everySession = new Map<string, MoodySession>();
  readonly #seats = new Map<Line, Seat>();
  #sessionCount = 0;

  constructor(time: WorldTime, chance: Chance, options: MoodyOptions) {
    this.#time = time;
    this.#chance = chance;
    this.heartbeatIntervalMs = options.heartbeatIntervalMs;
    this.budget = options.budget;
    this.recommendedShards = options.recommendedShards;
  }

  /** No fault is left that waits for a client. */
  calm(): void {
    Object.assign(this.moods, calm());
  }

  /** Something happens in a guild, or in none: every session that has it gets to know, now or when it is resumed. */
  happen(guild: number | undefined): void {
    this.#events += 1;
    for (const session of this.sessions.values()) {
      if (shardOf(guild, session.shardCount) !== session.shardId || session.isDead || !session.isReady) {
        continue;
      }
      if (this.#time.now - session.detachedAt > RESUME_WINDOW_MS) {
        this.sessions.delete(session.id);
        continue;
      }
      const s = session.s + 1;
      const index = (session.log.at(-1)?.index ?? 0) + 1;
      this.#tell(session, {
        s,
        index,
        event: this.#events,
        text: eventText(session, s, index, this.#events, guild),
      });
    }
  }

  /** What a session was told after one of its events; `undefined` where Discord has forgotten it. */
  owed(sessionId: string, index: number): readonly LogEntry[] | undefined {
    const session = this.sessions.get(sessionId);
    if (session === undefined || session.isDead) return undefined;
    return session.log.filter((entry) => entry.index > index && entry.event !== undefined);
  }

  /** The events of a session from one place to another. */
  eventsOf(sessionId: string, from: number, to: number): readonly number[] {
    const log = this.#everySession.get(sessionId)?.log ?? [];
    return log.flatMap(({ event, index }) =>
      event !== undefined && index > from && index <= to ? [event] : []
    );
  }

  /** More or fewer shards are asked for from now on, and at once (4010, 4011). */
  regroup(shardCount: number, code: 4010 | 4011): void {
    this.recommendedShards = shardCount;
    this.isStrict = true;
    for (const line of [...this.lines]) {
      const session = this.sessionOf(line);
      if (session !== undefined && session.shardCount !== shardCount) this.close(line, code);
    }
  }

  /** The place, among the events of a session, of the last one up to a number; also of sessions that are over. */
  placeAt(sessionId: string, sequence: number): number {
    return this.#everySession.get(sessionId)?.log.findLast(({ s }) => s <= sequence)?.index ?? 0;
  }

  /** The session on a line. */
  sessionOf(line: Line): MoodySession | undefined {
    return this.#seats.get(line)?.session;
  }

  /** Asks for two heartbeats at once (HB-4): more in a minute is more than a client can keep room for (TX-3). */
  ask(line: Line): void {
    const seat = this.#seats.get(line);
    if (seat === undefined || this.#time.now - seat.askedAt < ASK_PAUSE_MS) return;
    seat.askedAt = this.#time.now;
    for (let times = 0; times < 2; times += 1) line.push(control(1, null));
  }

  /** Op 9 comes on a line. */
  invalidate(line: Line, isResumable: boolean): void {
    const seat = this.#seats.get(line);
    if (!isResumable && seat?.session !== undefined) this.#kill(seat.session);
    line.push(control(9, isResumable));
  }

  /** A line is closed with a code. */
  close(line: Line, code: number): void {
    const session = this.sessionOf(line);
    if (session !== undefined && (ENDING_CODES.includes(code) || FATAL_CODES.includes(code))) {
      this.#kill(session);
    }
    line.close(code);
  }

  opening(line: Line): void {
    const isAtResumeHost = line.url.href.startsWith(RESUME_URL);
    const { moods } = this;
    const refusal = moods.refusals.findIndex((isForResume) => isAtResumeHost || !isForResume);
    if (refusal !== -1) moods.refusals.splice(refusal, 1);
    if (moods.isOut || refusal !== -1 || (moods.isResumeHostDead && isAtResumeHost)) {
      return line.refuse(this.#chance.pick<Refusal>(["error", "close", "both", "neither"]));
    }
    line.latencyMs += moods.lagMs;
    line.accept();
    this.lines.add(line);
    this.#seats.set(line, { session: undefined, beatAt: this.#time.now, askedAt: -Infinity });
    this.#greet(line);
  }

  received(line: Line, text: string): void {
    const seat = this.#seats.get(line);
    const { op, d } = JSON.parse(text);
    if (seat === undefined) return;
    if (op === 1) {
      seat.beatAt = this.#time.now;
      if (this.#time.now >= this.moods.unansweredUntil) line.push(control(11, null));
    } else if (op === 2) this.#identify(line, seat, d);
    else if (op === 6) this.#resume(line, seat, d.session_id, d.seq);
  }

  ended(line: Line, code: number): void {
    const session = this.#seats.get(line)?.session;
    this.#seats.delete(line);
    this.lines.delete(line);
    if (session === undefined || session.line !== line) return;
    session.line = undefined;
    session.detachedAt = this.#time.now;
    if (code === 1000 || code === 1001) this.#kill(session);
  }

  /** Forgets a session; nobody is told. */
  #kill(session: MoodySession): void {
    session.isDead = true;
    this.sessions.delete(session.id);
  }

  #greet(line: Line): void {
    const intervalMs = this.heartbeatIntervalMs;
    switch (this.moods.greetings.shift()) {
      case "nothing":
        return;
      case "cut":
        return line.cut(50, 1006);
      case "op 7":
        return line.push(control(7, null));
      case "op 9":
        return line.push(control(9, this.#chance.is(0.5)));
      case "no interval":
        return line.push(control(10, { heartbeat_interval: null }));
    }
    line.push(control(10, { heartbeat_interval: intervalMs }));
    this.#expectBeats(line);
  }

  #expectBeats(line: Line): void {
    const patienceMs = this.heartbeatIntervalMs * OVERDUE_INTERVALS;
    this.#time.after(patienceMs, () => {
      const seat = this.#seats.get(line);
      if (seat === undefined) return;
      if (this.#time.now - seat.beatAt >= patienceMs) line.cut(50, 1006);
      else this.#expectBeats(line);
    });
  }

  #identify(line: Line, seat: Seat, { shard, intents }: { shard: [number, number]; intents: number }): void {
    this.identifies += 1;
    this.budget.spend(this.#time.now);
    const [shardId, shardCount] = shard;
    if (this.isStrict && shardCount !== this.recommendedShards) return line.close(4010);
    const trouble = this.moods.brokenIdentifies.shift();
    if (trouble === "op 9") return line.push(control(9, false));
    if (trouble === "cut") return line.cut(100, 1006);
    const session: MoodySession = {
      id: `session-${++this.#sessionCount}`,
      shardId,
      shardCount,
      log: [],
      s: 0,
      line,
      isDead: false,
      isReady: false,
      detachedAt: Infinity,
    };
    seat.session = session;
    this.sessions.set(session.id, session);
    this.#everySession.set(session.id, session);
    if (trouble === Infinity) return;
    this.#time.after(trouble ?? this.#chance.within(1, 500), () => {
      if (session.isDead || session.line !== line) return;
      this.#welcome(session, (intents & GUILDS) !== 0);
    });
  }

  #welcome(session: MoodySession, hasGuilds: boolean): void {
    session.isReady = true;
    session.s = 1;
    const guilds = Array.from({ length: GUILDS_IN_ALL }, (_, guild) => guild)
      .filter((guild) => shardOf(guild, session.shardCount) === session.shardId).map(guildId);
    const d = {
      v: 10,
      session_id: session.id,
      resume_gateway_url: RESUME_URL,
      guilds: guilds.map((id) => ({ id, unavailable: true })),
    };
    session.line?.push(JSON.stringify({ op: 0, t: "READY", s: 1, d }));
    if (!hasGuilds) return;
    for (const id of guilds) {
      if (this.#chance.is(MISSING_GUILDS)) continue; // Nobody waits for one for ever (GL-4).
      const s = session.s + 1;
      const text = JSON.stringify({ op: 0, t: "GUILD_CREATE", s, d: { id } });
      this.#tell(session, { s, index: session.log.at(-1)?.index ?? 0, event: undefined, text });
    }
  }

  #tell(session: MoodySession, entry: LogEntry): void {
    session.s = entry.s;
    session.log.push(entry);
    session.line?.push(entry.text);
  }

  #resume(line: Line, seat: Seat, id: string, sequence: number): void {
    const trouble = this.moods.brokenResumes.shift();
    if (trouble === "cut") return line.cut(100, 0);
    if (trouble === "op 9 true") return line.push(control(9, true));
    if (trouble === "nothing") return;
    const session = this.sessions.get(id);
    if (session === undefined || this.#time.now - session.detachedAt > RESUME_WINDOW_MS) {
      if (session !== undefined) this.#kill(session);
      return line.push(control(9, false));
    }
    session.line?.cut(undefined, 1006);
    session.line = line;
    session.detachedAt = Infinity;
    seat.session = session;
    this.#replay(line, session, sequence, trouble === "half");
  }

  /** All after `sequence`, or a little more than was asked for (SEQ-7), then RESUMED. */
  #replay(line: Line, session: MoodySession, sequence: number, isCutShort: boolean): void {
    const from = sequence - (this.#chance.is(0.2) ? 3 : 0);
    const missed = session.log.filter(({ s }) => s > from);
    const sent = isCutShort ? missed.slice(0, missed.length >> 1) : missed;
    for (const { text } of sent) line.push(text);
    if (isCutShort) return line.close(4000);
    session.s += 1;
    line.push(JSON.stringify({ op: 0, t: "RESUMED", s: session.s, d: {} }));
  }
}

/** A message that is no event. */
export function control(op: number, d: unknown): string {
  return JSON.stringify({ t: null, s: null, op, d });
}

/**
 * An event: every session that gets it is told the same, and who watches also where it stands among those of the session.
 */
export function eventText(
  { id }: { readonly id: string },
  s: number,
  index: number,
  event: number,
  guild?: number,
): string {
  const place = guild === undefined ? "" : `,"guild_id":"${guildId(guild)}"`;
  return `{"t":"MESSAGE_CREATE","s":${s},"op":0,"d":{"id":"${event}"${place}},"at":{"session":"${id}","index":${index}}}`;
}

/** Guilds are one after the other on different shards (SH-1). */
function guildId(guild: number): string {
  return String(BigInt(FIRST_GUILD + guild) << 22n);
}

function shardOf(guild: number | undefined, shardCount: number): number {
  return guild === undefined ? 0 : (FIRST_GUILD + guild) % shardCount; // SH-2
}

function calm(): Moods {
  return {
    isOut: false,
    isResumeHostDead: false,
    refusals: [],
    greetings: [],
    brokenResumes: [],
    brokenIdentifies: [],
    unansweredUntil: 0,
    lagMs: 0,
  };
}
