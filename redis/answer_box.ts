import { sleep } from "../clock.ts";
import { TAKE } from "./command_scripts.ts";
import { ShardCommandError } from "./errors.ts";
import type { RedisLink } from "./redis_link.ts";
import { listIn, textIn } from "./reply.ts";
import { answerIn, type ShardAnswer } from "./shard_letter.ts";

/** The answers to one letter. */
export interface Answers extends Disposable {
  /** What they bear. */
  readonly id: string;
  /** The next one. Rejects with a {@linkcode ShardCommandError} when none comes in time, and when the wait is ended. */
  next(): Promise<ShardAnswer>;
}

const TAKEN_AT_ONCE = 256;

/** Reads the answers to this process, while somebody waits for one. */
export class AnswerBox {
  /** Where answers are to be sent. */
  readonly name: string;
  readonly #link: RedisLink;
  readonly #pollMs: number;
  readonly #open = new Map<string, PendingAnswers>();
  readonly #stop = new AbortController();
  #count = 0;
  #looking: Promise<void> | undefined;

  /** Reads nothing while nobody waits. */
  constructor(link: RedisLink, name: string, pollMs: number) {
    this.#link = link;
    this.name = name;
    this.#pollMs = pollMs;
  }

  /** Waits for answers, for each at most `timeoutMs`. */
  open(shardId: number, timeoutMs: number, signal: AbortSignal | undefined): Answers {
    this.#stop.signal.throwIfAborted();
    const id = String(this.#count++);
    const end = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
    const answers = new PendingAnswers(id, async (pending) => {
      const timer = this.#link.clock.setTimeout(() => {
        const message = `Shard ${shardId} has not answered within ${timeoutMs} ms: it may have done it`;
        pending.reject(new ShardCommandError("timeout", shardId, message));
      }, timeoutMs);
      const onAbort = (): void => pending.reject(end.reason);
      end.addEventListener("abort", onAbort, { once: true });
      if (end.aborted) onAbort();
      try {
        return await pending.promise;
      } finally {
        timer[Symbol.dispose]();
        end.removeEventListener("abort", onAbort);
      }
    }, () => this.#open.delete(id));
    this.#open.set(id, answers);
    this.#looking ??= this.#look();
    return answers;
  }

  /** Ends all waits. */
  async close(): Promise<void> {
    this.#stop.abort(new DOMException("The commands were closed", "AbortError"));
    await this.#looking;
  }

  async #look(): Promise<void> {
    const list = this.#link.fleetKey(`answers:${this.name}`);
    while (this.#open.size > 0 && !this.#stop.signal.aborted) {
      const texts = await this.#link.run(TAKE, [list], [TAKEN_AT_ONCE])
        .then((reply) => listIn(reply).map(textIn)).catch((): string[] => []); // They time out.
      for (const text of texts) {
        const answer = answerIn(text);
        if (answer !== undefined) this.#open.get(answer.id)?.push(answer);
      }
      if (texts.length === 0) await sleep(this.#link.clock, this.#pollMs, this.#stop).catch(() => {});
    }
    this.#looking = undefined;
  }
}

class PendingAnswers implements Answers {
  readonly id: string;
  readonly #wait: (pending: PromiseWithResolvers<ShardAnswer>) => Promise<ShardAnswer>;
  readonly #close: () => void;
  readonly #queue: ShardAnswer[] = [];
  #pending: PromiseWithResolvers<ShardAnswer> | undefined;

  constructor(
    id: string,
    wait: (pending: PromiseWithResolvers<ShardAnswer>) => Promise<ShardAnswer>,
    close: () => void,
  ) {
    this.id = id;
    this.#wait = wait;
    this.#close = close;
  }

  push(answer: ShardAnswer): void {
    if (this.#pending === undefined) this.#queue.push(answer);
    else this.#pending.resolve(answer);
    this.#pending = undefined;
  }

  async next(): Promise<ShardAnswer> {
    const queued = this.#queue.shift();
    if (queued !== undefined) return queued;
    this.#pending = Promise.withResolvers<ShardAnswer>();
    return await this.#wait(this.#pending);
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}
