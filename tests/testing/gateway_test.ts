import { assertEquals } from "@std/assert";
import { Simulator, VirtualClock } from "../../testing/mod.ts";
import { testBothDoors } from "./both_doors.ts";
import { RawGateway } from "./raw_gateway.ts";
import { call } from "./raw_rest.ts";

const GUILDS = 1 << 0;
const GUILD_MEMBERS = 1 << 1;
const GUILD_MESSAGES = 1 << 9;
const DIRECT_MESSAGES = 1 << 12;
const MESSAGE_CONTENT = 1 << 15;

testBothDoors("Simulator lets a client log in, hear a message and answer it", async (discord) => {
  using gateway = await RawGateway.login(discord);
  assertEquals(gateway.ready.guilds, [{ id: discord.guild.id, unavailable: true }]);
  assertEquals((await gateway.next("GUILD_CREATE")).d.id, discord.guild.id);
  discord.channel.say("ping");
  const { d: message } = await gateway.next("MESSAGE_CREATE");
  assertEquals([message.content, message.guild_id], ["ping", discord.guild.id]);
  const answer = await call(discord, `POST /channels/${message.channel_id}/messages`, {
    json: { content: "pong" },
  });
  assertEquals(answer.status, 200);
  assertEquals((await discord.channel.nextMessage()).content, "pong");
  assertEquals((await gateway.next("MESSAGE_CREATE")).d.content, "pong");
});

testBothDoors("Simulator takes a token with the Bot prefix, and IDENTIFY before HELLO", async (discord) => {
  using gateway = RawGateway.open(discord);
  await gateway.opened;
  gateway.send(2, { token: `Bot ${discord.token}`, intents: 0, properties: {} });
  assertEquals((await gateway.next("READY")).d.shard, [0, 1]);
});

/** What a client sends, and the close code it gets for it (§8). */
const CLOSE_CODES: readonly (readonly [what: string, code: number, send: (gateway: RawGateway) => void])[] = [
  ["an unknown opcode", 4001, (gateway) => gateway.send(5, {})],
  ["a payload without an object", 4001, (gateway) => gateway.send(2, null)],
  ["broken JSON", 4002, (gateway) => gateway.socket.send('{"op":')],
  ["a payload of more than 4096 bytes", 4002, (gateway) => gateway.send(1, "é".repeat(2050))],
  ["a command before IDENTIFY", 4003, (gateway) => gateway.send(4, { guild_id: "1", channel_id: null })],
  ["a wrong token", 4004, (gateway) => gateway.send(2, { token: "x", intents: 0 })],
  [
    "a resume with a wrong token",
    4004,
    (gateway) => gateway.send(6, { token: "x", session_id: "1", seq: 1 }),
  ],
];

for (const [what, code, send] of CLOSE_CODES) {
  testBothDoors(`Simulator answers ${what} with ${code}`, async (discord) => {
    using gateway = RawGateway.open(discord);
    await gateway.next(10);
    send(gateway);
    assertEquals((await gateway.closed).code, code);
  });
}

const REFUSED_IDENTIFIES: readonly (readonly [what: string, code: number, fields: object])[] = [
  ["a shard beyond the count", 4010, { shard: [1, 1] }],
  ["a shard count that is not the right multiple", 4010, { shard: [0, 3] }],
  ["an unassigned intent", 4013, { intents: 1 << 30 }],
  ["missing intents", 4013, { intents: undefined }],
  ["a privileged intent that is not granted", 4014, { intents: MESSAGE_CONTENT }],
];

for (const [what, code, fields] of REFUSED_IDENTIFIES) {
  const options = { privilegedIntents: 0, ...(code === 4010 ? { shardMultiple: 2 } : {}) };
  testBothDoors(`Simulator answers ${what} with ${code}`, async (discord) => {
    using gateway = RawGateway.open(discord);
    await gateway.next(10);
    gateway.send(2, { token: discord.token, intents: 0, shard: [0, 2], ...fields });
    assertEquals((await gateway.closed).code, code);
  }, options);
}

Deno.test("Simulator answers a shard of more than 2500 guilds with 4011", async () => {
  await using discord = Simulator.inMemory();
  for (let count = 1; count <= 2500; count++) discord.addGuild({ channels: [] });
  using gateway = RawGateway.open(discord);
  await gateway.next(10);
  gateway.send(2, { token: discord.token, intents: 0, shard: [0, 1] });
  assertEquals((await gateway.closed).code, 4011);
});

testBothDoors("Simulator answers a second IDENTIFY with 4005 and keeps the session", async (discord) => {
  using gateway = await RawGateway.login(discord);
  gateway.send(2, { token: discord.token, intents: 0 });
  assertEquals((await gateway.closed).code, 4005);
  assertEquals(discord.sessions.length, 1);
});

