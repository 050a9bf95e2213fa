import type { Shard, ShardManager } from "../../gateway/mod.ts";
import { keyOf, setOf } from "./views.ts";
import type { VisibleShard } from "./watch.ts";

/** Numbers the sets of shards that a manager has, one after the other: ids alone are the same in all of them. */
export class ShardKeys {
  readonly #manager: ShardManager;
  readonly #keys = new Map<Shard, number>();
  /** The number of the newest set. */
  newest = 0;

  constructor(manager: ShardManager) {
    this.#manager = manager;
  }

  /** The number of the set that is heard. */
  get current(): number {
    const [first] = this.#manager.activeShards;
    return first === undefined ? 0 : setOf(this.of(first));
  }

  /** The shards that are heard, and those that shall be. */
  all(): Shard[] {
    return [...new Set([...this.#manager.activeShards, ...this.#manager.pendingShards])];
  }

  /** They and what they do. */
  visible(): VisibleShard[] {
    return this.all().map((shard) => ({ key: this.of(shard), state: shard.state }));
  }

  /** What a shard is known by. */
  of(shard: Shard): number {
    const known = this.#keys.get(shard);
    if (known !== undefined) return known;
    const { activeShards, pendingShards } = this.#manager;
    const isActive = activeShards.includes(shard);
    const siblings = isActive ? activeShards : pendingShards.filter((other) => !activeShards.includes(other));
    const sibling = siblings.map((other) => this.#keys.get(other)).find((key) => key !== undefined);
    if (sibling === undefined && this.#keys.size > 0) this.newest += 1;
    const key = keyOf(sibling === undefined ? this.newest : setOf(sibling), shard.id);
    this.#keys.set(shard, key);
    return key;
  }
}
