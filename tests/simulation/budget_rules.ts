import type { IdentifyBudget } from "../../gateway/mod.ts";
import type { SessionBudget } from "./session_budget.ts";
import { setOf } from "./views.ts";

/** How far a bot's own count may be from Discord's: sessions on their way. */
const SLACK = 3;
/** Even the whole queue of a small bot is through by then; where Discord must be asked before, later. */
const PERMIT_MS = 180_000;
const LOW_PART = 0.2;

/** What the rules of the budget need. */
export interface BudgetWorld {
  readonly budget: SessionBudget;
  now(): number;
  broken(rule: string, what: string): void;
  note(what: string): void;
}

/** The budget is never exceeded; a bot is warned before, and held back (ID-6, ID-7). */
export class BudgetRules {
  readonly #world: BudgetWorld;
  readonly #known = new Set<number>();
  #isWarned = false;
  #isPaused = false;
  #pausedUntil = -Infinity;

  constructor(world: BudgetWorld) {
    this.#world = world;
  }

  /** How long a shard may wait for its turn. */
  get permitMs(): number {
    const isPaused = this.#isPaused || this.#world.now() < this.#pausedUntil + PERMIT_MS;
    return isPaused ? Infinity : PERMIT_MS;
  }

  /** The bot tells how its budget is. */
  told(name: "identifyBudget" | "identifyBudgetLow" | "identifyPaused", budget: IdentifyBudget): void {
    const { total, remaining } = budget;
    this.#world.note(`${name}: ${remaining} of ${total}`);
    if (name === "identifyPaused") this.#isPaused = true;
    else if (name === "identifyBudgetLow") this.#isWarned = true;
    else if (remaining > total * LOW_PART) this.#isWarned = false;
    if (name === "identifyBudgetLow" && remaining > total * LOW_PART) {
      this.#world.broken("ID-7", `warned with ${remaining} of ${total} left`);
    }
  }

  /** Somebody asks for a session: the first time as planned, later because one was lost. */
  identifying(key: number): void {
    const { budget } = this.#world;
    const left = budget.remaining(this.#world.now());
    const isPlanned = !this.#known.has(key);
    this.#known.add(key);
    if (!isPlanned && this.#isPaused) {
      this.#isPaused = false;
      this.#pausedUntil = this.#world.now();
    }
    const { total } = budget;
    const reserve = Math.min(Math.max(10, Math.ceil(total * 0.05)), Math.floor(total / 2));
    if (left <= 0) this.#world.broken("ID-6", "one session more than there are is asked for");
    if (!isPlanned && left <= reserve - SLACK) {
      const what = `shard ${key} of set ${
        setOf(key)
      } takes one of the last ${left}, which are kept for a start`;
      this.#world.broken("ID-7", what);
    }
    if (left < total * LOW_PART - 1 && !this.#isWarned) {
      this.#world.broken("ID-7", `${left} of ${total} are left, and nobody was warned`);
    }
  }
}
