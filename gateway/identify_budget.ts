import type { IdentifyLimits } from "./identify_queue.ts";

/** How many sessions may still be started; beyond that Discord resets the token (ID-6). */
export interface IdentifyBudget {
  /** Sessions a day. */
  readonly total: number;
  /** Sessions left until the reset. */
  readonly remaining: number;
  /** Milliseconds until the reset; 0 while none has been used. */
  readonly resetAfterMs: number;
}

const DAY_MS = 86_400_000;
/** From this part of the day's sessions on, a bot is warned (ID-7). */
const LOW_PART = 0.2;
/** What is held back by default: so many, or this part. */
const LEAST_RESERVE = 10;
const RESERVE_PART = 0.05;

/** Counts the sessions of a day: Discord is asked now and then, and in between each IDENTIFY is one less (ID-7). */
export class IdentifyCount {
  readonly #reserve: number | undefined;
  #total = 0;
  #remaining = 0;
  /** When the day ends; `undefined` while none of its sessions has been used. */
  #resetAt: number | undefined;
  #isKnown = false;

  /** A count that holds `reserve` sessions back; ten or 5 % of them by default, and never more than half. */
  constructor(reserve: number | undefined) {
    this.#reserve = reserve;
  }

  /** Whether Discord has been asked. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Sessions that are held back. */
  get reserve(): number {
    if (this.#reserve !== undefined) return this.#reserve;
    const usual = Math.max(LEAST_RESERVE, Math.ceil(this.#total * RESERVE_PART));
    return Math.min(usual, Math.floor(this.#total / 2));
  }

  /** Whether few are left. */
  get isLow(): boolean {
    return this.#isKnown && this.#remaining <= this.#total * LOW_PART;
  }

  /** Takes what Discord says. */
  learn({ total, remaining, resetAfterMs }: IdentifyLimits, now: number): void {
    this.#isKnown = true;
    this.#total = total;
    this.#remaining = remaining;
    // 0 means that the day has not begun, and never that it has just ended.
    const isUsed = remaining < total;
    this.#resetAt = resetAfterMs > 0 ? now + resetAfterMs : isUsed ? now + DAY_MS : undefined;
  }

  /** Lets the day end if it has; gives whether it has. */
  turn(now: number): boolean {
    if (this.#resetAt === undefined || now < this.#resetAt) return false;
    this.#resetAt = undefined;
    this.#remaining = this.#total;
    return true;
  }

  /** A session was asked for. */
  spend(now: number): void {
    this.#remaining = Math.max(0, this.#remaining - 1);
    this.#resetAt ??= now + DAY_MS;
  }

  /** Whether a session may be asked for; one that is `planned` may use the reserve. */
  allows(isPlanned: boolean): boolean {
    return !this.#isKnown || this.#remaining > (isPlanned ? 0 : this.reserve);
  }

  /** What is left at `now`. */
  budget(now: number): IdentifyBudget {
    const resetAfterMs = this.#resetAt === undefined ? 0 : Math.max(0, this.#resetAt - now);
    return { total: this.#total, remaining: this.#remaining, resetAfterMs };
  }
}
