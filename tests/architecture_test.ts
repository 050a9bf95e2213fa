// The house: who may import whom, and what may not be touched where. Each rule is a function that lists what is wrong,
// so that a made-up source below shows that it can fail.
import { assert, assertEquals } from "@std/assert";
import { strip } from "./source_scanner.ts";

const root = new URL("../", import.meta.url);
const isAllowed = await isGranted({ name: "read", path: root }) &&
  await isGranted({ name: "run", command: "deno" });
const reason = isAllowed
  ? ""
  : " (skipped: needs permission to read the source and to run deno, use deno test -P)";

/** The doors: what a user imports. */
const DOORS = [
  "mod.ts",
  "gateway/mod.ts",
  "http/mod.ts",
  "interactions/mod.ts",
  "metrics/mod.ts",
  "otel/mod.ts",
  "redis/mod.ts",
  "sessions/mod.ts",
  "testing/mod.ts",
];

/**
 * What a place may import besides its own room. A room is a folder; the longest name that fits counts.
 * Types count like anything else.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "clock.ts": [],
  "discord.ts": ["@discordeno/types"],
  "dispatcher/": ["clock.ts"],
  "dispatcher.ts": ["clock.ts", "dispatcher/"],
  "gateway/": ["clock.ts", "discord.ts", "dispatcher.ts"],
  "gateway/shard_manager.ts": ["clock.ts", "discord.ts", "dispatcher.ts", "http/mod.ts"],
  "http/": ["clock.ts", "discord.ts", "dispatcher.ts"],
  "interactions/": ["clock.ts", "discord.ts", "http/mod.ts", "http/option_checks.ts", "http/shown.ts"],
  "metrics/": ["dispatcher.ts", "gateway/mod.ts", "http/mod.ts", "http/option_checks.ts", "http/shown.ts"],
  "otel/": [
    "clock.ts",
    "dispatcher.ts",
    "gateway/mod.ts",
    "http/mod.ts",
    "http/option_checks.ts",
    "http/shown.ts",
    "metrics/mod.ts",
    "@opentelemetry/api",
  ],
  "redis/": ["clock.ts", "discord.ts", "dispatcher.ts", "gateway/mod.ts", "http/mod.ts"],
  "sessions/": ["gateway/mod.ts", "node:fs/promises", "node:url"],
  "testing/": [
    "clock.ts",
    "discord.ts",
    "dispatcher.ts",
    "gateway/mod.ts",
    "http/mod.ts",
    "http/option_checks.ts",
    "http/shown.ts",
  ],
  "mod.ts": ["clock.ts", "dispatcher.ts", "gateway/mod.ts", "http/mod.ts"],
};

/** Who drives a room stands above the rest of it: only these may import it. */
const IMPORTED_ONLY_BY: Readonly<Record<string, readonly string[]>> = {
  "gateway/shard.ts": [
    "gateway/shard_manager.ts",
    "gateway/shard_set.ts",
    "gateway/rescale.ts",
    "gateway/mod.ts",
  ],
  "gateway/shard_manager.ts": ["gateway/mod.ts"],
  "http/client.ts": ["http/mod.ts"],
};

