import type { Bot } from "./bot.ts";
import type { Chance } from "./chance.ts";
import type { Line } from "./line.ts";
import {
  control,
  ENDING_CODES,
  eventText,
  FATAL_CODES,
  GUILDS_IN_ALL,
  type MoodyDiscord,
} from "./moody_discord.ts";
import type { WorldTime } from "./world_time.ts";

/** Where misfortunes strike. */
export interface Scene {
  readonly time: WorldTime;
  readonly discord: MoodyDiscord;
  readonly chance: Chance;
  readonly bot: Bot;
  /** Whether the number of shards is left to the bot. */
  readonly isAutomatic: boolean;
  /** Whether the bot may be stopped for good. */
  readonly isFatal: boolean;
  /** How long an outage lasts at most. */
  readonly outageMs: number;
}

type Misfortune = (scene: Scene) => void;
/** One that strikes a line. */
type Strike = (line: Line, scene: Scene) => void;

const MILD_CODES = [1000, 1001, 1006, 1011, 1012, 3000, 4000, 4001, 4002, 4005, 4008, 4020] as const;
const GARBAGE = [
  "{",
  "[]",
  "null",
  '{"op":"x"}',
  '{"op":0,"t":null,"s":5}',
  '{"op":0,"t":"X","s":-1}',
] as const;

/** With the mark of a whole message: blocks of a kind that there is not (Z-4). */
const CORRUPT: readonly [readonly number[], ...(readonly number[])[]] = [
  [0xfe, 0xde, 0xad, 0xbe, 0xef, 0x00, 0x00, 0xff, 0xff],
  [0x06, 0x00, 0x00, 0xff, 0xff],
];
const MAX_SHARDS = 4;

/** By name: the history tells which one struck. */
const STRIKES: Readonly<Record<string, Strike>> = {
  cut: (line, { chance }) => line.cut(chance.scaled(1, 60_000), chance.pick([0, 1006])),
  "half-open": (line) => line.cut(undefined, 0),
  "frozen upwards": (line) => void (line.isUpCut = true),
  "frozen downwards": (line) => void (line.isDownCut = true),
  close: (line, { chance, discord }) => discord.close(line, chance.pick([...MILD_CODES])),
  "ending close": (line, { chance, discord }) => discord.close(line, chance.any(ENDING_CODES) ?? 4009),
  "fatal close": (line, { chance, discord, isFatal }) => {
    if (isFatal) discord.close(line, chance.any(FATAL_CODES) ?? 4004);
  },
  garbage: (line, { chance }) => {
    if (!line.isCompressed) return line.push(chance.pick(["", ...GARBAGE]));
    if (chance.is(0.5)) line.push(chance.pick(GARBAGE));
    else line.garble(Uint8Array.from(chance.pick(CORRUPT)));
  },
  "split frames": (line, { chance }) => void (line.cutAt = chance.integer(1, 60)),
  "empty frames": (line) => {
    if (line.isCompressed) line.pad(new Uint8Array(0));
  },
  lag: (line, { chance }) => void (line.latencyMs = chance.scaled(1, 20_000)),
  "op 1": (line, { discord }) => discord.ask(line),
  "op 7": (line, { chance }) => repeat(chance.integer(1, 2), () => line.push(control(7, null))),
  "op 9": (line, { chance, discord }) => discord.invalidate(line, chance.is(0.5)),
  "silent death": (line, { discord }) => {
    const session = discord.sessionOf(line);
    if (session !== undefined) discord.sessions.delete(session.id);
  },
  surplus: (line, { chance }) => line.push(chance.pick(SURPLUS)),
};

const SURPLUS = [
  control(11, null),
  control(10, { heartbeat_interval: 10_000 }),
  control(99, { what: "ever" }),
  control(12, null),
  '{"op":0,"t":"NEVER_HEARD_OF","s":null,"d":{}}',
] as const;

