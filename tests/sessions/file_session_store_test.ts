import { fileURLToPath, pathToFileURL } from "node:url";
import { assert, assertEquals, assertGreaterOrEqual, assertRejects, assertThrows } from "@std/assert";
import type { StoredSession } from "../../gateway/session_store.ts";
import { FileSessionStore } from "../../sessions/file_session_store.ts";
import { seededRandom } from "../gateway/seeded_random.ts";
import { longSession } from "./long_session.ts";
import { createTestDirectory, mayWrite, reason, type TestDirectory } from "./test_directory.ts";

/** Processes that save at the same time, and how often each is killed: 50 times in all. */
const LANES = 5;
const KILLS_OF_LANE = 10;
const session: StoredSession = {
  sessionId: "d3adb33f",
  resumeGatewayUrl: "wss://gateway-us-east1-b.discord.gg",
  sequence: 1_234,
  shardId: 0,
  shardCount: 2,
  intents: 513,
  tokenFingerprint: "0123456789abcdef",
};
const mayRun = (await Deno.permissions.query({ name: "run", command: "deno" })).state === "granted";

fileTest("FileSessionStore survives 50 times kill -9 in the middle of saves (SEQ-10)", async (directory) => {
  const kills = Array.from({ length: LANES }, (_, shardId) => killOften(directory.path, shardId));
  await Promise.all(kills);
  const files = Array.from({ length: LANES }, (_, shardId) => `shard-${shardId}.json`);
  assertEquals(await directory.names(), files, "something was left behind");
}, mayRun);

fileTest("FileSessionStore reads whole sessions while another process saves (SH-10)", async ({ path }) => {
  const store = new FileSessionStore(path);
  await using child = startSaving(path, 0, 1);
  await child.sequence();
  for (let turn = 0; turn < 30; turn += 1) {
    const loaded = await store.load(0);
    assertEquals(loaded, longSession(loaded?.sequence ?? -1));
    await child.sequence();
  }
}, mayRun);

fileTest(
  "FileSessionStore keeps what was saved, for another of its kind (SEQ-1, SEQ-10)",
  async ({ path, names }) => {
    const store = new FileSessionStore(path);
    assertEquals(await store.load(0), undefined);
    await store.save(0, session);
    await store.save(1, { ...session, shardId: 1, resumeGatewayUrl: undefined });
    const other = new FileSessionStore(pathToFileURL(`${path}/`));
    assertEquals(await other.load(0), session);
    assertEquals(await other.load(1), { ...session, shardId: 1, resumeGatewayUrl: undefined });
    assertEquals(await names(), ["shard-0.json", "shard-1.json"]);
    await other.clear(0);
    await other.clear(0);
    assertEquals([await store.load(0), await names()], [undefined, ["shard-1.json"]]);
  },
);

fileTest("FileSessionStore writes files for its owner alone, and makes the directory", async ({ path }) => {
  const store = new FileSessionStore(`${path}/of/a/bot`);
  assertEquals(await store.load(0), undefined);
  await store.clear(0);
  await store.save(0, session);
  if (Deno.build.os === "windows") return;
  await Deno.chmod(`${path}/of/a/bot/shard-0.json`, 0o644);
  await store.save(0, session);
  const modeOf = async (name: string) => ((await Deno.stat(path + name)).mode ?? 0) & 0o777;
  assertEquals([await modeOf("/of/a/bot/shard-0.json"), await modeOf("/of/a/bot")], [0o600, 0o700]);
});

fileTest("FileSessionStore writes only what it knows: no token gets into a file", async ({ path }) => {
  const secret = { ...session, token: "a.secret.token" };
  await new FileSessionStore(path).save(0, secret);
  const text = await Deno.readTextFile(`${path}/shard-0.json`);
  assertEquals(JSON.parse(text), { version: 1, ...session });
});

