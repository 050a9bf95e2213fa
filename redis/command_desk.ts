import type { ChannelInfoField, GatewayCommand, Shard } from "../gateway/mod.ts";
import type { GatewayPresence } from "../discord.ts";
import { DROP, TAKE } from "./command_scripts.ts";
import { messageOf, type RedisLink } from "./redis_link.ts";
import { listIn, textIn } from "./reply.ts";
import { letterIn, type ShardAnswer, type ShardLetter, type ShardOrder } from "./shard_letter.ts";

/** Options of a {@linkcode CommandDesk}. */
export interface CommandDeskOptions {
  /** The way to Redis. */
  readonly link: RedisLink;
  /** How this member is called now. */
  readonly memberId: () => string;
  /** The shard, if it runs here. */
  readonly shardFor: (shardId: number) => Shard | undefined;
  /** Milliseconds between two looks into the inbox. */
  readonly pollMs: number;
  /** Told what went wrong. */
  readonly failed: (error: unknown) => void;
}

const TAKEN_AT_ONCE = 64;
const ANSWER_TTL_MS = 60_000;
const ANSWER_LIMIT = 10_000;

/** Reads letters to the shards that run here, has them done, and answers. */
export class CommandDesk {
  readonly #options: CommandDeskOptions;
  #timer: Disposable | undefined;
  #isClosed = false;

  /** Reads nothing before {@linkcode start}. */
  constructor(options: CommandDeskOptions) {
    this.#options = options;
  }

  /** Begins to look. */
  start(): void {
    const { link, pollMs } = this.#options;
    this.#timer = link.clock.setTimeout(() => void this.#look(), pollMs);
  }

  /** Looks no more. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
  }

  async #look(): Promise<void> {
    const { link, memberId, failed } = this.#options;
    try {
      const inbox = link.fleetKey(`inbox:${memberId()}`);
      const texts = listIn(await link.run(TAKE, [inbox], [TAKEN_AT_ONCE])).map(textIn);
      for (const text of texts) void this.#handle(text);
    } catch (error) {
      if (!this.#isClosed) failed(error);
    }
    if (!this.#isClosed) this.start();
  }

  async #handle(text: string): Promise<void> {
    const letter = letterIn(text);
    if (letter === undefined) return;
    const { id } = letter;
    try {
      await this.#carryOut(letter);
      await this.#answer(letter, { id, type: "done" });
    } catch (error) {
      const name = error instanceof Error ? error.name : "Error";
      const answer = { id, type: "failed", name, message: messageOf(error) } as const;
      await this.#answer(letter, answer).catch(this.#options.failed);
    }
  }

  async #carryOut(letter: ShardLetter): Promise<void> {
    const shard = this.#options.shardFor(letter.shardId);
    if (shard === undefined) throw new RangeError(`Shard ${letter.shardId} does not run here any more`);
    const { order } = letter;
    if (order.kind !== "members") return await carryOut(shard, order);
    for await (const part of shard.requestGuildMembers(order.guildId, order.query)) {
      await this.#answer(letter, { id: letter.id, type: "part", part });
    }
  }

  async #answer({ replyTo }: ShardLetter, answer: ShardAnswer): Promise<void> {
    const { link } = this.#options;
    const list = link.fleetKey(`answers:${replyTo}`);
    await link.run(DROP, [list], [JSON.stringify(answer), ANSWER_TTL_MS, ANSWER_LIMIT]);
  }
}

/** The shard itself checks what it is given, as from anybody. */
function carryOut(shard: Shard, order: Exclude<ShardOrder, { kind: "members" }>): Promise<void> {
  switch (order.kind) {
    case "presence":
      return shard.updatePresence(order.presence as GatewayPresence);
    case "voice":
      return shard.updateVoiceState(order.guildId, order.state);
    case "sounds":
      return shard.requestSoundboardSounds(order.guildIds);
    case "channelInfo":
      return shard.requestChannelInfo(order.guildId, order.fields as readonly ChannelInfoField[]);
    case "send":
      return shard.send(order.payload as GatewayCommand);
  }
}
