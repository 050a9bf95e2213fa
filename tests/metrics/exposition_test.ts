import { assertEquals, assertThrows } from "@std/assert";
import { formatMetrics, type MetricFamily } from "../../metrics/exposition.ts";
import { parseExposition } from "./parse_exposition.ts";

const labels = { name: 'a "quoted" \\ back\nslash' };
const families: MetricFamily[] = [
  { name: "a_events", type: "counter", help: 'One\nline, a \\ and a "', samples: [{ labels, value: 3 }] },
  {
    name: "a_level",
    type: "gauge",
    help: "Levels.",
    samples: [{ value: Infinity }, { labels: { of: "b" }, value: -0.5 }],
  },
  { name: "a_nothing", type: "gauge", help: "Nothing.", samples: [] },
];

Deno.test("formatMetrics writes Prometheus' text format, with labels and help escaped", () => {
  assertEquals(
    formatMetrics(families),
    [
      '# HELP a_events_total One\\nline, a \\\\ and a "',
      "# TYPE a_events_total counter",
      'a_events_total{name="a \\"quoted\\" \\\\ back\\nslash"} 3',
      "# HELP a_level Levels.",
      "# TYPE a_level gauge",
      "a_level +Inf",
      'a_level{of="b"} -0.5',
      "",
    ].join("\n"),
  );
});

Deno.test("formatMetrics writes OpenMetrics: counters without _total in their title, and an end", () => {
  const lines = formatMetrics(families, "openmetrics").trimEnd().split("\n");
  assertEquals(lines.slice(0, 2), [
    '# HELP a_events One\\nline, a \\\\ and a \\"',
    "# TYPE a_events counter",
  ]);
  assertEquals(lines.at(-1), "# EOF");
});

Deno.test("formatMetrics writes what a reader of the format reads back", () => {
  const [events, level] = parseExposition(formatMetrics(families));
  assertEquals(events, {
    name: "a_events_total",
    type: "counter",
    samples: [{ name: "a_events_total", labels, value: 3 }],
  });
  assertEquals(level?.samples[0], { name: "a_level", labels: {}, value: Infinity });
});

Deno.test("formatMetrics refuses names that the format does not allow", () => {
  const family = { type: "gauge", help: "", samples: [{ labels: { "a-b": "" }, value: 1 }] } as const;
  assertThrows(() => formatMetrics([{ ...family, name: "a" }]), TypeError, '"a-b"');
  assertThrows(() => formatMetrics([{ ...family, name: "a{" }]), TypeError, '"a{"');
  const suffixed = { ...family, name: "a", samples: [{ suffix: " 5\nb", value: 1 }] };
  assertThrows(() => formatMetrics([suffixed]), TypeError, '"a 5\\nb"');
});

Deno.test("formatMetrics refuses values, types and formats that there are not, so that no line can be smuggled in", () => {
  const family: MetricFamily = { name: "a", type: "gauge", help: "", samples: [{ value: 1 }] };
  const format = (changes: object) => () => formatMetrics([{ ...family, ...changes }]);
  assertThrows(format({ samples: [{ value: "1\nb 2" }] }), TypeError, "A value of a is");
  assertThrows(format({ type: "gauge\nb 2" }), TypeError, "The type of a is");
  assertThrows(format({ help: null }), TypeError, "The help of a must be a string");
  assertThrows(() => formatMetrics(null as never), TypeError, "The families must be a list");
  assertThrows(() => formatMetrics([], "json" as never), TypeError, 'format is "json"');
  const shard = { shard: 1 as never };
  assertEquals(
    formatMetrics([{ ...family, samples: [{ labels: shard, value: 1 }] }]).split("\n")[2],
    'a{shard="1"} 1',
  );
});
