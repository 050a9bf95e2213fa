/**
 * Which member should have how many shards, and what each should do about it: decided by every member for itself, from the
 * same view, so that nobody leads.
 *
 * @module
 */

/** The fleet as one member sees it. */
export interface FleetView {
  /** Who looks. */
  readonly me: string;
  /** Who lives. */
  readonly members: readonly string[];
  /** Those of them that get no more shards than they have, since some have failed there. None by default. */
  readonly failing?: readonly string[] | undefined;
  /** The shards, ascending. */
  readonly shardIds: readonly number[];
  /** Who has which shard; what is missing, or belongs to nobody who lives, is free. */
  readonly owners: ReadonlyMap<number, string>;
}

/** What a member should do now. */
export interface FleetMoves {
  /** Free shards to take. */
  readonly claim: readonly number[];
  /** Shards to give up, for somebody who has too few. */
  readonly give: readonly number[];
}

/** A member and what it has. */
interface Share {
  readonly member: string;
  readonly held: readonly number[];
  readonly target: number;
}

/**
 * What `me` should do now, so that all have the same number of shards, or one more, and as few as possible move. Where
 * shards fail, others have theirs.
 *
 * Those who have most are those who may have one more. Free shards go to those who have too few, lowest shard first; a shard
 * is given up only by who has too many.
 */
export function movesOf(view: FleetView): FleetMoves {
  const shares = sharesOf(view);
  const mine = shares.find(({ member }) => member === view.me);
  if (mine === undefined) return { claim: [], give: [] };
  const surplus = mine.held.length - mine.target;
  if (surplus > 0) return { claim: [], give: mine.held.slice(-surplus) };
  const free = view.shardIds
    .filter((id) => !view.members.includes(view.owners.get(id) ?? ""));
  return { claim: claimsOf(view.me, shares, free), give: [] };
}

function sharesOf({ members, failing = [], shardIds, owners }: FleetView): readonly Share[] {
  const held = new Map<string, number[]>(members.map((member) => [member, []]));
  for (const id of shardIds) held.get(owners.get(id) ?? "")?.push(id);
  const ranked = [...held]
    .toSorted(([one, ofOne], [other, ofOther]) => ofOther.length - ofOne.length || (one < other ? -1 : 1));
  // Where all of them fail, it is for all to try again.
  const isSound = ([member]: readonly [string, unknown]): boolean => !failing.includes(member);
  if (!ranked.some(isSound)) return evenly(ranked, shardIds.length);
  const most = Math.ceil(shardIds.length / members.length);
  const limited = ranked.filter((one) => !isSound(one))
    .map(([member, ids]) => ({ member, held: ids, target: Math.min(ids.length, most) }));
  const rest = limited.reduce((left, { target }) => left - target, shardIds.length);
  return [...limited, ...evenly(ranked.filter(isSound), rest)];
}

/** So many shards, for these members; the first ones may have one more. */
function evenly(ranked: readonly (readonly [string, readonly number[]])[], count: number): readonly Share[] {
  const least = Math.floor(count / ranked.length);
  const withMore = count % ranked.length;
  return ranked.map(([member, held], rank) => ({ member, held, target: least + (rank < withMore ? 1 : 0) }));
}

/** Deals the free shards out in rounds, to who lacks most; each member takes its own. */
function claimsOf(me: string, shares: readonly Share[], free: readonly number[]): number[] {
  const lacking = shares.map(({ member, held, target }) => ({ member, lack: target - held.length }));
  const mine: number[] = [];
  for (const id of free) {
    const next = lacking.reduce((best, other) => other.lack > best.lack ? other : best);
    if (next.lack <= 0) break;
    next.lack -= 1;
    if (next.member === me) mine.push(id);
  }
  return mine;
}
