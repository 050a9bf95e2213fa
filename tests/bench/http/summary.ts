import type { Contest } from "./contest.ts";
import { type Figure, figuresOf, type Row } from "./row.ts";

/** The measures of one figure by one contestant, over all rounds. */
export interface Summary {
  /** `null` where it cannot do what it takes. */
  readonly median: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** The measures of a contestant at a figure of a row, together. */
export function summaryOf(
  contests: readonly Contest[],
  row: Row,
  figure: Figure,
  contestant: string,
): Summary {
  const values = contests.filter((contest) => contest.row === row && contest.contestant === contestant)
    .map(({ measures }) => measures[figure.name] ?? null)
    .filter((value) => value !== null).toSorted((one, other) => one - other);
  const middle = values.length >> 1;
  const [upper = null, lower = null] = [values[middle], values[middle - 1]];
  const isEven = values.length % 2 === 0 && upper !== null && lower !== null;
  return {
    median: isEven ? (upper + lower) / 2 : upper,
    min: values[0] ?? null,
    max: values.at(-1) ?? null,
  };
}

/** Whether this library keeps to the target; `undefined` where there is none. */
export function isMet({ median, max }: Summary, { target, isStrict = false }: Figure): boolean | undefined {
  const value = isStrict ? max : median;
  return target === undefined || value === null ? undefined : round(value) <= target;
}

/** A figure as it is shown: no more digits than it is worth. */
export function shown({ median, min, max }: Summary): string {
  if (median === null || min === null || max === null) return "–";
  const [low, middle, high] = [min, median, max].map((value) => String(round(value)));
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}

function round(value: number): number {
  if (Number.isInteger(value)) return value;
  const digits = Math.abs(value) < 10 ? 3 : 1;
  return Number(value.toFixed(digits));
}

/** All figures of a row, side by side. */
export function tableOf(contests: readonly Contest[], row: Row, contestants: readonly string[]): string {
  const ideal = row.idealMs === undefined ? "" : `, ideal ${row.idealMs} ms`;
  const head = [row.title + ideal, ...contestants, "target"];
  const [first = ""] = contestants;
  const lines = figuresOf(row).map((figure) => {
    const cells = contestants.map((contestant) => shown(summaryOf(contests, row, figure, contestant)));
    const met = isMet(summaryOf(contests, row, figure, first), figure);
    const target = met === undefined ? "" : `≤ ${figure.target} ${met ? "met" : "MISSED"}`;
    return [`  ${figure.name}`, ...cells, target];
  });
  return inColumns([head, ...lines]);
}

function inColumns(lines: readonly (readonly string[])[]): string {
  const [head = []] = lines;
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  )
    .join("\n");
}
