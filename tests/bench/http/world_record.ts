/** What a world has counted. */
export interface WorldReport {
  readonly arrivals: number;
  readonly accepted: number;
  /** Refusals by the limit of a route. */
  readonly refusedByBucket: number;
  /** Refusals by a limit that no header shows. */
  readonly refusedBySublimit: number;
  /** Refusals by the global limit. */
  readonly refusedByGlobal: number;
  /** Of those: sent though an answer had said that nothing goes. */
  readonly refusedLate: number;
  /** The most that arrived in any second. */
  readonly mostInSecond: number;
  /** How long the way there and back was in fact: more than was decided shows that the machine had other work. */
  readonly meanRoundTripMs: number | undefined;
  /** Messages that came after a later one of the same path. */
  readonly outOfOrder: number;
  /** Messages that were created more than once. */
  readonly doubled: number;
  /** `path content` of each message that was created. */
  readonly executed: readonly string[];
}

/** Who has just been answered cannot be blamed for what is on its way already. */
const ON_ITS_WAY_MS = 25;

/** Writes down what happens in a world. */
export class WorldRecord {
  readonly #arrivals: number[] = [];
  readonly #refusals = { user: 0, sublimit: 0, global: 0 };
  readonly #executed = new Map<string, number>();
  readonly #lastOfPath = new Map<string, number>();
  #accepted = 0;
  #answers = 0;
  #roundTripMs = 0;
  #refusedLate = 0;
  #outOfOrder = 0;
  #pauseToldAt = Infinity;

  /** How many requests passed all limits. */
  get accepted(): number {
    return this.#accepted;
  }

  /** A request has come. */
  arrive(now: number): void {
    this.#arrivals.push(now);
  }

  /** It passed all limits. */
  accept(): void {
    this.#accepted += 1;
  }

  /** It was refused. */
  refuse(scope: "user" | "sublimit" | "global", now: number): void {
    this.#refusals[scope] += 1;
    if (scope === "global" && now > this.#pauseToldAt + ON_ITS_WAY_MS) this.#refusedLate += 1;
  }

  /** An answer that says that nothing goes has left. */
  tellPause(now: number): void {
    this.#pauseToldAt = Math.min(this.#pauseToldAt, now);
  }

  /** An answer left; the way there and back took so long. */
  leave(roundTripMs: number): void {
    this.#answers += 1;
    this.#roundTripMs += roundTripMs;
  }

  /** A message was created; its content is its number. */
  execute(path: string, content: string): void {
    const key = `${path} ${content}`;
    this.#executed.set(key, (this.#executed.get(key) ?? 0) + 1);
    const last = this.#lastOfPath.get(path) ?? -1;
    if (Number(content) < last) this.#outOfOrder += 1;
    else this.#lastOfPath.set(path, Number(content));
  }

  report(): WorldReport {
    return {
      arrivals: this.#arrivals.length,
      accepted: this.#accepted,
      refusedByBucket: this.#refusals.user,
      refusedBySublimit: this.#refusals.sublimit,
      refusedByGlobal: this.#refusals.global,
      refusedLate: this.#refusedLate,
      mostInSecond: mostInSecond(this.#arrivals),
      meanRoundTripMs: this.#answers === 0 ? undefined : this.#roundTripMs / this.#answers,
      outOfOrder: this.#outOfOrder,
      doubled: [...this.#executed.values()].filter((times) => times > 1).length,
      executed: [...this.#executed.keys()],
    };
  }
}

function mostInSecond(instants: readonly number[]): number {
  let first = 0;
  let most = 0;
  for (const [index, at] of instants.entries()) {
    while (at - (instants[first] ?? at) >= 1000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
