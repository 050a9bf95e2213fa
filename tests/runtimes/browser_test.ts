// The npm package in a browser: its modules as they are, without a bundler, in a page and in a worker.
import { assertEquals } from "@std/assert";
import { Browser, findBrowser } from "./browser.ts";
import { SimulatorProcess } from "./programs.ts";

const SCRIPTS = ["client.ts", "main.ts", "worker.ts", "../remote_discord.ts"];
const PLAYED = {
  first: "é漢🐍",
  answers: ["0 files", "1 files", "1 files"],
  fileSizes: [300, 2_000_000],
  compression: "zlib-stream",
  isClosed: true,
};

const { name, reason } = await findBrowser();

Deno.test({
  name: `A page and its worker show the gateway's first message, and send requests${
    reason && ` (skipped: ${reason})`
  }`,
  ignore: reason !== "",
  async fn() {
    const root = await Deno.makeTempDir({ prefix: "nextcore-page-" });
    try {
      await writeSite(root);
      await using simulators = await SimulatorProcess.start([`${root}/package`, `${root}/page`]);
      await using browser = await Browser.start(name);
      const outcome = await browser.outcomeOf(`${simulators.address}/page/page.html`);
      assertEquals(outcome, { page: PLAYED, worker: PLAYED, shown: PLAYED.first });
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});

async function writeSite(root: string): Promise<void> {
  const { eraseTypes, writeNpmPackage } = await import("./npm_package.ts");
  await writeNpmPackage(new URL(`file://${root}/package/`));
  await Deno.mkdir(`${root}/page`);
  await Deno.writeTextFile(
    `${root}/page/page.html`,
    '<!doctype html><script type="module" src="main.js"></script>',
  );
  for (const script of SCRIPTS) {
    const source = await Deno.readTextFile(new URL(`page/${script}`, import.meta.url));
    // A worker has no import map.
    const code = eraseTypes(source).replaceAll('"@nextsnake/nextcore"', '"/package/mod.js"')
      .replaceAll('"../remote_discord.js"', '"./remote_discord.js"');
    await Deno.writeTextFile(`${root}/page/${script.replace("../", "").replace(/\.ts$/, ".js")}`, code);
  }
}
