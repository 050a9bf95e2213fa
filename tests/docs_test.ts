// The guides: what they list is complete, what they link is there, and what they show but don't run type-checks.
// Blocks without "ignore" are run by deno test --doc.
import { assert, assertEquals } from "@std/assert";
import { closePauseMs, closeVerdict, GatewayCloseCode } from "../gateway/close_codes.ts";
import * as main from "../mod.ts";
import * as interactions from "../interactions/mod.ts";
import * as metrics from "../metrics/mod.ts";
import * as otel from "../otel/mod.ts";
import * as redis from "../redis/mod.ts";
import * as sessions from "../sessions/mod.ts";
import * as testing from "../testing/mod.ts";
import { SimulatorFaults } from "../testing/faults.ts";

const root = new URL("../", import.meta.url);
const GUIDES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/", "redis/", "tests/bench/"];
const isAllowed = await isGranted({ name: "read", path: root }) &&
  await isGranted({ name: "run", command: "deno" }) &&
  await isGranted({ name: "write", path: new URL("tests/.tmp/", root) });
const reason = isAllowed
  ? ""
  : " (skipped: needs permission to read the guides and to run deno, use deno test -P)";

docsTest("The guide to errors lists every error class that is exported, and no other", async () => {
  const modules = [main, interactions, metrics, otel, redis, sessions, testing];
  const exported = modules.flatMap((module) => Object.entries(module))
    .filter(([, value]) => typeof value === "function" && value.prototype instanceof Error)
    .map(([name]) => name);
  const listed = firstCells(await read("docs/errors.md")).filter((name) => name.endsWith("Error"));
  assertEquals(listed.toSorted(), [...new Set(exported)].toSorted());
});

docsTest("The guide to errors says of every close code what the shard does (§8)", async () => {
  const rows = new Map(rowsOf(await read("docs/errors.md")).map(([code, ...cells]) => [code, cells]));
  for (const [name, code] of Object.entries(GatewayCloseCode)) {
    const [shownName, does] = rows.get(String(code)) ?? [];
    assertEquals([code, shownName], [code, `\`${name}\``]);
    const pauseMs = closePauseMs(code);
    const pause = pauseMs === 0 ? "" : `, after ${pauseMs / 1000} s`;
    assertEquals([code, does], [code, WORDS[closeVerdict(code)] + pause]);
  }
});

docsTest("The guide to events lists every event of the library's own", async () => {
  const listed = firstCells(await read("docs/events.md"));
  for (
    const [file, name] of [["gateway/shard_events.ts", "ShardEvents"], [
      "http/events.ts",
      "HTTPEvents",
    ]] as const
  ) {
    const events = membersOf(await read(file), name);
    assert(events.length > 3, `${name} of ${file} was not found`);
    for (const event of events) assert(listed.includes(event), `${event} of ${name} is missing`);
  }
});

docsTest("The guide to testing names every fault", async () => {
  const text = await read("docs/testing.md");
  const faults = Object.getOwnPropertyNames(SimulatorFaults.prototype);
  for (const fault of faults.filter((name) => name !== "constructor")) {
    assert(text.includes(`${fault}(`), `${fault} is missing`);
  }
});

docsTest("The guide to operating names states, metrics and options that exist", async () => {
  const text = await read("docs/operating.md");
  const source = await sourceOf(["gateway", "http", "interactions", "dispatcher", "metrics", "testing"]);
  for (const [name] of text.matchAll(/nextcore_\w+/g)) {
    const stem = name.replace(/^nextcore_(?:gateway|http|shard)_|^nextcore_|_total$/g, "").replace(
      /_total$/,
      "",
    );
    assert(source.includes(`${stem}"`), `${name} is no metric`);
  }
  for (const [, , option] of rowsOf(text.slice(text.indexOf("## Limits of memory")))) {
    for (const [, name] of option?.matchAll(/`(\w+)`/g) ?? []) {
      assert(
        new RegExp(`\\b${name}\\??:|\\b${name}\\(|class ${name}\\b`).test(source),
        `${name} is no option`,
      );
    }
  }
});