testBothDoors("Simulator answers an API version that is gone, or none, with 4012", async (discord) => {
  for (const query of ["v=8&encoding=json", "encoding=json"]) {
    using gateway = RawGateway.open(discord, { query });
    assertEquals((await gateway.closed).code, 4012);
  }
});

Deno.test("Simulator answers the 121st payload within 60 s with 4008 (TX-1)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  using gateway = await RawGateway.login(discord);
  for (let sent = 1; sent < 120; sent++) gateway.send(1, null);
  await clock.advance(59_999);
  assertEquals(discord.connections[0]?.isOpen, true);
  gateway.send(1, null);
  assertEquals((await clock.runUntil(gateway.closed)).code, 4008);
});

Deno.test("Simulator counts payloads in a sliding window (TX-2)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  using gateway = await RawGateway.login(discord);
  for (let sent = 1; sent < 120; sent++) gateway.send(1, null);
  await clock.advance(60_000);
  for (let sent = 0; sent < 120; sent++) gateway.send(1, null);
  await clock.advance(1);
  assertEquals(discord.connections[0]?.isOpen, true);
});

testBothDoors("Simulator acknowledges heartbeats", async (discord) => {
  using gateway = await RawGateway.login(discord);
  gateway.send(1, 1);
  assertEquals((await gateway.next(11)).op, 11);
});

Deno.test("Simulator drops a client that stops heartbeating, and keeps its session", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock, heartbeatIntervalMs: 10_000 });
  using gateway = await RawGateway.login(discord);
  await clock.advance(9_000);
  gateway.send(1, 1);
  await clock.advance(14_999);
  assertEquals(discord.connections[0]?.isOpen, true);
  await clock.advance(1);
  assertEquals((await gateway.closed).wasClean, false);
  assertEquals(discord.sessions.map(({ isConnected }) => isConnected), [false]);
});

testBothDoors("Simulator hides the content of messages without MESSAGE_CONTENT (IN-1)", async (discord) => {
  using gateway = await RawGateway.login(discord, { intents: GUILD_MESSAGES | DIRECT_MESSAGES });
  discord.channel.say("secret");
  discord.channel.say(`hello ${discord.bot.mention}`);
  discord.directChannel().say("direct");
  const texts: unknown[] = [];
  for (let count = 0; count < 3; count++) texts.push((await gateway.next("MESSAGE_CREATE")).d.content);
  assertEquals(texts, ["", `hello ${discord.bot.mention}`, "direct"]);
});

testBothDoors("Simulator sends nothing that was not asked for", async (discord) => {
  using gateway = await RawGateway.login(discord, { intents: 0 });
  discord.channel.say("unheard");
  discord.dispatch("TYPING_START", { guild_id: discord.guild.id });
  discord.dispatch("ENTITLEMENT_CREATE", { id: "1" });
  assertEquals((await gateway.next()).t, "ENTITLEMENT_CREATE");
});

testBothDoors(
  "Simulator sends guilds to their shard and direct messages to shard 0 (SH-1, SH-2)",
  async (discord) => {
    const second = discord.addGuild();
    const intents = GUILDS | GUILD_MESSAGES | DIRECT_MESSAGES | MESSAGE_CONTENT;
    using zero = await RawGateway.login(discord, { intents, shard: [0, 2] });
    using one = await RawGateway.login(discord, { intents, shard: [1, 2] });
    assertEquals([zero.ready.guilds, one.ready.guilds], [
      [{ id: discord.guild.id, unavailable: true }],
      [{ id: second.id, unavailable: true }],
    ]);
    discord.directChannel().say("direct");
    second.channels[0]?.say("second");
    discord.channel.say("first");
    assertEquals((await zero.next("MESSAGE_CREATE")).d.content, "direct");
    assertEquals((await zero.next("MESSAGE_CREATE")).d.content, "first");
    assertEquals((await one.next("MESSAGE_CREATE")).d.content, "second");
    assertEquals(one.taken(), []);
  },
  { maxConcurrency: 2 },
);

Deno.test("Simulator gives an event to each of several sessions of one shard (SH-3)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  using one = await RawGateway.login(discord);
  await clock.advance(5_000);
  using other = await RawGateway.login(discord);
  discord.channel.say("both");
  assertEquals((await one.next("MESSAGE_CREATE")).d.content, "both");
  assertEquals((await other.next("MESSAGE_CREATE")).d.content, "both");
});

Deno.test("Simulator lets one shard of a key identify in five seconds (ID-2)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock, maxConcurrency: 2 });
  using _zero = await RawGateway.login(discord, { shard: [0, 4] });
  using _one = await RawGateway.login(discord, { shard: [1, 4] });
  await clock.advance(4_999);
  using early = RawGateway.open(discord);
  await early.next(10);
  early.send(2, { token: discord.token, intents: 0, shard: [2, 4] });
  const { op, d } = await early.next();
  assertEquals([op, d as unknown], [9, false]);
  await clock.advance(1);
  using late = await RawGateway.login(discord, { shard: [2, 4] });
  assertEquals(late.ready.shard, [2, 4]);
});

