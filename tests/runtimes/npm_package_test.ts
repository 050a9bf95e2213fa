// The npm package as its users get it: packed, installed in an empty folder, and run by each runtime.
import { assertEquals, assertMatch } from "@std/assert";
import type { DenoConfig } from "./npm_package.ts";
import { executableOf, run, SimulatorProcess, succeed, whyNoNpm } from "./programs.ts";

const RUNTIMES = [
  {
    runtime: "deno",
    test: ["test", "--no-check", "--allow-all"],
    script: ["run", "--no-check", "--allow-all"],
  },
  { runtime: "node@22", test: ["--test"], script: [] },
  { runtime: "node@24", test: ["--test"], script: [] },
  { runtime: "bun@1", test: ["test"], script: [] },
] as const;
const COMPILER_OPTIONS = {
  strict: true,
  noEmit: true,
  target: "ESNext",
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
};
const FOR_NODE = { module: "NodeNext", moduleResolution: "NodeNext", lib: ["ESNext"], types: ["node"] };
const FOR_BUNDLERS = { module: "ESNext", moduleResolution: "Bundler", lib: ["ESNext", "DOM"], types: [] };
/** TypeScript as it was before it was written anew, which is slow, and since. */
const COMPILERS = [
  { compiler: "typescript@5.9", uses: [FOR_NODE] },
  { compiler: "typescript@7", uses: [FOR_NODE, FOR_BUNDLERS] },
];
/** What runs in the folder, erased: an early Node 22 strips no types. */
const SCRIPTS = ["remote_discord.ts", "compatibility.ts", "ends_by_itself.ts"];
const MINUTE_MS = 60_000;

const reason = await whyNoNpm();
const skipped = reason && ` (skipped: ${reason})`;

interface Workshop {
  readonly config: DenoConfig;
  readonly root: string;
  /** Where the package was written. */
  readonly source: string;
  readonly written: readonly string[];
  /** The packed package. */
  readonly tarball: string;
  /** A folder where it is installed, with the scripts. */
  readonly consumer: string;
}

let workshop: Promise<Workshop> | undefined;

function packageTest(name: string, check: (workshop: Workshop) => Promise<void>): void {
  Deno.test({
    name: name + skipped,
    ignore: reason !== "",
    fn: async () => check(await (workshop ??= build())),
  });
}

Deno.test.afterAll(async () => {
  const built = await workshop?.catch(() => undefined);
  if (built !== undefined) await Deno.remove(built.root, { recursive: true });
});

async function build(): Promise<Workshop> {
  // Not before: TypeScript reads the environment as soon as it is loaded, which takes a permission.
  const { eraseTypes, readDenoConfig, writeNpmPackage } = await import("./npm_package.ts");
  const root = await Deno.makeTempDir({ prefix: "nextcore-npm-" });
  const source = `${root}/package`;
  const consumer = `${root}/consumer`;
  const written = await writeNpmPackage(new URL(`file://${source}/`));
  const [packed] = JSON.parse(await succeed("npm", ["pack", "--json", source], { cwd: root }));
  const tarball = `${root}/${packed.filename}`;
  await Deno.mkdir(consumer);
  await Deno.writeTextFile(`${consumer}/package.json`, '{ "private": true, "type": "module" }\n');
  await install(consumer, [tarball]);
  for (const name of SCRIPTS) {
    const code = await Deno.readTextFile(new URL(name, import.meta.url));
    const target = name.replace(/\.ts$/, name === "compatibility.ts" ? ".test.js" : ".js");
    await Deno.writeTextFile(`${consumer}/${target}`, eraseTypes(code));
  }
  return { config: await readDenoConfig(), root, source, written, tarball, consumer };
}

async function install(folder: string, packages: readonly string[]): Promise<void> {
  await succeed("npm", ["install", "--no-audit", "--no-fund", ...packages], { cwd: folder });
}

packageTest(
  "The npm package has the doors of deno.json, and its name, version and licence",
  async ({ config, source }) => {
    const manifest = JSON.parse(await Deno.readTextFile(`${source}/package.json`));
    assertEquals(Object.keys(manifest.exports), Object.keys(config.exports));
    for (const [door, path] of Object.entries(config.exports)) {
      const code = path.replace(/\.ts$/, ".js");
      assertEquals(manifest.exports[door], {
        types: path.replace(/\.ts$/, ".d.ts"),
        import: code,
        default: code,
      });
    }
    const { name, version, license, engines, sideEffects } = manifest;
    assertEquals([name, version, license], [config.name, config.version, config.license]);
    assertEquals([engines, sideEffects], [{ node: ">=22" }, false]);
    assertEquals("scripts" in manifest, false);
  },
);

