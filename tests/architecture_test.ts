// The house: who may import whom, and what may not be touched where.
import { assert, assertEquals } from "@std/assert";

const root = new URL("../", import.meta.url);
const isAllowed = await isGranted({ name: "read", path: root }) &&
  await isGranted({ name: "run", command: "deno" });
const reason = isAllowed
  ? ""
  : " (skipped: needs permission to read the source and to run deno, use deno test -P)";

/** The doors: what a user imports. */
const DOORS = ["mod.ts", "testing/mod.ts"];

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
  "testing/": ["clock.ts", "discord.ts", "dispatcher.ts", "gateway/mod.ts", "http/mod.ts"],
  "mod.ts": ["clock.ts", "dispatcher.ts", "gateway/mod.ts", "http/mod.ts"],
};

/** Files without timers, clocks, chance, promises or sockets: they decide, others act. */
const PURE = [
  "gateway/close_codes.ts",
  "gateway/errors.ts",
  "gateway/events.ts",
  "gateway/gateway_url.ts",
  "gateway/heartbeat.ts",
  "gateway/intents.ts",
  "gateway/payload.ts",
  "gateway/send_window.ts",
  "gateway/session.ts",
  "http/bucket.ts",
  "http/bucket_metadata.ts",
  "http/digest.ts",
  "http/errors.ts",
  "http/rate_limit_headers.ts",
  "http/route.ts",
  "discord.ts",
];
const IMPURE = /\b(?:async|await|Promise|AbortSignal|AbortController|WebSocket|fetch)\b/;
/** The platform's time and chance: they come in by the door (a default in a constructor). */
const TIME =
  /\b(?:setTimeout|setInterval|setImmediate|Date\.now|new Date\(\)|performance\b|Math\.random\(\))/;
/** One runtime's own; its `node:` modules would show among the imports. */
const RUNTIME = /\bDeno\b|\bBun\b|\bprocess\b/;

architectureTest("Imports point one way: no file imports what its place forbids", async (graph) => {
  const wrong: string[] = [];
  for (const [file, imports] of graph) {
    for (const imported of imports) if (!mayImport(file, imported)) wrong.push(`${file} imports ${imported}`);
  }
  assertEquals(wrong, []);
});

architectureTest("No file imports itself through others, types included", async (graph) => {
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    assert(!way.includes(file), `a circle: ${[...way, file].join(" → ")}`);
    if (done.has(file)) return;
    for (const imported of graph.get(file) ?? []) visit(imported, [...way, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
});

architectureTest("Pure files import only pure files, and wait for nothing", async (graph) => {
  for (const file of PURE) {
    assert(graph.has(file), `${file} is gone: change the list`);
    const code = await codeOf(file);
    assertEquals(IMPURE.exec(code)?.[0], undefined, `${file} is pure`);
    for (const imported of graph.get(file) ?? []) {
      const isTypes = imported === "dispatcher.ts" || imported.startsWith("@");
      assert(PURE.includes(imported) || isTypes, `${file} is pure and imports ${imported}`);
    }
  }
});

architectureTest(
  "Only clock.ts asks the platform for the time, and chance comes in by the door",
  async (graph) => {
    for (const file of graph.keys()) {
      // A virtual clock lets the event loop turn, so that what waits on a promise gets on.
    if (file === "clock.ts" || file === "testing/virtual_clock.ts" || !file.endsWith(".ts")) continue;
      const code = (await codeOf(file)).replaceAll(/\bclock\.setTimeout|\bsetTimeout\(callback/gi, "");
      assertEquals(TIME.exec(code)?.[0], undefined, file);
    }
  },
);

architectureTest(
  "The core asks no runtime for its own, and writes to the console only where nobody listens",
  async (graph) => {
    for (const file of graph.keys()) {
      if (file.startsWith("testing/") || !file.endsWith(".ts")) continue;
      const code = await codeOf(file);
      assertEquals(RUNTIME.exec(code)?.[0], undefined, file);
      if (file !== "dispatcher.ts") assertEquals(/\bconsole\b/.exec(code)?.[0], undefined, file);
    }
  },
);

architectureTest("No file has a default export, an any, or a type forced", async (graph) => {
  for (const file of graph.keys()) {
    if (!file.endsWith(".ts")) continue;
    const code = await codeOf(file);
    assertEquals(
      /\bexport default\b|\bas any\b|: any\b|\bas unknown as\b|\benum [A-Z]/.exec(code)?.[0],
      undefined,
      file,
    );
  }
});

architectureTest("Every room of the core has tests under its name", async (graph) => {
  const tests = await filesIn("tests/");
  for (const file of graph.keys()) {
    if (!/^(?:gateway|http|dispatcher)\/(?!mod\.ts)/.test(file)) continue;
    const [room = ""] = file.split("/");
    assert(
      tests.some((test) => test.startsWith(`tests/${room}`) && test.endsWith("_test.ts")),
      `${room} has no tests`,
    );
  }
});

Deno.test("The scanner of this test tells code from comments and strings", () => {
  assertEquals(strip("a // Deno\nb /* Deno\n */ c"), "a \nb  c");
  assertEquals(strip(`a("De\\"no", 'x', /Deno["']/.test(b))`), 'a("", "", /./.test(b))');
  assertEquals(strip("`Deno ${Deno} Deno` + x"), '"" + x');
});

type Graph = ReadonlyMap<string, readonly string[]>;

function architectureTest(name: string, check: (graph: Graph) => Promise<void> | void): void {
  Deno.test({ name: name + reason, ignore: !isAllowed, fn: async () => check(await graphOf(DOORS)) });
}

/** What each file of the source imports, code and types, as the runtime itself reads it. */
async function graphOf(doors: readonly string[]): Promise<Graph> {
  const graph = new Map<string, string[]>();
  for (const door of doors) {
    const command = new Deno.Command("deno", { args: ["info", "--json", "--no-remote", door], cwd: root });
    const { stdout } = await command.output();
    const { modules }: { modules: readonly Module[] } = JSON.parse(new TextDecoder().decode(stdout));
    for (const { specifier, dependencies = [] } of modules) {
      if (!specifier.startsWith(root.href)) continue;
      graph.set(specifier.slice(root.href.length), dependencies.map(targetOf));
    }
  }
  assert(graph.size > 30, "the source was not found");
  return graph;
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

function targetOf({ specifier, code, type }: Dependency): string {
  const target = code?.specifier ?? type?.specifier ?? specifier;
  return target.startsWith(root.href) ? target.slice(root.href.length) : specifier;
}

function mayImport(file: string, imported: string): boolean {
  const [place = ""] = Object.keys(MAY_IMPORT).filter((name) => file === name || file.startsWith(name))
    .toSorted((one, other) => other.length - one.length);
  const [room] = file.split("/");
  if (file.includes("/") && imported.startsWith(`${room}/`)) return !imported.endsWith("/mod.ts");
  return (MAY_IMPORT[place] ?? []).some((name) =>
    imported === name || (name.endsWith("/") && imported.startsWith(name))
  );
}

async function codeOf(file: string): Promise<string> {
  return strip(await Deno.readTextFile(new URL(file, root)));
}

/** The code without comments, and with empty strings in place of all strings. */
function strip(text: string): string {
  const token =
    /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`|(?<=[(,=:[!&|?;\n]\s*)\/(?![*\/])(?:[^\/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//g;
  return text.replaceAll(token, (found) => {
    if (found.startsWith("//") || found.startsWith("/*")) return "";
    return found.startsWith("/") ? "/./" : '""';
  });
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