fileTest("FileSessionStore.load names the file that is damaged, and save replaces it", async ({ path }) => {
  const store = new FileSessionStore(path);
  const file = `${path}/shard-0.json`;
  await store.save(0, session);
  const whole = await Deno.readTextFile(file);
  const { sequence: _, ...incomplete } = { version: 1, ...session };
  const damages: readonly (readonly [string, string])[] = [
    ["", "not JSON"],
    [whole.slice(0, -20), "not JSON"],
    ["\0".repeat(whole.length), "not JSON"],
    ["[]", "no object"],
    [JSON.stringify(incomplete), "sequence is not"],
    [JSON.stringify({ version: 1, ...session, sessionId: "" }), "sessionId is not"],
    [JSON.stringify({ version: 1, ...session, sequence: -1 }), "sequence is not"],
    [JSON.stringify({ version: 1, ...session, intents: "513" }), "intents is not"],
    [JSON.stringify({ version: 1, ...session, resumeGatewayUrl: null }), "resumeGatewayUrl is not"],
    [" ".repeat(200_000), "too long"],
  ];
  for (const [text, problem] of damages) {
    await Deno.writeTextFile(file, text);
    const error = await assertRejects(() => store.load(0), Error, problem);
    assert(error.message.includes(file), error.message);
    assert(!error.message.includes(session.sessionId), "the message quotes the file");
  }
  await store.save(0, session);
  assertEquals(await store.load(0), session);
});

fileTest("FileSessionStore.load refuses a file of another format", async ({ path }) => {
  const store = new FileSessionStore(path);
  for (const version of [0, 2, "1", undefined]) {
    await Deno.writeTextFile(`${path}/shard-0.json`, JSON.stringify({ ...session, version }));
    await assertRejects(() => store.load(0), Error, "shard-0.json has not format 1");
  }
});

fileTest("FileSessionStore takes nothing but a shard's number into a path", async ({ path, names }) => {
  const store = new FileSessionStore(`${path}/inner`);
  await Deno.writeTextFile(`${path}/victim.json`, "untouched");
  for (const trick of ["../victim", "0/../../victim", "0", -1, 0.5, NaN, Infinity, 2 ** 53, null, [0]]) {
    // As a caller without types would.
    const untyped: Pick<FileSessionStore, "load" | "clear"> & {
      save(id: unknown, session: StoredSession): unknown;
    } = store;
    await assertRejects(
      async () => await Reflect.apply(untyped.load, store, [trick]),
      RangeError,
      "shard id",
    );
    await assertRejects(async () => await untyped.save(trick, session), RangeError, "shard id");
    await assertRejects(
      async () => await Reflect.apply(untyped.clear, store, [trick]),
      RangeError,
      "shard id",
    );
  }
  assertEquals(await names(), ["victim.json"]);
});

fileTest("FileSessionStore follows no link: neither to read nor to write", async ({ path }) => {
  const store = new FileSessionStore(path, { random: () => 0 });
  const victim = `${path}/victim`;
  await Deno.writeTextFile(victim, JSON.stringify({ version: 1, ...session }));
  await link(victim, `${path}/shard-0.json`);
  await assertRejects(() => store.load(0), Error, "not a regular file");
  await store.save(0, { ...session, sequence: 9 });
  assertEquals((await store.load(0))?.sequence, 9);
  // The name that comes next is known, and somebody has put a link there.
  await link(victim, `${path}/shard-1.json.0.tmp`);
  await assertRejects(() => store.save(1, session), Error, "exists");
  assertEquals(JSON.parse(await Deno.readTextFile(victim)), { version: 1, ...session });
}, mayRun && Deno.build.os !== "windows");

fileTest("FileSessionStore leaves nothing behind when a save fails", async ({ path, names }) => {
  const store = new FileSessionStore(path);
  await Deno.mkdir(`${path}/shard-0.json`);
  await assertRejects(() => store.save(0, session), Error, "shard-0.json");
  assertEquals(await names(), ["shard-0.json"]);
  await assertRejects(() => store.load(0), Error, "not a regular file");
});

