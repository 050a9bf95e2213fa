import { pathIn, PEERS, PEERS_FOLDER } from "./peers.ts";

/** What runs a contestant. */
export interface Runtime {
  readonly command: string;
  /** What stands before the program. */
  readonly args: readonly string[];
  readonly version: string;
}

/** Names of runtimes; the first is the one of this library. */
export type RuntimeName = "deno" | "node" | "bun";

const FOLDER = new URL("../.peers/", import.meta.url);
const { os, arch } = Deno.build;
const NODE_SYSTEM = os === "windows" ? "win" : os;
const NODE_PACKAGE = `node-${NODE_SYSTEM}-${arch === "x86_64" ? "x64" : "arm64"}`;
const BUN_PACKAGE = `@oven/bun-${os}-${arch === "x86_64" ? "x64" : "aarch64"}`;
const EXECUTABLE_SUFFIX = os === "windows" ? ".exe" : "";
/** They strip types by themselves; both as packages that hold nothing but the program. */
const NODE_DEPENDENCIES = { [NODE_PACKAGE]: "^24.0.0", "node-gyp": "^12.0.0" };
const BUN_DEPENDENCIES = { [BUN_PACKAGE]: "1.4.5" };

/** The runtimes that are here or can be had; says which can't. */
export async function findRuntimes(): Promise<ReadonlyMap<RuntimeName, Runtime>> {
  const found = new Map<RuntimeName, Runtime>([["deno", deno()]]);
  const node = await executable("node", NODE_DEPENDENCIES, `node_modules/${NODE_PACKAGE}/bin/node`);
  if (node !== undefined) found.set("node", { ...node, args: ["--no-warnings", "--expose-gc"] });
  const bun = await executable("bun", BUN_DEPENDENCIES, `node_modules/${BUN_PACKAGE}/bin/bun`);
  if (bun !== undefined) found.set("bun", { ...bun, args: ["run"] });
  return found;
}

/** Has `zlib-sync` compiled, which some peers prefer; gives whether that went well. Only Node can use it. */
export async function buildZlibSync(node: Runtime | undefined): Promise<boolean> {
  const folder = new URL("node_modules/zlib-sync/", PEERS_FOLDER);
  const isThere = async (): Promise<boolean> =>
    await Deno.stat(new URL("build/Release/zlib_sync.node", folder)).then(() => true, () => false);
  if (node === undefined || await isThere()) return node !== undefined;
  const home = new URL("node/node_modules/", FOLDER);
  const gyp = pathIn(home, "node-gyp/bin/node-gyp.js");
  const args = [gyp, "rebuild", "--silent", `--nodedir=${pathIn(home, NODE_PACKAGE)}`];
  const options = { args, cwd: folder, stdout: "null", stderr: "null" } as const;
  await new Deno.Command(node.command, options).output().catch(() => undefined);
  return await isThere();
}

/** The versions of what is compared. */
export async function versionsOf(runtimes: ReadonlyMap<RuntimeName, Runtime>): Promise<readonly string[]> {
  const packages = await Promise.all(
    Object.keys(PEERS).map(async (name) => {
      const file = new URL(`node_modules/${name}/package.json`, PEERS_FOLDER);
      const { version }: { readonly version: string } = JSON.parse(
        await Deno.readTextFile(file).catch(() => "{}"),
      );
      return `${name} ${version ?? "missing"}`;
    }),
  );
  return [...[...runtimes].map(([name, { version }]) => `${name} ${version}`), ...packages];
}

function deno(): Runtime {
  return {
    command: Deno.execPath(),
    version: Deno.version.deno,
    args: [
      "run",
      "--quiet",
      "--no-lock",
      "--no-check",
      `--config=${pathIn(PEERS_FOLDER, "deno.json")}`,
      // Nothing of a bench may reach Discord.
      "--allow-net=127.0.0.1",
      "--allow-read",
      "--allow-env",
      "--allow-sys",
      "--v8-flags=--expose-gc",
    ],
  };
}

async function executable(
  name: string,
  dependencies: Readonly<Record<string, string>>,
  path: string,
): Promise<Omit<Runtime, "args"> | undefined> {
  const folder = new URL(`${name}/`, FOLDER);
  const command = pathIn(folder, path + EXECUTABLE_SUFFIX);
  try {
    await install(folder, dependencies);
    const { stdout } = await new Deno.Command(command, { args: ["--version"] }).output();
    return { command, version: new TextDecoder().decode(stdout).trim().replace("v", "") };
  } catch {
    console.error(`There is no ${name} here and none can be had: skipped`);
    return undefined;
  }
}

/** Installs packages into a folder that is not part of the project, unless they are there. */
export async function install(folder: URL, dependencies: Readonly<Record<string, string>>): Promise<void> {
  const manifest = new URL("package.json", folder);
  const text = JSON.stringify({ private: true, dependencies });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(new URL("deno.json", folder), JSON.stringify({ nodeModulesDir: "auto" }));
  if (await Deno.readTextFile(manifest).catch(() => "") === text) return;
  await Deno.writeTextFile(manifest, text);
  const command = new Deno.Command(Deno.execPath(), { args: ["install", "--quiet"], cwd: folder });
  const { success } = await command.spawn().status;
  if (success) return;
  await Deno.remove(manifest);
  throw new Error("Packages could not be installed: is there a registry to install them from?");
}
