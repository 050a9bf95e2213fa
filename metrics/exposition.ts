import { checkList, checkType } from "../http/option_checks.ts";
import { shown } from "../http/shown.ts";

/** One number of a {@linkcode MetricFamily}. */
export interface MetricSample {
  /** What follows the name of the family, such as `_bucket` of a histogram. Nothing by default. */
  readonly suffix?: string;
  /** What tells it from the others. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The number. */
  readonly value: number;
}

/** What is measured, and all its numbers. */
export interface MetricFamily {
  /** Its name; that of a counter without the `_total` that its samples get. */
  readonly name: string;
  /** What kind of numbers it has. */
  readonly type: "counter" | "gauge" | "histogram";
  /** What it tells, in a sentence. */
  readonly help: string;
  /** Its numbers. */
  readonly samples: readonly MetricSample[];
}

/** How numbers are written: Prometheus' text format 0.0.4, or OpenMetrics 1.0.0. */
export type MetricsFormat = "prometheus" | "openmetrics";

/**
 * Numbers as text, for Prometheus and whoever else reads its format.
 *
 * Families without samples are left out. Throws a `TypeError` for what the format does not allow: a name with other signs
 * than letters, digits and `_`, a value that is no number.
 *
 * @example
 * ```ts
 * import { formatMetrics } from "@nextsnake/nextcore/metrics";
 *
 * const labels = { event: "MESSAGE_CREATE" };
 * console.log(formatMetrics([
 *   { name: "bot_events", type: "counter", help: "Events handled.", samples: [{ labels, value: 3 }] },
 * ]));
 * // # HELP bot_events_total Events handled.
 * // # TYPE bot_events_total counter
 * // bot_events_total{event="MESSAGE_CREATE"} 3
 * ```
 */
export function formatMetrics(
  families: readonly MetricFamily[],
  format: MetricsFormat = "prometheus",
): string {
  checkList("The families", families, "httpMetrics(http.status())");
  if (format !== "prometheus" && format !== "openmetrics") {
    throw new TypeError(`format is ${shown(format)}, it must be "prometheus" or "openmetrics"`);
  }
  const lines: string[] = [];
  for (const { name, type, help, samples } of families) {
    if (samples.length === 0) continue;
    const ending = type === "counter" ? "_total" : "";
    const title = checkedName(format === "prometheus" ? name + ending : name);
    if (!TYPES.includes(type)) {
      throw new TypeError(`The type of ${title} is ${shown(type)}, it must be one of ${TYPES.join(", ")}`);
    }
    checkType(`The help of ${title}`, help, "string");
    lines.push(`# HELP ${title} ${escapedHelp(help, format)}`, `# TYPE ${title} ${type}`);
    for (const { suffix = ending, labels = {}, value } of samples) {
      lines.push(`${checkedName(name + suffix)}${labelsOf(labels)} ${numberOf(title, value)}`);
    }
  }
  if (format === "openmetrics") lines.push("# EOF");
  return lines.map((line) => `${line}\n`).join("");
}

const TYPES: readonly string[] = ["counter", "gauge", "histogram"];

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${checkedName(name)}="${escaped(String(value))}"`
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function escapedHelp(help: string, format: MetricsFormat): string {
  return format === "openmetrics" ? escaped(help) : help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function numberOf(title: string, value: number): string {
  if (typeof value !== "number") {
    throw new TypeError(`A value of ${title} is ${shown(value)}, it must be a number`);
  }
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function checkedName(name: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return name;
  throw new TypeError(
    `A metric or label must be named with letters, digits and _: got ${JSON.stringify(name)}`,
  );
}
