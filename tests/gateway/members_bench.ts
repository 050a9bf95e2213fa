import { Intents } from "../../gateway/mod.ts";
import type { ShardOptions } from "../../gateway/shard_options.ts";
import { ShardBench } from "./shard_bench.ts";

/** The guild whose members are asked for. */
export const GUILD = "81384788765712384";

/** What the gateway was asked. */
export interface SentQuery {
  readonly guild_id: string;
  readonly nonce: string;
  readonly user_ids?: readonly string[];
}

/** A shard that asks for members, and the gateway that a test plays. */
export class MembersBench extends ShardBench {
  #sequence = 1;

  constructor(options: Partial<ShardOptions> = {}) {
    super({ intents: Intents.Guilds | Intents.GuildMembers | Intents.GuildPresences, ...options });
  }

  /** The requests on the newest socket. */
  get queries(): readonly SentQuery[] {
    return this.socket.commands.filter(({ op }) => op === 8).map(({ d }) => d as SentQuery);
  }

  /** The nonce of the last request. */
  get nonce(): string {
    return this.queries.at(-1)?.nonce ?? "";
  }

  /** The number of the next dispatch. */
  get sequence(): number {
    return ++this.#sequence;
  }

  chunk(chunk_index: number, chunk_count: number, nonce: unknown = this.nonce, more: object = {}): void {
    const d = { guild_id: GUILD, members: [], chunk_index, chunk_count, nonce, ...more };
    this.socket.dispatch("GUILD_MEMBERS_CHUNK", this.sequence, d);
  }

  refuse(meta: object = { guild_id: GUILD, nonce: this.nonce }, more: object = {}): void {
    this.socket.dispatch("RATE_LIMITED", this.sequence, { opcode: 8, retry_after: 12.5, meta, ...more });
  }
}
