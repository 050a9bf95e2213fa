/** A family, as a reader of the text format finds it. */
export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly samples: { name: string; labels: Record<string, string>; value: number }[];
}

const SAMPLE = /^([a-zA-Z_][a-zA-Z0-9_]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;

/** Reads Prometheus' text format strictly: whatever does not fit throws. */
export function parseExposition(text: string): ParsedFamily[] {
  if (!text.endsWith("\n")) throw new Error("The last line has no end");
  const families: ParsedFamily[] = [];
  for (const line of text.slice(0, -1).split("\n")) {
    if (line.startsWith("# HELP ") || line === "# EOF") continue;
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type !== null) {
      const [, name = "", kind = ""] = type;
      if (families.some((family) => family.name === name)) throw new Error(`${name} comes twice`);
      families.push({ name, type: kind, samples: [] });
      continue;
    }
    const [, name = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
    const family = families.at(-1);
    if (family === undefined || !name.startsWith(family.name)) throw new Error(`Not of its family: ${line}`);
    family.samples.push({
      name,
      labels: parseLabels(labels),
      value: Number(value.replace("Inf", "Infinity")),
    });
    if (Number.isNaN(family.samples.at(-1)?.value)) throw new Error(`No number: ${line}`);
  }
  return families;
}

/** The values of a family's samples, by their labels as text. */
export function valuesOf(families: readonly ParsedFamily[], name: string): Record<string, number> {
  const samples = families.find((family) => family.name === name)?.samples ?? [];
  return Object.fromEntries(samples.map((one) => [Object.values(one.labels).join(" "), one.value]));
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let length = 0;
  for (const [whole, name = "", value = ""] of text.matchAll(LABEL)) {
    labels[name] = value.replace(/\\(.)/g, (_, letter) => letter === "n" ? "\n" : letter);
    length += whole.length;
  }
  if (length !== text.length) throw new Error(`No labels: ${text}`);
  return labels;
}