fileTest(
  "FileSessionStore.load removes what killed processes were writing, of its shard only",
  async (directory) => {
    const store = new FileSessionStore(directory.path);
    await store.save(1, session);
    for (const name of ["shard-1.json.x1.tmp", "shard-1.json.x2.tmp", "shard-10.json.x1.tmp", "mine.tmp"]) {
      await Deno.writeTextFile(`${directory.path}/${name}`, "{");
    }
    assertEquals(await store.load(1), session);
    assertEquals(await directory.names(), ["mine.tmp", "shard-1.json", "shard-10.json.x1.tmp"]);
  },
);

fileTest("FileSessionStore.save refuses what load would, and keeps what there is", async ({ path }) => {
  const store = new FileSessionStore(path);
  await store.save(0, session);
  await assertRejects(() => store.save(0, { ...session, sequence: NaN }), TypeError, "sequence is not");
  await assertRejects(() => store.save(0, { ...session, sessionId: "" }), TypeError, "sessionId is not");
  const tooLong = { ...session, sessionId: "x".repeat(70_000) };
  await assertRejects(() => store.save(0, tooLong), TypeError, "too long");
  assertEquals(await store.load(0), session);
});

Deno.test("FileSessionStore takes a path or a file: URL, and says so", () => {
  for (const bad of ["", "a\0b", undefined, 7]) {
    assertThrows(() => Reflect.construct(FileSessionStore, [bad]), TypeError, "such as");
  }
  assertThrows(() => new FileSessionStore(new URL("https://example.com/")), TypeError);
});

function fileTest(
  name: string,
  run: (directory: TestDirectory) => Promise<void>,
  isPossible = true,
): void {
  const runReason = isPossible ? "" : " (skipped: needs permission to run deno, use deno test -P)";
  Deno.test({
    name: name + reason + runReason,
    ignore: !mayWrite || !isPossible,
    async fn() {
      await using directory = await createTestDirectory();
      await run(directory);
    },
  });
}

interface SavingProcess extends AsyncDisposable {
  /** The next number that it says to have saved. */
  sequence(): Promise<number>;
}

function startSaving(path: string, shardId: number, first: number): SavingProcess {
  const script = fileURLToPath(new URL("saving_process.ts", import.meta.url));
  const child = new Deno.Command("deno", {
    args: [
      "run",
      "--no-lock",
      `--allow-read=${path}`,
      `--allow-write=${path}`,
      script,
      path,
      `${shardId}`,
      `${first}`,
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async sequence() {
      while (!text.includes("\n")) {
        const { value, done } = await output.read();
        if (done) throw new Error("The process that saves has ended");
        text += value;
      }
      const [line = "", ...rest] = text.split("\n");
      text = rest.join("\n");
      return Number(line);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await output.cancel();
    },
  };
}

async function killOften(path: string, shardId: number): Promise<void> {
  const random = seededRandom(shardId);
  const store = new FileSessionStore(path);
  let last = 0;
  for (let kill = 0; kill < KILLS_OF_LANE; kill += 1) {
    const said = await saveUntilKilled(path, shardId, last + 1, 1 + Math.floor(random() * 5));
    const loaded = await store.load(shardId);
    assertEquals(loaded, longSession(loaded?.sequence ?? -1), "half a session");
    assertGreaterOrEqual(loaded?.sequence ?? -1, said, "what was saved is not there");
    last = loaded?.sequence ?? 0;
  }
}

/** The number of the last save that was heard of when the process was killed: it was already at a later one. */
async function saveUntilKilled(path: string, shardId: number, first: number, saves: number): Promise<number> {
  await using child = startSaving(path, shardId, first);
  let sequence = 0;
  for (let save = 0; save < saves; save += 1) sequence = await child.sequence();
  return sequence;
}

/** Deno lets nobody make a link who may not write everywhere. */
async function link(target: string, path: string): Promise<void> {
  const script = `Deno.symlinkSync(${JSON.stringify(target)}, ${JSON.stringify(path)})`;
  const { success } = await new Deno.Command("deno", { args: ["eval", script], stdin: "null" }).output();
  assert(success, "the link could not be made");
}
