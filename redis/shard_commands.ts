import type { DiscordGuildMembersChunk, GatewayPresence } from "../discord.ts";
import type {
  ChannelInfoField,
  GatewayCommand,
  GuildMembersQuery,
  VoiceStateCommand,
} from "../gateway/mod.ts";
import { AnswerBox, type Answers } from "./answer_box.ts";
import { ASK } from "./command_scripts.ts";
import { ShardCommandError } from "./errors.ts";
import { knownShardCount } from "./fleet_config.ts";
import { checkCount, checkMs, RedisLink, type RedisOptions } from "./redis_link.ts";
import { textIn } from "./reply.ts";
import type { ShardLetter, ShardOrder } from "./shard_letter.ts";

/** Options of {@linkcode ShardCommands}. */
export interface ShardCommandsOptions extends RedisOptions {
  /** Milliseconds between two looks for answers, while one is waited for. 50 by default. */
  readonly pollMs?: number | undefined;
  /** How many commands may wait at one gateway process. 1000 by default. */
  readonly inboxLimit?: number | undefined;
  /** Numbers from 0 to 1, for names. */
  readonly random?: (() => number) | undefined;
}

/** Options of one command. */
export interface ShardCommandOptions {
  /** Ends the wait; the command may still be carried out. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds to wait for the answer, or for the next part of it. 10 000 by default. */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 10_000;
const NAMES = 2 ** 48;

/**
 * Commands to shards, wherever they run: each goes to the process that owns the shard, which answers.
 *
 * What a command can't be is found out there: the wait then rejects with a {@linkcode ShardCommandError} of the code
 * `refused`. `noOwner`: nobody runs the shard now, so nothing was done; `busy`: its process has too many to do; `timeout`:
 * nobody knows. A command that was not taken in time is not carried out later.
 *
 * Costs two commands to Redis for each, and `1000 / pollMs` a second while answers are waited for.
 *
 * @example
 * ```ts ignore
 * await using commands = new ShardCommands({ send });
 * await commands.updateVoiceState(guildId, { channel_id, self_mute: false, self_deaf: true });
 * for await (const chunk of commands.requestGuildMembers(guildId, { query: "", limit: 0 })) console.log(chunk.members);
 * ```
 */
export class ShardCommands implements AsyncDisposable {
  readonly #link: RedisLink;
  readonly #inboxLimit: number;
  readonly #answers: AnswerBox;
  #shardCount: number | undefined;

  /** Throws a `TypeError` or a `RangeError` on options that can't be right. */
  constructor(options: ShardCommandsOptions) {
    const { pollMs = 50, inboxLimit = 1_000, random = Math.random } = options;
    checkMs("pollMs", pollMs);
    checkCount("inboxLimit", inboxLimit);
    this.#link = new RedisLink(options);
    this.#inboxLimit = inboxLimit;
    this.#answers = new AnswerBox(this.#link, Math.floor(random() * NAMES).toString(36), pollMs);
  }

  /** Changes the presence on one shard. Resolves when it was sent. */
  updatePresence(shardId: number, presence: GatewayPresence, options?: ShardCommandOptions): Promise<void> {
    return this.#order(shardId, { kind: "presence", presence }, options);
  }

  /** Joins, moves in or leaves a voice channel. Resolves when it was sent; Discord answers with events. */
  async updateVoiceState(
    guildId: string | bigint,
    state: VoiceStateCommand,
    options?: ShardCommandOptions,
  ): Promise<void> {
    await this.#order(
      await this.#shardOf(guildId),
      { kind: "voice", guildId: String(guildId), state },
      options,
    );
  }

  /** Asks for members of a guild, and gives them as they come. The query's `signal` ends the wait here. */
  async *requestGuildMembers(
    guildId: string | bigint,
    { signal, ...query }: GuildMembersQuery,
    { timeoutMs }: Pick<ShardCommandOptions, "timeoutMs"> = {},
  ): AsyncGenerator<DiscordGuildMembersChunk, void> {
    const shardId = await this.#shardOf(guildId);
    const order: ShardOrder = { kind: "members", guildId: String(guildId), query };
    for await (const part of this.#ask(shardId, order, { signal, timeoutMs })) {
      yield part as DiscordGuildMembersChunk;
    }
  }

  /** Asks for the soundboard sounds of guilds of one shard. Resolves when it was sent. */
  requestSoundboardSounds(
    shardId: number,
    guildIds: readonly (string | bigint)[],
    options?: ShardCommandOptions,
  ): Promise<void> {
    return this.#order(shardId, { kind: "sounds", guildIds: guildIds.map(String) }, options);
  }

  /** Asks for what is not on the channel objects of a guild. Resolves when it was sent. */
  async requestChannelInfo(
    guildId: string | bigint,
    fields: readonly ChannelInfoField[],
    options?: ShardCommandOptions,
  ): Promise<void> {
    const order: ShardOrder = { kind: "channelInfo", guildId: String(guildId), fields };
    await this.#order(await this.#shardOf(guildId), order, options);
  }

  /** Sends a payload as it is. Resolves when it was sent. */
  send(shardId: number, payload: GatewayCommand, options?: ShardCommandOptions): Promise<void> {
    return this.#order(shardId, { kind: "send", payload }, options);
  }

  /** Waits for no more answers: what waits rejects with an `AbortError`. */
  async close(): Promise<void> {
    await this.#answers.close();
  }

  /** `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #order(shardId: number, order: ShardOrder, options?: ShardCommandOptions): Promise<void> {
    for await (const _ of this.#ask(shardId, order, options));
  }

  async *#ask(
    shardId: number,
    order: ShardOrder,
    { signal, timeoutMs = TIMEOUT_MS }: ShardCommandOptions = {},
  ): AsyncGenerator<unknown, void> {
    signal?.throwIfAborted();
    checkMs("timeoutMs", timeoutMs);
    using answers = this.#answers.open(shardId, timeoutMs, signal);
    await this.#post({ id: answers.id, replyTo: this.#answers.name, shardId, order }, timeoutMs);
    yield* partsOf(answers, shardId);
  }

  async #post(letter: ShardLetter, timeoutMs: number): Promise<void> {
    const { shardId } = letter;
    const keys = [this.#link.fleetKey("members"), this.#link.fleetKey("leases")];
    const args = [
      shardId,
      JSON.stringify(letter),
      timeoutMs,
      this.#inboxLimit,
      this.#link.fleetKey("inbox:"),
    ];
    const state = textIn(await this.#link.run(ASK, keys, args));
    if (state === "noOwner") {
      throw new ShardCommandError("noOwner", shardId, `Nobody runs shard ${shardId} now`);
    }
    if (state !== "ok") {
      throw new ShardCommandError("busy", shardId, `The process of shard ${shardId} has too much to do`);
    }
  }

  /** The shard of a guild (SH-1). */
  async #shardOf(guildId: string | bigint): Promise<number> {
    if (!/^\d{1,20}$/.test(String(guildId))) {
      throw new TypeError(`A guild id must be a snowflake: got ${guildId}`);
    }
    this.#shardCount ??= await knownShardCount(this.#link);
    if (this.#shardCount === undefined) {
      throw new ShardCommandError("noOwner", 0, "No gateway process has started");
    }
    return Number((BigInt(guildId) >> 22n) % BigInt(this.#shardCount));
  }
}

async function* partsOf(answers: Answers, shardId: number): AsyncGenerator<unknown, void> {
  for (;;) {
    const answer = await answers.next();
    if (answer.type === "done") return;
    if (answer.type === "failed") {
      throw new ShardCommandError("refused", shardId, answer.message, answer.name);
    }
    yield answer.part;
  }
}
