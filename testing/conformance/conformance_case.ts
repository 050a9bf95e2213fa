/**
 * What an implementation of one of the library's seams must do, as cases that any test runner can run.
 *
 * @module
 */

/** One thing that an implementation must do. */
export interface ConformanceCase {
  /** The seam and what is asked of it, with the id of the rule where there is one. */
  readonly name: string;
  /** Rejects with an `Error` that begins with the name and says what was wrong. */
  run(): Promise<void>;
}

/**
 * Runs all cases, one after the other.
 *
 * Rejects with one `Error` that names every case that failed; the errors themselves are its `cause`, an
 * `AggregateError`. Where there is a test runner, make each case a test of its own instead: `Deno.test(name, run)`.
 *
 * @example
 * ```ts
 * import { MemorySessionStore } from "@nextsnake/nextcore";
 * import { checkConformance, sessionStoreConformance } from "@nextsnake/nextcore/testing";
 *
 * await checkConformance(sessionStoreConformance({ create: () => new MemorySessionStore() }));
 * ```
 */
export async function checkConformance(cases: readonly ConformanceCase[]): Promise<void> {
  if (!(cases?.length > 0)) {
    throw new TypeError(
      "checkConformance needs the cases of a suite, such as sessionStoreConformance({ create })",
    );
  }
  const errors: unknown[] = [];
  for (const { run } of cases) await run().catch((error) => errors.push(error));
  if (errors.length === 0) return;
  const lines = errors.map((error) => `- ${messageOf(error)}`);
  throw new Error(`${errors.length} of ${cases.length} cases failed:\n${lines.join("\n")}`, {
    cause: new AggregateError(errors),
  });
}

/** What is asked of a seam; `check` throws when it is not so. */
export interface Rule<Trial> {
  /** What the implementation does, as the end of a sentence. */
  readonly name: string;
  /** Tries it. */
  readonly check: (trial: Trial) => Promise<void> | void;
}

/** A case for each rule: `withTrial` makes a fresh implementation, hands it on, and puts it away. */
export function casesOf<Trial>(
  seam: string,
  rules: readonly Rule<Trial>[],
  withTrial: (check: Rule<Trial>["check"]) => Promise<void>,
): readonly ConformanceCase[] {
  return rules.map(({ name, check }) => ({
    name: `${seam} ${name}`,
    async run() {
      try {
        await withTrial(check);
      } catch (cause) {
        throw new Error(`${seam} ${name}: ${messageOf(cause)}`, { cause });
      }
    },
  }));
}

/** Throws a `TypeError` unless a suite was given what makes the thing that it tries. */
export function demandMaker(suite: string, options: unknown, name: string): void {
  const maker = typeof options === "object" && options !== null ? Reflect.get(options, name) : undefined;
  if (typeof maker !== "function") {
    throw new TypeError(
      `${suite} needs { ${name} }, a function that makes what is tried: got ${typeof maker}`,
    );
  }
}

/** Throws an `Error` with the message unless `isKept`. */
export function demand(isKept: boolean, message: string): asserts isKept {
  if (!isKept) throw new Error(message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
