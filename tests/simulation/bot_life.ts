import { Bot, type BotWorld, DRAIN_MS } from "./bot.ts";
import { Intents } from "../../gateway/mod.ts";
import { Chance } from "./chance.ts";
import { misfortune, type Scene } from "./misfortunes.ts";
import { GUILDS_IN_ALL, MoodyDiscord } from "./moody_discord.ts";
import { SessionBudget } from "./session_budget.ts";
import { HANDLER_MS, Shelf } from "./shelf.ts";
import { BrokenRule, CLOSING_MS } from "./watch.ts";
import { WorldTime } from "./world_time.ts";

/** How long things go wrong; then how long a bot may take to be well again: the longest sleep, the longest backoff, and some. */
const TROUBLE_MS = 3_600_000;
const RECOVERY_MS = 1_300_000;
const DAY_MS = 86_400_000;
/** Of a history that went wrong, the end is shown. */
const HISTORY_LIMIT = 120;

/** What happened in one history. */
export interface LifeFigures {
  /** Milliseconds that the world lived. */
  livedMs: number;
  /** Misfortunes that struck. */
  misfortunes: number;
  /** Lives of bots, one after the other. */
  bots: number;
  /** Sessions that were started. */
  identifies: number;
  /** Sets of shards that replaced others. */
  switches: number;
  /** Events that listeners got. */
  delivered: number;
}

/** Of no history at all. */
export const NO_FIGURES: Readonly<LifeFigures> = {
  livedMs: 0,
  misfortunes: 0,
  bots: 0,
  identifies: 0,
  switches: 0,
  delivered: 0,
};

/** Adds the figures of a history to a sum. */
export function addFigures(sum: LifeFigures, figures: Readonly<LifeFigures>): void {
  for (const name of Object.keys(NO_FIGURES) as (keyof LifeFigures)[]) sum[name] += figures[name];
}

/** A history in which a rule was broken. */
export class FailedHistory extends Error {
  /** The name of the class. */
  override readonly name: string = "FailedHistory";
}

/**
 * Lets a bot live for more than an hour in a world where things go wrong, all decided by `seed`.
 *
 * Throws a {@linkcode FailedHistory} with the end of the history when the bot breaks a rule: the history is lived
 * through a second time for it, since the same seed always gives the same one.
 */
export async function liveThrough(seed: number): Promise<LifeFigures> {
  try {
    return await new World(seed, () => {}).live();
  } catch (first) {
    const { history, failure } = await historyOf(seed);
    if (String(failure) !== String(first)) {
      throw new FailedHistory(`Seed ${seed} does not repeat: first ${first}, then ${failure}`, {
        cause: first,
      });
    }
    throw new FailedHistory(`Seed ${seed}: ${first}\n${history.slice(-HISTORY_LIMIT).join("\n")}`, {
      cause: first,
    });
  }
}

/** All that happens with a seed, line by line, and how it failed. */
export async function historyOf(seed: number): Promise<{ history: string[]; failure: unknown }> {
  const history: string[] = [];
  let world: World | undefined;
  try {
    world = new World(seed, (what) => history.push(`${(world?.now ?? 0).toFixed(1).padStart(11)} ${what}`));
    await world.live();
    return { history, failure: undefined };
  } catch (failure) {
    return { history, failure };
  }
}

class World implements BotWorld {
  readonly time: WorldTime;
  readonly chance: Chance;
  readonly discord: MoodyDiscord;
  /** How many shards the next bot is told to have; `undefined` where that is left to it. */
  shardCount: number | undefined;
  readonly isCompressed: boolean;
  readonly intents: number;
  readonly maxConcurrency: number;
  readonly note: (what: string) => void;
  readonly shelf: Shelf | undefined;
  readonly #troubleMs: number;
  readonly #calmMs: number;
  readonly #eventMs: number;
  readonly #isFatal: boolean;
  readonly #isAutomatic: boolean;
  /** Whether sessions are few. */
  readonly #isPoor: boolean;
  readonly #figures: LifeFigures = { ...NO_FIGURES };
  #isWell = false;
  #bot: Bot | undefined;

  constructor(seed: number, note: (what: string) => void) {
    this.note = note;
    const chance = this.chance = new Chance(seed);
    this.time = new WorldTime(new Chance(seed ^ 0x5bd1e995).next);
    const recommendedShards = chance.pick([1, 1, 1, 2, 3]);
    this.#isAutomatic = chance.is(0.3);
    this.shardCount = this.#isAutomatic ? undefined : recommendedShards;
    this.maxConcurrency = chance.pick([1, 1, 2]);
    this.isCompressed = chance.is(0.25);
    this.intents = Intents.GuildMessages | (chance.is(0.3) ? Intents.Guilds : 0);
    this.#isPoor = chance.is(0.1);
    const exceeded = () => this.#bot?.watch.broken("ID-6", "the budget is exceeded: the token is reset");
    const budget = this.#isPoor
      ? new SessionBudget(chance.integer(8, 100), chance.scaled(1_800_000, DAY_MS), exceeded)
      : new SessionBudget(1_000, DAY_MS, exceeded);
    this.discord = new MoodyDiscord(this.time, chance, {
      heartbeatIntervalMs: chance.pick([41_250, 41_250, 30_000, 10_000]),
      recommendedShards,
      budget,
    });
    this.#troubleMs = chance.is(0.02) ? 4 * TROUBLE_MS : TROUBLE_MS;
    this.#calmMs = chance.scaled(8_000, 600_000);
    this.#eventMs = chance.scaled(8_000, 240_000);
    this.#isFatal = chance.is(0.2);
    this.discord.moods.isResumeHostDead = chance.is(0.05);
    this.shelf = chance.is(0.3) ? new Shelf() : undefined;
  }

