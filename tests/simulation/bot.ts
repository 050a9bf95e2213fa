import { sleep } from "../../clock.ts";
import type { GatewayPresence } from "../../discord.ts";
import {
  type DisconnectError,
  IdentifyBudgetError,
  InvalidTokenError,
  type Shard,
  ShardManager,
} from "../../gateway/mod.ts";
import { BotAuthentication, HTTPClient } from "../../http/mod.ts";
import { BudgetRules } from "./budget_rules.ts";
import type { Chance } from "./chance.ts";
import { Line } from "./line.ts";
import { lateWords } from "./misfortunes.ts";
import { BASE_URL, type MoodyDiscord } from "./moody_discord.ts";
import { ShardKeys } from "./shard_keys.ts";
import { SmallInflater } from "./small_inflater.ts";
import { type Shelf, ShelfLife } from "./shelf.ts";
import { CLOSING_MS, Watch } from "./watch.ts";
import { RESUME_LIMIT } from "./rules.ts";
import { idOf } from "./views.ts";
import type { WorldTime } from "./world_time.ts";

const TOKEN = "a.b.c";
const API_URL = "https://moody.invalid/api/v10";

/** With sessions that are kept, handlers and the store get this long. */
export const DRAIN_MS = 20_000;
/** One IDENTIFY per key in so long (ID-2). */
const WINDOW_MS = 5_000;

/** The world that a bot lives in. */
export interface BotWorld {
  readonly time: WorldTime;
  readonly discord: MoodyDiscord;
  readonly chance: Chance;
  /** How many shards it begins with; `undefined` where that is left to it. */
  readonly shardCount: number | undefined;
  readonly isCompressed: boolean;
  readonly intents: number;
  readonly maxConcurrency: number;
  readonly note: (what: string) => void;
  /** Where sessions outlive bots, if they do. */
  readonly shelf: Shelf | undefined;
}

/** One life of a whole bot: its HTTP client, its manager and shards, and somebody who watches them. */
export class Bot {
  readonly watch: Watch;
  readonly #world: BotWorld;
  readonly #manager: ShardManager;
  readonly #http: HTTPClient;
  readonly #life: ShelfLife | undefined;
  readonly #keys: ShardKeys;
  readonly #budget: BudgetRules;
  /** Commands that were not sent or refused yet. */
  unsettled = 0;
  /** Changes of the number of shards that go on. */
  rescaling = 0;
  /** Whether the last word about the end has come. */
  isClosed = false;
  /** Whether the process is no more. */
  isKilled = false;
  #failure: unknown;
  #closingAt: number | undefined;
  readonly #over = new AbortController();

