import { assertEquals } from "@std/assert";
import { Simulator, VirtualClock } from "../../testing/mod.ts";
import { testBothDoors } from "./both_doors.ts";
import { RawGateway } from "./raw_gateway.ts";

testBothDoors("Simulator replays what was missed, in order, then RESUMED (RS-2)", async (discord) => {
  using first = await RawGateway.login(discord);
  const { s: seq } = await first.next("GUILD_CREATE");
  const { session_id, resume_gateway_url } = first.ready;
  discord.faults.dropConnections();
  assertEquals((await first.closed).wasClean, false);
  discord.channel.say("one");
  discord.channel.say("two");
  using second = RawGateway.open(discord, { url: String(resume_gateway_url) });
  await second.next(10);
  second.send(6, { token: discord.token, session_id, seq });
  const replay = [await second.next(), await second.next(), await second.next()];
  assertEquals(replay.map(({ t, s, d }) => [t, s, d.content]), [
    ["MESSAGE_CREATE", 3, "one"],
    ["MESSAGE_CREATE", 4, "two"],
    ["RESUMED", 5, undefined],
  ]);
  discord.channel.say("three");
  assertEquals((await second.next()).s, 6);
  assertEquals(discord.connections.map(({ isAtResumeUrl }) => isAtResumeUrl), [false, true]);
});

testBothDoors("Simulator does not replay an old RESUMED", async (discord) => {
  using first = await RawGateway.login(discord);
  for (let round = 0; round < 2; round++) {
    discord.faults.dropConnections();
    using gateway = RawGateway.open(discord);
    await gateway.next(10);
    gateway.send(6, { token: discord.token, session_id: first.ready.session_id, seq: 1 });
    assertEquals([(await gateway.next()).t, (await gateway.next()).t], ["GUILD_CREATE", "RESUMED"]);
  }
});

/** Resumes that are refused with op 9 `false`: how the session was lost. */
const LOST: readonly (readonly [how: string, lose: (discord: Simulator, clock: VirtualClock) => unknown])[] =
  [
    ["its connection was closed by the client with 1000", () => {}],
    ["it was told to be invalid", (discord) => discord.faults.invalidSession()],
    ["it died unnoticed", (discord) => discord.faults.killSessions()],
    ["it was idle for too long", async (discord, clock) => {
      discord.faults.dropConnections();
      await clock.advance(180_001);
    }],
    ["it was closed by the server with 4009", (discord) => discord.faults.dropConnections({ code: 4009 })],
    ["more was missed than is kept", (discord) => {
      discord.faults.dropConnections();
      for (let count = 0; count < 4; count++) discord.channel.say("missed");
    }],
  ];

for (const [how, lose] of LOST) {
  Deno.test(`Simulator refuses to resume a session when ${how} (SEQ-8)`, async () => {
    const clock = new VirtualClock();
    await using discord = Simulator.inMemory({ clock, historyLimit: 3 });
    using first = await RawGateway.login(discord);
    await first.next("GUILD_CREATE");
    await lose(discord, clock);
    first.socket.close(how.includes("1000") ? 1000 : 4900);
    await clock.advance(0);
    using second = RawGateway.open(discord);
    await second.next(10);
    second.send(6, { token: discord.token, session_id: first.ready.session_id, seq: 2 });
    const { op, d } = await second.next();
    assertEquals([op, d as unknown], [9, false]);
    // SM-22: on the same connection an IDENTIFY is still taken.
    await clock.advance(5_000);
    second.send(2, { token: discord.token, intents: 0 });
    assertEquals((await second.next("READY")).s, 1);
  });
}

testBothDoors(
  "Simulator keeps a session that was closed with a code of the client's own",
  async (discord) => {
    using first = await RawGateway.login(discord);
    first.socket.close(4900);
    assertEquals((await first.closed).code, 4900);
    using second = RawGateway.open(discord);
    await second.next(10);
    second.send(6, { token: discord.token, session_id: first.ready.session_id, seq: 2 });
    assertEquals((await second.next()).t, "RESUMED");
  },
);

testBothDoors("Simulator answers a sequence number that never was with 4007", async (discord) => {
  using first = await RawGateway.login(discord);
  discord.faults.dropConnections();
  using second = RawGateway.open(discord);
  await second.next(10);
  second.send(6, { token: discord.token, session_id: first.ready.session_id, seq: 99 });
  assertEquals((await second.closed).code, 4007);
});

testBothDoors(
  "Simulator moves a session from a line it still holds to the one that resumes",
  async (discord) => {
    using first = await RawGateway.login(discord);
    await first.next("GUILD_CREATE");
    discord.faults.freeze();
    discord.channel.say("into the void");
    using second = RawGateway.open(discord);
    await second.next(10);
    second.send(6, { token: discord.token, session_id: first.ready.session_id, seq: 2 });
    assertEquals((await second.next()).d.content, "into the void");
    assertEquals(first.taken(), []);
    assertEquals(first.socket.readyState, WebSocket.OPEN);
    assertEquals(discord.connections.map(({ isOpen }) => isOpen), [false, true]);
  },
);
