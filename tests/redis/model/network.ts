import { sleep } from "../../../clock.ts";
import type { RedisSend } from "../../../redis/mod.ts";
import * as commandScripts from "../../../redis/command_scripts.ts";
import * as identifyScripts from "../../../redis/identify_scripts.ts";
import * as leaseScripts from "../../../redis/lease_scripts.ts";
import * as limitScripts from "../../../redis/limit_scripts.ts";
import * as sessionScripts from "../../../redis/session_scripts.ts";
import * as streamScripts from "../../../redis/stream_scripts.ts";
import type { RedisModel, Reply } from "./redis_model.ts";

// Digests are made outside the event loop: virtual time would run away from them.
const all = [commandScripts, identifyScripts, leaseScripts, limitScripts, sessionScripts, streamScripts];
await Promise.all(all.flatMap((scripts) => Object.values(scripts).map((script) => script.digest())));

/** A connection to a Redis in virtual time: commands go in order, and take their time. */
export class Line {
  readonly #redis: RedisModel;
  /** Milliseconds each way. */
  delayMs: number;
  /** While set, nothing is answered; what was sent waits, and arrives later or never. */
  #split: PromiseWithResolvers<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** Called for each command before it is carried out; may throw. */
  onCommand: (name: string) => void = () => {};

  constructor(redis: RedisModel, delayMs = 1) {
    this.#redis = redis;
    this.delayMs = delayMs;
  }

  get send(): RedisSend {
    return (command) => {
      const reply = this.#last.then(() => this.#carryOut(command));
      this.#last = reply.catch(() => {});
      return reply;
    };
  }

  /** From now on nothing gets through. */
  split(): void {
    this.#split ??= Promise.withResolvers();
  }

  /** The line is whole again; what waited arrives now. */
  heal(): void {
    this.#split?.resolve();
    this.#split = undefined;
  }

  async #whole(): Promise<void> {
    while (this.#split !== undefined) await this.#split.promise;
  }

  async #carryOut(command: Parameters<RedisSend>[0]): Promise<Reply> {
    if (this.delayMs > 0) await sleep(this.#redis.clock, this.delayMs);
    await this.#whole();
    this.onCommand(String(command[0]));
    const reply = this.#redis.execute(command);
    if (this.delayMs > 0) await sleep(this.#redis.clock, this.delayMs);
    await this.#whole();
    return reply;
  }
}
