import { assertEquals, assertRejects } from "@std/assert";
import { BotAuthentication, HTTPClient, Intents } from "../../mod.ts";
import { GatewayNode, ShardCommandError, ShardCommands } from "../../redis/mod.ts";
import { Simulator, VirtualClock } from "../../testing/mod.ts";
import { Line } from "./model/network.ts";
import { RedisModel } from "./model/redis_model.ts";

/** A gateway process and a worker that commands it, in virtual time. */
async function started() {
  const clock = new VirtualClock();
  const redis = new RedisModel(clock);
  const discord = Simulator.inMemory({ token: "a.b.c", clock });
  const http = new HTTPClient({ baseUrl: discord.baseUrl, fetch: discord.fetch, clock });
  const line = new Line(redis);
  const nodes: GatewayNode[] = [];
  /** Another gateway process. */
  const another = async (): Promise<GatewayNode> => {
    const intents = Intents.Guilds | Intents.GuildMembers;
    const node = new GatewayNode(new BotAuthentication("a.b.c"), intents, http, {
      send: line.send,
      clock,
      ttlMs: 2_000,
      compression: "none",
      createWebSocket: discord.createWebSocket,
    });
    nodes.push(node);
    await clock.runUntil(node.start());
    return node;
  };
  const commands = new ShardCommands({ send: new Line(redis).send, clock });
  const node = await another();
  await clock.advance(10_000);
  return {
    clock,
    redis,
    discord,
    node,
    line,
    commands,
    another,
    async [Symbol.asyncDispose]() {
      line.heal();
      await clock.runUntil(Promise.all([...nodes, commands, http].map((part) => part.close())));
      await discord[Symbol.asyncDispose]();
      assertEquals(clock.pendingTimers, 0);
    },
  };
}

const PRESENCE = { since: null, activities: [], status: "idle", afk: false } as const;

Deno.test("ShardCommands has the owner of a shard do what is asked, and brings the answer back", async () => {
  await using world = await started();
  const { clock, node, commands, discord } = world;
  const sent: number[] = [];
  node.dispatcher.listen("sent", ({ op }) => sent.push(op));
  await clock.runUntil(commands.updatePresence(0, { ...PRESENCE, activities: [] }));
  const state = { channel_id: null, self_mute: false, self_deaf: false };
  await clock.runUntil(commands.updateVoiceState(discord.guild.id, state));
  await clock.runUntil(commands.requestSoundboardSounds(0, [discord.guild.id]));
  assertEquals(sent.filter((op) => op !== 1), [3, 4, 31]);
});

Deno.test("ShardCommands sets the presence of sessions to come too, whichever process runs the shard then (TX-11)", async () => {
  await using world = await started();
  const { clock, node, commands, discord, another } = world;
  await clock.runUntil(commands.updatePresence(0, { ...PRESENCE, activities: [] }));
  await clock.advance(100);
  await clock.runUntil(node.close());
  const next = await another();
  const identified: unknown[] = [];
  next.dispatcher.listen("sent", ({ op, d }) => op === 2 && identified.push(d));
  await clock.advance(10_000);
  assertEquals(identified, []); // It has resumed: Discord still knows.
  discord.faults.invalidSession({ resumable: false });
  await clock.advance(20_000);
  assertEquals(identified.map((d) => (d as { presence?: unknown }).presence), [PRESENCE]);
});

Deno.test("ShardCommands gives members as they come", async () => {
  await using world = await started();
  const { clock, commands, discord } = world;
  const members = (async () => {
    let count = 0;
    for await (const chunk of commands.requestGuildMembers(discord.guild.id, { query: "", limit: 0 })) {
      count += chunk.members.length;
    }
    return count;
  })();
  assertEquals(await clock.runUntil(members), 2);
});

Deno.test("ShardCommands says what the shard has refused, with the name of its error", async () => {
  await using world = await started();
  const { clock, commands } = world;
  const refused = commands.send(0, { op: 2, d: {} }).catch((error) => error);
  const error = await clock.runUntil(refused);
  assertEquals([error.code, error.remoteName, error.shardId], ["refused", "TypeError", 0]);
});

Deno.test("ShardCommands says when nobody runs the shard, when nobody answers, and when it is told to stop", async () => {
  await using world = await started();
  const { clock, commands, line } = world;
  const noOwner = commands.send(9, { op: 3, d: null }).catch((error) => error.code);
  assertEquals(await clock.runUntil(noOwner), "noOwner");
  line.split();
  const late = commands.updatePresence(0, PRESENCE as never, { timeoutMs: 1_000 });
  const error = await clock.runUntil(late.catch((reason) => reason));
  assertEquals([error instanceof ShardCommandError, error.code], [true, "timeout"]);
  const controller = new AbortController();
  const stopped = assertRejects(
    () => commands.updatePresence(0, PRESENCE as never, { signal: controller.signal }),
    Error,
    "enough",
  );
  await clock.advance(100);
  controller.abort(new Error("enough"));
  await clock.runUntil(stopped);
});

Deno.test("ShardCommands that were not taken in time are not carried out later", async () => {
  await using world = await started();
  const { clock, commands, line, node } = world;
  line.split();
  const late = commands.updatePresence(0, PRESENCE as never, { timeoutMs: 500 });
  await clock.runUntil(late.catch(() => {}));
  const sent: number[] = [];
  node.dispatcher.listen("sent", ({ op }) => sent.push(op));
  line.heal();
  await clock.advance(1_000);
  assertEquals(sent.filter((op) => op === 3), []);
});
