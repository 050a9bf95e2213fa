/**
 * What the gateway has been told to do wrong the next time. The faults that strike at once are in `faults.ts`.
 *
 * @module
 */

/** Which handshakes a refusal strikes. */
export type RefusedPlace = "gateway" | "resume" | "all";

interface Refusal {
  readonly at: RefusedPlace;
  readonly status: number;
  left: number;
}

/** Faults that wait for a client to come. */
export class GatewayFaults {
  #refusals: Refusal[] = [];
  #silences = 0;
  #brokenResumes = 0;
  readonly #withheldReadies: number[] = [];

  /** Refuses the next `count` handshakes with `status`. */
  refuse(at: RefusedPlace, count: number, status: number): void {
    this.#refusals.push({ at, status, left: count });
  }

  /** Says no HELLO on the next `count` connections. */
  silence(count: number): void {
    this.#silences += count;
  }

  /** Cuts the next `count` connections at their RESUME. */
  breakResumes(count: number): void {
    this.#brokenResumes += count;
  }

  /** Holds the next `count` READYs back for `forMs`. */
  withholdReady(count: number, forMs: number): void {
    for (let times = 0; times < count; times++) this.#withheldReadies.push(forMs);
  }

  /** Forgets everything that has not struck. */
  clear(): void {
    this.#refusals = [];
    this.#silences = 0;
    this.#brokenResumes = 0;
    this.#withheldReadies.length = 0;
  }

  /** Takes a refusal for this handshake. */
  refusalOf(isAtResumeUrl: boolean): number | undefined {
    const here = isAtResumeUrl ? "resume" : "gateway";
    const refusal = this.#refusals.find(({ at, left }) => left > 0 && (at === "all" || at === here));
    if (refusal === undefined) return undefined;
    refusal.left--;
    this.#refusals = this.#refusals.filter(({ left }) => left > 0);
    return refusal.status;
  }

  /** Takes a silence. */
  isNextSilent(): boolean {
    if (this.#silences <= 0) return false;
    this.#silences--;
    return true;
  }

  /** Takes a broken resume. */
  isNextResumeBroken(): boolean {
    if (this.#brokenResumes <= 0) return false;
    this.#brokenResumes--;
    return true;
  }

  /** Takes the time for which a READY is held back. */
  takeWithheldReady(): number | undefined {
    return this.#withheldReadies.shift();
  }
}