packageTest(
  "The npm package installs types alone; what a door runs besides is its user's own",
  async ({ config, source }) => {
    const manifest = JSON.parse(await Deno.readTextFile(`${source}/package.json`));
    const rangeOf = (name: string): string | undefined => config.imports[name]?.replace(`npm:${name}@`, "");
    assertEquals(manifest.dependencies, { "@discordeno/types": rangeOf("@discordeno/types") });
    assertEquals(manifest.peerDependencies, { "@opentelemetry/api": rangeOf("@opentelemetry/api") });
    assertEquals(manifest.peerDependenciesMeta, { "@opentelemetry/api": { optional: true } });
  },
);

packageTest(
  "The npm package holds the published sources, erased, and nothing else",
  async ({ source, written }) => {
    const [packed] = JSON.parse(await succeed("npm", ["pack", "--json", "--dry-run", source]));
    const files: readonly { readonly path: string }[] = packed.files;
    assertEquals(files.map(({ path }) => path).toSorted(), written);
    const rest = written.filter((path) => !/^(?:[a-z]+\/)*[a-z_]+\.(?:d\.ts|js)$/.test(path));
    assertEquals(rest, ["LICENSE", "README.md", "package.json"]);
    assertEquals(written.filter((path) => /^(?:tests|examples)\//.test(path)), []);
    for (const path of written.filter((path) => path.endsWith(".js"))) {
      const code = await Deno.readTextFile(`${source}/${path}`);
      const imports = [...code.matchAll(/^(?:import|export) [^;]*?from "([^"]+)";/gm)].map(([, from = ""]) =>
        from
      );
      const isBad = (from: string): boolean =>
        !/^\.\.?\/.*\.js$/.test(from) && !from.startsWith("node:") &&
        !(path.startsWith("otel/") && from === "@opentelemetry/api");
      assertEquals(imports.filter(isBad), [], path);
    }
  },
);

packageTest("Installing the npm package runs no script, of it or of what it needs", async ({ consumer }) => {
  for await (const path of manifestsIn(`${consumer}/node_modules`)) {
    const { scripts = {} } = JSON.parse(await Deno.readTextFile(path));
    const atInstall = ["preinstall", "install", "postinstall", "prepare"].filter((name) => name in scripts);
    // "prepare" is run in a checkout alone, never by who installs a package from npm.
    assertEquals(atInstall.filter((name) => name !== "prepare"), [], path);
  }
});

for (const { runtime, test, script } of RUNTIMES) {
  packageTest(`The npm package passes the compatibility suite on ${runtime}`, async ({ consumer }) => {
    await using simulators = await SimulatorProcess.start();
    const { code, stdout, stderr } = await run(await executableOf(runtime), [
      ...test,
      "./compatibility.test.js",
    ], {
      cwd: consumer,
      env: { SIMULATOR: simulators.address },
      timeoutMs: MINUTE_MS,
    });
    assertEquals(code, 0, stdout + stderr);
    assertMatch(stdout + stderr, /(?:\bpass |\b)1[5-9](?: pass\b| passed\b|\b)/);
  });

  packageTest(`A bot on ${runtime} that was closed keeps no process alive`, async ({ consumer }) => {
    await using simulators = await SimulatorProcess.start();
    const outcome = await run(await executableOf(runtime), [...script, "./ends_by_itself.js"], {
      cwd: consumer,
      env: { SIMULATOR: simulators.address },
      timeoutMs: 20_000,
    });
    assertEquals(outcome.code, 0, outcome.stdout + outcome.stderr);
    assertEquals(outcome.stdout, "closed\n");
  });
}

for (const { compiler, uses } of COMPILERS) {
  packageTest(`Programs that use the npm package type-check with ${compiler}`, async ({ root, tarball }) => {
    const folder = `${root}/${compiler}`;
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/package.json`, '{ "private": true, "type": "module" }\n');
    await install(folder, [tarball, compiler, "@types/node@22", "@opentelemetry/api@1"]);
    await Deno.copyFile(new URL("consumer.ts", import.meta.url), `${folder}/consumer.ts`);
    for (const options of uses) {
      const compilerOptions = { ...COMPILER_OPTIONS, ...options };
      const config = { compilerOptions, files: ["consumer.ts"] };
      await Deno.writeTextFile(`${folder}/tsconfig.json`, JSON.stringify(config));
      await succeed("npx", ["tsc", "--project", "."], { cwd: folder });
    }
  });
}

packageTest("The npm package can be required", async ({ consumer }) => {
  const code = 'console.log(typeof require("@nextsnake/nextcore").ShardManager)';
  await Deno.writeTextFile(`${consumer}/required.cjs`, code);
  const executable = await executableOf("node@22");
  assertEquals(await succeed(executable, ["--no-warnings", "required.cjs"], { cwd: consumer }), "function\n");
});

async function* manifestsIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* manifestsIn(`${folder}/${name}`);
    else if (name === "package.json") yield `${folder}/${name}`;
  }
}
