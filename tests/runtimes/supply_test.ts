// What the project takes from others, and who may publish it.
import { assertEquals, assertMatch } from "@std/assert";

const root = new URL("../../", import.meta.url);
const isAllowed = (await Deno.permissions.query({ name: "read", path: root })).state === "granted";
const skipped = isAllowed ? "" : " (skipped: needs permission to read the repository, use deno test -P)";
const WORKFLOWS = ["ci.yml", "publish.yml"];

interface Lock {
  readonly npm: Readonly<Record<string, { readonly integrity?: string; readonly scripts?: boolean }>>;
}

function supplyTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + skipped, ignore: !isAllowed, fn });
}

supplyTest(
  "No package that the project uses has an install script, and each is known by its hash",
  async () => {
    const lock: Lock = JSON.parse(await read("deno.lock"));
    const packages = Object.entries(lock.npm);
    assertEquals(packages.filter(([, { scripts }]) => scripts).map(([name]) => name), []);
    assertEquals(packages.filter(([, { integrity }]) => !integrity).map(([name]) => name), []);
    assertEquals("allowScripts" in JSON.parse(await read("deno.json")), false);
  },
);

supplyTest("CI checks the lock file as it was committed", async () => {
  for (const file of [".ci/run", ...WORKFLOWS.map((name) => `.github/workflows/${name}`)]) {
    assertMatch(await read(file), /deno check --frozen/, file);
  }
});

supplyTest("Workflows name what they use by its commit", async () => {
  for (const name of WORKFLOWS) {
    const uses = [...(await read(`.github/workflows/${name}`)).matchAll(/uses: (.*)/g)].map(([, used = ""]) =>
      used
    );
    assertEquals(uses.length > 0, true, name);
    assertEquals(uses.filter((used) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v[\d.]+$/.test(used)), [], name);
  }
});

supplyTest("Workflows may read, and only who publishes may say who it is", async () => {
  const ci = await read(".github/workflows/ci.yml");
  assertMatch(ci, /^permissions:\n {2}contents: read\n\n/m);
  assertEquals(ci.includes("write"), false);
  const publish = await read(".github/workflows/publish.yml");
  assertMatch(publish, /^permissions: \{\}$/m);
  const granted = [...publish.matchAll(/: write$/gm)].length;
  const identities = [...publish.matchAll(/^ {6}id-token: write$/gm)].length;
  assertEquals([granted, identities], [2, 2]);
  assertEquals(/secrets\./.test(publish), false);
  assertMatch(publish, /npm publish \.\/npm --provenance/);
});

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, root));
}
