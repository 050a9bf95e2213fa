import type { GatewayPresence } from "../discord.ts";
import { checkPresence } from "../gateway/mod.ts";
import type { Publisher } from "./publisher.ts";
import type { RedisLink } from "./redis_link.ts";
import { integerIn, recordIn, textOrNone } from "./reply.ts";
import { KEEP_PRESENCE } from "./stream_scripts.ts";

/** The presence that one shard has sent last, beside its session: that of sessions which begin anew, whoever runs it then. */
export class KeptPresence {
  readonly #link: RedisLink;
  readonly #publisher: Publisher;
  readonly #key: string;

  /** For the shard that `publisher` writes for, and under its fence. */
  constructor(link: RedisLink, shardId: number, publisher: Publisher) {
    this.#link = link;
    this.#publisher = publisher;
    this.#key = link.shardKey(shardId, "session");
  }

  /** What was kept; nothing where there is none, or none that Discord would take. */
  async load(): Promise<GatewayPresence | undefined> {
    const text = textOrNone(await this.#link.command(["HGET", this.#key, "presence"]));
    const presence: unknown = text === undefined ? undefined : recordIn(text);
    try {
      checkPresence(presence as GatewayPresence);
      return presence as GatewayPresence;
    } catch {
      return undefined;
    }
  }

  /** Keeps it in place of another; not where somebody else has the shard by now. */
  async keep(presence: unknown): Promise<void> {
    let fence = NaN;
    while (fence !== this.#publisher.fence) {
      await this.#publisher.flushed(); // A session that begins raises the fence.
      fence = this.#publisher.fence;
      const reply = await this.#link.run(KEEP_PRESENCE, [this.#key], [fence, JSON.stringify(presence)]);
      if (integerIn(reply) === 1) return;
    }
  }
}
