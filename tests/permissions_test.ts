// What a bot must be given, tried in a process of its own: what it does without is never asked for.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { sleep, systemClock } from "../clock.ts";
import { Simulator } from "../testing/mod.ts";
import { createTestDirectory, mayWrite } from "./sessions/test_directory.ts";

const mayRun = mayWrite && await isGranted({ name: "run", command: "deno" }) &&
  await isGranted({ name: "net", host: "127.0.0.1" });
const reason = mayRun
  ? ""
  : " (skipped: needs permission to run Deno, for 127.0.0.1 and to write to tests/.tmp, use deno test -P)";

/** What a program asked for, and how it ended. */
interface Asked {
  readonly code: number;
  readonly stderr: string;
  /** Each permission once, with its value. */
  readonly permissions: readonly string[];
}

permissionTest(
  "A bot needs the network of two hosts and one variable, and asks for nothing else",
  async () => {
    await using discord = await Simulator.start({ token: "a.b.c" });
    const [api, gateway] = [discord.baseUrl, discord.gatewayUrl].map((url) => new URL(url).host);
    const running = run("bot.ts", [`--allow-net=${api},${gateway}`, "--allow-env=TOKEN"], [discord.baseUrl]);
    for (let life = 0; life < 2; life += 1) {
      await until(() => discord.connections.filter(({ isOpen, session }) => isOpen && session).length > 0);
      discord.channel.say("ping");
      assertEquals((await discord.channel.nextMessage()).attachments.length, 1);
      if (life === 0) discord.faults.dropConnections(); // It resumes with the same permissions.
    }
    discord.channel.say("stop");
    const { code, stderr, permissions } = await running;
    assertEquals([code, stderr], [0, ""]);
    const hosts = permissions.map((one) => one.replace(/^net (?:\w+:\/\/)?([^/]+).*$/, "net $1"));
    assertEquals([...new Set(hosts)].sort(), ["env TOKEN", `net ${api}`, `net ${gateway}`].sort());
  },
);

permissionTest("The core asks for no permission where it is given its sockets", async () => {
  assertEquals(await run("in_memory_bot.ts", [], []), { code: 0, stderr: "", permissions: [] });
});

permissionTest("What is asked for is noticed, also where nobody is told", async () => {
  assertEquals(await run("prying_bot.ts", [], []), { code: 0, stderr: "", permissions: ["env HOME"] });
});

permissionTest("A bot without its permissions fails with the name of what it lacks", async () => {
  const oneHostOfTwo = "--allow-net=127.0.0.1:18998";
  for (const permissions of [["--allow-env=TOKEN"], ["--allow-env=TOKEN", oneHostOfTwo]]) {
    const { code, stderr } = await run("bot.ts", permissions, ["http://127.0.0.1:18999/api/v10"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "--allow-net");
  }
});

async function run(script: string, permissions: string[], args: string[]): Promise<Asked> {
  await using directory = await createTestDirectory();
  const log = `${directory.path}/permissions.jsonl`;
  const url = new URL(`permissions/${script}`, import.meta.url).href;
  const command = new Deno.Command("deno", {
    args: ["run", "--no-prompt", ...permissions, url, ...args],
    env: { NO_COLOR: "1", TOKEN: "a.b.c", DENO_AUDIT_PERMISSIONS: log },
    stdin: "null",
  });
  const { code, stderr } = await command.output();
  const lines = await Deno.readTextFile(log).catch(() => "");
  const asked = lines.split("\n").filter((line) => line !== "").map((line): string => {
    const { permission, value }: { permission: string; value: string } = JSON.parse(line);
    return `${permission} ${value}`;
  });
  return { code, stderr: new TextDecoder().decode(stderr), permissions: [...new Set(asked)] };
}

function permissionTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + reason, ignore: !mayRun, fn });
}

/** The bot lives in another process, in real time. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(systemClock, 20);
}

async function isGranted(permission: Deno.PermissionDescriptor): Promise<boolean> {
  return (await Deno.permissions.query(permission)).state === "granted";
}
