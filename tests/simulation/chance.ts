import { seededRandom } from "../gateway/seeded_random.ts";

/** What happens by chance, and happens again with the same seed. */
export class Chance {
  /** A number from 0 to 1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  /** Whether something of this probability happens. */
  is(probability: number): boolean {
    return this.next() < probability;
  }

  /** A number between two others. */
  within(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  /** A number between two others, small ones being as likely as big ones. */
  scaled(least: number, most: number): number {
    return least * (most / least) ** this.next();
  }

  /** An integer from `least` to `most`. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** The wait for what comes every `meanMs` on average. */
  wait(meanMs: number): number {
    return -Math.log(1 - this.next()) * meanMs;
  }

  /** One of several. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[Math.floor(this.next() * items.length)] ?? items[0];
  }

  /** One of several, or nothing where there are none. */
  any<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.next() * items.length)];
  }
}
