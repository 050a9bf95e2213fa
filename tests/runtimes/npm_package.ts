/**
 * Makes the npm package: the sources with their types erased, and the types beside them. `deno task npm` writes `npm/`.
 *
 * TypeScript itself does it: what it erases is only types (`erasableSyntaxOnly`), and what it declares needs no inference
 * (`isolatedDeclarations`). `deno pack` is no match yet: it leaves out the package that only types come from, declares
 * nothing for the modules that no door names, and moves code and comments about.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = new URL("../../", import.meta.url);
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.dom.asynciterable.d.ts"],
  types: [],
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
  isolatedDeclarations: true,
  declaration: true,
  // `deno check` checks.
  noCheck: true,
};
/** Node's first release line that has all of what the library needs of the platform. */
const NODE = ">=22";
const COPIED = ["LICENSE", "README.md"];

/** What is read of deno.json. */
export interface DenoConfig {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

/** deno.json, as it is. */
export async function readDenoConfig(): Promise<DenoConfig> {
  return JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
}

/** Writes the package into `folder`, whose old content goes. Gives the names of its files, in order. */
export async function writeNpmPackage(folder: URL): Promise<readonly string[]> {
  const config = await readDenoConfig();
  const { files, packages } = compile(Object.values(config.exports));
  for (const name of COPIED) files.set(name, await Deno.readTextFile(new URL(name, root)));
  files.set("package.json", `${JSON.stringify(manifestOf(config, packages), null, 2)}\n`);
  await Deno.remove(folder, { recursive: true }).catch(ignoreMissing);
  for (const [name, text] of files) {
    const path = new URL(name, folder);
    await Deno.mkdir(new URL(".", path), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
  return [...files.keys()].toSorted();
}

/** The JavaScript of one file. */
export function eraseTypes(source: string): string {
  return ts.transpileModule(source, { compilerOptions: OPTIONS }).outputText;
}

/**
 * package.json: the doors of deno.json, and the packages of its imports, in the same range. Those that only types come from
 * are installed along; those that run belong to one door each, and whoever uses it has them already.
 */
function manifestOf(config: DenoConfig, { typed, run }: Packages): Record<string, unknown> {
  const { name, version, license } = config;
  const exports = Object.entries(config.exports).map(([door, source]) => {
    const path = javaScriptName(source);
    // "default" also serves require(), which takes modules like these from Node 22.12 on.
    return [door, { types: path.replace(/\.js$/, ".d.ts"), import: path, default: path }];
  });
  return {
    name,
    version,
    description:
      "A low-level Discord library: a gateway that stays connected, and an HTTP client that waits its turn",
    keywords: ["discord", "gateway", "bot", "rate-limit"],
    license,
    type: "module",
    sideEffects: false,
    engines: { node: NODE },
    exports: Object.fromEntries(exports),
    dependencies: rangesOf(config, typed),
    peerDependencies: rangesOf(config, run),
    peerDependenciesMeta: Object.fromEntries(run.map((name) => [name, { optional: true }])),
  };
}

/** The packages that the sources name; what a runtime has built in is none. */
interface Packages {
  /** Those that only types come from. */
  readonly typed: readonly string[];
  /** Those whose code runs. */
  readonly run: readonly string[];
}

interface Compiled {
  /** Code and declarations, by their names in the package. */
  readonly files: Map<string, string>;
  readonly packages: Packages;
}

/** All that the doors lead to, types included. */
function compile(doors: readonly string[]): Compiled {
  const rootPath = fileURLToPath(root);
  const options = { ...OPTIONS, rootDir: rootPath, outDir: rootPath };
  const program = ts.createProgram(doors.map((door) => rootPath + door.slice(2)), options);
  const files = new Map<string, string>();
  program.emit(undefined, (path, text) => {
    const name = path.slice(rootPath.length);
    files.set(name, name.endsWith(".d.ts") ? renameImports(text) : text);
  });
  const all = packagesOf(files, /\.(?:js|d\.ts)$/);
  const run = packagesOf(files, /\.js$/);
  return { files, packages: { run, typed: all.filter((name) => !run.includes(name)) } };
}

function packagesOf(files: ReadonlyMap<string, string>, kind: RegExp): readonly string[] {
  const names = [...files].filter(([name]) => kind.test(name)).flatMap(([, text]) => importsOf(text)).map((
    { fileName },
  ) => fileName);
  return [...new Set(names)].filter((name) => !isRelative(name) && !name.startsWith("node:")).toSorted();
}

function rangesOf(config: DenoConfig, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, rangeOf(config, name)]));
}

function rangeOf({ imports }: DenoConfig, name: string): string {
  const range = new RegExp(`^npm:${name}@(.+)$`).exec(imports[name] ?? "")?.[1];
  if (range === undefined) {
    throw new TypeError(`deno.json names no npm range for ${name}: what npm lacks, it can't install`);
  }
  return range;
}

/** The same declarations with `./x.js` where they name `./x.ts`: TypeScript does so in code alone. */
function renameImports(code: string): string {
  let text = "";
  let at = 0;
  for (const { fileName, pos } of importsOf(code)) {
    if (!isRelative(fileName)) continue;
    const start = code.indexOf(fileName, pos);
    text += code.slice(at, start) + javaScriptName(fileName);
    at = start + fileName.length;
  }
  return text + code.slice(at);
}

function importsOf(code: string): readonly ts.FileReference[] {
  return ts.preProcessFile(code, true, true).importedFiles.toSorted((one, other) => one.pos - other.pos);
}

function isRelative(specifier: string): boolean {
  return /^\.\.?\//.test(specifier);
}

function javaScriptName(name: string): string {
  return name.replace(/\.ts$/, ".js");
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

if (import.meta.main) {
  const files = await writeNpmPackage(new URL("npm/", root));
  console.log(
    `npm/ holds ${files.length} files. Look at what would be published: npm publish --dry-run ./npm`,
  );
}
