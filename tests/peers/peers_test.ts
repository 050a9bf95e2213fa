import { assertEquals } from "@std/assert";
import { Simulator } from "../../testing/mod.ts";
import { BotProcess } from "./bot_process.ts";

/**
 * Unmodified bots, also on other people's libraries: where one of those fails, the simulator is wrong. What each has to
 * do is said in `bot_process.ts`; not all have slash commands.
 */
const BOTS: readonly (readonly [name: string, script: string, hasCommands: boolean])[] = [
  ["discord.js", "discordjs_bot.ts", true],
  ["oceanic.js", "oceanic_bot.ts", true],
  ["this library", "nextcore_bot.ts", false],
];

const hasPermissions = await isGranted({ name: "net", host: "127.0.0.1" }) &&
  await isGranted({ name: "run", command: "deno" });

for (const [name, script, hasCommands] of BOTS) {
  Deno.test({
    name: `Simulator serves a bot on ${name} over a forced drop, each message once ` +
      "(needs permission for the network on 127.0.0.1 and to run deno)",
    ignore: !hasPermissions,
    fn: () => serve(script, hasCommands),
  });
}

async function serve(script: string, hasCommands: boolean): Promise<void> {
  await using discord = await Simulator.start();
  await using bot = new BotProcess(script, discord);
  await bot.line("ready");
  const [session] = discord.sessions;

  discord.channel.say("ping 1");
  assertEquals((await discord.channel.nextMessage()).content, "pong to ping 1");

  discord.faults.dropConnections();
  discord.channel.say("ping while away");
  assertEquals((await discord.channel.nextMessage()).content, "pong to ping while away");
  await bot.line("resumed");
  // RS-2: the same session, at the address that only resumes are told.
  assertEquals(discord.sessions.map(({ id, resumeCount }) => [id, resumeCount]), [[session?.id, 1]]);
  assertEquals(discord.connections.map(({ isAtResumeUrl }) => isAtResumeUrl), [false, true]);

  discord.channel.say("ping 2");
  assertEquals((await discord.channel.nextMessage()).content, "pong to ping 2");
  for (const text of ["ping 1", "ping while away", "ping 2"]) assertEquals(bot.count(`message ${text}`), 1);
  assertEquals(discord.channel.messages.filter(({ author }) => author.bot).length, 3);

  if (!hasCommands) return;
  const answer = await discord.channel.useCommand("ping").answer();
  assertEquals([answer.type, answer.message?.content], [4, "pong to /ping"]);
}

async function isGranted(permission: Deno.PermissionDescriptor): Promise<boolean> {
  return (await Deno.permissions.query(permission)).state === "granted";
}
