import { assertEquals, assertNotEquals } from "@std/assert";
import { BotAuthentication, HTTPClient, Route } from "../../http/mod.ts";
import { Intents, ShardManager } from "../../gateway/mod.ts";
import { Simulator, VirtualClock } from "../../testing/mod.ts";

interface Joined {
  readonly joined_at: string;
  readonly members: readonly { readonly joined_at: string; readonly user: { readonly id: string } }[];
}

Deno.test("SimulatedGuild says the same moment of joining to every session (GL-2, SH-7)", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  const { baseUrl, fetch, createWebSocket, token, guild } = discord;
  await using http = new HTTPClient({ baseUrl, fetch, clock });
  const intents = Intents.Guilds | Intents.GuildMembers | Intents.GuildPresences;
  const seen: Joined[] = [];
  for (let life = 0; life < 2; life += 1) {
    await clock.advance(60_000);
    const options = { createWebSocket, clock, compression: "none" } as const;
    await using manager = new ShardManager(new BotAuthentication(token), intents, http, options);
    const created = manager.waitFor("GUILD_CREATE");
    await clock.runUntil(manager.connect());
    const event: unknown = await clock.runUntil(created);
    const { joined_at, members } = event as Joined;
    seen.push({ joined_at, members });
  }
  assertEquals(seen[0], seen[1]);
  const bot = seen[0]?.members.find(({ user }) => user.id === discord.bot.id);
  assertEquals(seen[0]?.joined_at, bot?.joined_at);
  assertEquals(guild.member(discord.bot.id)?.joined_at, bot?.joined_at);
});

Deno.test("SimulatedGuild remembers when each member came", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  const joinedAt = (id: string) => discord.guild.member(id)?.joined_at;
  const atFirst = joinedAt(discord.user.id);
  await clock.advance(3_600_000);
  const guest = discord.addUser();
  discord.guild.addMember(guest);
  const second = discord.addBot();
  await clock.advance(3_600_000);
  assertEquals(atFirst, "2026-01-01T00:00:00.000000+00:00");
  assertEquals(joinedAt(discord.bot.id), atFirst);
  assertEquals(joinedAt(guest.id), "2026-01-01T01:00:00.000000+00:00");
  assertEquals(joinedAt(second.id), "2026-01-01T01:00:00.000000+00:00");
  // A bot is a member of a new guild from the guild's first moment on.
  const later = discord.addGuild();
  assertEquals(later.member(second.id)?.joined_at, "2026-01-01T02:00:00.000000+00:00");
  assertNotEquals(later.member(second.id)?.joined_at, joinedAt(second.id));
});

Deno.test("SimulatedGuild tells who may know that a member was changed, and keeps it", async () => {
  const clock = new VirtualClock();
  await using discord = Simulator.inMemory({ clock });
  const { baseUrl, fetch, createWebSocket, token, guild, user } = discord;
  await using http = new HTTPClient({ baseUrl, fetch, clock });
  const authentication = new BotAuthentication(token);
  await using manager = new ShardManager(authentication, Intents.GuildMembers, http, {
    createWebSocket,
    clock,
  });
  const updated = manager.waitFor("GUILD_MEMBER_UPDATE");
  await clock.runUntil(manager.connect());
  await clock.runUntil(manager.ready());
  const route = new Route("PATCH", "/guilds/{guild_id}/members/{user_id}", {
    guild_id: guild.id,
    user_id: user.id,
  });
  await clock.runUntil(http.request(route, { authentication, json: { nick: "Nick" } }));
  const { nick, user: changed } = await clock.runUntil(updated);
  assertEquals([nick, changed.id, guild.member(user.id)?.nick], ["Nick", user.id, "Nick"]);
});