const MOODS: Readonly<Record<string, Misfortune>> = {
  refusals: ({ discord, chance }) =>
    repeat(chance.integer(1, 6), () => discord.moods.refusals.push(chance.is(0.5))),
  greetings: ({ discord, chance }) =>
    repeat(
      chance.integer(1, 3),
      () => discord.moods.greetings.push(chance.pick(["nothing", "op 7", "op 9", "no interval", "cut"])),
    ),
  "broken resumes": ({ discord, chance }) =>
    repeat(
      chance.integer(1, 4),
      () => discord.moods.brokenResumes.push(chance.pick(["cut", "op 9 true", "nothing", "half"])),
    ),
  "broken identifies": ({ discord, chance }) =>
    repeat(chance.integer(1, 3), () => {
      const delayMs = chance.scaled(1_000, 400_000);
      discord.moods.brokenIdentifies.push(
        chance.pick<"op 9" | "cut" | number>(["op 9", "cut", Infinity, delayMs]),
      );
    }),
  "no ACKs": ({ discord, chance, time }) => {
    discord.moods.unansweredUntil = time.now + chance.scaled(1_000, 300_000);
  },
  "slow lines": ({ discord, chance }) => {
    discord.moods.lagMs = chance.is(0.5) ? 0 : chance.scaled(10, 10_000);
  },
  outage: ({ discord, chance, time, outageMs }) => {
    discord.moods.isOut = true;
    time.after(chance.scaled(1_000, outageMs), () => void (discord.moods.isOut = false));
    if (chance.is(0.7)) { for (const line of [...discord.lines]) line.cut(chance.scaled(1, 60_000), 1006); }
  },
  "busy bot": ({ time, chance }) => time.block(chance.scaled(50, 20_000), { areTimersFirst: chance.is(0.7) }),
  sleep: ({ time, chance }) =>
    time.block(chance.scaled(10_000, 400_000), {
      isClockStopped: chance.is(0.5),
      areTimersFirst: chance.is(0.7),
    }),
  commands: ({ bot, chance, time }) => {
    const count = Math.floor(chance.scaled(1, 160));
    time.forBot(0, () => bot.command(count));
  },
  presence: ({ bot, chance, time }) => {
    const status = chance.pick<"online" | "idle" | "dnd">(["online", "idle", "dnd"]);
    time.forBot(0, () => bot.present(status));
  },
  "burst of events": ({ discord, chance }) => {
    const guild = chance.integer(0, GUILDS_IN_ALL - 1);
    repeat(Math.floor(chance.scaled(2, 60)), () => discord.happen(guild));
  },
  rescale: ({ bot, chance, time }) => {
    const shardCount = chance.integer(1, MAX_SHARDS);
    const patienceMs = chance.is(0.2) ? chance.scaled(1_000, 60_000) : undefined;
    time.forBot(0, () => bot.rescale(shardCount, patienceMs));
  },
  "another number of shards": ({ discord, chance, isAutomatic }) => {
    if (!isAutomatic || !chance.is(0.3)) return;
    const others = [1, 2, 3, MAX_SHARDS].filter((count) => count !== discord.recommendedShards);
    discord.regroup(chance.any(others) ?? 1, chance.pick([4010, 4011]));
  },
};

/** Something goes wrong; says what. */
export function misfortune(scene: Scene): string {
  const { chance, discord } = scene;
  const line = chance.any([...discord.lines]);
  if (line !== undefined && chance.is(0.6)) {
    const [name, strike] = chance.any(Object.entries(STRIKES)) ?? ["", ignore];
    strike(line, scene);
    return name;
  }
  const [name, strike] = chance.any(Object.entries(MOODS)) ?? ["", ignore];
  strike(scene);
  return name;
}

/** What a line says that the bot has left: nothing of it may be heard (SM-0). */
export function lateWords(line: Line, chance: Chance): void {
  line.hand(eventText({ id: "too-late" }, 1_000_000, 1, 1_000_000));
  if (chance.is(0.5)) line.hand('{"op":0,"t":"READY","s":1,"d":{"session_id":"too-late"}}');
  line.hand(control(chance.pick<number>([1, 7, 9, 10, 11]), null));
  if (chance.is(0.3)) line.end(4004);
}

function repeat(count: number, act: () => void): void {
  for (let times = 0; times < count; times += 1) act();
}

function ignore(): void {}