  constructor(world: BotWorld) {
    this.#world = world;
    const { time, chance } = world;
    const random = chance.next;
    this.watch = new Watch({
      time,
      maxConcurrency: world.maxConcurrency,
      note: world.note,
      permitMs: () => this.#budget.permitMs,
      identifyWindowMs: WINDOW_MS,
      mayReconnect: true,
      mayRegroup: world.shardCount === undefined,
      currentSet: () => this.#keys.current,
      owed: (sessionId, index) => world.discord.owed(sessionId, index),
      identifying: (key) => this.#budget.identifying(key),
    }, (line) => {
      if (chance.is(0.3)) time.forBot(chance.scaled(1, 1_000), () => lateWords(line, chance));
    });
    this.#budget = new BudgetRules({
      budget: world.discord.budget,
      now: () => time.now,
      broken: (rule, what) => this.watch.broken(rule, what),
      note: world.note,
    });
    this.#life = world.shelf && new ShelfLife(
      world.shelf,
      world,
      (rule, what) => this.watch.broken(rule, what),
      (id, stored, index) => {
        const { shardCount } = this;
        if (shardCount === undefined) return false; // Only counted: it is loaded again.
        this.watch.adopt(id, stored, stored.shardCount === shardCount ? index : undefined);
        return true;
      },
    );
    this.#http = new HTTPClient({
      baseUrl: API_URL,
      clock: time.clock,
      random,
      fetch: (_, init) => this.#fetch(init?.signal ?? undefined),
    });
    this.#manager = new ShardManager(new BotAuthentication(TOKEN), world.intents, this.#http, {
      ...(world.shardCount === undefined ? {} : { shardCount: world.shardCount }),
      compression: world.isCompressed ? "zlib-stream" : "none",
      createInflater: () => new SmallInflater(),
      ...(this.#life === undefined ? {} : { sessions: this.#life }),
      createWebSocket: (url) => this.#open(url),
      clock: time.clock,
      random,
    });
    this.#keys = new ShardKeys(this.#manager);
    this.#listen();
  }

  /** How many shards the bot has. */
  get shardCount(): number | undefined {
    return this.#manager.shardCount;
  }

  /** Whether the bot has stopped for good by itself. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** The states of the shards. */
  get states(): readonly string[] {
    return this.#manager.activeShards.map(({ state }) => state);
  }

  /** Begins to live. */
  start(): void {
    this.#connect().catch((error) => this.#world.note(`connect: ${error}`));
  }

  /** Ends, as a user ends it. */
  close(resumable: boolean): void {
    if (this.watch.stop !== undefined || this.hasFailed) return;
    this.watch.stop = resumable ? "resumable" : "final";
    this.#world.note(`the user closes the bot, ${this.watch.stop}`);
    this.#closingAt = this.#world.time.clock.now();
    this.#over.abort();
    this.#manager.close({ resumable }).then(() => this.#end());
  }

  /** The process is killed: it says nothing more, and Discord finds its lines cut. */
  kill(): void {
    this.#world.note("the bot is killed");
    this.isKilled = true;
    if (this.#life !== undefined) this.#life.isOver = true;
    this.#world.time.kill();
    for (const { line } of this.watch.shards.values()) line?.line.cut(undefined, 0);
  }

  /** Sends some commands at once. */
  command(count: number): void {
    for (const shard of this.#manager.activeShards) {
      for (let sent = 0; sent < count; sent += 1) {
        const state = { channel_id: null, self_mute: false, self_deaf: false };
        this.#settle(shard.updateVoiceState("1", state));
      }
    }
  }

  /** Changes the presence. */
  present(status: GatewayPresence["status"]): void {
    if (this.watch.stop !== undefined || this.hasFailed || this.#manager.activeShards.length === 0) return;
    const presence: GatewayPresence = { since: null, activities: [], status, afk: false };
    this.watch.presence = presence;
    this.#settle(this.#manager.updatePresence(presence));
  }

  /** Changes the number of shards, and may lose patience. */
  rescale(shardCount: number, patienceMs: number | undefined): void {
    if (this.watch.stop !== undefined || this.hasFailed) return;
    const { current } = this.#keys;
    const giveUp = new AbortController();
    if (patienceMs !== undefined) {
      this.#world.time.forBot(patienceMs, () => giveUp.abort(new DOMException("No patience", "AbortError")));
    }
    this.rescaling += 1;
    this.#world.note(`the user asks for ${shardCount} shards`);
    this.#manager.rescaleShards(shardCount, undefined, { signal: giveUp.signal }).then(
      () => this.#rescaled(current, shardCount),
      (error) => this.#notRescaled(current, error),
    ).finally(() => {
      this.rescaling -= 1;
    });
  }

  #rescaled(before: number, shardCount: number): void {
    this.#world.note(`now there are ${this.shardCount} shards`);
    if (this.shardCount !== shardCount || this.#manager.activeShards.length !== shardCount) {
      this.watch.broken("SH-6", `${this.shardCount} shards instead of ${shardCount}`);
    }
    this.watch.sets.ended(before);
  }

  /** The new set has ended, and the old one goes on. */
  #notRescaled(before: number, error: unknown): void {
    this.#world.note(`no other number of shards: ${error}`);
    if (error instanceof TypeError || this.isKilled) return; // Another change goes on, or it could not begin.
    if (this.#keys.current !== before) {
      this.watch.broken("SH-6", "the new set is heard although the change failed");
    }
    if (this.#keys.newest !== before) {
      this.watch.sets.retire(this.#keys.newest);
      this.watch.sets.ended(this.#keys.newest);
    }
  }

  /** What must hold after each step. */
  check(): void {
    const { time } = this.#world;
    this.watch.afterStep(this.#keys.visible(), time.pendingTimers);
    this.#checkFresh();
    if (this.isClosed || this.#closingAt === undefined) return;
    const limitMs = CLOSING_MS + (this.#life === undefined ? 0 : DRAIN_MS);
    this.watch.closing(time.clock.now() - Math.max(this.#closingAt, time.awakeAt), limitMs);
  }

  async #connect(): Promise<void> {
    while (this.watch.stop === undefined) {
      try {
        return await this.#manager.connect();
      } catch (error) {
        this.#world.note(`connect fails: ${error}`);
        if (error instanceof InvalidTokenError || this.watch.stop !== undefined) return;
        const pauseMs = error instanceof IdentifyBudgetError ? 60_000 : 5_000;
        await sleep(this.#world.time.clock, pauseMs, { signal: this.#over.signal }).catch(ignore);
      }
    }
  }

  #listen(): void {
    const { dispatcher, eventDispatcher, closed } = this.#manager;
    const { watch } = this;
    eventDispatcher.listen("MESSAGE_CREATE", (message, { shard }) => {
      const event = watch.heard(this.#keys.of(shard), message);
      return event && this.#life?.handle(event);
    });
    dispatcher.listen("ready", ({ shard }) => watch.reported(this.#keys.of(shard), "ready"));
    dispatcher.listen("resumed", ({ shard }) => watch.reported(this.#keys.of(shard), "resumed"));
    dispatcher.listen("sessionLost", ({ shard }) => watch.reported(this.#keys.of(shard), "sessionLost"));
    for (const name of ["identifyBudget", "identifyBudgetLow", "identifyPaused"] as const) {
      dispatcher.listen(name, (budget) => this.#budget.told(name, budget));
    }
    dispatcher.listen("error", ({ error }) => this.#world.note(`error: ${error}`));
    dispatcher.listen("critical", (error: DisconnectError) => {
      this.#world.note(`critical: ${error}`);
      this.#failure = error;
      watch.failures += 1;
    });
    closed.catch(() => this.#end());
  }

  async #end(): Promise<void> {
    if (this.watch.stop === "resumable") this.#checkShelf();
    await this.#http.close();
    this.isClosed = true;
  }

  #checkFresh(): void {
    if (this.#life === undefined || this.#closingAt !== undefined || this.hasFailed) return;
    for (const shard of this.watch.shards.values()) {
      const { sessionId, isDead } = shard;
      if (this.watch.sets.isHeard(shard) && sessionId !== undefined && !isDead) {
        this.#life.checkFresh(sessionId);
      }
    }
  }

  /** A bot that was closed resumably goes on exactly where it was (BO-5). */
  #checkShelf(): void {
    const { shelf } = this.#world;
    if (shelf === undefined || this.#life?.hasFailed === true) return;
    for (const shard of this.watch.shards.values()) {
      const { key, sessionId, sequence, isDead, failedResumes } = shard;
      if (!this.watch.sets.isHeard(shard)) continue;
      const kept = shelf.sessions.get(idOf(key));
      if (sessionId === undefined || isDead || failedResumes >= RESUME_LIMIT) continue;
      if (kept?.sessionId !== sessionId || kept.sequence !== sequence) {
        this.watch.broken(
          "SEQ-10",
          `${sessionId} is at ${sequence}, but ${kept?.sessionId} at ${kept?.sequence} is kept`,
        );
      }
    }
  }

  #settle(command: Promise<unknown>): void {
    this.unsettled += 1;
    const settled = () => {
      this.unsettled -= 1;
    };
    command.then(settled, settled);
  }

  #open(url: string): WebSocket {
    if (this.isKilled) throw new Error("The process is no more");
    const { time, discord, chance } = this.#world;
    const latencyMs = chance.scaled(1, 400);
    const shard = this.#keys.all().find((candidate: Shard) =>
      candidate.state === "connecting" &&
      this.watch.shards.get(this.#keys.of(candidate))?.line?.isOver !== false
    );
    if (shard === undefined) {
      this.watch.broken("SH-6", "a line is opened by a shard that should not be there");
      throw new Error("No shard is connecting");
    }
    const line = new Line(url, time, discord, this.watch, latencyMs);
    this.watch.opened(this.#keys.of(shard), line);
    return line.socket;
  }

  /** Answers `GET /gateway/bot`, sometimes badly. */
  #fetch(signal: AbortSignal | undefined): Promise<Response> {
    const { time, discord, chance, maxConcurrency } = this.#world;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    time.forBot(chance.scaled(5, 2_000), () => {
      if (discord.moods.isOut || chance.is(0.1)) {
        return chance.is(0.5) ? reject(new TypeError("No connection")) : resolve(answer(502, {}));
      }
      const { budget, recommendedShards: shards } = discord;
      const session_start_limit = {
        total: budget.total,
        remaining: budget.remaining(time.now),
        reset_after: budget.resetAfterMs(time.now),
        max_concurrency: maxConcurrency,
      };
      resolve(answer(200, { url: BASE_URL, shards, session_start_limit }));
    });
    return promise;
  }
}

function ignore(): void {}

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}
