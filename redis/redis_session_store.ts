import { sleep } from "../clock.ts";
import type { SessionStore, StoredSession } from "../gateway/mod.ts";
import { LeaseLostError } from "./errors.ts";
import { RedisLink, type RedisOptions } from "./redis_link.ts";
import { integerIn, listIn, recordIn, textIn, textOrNone } from "./reply.ts";
import { sessionIn } from "./session_json.ts";
import { KEEP } from "./session_scripts.ts";

/** Options of {@linkcode RedisSessionStore}. */
export interface RedisSessionStoreOptions extends RedisOptions {
  /**
   * The fence under which a shard runs here: `lease.fence`. What is saved under a smaller fence than before is refused. 0 for
   * all by default: then the last word counts.
   */
  readonly fenceOf?: ((shardId: number) => number) | undefined;
  /** Milliseconds in which saves are gathered, to be sent as one. 0 by default: those of one turn. */
  readonly gatherMs?: number | undefined;
}

interface Save {
  readonly json: string;
  readonly fence: number;
  readonly written: PromiseWithResolvers<void>;
}

/**
 * Keeps sessions in Redis, for a `ShardManager` of one's own: all that is saved at about the same time goes as one command.
 *
 * `save` and `clear` reject with a {@linkcode LeaseLostError} when somebody with a larger fence has saved before. A
 * {@linkcode GatewayNode} does not need it: it keeps sessions beside the streams.
 *
 * @example
 * ```ts ignore
 * const sessions = new RedisSessionStore({ send: (command) => client.sendCommand([...command]) });
 * const manager = new ShardManager(authentication, intents, http, { sessions });
 * ```
 */
export class RedisSessionStore implements SessionStore {
  readonly #link: RedisLink;
  readonly #fenceOf: (shardId: number) => number;
  readonly #gatherMs: number;
  #waiting = new Map<number, Save>();
  #writing: Promise<void> | undefined;

  /** Throws a `RangeError` unless `gatherMs` is from 0 on. */
  constructor(options: RedisSessionStoreOptions) {
    const { fenceOf = () => 0, gatherMs = 0 } = options;
    if (!(gatherMs >= 0 && gatherMs < 2 ** 31)) {
      throw new RangeError(`gatherMs must be a number of milliseconds from 0 on: got ${String(gatherMs)}`);
    }
    this.#link = new RedisLink(options);
    this.#fenceOf = fenceOf;
    this.#gatherMs = gatherMs;
  }

  /** The session of the shard. */
  async load(shardId: number): Promise<StoredSession | undefined> {
    const [, text = ""] = /^\d+:(.*)$/s.exec(
      textOrNone(await this.#link.command(["HGET", this.#key, shardId])) ?? "",
    ) ?? [];
    const sequence = recordIn(text)?.sequence;
    return typeof sequence === "number" ? sessionIn(text, sequence) : undefined;
  }

  /** Keeps the session; resolves when Redis has it. */
  save(shardId: number, session: StoredSession): Promise<void> {
    return this.#write(shardId, JSON.stringify(session));
  }

  /** Forgets the session. */
  clear(shardId: number): Promise<void> {
    return this.#write(shardId, "");
  }

  get #key(): string {
    return this.#link.fleetKey("sessions");
  }

  #write(shardId: number, json: string): Promise<void> {
    const written = this.#waiting.get(shardId)?.written ?? Promise.withResolvers<void>();
    this.#waiting.set(shardId, { json, fence: this.#fenceOf(shardId), written });
    this.#writing ??= this.#writeAll();
    return written.promise;
  }

  /** One command at a time: the last word counts. */
  async #writeAll(): Promise<void> {
    while (this.#waiting.size > 0) {
      if (this.#gatherMs > 0) await sleep(this.#link.clock, this.#gatherMs);
      else await undefined;
      const saves = [...this.#waiting];
      this.#waiting = new Map();
      const args = saves.flatMap(([shardId, { fence, json }]) => [shardId, fence, json]);
      try {
        const kept = listIn(await this.#link.run(KEEP, [this.#key], args));
        for (const [index, [shardId, { written }]] of saves.entries()) {
          if (integerIn(textIn(kept[index])) === 1) written.resolve();
          else written.reject(new LeaseLostError(shardId, "somebody with a larger fence keeps its session"));
        }
      } catch (error) {
        for (const [, { written }] of saves) written.reject(error);
      }
    }
    this.#writing = undefined;
  }
}