  get now(): number {
    return this.time.now;
  }

  /** The whole history. */
  async live(): Promise<LifeFigures> {
    this.#live();
    this.#tick();
    this.#happen();
    await this.time.run(this.#troubleMs, () => this.#check());
    this.#recover();
    await this.time.run(this.#troubleMs + RECOVERY_MS * (this.#isPoor ? 3 : 1), () => this.#check());
    this.#checkRecovery();
    this.time.after(0, () => this.#bot?.close(this.chance.is(0.5)));
    await this.time.run(this.time.now + this.#afterlifeMs, () => this.#check());
    this.#checkEnd();
    return { ...this.#figures, livedMs: this.time.now, identifies: this.discord.identifies };
  }

  /** A bot is born; when its life has ended, another one is. */
  #live(): void {
    this.#figures.bots += 1;
    this.note(`bot ${this.#figures.bots} starts`);
    this.#bot = new Bot(this);
    this.#bot.start();
  }

  /** With a shelf, handlers may still be at work. */
  get #afterlifeMs(): number {
    return this.shelf === undefined ? CLOSING_MS : HANDLER_MS + 2 * CLOSING_MS + DRAIN_MS;
  }

  #bury(): void {
    const bot = this.#bot;
    this.#bot = undefined;
    // Mostly, whoever starts it again knows how many shards there were.
    if (!this.#isAutomatic && this.chance.is(0.9)) this.shardCount = bot?.shardCount ?? this.shardCount;
    this.time.after(this.#afterlifeMs, () => {
      this.#checkBuried(bot);
      this.time.forBot(0, () => this.#live());
    });
  }

  #tick(): void {
    this.time.after(this.chance.wait(this.#calmMs), () => {
      if (this.#isWell) return;
      this.#strike();
      this.#tick();
    });
  }

  #strike(): void {
    const bot = this.#bot;
    if (bot === undefined) return;
    this.#figures.misfortunes += 1;
    if (this.chance.is(this.shelf === undefined ? 0.003 : 0.02)) {
      bot.kill();
      return this.#bury();
    }
    if (this.chance.is(0.01)) {
      const isResumable = this.chance.is(0.5);
      return this.time.forBot(0, () => bot.close(isResumable));
    }
    const { time, discord, chance } = this;
    const outageMs = this.#troubleMs;
    const isAutomatic = this.#isAutomatic;
    const scene: Scene = { time, discord, chance, bot, isAutomatic, isFatal: this.#isFatal, outageMs };
    this.note(`--- ${misfortune(scene)}`);
  }

  #happen(): void {
    this.time.after(this.chance.wait(this.#eventMs), () => {
      const guild = this.chance.integer(-1, GUILDS_IN_ALL - 1);
      this.discord.happen(guild < 0 ? undefined : guild);
      this.#happen();
    });
  }

  /** From here on everything works, except for resume hosts that never come back (URL-5). */
  #recover(): void {
    this.note("--- all is well again");
    const { isResumeHostDead } = this.discord.moods;
    this.#isWell = true;
    this.discord.calm();
    this.discord.budget.renew();
    this.discord.moods.isResumeHostDead = isResumeHostDead;
    for (const line of this.discord.lines) line.latencyMs = Math.min(line.latencyMs, 500);
  }

  #check(): void {
    const bot = this.#bot;
    if (bot === undefined) return;
    bot.check();
    if (bot.isClosed && !this.#isOver) this.#bury();
  }

  #isOver = false;

  #checkRecovery(): void {
    const bot = this.#bot;
    this.#isOver = true;
    if (bot === undefined || bot.isClosed) throw new BrokenRule("BO: the bot is gone although all is well");
    if (bot.rescaling > 0) throw new BrokenRule("SH-6: a change of the number of shards never ends");
    if (bot.states.length !== bot.shardCount || bot.states.some((state) => state !== "ready")) {
      throw new BrokenRule(`BO: the shards are ${bot.states} although all is well`);
    }
  }

  #checkEnd(): void {
    if (this.#bot?.isClosed !== true) throw new BrokenRule("BO-5: close() does not come to its end");
    this.#checkBuried(this.#bot);
  }

  #checkBuried(bot: Bot | undefined): void {
    this.#figures.delivered += bot?.watch.delivered ?? 0;
    this.#figures.switches += bot?.watch.sets.switches ?? 0;
    if (bot?.isKilled === true) return;
    const { pendingTimers } = this.time;
    if (pendingTimers > 0) throw new BrokenRule(`WS-10: ${pendingTimers} timers are left behind`);
    if (bot !== undefined && bot.unsettled > 0) {
      throw new BrokenRule(`TX-7: ${bot.unsettled} commands are neither sent nor refused`);
    }
    for (const { line } of bot?.watch.shards.values() ?? []) {
      if (line !== undefined && !line.isOver) throw new BrokenRule("WS-10: a socket is left behind");
    }
  }
}
