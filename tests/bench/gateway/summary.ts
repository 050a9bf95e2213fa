import { type Fault, partsOf, type Sample } from "./contest.ts";
import { type FigureName, FIGURES, type Row } from "./rows.ts";

/** The least, the median and the most of some values. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** A figure of a contestant over all turns. */
export interface Summary {
  readonly row: string;
  readonly contestant: string;
  readonly note?: string;
  readonly figure: FigureName;
  readonly value: Spread;
  /** Over the floor's on the same runtime, turn by turn. */
  readonly ratio?: Spread;
  readonly target?: number;
  readonly isMet?: boolean;
}

const FLOOR = "floor";

/** All figures of a row. */
export function summariesOf(row: Row, samples: readonly Sample[]): readonly Summary[] {
  const ofRow = samples.filter((sample) => sample.row === row);
  const lines = Map.groupBy(ofRow, ({ contestant, note = "" }) => `${contestant} ${note}`);
  return [...lines.values()].flatMap((turns) => {
    const [first] = turns;
    const names = Object.keys(first?.figures ?? {}) as FigureName[];
    return names.map((figure) => summaryOf(row, figure, turns, ofRow));
  });
}

function summaryOf(row: Row, figure: FigureName, turns: readonly Sample[], all: readonly Sample[]): Summary {
  const { contestant = "", note } = turns[0] ?? {};
  const [name, runtime] = partsOf(contestant);
  const values = turns.map(({ figures }) => figures[figure] ?? NaN);
  const floors = new Map(
    all.filter((sample) => sample.contestant === `${FLOOR}/${runtime}`).map((
      { turn, figures },
    ) => [turn, figures[figure]]),
  );
  const ratios = name === FLOOR ? [] : turns.flatMap(({ turn, figures }) => {
    const [own, floor] = [figures[figure], floors.get(turn)];
    return own === undefined || floor === undefined ? [] : [own / floor];
  });
  const ratio = ratios.length === 0 ? undefined : spreadOf(ratios);
  const target = row.targets.find((one) => one.contestant === contestant && one.figure === figure)?.ratio;
  return {
    row: row.name,
    contestant,
    ...note === undefined ? {} : { note },
    figure,
    value: spreadOf(values),
    ...ratio === undefined ? {} : { ratio },
    ...target === undefined || ratio === undefined ? {} : { target, isMet: ratio.median <= target },
  };
}

/** A row as a table: a line for each contestant. */
export function tableOf(row: Row, samples: readonly Sample[], faults: readonly Fault[]): string {
  const summaries = summariesOf(row, samples);
  const figures = [...new Set(summaries.map(({ figure }) => figure))];
  const head = ["", ...figures.flatMap((figure) => [FIGURES[figure], "× floor"]), "targets"];
  const lines = [...Map.groupBy(summaries, ({ contestant, note = "" }) => `${contestant} ${note}`)].map(
    ([line, ofLine]) => {
      const cells = figures.flatMap((name) => {
        const summary = ofLine.find(({ figure }) => figure === name);
        return summary === undefined
          ? ["", ""]
          : [shown(summary.value), summary.ratio ? shown(summary.ratio) : ""];
      });
      const verdicts = ofLine.filter(({ target }) => target !== undefined)
        .map(({ figure, target, isMet }) => `${FIGURES[figure]} ≤ ${target} × ${isMet ? "met" : "MISSED"}`);
      return [`  ${line}`, ...cells, verdicts.join(", ")];
    },
  );
  const out = faults.filter((fault) => fault.row === row).map(({ contestant, reason }) =>
    `  ${contestant}: ${reason}`
  );
  return [row.title, inColumns([head, ...lines]), ...new Set(out)].join("\n");
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  const [lower = NaN, upper = NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return { min: sorted[0] ?? NaN, median: (lower + upper) / 2, max: sorted.at(-1) ?? NaN };
}

function shown({ min, median, max }: Spread): string {
  const [low, middle, high] = [min, median, max].map(rounded);
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}

function rounded(value: number): string {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return String(Number(value.toFixed(digits)));
}

function inColumns(lines: readonly (readonly string[])[]): string {
  const [head = []] = lines;
  const isEmpty = head.map((_, column) => lines.slice(1).every((line) => (line[column] ?? "") === ""));
  const kept = lines.map((line) => line.filter((_, column) => isEmpty[column] !== true));
  const widths = (kept[0] ?? []).map((_, column) =>
    Math.max(...kept.map((line) => line[column]?.length ?? 0))
  );
  return kept.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd())
    .join("\n");
}
