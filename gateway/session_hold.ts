import type { StoredSession } from "./session_store.ts";

/** Room enough that two keepers do not choose the same name. */
const NAMES = 2 ** 48;

/**
 * The hold that one shard has on its stored session: of those that share a store, the last to take it up has it.
 *
 * Each one who takes it up raises the fence by one and writes its own name beside it. A higher fence is the newer hold; of
 * two with the same one, that whose record was written last.
 */
export class SessionHold {
  readonly #holder: string;
  #fence: number | undefined;

  /** A hold on nothing yet; `random` gives a number from 0 to 1. */
  constructor(random: () => number) {
    this.#holder = Math.floor(random() * NAMES).toString(36);
  }

  /** What to write into a record: this hold. */
  get mark(): Pick<StoredSession, "holder" | "fence"> {
    return { holder: this.#holder, fence: this.#fence ?? 1 };
  }

  /** Whether a record was taken up by somebody else since this hold was. Of a record without a mark nothing can be told. */
  isLostTo(stored: StoredSession | undefined | null): boolean {
    const fence = fenceOf(stored);
    if (this.#fence === undefined || fence === undefined || stored?.holder === this.#holder) return false;
    return fence >= this.#fence;
  }

  /** Takes up what is stored: its fence is above that of any other from then on. */
  take(stored: StoredSession | undefined | null): void {
    const fence = Number.isSafeInteger(stored?.fence) ? stored?.fence ?? 0 : 0;
    this.#fence = Math.max(this.#fence ?? 0, stored?.holder === this.#holder ? fence : fence + 1);
  }
}

/** The fence of a record that has a mark: the store may have been written by anything. */
function fenceOf(stored: StoredSession | undefined | null): number | undefined {
  const { holder, fence } = stored ?? {};
  return typeof holder === "string" && Number.isSafeInteger(fence) ? fence : undefined;
}