docsTest("Links between the guides lead somewhere", async () => {
  const wrong: string[] = [];
  for (const file of await guides()) {
    for (const [, target = ""] of withoutCode(await read(file)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      if (!await leadsSomewhere(new URL(target, new URL(file, root)), file)) wrong.push(`${file}: ${target}`);
    }
  }
  assertEquals(wrong, []);
});

docsTest("Blocks that are not run type-check, and the text before says why they are not run", async () => {
  const blocks: string[] = [];
  for (const file of await guides()) {
    const text = await read(file);
    for (const [at, code] of ignoredBlocks(text)) {
      assert(/type-check/.test(text.slice(Math.max(0, at - 600), at)), `${file}: why is a block not run?`);
      blocks.push(code.replaceAll("jsr:@nextsnake", "@nextsnake"));
    }
  }
  assertEquals(await complaints(blocks), "");
});

docsTest("Examples of names that would need a Redis type-check", async () => {
  const blocks: string[] = [];
  for await (const { name } of Deno.readDir(new URL("redis/", root))) {
    if (!name.endsWith(".ts")) continue;
    const comments = (await read(`redis/${name}`)).replaceAll(/^ \* ?/gm, "");
    for (const [, code] of ignoredBlocks(comments)) {
      blocks.push(`${OVER_REDIS}export async function example(): Promise<void> {\n${code}}`);
    }
  }
  assert(blocks.length > 0);
  assertEquals(await complaints(blocks), "");
});

docsTest("No sentence of the guides names a path or a host of one machine", async () => {
  for (const file of await guides()) {
    assertEquals([file, (await read(file)).match(/\/(?:home|root|work|tmp)\/\S+/g)], [file, null]);
  }
});

const WORDS = {
  resume: "resumes",
  resumeOnce: "resumes once",
  identify: "starts a new session",
  stop: "stops",
  unknown: "resumes",
} as const;

/** What the examples of `redis/` stand in: they are parts of a program. */
const OVER_REDIS =
  `import { type BotAuthentication, HTTPClient, Intents, ShardManager } from "@nextsnake/nextcore";
import * as redis from "@nextsnake/nextcore/redis";
const { EventSource, Fleet, GatewayNode, RedisGlobalRateLimiter, RedisIdentifyQueue, RedisReservations } = redis;
const { RedisSessionStore, ShardCommands } = redis;
declare const authentication: BotAuthentication, http: HTTPClient, intents: number;
declare const send: redis.RedisSend, read: redis.RedisSend, guildId: string, channel_id: string;
declare const client: { sendCommand(command: unknown[]): Promise<unknown> };
declare function runShard(id: number, ...rest: unknown[]): Promise<void>;
`;

function docsTest(name: string, check: () => Promise<void>): void {
  Deno.test({ name: name + reason, ignore: !isAllowed, fn: check });
}

async function isGranted(permission: Deno.PermissionDescriptor): Promise<boolean> {
  return (await Deno.permissions.query(permission)).state === "granted";
}

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, root));
}

async function guides(): Promise<string[]> {
  const found: string[] = [];
  for (const place of GUIDES) {
    if (!place.endsWith("/")) found.push(place);
    else {
      for await (const { name } of Deno.readDir(new URL(place, root))) {
        if (name.endsWith(".md")) found.push(place + name);
      }
    }
  }
  return found;
}

async function sourceOf(folders: readonly string[]): Promise<string> {
  let text = "";
  for (const folder of folders) {
    for await (const { name, isFile } of Deno.readDir(new URL(`${folder}/`, root))) {
      if (isFile) text += await read(`${folder}/${name}`);
    }
  }
  return text;
}

/** The cells of each row of each table. */
function rowsOf(text: string): string[][] {
  return text.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
}

/** The names in backquotes that begin a row. */
function firstCells(text: string): string[] {
  return rowsOf(text).flatMap(([first = ""]) => /^`(\w+)`$/.exec(first)?.[1] ?? []);
}

function membersOf(source: string, name: string): string[] {
  const body = new RegExp(`interface ${name}\\b[^{]*\\{(.*?)\n\\}`, "s").exec(source)?.[1] ?? "";
  return [...body.matchAll(/^ {2}(\w+):/gm)].map(([, member = ""]) => member);
}

/** What the compiler does not like in these modules; nothing is good. */
async function complaints(modules: readonly string[]): Promise<string> {
  const folder = new URL(`tests/.tmp/docs-${crypto.randomUUID()}/`, root);
  await Deno.mkdir(folder, { recursive: true });
  try {
    for (const [at, code] of modules.entries()) {
      await Deno.writeTextFile(new URL(`block_${at}.ts`, folder), `${code}\nexport {};\n`);
    }
    const args = ["check", "--quiet", "--cached-only", folder.pathname];
    const command = new Deno.Command("deno", { args, cwd: root, env: { NO_COLOR: "1" } });
    const { success, stderr } = await command.output();
    return success ? "" : new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function withoutCode(text: string): string {
  return text.replaceAll(/```.*?```/gs, "").replaceAll(/`[^`\n]*`/g, "");
}

function ignoredBlocks(text: string): [number, string][] {
  return [...text.matchAll(/```ts ignore\n(.*?)```/gs)].map(({ index, 1: code = "" }) => [index, code]);
}

async function leadsSomewhere(url: URL, from: string): Promise<boolean> {
  const anchor = url.hash.slice(1);
  url.hash = "";
  try {
    if (anchor === "") return (await Deno.stat(url)).size >= 0;
    const text = withoutCode(await Deno.readTextFile(url));
    return [...text.matchAll(/^#+ (.+)$/gm)].some(([, title = ""]) => slugOf(title) === anchor);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new Error(`${from} links to ${url}`, { cause: error });
  }
}

function slugOf(title: string): string {
  return title.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-");
}
