import { LeaseLostError } from "./errors.ts";

/** The right to run a shard, for as long as it lasts. */
export class Lease {
  /** The shard. */
  readonly shardId: number;
  /** Who has it. */
  readonly memberId: string;
  readonly #life = new AbortController();
  readonly #handover = new AbortController();
  readonly #isOver: () => boolean;
  #fence: number;

  /** A lease that is over when it is told, or when `isOver`. */
  constructor(shardId: number, memberId: string, fence: number, isOver: () => boolean) {
    this.shardId = shardId;
    this.memberId = memberId;
    this.#fence = fence;
    this.#isOver = isOver;
  }

  /** A number that is larger than that of everyone who had the shard before. */
  get fence(): number {
    return this.#fence;
  }

  /** Aborts when the lease is lost: before anybody else may have the shard. Its reason is a {@linkcode LeaseLostError}. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  /** Aborts when the shard is wanted elsewhere, or the member leaves: end the work, and then return. */
  get handover(): AbortSignal {
    return this.#handover.signal;
  }

  /** Whether it still holds, by the clock: also where the process has slept, and no timer has run yet. */
  get isHeld(): boolean {
    if (!this.#life.signal.aborted && this.#isOver()) this.lose("its time is over");
    return !this.#life.signal.aborted;
  }

  /** The fence has become larger. */
  raise(fence: number): void {
    this.#fence = Math.max(fence, this.#fence);
  }

  /** It is lost. */
  lose(why: string): void {
    this.#life.abort(new LeaseLostError(this.shardId, why));
  }

  /** Asks for the end of the work. */
  handOver(): void {
    this.#handover.abort(new DOMException(`Shard ${this.shardId} is to be handed over`, "AbortError"));
  }
}
