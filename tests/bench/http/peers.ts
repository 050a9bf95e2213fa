const FOLDER = new URL("../.peers/", import.meta.url);

/** Not among the project's own imports: only whoever compares needs them. */
const PACKAGES = {
  "@discordjs/rest": "npm:@discordjs/rest@2.6.3",
  "@discordeno/rest": "npm:@discordeno/rest@21.0.0",
};

/** Where the configuration is that finds the peers. */
export const PEERS_CONFIG: string = decodeURIComponent(new URL("deno.json", FOLDER).pathname);

/** Installs the peers into a folder that is not part of the project, unless they are there. */
export async function installPeers(): Promise<void> {
  const config = JSON.stringify({ nodeModulesDir: "auto", imports: PACKAGES });
  await Deno.mkdir(FOLDER, { recursive: true });
  const isThere = await Deno.readTextFile(PEERS_CONFIG).catch(() => "") === config;
  if (isThere) return;
  await Deno.writeTextFile(new URL("deno.json", FOLDER), config);
  const { success } = await new Deno.Command("deno", { args: ["install", "--quiet"], cwd: FOLDER }).spawn()
    .status;
  if (success) return;
  await Deno.remove(new URL("deno.json", FOLDER));
  throw new Error("The peers could not be installed: is there a registry to install them from?");
}
