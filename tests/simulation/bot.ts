import { sleep } from "../../clock.ts";
import type { GatewayPresence } from "../../discord.ts";
import { type DisconnectError, Intents, InvalidTokenError, ShardManager } from "../../gateway/mod.ts";
import { BotAuthentication, HTTPClient } from "../../http/mod.ts";
import type { Chance } from "./chance.ts";
import { Line } from "./line.ts";
import { lateWords } from "./misfortunes.ts";
import { BASE_URL, type MoodyDiscord } from "./moody_discord.ts";
import { Watch } from "./watch.ts";
import type { WorldTime } from "./world_time.ts";

const TOKEN = "a.b.c";
const API_URL = "https://moody.invalid/api/v10";

/** Even the whole queue of a small bot is through by then. */
const PERMIT_MS = 60_000;
/** One IDENTIFY per key in so long (ID-2). */
const WINDOW_MS = 5_000;

/** The world that a bot lives in. */
export interface BotWorld {
  readonly time: WorldTime;
  readonly discord: MoodyDiscord;
  readonly chance: Chance;
  readonly shardCount: number;
  readonly maxConcurrency: number;
  readonly note: (what: string) => void;
}

/** One life of a whole bot: its HTTP client, its manager and shards, and somebody who watches them. */
export class Bot {
  readonly watch: Watch;
  readonly #world: BotWorld;
  readonly #manager: ShardManager;
  readonly #http: HTTPClient;
  /** Commands that were not sent or refused yet. */
  unsettled = 0;
  /** Whether the last word about the end has come. */
  isClosed = false;
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
      permitMs: PERMIT_MS,
      identifyWindowMs: WINDOW_MS,
      mayReconnect: true,
    }, (line) => {
      if (chance.is(0.3)) time.forBot(chance.scaled(1, 1_000), () => lateWords(line, chance));
    });
    this.#http = new HTTPClient({
      baseUrl: API_URL,
      clock: time.clock,
      random,
      fetch: (_, init) => this.#fetch(init?.signal ?? undefined),
    });
    this.#manager = new ShardManager(new BotAuthentication(TOKEN), Intents.GuildMessages, this.#http, {
      shardCount: world.shardCount, // Left to the manager, it would change when Discord complains (4010, 4011).
      compression: "none",
      createWebSocket: (url) => this.#open(url),
      clock: time.clock,
      random,
    });
    this.#listen();
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

  /** What must hold after each step. */
  check(): void {
    const { time } = this.#world;
    this.watch.afterStep(this.#manager.activeShards, time.pendingTimers);
    if (this.isClosed || this.#closingAt === undefined) return;
    this.watch.closing(time.clock.now() - Math.max(this.#closingAt, time.awakeAt));
  }

  async #connect(): Promise<void> {
    while (this.watch.stop === undefined) {
      try {
        return await this.#manager.connect();
      } catch (error) {
        this.#world.note(`connect fails: ${error}`);
        if (error instanceof InvalidTokenError || this.watch.stop !== undefined) return;
        await sleep(this.#world.time.clock, 5_000, { signal: this.#over.signal }).catch(ignore);
      }
    }
  }

  #listen(): void {
    const { dispatcher, eventDispatcher, closed } = this.#manager;
    const { watch } = this;
    eventDispatcher.listen("MESSAGE_CREATE", (message, { shard }) => watch.heard(shard.id, message));
    dispatcher.listen("ready", ({ shard }) => watch.reported(shard.id, "ready"));
    dispatcher.listen("resumed", ({ shard }) => watch.reported(shard.id, "resumed"));
    dispatcher.listen("sessionLost", ({ shard }) => watch.reported(shard.id, "sessionLost"));
    dispatcher.listen("error", ({ error }) => this.#world.note(`error: ${error}`));
    dispatcher.listen("critical", (error: DisconnectError) => {
      this.#world.note(`critical: ${error}`);
      this.#failure = error;
      watch.failures += 1;
    });
    closed.catch(() => this.#end());
  }

  async #end(): Promise<void> {
    await this.#http.close();
    this.isClosed = true;
  }

  #settle(command: Promise<unknown>): void {
    this.unsettled += 1;
    const settled = () => {
      this.unsettled -= 1;
    };
    command.then(settled, settled);
  }

  #open(url: string): WebSocket {
    const { time, discord, chance } = this.#world;
    const latencyMs = chance.scaled(1, 400);
    const shard = this.#manager.activeShards.find(({ id, state }) =>
      state === "connecting" && this.watch.shards.get(id)?.line?.isOver !== false
    );
    if (shard === undefined) throw new Error("No shard is connecting");
    const line = new Line(url, time, discord, this.watch, latencyMs);
    this.watch.opened(shard.id, line);
    return line.socket;
  }

  /** Answers `GET /gateway/bot`, sometimes badly. */
  #fetch(signal: AbortSignal | undefined): Promise<Response> {
    const { time, discord, chance, shardCount, maxConcurrency } = this.#world;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    time.forBot(chance.scaled(5, 2_000), () => {
      if (discord.moods.isOut || chance.is(0.1)) {
        return chance.is(0.5) ? reject(new TypeError("No connection")) : resolve(answer(502, {}));
      }
      const session_start_limit = {
        total: 1_000,
        remaining: 900,
        reset_after: 0,
        max_concurrency: maxConcurrency,
      };
      resolve(answer(200, { url: BASE_URL, shards: shardCount, session_start_limit }));
    });
    return promise;
  }
}

function ignore(): void {}

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}
