import type { MetricFamily, MetricSample } from "./exposition.ts";

/** Series that a family may have; what comes beyond is counted under the label values `other`. */
const SERIES_LIMIT = 500;
/** What OpenTelemetry advises for the duration of requests, in seconds. */
const BOUNDS: readonly number[] = [
  0.005,
  0.01,
  0.025,
  0.05,
  0.075,
  0.1,
  0.25,
  0.5,
  0.75,
  1,
  2.5,
  5,
  7.5,
  10,
];

type Labels = Readonly<Record<string, string>>;

/** The series of one family, by their labels: at most {@linkcode SERIES_LIMIT} and one. */
class SeriesMap<Value> {
  readonly #series = new Map<string, { readonly labels: Labels; readonly value: Value }>();
  readonly #create: () => Value;

  constructor(create: () => Value) {
    this.#create = create;
  }

  get(labels: Labels): Value {
    const known = this.#series.get(JSON.stringify(labels));
    if (known !== undefined) return known.value;
    const kept = this.#series.size < SERIES_LIMIT
      ? labels
      : Object.fromEntries(Object.keys(labels).map((name) => [name, "other"]));
    const key = JSON.stringify(kept);
    const series = this.#series.get(key) ?? { labels: kept, value: this.#create() };
    this.#series.set(key, series);
    return series.value;
  }

  *[Symbol.iterator](): Generator<{ readonly labels: Labels; readonly value: Value }> {
    yield* this.#series.values();
  }
}

/** Counts what happens. */
export class Counter {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new SeriesMap(() => ({ count: 0 }));

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  /** One more. */
  add(labels: Labels): void {
    this.#series.get(labels).count += 1;
  }

  /** What was counted so far. */
  family(): MetricFamily {
    const samples = Array.from(this.#series, ({ labels, value }) => ({ labels, value: value.count }));
    return { name: this.#name, type: "counter", help: this.#help, samples };
  }
}

/** Sorts durations by how long they were. */
export class Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new SeriesMap(() => ({ counts: BOUNDS.map(() => 0), count: 0, sum: 0 }));

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  /** One more, of so many milliseconds. */
  add(labels: Labels, durationMs: number): void {
    const series = this.#series.get(labels);
    const seconds = durationMs / 1000;
    const place = BOUNDS.findIndex((bound) => seconds <= bound);
    if (place !== -1) series.counts[place] = (series.counts[place] ?? 0) + 1;
    series.count += 1;
    series.sum += seconds;
  }

  /** What was sorted so far; each bucket holds those below it too. */
  family(): MetricFamily {
    const samples: MetricSample[] = [];
    for (const { labels, value: { counts, count, sum } } of this.#series) {
      let below = 0;
      for (const [index, bound] of BOUNDS.entries()) {
        below += counts[index] ?? 0;
        samples.push({ suffix: "_bucket", labels: { ...labels, le: String(bound) }, value: below });
      }
      samples.push(
        { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count },
        { suffix: "_sum", labels, value: sum },
        { suffix: "_count", labels, value: count },
      );
    }
    return { name: this.#name, type: "histogram", help: this.#help, samples };
  }
}