/** Files without timers, clocks, chance, promises or sockets: they decide, others act. */
const PURE = [
  "discord.ts",
  "dispatcher/dispatch_event.ts",
  "gateway/backoff.ts",
  "gateway/channel_flags.ts",
  "gateway/close_codes.ts",
  "gateway/commands.ts",
  "gateway/errors.ts",
  "gateway/event_names.ts",
  "gateway/events.ts",
  "gateway/gateway_url.ts",
  "gateway/heartbeat.ts",
  "gateway/intents.ts",
  "gateway/joined_bytes.ts",
  "gateway/message_head.ts",
  "gateway/payload.ts",
  "gateway/send_log.ts",
  "gateway/send_window.ts",
  "gateway/session.ts",
  "gateway/session_step.ts",
  "gateway/shard_state.ts",
  "gateway/shown.ts",
  "gateway/split_messages.ts",
  "http/bucket.ts",
  "http/counted_apart.ts",
  "http/errors.ts",
  "http/operations.ts",
  "http/operations/applications.ts",
  "http/operations/channels.ts",
  "http/operations/commands.ts",
  "http/operations/guild_events.ts",
  "http/operations/guild_settings.ts",
  "http/operations/guilds.ts",
  "http/operations/lobbies.ts",
  "http/operations/members.ts",
  "http/operations/message_bodies.ts",
  "http/operations/messages.ts",
  "http/operations/threads.ts",
  "http/operations/users.ts",
  "http/operations/webhooks.ts",
  "http/page_rules.ts",
  "http/path_template.ts",
  "http/rate_limit_headers.ts",
  "http/placed_list.ts",
  "http/ring.ts",
  "http/route.ts",
  "http/secrets.ts",
  "http/shown.ts",
  "http/turn_count.ts",
  "interactions/command_comparison.ts",
  "interactions/errors.ts",
  "interactions/interaction_kinds.ts",
  "interactions/interaction_payload.ts",
  "interactions/webhook_event.ts",
];
const IMPURE = /\b(?:async|await|Promise|AbortSignal|AbortController|WebSocket|fetch|Clock)\b/;
/** The platform's time and chance: they come in by the door (a default in a constructor). */
const TIME =
  /(?<!clock\.)\b(?:setTimeout|setInterval|setImmediate)\b|\bDate\.now|new Date\(\)|\bperformance\b|\bMath\.random\(|\bgetRandomValues\b|\brandomUUID\b/i;
/** One runtime's own; its `node:` modules would show among the imports. */
const RUNTIME = /(?<![.\w])(?:Deno|Bun|process|Buffer|require)\b(?!\??:)/;
const BAD_STYLE = /\bexport default\b|\bas any\b|: any\b|\bas unknown as\b|\benum [A-Z]|\bnamespace [A-Z]/;
const MAX_LINES = 500;

/** Tests of no one file: a whole room, or several. */
const TESTS_OF_SEVERAL = [
  /^tests\/(?:architecture|docs|examples|permissions)_test\.ts$/,
  /^tests\/(?:bench|conformance|examples|fuzz|peers|runtimes|simulation)\//,
  /^tests\/redis\/(?:clients|model|redis_cluster|simulation)_test\.ts$/,
  /^tests\/std\/\w+\/mod_test\.ts$/,
  /^tests\/gateway\/(?:loopback|restart|takeover)_test\.ts$/,
  /^tests\/testing\/(?:compression|resume)_test\.ts$/,
];

/** What each file imports, code and types. */
type Graph = ReadonlyMap<string, readonly string[]>;
/** The code of each file, without comments and strings. */
type Code = ReadonlyMap<string, string>;

houseTest("Imports point one way: no file imports what its place forbids", ({ graph }) => {
  assertEquals(forbiddenImports(graph), []);
});

houseTest("No file imports itself through others, types included", ({ graph }) => {
  assertEquals(circles(graph), []);
});

houseTest("Pure files import only pure files, and wait for nothing", ({ graph, code }) => {
  for (const file of PURE) assert(graph.has(file), `${file} is gone: change the list`);
  assertEquals(impurities(graph, code), []);
});

houseTest("Only clock.ts asks the platform for the time, and chance comes in by the door", ({ code }) => {
  // The virtual clock lets the event loop turn, so that what waits on a promise gets on.
  assertEquals(matches(code, TIME, /^(?!clock|testing\/virtual_clock)/), []);
});

houseTest("The core asks no runtime for its own", ({ code }) => {
  assertEquals(matches(code, RUNTIME, /^(?!testing\/)/), []);
  // Node's own zlib, where it is: without it a bot on Node would do without compression (Z-9).
  assertEquals(matches(code, /\bgetBuiltinModule\b/, /^(?!testing\/|gateway\/node_zlib\.ts)/), []);
});

houseTest("Only the dispatcher writes to the console: where nobody listens for errors", ({ code }) => {
  assertEquals(matches(code, /\bconsole\b/, /^(?!dispatcher\.ts)/), []);
});

houseTest("No file has a default export, an any, an enum or a type forced", ({ code }) => {
  assertEquals(matches(code, BAD_STYLE), []);
});

houseTest("Doors only re-export", ({ code }) => {
  for (const door of DOORS) assertEquals(restOfDoor(code.get(door) ?? "missing"), "", door);
});

houseTest(
  "Every file of the source is used, named after what it holds, and fits in one head",
  async ({ graph }) => {
    const files = (await Promise.all(
      [
        "dispatcher/",
        "gateway/",
        "http/",
        "interactions/",
        "metrics/",
        "otel/",
        "redis/",
        "sessions/",
        "testing/",
      ].map(
        filesIn,
      ),
    )).flat();
    // A guide is read, not imported.
    const sources = files.filter((file) => !file.endsWith("/README.md"));
    assertEquals(sources.filter((file) => !graph.has(file)), [], "nobody imports these");
    const isBadName = /(?:^|\/)(?:utils?|helpers?|types|base)\.ts$|[^a-z0-9_/.]/;
    assertEquals([...graph.keys()].filter((file) => isBadName.test(file)), []);
    for (const file of graph.keys()) {
      const lines = (await Deno.readTextFile(new URL(file, root))).split("\n").length;
      assert(lines <= MAX_LINES, `${file} has ${lines} lines: cut it where a name appears`);
    }
  },
);

houseTest(
  "Tests mirror the source: each is named after a file, or that and what it shows",
  async ({ graph }) => {
    const tests = (await filesIn("tests/")).filter((file) => file.endsWith("_test.ts"));
    assertEquals(strayTests(tests, [...graph.keys()]), []);
  },
);

Deno.test("The rules of the house can be broken: imports", () => {
  assertEquals(
    forbiddenImports(
      new Map([
        ["clock.ts", ["dispatcher.ts"]],
        ["http/client.ts", ["gateway/mod.ts", "http/route.ts", "http/mod.ts"]],
        ["http/limiter.ts", ["http/client.ts"]],
        ["gateway/session.ts", ["node:zlib", "testing/mod.ts", "http/mod.ts"]],
        ["gateway/shard_manager.ts", ["http/mod.ts", "http/client.ts", "gateway/shard.ts"]],
        ["testing/gateway.ts", ["gateway/mod.ts", "clock.ts"]],
      ]),
    ),
    [
      "clock.ts imports dispatcher.ts",
      "http/client.ts imports gateway/mod.ts",
      "http/client.ts imports http/mod.ts",
      "http/limiter.ts imports http/client.ts",
      "gateway/session.ts imports node:zlib",
      "gateway/session.ts imports testing/mod.ts",
      "gateway/session.ts imports http/mod.ts",
      "gateway/shard_manager.ts imports http/client.ts",
    ],
  );
  const graph = new Map([["a.ts", ["b.ts"]], ["b.ts", ["c.ts"]], ["c.ts", ["b.ts"]]]);
  assertEquals(circles(graph), ["b.ts → c.ts → b.ts"]);
});

Deno.test("The rules of the house can be broken: what is in a file", () => {
  const code = new Map([
    ["gateway/session.ts", "async function beat() {}"],
    ["http/limiter.ts", "const at = Date.now(); this.#clock.setTimeout(f, 1); setTimeout(f, 1);"],
    ["http/client.ts", "const { random = Math.random, clock = systemClock } = options; Deno.env;"],
    ["http/route.ts", "export default 1"],
  ]);
  const graph = new Map([["gateway/session.ts", ["clock.ts", "gateway/payload.ts"]]]);
  assertEquals(impurities(graph, code), ["gateway/session.ts: async", "gateway/session.ts imports clock.ts"]);
  assertEquals(matches(code, TIME), ["http/limiter.ts: Date.now"]);
  assertEquals(matches(new Map([["a.ts", "globalThis.setTimeout(f)"]]), TIME), ["a.ts: setTimeout"]);
  assertEquals(matches(code, RUNTIME), ["http/client.ts: Deno"]);
  assertEquals(matches(code, BAD_STYLE), ["http/route.ts: export default"]);
  assertEquals(
    restOfDoor('export * from ""; export { a, type B } from "";\nexport const c = 1;'),
    "export const c = 1;",
  );
  assertEquals(
    strayTests(["tests/http/bucket_reset_test.ts", "tests/http/tail_test.ts"], ["http/bucket.ts"]),
    [
      "tests/http/tail_test.ts",
    ],
  );
});

Deno.test("The scanner of this test tells code from comments and strings", () => {
  assertEquals(strip("a // Deno\nb /* Deno\n */ c"), "a \nb  c");
  assertEquals(strip(`a("De\\"no", 'x', /Deno["']/.test(b))`), 'a("", "", /./.test(b))');
  assertEquals(strip("return /`/; b / c / d;"), "return /./; b / c / d;");
  assertEquals(strip("`Deno {` + x"), '"" + x');
  assertEquals(strip("`a ${f({ b: `Deno ${Bun}` })} // no` + x"), '"" + f({ b: "" + Bun }) + x');
});

function forbiddenImports(graph: Graph): string[] {
  return [...graph].flatMap(([file, imports]) =>
    imports.filter((imported) => !mayImport(file, imported)).map((imported) => `${file} imports ${imported}`)
  );
}

function mayImport(file: string, imported: string): boolean {
  if (IMPORTED_ONLY_BY[imported]?.includes(file) === false) return false;
  const [room] = file.split("/");
  if (file.includes("/") && imported.startsWith(`${room}/`)) return !imported.endsWith("/mod.ts");
  const [place = ""] = Object.keys(MAY_IMPORT).filter((name) => file === name || file.startsWith(name))
    .toSorted((one, other) => other.length - one.length);
  return (MAY_IMPORT[place] ?? []).some((name) =>
    imported === name || (name.endsWith("/") && imported.startsWith(name))
  );
}

function circles(graph: Graph): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) found.push([...way.slice(way.indexOf(file)), file].join(" → "));
    if (way.includes(file) || done.has(file)) return;
    for (const imported of graph.get(file) ?? []) visit(imported, [...way, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

function impurities(graph: Graph, code: Code): string[] {
  const isPure = new RegExp(`^(?:${PURE.map((file) => file.replace(".", "\\.")).join("|")})$`);
  const wrong = matches(code, IMPURE, isPure);
  for (const [file, imports] of graph) {
    if (!PURE.includes(file)) continue;
    for (const imported of imports) {
      // Events are described in the dispatcher's types, payloads in those of a package.
      const isTypes = imported === "dispatcher.ts" || imported.startsWith("@");
      if (!PURE.includes(imported) && !isTypes) wrong.push(`${file} imports ${imported}`);
    }
  }
  return wrong;
}

/** The first match of each file whose name fits. */
function matches(code: Code, pattern: RegExp, files = /^/): string[] {
  return [...code].flatMap(([file, text]) => {
    const found = files.test(file) ? pattern.exec(text) : null;
    return found === null ? [] : [`${file}: ${found[0]}`];
  });
}

function restOfDoor(code: string): string {
  return code.replaceAll(/export (?:type )?(?:\{[^}]*\}|\*(?: as \w+)?) from "";/g, "").trim();
}

function strayTests(tests: readonly string[], files: readonly string[]): string[] {
  return tests.filter((test) => {
    const name = test.replace(/^tests\//, "").replace(/_test\.ts$/, "");
    const isNamed = files.some((file) => `${name}_`.startsWith(`${file.replace(/\.ts$/, "")}_`));
    return !isNamed && !TESTS_OF_SEVERAL.some((pattern) => pattern.test(test));
  });
}

interface House {
  readonly graph: Graph;
  readonly code: Code;
}

let house: Promise<House> | undefined;

function houseTest(name: string, check: (house: House) => Promise<void> | void): void {
  Deno.test({
    name: name + reason,
    ignore: !isAllowed,
    fn: async () => check(await (house ??= readHouse())),
  });
}

async function readHouse(): Promise<House> {
  const graph = new Map<string, string[]>();
  for (const door of DOORS) await addImports(graph, door);
  assert(graph.size > 30, "the source was not found");
  const code = new Map<string, string>();
  for (const file of graph.keys()) code.set(file, strip(await Deno.readTextFile(new URL(file, root))));
  return { graph, code };
}

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly Dependency[];
}

interface Dependency {
  readonly specifier: string;
  readonly code?: { readonly specifier?: string };
  readonly type?: { readonly specifier?: string };
}

/** Imports as the runtime itself reads them: static, dynamic, re-exports and types. */
async function addImports(graph: Map<string, string[]>, door: string): Promise<void> {
  const command = new Deno.Command("deno", { args: ["info", "--json", "--no-remote", door], cwd: root });
  const { stdout } = await command.output();
  const { modules }: { modules: readonly Module[] } = JSON.parse(new TextDecoder().decode(stdout));
  for (const { specifier, dependencies = [] } of modules) {
    const isSource = specifier.startsWith(root.href) && specifier.endsWith(".ts") &&
      !specifier.includes("/node_modules/");
    if (isSource) graph.set(specifier.slice(root.href.length), dependencies.map(targetOf));
  }
}

function targetOf({ specifier, code, type }: Dependency): string {
  const target = code?.specifier ?? type?.specifier ?? specifier;
  return target.startsWith(root.href) ? target.slice(root.href.length) : specifier;
}

async function isGranted(permission: Deno.PermissionDescriptor): Promise<boolean> {
  return (await Deno.permissions.query(permission)).state === "granted";
}

async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory) files.push(...await filesIn(`${folder}${name}/`));
    else files.push(folder + name);
  }
  return files;
}