Deno.test("Simulator counts identifies a day, and resets the token when they are spent (ID-6)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock, sessionStartTotal: 2, shards: 3, maxConcurrency: 16 });
  const gatewayBot = async () => (await call(discord, "GET /gateway/bot")).body;
  const url = discord.gatewayUrl;
  const limit = { total: 2, remaining: 2, reset_after: 0, max_concurrency: 16 };
  assertEquals(await gatewayBot(), { url, shards: 3, session_start_limit: limit });
  using first = await RawGateway.login(discord, { shard: [0, 3] });
  using _second = await RawGateway.login(discord, { shard: [1, 3] });
  await clock.advance(1_000);
  const spent = { ...limit, remaining: 0, reset_after: 86_399_000 };
  assertEquals(await gatewayBot(), { url, shards: 3, session_start_limit: spent });
  using third = RawGateway.open(discord);
  third.next(10).then(() => third.send(2, { token: discord.token, intents: 0, shard: [2, 3] }));
  assertEquals([(await third.closed).code, (await first.closed).code], [4004, 4004]);
  assertEquals((await call(discord, "GET /gateway/bot")).status, 401);
});

testBothDoors("Simulator tells of an outage, also in place of GUILD_CREATE (GL-3)", async (discord) => {
  discord.guild.setAvailable(false);
  using gateway = await RawGateway.login(discord);
  const { t, d } = await gateway.next();
  assertEquals([t, d], ["GUILD_DELETE", { id: discord.guild.id, unavailable: true }]);
  discord.guild.setAvailable(true);
  assertEquals((await gateway.next("GUILD_CREATE")).d.unavailable, false);
  discord.removeGuild(discord.guild);
  assertEquals((await gateway.next("GUILD_DELETE")).d, { id: discord.guild.id });
});

testBothDoors("Simulator sends all members only of a guild that is not large (GL-5)", async (discord) => {
  const GUILD_PRESENCES = 1 << 8;
  for (let count = 0; count < 50; count++) discord.guild.placeMember(discord.addUser());
  const small = discord.addGuild();
  const intents = GUILDS | GUILD_PRESENCES;
  using gateway = await RawGateway.login(discord, { intents });
  const seen: unknown[] = [];
  for (let count = 0; count < 2; count++) {
    const { id, large, members, member_count } = (await gateway.next("GUILD_CREATE")).d;
    seen.push([id, large, Array.isArray(members) && members.length, member_count]);
  }
  assertEquals(seen, [[discord.guild.id, true, 1, 52], [small.id, false, 2, 2]]);
});

testBothDoors("Simulator carries out commands: voice, sounds, channel information", async (discord) => {
  const voice = discord.guild.addChannel("voice", { type: 2 });
  const guild_id = discord.guild.id;
  using gateway = await RawGateway.login(discord, { intents: 1 << 7 });
  gateway.send(4, { guild_id, channel_id: voice.id, self_mute: true, self_deaf: false });
  assertEquals((await gateway.next("VOICE_STATE_UPDATE")).d.self_mute, true);
  assertEquals((await gateway.next("VOICE_SERVER_UPDATE")).d.guild_id, guild_id);
  gateway.send(31, { guild_ids: [guild_id, "1"] });
  assertEquals((await gateway.next("SOUNDBOARD_SOUNDS")).d, { guild_id, soundboard_sounds: [] });
  gateway.send(43, { guild_id, fields: ["status"] });
  assertEquals((await gateway.next("CHANNEL_INFO")).d, {
    guild_id,
    channels: [{ id: voice.id, status: null }],
  });
});

Deno.test("Simulator sends members in chunks, and all of them once in 30 s (MR-3, MR-4)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  for (let count = 0; count < 1500; count++) discord.guild.addMember(discord.addUser());
  const guild_id = discord.guild.id;
  using gateway = await RawGateway.login(discord, { intents: GUILD_MEMBERS });
  gateway.send(8, { guild_id, query: "", limit: 0, nonce: "a" });
  const chunks = [await gateway.next("GUILD_MEMBERS_CHUNK"), await gateway.next("GUILD_MEMBERS_CHUNK")];
  assertEquals(chunks.map(({ d }) => [d.chunk_index, d.chunk_count, d.nonce]), [[0, 2, "a"], [1, 2, "a"]]);
  await clock.advance(10_000);
  gateway.send(8, { guild_id, query: "", limit: 0, nonce: "b" });
  const limited = { opcode: 8, retry_after: 20, meta: { guild_id, nonce: "b" } };
  assertEquals((await gateway.next()).d, limited);
  gateway.send(8, { guild_id, user_ids: [discord.user.id, "1"], nonce: "x".repeat(33) });
  const { d } = await gateway.next("GUILD_MEMBERS_CHUNK");
  assertEquals([d.not_found, d.nonce, d.chunk_count], [["1"], undefined, 1]);
});
